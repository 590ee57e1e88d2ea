//! One week's returns against their expectation, and what the alarm takes from them.

use crate::interval::{Confidence, Estimate, Interval};

/// Returns of one week against their expectation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeekReturns {
    /// The week.
    pub week: usize,
    /// Customers who could return, n.
    pub exposed: u64,
    /// Customers who did, x.
    pub observed: u64,
    /// Σ over cells of n·ĥ.
    pub expected: f64,
    /// Variance of the count given the chances: Σ n·ĥ(1−ĥ).
    pub sampling_variance: f64,
    /// Variance through the scatter of single weeks (overdispersion).
    pub week_variance: f64,
    /// Variance of the expectation itself: level, season and cells are estimates.
    pub baseline_variance: f64,
}

impl WeekReturns {
    /// Standard deviation of observed − expected when nothing happened.
    pub fn standard_deviation(&self) -> f64 {
        (self.sampling_variance + self.week_variance + self.baseline_variance).sqrt()
    }

    /// (observed − expected)/standard deviation. For reading; an alarm takes `share`, `share_error` and
    /// `overdispersion`, because small counts are skewed.
    pub fn standardised(&self) -> f64 {
        (self.observed as f64 - self.expected) / self.standard_deviation()
    }

    /// observed/expected, with the range of the factor by which this week's chances differ from normal:
    /// x/E · exp(±z·sd/E). `None` where nothing was expected.
    pub fn ratio(&self, confidence: Confidence) -> Option<Estimate> {
        let value = self.observed as f64 / self.expected;
        let reach = (confidence.z() * self.standard_deviation() / self.expected).exp();
        let interval = Interval { low: value / reach, high: value * reach };
        (self.expected > 0.0 && reach.is_finite()).then_some(Estimate { value, interval })
    }

    /// p₀, the expected share: the alarm's baseline.
    pub fn share(&self) -> f64 {
        self.expected / self.exposed as f64
    }

    /// Standard error of logit p₀, for the guarded null σ(logit p₀ − 1.645·error).
    pub fn share_error(&self) -> f64 {
        self.baseline_variance.sqrt() / (self.expected * (1.0 - self.share()))
    }

    /// ρ of the beta-binomial(n, p₀, ρ) that has the variance of the count; 0 where it is smaller than binomial.
    ///
    /// Customers with different chances vary less together than alike ones, so without scatter of weeks the binomial
    /// is on the safe side.
    pub fn overdispersion(&self) -> f64 {
        let binomial = self.expected * (1.0 - self.share());
        let excess = (self.sampling_variance + self.week_variance) / binomial - 1.0;
        (excess / (self.exposed as f64 - 1.0).max(1.0)).clamp(0.0, 1.0)
    }
}
