//! Several weeks of returns together against their expectation: what an incident kept away, and how sure that is.

use super::week::WeekReturns;
use crate::interval::{Confidence, Estimate, Interval};

/// Returns of a run of weeks against their expectation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RunReturns {
    /// Customers who returned, summed over the weeks.
    pub observed: u64,
    /// Those expected.
    pub expected: f64,
    /// Variance of what is new in every week: the counts given the chances, and the scatter of weeks.
    pub independent_variance: f64,
    /// Variance of the expectation. Level, season and cells are wrong in the same direction in neighbouring weeks, so
    /// their standard deviations add: at most too wide.
    pub baseline_variance: f64,
}

impl RunReturns {
    /// Adds up weeks of [`frozen`](super::frozen) or [`rolling`](super::rolling).
    ///
    /// ```
    /// use fidance_stats::hazard::{RunReturns, WeekReturns};
    /// use fidance_stats::interval::Confidence;
    /// let week = |week, observed| WeekReturns {
    ///     week,
    ///     exposed: 8000,
    ///     observed,
    ///     expected: 1000.0,
    ///     sampling_variance: 800.0,
    ///     week_variance: 400.0,
    ///     baseline_variance: 100.0,
    /// };
    /// let run = RunReturns::sum(&[week(0, 930), week(1, 910)]);
    /// // 2 · 1200 of their own, (10 + 10)² in common.
    /// assert_eq!(run.standard_deviation(), 2800.0_f64.sqrt());
    /// let missing = run.missing(Confidence::P95);
    /// assert_eq!(missing.value, 160.0);
    /// assert!(missing.interval.low > 56.0 && missing.interval.high < 264.0);
    /// ```
    pub fn sum<'a>(weeks: impl IntoIterator<Item = &'a WeekReturns>) -> Self {
        let mut run = Self::default();
        let mut baseline_deviation = 0.0;
        for week in weeks {
            run.observed += week.observed;
            run.expected += week.expected;
            run.independent_variance += week.sampling_variance + week.week_variance;
            baseline_deviation += week.baseline_variance.sqrt();
        }
        run.baseline_variance = baseline_deviation * baseline_deviation;
        run
    }

    /// Standard deviation of observed − expected when nothing happened.
    pub fn standard_deviation(&self) -> f64 {
        (self.independent_variance + self.baseline_variance).sqrt()
    }

    /// observed/expected, with the range of the factor by which the chances of these weeks differ from normal. `None`
    /// where nothing was expected.
    pub fn ratio(&self, confidence: Confidence) -> Option<Estimate> {
        let value = self.observed as f64 / self.expected;
        let reach = (confidence.z() * self.standard_deviation() / self.expected).exp();
        let interval = Interval { low: value / reach, high: value * reach };
        (self.expected > 0.0 && reach.is_finite()).then_some(Estimate { value, interval })
    }

    /// expected − observed: returns that would have come and did not (negative: more came). The interval is of what would
    /// have come, less what came. A customer who stays away counts once for each week.
    pub fn missing(&self, confidence: Confidence) -> Estimate {
        let value = self.expected - self.observed as f64;
        let half_width = confidence.z() * self.standard_deviation();
        Estimate { value, interval: Interval { low: value - half_width, high: value + half_width } }
    }
}
