//! Synthetic estimates with the error that the affected unit's own past shows.
//!
//! Each of them is a weighted sum, over the periods, of the gap between the unit and its synthetic counterpart, so its
//! error follows from how much that gap moved. [`super::PlaceboError`] looks at other units instead, which must
//! vary as the affected one does: units at the edge do not, and eight of them make a wide t. Here the gap must vary
//! after the disclosure as it did before. What lasts longer than the lags of the error is not in it; placebos at fake
//! dates ([`crate::causal::gate`]) are what can show that.

use super::{
    control,
    season::Season,
    weighted::{self, Weighting},
};
use crate::causal::{
    CausalError, EffectEstimate, Panel,
    did::gap::{DEFAULT_LAGS, change},
    mean,
};
use crate::interval::Confidence;

/// Synthetic control ([`control::fit`]) with its interval.
///
/// Standard error: that of the mean gap after against the mean gap before, as for [`change`], its variance times T/(T − k) for
/// the k weights fitted on T periods, plus the square of the mean gap before. A unit that lies outside all others has a
/// wide interval for that, as it should.
///
/// Errors: those of [`control::fit`]; [`CausalError::TooFewPeriods`] with no more periods before than weights.
///
/// ```
/// use fidance_stats::{causal::{Panel, synthetic::past}, interval::Confidence};
/// let unit = |level: f64, step: f64| -> Vec<f64> {
///     let wave = |t: i32| level + 0.001 * f64::from(t * 7 % 5) + if t >= 20 { step } else { 0.0 };
///     (0..25).map(wave).collect()
/// };
/// let units = [unit(0.95, -0.03), unit(0.93, 0.0), unit(0.96, 0.0)];
/// let panel = Panel::from_values(&units, &[true, false, false], 20)?;
/// let found = past::control(&panel, Confidence::P95)?;
/// assert!((found.value + 0.03).abs() < 1e-9 && found.interval.high < -0.029);
/// # Ok::<(), fidance_stats::causal::CausalError>(())
/// ```
pub fn control(panel: &Panel, confidence: Confidence) -> Result<EffectEstimate, CausalError> {
    of_control(panel, control::fit(panel)?, confidence)
}

/// Synthetic control up to a constant ([`control::fit_demeaned`]) with its interval, as for [`control()`].
pub fn control_demeaned(panel: &Panel, confidence: Confidence) -> Result<EffectEstimate, CausalError> {
    of_control(panel, control::fit_demeaned(panel)?, confidence)
}

fn of_control(
    panel: &Panel,
    found: control::SyntheticControl,
    confidence: Confidence,
) -> Result<EffectEstimate, CausalError> {
    let (before, after) = (panel.start(), panel.horizon());
    let used = found.weights.iter().filter(|(_, weight)| *weight > 0.0).count();
    let missed = mean(found.gap.get(..before).unwrap_or_default());
    let weights = sum_of(&vec![1.0 / before as f64; before], after);
    let estimate = Sum { value: found.effect, weights, fitted: used.saturating_sub(1), missed };
    estimate.with_error(found.gap, before, confidence)
}

/// Synthetic difference in differences with its interval, each unit first freed of its own `season` where one is given.
///
/// Standard error: σ‖c‖ with c the weights of the periods in the estimate, those of the season that was estimated
/// included ([`Season::weights_before_removal`]), and σ the deviation of one period that the error of [`change`] implies,
/// its variance times T/(T − k) for the k coefficients of the season. The weights of the units, held near equal by their
/// penalty, count as given.
///
/// Errors: those of [`weighted::fit`] and [`Season::remove`].
pub fn synthetic_did(
    panel: &Panel,
    season: Option<Season>,
    confidence: Confidence,
) -> Result<EffectEstimate, CausalError> {
    let flat = season.map_or_else(|| Ok(panel.clone()), |season| season.remove(panel))?;
    let found = weighted::fit(&flat, Weighting::SyntheticDid)?;
    let (before, after) = (panel.start(), panel.horizon());
    let gap = control::with_weights(&flat, found.units).gap;
    let weights = sum_of(&found.periods, after);
    let (weights, fitted) = match season {
        Some(season) => (season.weights_before_removal(panel, &weights)?, 2 * season.harmonics),
        None => (weights, 0),
    };
    Sum { value: found.effect, weights, fitted, missed: 0.0 }.with_error(gap, before, confidence)
}

/// Weights of the periods: those before with a minus, the ones from the disclosure on alike.
fn sum_of(before: &[f64], after: usize) -> Vec<f64> {
    let since = std::iter::repeat_n(1.0 / after as f64, after);
    before.iter().map(|weight| -weight).chain(since).collect()
}

/// An estimate as a sum over the periods of a gap.
struct Sum {
    value: f64,
    weights: Vec<f64>,
    /// Coefficients that were fitted on the periods before.
    fitted: usize,
    /// What the fit leaves on average.
    missed: f64,
}

impl Sum {
    fn with_error(
        self,
        gap: Vec<f64>,
        before: usize,
        confidence: Confidence,
    ) -> Result<EffectEstimate, CausalError> {
        let after = gap.len().saturating_sub(before);
        if before <= self.fitted {
            return Err(CausalError::TooFewPeriods { before, after, needed: self.fitted + 1 });
        }
        let noise = change(gap, before, DEFAULT_LAGS, confidence)?;
        let of_one_period = noise.standard_error.powi(2) / (1.0 / before as f64 + 1.0 / after as f64)
            * before as f64
            / (before - self.fitted) as f64;
        let squares: f64 = self.weights.iter().map(|weight| weight * weight).sum();
        let error = (of_one_period * squares + self.missed.powi(2)).sqrt();
        Ok(EffectEstimate::student(self.value, error, noise.degrees_of_freedom, confidence))
    }
}
