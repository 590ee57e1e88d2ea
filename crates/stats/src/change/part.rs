//! One segment against the others: what share of those who return in a week was to be expected to be its own.
//!
//! A week that is good or bad for everybody says nothing of a segment, and neither does the error of everybody's
//! expectation. Both cancel when the segment is judged by its share of the week's returns, given how many came in all.
//! What does not cancel, the segment's usual place against the others, is learned from its own past.
//! See `docs/statistics/alarm.md`.

use super::beta_binomial::{Count, Overdispersion, Share};
use super::edetector::Null;
use crate::change::baseline::Prediction;
use crate::change::numeric::log_sum_exp;
use crate::interval::{Confidence, Estimate, Interval};

/// The last weeks before the one judged that teach nothing, so that a slow decline is not learned.
pub const GAP: usize = 8;
/// The most weeks of past.
const WINDOW: usize = 104;
/// Weeks of past below which nothing is judged.
const LEAST_PAST: usize = 13;
/// Returns by which the first guess of a segment's place is drawn to that of its cells.
const SHRINKAGE: f64 = 1.0;
/// Standard deviation of a segment's place before the data, in log-odds.
const PRIOR: f64 = 1.0;
/// Standard errors by which a segment's place is lowered before it is judged. Less than everybody's baseline is: the
/// study of segments shows what it keeps.
const GUARD: f64 = 1.0;
/// Steps of the place from week to week, and scatter of single weeks, in log-odds: what may be the case.
const STEPS: [f64; 4] = [0.0, 0.005, 0.01, 0.02];
const SCATTERS: [f64; 5] = [0.0, 0.02, 0.05, 0.1, 0.2];
/// One-sided 90 %: the scatter is judged by its upper bound.
const UPPER: f64 = 1.281_551_565_545;
/// As good as binomial, and as alike as customers of a week can be.
const RHO: (f64, f64) = (1e-9, 0.5);

/// A week of a segment and of all other customers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PartWeek {
    /// Customers of the segment who could return.
    pub at_risk: u64,
    /// Those who did.
    pub returned: u64,
    /// Those expected, by everybody's chances.
    pub expected: f64,
    /// Customers of no segment but the others who returned.
    pub others_returned: u64,
    /// Those expected.
    pub others_expected: f64,
    /// Variance of ln(observed/expected) of everybody through the scatter of weeks.
    pub common_variance: f64,
    /// Whether the week may be learned from: not while everybody's alarm is open.
    pub teaches: bool,
}

impl PartWeek {
    /// ln of the odds, by everybody's chances, that one of the week's returns is the segment's. `None` without
    /// returns, or where nobody is on one of the sides.
    fn offset(&self) -> Option<f64> {
        let compared = self.expected > 0.0 && self.others_expected > 0.0 && self.together() > 0;
        compared.then(|| (self.expected / self.others_expected).ln())
    }

    fn together(&self) -> u64 {
        self.returned + self.others_returned
    }
}

/// How much a segment's place moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spreads {
    /// `s_μ²`, of the place from week to week.
    step: f64,
    /// `s_ε²`, of single weeks, and its upper bound.
    scatter: f64,
    scatter_upper: f64,
}

/// A segment's place against the others: ln of the factor by which its customers return more often than others of the
/// same recency, frequency and tenure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    level: f64,
    variance: f64,
    spreads: Spreads,
}

/// A week as the alarm judges it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// The segment's share of the week's returns.
    pub(super) others: (Null, Count),
    /// Its returns against its place in everybody's expectation, which is taken as it is.
    pub(super) own: (Null, Count),
}

/// What the weeks let see: `(week, y, variance of y)`, y the place that one week alone shows.
type Seen = (usize, f64, f64);

/// The weeks of `weeks` that may teach about week `at`, one Newton step from the pooled place each: unbiased with few
/// returns, which ln(x/E) is not. `None` where the past is too short.
fn seen(weeks: &[PartWeek], at: usize, from: usize, hidden: &[std::ops::Range<usize>]) -> Option<Vec<Seen>> {
    let end = (at + 1).checked_sub(GAP)?;
    let start = end.saturating_sub(WINDOW).max(from);
    let taught = |week: &usize| weeks[*week].teaches && !hidden.iter().any(|hidden| hidden.contains(week));
    let past: Vec<(usize, f64)> =
        (start..end).filter(taught).filter_map(|week| Some((week, weeks[week].offset()?))).collect();
    if past.len() < LEAST_PAST {
        return None;
    }
    // Mantel and Haenszel's ratio of rates.
    let (mut mine, mut theirs) = (SHRINKAGE, SHRINKAGE);
    for &(week, _) in &past {
        let week = &weeks[week];
        let all = week.expected + week.others_expected;
        mine += week.returned as f64 * week.others_expected / all;
        theirs += week.others_returned as f64 * week.expected / all;
    }
    let pooled = (mine / theirs).ln();
    let newton = |(week, offset): (usize, f64)| {
        let p = 1.0 / (1.0 + (-(pooled + offset)).exp());
        let n = weeks[week].together() as f64;
        let information = n * p * (1.0 - p);
        (week, pooled + (weeks[week].returned as f64 - n * p) / information, 1.0 / information)
    };
    let seen = past.into_iter().map(newton).filter(|(_, y, variance)| y.is_finite() && variance.is_finite());
    Some(seen.collect())
}

/// The level after the last week seen, its variance, and the log-likelihood: a Kalman filter with one state.
fn filter(seen: &[Seen], step: f64, scatter: f64) -> (f64, f64, f64) {
    let (mut level, mut variance, mut ln_likelihood) = (0.0, PRIOR * PRIOR, 0.0);
    let mut before = seen.first().map_or(0, |(week, ..)| *week);
    for &(week, y, noise) in seen {
        variance += step * (week - before) as f64;
        before = week;
        let surprise = y - level;
        let spread = variance + noise + scatter;
        ln_likelihood -= 0.5 * (spread.ln() + surprise * surprise / spread);
        level += variance / spread * surprise;
        variance *= (noise + scatter) / spread;
    }
    (level, variance, ln_likelihood)
}

/// Steps and scatter by their mean over the likelihood.
fn spreads(seen: &[Seen]) -> Spreads {
    let grid =
        || STEPS.iter().flat_map(|step| SCATTERS.iter().map(move |scatter| (step * step, scatter * scatter)));
    let ln: Vec<f64> = grid().map(|(step, scatter)| filter(seen, step, scatter).2).collect();
    let all = log_sum_exp(ln.iter().copied());
    let (mut step, mut mean, mut square) = (0.0, 0.0, 0.0);
    for ((s, e), ln) in grid().zip(ln) {
        let weight = (ln - all).exp();
        step += weight * s;
        mean += weight * e;
        square += weight * e * e;
    }
    let deviation = (square - mean * mean).max(0.0).sqrt();
    Spreads { step, scatter: mean, scatter_upper: mean + UPPER * deviation }
}

impl Place {
    /// What weeks up to `at` − [`GAP`] let expect of week `at`; with the spreads of an earlier fit where given.
    pub(super) fn learn(
        weeks: &[PartWeek],
        at: usize,
        from: usize,
        hidden: &[std::ops::Range<usize>],
        known: Option<Spreads>,
    ) -> Option<Self> {
        let seen = seen(weeks, at, from, hidden)?;
        let last = seen.last()?.0;
        let spreads = known.unwrap_or_else(|| spreads(&seen));
        let (level, variance, _) = filter(&seen, spreads.step, spreads.scatter);
        Some(Self { level, variance: variance + spreads.step * (at - last) as f64, spreads })
    }

    pub(super) fn spreads(&self) -> Spreads {
        self.spreads
    }

    /// The hypotheses that a week is judged against; `None` where nothing can be compared.
    pub(super) fn judge(&self, week: &PartWeek) -> Option<Judged> {
        let share = Share::from_logit(week.offset()? + self.level).ok()?;
        let p = share.value();
        let rho = |rho: f64| Overdispersion::new(rho.clamp(RHO.0, RHO.1)).ok();
        let prediction = Prediction {
            share,
            standard_error: self.variance.sqrt(),
            rho: rho(self.spreads.scatter_upper * p * share.complement())?,
        };
        let null = Null::guarded(&prediction, GUARD);
        let others = (null, Count::new(week.returned, week.together()).ok()?);
        let expected = (week.expected + week.others_expected) * null.share.value();
        let own = Share::new(expected / week.at_risk as f64).ok()?;
        let scatter = self.spreads.scatter_upper + week.common_variance;
        let null = Null { share: own, rho: rho(scatter * own.value() / own.complement())? };
        Some(Judged { others, own: (null, Count::new(week.returned, week.at_risk).ok()?) })
    }

    /// Some weeks together.
    pub(super) fn run(&self, weeks: &[PartWeek]) -> Option<PartRun> {
        let factor = self.level.exp();
        let mut run = PartRun { weeks: 0, returned: 0, expected: 0.0, variance: 0.0 };
        let mut of_others = 0.0;
        for week in weeks.iter().filter(|week| week.offset().is_some()) {
            let odds = factor * week.expected / week.others_expected;
            run.weeks += 1;
            run.returned += week.returned;
            run.expected += odds * week.others_returned as f64;
            of_others += odds * odds * week.others_returned as f64;
        }
        if run.expected <= 0.0 {
            return None;
        }
        run.variance = of_others / (run.expected * run.expected)
            + 1.0 / (run.returned as f64 + 0.5)
            + self.spreads.scatter / run.weeks as f64
            + self.variance;
        Some(run)
    }
}

/// Some weeks of a segment together, against the others in the same weeks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartRun {
    /// Weeks that could be compared.
    pub weeks: u64,
    /// Customers of the segment who returned, summed over the weeks.
    pub returned: u64,
    /// How many would have, had the segment kept its place against the others.
    pub expected: f64,
    /// Variance of ln(returned/expected): counts of both sides, scatter, and the place learned.
    variance: f64,
}

impl PartRun {
    /// returned/expected with its interval.
    pub fn ratio(&self, confidence: Confidence) -> Estimate {
        let value = self.returned as f64 / self.expected;
        let middle = (self.returned as f64 + 0.5) / (self.expected + 0.5);
        let reach = (confidence.z() * self.variance.sqrt()).exp();
        let interval = Interval { low: (middle / reach).min(value), high: (middle * reach).max(value) };
        Estimate { value, interval }
    }
}
