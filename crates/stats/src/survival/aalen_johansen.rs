//! Cumulative incidence by cause (Aalen-Johansen): which share leaves for which reason, by when.
//!
//! One minus Kaplan-Meier per cause counts customers who left for another reason as if they could still
//! leave for this one, and overstates every cause. These curves do not: at any time they and S sum to 1.

use super::kaplan_meier::greenwood_term;
use super::{LifetimeTable, RiskSet, SurvivalError};
use crate::interval::{Confidence, Estimate, Interval, wilson_at};

/// One step of the incidence curve of one cause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidencePoint {
    /// Time at which somebody leaves.
    pub time: u32,
    /// Events of this cause at it.
    pub events: u64,
    /// F(time): the share gone for this cause by then.
    pub incidence: f64,
    /// Variance of F(time), Greenwood type.
    pub variance: f64,
    /// Pointwise interval for F(time).
    pub interval: Interval,
}

/// The incidence curve of one cause.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidenceCurve {
    /// The cause.
    pub cause: u16,
    /// Its steps, in increasing order of time.
    pub points: Vec<IncidencePoint>,
}

/// Cumulative incidence of every cause (Aalen and Johansen 1978): Fⱼ(t) = Σ S(tᵢ−)·dⱼᵢ/nᵢ over tᵢ ≤ t.
///
/// Variance: the Greenwood-type estimator,
/// Σ (Fⱼ(t)−Fⱼ(tᵢ))²·dᵢ/(nᵢ(nᵢ−dᵢ)) + Σ S(tᵢ−)²·dⱼᵢ(nᵢ−dⱼᵢ)/nᵢ³ − 2 Σ (Fⱼ(t)−Fⱼ(tᵢ))·S(tᵢ−)·dⱼᵢ/nᵢ²
/// (Marubini and Valsecchi 1995, eq. 10.12), which is Greenwood's when there is one cause.
/// Interval: F^exp(∓z·se/(F·ln F)), the log-log transformation. It has no value at the two ends, where this
/// is returned instead: F = 0, Wilson's interval for 0 of n at risk; F = 1, from the lower limit just
/// before to 1.
///
/// ```
/// use fidance_stats::interval::Confidence;
/// use fidance_stats::survival::{CumulativeIncidence, Lifetime, LifetimeTable};
/// let (left, payment_failed) = (Some(0), Some(1));
/// let table = LifetimeTable::from_iter([
///     Lifetime { entry: 0, duration: 1, cause: left, count: 10 },
///     Lifetime { entry: 0, duration: 2, cause: payment_failed, count: 30 },
///     Lifetime { entry: 0, duration: 3, cause: None, count: 60 },
/// ]);
/// let incidence = CumulativeIncidence::fit(&table, Confidence::P95)?;
/// assert!((incidence.at(0, 3).unwrap().value - 0.1).abs() < 1e-12);
/// assert!((incidence.at(1, 3).unwrap().value - 0.3).abs() < 1e-12);
/// # Ok::<(), fidance_stats::survival::SurvivalError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CumulativeIncidence {
    curves: Vec<IncidenceCurve>,
    first_at_risk: u64,
    confidence: Confidence,
}

impl CumulativeIncidence {
    /// One curve per cause that occurs. Error: [`SurvivalError::Empty`].
    pub fn fit(table: &LifetimeTable, confidence: Confidence) -> Result<Self, SurvivalError> {
        let sets: Vec<RiskSet> = table.risk_sets().collect();
        let first_at_risk = sets.first().ok_or(SurvivalError::Empty)?.at_risk;
        let curves = table.causes().map(|cause| IncidenceCurve {
            cause,
            points: incidence_points(&sets, confidence.z(), |time| table.events_of_cause_at(cause, time)),
        });
        Ok(Self { curves: curves.collect(), first_at_risk, confidence })
    }

    /// The curves, in increasing order of cause. Empty when nobody left.
    pub fn curves(&self) -> &[IncidenceCurve] {
        &self.curves
    }

    /// F(`time`) of `cause` with its interval. `None` for a cause that does not occur, and past the last
    /// observed time unless everybody had left by then.
    pub fn at(&self, cause: u16, time: u32) -> Option<Estimate> {
        let points = &self.curves.iter().find(|curve| curve.cause == cause)?.points;
        if time > points.last()?.time && self.left_in_all() < 1.0 - 1e-12 {
            return None;
        }
        let after = points.partition_point(|point| point.time <= time);
        if after == 0 {
            let interval = wilson_at(0.0, self.first_at_risk as f64, self.confidence.z());
            return Some(Estimate { value: 0.0, interval });
        }
        let point = points.get(after - 1)?;
        Some(Estimate { value: point.incidence, interval: point.interval })
    }

    /// The share gone for any cause at the last observed time.
    fn left_in_all(&self) -> f64 {
        self.curves.iter().filter_map(|curve| curve.points.last()).map(|point| point.incidence).sum()
    }
}

fn incidence_points(sets: &[RiskSet], z: f64, events_of_cause: impl Fn(u32) -> u64) -> Vec<IncidencePoint> {
    let mut running = Running::default();
    let mut interval = Interval { low: 0.0, high: 1.0 };
    let mut points = Vec::with_capacity(sets.len());
    for set in sets {
        let events = events_of_cause(set.time);
        running.step(set, events);
        interval = running.interval(set.at_risk, interval, z);
        points.push(IncidencePoint {
            time: set.time,
            events,
            incidence: running.incidence,
            variance: running.variance(),
            interval,
        });
    }
    points
}

/// The sums from which F and its variance follow at any time, so that a curve costs one pass: the squares
/// (F(t) − F(tᵢ))² of the variance are expanded into powers of F(t).
#[derive(Debug, Clone, Copy)]
struct Running {
    survival: f64,
    incidence: f64,
    /// Σ g, Σ g·F(tᵢ), Σ g·F(tᵢ)² with g the Greenwood term.
    greenwood: [f64; 3],
    /// Σ S²·dⱼ(n−dⱼ)/n³.
    binomial: f64,
    /// Σ S·dⱼ/n², Σ S·dⱼ/n²·F(tᵢ).
    cross: [f64; 2],
}

impl Default for Running {
    fn default() -> Self {
        Self { survival: 1.0, incidence: 0.0, greenwood: [0.0; 3], binomial: 0.0, cross: [0.0; 2] }
    }
}

impl Running {
    fn step(&mut self, set: &RiskSet, events_of_cause: u64) {
        let (n, d_j) = (set.at_risk as f64, events_of_cause as f64);
        self.incidence += self.survival * d_j / n;
        let greenwood = greenwood_term(set.at_risk, set.events);
        self.greenwood[0] += greenwood;
        self.greenwood[1] += greenwood * self.incidence;
        self.greenwood[2] += greenwood * self.incidence * self.incidence;
        self.binomial += self.survival * self.survival * d_j * (n - d_j) / (n * n * n);
        let cross = self.survival * d_j / (n * n);
        self.cross[0] += cross;
        self.cross[1] += cross * self.incidence;
        self.survival *= (set.at_risk - set.events) as f64 / n;
    }

    fn variance(&self) -> f64 {
        let f = self.incidence;
        let spread = f * f * self.greenwood[0] - 2.0 * f * self.greenwood[1] + self.greenwood[2];
        let cross = f * self.cross[0] - self.cross[1];
        (spread + self.binomial - 2.0 * cross).max(0.0)
    }

    fn interval(&self, at_risk: u64, before: Interval, z: f64) -> Interval {
        let f = self.incidence;
        if f <= 0.0 {
            return wilson_at(0.0, at_risk as f64, z);
        }
        if f >= 1.0 {
            return Interval { low: before.low, high: 1.0 };
        }
        let spread = (z * self.variance().sqrt() / (f * f.ln().abs())).exp();
        Interval { low: (f.ln() * spread).exp(), high: (f.ln() / spread).exp() }
    }
}
