//! Effects from draws of the counterfactual: points, sums, intervals and tail areas that all share the same draws.
//!
//! One matrix of draws feeds every figure, so that an average and its sum never disagree in sign, weight or interval.

use crate::interval::{Confidence, Estimate, Interval};

use super::draw::quantile;

/// Draws of a figure, or of a figure per period.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    values: Vec<f64>,
    width: usize,
}

impl Draws {
    pub(super) fn new(width: usize, draws: usize) -> Self {
        Self { values: Vec::with_capacity(width * draws), width }
    }

    pub(super) fn push(&mut self, row: impl IntoIterator<Item = f64>) {
        self.values.extend(row);
    }

    /// Number of draws.
    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// One draw after the other.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// All draws of one period.
    pub fn column(&self, period: usize) -> impl Iterator<Item = f64> {
        self.rows().map(move |row| row[period])
    }
}

/// Mean of draws with their equal-tailed interval (quantiles of type 7).
pub(super) fn summarise(draws: impl Iterator<Item = f64>, confidence: Confidence) -> Estimate {
    let mut sorted: Vec<f64> = draws.collect();
    sorted.sort_by(f64::total_cmp);
    let tail = f64::midpoint(1.0, -confidence.level());
    Estimate {
        value: sorted.iter().sum::<f64>() / sorted.len() as f64,
        interval: Interval { low: quantile(&sorted, tail), high: quantile(&sorted, 1.0 - tail) },
    }
}

/// Standard deviation of draws.
pub(super) fn deviation(draws: impl Iterator<Item = f64> + Clone) -> f64 {
    super::controls::moments(draws).1
}

/// How far in the tail of its posterior "no effect" lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailArea {
    /// The smaller tail as R's `CausalImpact` prints it: one-sided, the observed sum counted among the draws.
    pub one_sided: f64,
    /// Twice that, at most 1. This is the one to show.
    pub two_sided: f64,
    /// The least value that `two_sided` can take with this number of draws: at or below it, say "less than".
    pub resolution: f64,
}

impl TailArea {
    /// From draws of an effect: how many are on the other side of 0. `None` without draws.
    ///
    /// ```
    /// use fidance_stats::causal::bsts::effect::TailArea;
    /// let tail = TailArea::of((0..999).map(f64::from)).unwrap(); // one draw at 0, none below
    /// assert_eq!((tail.one_sided, tail.two_sided, tail.resolution), (0.002, 0.004, 0.002));
    /// ```
    pub fn of(effects: impl Iterator<Item = f64>) -> Option<Self> {
        let (mut below, mut above, mut draws) = (0_u32, 0_u32, 0_u32);
        for effect in effects {
            below += u32::from(effect <= 0.0);
            above += u32::from(effect >= 0.0);
            draws += 1;
        }
        let unit = 1.0 / (f64::from(draws) + 1.0);
        let one_sided = (f64::from(below.min(above)) + 1.0) * unit;
        (draws > 0).then(|| Self {
            one_sided,
            two_sided: (2.0 * one_sided).min(1.0),
            resolution: (2.0 * unit).min(1.0),
        })
    }
}

/// A probability counted in draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probability {
    /// Share of the draws, kept `resolution` away from 0 and 1.
    pub value: f64,
    /// The finest difference from 0 or 1 that the draws can show.
    pub resolution: f64,
}

impl Probability {
    /// Share of `draws` for which `holds`. `None` without draws.
    pub(super) fn of(mut draws: impl Iterator<Item = bool>) -> Option<Self> {
        let (mut yes, mut all) = (0_u32, 0_u32);
        draws.by_ref().for_each(|holds| {
            yes += u32::from(holds);
            all += 1;
        });
        let resolution = 1.0 / (f64::from(all) + 1.0);
        let share = f64::from(yes) / f64::from(all);
        (all > 0).then(|| Self { value: share.clamp(resolution, 1.0 - resolution), resolution })
    }
}

/// The number of independent draws that a chain is worth for one figure: `n / (1 + 2 Σ rho)`, the sum ending where a pair
/// of successive autocorrelations turns negative (Geyer 1992, Statistical Science 7).
pub fn effective_draws(chain: &[f64]) -> f64 {
    let n = chain.len();
    if n < 4 {
        return n as f64;
    }
    let mean = chain.iter().sum::<f64>() / n as f64;
    let covariance = |lag: usize| {
        chain[lag..].iter().zip(chain).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / n as f64
    };
    let variance = covariance(0);
    if variance <= 0.0 {
        return n as f64;
    }
    let mut sum = 1.0 + 2.0 * covariance(1) / variance;
    for pair in 1..n / 2 - 1 {
        let both = (covariance(2 * pair) + covariance(2 * pair + 1)) / variance;
        if both <= 0.0 {
            break;
        }
        sum += 2.0 * both;
    }
    (n as f64 / sum.max(1.0 / n as f64)).min(n as f64)
}
