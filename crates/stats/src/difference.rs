//! The difference of two shares: this period's retention rate against another's.

use crate::interval::{Confidence, Estimate, Interval, wilson};

/// Newcombe's hybrid score interval for `k1/n1 − k2/n2` (Newcombe 1998, method 10), built from the two Wilson
/// intervals: it never leaves `[−1, 1]` and holds its level near 0 and 1, where retention rates are.
///
/// The two shares are taken as independent. Successive periods share customers, so between them the interval is
/// indicative; a year apart with a shorter window it is close. `None` where either has no customer.
///
/// ```
/// use fidance_stats::{difference::difference_of_proportions, interval::Confidence};
/// // Newcombe 1998, table II, case (a): 56/70 − 48/80 = 0.2, interval 0.0524 to 0.3339.
/// let difference = difference_of_proportions((56, 70), (48, 80), Confidence::P95).unwrap();
/// assert!((difference.value - 0.2).abs() < 1e-12);
/// assert!((difference.interval.low - 0.0524).abs() < 5e-5);
/// assert!((difference.interval.high - 0.3339).abs() < 5e-5);
/// ```
pub fn difference_of_proportions(
    first: (u64, u64),
    second: (u64, u64),
    confidence: Confidence,
) -> Option<Estimate> {
    let (first, second) = (wilson(first.0, first.1, confidence)?, wilson(second.0, second.1, confidence)?);
    let value = first.value - second.value;
    let below = (first.value - first.interval.low).hypot(second.interval.high - second.value);
    let above = (first.interval.high - first.value).hypot(second.value - second.interval.low);
    Some(Estimate { value, interval: Interval { low: value - below, high: value + above } })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, table II, method 10.
    #[test]
    fn the_published_intervals_are_met() {
        for (first, second, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ] {
            let found = difference_of_proportions(first, second, Confidence::P95).unwrap().interval;
            assert!((found.low - low).abs() < 5e-5, "{found:?}");
            assert!((found.high - high).abs() < 5e-5, "{found:?}");
        }
    }

    #[test]
    fn nobody_gives_no_difference() {
        assert_eq!(difference_of_proportions((0, 0), (1, 2), Confidence::P95), None);
    }
}
