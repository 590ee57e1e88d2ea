//! Synthetic control that also matches quantities other than the outcome, with importances found from the fit.
//!
//! The original form of the method. The importances are rarely determined by the data: two programs that reach the
//! same fit may report others. Where the outcome's own history is long, [`super::control`] needs none of this.

use nalgebra::{DMatrix, DVector};

use super::control::{SyntheticControl, from_weights};
use super::{nelder_mead, simplex};
use crate::causal::{CausalError, Panel};

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
/// V = argmin of the mean square gap over `fitted` periods, by Nelder-Mead from equal importances (Abadie and
/// Gardeazabal 2003). Errors: [`CausalError::NothingToCompare`] unless exactly one unit is affected,
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
    let equal = vec![1.0 / rows as f64; rows];
    let importance = nelder_mead::minimise(|importance| mspe(&solve(importance)), &equal);
    let weights = solve(&importance);
    let total: f64 = importance.iter().map(|v| v.abs()).sum();
    Ok(PredictorControl {
        mspe: mspe(&weights),
        control: from_weights(panel, &controls, weights.as_slice()),
        importance: importance.iter().map(|v| v.abs() / total).collect(),
    })
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
