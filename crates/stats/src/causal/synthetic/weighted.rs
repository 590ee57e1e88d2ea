//! Synthetic difference in differences, and its two relatives from the same formula.
//!
//! Units and periods are both weighted: the units so that their average moves like the affected unit (its level
//! may differ), the periods so that the past looks like what followed. The weights come from Frank-Wolfe steps
//! stopped early, as in the authors' program: another solver gives other weights in the flat directions and other
//! third digits. A season not shared by all must be removed first ([`super::season`]).

use nalgebra::{DMatrix, DVector};

use crate::causal::{CausalError, Panel, mean, standard_deviation};

const FIRST_ITERATIONS: usize = 100;
const ITERATIONS: usize = 10_000;
/// Ridge and stopping rule, relative to the noise of the outcome.
const SMALL_RIDGE: f64 = 1e-6;
const STOP: f64 = 1e-5;

/// Which weights are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weighting {
    /// Units and periods.
    SyntheticDid,
    /// Units only, and they must match the level: synthetic control.
    SyntheticControl,
    /// None: plain difference in differences.
    Uniform,
}

/// An effect with the weights behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedEffect {
    /// Mean effect per period, in the unit of the outcome.
    pub effect: f64,
    /// Unaffected units with their weights, which sum to 1.
    pub units: Vec<(usize, f64)>,
    /// Weights of the periods before the disclosure, which sum to 1; all 0 for synthetic control.
    pub periods: Vec<f64>,
}

/// `tau = [−ω, 1/N₁] Y [−λ, 1/T₁]ᵀ` (Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, AER 111).
///
/// Each weight vector minimises ζ²‖w‖² + ‖A w − b‖²/rows on the simplex, A and b with their column means removed:
/// 100 Frank-Wolfe steps with exact line search from equal weights, weights of at most a quarter of the largest
/// set to 0, then up to 10,000 steps until one gains less than (1e-5·sd)². ζ = (N₁T₁)^¼·sd for units and 1e-6·sd
/// for periods, sd that of the first differences of the unaffected units before the disclosure.
///
/// Errors: [`CausalError::TooFewPeriods`] with fewer than 3 periods before, [`CausalError::TooFewControls`] with
/// fewer than 2 unaffected units.
pub fn fit(panel: &Panel, weighting: Weighting) -> Result<WeightedEffect, CausalError> {
    let controls = panel.control_units();
    let (before, after) = (panel.start(), panel.horizon());
    if before < 3 {
        return Err(CausalError::TooFewPeriods { before, after, needed: 3 });
    }
    if controls.len() < 2 {
        return Err(CausalError::TooFewControls { controls: controls.len(), needed: 2 });
    }
    let collapsed = collapse(panel, &controls);
    let (rows, columns) = (controls.len(), before);
    let noise = noise(panel, &controls);
    let stop = STOP * noise;
    let units_problem = || {
        // Periods in rows, units in columns.
        let a = collapsed.view((0, 0), (rows, columns)).transpose();
        (a, collapsed.row(rows).columns(0, columns).transpose())
    };
    let equal = |count: usize| DVector::from_element(count, 1.0 / count as f64);
    let (units, periods) = match weighting {
        Weighting::Uniform => (equal(rows), equal(columns)),
        Weighting::SyntheticControl => {
            let (a, b) = units_problem();
            (weights(a, b, SMALL_RIDGE * noise, stop), DVector::zeros(columns))
        }
        Weighting::SyntheticDid => {
            let of_periods = (
                collapsed.view((0, 0), (rows, columns)).into_owned(),
                collapsed.column(columns).rows(0, rows).into_owned(),
            );
            let (a, b) = centred(of_periods);
            let periods = weights(a, b, SMALL_RIDGE * noise, stop);
            let (a, b) = centred(units_problem());
            let size = panel.treated_units().len() as f64 * after as f64;
            (weights(a, b, size.powf(0.25) * noise, stop), periods)
        }
    };
    let last = |row: usize| {
        collapsed[(row, columns)] - collapsed.row(row).columns(0, columns).transpose().dot(&periods)
    };
    let effect = last(rows) - (0..rows).map(|row| units[row] * last(row)).sum::<f64>();
    Ok(WeightedEffect {
        effect,
        units: controls.into_iter().zip(units.iter().copied()).collect(),
        periods: periods.iter().copied().collect(),
    })
}

/// Unaffected units in rows and periods before in columns, plus the affected mean and the mean from then on.
fn collapse(panel: &Panel, controls: &[usize]) -> DMatrix<f64> {
    let treated = panel.treated_mean();
    let before = panel.start();
    DMatrix::from_fn(controls.len() + 1, before + 1, |row, column| {
        let value =
            |period: usize| controls.get(row).map_or(treated[period], |&unit| panel.value(unit, period));
        if column < before {
            value(column)
        } else {
            mean(&(before..panel.periods()).map(value).collect::<Vec<_>>())
        }
    })
}

fn noise(panel: &Panel, controls: &[usize]) -> f64 {
    let changes =
        |&unit: &usize| (1..panel.start()).map(move |t| panel.value(unit, t) - panel.value(unit, t - 1));
    standard_deviation(&controls.iter().flat_map(changes).collect::<Vec<_>>())
}

fn centred((mut a, mut b): (DMatrix<f64>, DVector<f64>)) -> (DMatrix<f64>, DVector<f64>) {
    for mut column in a.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let mean = b.mean();
    b.add_scalar_mut(-mean);
    (a, b)
}

fn weights(a: DMatrix<f64>, b: DVector<f64>, zeta: f64, stop: f64) -> DVector<f64> {
    let equal = DVector::from_element(a.ncols(), 1.0 / a.ncols() as f64);
    let problem = Problem { a, b, ridge: zeta * zeta };
    let mut found = problem.frank_wolfe(equal, stop, FIRST_ITERATIONS);
    let threshold = found.amax() / 4.0;
    found.apply(|weight| *weight = if *weight <= threshold { 0.0 } else { *weight });
    found /= found.sum();
    problem.frank_wolfe(found, stop, ITERATIONS)
}

struct Problem {
    a: DMatrix<f64>,
    b: DVector<f64>,
    ridge: f64,
}

impl Problem {
    fn frank_wolfe(&self, start: DVector<f64>, stop: f64, iterations: usize) -> DVector<f64> {
        let rows = self.a.nrows() as f64;
        let eta = rows * self.ridge;
        let mut weights = start;
        let mut before = f64::INFINITY;
        let mut residual = &self.a * &weights - &self.b;
        for iteration in 0..iterations {
            let half_gradient = self.a.tr_mul(&residual) + eta * &weights;
            let corner = half_gradient.imin();
            let mut direction = -&weights;
            direction[corner] += 1.0;
            let change = self.a.column(corner) - (&residual + &self.b);
            let bend = change.norm_squared() + eta * direction.norm_squared();
            if bend > 0.0 {
                let step = (-half_gradient.dot(&direction) / bend).clamp(0.0, 1.0);
                weights += step * direction;
                residual += step * change;
            }
            // The first two steps are always made.
            let value = self.ridge * weights.norm_squared() + residual.norm_squared() / rows;
            if iteration > 0 && before - value <= stop * stop {
                break;
            }
            before = value;
        }
        weights
    }
}
