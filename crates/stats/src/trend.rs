//! The slope of a series: Theil-Sen, with the Mann-Kendall test.
//!
//! Used for "points of retention per year" on the barometer. A median of slopes is hardly moved by one
//! period spoilt by an outage or a sale, which would drag a least-squares line.

use statrs::function::erf::erfc;

use crate::interval::{Confidence, Estimate, Interval};

/// Why a series has no trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{points} usable points, at least {needed} needed for a trend", needed = Self::NEEDED)]
pub struct TooFewPoints {
    /// Points that are numbers.
    pub points: usize,
}

impl TooFewPoints {
    /// The least number of points.
    pub const NEEDED: usize = 4;
}

/// The trend of a series with one value per period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Median slope, in units of the series per period.
    pub slope: Estimate,
    /// Height of the line at the first period.
    pub intercept: f64,
    /// Two-sided Mann-Kendall p-value for "no trend".
    pub p_value: f64,
    /// Points used.
    pub points: usize,
}

impl Trend {
    /// The slope over several periods: `per(52.0)` for a year of weeks.
    pub fn per(&self, periods: f64) -> Estimate {
        let Estimate { value, interval: Interval { low, high } } = self.slope;
        let (low, high) = (low * periods, high * periods);
        Estimate { value: value * periods, interval: Interval { low: low.min(high), high: low.max(high) } }
    }
}

/// Theil-Sen slope of `series`, one value per period in order; NaN marks a missing period.
///
/// The slope is the median over all pairs (Theil 1950, Sen 1968), the interval Sen's from the variance of
/// Kendall's statistic corrected for ties, the line goes through the medians. Time: pairs of points.
///
/// The interval and the p-value take the points as independent. Successive periods of a retention rate share
/// customers, so they are indicative only: in truth the slope is less sure. Error: [`TooFewPoints`].
///
/// ```
/// use fidance_stats::{interval::Confidence, trend::theil_sen};
/// let weekly_retention = [0.95, 0.94, 0.945, 0.93, f64::NAN, 0.925, 0.40, 0.92, 0.91];
/// let trend = theil_sen(&weekly_retention, Confidence::P95)?;
/// assert!(trend.slope.value < -0.004 && trend.slope.value > -0.006);
/// assert!((trend.per(52.0).value - 52.0 * trend.slope.value).abs() < 1e-12);
/// # Ok::<(), fidance_stats::trend::TooFewPoints>(())
/// ```
pub fn theil_sen(series: &[f64], confidence: Confidence) -> Result<Trend, TooFewPoints> {
    let points: Vec<(f64, f64)> =
        (0_u32..).map(f64::from).zip(series.iter().copied()).filter(|(_, y)| y.is_finite()).collect();
    if points.len() < TooFewPoints::NEEDED {
        return Err(TooFewPoints { points: points.len() });
    }
    let slopes = pairwise_slopes(&points);
    let spread = kendall_variance(&points).sqrt();
    let value = median(&slopes);
    let intercept = median(&sorted(points.iter().map(|(_, y)| *y)))
        - value * median(&sorted(points.iter().map(|(x, _)| *x)));
    Ok(Trend {
        slope: Estimate { value, interval: sen_interval(&slopes, confidence.z() * spread) },
        intercept,
        p_value: mann_kendall(&slopes, spread),
        points: points.len(),
    })
}

fn pairwise_slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let later = |i: usize| points.iter().skip(i + 1);
    let pairs = points.iter().enumerate().flat_map(|(i, from)| later(i).map(move |to| (from, to)));
    sorted(pairs.map(|((x0, y0), (x1, y1))| (y1 - y0) / (x1 - x0)))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Median of a sorted, non-empty slice.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// Variance of Kendall's S when there is no trend, with the correction for equal values.
fn kendall_variance(points: &[(f64, f64)]) -> f64 {
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let values = sorted(points.iter().map(|(_, y)| *y));
    let ties: f64 = values.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(|tie| term(tie.len() as f64)).sum();
    (term(points.len() as f64) - ties) / 18.0
}

/// The slopes at Sen's ranks (N ∓ C)/2, with C = z·√Var(S).
fn sen_interval(slopes: &[f64], c: f64) -> Interval {
    let n = slopes.len() as f64;
    let low = (f64::midpoint(n, -c)).round_ties_even() - 1.0;
    let high = (f64::midpoint(n, c)).round_ties_even();
    Interval { low: slope_at(slopes, low), high: slope_at(slopes, high) }
}

/// The slope at a whole `rank` counted from 0, or the nearest one.
fn slope_at(slopes: &[f64], rank: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the slice first")]
    let index = rank.clamp(0.0, slopes.len() as f64 - 1.0) as usize;
    slopes[index]
}

/// Two-sided p-value of S, with the continuity correction.
fn mann_kendall(slopes: &[f64], spread: f64) -> f64 {
    let rising = slopes.iter().filter(|&&slope| slope > 0.0).count() as f64;
    let falling = slopes.iter().filter(|&&slope| slope < 0.0).count() as f64;
    let distance = ((rising - falling).abs() - 1.0).max(0.0);
    if distance > 0.0 { erfc(distance / spread / std::f64::consts::SQRT_2) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(series: &[f64], [slope, intercept, low, high, p_value]: [f64; 5]) {
        let trend = theil_sen(series, Confidence::P95).unwrap();
        let found = [
            trend.slope.value,
            trend.intercept,
            trend.slope.interval.low,
            trend.slope.interval.high,
            trend.p_value,
        ];
        for (found, expected) in found.into_iter().zip([slope, intercept, low, high, p_value]) {
            assert!((found - expected).abs() < 1e-9, "{found} against {expected}: {trend:?}");
        }
    }

    /// scipy 1.17.1: theilslopes(a, alpha=0.95); p-values from the definition of Mann and Kendall with
    /// ties, n(n-1)(2n+5) - sum t(t-1)(2t+5) over 18.
    #[test]
    fn slopes_match_scipy() {
        let mut a: Vec<f64> = (0..24).map(|i| f64::from(i * 37 % 23) * 0.01 + 0.003 * f64::from(i)).collect();
        check(&a, [0.005, 0.0825, -0.000_75, 0.008_833_333_333_3, 0.188_633_153_036_9]);
        let with_ties = [91.0, 90.0, 90.0, 92.0, 89.0, 88.0, 88.0, 88.0, 86.0, 87.0, 85.0, 85.0];
        check(&with_ties, [-0.522_727_272_727_3, 90.875, -0.666_666_666_666_7, -0.4, 0.000_301_218_488_6]);
        (a[3], a[10]) = (f64::NAN, f64::NAN);
        check(&a, [0.005, 0.0775, -0.000_75, 0.008_833_333_333_3, 0.142_568_659_013_6]);
    }

    #[test]
    fn a_flat_series_has_no_trend() {
        check(&[0.5; 6], [0.0, 0.5, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn too_few_points_are_refused() {
        let series = [0.9, f64::NAN, 0.8, 0.7, f64::INFINITY];
        assert_eq!(theil_sen(&series, Confidence::P95), Err(TooFewPoints { points: 3 }));
    }
}
