//! Synthetic control: a weighted mean of unaffected units that follows the affected one before the disclosure.
//!
//! It must reach the level of the affected unit by averaging others, which fails for a unit at the edge; the fit
//! before the disclosure, RMSPE, says so. Only outcomes are matched here; [`super::predictors`] matches other
//! quantities too.

use nalgebra::{DMatrix, DVector};

use super::simplex;
use crate::causal::{CausalError, Panel, mean};

/// A synthetic control and the gap to it.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntheticControl {
    /// Mean gap from the disclosure on, in the unit of the outcome.
    pub effect: f64,
    /// Unaffected units with their weights, which sum to 1.
    pub weights: Vec<(usize, f64)>,
    /// Affected minus synthetic, by period.
    pub gap: Vec<f64>,
    /// Root mean square of the gap before the disclosure.
    pub rmspe: f64,
}

/// Weights that minimise `‖Y_treated − Σ w_j Y_j‖²` before the disclosure, w ≥ 0, Σw = 1, found exactly.
///
/// Abadie, Diamond and Hainmueller (2010), JASA 105, with outcomes as the only predictors. Several affected units
/// are averaged first. Error: [`CausalError::TooFewPeriods`] with fewer than 2 periods before.
///
/// ```
/// use fidance_stats::causal::{Panel, synthetic::control};
/// let units = [vec![2.0, 3.0, 2.5, 1.0], vec![1.0, 2.0, 1.5, 2.0], vec![3.0, 4.0, 3.5, 4.0]];
/// let found = control::fit(&Panel::from_values(&units, &[true, false, false], 3)?)?;
/// assert!((found.effect + 2.0).abs() < 1e-12 && found.rmspe < 1e-12);
/// # Ok::<(), fidance_stats::causal::CausalError>(())
/// ```
pub fn fit(panel: &Panel) -> Result<SyntheticControl, CausalError> {
    let (before, after) = (panel.start(), panel.horizon());
    if before < 2 {
        return Err(CausalError::TooFewPeriods { before, after, needed: 2 });
    }
    let controls = panel.control_units();
    let treated = panel.treated_mean();
    let donors = DMatrix::from_fn(before, controls.len(), |period, i| panel.value(controls[i], period));
    let weights = simplex::least_squares(&donors, &DVector::from_column_slice(&treated[..before]));
    Ok(with_weights(panel, controls.into_iter().zip(weights.iter().copied()).collect()))
}

/// Synthetic control up to a constant: every unit is first freed of its own mean before the disclosure.
///
/// The affected unit may then lie outside the others, and units are alike enough for placebos in space to tell the
/// error (Doudchenko and Imbens 2016; Ferman and Pinto 2021). `gap` is 0 on average before the disclosure. Errors as
/// for [`fit`].
pub fn fit_demeaned(panel: &Panel) -> Result<SyntheticControl, CausalError> {
    let before = panel.start();
    let mut values = panel.values().clone();
    for mut row in values.row_iter_mut() {
        let mean = row.columns(0, before).mean();
        row.add_scalar_mut(-mean);
    }
    fit(&panel.with_values(values))
}

/// The gap that given weights of unaffected units leave; for weights published or agreed beforehand.
pub fn with_weights(panel: &Panel, weights: Vec<(usize, f64)>) -> SyntheticControl {
    let synthetic =
        |period: usize| weights.iter().map(|&(unit, w)| w * panel.value(unit, period)).sum::<f64>();
    let gap: Vec<f64> =
        panel.treated_mean().iter().enumerate().map(|(period, value)| value - synthetic(period)).collect();
    let (first, second) = gap.split_at(panel.start());
    let squares: Vec<f64> = first.iter().map(|value| value * value).collect();
    SyntheticControl { effect: mean(second), rmspe: mean(&squares).sqrt(), gap, weights }
}
