//! The gap between affected and unaffected units before and after, with an error that allows for carry-over.
//!
//! Shares only, every unit counts alike. It is the plain figure to compare the others with, and a fast one.

use nalgebra::DMatrix;

use crate::causal::{CausalError, EffectEstimate, Panel, mean};
use crate::interval::Confidence;

/// Lags of the Newey-West error when nothing else is asked for.
pub const DEFAULT_LAGS: usize = 4;

/// The effect as a difference of differences of means.
#[derive(Debug, Clone, PartialEq)]
pub struct GapEffect {
    /// Change of the gap, in the unit of the outcome.
    pub effect: EffectEstimate,
    /// Newey-West standard error as published, without any correction: too small when few periods follow.
    pub newey_west_error: f64,
    /// The standard error that the interval rests on.
    pub standard_error: f64,
    /// With how many degrees of freedom it is known.
    pub degrees_of_freedom: f64,
    /// The gap by period: affected minus unaffected.
    pub gap: Vec<f64>,
}

/// Change of the mean gap between affected and unaffected units at the disclosure.
///
/// Least squares of `g_t = ȳ_T − ȳ_C` on a constant and `1{t ≥ start}`. Newey and West's (1987) standard error with
/// Bartlett weights over `lags` periods is returned, but it loses a third of the variance with 13 periods after and
/// 4 lags, because residuals around their own mean look negatively correlated. The interval therefore takes the
/// same weighted sum over both phases, divided by what it would be on average for independent periods (tr A, with
/// A = M W M, W the Bartlett weights and M the centring), and Student's t with (tr A)² / tr A² degrees of freedom.
/// The larger of the two errors counts: the sum over both phases supposes that the gap varies alike in both, and it
/// varies more after a disclosure whose effect fades.
///
/// Error: [`CausalError::TooFewPeriods`] with fewer than 2 periods before.
///
/// ```
/// use fidance_stats::{causal::{Panel, did::gap}, interval::Confidence};
/// let affected = vec![0.95, 0.94, 0.95, 0.94, 0.92, 0.91];
/// let other = vec![0.90, 0.90, 0.91, 0.89, 0.90, 0.90];
/// let panel = Panel::from_values(&[affected, other], &[true, false], 4)?;
/// let found = gap::fit(&panel, 1, Confidence::P95)?;
/// assert!((found.effect.value + 0.03).abs() < 1e-12);
/// # Ok::<(), fidance_stats::causal::CausalError>(())
/// ```
pub fn fit(panel: &Panel, lags: usize, confidence: Confidence) -> Result<GapEffect, CausalError> {
    let sides = panel.treated_mean().into_iter().zip(panel.control_mean());
    change(sides.map(|(treated, control)| treated - control).collect(), panel.start(), lags, confidence)
}

/// The same for a gap that is already there: the change of its mean at the period `start`.
///
/// Error: [`CausalError::TooFewPeriods`] with fewer than 2 periods before `start`, or none from it on.
pub fn change(
    gap: Vec<f64>,
    start: usize,
    lags: usize,
    confidence: Confidence,
) -> Result<GapEffect, CausalError> {
    let (before, after) = (start, gap.len().saturating_sub(start));
    if before < 2 || after == 0 {
        return Err(CausalError::TooFewPeriods { before, after, needed: 2 });
    }
    let (first, second) = gap.split_at(before);
    let (mean_before, mean_after) = (mean(first), mean(second));
    // On two dummies the coefficient is a difference of means, so each residual enters with a known weight and the
    // sandwich is the variance of one weighted sum.
    let scores: Vec<f64> = first
        .iter()
        .map(|value| -(value - mean_before) / before as f64)
        .chain(second.iter().map(|value| (value - mean_after) / after as f64))
        .collect();
    let newey_west_error = long_run_variance(&scores, lags).max(0.0).sqrt();
    let centre = |values: &[f64], mean: f64| values.iter().map(|value| value - mean).collect::<Vec<f64>>();
    let (first, second) = (centre(first, mean_before), centre(second, mean_after));
    let sum = long_run_variance(&first, lags) + long_run_variance(&second, lags);
    let [(trace_before, square_before), (trace_after, square_after)] =
        [before, after].map(|periods| traces(periods, lags));
    let variance = sum.max(0.0) / (trace_before + trace_after);
    let corrected = (variance * (1.0 / before as f64 + 1.0 / after as f64)).sqrt();
    let standard_error = corrected.max(newey_west_error);
    let degrees_of_freedom = (trace_before + trace_after).powi(2) / (square_before + square_after);
    let effect =
        EffectEstimate::student(mean_after - mean_before, standard_error, degrees_of_freedom, confidence);
    Ok(GapEffect { effect, newey_west_error, standard_error, degrees_of_freedom, gap })
}

/// Variance of a sum of autocorrelated scores, Bartlett weights.
fn long_run_variance(scores: &[f64], lags: usize) -> f64 {
    let covariance = |lag: usize| scores.iter().zip(scores.iter().skip(lag)).map(|(a, b)| a * b).sum::<f64>();
    let weight = |lag: usize| 1.0 - lag as f64 / (lags as f64 + 1.0);
    covariance(0) + 2.0 * (1..=lags).map(|lag| weight(lag) * covariance(lag)).sum::<f64>()
}

/// tr A and tr A² of A = M W M: W the Bartlett weights between periods, M the removal of the mean.
fn traces(periods: usize, lags: usize) -> (f64, f64) {
    let mut centred = DMatrix::from_fn(periods, periods, |i, j| {
        (1.0 - i.abs_diff(j) as f64 / (lags as f64 + 1.0)).max(0.0)
    });
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    for mut row in centred.row_iter_mut() {
        let mean = row.mean();
        row.add_scalar_mut(-mean);
    }
    (centred.trace(), centred.norm_squared())
}
