//! The checks every effect passes before it is shown: the same estimator, run where nothing happened.
//!
//! A model's interval says how sure the effect is if the model is right. Placebos say how wrong it has been on this
//! very panel: in time, at fake dates before the disclosure; in space, on unaffected units. The interval shown is
//! the wider of the two, and no probability is finer than the placebos can tell. What happens only after the
//! disclosure, to the affected units only, and is not the incident, no placebo can see.

use super::{CausalError, EffectEstimate, Panel, mean, standard_deviation};
use crate::interval::{Confidence, Interval};

/// A mean of placebos that chance gives less often than once in ten times is no chance.
const CHANCE: Confidence = Confidence::P90;
/// Fake dates below which the design is not checked at all.
pub const MIN_FAKE_DATES: usize = 3;

/// Anything that turns a panel into an effect.
///
/// A closure `Fn(&Panel) -> Result<EffectEstimate, CausalError>` is one.
pub trait Estimator {
    /// The effect with its model's interval.
    fn estimate(&self, panel: &Panel) -> Result<EffectEstimate, CausalError>;

    /// The effect alone, for placebos; worth writing where the interval is dear.
    fn point(&self, panel: &Panel) -> Result<f64, CausalError> {
        Ok(self.estimate(panel)?.value)
    }
}

impl<F: Fn(&Panel) -> Result<EffectEstimate, CausalError>> Estimator for F {
    fn estimate(&self, panel: &Panel) -> Result<EffectEstimate, CausalError> {
        self(panel)
    }
}

/// Where the fake dates lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FakeDates {
    /// Periods of history before the first of them.
    pub first: usize,
    /// Periods from one to the next, at least 1.
    pub step: usize,
}

impl FakeDates {
    /// Those that lie a whole horizon before `start`.
    pub fn before(self, start: usize, horizon: usize) -> impl Iterator<Item = usize> {
        (self.first.max(1)..=start.saturating_sub(horizon)).step_by(self.step.max(1))
    }
}

/// Effects at fake dates.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceboInTime {
    /// Fake date and effect found there, where nothing happened.
    pub effects: Vec<(usize, f64)>,
    /// Their mean.
    pub bias: f64,
    /// Their sample standard deviation.
    pub spread: f64,
    /// √(mean square): error of the design around the true 0, bias and spread together.
    pub error: f64,
    /// Horizons that fit side by side between the first fake date and the disclosure. Fake dates closer than one
    /// horizon share data, so this, not their number, is how often the design was really tried.
    pub windows: usize,
    /// Standard error of the bias, over that of the effect at the disclosure: see [`error_of_the_mean`].
    pub bias_error: f64,
}

impl PlaceboInTime {
    /// Of fake dates in ascending order, a whole `horizon` before `start` at the latest, and what was found at each; what is
    /// not finite was not found.
    ///
    /// With none, nothing is known of the design: its placebos are off by nothing, and no probability is below 1. Whoever
    /// shows an effect without asking whether they are [`enough`](Self::enough) says so.
    pub fn of(found: impl IntoIterator<Item = (usize, f64)>, start: usize, horizon: usize) -> Self {
        let effects: Vec<(usize, f64)> = found.into_iter().filter(|(_, effect)| effect.is_finite()).collect();
        let first = effects.first().map_or(start, |(date, _)| *date);
        let values: Vec<f64> = effects.iter().map(|(_, effect)| *effect).collect();
        let squares: Vec<f64> = values.iter().map(|value| value * value).collect();
        let dates: Vec<usize> = effects.iter().map(|(date, _)| *date).collect();
        let known = |figure: f64| if figure.is_finite() { figure } else { 0.0 };
        Self {
            bias: known(mean(&values)),
            spread: known(standard_deviation(&values)),
            error: known(mean(&squares).sqrt()),
            windows: start.saturating_sub(first) / horizon.max(1),
            bias_error: error_of_the_mean(&dates, start, horizon),
            effects,
        }
    }

    /// Error: [`CausalError::TooFewPlacebos`] with fewer than [`MIN_FAKE_DATES`].
    pub fn enough(self) -> Result<Self, CausalError> {
        let found = self.effects.len();
        if found < MIN_FAKE_DATES {
            return Err(CausalError::TooFewPlacebos { found, needed: MIN_FAKE_DATES });
        }
        Ok(self)
    }
}

/// Standard error of the mean of placebos at these `dates`, in units of that of the effect at `start`; 0 without any.
///
/// Fake dates share periods with one another, those before as well as those after. So it is reckoned for a difference of means
/// over independent periods of equal variance: the placebo at d weighs each of the H periods from d on by 1/H and each before by
/// −1/d, the mean of all placebos is a weighted sum too, and its error is √(Σw² / (1/n + 1/H)) with n the periods before
/// `start`. Dates after `start − horizon` would see periods that do not count here.
///
/// ```
/// use fidance_stats::causal::gate::error_of_the_mean;
/// // One placebo with half of the past: √((1/20 + 1/20) / (1/40 + 1/20)).
/// assert!((error_of_the_mean(&[20], 40, 20) - (0.1_f64 / 0.075).sqrt()).abs() < 1e-12);
/// // Six that share nearly all of their periods are hardly more than one.
/// assert!(error_of_the_mean(&[10, 12, 14, 16, 18, 20], 40, 20) > 1.0);
/// // Four a horizon apart after a long past are four.
/// assert!((error_of_the_mean(&[960, 970, 980, 990], 1000, 10) - 0.5).abs() < 0.02);
/// ```
pub fn error_of_the_mean(dates: &[usize], start: usize, horizon: usize) -> f64 {
    if dates.is_empty() || start == 0 || horizon == 0 {
        return 0.0;
    }
    let weight = |date: usize, period: usize| match period {
        _ if period < date => -1.0 / date as f64,
        _ if period < date + horizon => 1.0 / horizon as f64,
        _ => 0.0,
    };
    let mean_weight = |period: usize| -> f64 {
        dates.iter().map(|date| weight(*date, period)).sum::<f64>() / dates.len() as f64
    };
    let squares: f64 = (0..start).map(|period| mean_weight(period).powi(2)).sum();
    (squares / (1.0 / start as f64 + 1.0 / horizon as f64)).sqrt()
}

/// Effects on unaffected units.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceboInSpace {
    /// Effect on each, taken in turn as affected.
    pub effects: Vec<f64>,
    /// (1 + number at least as large as the effect, in absolute value) / (number + 1).
    pub p_value: f64,
}

/// A probability that is not told finer than its resolution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probability {
    /// The two-sided tail area, never below the resolution.
    pub value: f64,
    /// The smallest that so many placebos can show.
    pub resolution: f64,
}

impl Probability {
    /// Whether only "at most" can be said.
    pub fn is_at_resolution(self) -> bool {
        self.value <= self.resolution
    }
}

/// An effect with what its placebos say.
#[derive(Debug, Clone, PartialEq)]
pub struct Gated {
    /// As the estimator gave it.
    pub model: EffectEstimate,
    /// The wider of the model's interval and the placebos'.
    pub interval: Interval,
    /// Half of `interval` over the normal quantile: the standard error that counts.
    pub standard_error: f64,
    /// Two-sided probability of "no effect", limited by the placebos.
    pub p_value: Probability,
    /// Fake dates.
    pub in_time: PlaceboInTime,
    /// Unaffected units; absent when there are too few to spare.
    pub in_space: Option<PlaceboInSpace>,
    /// Whether the design finds effects where there are none: |bias| above the spread of the placebos, above the
    /// model's standard error, and above what chance makes of so few tries.
    pub biased: bool,
}

/// Runs the estimator on the panel and on its placebos. `confidence` is the level of the estimator's interval.
///
/// Error: that of the estimator, or [`CausalError::TooFewPlacebos`]: an effect that cannot be checked is not shown.
///
/// ```
/// use fidance_stats::causal::{Panel, did::gap, gate::{FakeDates, check}};
/// use fidance_stats::interval::Confidence;
/// let unit = |level: f64, step: f64| -> Vec<f64> {
///     let wave = |t: i32| level + 0.001 * f64::from(t * 7 % 5) + if t >= 20 { step } else { 0.0 };
///     (0..25).map(wave).collect()
/// };
/// let panel = Panel::from_values(&[unit(0.95, -0.03), unit(0.9, 0.0)], &[true, false], 20)?;
/// let estimator = |panel: &Panel| Ok(gap::fit(panel, 4, Confidence::P95)?.effect);
/// let gated = check(&estimator, &panel, FakeDates { first: 8, step: 1 }, Confidence::P95)?;
/// assert!(!gated.biased && gated.interval.high < -0.029);
/// # Ok::<(), fidance_stats::causal::CausalError>(())
/// ```
pub fn check(
    estimator: &impl Estimator,
    panel: &Panel,
    dates: FakeDates,
    confidence: Confidence,
) -> Result<Gated, CausalError> {
    let model = estimator.estimate(panel)?;
    let in_time = in_time(estimator, panel, dates)?;
    let in_space = in_space(estimator, panel, model.value).ok();
    Ok(combine(model, in_time, in_space, confidence))
}

/// An effect with the placebos of its estimator, for estimators that take no panel. `confidence` is the level of the
/// model's interval.
pub fn combine(
    model: EffectEstimate,
    in_time: PlaceboInTime,
    in_space: Option<PlaceboInSpace>,
    confidence: Confidence,
) -> Gated {
    let z = confidence.z();
    let by_placebo = z * in_time.error;
    let interval = Interval {
        low: model.interval.low.min(model.value - by_placebo),
        high: model.interval.high.max(model.value + by_placebo),
    };
    let model_error = model.interval.width() / 2.0 / z;
    let standard_error = interval.width() / 2.0 / z;
    let placebos = in_space.as_ref().map_or(in_time.windows, |space| space.effects.len());
    let resolution = 1.0 / (placebos as f64 + 1.0);
    let widened = EffectEstimate::normal(model.value, standard_error, confidence).p_value;
    let by_chance = CHANCE.z() * in_time.bias_error * model_error;
    let biased = in_time.bias.abs() > in_time.spread.max(model_error).max(by_chance);
    let p_value = Probability { value: model.p_value.max(widened).max(resolution), resolution };
    Gated { model, interval, standard_error, p_value, in_time, in_space, biased }
}

/// Effects at fake dates over the history before the disclosure, each with the panel's own horizon.
///
/// No placebo sees a period from the disclosure on. Dates at which the estimator fails are left out. Error:
/// [`CausalError::TooFewPlacebos`] with fewer than [`MIN_FAKE_DATES`].
pub fn in_time(
    estimator: &impl Estimator,
    panel: &Panel,
    dates: FakeDates,
) -> Result<PlaceboInTime, CausalError> {
    let horizon = panel.horizon();
    at_fake_dates(dates, panel.start(), horizon, |date| {
        let fake = panel.as_if_at(date, date + horizon).ok()?;
        estimator.point(&fake).ok()
    })
}

/// The same for estimators that take no panel: `effect` gives what is found at a fake date over `horizon` periods, and
/// nothing where the estimator fails.
pub fn at_fake_dates(
    dates: FakeDates,
    start: usize,
    horizon: usize,
    mut effect: impl FnMut(usize) -> Option<f64>,
) -> Result<PlaceboInTime, CausalError> {
    let tried = dates.before(start, horizon).filter_map(|date| Some((date, effect(date)?)));
    PlaceboInTime::of(tried, start, horizon).enough()
}

/// Effects on unaffected units, and the place of `effect` among them (a permutation test).
pub fn in_space(
    estimator: &impl Estimator,
    panel: &Panel,
    effect: f64,
) -> Result<PlaceboInSpace, CausalError> {
    let effects = effects_in_space(estimator, panel)?;
    let as_large = effects.iter().filter(|placebo| placebo.abs() >= effect.abs()).count();
    let p_value = (1.0 + as_large as f64) / (effects.len() as f64 + 1.0);
    Ok(PlaceboInSpace { effects, p_value })
}

/// The effect that the estimator finds on each unaffected unit, the affected ones left out.
///
/// With several affected units, as many neighbours in the order of the panel are taken together, each once as
/// the first. Units on which the estimator fails are left out. Error: [`CausalError::TooFewControls`] when none
/// is left.
pub fn effects_in_space(estimator: &impl Estimator, panel: &Panel) -> Result<Vec<f64>, CausalError> {
    let controls = panel.control_units();
    let together = panel.treated_units().len();
    let effect = |first: usize| {
        let affected: Vec<usize> = controls.iter().cycle().skip(first).take(together).copied().collect();
        estimator.point(&panel.as_if_treated(&affected).ok()?).ok().filter(|effect| effect.is_finite())
    };
    let effects: Vec<f64> =
        if controls.len() > together { (0..controls.len()).filter_map(effect).collect() } else { Vec::new() };
    if effects.is_empty() {
        Err(CausalError::TooFewControls { controls: controls.len(), needed: together + 1 })
    } else {
        Ok(effects)
    }
}
