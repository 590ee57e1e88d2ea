//! The gap between affected and unaffected units before and after, with an error that allows for carry-over.
//!
//! Shares only, every unit counts alike. It is the plain figure to compare the others with, and a fast one.

use crate::causal::{CausalError, EffectEstimate, Panel, mean};
use crate::interval::Confidence;

/// Lags of the Newey-West error when nothing else is asked for.
pub const DEFAULT_LAGS: usize = 4;

/// The effect as a difference of differences of means.
#[derive(Debug, Clone, PartialEq)]
pub struct GapEffect {
    /// Change of the gap, in the unit of the outcome.
    pub effect: EffectEstimate,
    /// Newey-West standard error.
    pub standard_error: f64,
    /// The gap by period: affected minus unaffected.
    pub gap: Vec<f64>,
}

/// Change of the mean gap between affected and unaffected units at the disclosure.
///
/// Least squares of `g_t = ȳ_T − ȳ_C` on a constant and `1{t ≥ start}`; the standard error is Newey and West's
/// (1987) with Bartlett weights over `lags` periods and no small-sample factor; the interval takes Student's t
/// with periods − 2 degrees of freedom. Error: [`CausalError::TooFewPeriods`] with fewer than 2 periods before.
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
    let (before, after) = (panel.start(), panel.horizon());
    if before < 2 {
        return Err(CausalError::TooFewPeriods { before, after, needed: 2 });
    }
    let gap: Vec<f64> = panel
        .treated_mean()
        .iter()
        .zip(panel.control_mean())
        .map(|(treated, control)| treated - control)
        .collect();
    let (first, second) = gap.split_at(before);
    let (mean_before, mean_after) = (mean(first), mean(second));
    // On two dummies the coefficient is a difference of means, so each residual enters with a known weight and the
    // sandwich is the variance of one weighted sum.
    let scores: Vec<f64> = first
        .iter()
        .map(|value| -(value - mean_before) / before as f64)
        .chain(second.iter().map(|value| (value - mean_after) / after as f64))
        .collect();
    let standard_error = long_run_variance(&scores, lags).max(0.0).sqrt();
    let degrees_of_freedom = gap.len() as f64 - 2.0;
    let effect =
        EffectEstimate::student(mean_after - mean_before, standard_error, degrees_of_freedom, confidence);
    Ok(GapEffect { effect, standard_error, gap })
}

/// Variance of a sum of autocorrelated scores, Bartlett weights.
fn long_run_variance(scores: &[f64], lags: usize) -> f64 {
    let covariance = |lag: usize| scores.iter().zip(scores.iter().skip(lag)).map(|(a, b)| a * b).sum::<f64>();
    let weight = |lag: usize| 1.0 - lag as f64 / (lags as f64 + 1.0);
    covariance(0) + 2.0 * (1..=lags).map(|lag| weight(lag) * covariance(lag)).sum::<f64>()
}
