//! Quantiles and means of integer histograms: `histogram[v]` customers (or gaps) have the value `v`.
//!
//! A histogram adds over partitions and loses nothing when values are whole days, so the quantiles here are
//! exact. The 95th percentile of the gaps between purchases sets the window of activity.

use crate::interval::{Confidence, Estimate, Interval};

/// A quantile of a histogram with its interval, all of them values that occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantile {
    /// The quantile.
    pub value: u64,
    /// Lower limit.
    pub low: u64,
    /// Upper limit.
    pub high: u64,
}

/// The smallest value that at least a share `q` of the counts does not exceed (inverse of the empirical
/// distribution; type 1 of Hyndman and Fan 1996).
///
/// `None` for an empty histogram or `q` outside `[0, 1]`.
///
/// ```
/// use fidance_stats::quantile::quantile;
/// let days_between_purchases = [0, 10, 70, 15, 5];
/// assert_eq!(quantile(&days_between_purchases, 0.5), Some(2));
/// assert_eq!(quantile(&days_between_purchases, 0.95), Some(3));
/// assert_eq!(quantile(&[], 0.5), None);
/// ```
pub fn quantile(histogram: &[u64], q: f64) -> Option<u64> {
    let n = total(histogram)?;
    is_share(q).then(|| value_at_rank(histogram, rank(q, n)))
}

/// A quantile with its distribution-free interval from order statistics: the values at ranks
/// nq ∓ z·√(nq(1−q)), rounded outwards (Conover 1999, section 3.2).
///
/// The counts are taken as independent. Gaps of the same customer are not, so that for gaps the interval is
/// too narrow. `None` as for [`quantile`].
///
/// ```
/// use fidance_stats::{interval::Confidence, quantile::{Quantile, quantile_interval}};
/// let ages = vec![1; 1000];
/// let median = quantile_interval(&ages, 0.5, Confidence::P95).unwrap();
/// assert_eq!(median, Quantile { value: 499, low: 468, high: 531 });
/// ```
pub fn quantile_interval(histogram: &[u64], q: f64, confidence: Confidence) -> Option<Quantile> {
    let n = total(histogram)?;
    if !is_share(q) {
        return None;
    }
    let centre = n * q;
    let half_width = confidence.z() * (centre * (1.0 - q)).sqrt();
    Some(Quantile {
        value: value_at_rank(histogram, rank(q, n)),
        low: value_at_rank(histogram, (centre - half_width).floor().max(1.0)),
        high: value_at_rank(histogram, ((centre + half_width).ceil() + 1.0).min(n)),
    })
}

/// Mean of a histogram with its normal interval, in the unit of the values. `None` when it is empty.
///
/// ```
/// use fidance_stats::{interval::Confidence, quantile::histogram_mean};
/// let mean = histogram_mean(&[0, 50, 50], Confidence::P95).unwrap();
/// assert_eq!(mean.value, 1.5);
/// assert!(mean.interval.contains(1.55) && !mean.interval.contains(1.7));
/// ```
pub fn histogram_mean(histogram: &[u64], confidence: Confidence) -> Option<Estimate> {
    let n = total(histogram)?;
    let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
        (0_u32..).zip(histogram).map(|(value, &count)| count as f64 * of(f64::from(value))).sum()
    };
    let value = sum(&|v| v) / n;
    let variance = sum(&|v| (v - value).powi(2)) / (n - 1.0).max(1.0);
    let half_width = confidence.z() * (variance / n).sqrt();
    Some(Estimate { value, interval: Interval { low: value - half_width, high: value + half_width } })
}

/// Mean of `(value, weight)` pairs, for instance retention pooled over cohorts by their size.
///
/// `None` when the weights do not sum to a positive number. No interval: the weights do not tell whether
/// they are counts.
///
/// ```
/// use fidance_stats::quantile::weighted_mean;
/// assert_eq!(weighted_mean([(0.5, 100.0), (0.9, 300.0)]), Some(0.8));
/// assert_eq!(weighted_mean([]), None);
/// ```
pub fn weighted_mean(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weights) = pairs
        .into_iter()
        .fold((0.0, 0.0), |(sum, weights), (value, weight)| (sum + value * weight, weights + weight));
    (weights > 0.0).then(|| sum / weights)
}

/// Sum of the counts, `None` when there are none.
fn total(histogram: &[u64]) -> Option<f64> {
    let n: u64 = histogram.iter().sum();
    (n > 0).then_some(n as f64)
}

fn is_share(q: f64) -> bool {
    (0.0..=1.0).contains(&q)
}

/// ⌈nq⌉, at least 1. A product such as 0.7 · 10 may land a rounding above its integer.
fn rank(q: f64, n: f64) -> f64 {
    (q * n * (1.0 - 4.0 * f64::EPSILON)).ceil().clamp(1.0, n)
}

/// The value of the customer at `rank`, counted from 1; the last value past the end.
fn value_at_rank(histogram: &[u64], rank: f64) -> u64 {
    let mut seen = 0;
    let mut last = 0;
    for (value, &count) in (0_u64..).zip(histogram) {
        seen += count;
        if count > 0 {
            last = value;
        }
        if count > 0 && seen as f64 >= rank {
            return value;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R: quantile(rep(0:6, c(0,5,3,0,9,2,1)), c(0,.1,.5,.7,.9,.95,1), type = 1)
    #[test]
    fn quantiles_match_type_one_of_r() {
        let histogram = [0, 5, 3, 0, 9, 2, 1];
        for (q, expected) in [(0.0, 1), (0.1, 1), (0.5, 4), (0.7, 4), (0.9, 5), (0.95, 5), (1.0, 6)] {
            assert_eq!(quantile(&histogram, q), Some(expected), "{q}");
        }
        let mean = histogram_mean(&histogram, Confidence::P95).unwrap();
        assert!((mean.value - 3.15).abs() < 1e-12);
        assert!((mean.interval.width() / 2.0 / Confidence::P95.z() - 0.357_439_7).abs() < 1e-6);
    }

    #[test]
    fn shares_outside_zero_one_are_none() {
        assert_eq!(quantile(&[1, 2], 1.01), None);
        assert_eq!(quantile(&[1, 2], f64::NAN), None);
        assert_eq!(quantile_interval(&[0, 0], 0.5, Confidence::P95), None);
    }

    #[test]
    fn rounding_does_not_move_a_rank() {
        let ten = [1; 10];
        for tenth in 1..=10_u32 {
            assert_eq!(quantile(&ten, f64::from(tenth) / 10.0), Some(u64::from(tenth) - 1));
        }
    }

    #[test]
    fn the_interval_contains_its_quantile() {
        let histogram = [3, 0, 1, 7, 2, 0, 1];
        for q in [0.0, 0.01, 0.5, 0.9, 1.0] {
            let found = quantile_interval(&histogram, q, Confidence::P99).unwrap();
            assert!(found.low <= found.value && found.value <= found.high, "{q}: {found:?}");
        }
    }
}
