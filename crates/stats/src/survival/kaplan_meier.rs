//! The Kaplan-Meier survival curve with Greenwood variance and log-log interval.

use super::{LifetimeTable, SurvivalError};
use crate::interval::{Confidence, Estimate, Interval, wilson_at};

/// One step of a survival curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalPoint {
    /// Time at which somebody leaves.
    pub time: u32,
    /// Customers at risk just before it.
    pub at_risk: u64,
    /// Events at it.
    pub events: u64,
    /// Customers censored at it.
    pub censored: u64,
    /// S(time): the share still a customer just after it.
    pub survival: f64,
    /// Greenwood variance of S(time); 0 where S is 0 or 1.
    pub variance: f64,
    /// Pointwise interval for S(time).
    pub interval: Interval,
}

/// The time by which half of the customers have left. Each part is `None` where the curve does not reach
/// one half within the observed times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Median {
    /// First time with S ≤ 0.5.
    pub value: Option<u32>,
    /// First time at which the lower limit of S is ≤ 0.5.
    pub low: Option<u32>,
    /// First time at which the upper limit of S is ≤ 0.5.
    pub high: Option<u32>,
}

/// A Kaplan-Meier curve (Kaplan and Meier 1958): S(t) = ∏ (1 − dᵢ/nᵢ) over event times tᵢ ≤ t.
///
/// The interval is the log-log one, S^exp(±z·√G/|ln S|) with G = Σ dᵢ/(nᵢ(nᵢ−dᵢ)). That formula has no value
/// at the two ends, where this is returned instead, always finite:
/// - S = 1 (no event yet): Wilson's interval for n of n, with n the number at risk;
/// - S = 0 (everybody left): from 0 to the upper limit just before, which still bounds a falling curve.
///
/// ```
/// use fidance_stats::interval::Confidence;
/// use fidance_stats::survival::{KaplanMeier, Lifetime, LifetimeTable};
/// let table = LifetimeTable::from_iter([
///     Lifetime { entry: 0, duration: 2, cause: Some(0), count: 20 },
///     Lifetime { entry: 0, duration: 2, cause: None, count: 30 },
///     Lifetime { entry: 0, duration: 6, cause: Some(0), count: 10 },
///     Lifetime { entry: 0, duration: 9, cause: None, count: 40 },
/// ]);
/// let curve = KaplanMeier::fit(&table, Confidence::P95)?;
/// let at_six = curve.at(6).unwrap();
/// assert!((at_six.value - 0.8 * 0.8).abs() < 1e-12);
/// assert!(at_six.interval.contains(0.64));
/// assert!(curve.at(10).is_none());
/// # Ok::<(), fidance_stats::survival::SurvivalError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    points: Vec<SurvivalPoint>,
    confidence: Confidence,
}

impl KaplanMeier {
    /// The curve from the origin. Error: [`SurvivalError::Empty`].
    pub fn fit(table: &LifetimeTable, confidence: Confidence) -> Result<Self, SurvivalError> {
        Self::collect(table, None, confidence)
    }

    /// The curve among customers still there just after `start`: S(t | T > start).
    ///
    /// Under left truncation the first risk sets can be so small that the whole curve hangs on one
    /// customer; starting where enough customers are under observation is the usual remedy.
    /// Error: [`SurvivalError::Empty`] when nobody leaves after `start`.
    pub fn fit_after(
        table: &LifetimeTable,
        start: u32,
        confidence: Confidence,
    ) -> Result<Self, SurvivalError> {
        Self::collect(table, Some(start), confidence)
    }

    fn collect(
        table: &LifetimeTable,
        after: Option<u32>,
        confidence: Confidence,
    ) -> Result<Self, SurvivalError> {
        let mut product = ProductLimit::new(confidence);
        let mut points = Vec::new();
        for set in table.risk_sets().filter(|set| after.is_none_or(|start| set.time > start)) {
            product.step(set.at_risk, set.events);
            points.push(SurvivalPoint {
                time: set.time,
                at_risk: set.at_risk,
                events: set.events,
                censored: set.censored,
                survival: product.survival,
                variance: product.variance(),
                interval: product.interval,
            });
        }
        if points.is_empty() { Err(SurvivalError::Empty) } else { Ok(Self { points, confidence }) }
    }

    /// The steps in increasing order of time; at least one.
    pub fn points(&self) -> &[SurvivalPoint] {
        &self.points
    }

    /// The confidence level of the intervals.
    pub fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// S(`time`) with its interval: the last step at or before `time`, 1 before the first one.
    /// `None` past the last observed time, unless everybody had left by then.
    pub fn at(&self, time: u32) -> Option<Estimate> {
        let last = self.points.last()?;
        if time > last.time && last.survival > 0.0 {
            return None;
        }
        let after = self.points.partition_point(|point| point.time <= time);
        if after == 0 {
            let at_risk = self.points.first()?.at_risk as f64;
            return Some(Estimate { value: 1.0, interval: wilson_at(1.0, at_risk, self.confidence.z()) });
        }
        let point = self.points.get(after - 1)?;
        Some(Estimate { value: point.survival, interval: point.interval })
    }

    /// The median lifetime with its interval (Brookmeyer and Crowley 1982). Where the curve is exactly one
    /// half over a stretch, the start of the stretch is returned (R returns its middle).
    pub fn median(&self) -> Median {
        let first = |crossed: fn(&SurvivalPoint) -> bool| {
            self.points.iter().find(|point| crossed(point)).map(|point| point.time)
        };
        Median {
            value: first(|point| at_most_half(point.survival)),
            low: first(|point| at_most_half(point.interval.low)),
            high: first(|point| at_most_half(point.interval.high)),
        }
    }

    /// Mean time as a customer within the first `horizon` units: the area under the curve from 0 to
    /// `horizon`, with the normal interval from Var = Σ (∫ from tᵢ of S)²·dᵢ/(nᵢ(nᵢ−dᵢ)).
    /// `None` when `horizon` lies past the last observed time, as for [`at`](Self::at).
    pub fn restricted_mean(&self, horizon: u32) -> Option<Estimate> {
        self.at(horizon)?;
        let (mut area, mut variance, mut right) = (0.0, 0.0, f64::from(horizon));
        // From the horizon backwards, so that `area` is the integral to the right of each step.
        for point in self.points.iter().rev().filter(|point| point.time < horizon) {
            area += point.survival * (right - f64::from(point.time));
            variance += area * area * greenwood_term(point.at_risk, point.events);
            right = f64::from(point.time);
        }
        let value = area + right;
        let half_width = self.confidence.z() * variance.sqrt();
        let interval = Interval {
            low: (value - half_width).max(0.0),
            high: (value + half_width).min(f64::from(horizon)),
        };
        Some(Estimate { value, interval })
    }
}

/// Products of ratios can land a rounding above one half.
fn at_most_half(value: f64) -> bool {
    value <= 0.5 + 4.0 * f64::EPSILON
}

/// dᵢ/(nᵢ(nᵢ−dᵢ)), and 0 where everybody leaves: what follows is then exactly 0.
pub(super) fn greenwood_term(at_risk: u64, events: u64) -> f64 {
    if events == 0 || events == at_risk {
        return 0.0;
    }
    events as f64 / (at_risk as f64 * (at_risk - events) as f64)
}

/// The running product limit and its interval.
#[derive(Debug, Clone, Copy)]
struct ProductLimit {
    z: f64,
    survival: f64,
    greenwood: f64,
    interval: Interval,
}

impl ProductLimit {
    fn new(confidence: Confidence) -> Self {
        Self { z: confidence.z(), survival: 1.0, greenwood: 0.0, interval: Interval { low: 1.0, high: 1.0 } }
    }

    fn step(&mut self, at_risk: u64, events: u64) {
        if events > 0 {
            self.survival *= (at_risk - events) as f64 / at_risk as f64;
            self.greenwood += greenwood_term(at_risk, events);
        }
        self.interval = if self.survival <= 0.0 {
            Interval { low: 0.0, high: self.interval.high }
        } else if self.greenwood > 0.0 {
            log_log(self.survival, self.greenwood, self.z)
        } else {
            wilson_at(1.0, at_risk as f64, self.z)
        };
    }

    fn variance(&self) -> f64 {
        self.survival * self.survival * self.greenwood
    }
}

/// S^exp(±z·√G/|ln S|), for 0 < S < 1.
fn log_log(survival: f64, greenwood: f64, z: f64) -> Interval {
    let log_survival = survival.ln();
    let spread = (z * greenwood.sqrt() / log_survival.abs()).exp();
    Interval { low: (log_survival * spread).exp(), high: (log_survival / spread).exp() }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the ends of a curve are exactly 0 and 1")]
mod tests {
    use super::super::Lifetime;
    use super::*;

    fn table(rows: &[(u32, u32, Option<u16>, u64)]) -> LifetimeTable {
        rows.iter()
            .map(|&(entry, duration, cause, count)| Lifetime { entry, duration, cause, count })
            .collect()
    }

    #[test]
    fn ties_count_events_before_censorings() {
        let curve = KaplanMeier::fit(
            &table(&[(0, 1, Some(0), 1), (0, 1, None, 1), (0, 2, Some(0), 2)]),
            Confidence::P95,
        )
        .unwrap();
        assert_eq!(curve.points()[0].at_risk, 4);
        assert!((curve.points()[0].survival - 0.75).abs() < 1e-15);
        assert_eq!(curve.points()[1].at_risk, 2);
        assert_eq!(curve.points()[1].survival, 0.0);
    }

    #[test]
    fn ends_of_the_curve_are_finite() {
        let curve = KaplanMeier::fit(
            &table(&[(0, 1, None, 5), (0, 2, Some(0), 3), (0, 3, Some(0), 2)]),
            Confidence::P95,
        )
        .unwrap();
        let [start, middle, end] = [curve.at(1).unwrap(), curve.at(2).unwrap(), curve.at(3).unwrap()];
        assert_eq!((start.value, start.interval.high), (1.0, 1.0));
        assert!(start.interval.low > 0.6 && start.interval.low < 0.8);
        assert_eq!((end.value, end.interval.low), (0.0, 0.0));
        assert_eq!(end.interval.high, middle.interval.high);
        assert_eq!(curve.at(1000).unwrap().value, 0.0);
        assert_eq!(curve.at(0).unwrap().value, 1.0);
    }

    #[test]
    fn an_empty_window_is_an_error() {
        let some = table(&[(0, 4, Some(0), 1)]);
        assert_eq!(KaplanMeier::fit(&LifetimeTable::new(), Confidence::P95), Err(SurvivalError::Empty));
        assert_eq!(KaplanMeier::fit_after(&some, 4, Confidence::P95), Err(SurvivalError::Empty));
    }

    #[test]
    fn restricted_mean_is_the_area_under_the_steps() {
        let curve = KaplanMeier::fit(
            &table(&[(0, 2, Some(0), 1), (0, 4, Some(0), 1), (0, 6, None, 2)]),
            Confidence::P95,
        )
        .unwrap();
        assert!((curve.restricted_mean(6).unwrap().value - (2.0 + 2.0 * 0.75 + 2.0 * 0.5)).abs() < 1e-12);
        assert_eq!(curve.median(), Median { value: Some(4), low: Some(2), high: None });
        assert!(curve.restricted_mean(7).is_none());
    }
}
