//! The alarm on returns: evidence of a lasting fall that knows how unsure the level is, instead of guarding against it.
//!
//! A guard of 1.645 standard errors is most of a fall of 5 %. But the level's error is not new in every week: what the
//! weeks just before a fall say of the level, they say of the weeks after it too. So the fall is not compared with a
//! forecast from before the gap. For each week in which it may have begun, the likelihood of all weeks with a fall since
//! then is set against that without one, level, season and the size of the level's steps unknown in both.
//! See `docs/statistics/expected-returns.md`.

use super::level::{FallEvidence, Spread};
use super::model::Counts;
use super::series::{Refits, Settings};
use super::table::{ExposureTable, HazardError};
use crate::change::Falls;
use crate::change::numeric::log_sum_exp;

/// The level's steps before the data: log-normal with this median and this spread of the logarithm, on nine points. As for
/// the baseline of the share kept, it decides what counts as normal: a level that may run fast explains any fall.
const STEP_PRIOR: (f64, f64) = (0.004, 0.7);

/// Evidence of a lasting fall, at the end of a week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WatchedWeek {
    /// The week.
    pub week: usize,
    /// ln M, for [`Threshold::is_reached_by`](crate::change::Threshold::is_reached_by).
    pub ln_evidence: f64,
    /// The likeliest first week of a fall, if there is one.
    pub onset: usize,
    /// The likeliest fall, of those looked for, in log-odds.
    pub fall: f64,
}

/// Evidence of a lasting fall by week, for falls that began in week `from` or later (0, or the week after an acknowledged
/// alarm).
///
/// `M_t = Σ over first weeks s of the mean over falls d of p(x up to t | fall d since s) / p(x up to t | none)`, level,
/// season and the level's steps integrated out on both sides.
///
/// **Promise.** Alarm at the first M ≥ A: while nothing but the level's own steps happens, the mean number of weeks to an
/// alarm is at least A, for each ratio has a mean of 1 given the past, so that M − weeks has a mean of 0. It needs level
/// and weeks to wander as they did, where a guard needs the baseline to be right within its error.
///
/// Cells and scatter of weeks are learned with the gap, the level without it. Every figure depends on weeks up to its own
/// only. Errors: [`HazardError`].
pub fn watch(
    table: &ExposureTable,
    settings: &Settings,
    falls: Falls,
    from: usize,
) -> Result<Vec<WatchedWeek>, HazardError> {
    let counts = Counts::new(table);
    let mut series = Vec::new();
    for fitted in Refits::new(table, &counts, settings)? {
        let (week, past, model) = fitted?;
        if week < from || table.total(week).exposed == 0 {
            continue;
        }
        let seen = past.start..week + 1;
        let weeks = model.weeks(&counts, seen.clone(), settings.season);
        let worlds: Vec<World> = steps()
            .map(|(step, ln_prior)| {
                let (ln_likelihood, evidence) = weeks.falls(Spread { step, ..model.spread });
                World { ln_weight: ln_prior + ln_likelihood, evidence }
            })
            .collect();
        // Before the first judged week nothing was watched.
        let least = settings.least_past + settings.gap - 1;
        let onsets = from.max(least).max(seen.start)..seen.end;
        series.extend(weigh(&worlds, onsets, seen.start, falls));
    }
    Ok(series)
}

/// What the weeks say if the level's steps have one size.
struct World {
    ln_weight: f64,
    /// Of a fall since each week.
    evidence: Vec<FallEvidence>,
}

/// Sizes of the level's steps, and the logarithm of what each weighs before the data.
fn steps() -> impl Iterator<Item = (f64, f64)> {
    let (median, spread) = STEP_PRIOR;
    (-4_i32..=4).map(move |i| {
        let deviations = 0.6 * f64::from(i);
        (median * (spread * deviations).exp(), -0.5 * deviations * deviations)
    })
}

fn weigh(
    worlds: &[World],
    onsets: std::ops::Range<usize>,
    start: usize,
    falls: Falls,
) -> Option<WatchedWeek> {
    let week = onsets.end - 1;
    let without = log_sum_exp(worlds.iter().map(|world| world.ln_weight));
    let ratio = |onset: usize, fall: f64| {
        let with = worlds.iter().map(|world| world.ln_weight + world.evidence[onset - start].ln_ratio(fall));
        log_sum_exp(with) - without
    };
    let all: Vec<(f64, usize, f64)> =
        onsets.flat_map(|onset| falls.logits().map(|fall| (ratio(onset, fall), onset, fall))).collect();
    let ln_evidence = log_sum_exp(all.iter().map(|(ln_ratio, ..)| *ln_ratio)) - 4.0_f64.ln();
    let (_, onset, fall) = all.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(WatchedWeek { week, ln_evidence, onset, fall })
}
