//! What may be told of an effect: one state, with the figures it needs.
//!
//! "Nothing seen" is two different findings. With enough customers it says how large an effect could have stayed
//! hidden; with too few it says nothing of the incident, only how many customers would be needed.

use super::gate::Gated;
use crate::interval::Confidence;
use statrs::distribution::{ContinuousCDF, Normal};

/// What the reader may be told.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The interval, widened by the placebos, leaves 0 out.
    Effect,
    /// The interval covers 0, and an effect as large as wanted would most likely have been seen.
    NoEffectSeen {
        /// Smallest effect that would have been seen with the power asked for, absolute.
        smallest_effect: f64,
    },
    /// Another event falls into the same periods and units; the data cannot share the effect out.
    NotSeparable {
        /// The other events.
        with: Vec<String>,
    },
    /// The design finds effects at dates where nothing happened.
    Biased {
        /// Mean placebo effect.
        bias: f64,
        /// Standard deviation of the placebo effects.
        spread: f64,
    },
    /// The interval covers 0, and an effect as large as wanted could have been missed.
    TooFew {
        /// Customers for which it would have been seen; absent when no number is enough, because the periods
        /// themselves vary too much.
        customers_needed: Option<u64>,
    },
}

/// The effect somebody wants to be able to see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Its size, absolute, in the unit of the outcome.
    pub effect: f64,
    /// Probability of seeing it when it is there, strictly between 0 and 1.
    pub power: Confidence,
    /// Level of the interval.
    pub confidence: Confidence,
}

/// How much of the error comes from the number of customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Affected customers now, in the sense that the answer shall have.
    pub customers: u64,
    /// The part of the effect's variance that falls as 1/customers.
    pub variance: f64,
}

impl Sampling {
    /// From binomial counts: `rate` the share retained, customers on both sides before and after.
    ///
    /// Variance p(1−p)(1/n₁ + 1/n₂ + 1/n₃ + 1/n₄), that of a difference of two differences of shares.
    ///
    /// ```
    /// use fidance_stats::causal::verdict::Sampling;
    /// let sampling = Sampling::binomial(0.9, 1000, [1000.0; 4]);
    /// assert!((sampling.variance - 0.09 * 4.0 / 1000.0).abs() < 1e-15);
    /// ```
    pub fn binomial(rate: f64, customers: u64, decisions: [f64; 4]) -> Self {
        let variance = rate * (1.0 - rate) * decisions.iter().map(|n| 1.0 / n).sum::<f64>();
        Self { customers, variance }
    }
}

/// The state of an effect. `overlapping` names other events in the same periods and units.
///
/// In this order: not separable, biased, effect, then by power. No state is left out by the others' figures.
pub fn judge(gated: &Gated, wanted: Wanted, sampling: Sampling, overlapping: &[String]) -> State {
    if !overlapping.is_empty() {
        return State::NotSeparable { with: overlapping.to_vec() };
    }
    if gated.biased {
        return State::Biased { bias: gated.in_time.bias, spread: gated.in_time.spread };
    }
    if !gated.interval.contains(0.0) {
        return State::Effect;
    }
    let smallest_effect = smallest_effect(gated.standard_error, wanted.power, wanted.confidence);
    if smallest_effect <= wanted.effect.abs() {
        return State::NoEffectSeen { smallest_effect };
    }
    State::TooFew { customers_needed: customers_needed(gated.standard_error, wanted, sampling) }
}

/// Smallest effect seen with the given power: `(z_{1−α/2} + z_power)·standard error`.
///
/// ```
/// use fidance_stats::{causal::verdict::smallest_effect, interval::Confidence};
/// let power = Confidence::new(0.8).unwrap();
/// assert!((smallest_effect(1.0, power, Confidence::P95) - 2.801_585).abs() < 1e-6);
/// ```
pub fn smallest_effect(standard_error: f64, power: Confidence, confidence: Confidence) -> f64 {
    (confidence.z() + Normal::standard().inverse_cdf(power.level())) * standard_error
}

/// Customers for which the wanted effect is seen with the wanted power.
///
/// The variance is split: s² = v·(now/n) + (s² − v), v from sampling. Solved for n; `None` when the rest alone is too
/// large. A v above s² counts as s².
pub fn customers_needed(standard_error: f64, wanted: Wanted, sampling: Sampling) -> Option<u64> {
    let allowed = (wanted.effect.abs() / smallest_effect(1.0, wanted.power, wanted.confidence)).powi(2);
    let total = standard_error * standard_error;
    let sampled = sampling.variance.min(total);
    let left = allowed - (total - sampled);
    if left.is_nan() || left <= 0.0 {
        return None;
    }
    let needed = (sampling.customers as f64 * sampled / left).ceil();
    // 2⁵³ customers do not exist; beyond, the answer is that no number is enough.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ needed < 2^53")]
    (needed < 9e15).then_some(needed as u64)
}
