//! Intervals shared by every estimator, and the Wilson interval for a share of customers.
//!
//! The retention rate is a share K/S, often near 1 and sometimes on few customers. The textbook interval
//! `p ± z·sqrt(p(1−p)/n)` leaves `[0, 1]` there and collapses at p = 1; Wilson's does neither.

use statrs::distribution::{ContinuousCDF, Normal};

/// A two-sided interval, `low <= high`, in the unit of the estimate it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Interval {
    /// `high − low`.
    ///
    /// ```
    /// use fidance_stats::interval::Interval;
    /// assert_eq!(Interval { low: 0.25, high: 0.75 }.width(), 0.5);
    /// ```
    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// Whether `value` lies in the closed interval.
    ///
    /// ```
    /// use fidance_stats::interval::Interval;
    /// assert!(Interval { low: 0.25, high: 0.75 }.contains(0.75));
    /// ```
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// A point estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Its interval, at the confidence level given to the estimator.
    pub interval: Interval,
}

/// A confidence level strictly between 0 and 1.
///
/// ```
/// use fidance_stats::interval::Confidence;
/// assert_eq!(Confidence::default(), Confidence::P95);
/// assert!((Confidence::P95.z() - 1.959963984540054).abs() < 1e-12);
/// assert!(Confidence::new(1.0).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f64);

/// Why a number is not a confidence level.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("confidence level must be strictly between 0 and 1, got {0}")]
pub struct ConfidenceError(pub f64);

impl Confidence {
    /// 90 %.
    pub const P90: Self = Self(0.90);
    /// 95 %, the default.
    pub const P95: Self = Self(0.95);
    /// 99 %.
    pub const P99: Self = Self(0.99);

    /// A level from a share such as `0.95`.
    pub fn new(level: f64) -> Result<Self, ConfidenceError> {
        // Written so that NaN is refused too.
        if level > 0.0 && level < 1.0 { Ok(Self(level)) } else { Err(ConfidenceError(level)) }
    }

    /// The level as a share, `0.95` for 95 %.
    pub fn level(self) -> f64 {
        self.0
    }

    /// The two-sided normal quantile: 1.96 for 95 %.
    pub fn z(self) -> f64 {
        Normal::standard().inverse_cdf(f64::midpoint(1.0, self.0))
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self::P95
    }
}

/// Wilson score interval for `k` successes out of `n` (Wilson 1927), with `k / n` as the value.
///
/// `None` when there is nothing to estimate: `n = 0`, or `k > n`.
/// Always inside `[0, 1]`, and of positive width even at `k = 0` and `k = n`.
///
/// ```
/// use fidance_stats::interval::{Confidence, wilson};
/// let retention = wilson(81, 263, Confidence::P95).unwrap();
/// assert!((retention.interval.low - 0.2552885).abs() < 1e-7);
/// assert!((retention.interval.high - 0.3662096).abs() < 1e-7);
/// assert!(wilson(0, 0, Confidence::P95).is_none());
/// ```
pub fn wilson(k: u64, n: u64, confidence: Confidence) -> Option<Estimate> {
    if n == 0 || k > n {
        return None;
    }
    let value = k as f64 / n as f64;
    Some(Estimate { value, interval: wilson_at(value, n as f64, confidence.z()) })
}

/// The Wilson interval around a share `p` of an effective sample size `n`.
pub(crate) fn wilson_at(p: f64, n: f64, z: f64) -> Interval {
    let z2n = z * z / n;
    let centre = (p + z2n / 2.0) / (1.0 + z2n);
    let half_width = z / (1.0 + z2n) * (p * (1.0 - p) / n + z2n / (4.0 * n)).sqrt();
    // The clamps only remove rounding: the exact bounds are 0 at p = 0 and 1 at p = 1.
    Interval { low: (centre - half_width).max(0.0).min(p), high: (centre + half_width).min(1.0).max(p) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z_is_the_normal_quantile() {
        // R: qnorm(c(0.95, 0.975, 0.995))
        assert!((Confidence::P90.z() - 1.644_853_626_951_472_7).abs() < 1e-12);
        assert!((Confidence::P95.z() - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((Confidence::P99.z() - 2.575_829_303_548_900_4).abs() < 1e-12);
    }

    #[test]
    fn levels_outside_the_open_unit_interval_are_refused() {
        for level in [0.0, 1.0, -0.1, 95.0, f64::NAN, f64::INFINITY] {
            assert!(Confidence::new(level).is_err(), "{level}");
        }
    }

    #[test]
    fn wilson_matches_prop_test() {
        // R: prop.test(k, n, correct = FALSE)$conf.int
        let cases = [
            (15, 50, 0.191_035_5, 0.437_503_5),
            (0, 20, 0.0, 0.161_125_2),
            (20, 20, 0.838_874_8, 1.0),
            (950_000, 1_000_000, 0.949_571_1, 0.950_425_4),
        ];
        for (k, n, low, high) in cases {
            let interval = wilson(k, n, Confidence::P95).unwrap().interval;
            assert!((interval.low - low).abs() < 1e-7, "{k}/{n}: {interval:?}");
            assert!((interval.high - high).abs() < 1e-7, "{k}/{n}: {interval:?}");
        }
    }

    #[test]
    fn nothing_to_estimate_is_none() {
        assert!(wilson(0, 0, Confidence::P95).is_none());
        assert!(wilson(3, 2, Confidence::P95).is_none());
    }
}
