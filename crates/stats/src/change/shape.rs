//! Sudden or gradual: whether a step or a ramp describes a fall better.
//!
//! A word for the reader who looks for causes, not a test: "sudden" does not mean that an incident did it.

use super::beta_binomial::BetaBinomial;
use super::onset::JudgedPeriod;

/// Lengths of the ramps compared with the step, in periods.
pub(super) const RAMPS: [u8; 3] = [8, 13, 26];
/// Falls tried, in twentieths of a logit: 0.05 to 0.95.
const TWENTIETHS: std::ops::RangeInclusive<u8> = 1..=19;
/// How many times likelier one form must be than the other to be named.
const TIMES_LIKELIER: f64 = 3.0;

/// How a fall went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A step is more than three times likelier than the best ramp.
    Sudden,
    /// A ramp of 8 to 26 periods is more than three times likelier than the best step.
    Gradual,
    /// Neither: too early, or in between.
    Unclear,
}

/// The best fits of the two forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapeFit {
    /// Σ ln L of the best step d·1{t ≥ s}.
    pub step: f64,
    /// Σ ln L of the best ramp d·min(1, (t−s+1)/r).
    pub ramp: f64,
}

impl ShapeFit {
    /// exp(step − ramp): how many times likelier the step is.
    pub fn likelihood_ratio(&self) -> f64 {
        (self.step - self.ramp).exp()
    }

    /// The word for it.
    pub fn shape(&self) -> Shape {
        let ratio = self.likelihood_ratio();
        if ratio > TIMES_LIKELIER {
            Shape::Sudden
        } else if ratio < 1.0 / TIMES_LIKELIER {
            Shape::Gradual
        } else {
            Shape::Unclear
        }
    }
}

/// Fits steps and ramps of every beginning to `periods`, those since the last restart. `None` if empty.
///
/// Falls of 0.05 to 0.95 logit by 0.05, ramps over 8, 13 and 26 periods. Time: periods × 900 likelihoods, some
/// 20 ms for 110 periods; it is asked once per alarm.
///
/// ```
/// use fidance_stats::change::onset::JudgedPeriod;
/// use fidance_stats::change::shape::{Shape, classify};
/// use fidance_stats::change::{Count, Null, Overdispersion, Share};
/// let null = Null { share: Share::new(0.95)?, rho: Overdispersion::new(0.0005)? };
/// let judge = |kept: Vec<u64>| -> Vec<JudgedPeriod> {
///     kept.into_iter().flat_map(|kept| Count::new(kept, 2000)).map(|count| JudgedPeriod { null, count }).collect()
/// };
/// let step = judge([vec![1900; 20], vec![1840; 8]].concat());
/// let ramp = judge((0..40).map(|week: u64| 1900 - 4 * week.saturating_sub(14)).collect());
/// assert_eq!(classify(&step).map(|fit| fit.shape()), Some(Shape::Sudden));
/// assert_eq!(classify(&ramp).map(|fit| fit.shape()), Some(Shape::Gradual));
/// # Ok::<(), fidance_stats::change::BetaBinomialError>(())
/// ```
pub fn classify(periods: &[JudgedPeriod]) -> Option<ShapeFit> {
    if periods.is_empty() {
        return None;
    }
    let periods = &Scored::all(periods);
    let mut fit = ShapeFit { step: f64::NEG_INFINITY, ramp: f64::NEG_INFINITY };
    for fall in TWENTIETHS.map(|twentieths| f64::from(twentieths) / 20.0) {
        let full = sums_to_end(periods, fall);
        fit.step = full.iter().copied().take(periods.len()).fold(fit.step, f64::max);
        for length in RAMPS {
            fit.ramp = ramp_sums(periods, fall, length, &full).into_iter().fold(fit.ramp, f64::max);
        }
    }
    Some(fit)
}

/// A period with its likelihood under the hypothesis, which every fall is compared with.
pub(super) struct Scored {
    period: JudgedPeriod,
    at_null: f64,
}

impl Scored {
    pub(super) fn all(periods: &[JudgedPeriod]) -> Vec<Self> {
        let at_null = |period: &JudgedPeriod| {
            BetaBinomial::new(period.null.share, period.null.rho).ln_pmf(period.count)
        };
        periods.iter().map(|period| Self { period: *period, at_null: at_null(period) }).collect()
    }

    /// ln L for a fall of the logit.
    fn ln_ratio(&self, fall: f64) -> f64 {
        let JudgedPeriod { null, count } = self.period;
        BetaBinomial::new(null.share.shifted(-fall), null.rho).ln_pmf(count) - self.at_null
    }
}

/// Σ ln L from each period to the end at the full fall; one more entry, 0, for "past the end".
pub(super) fn sums_to_end(periods: &[Scored], fall: f64) -> Vec<f64> {
    let mut sums = vec![0.0; periods.len() + 1];
    for (at, period) in periods.iter().enumerate().rev() {
        sums[at] = sums[at + 1] + period.ln_ratio(fall);
    }
    sums
}

/// Σ ln L from each period to the end for a ramp to `fall` over `length` periods that begins there; `full` are
/// the sums at the whole fall.
pub(super) fn ramp_sums(periods: &[Scored], fall: f64, length: u8, full: &[f64]) -> Vec<f64> {
    let mut from_each = vec![0.0; periods.len()];
    for rung in 1..length {
        let partial = fall * f64::from(rung) / f64::from(length);
        let offset = usize::from(rung) - 1;
        for (start, period) in periods.iter().skip(offset).enumerate() {
            from_each[start] += period.ln_ratio(partial);
        }
    }
    for (start, sum) in from_each.iter_mut().enumerate() {
        *sum += full[(start + usize::from(length) - 1).min(periods.len())];
    }
    from_each
}
