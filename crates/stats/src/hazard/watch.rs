//! Evidence that returns fell and stayed down, with the level unknown.
//!
//! What the weeks just before a fall say of the level, they say of the weeks after it too. So the weeks are not compared
//! with a forecast from before the gap, lowered by a guard: for each week in which a fall may have begun, the likelihood
//! of all weeks with a fall since then is set against that without one, level, season and peaks integrated out in both.
//! A shop with a short past, whose season nobody knows yet, is then judged by what is known, and no more.
//! See `docs/statistics/expected-returns.md`.

use super::level::FallEvidence;
use super::series::Expectation;
use super::table::HazardError;
use crate::change::numeric::log_sum_exp;

/// The falls looked for, in log-odds (of 100 who return, 5 to 45), and what each weighs: a large one is soon plain at any
/// weight, a small one takes the longest.
const FALLS: [(f64, f64); 4] = [(0.05, 0.4), (0.1, 0.3), (0.25, 0.2), (0.6, 0.1)];
/// What part of the evidence is that of the guarded e-detector.
const GUARDED: f64 = 0.1;

/// The mean of two evidences, either of which keeps the promise: the guarded e-detector sees at once a fall far outside of
/// what could be expected, the one with the level unknown a small fall that lasts, and gets most of the weight.
pub fn mixed(ln_lasting: f64, ln_guarded: f64) -> f64 {
    log_sum_exp([ln_lasting + (1.0 - GUARDED).ln(), ln_guarded + GUARDED.ln()].into_iter())
}

/// Evidence of a lasting fall, at the end of a week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WatchedWeek {
    /// ln M, for [`Threshold::is_reached_by`](crate::change::Threshold::is_reached_by).
    pub ln_evidence: f64,
    /// The likeliest first week of a fall, if there is one.
    pub onset: usize,
    /// The likeliest fall, of those looked for, in log-odds.
    pub fall: f64,
}

impl Expectation {
    /// Evidence, at the end of a week, of a lasting fall that began in week `from` or later (0, or the week after the last
    /// alarm ended). `None` for weeks that are not learned from, or in which nobody could return.
    ///
    /// `M_t = Σ over first weeks s of the weighted mean over falls d of p(x up to t | fall d since s) / p(x up to t | none)`.
    ///
    /// **Promise.** Alarm at the first M ≥ A: while nothing but the level's own steps happens, the mean number of weeks to
    /// an alarm is at least A, for each ratio has a mean of 1 given the past, so that M − weeks has a mean of 0. It rests
    /// on the model: cells, scatter and the size of the level's steps are learned with the gap and taken as known.
    /// `docs/statistics/results/returns.md` has what it keeps in simulated shops.
    ///
    /// Weeks are asked for in order, together with [`week`](Self::week). Error: [`HazardError::NoRate`].
    pub fn evidence(&mut self, week: usize, from: usize) -> Result<Option<WatchedWeek>, HazardError> {
        let first = from.max(self.weeks().start);
        let (past, model) = self.fitted(week)?;
        let seen = past.start..week + 1;
        let onsets = first.max(seen.start)..seen.end;
        if self.table().total(week).exposed == 0 || !self.counts.teaches(week) || onsets.is_empty() {
            return Ok(None);
        }
        let start = seen.start;
        let since = model.weeks(&self.counts, seen).falls(model.watched);
        Ok(weigh(&since, start, onsets))
    }
}

/// `since` is the evidence of a fall since each week from `start` on.
fn weigh(since: &[FallEvidence], start: usize, onsets: std::ops::Range<usize>) -> Option<WatchedWeek> {
    let all: Vec<(f64, usize, f64)> = onsets
        .flat_map(|onset| {
            FALLS.map(|(fall, weight)| (since[onset - start].ln_ratio(fall) + weight.ln(), onset, fall))
        })
        .collect();
    let ln_evidence = log_sum_exp(all.iter().map(|(ln_ratio, ..)| *ln_ratio));
    let (_, onset, fall) = all.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(WatchedWeek { ln_evidence, onset, fall })
}
