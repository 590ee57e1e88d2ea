//! Synthetic control that also matches quantities other than the outcome, with importances found from the fit.
//!
//! The original form of the method. The importances are rarely determined by the data: two programs that reach the
//! same fit may report others. Where the outcome's own history is long, [`super::control`] needs none of this.

use nalgebra::{DMatrix, DVector};

use super::control::{SyntheticControl, with_weights};
use super::simplex;
use crate::causal::{CausalError, Panel};
use crate::nelder_mead::{self, End};

/// First step of a search, and the range of an importance; only their ratios matter, and their signs do not.
const STEP: f64 = 0.05;
const RANGE: (f64, f64) = (-1.0, 1.0);
/// Gain in the mean square gap below which the search ends.
const TOLERANCE: f64 = 1e-8;

/// A synthetic control with the importance of each predictor.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictorControl {
    /// Weights and gap.
    pub control: SyntheticControl,
    /// Importance of each predictor; they sum to 1.
    pub importance: Vec<f64>,
    /// Mean square gap over the periods fitted.
    pub mspe: f64,
}

/// Weights by predictors: `predictors[(k, i)]` is predictor k of unit i, known before the disclosure.
///
/// w(V) = argmin (x₁ − X₀w)ᵀ V (x₁ − X₀w) on the simplex, predictors scaled to unit standard deviation over units;
/// V = argmin of the mean square gap over `fitted` periods (Abadie and Gardeazabal 2003), by Nelder-Mead searches from
/// equal importances and from a regression of the outcomes on the predictors; the better end counts. Errors: [`CausalError::NothingToCompare`] unless exactly one unit is affected,
/// [`CausalError::Ragged`] when the predictors do not match the units, [`CausalError::TooFewPeriods`] when no
/// period is fitted, [`CausalError::NotIdentified`] when a predictor is the same for all units.
pub fn fit(
    panel: &Panel,
    predictors: &DMatrix<f64>,
    fitted: std::ops::Range<usize>,
) -> Result<PredictorControl, CausalError> {
    let (treated, controls) = (panel.treated_units(), panel.control_units());
    let &[unit] = treated.as_slice() else {
        return Err(CausalError::NothingToCompare { treated: treated.len(), controls: controls.len() });
    };
    if predictors.ncols() != panel.units() {
        return Err(CausalError::Ragged { unit: 0, found: predictors.ncols(), expected: panel.units() });
    }
    if fitted.is_empty() || fitted.end > panel.start() {
        return Err(CausalError::TooFewPeriods {
            before: panel.start(),
            after: panel.horizon(),
            needed: fitted.end,
        });
    }
    let scaled = scaled(predictors)?;
    let rows = scaled.nrows();
    let solve = |importance: &[f64]| {
        let total: f64 = importance.iter().map(|v| v.abs()).sum();
        let root = |row: usize| (importance[row].abs() / total).sqrt();
        let a = DMatrix::from_fn(rows, controls.len(), |row, i| root(row) * scaled[(row, controls[i])]);
        let b = DVector::from_fn(rows, |row, _| root(row) * scaled[(row, unit)]);
        simplex::least_squares(&a, &b)
    };
    let mspe = |weights: &DVector<f64>| {
        let gap = |period: usize| {
            let synthetic =
                controls.iter().zip(weights.iter()).map(|(&unit, w)| w * panel.value(unit, period));
            panel.value(unit, period) - synthetic.sum::<f64>()
        };
        fitted.clone().map(|period| gap(period).powi(2)).sum::<f64>() / fitted.len() as f64
    };
    let loss = |importance: &[f64]| mspe(&solve(importance));
    let starts = [Some(vec![1.0 / rows as f64; rows]), regression_start(panel, &scaled, &fitted)];
    let search = |start: Vec<f64>| {
        let total: f64 = start.iter().sum();
        let start: Vec<f64> = start.iter().map(|v| v / total).collect();
        nelder_mead::minimise(&mut |v: &[f64]| loss(v), &start, STEP, RANGE, TOLERANCE)
    };
    let best = starts.into_iter().flatten().filter_map(search).min_by(|a, b| a.value.total_cmp(&b.value));
    let End { point: importance, .. } = best.ok_or(CausalError::NotIdentified)?;
    let weights = solve(&importance);
    let total: f64 = importance.iter().map(|v| v.abs()).sum();
    Ok(PredictorControl {
        mspe: mspe(&weights),
        control: with_weights(panel, controls.iter().copied().zip(weights.iter().copied()).collect()),
        importance: importance.iter().map(|v| v.abs() / total).collect(),
    })
}

/// Importances from regressing the fitted outcomes on the predictors over all units: the sums of squared
/// coefficients. `None` when there are too few units for a regression.
fn regression_start(
    panel: &Panel,
    scaled: &DMatrix<f64>,
    fitted: &std::ops::Range<usize>,
) -> Option<Vec<f64>> {
    let design = DMatrix::from_fn(panel.units(), scaled.nrows() + 1, |unit, column| match column {
        0 => 1.0,
        _ => scaled[(column - 1, unit)],
    });
    let outcomes =
        DMatrix::from_fn(panel.units(), fitted.len(), |unit, i| panel.value(unit, fitted.start + i));
    let normal = design.tr_mul(&design).cholesky()?;
    let coefficients = normal.solve(&design.tr_mul(&outcomes));
    let sums: Vec<f64> = coefficients.row_iter().skip(1).map(|row| row.norm_squared()).collect();
    let total: f64 = sums.iter().sum();
    (total.is_finite() && total > 0.0).then(|| sums.iter().map(|sum| sum / total).collect())
}

fn scaled(predictors: &DMatrix<f64>) -> Result<DMatrix<f64>, CausalError> {
    let mut scaled = predictors.clone();
    for mut row in scaled.row_iter_mut() {
        let values: Vec<f64> = row.iter().copied().collect();
        let deviation = crate::causal::standard_deviation(&values);
        if !(deviation > 0.0 && deviation.is_finite()) {
            return Err(CausalError::NotIdentified);
        }
        row /= deviation;
    }
    Ok(scaled)
}
