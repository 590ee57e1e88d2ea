//! Events that begin within a fortnight of each other: one structural model of everybody's weekly returns, with an effect
//! for each of them.
//!
//! What the week between two events shows is all that a series has to tell them apart. Where that is too little the answer
//! is what they did together, and no number for one of them.

use std::ops::Range;

use fidance_stats::{
    causal::{
        EffectEstimate,
        bsts::{
            Chain,
            binomial::{EventEffect, Joint, Onset, Options, Period, empirical_logit, fit_events},
        },
        gate::{FakeDates, Gated, PlaceboInTime, combine},
        verdict::Sampling,
    },
    interval::Estimate,
};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use super::{
    effect::{Amounts, CONFIDENCE, LEAST_PAST, Shape, figure, judged},
    events::{Placed, beside, followed, ids_beside},
    model::{Effect, EffectSize, Method},
    two_threads::at_fake_dates,
};
use crate::watch::returns::{Leading, WARMING_UP};

/// Weeks of past that a structural series learns from.
const MOST_PAST: usize = 156;
/// Prior of the level's step, in standard deviations of the log-odds: shops drift.
pub(super) const LEVEL: f64 = 0.1;
const CHAIN: Chain = Chain { draws: 1_500, burn_in: 300 };
/// At fake dates only the mean is used.
const QUICK: Chain = Chain { draws: 300, burn_in: 150 };
/// Fake dates at most.
const DATES: usize = 8;
/// Posterior correlation beyond which two effects are traded against each other.
const TRADED: f64 = -0.5;

/// Weekly returns as a structural model takes them.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// The week of the first period.
    pub(super) first: usize,
    pub(super) periods: Vec<Period>,
    /// Log-odds of the share to be expected of each week's customers.
    pub(super) around: Vec<f64>,
}

impl Series {
    /// The weeks up to `end`, with chances learned before `origin`; from it on the customers known by then.
    pub(super) fn new(leading: &Leading, origin: usize, end: usize) -> Option<Self> {
        let expected = leading.steady(origin, end)?;
        let first = expected.first()?.week.max(origin.saturating_sub(MOST_PAST));
        let mut periods = vec![Period { due: 0, retained: 0 }; end.checked_sub(first)?];
        let mut around = vec![0.0; periods.len()];
        for week in &expected {
            let Some(place) = week.week.checked_sub(first) else { continue };
            let share = week.share();
            if share > 0.0
                && share < 1.0
                && let (Some(period), Some(around)) = (periods.get_mut(place), around.get_mut(place))
            {
                *period = Period { due: week.exposed, retained: week.observed };
                *around = (share / (1.0 - share)).ln();
            }
        }
        Some(Self { first, periods, around })
    }

    /// The place of a week.
    pub(super) fn place(&self, week: usize) -> Option<usize> {
        week.checked_sub(self.first).filter(|place| *place < self.periods.len())
    }
}

/// At most so many fake dates over the past.
pub(super) fn fake_dates(start: usize, horizon: usize, most: usize) -> FakeDates {
    let first = WARMING_UP + LEAST_PAST / 2;
    let room = start.saturating_sub(horizon + first);
    FakeDates { first, step: room.div_ceil(most.saturating_sub(1).max(1)).max(1) }
}

/// An event of the fit: its place among the events, and weeks and share of week since the first of them.
#[derive(Debug, Clone, Copy)]
struct Member {
    index: usize,
    since: usize,
    share: f64,
}

/// What an event did to everybody's returns where others began beside it; the same for all of them, whichever is
/// asked for. Nothing where the fit or its fake dates are not to be had.
pub(super) fn together(
    leading: &Leading,
    amounts: &Amounts,
    events: &[Placed],
    index: usize,
    weeks: usize,
    seed: u64,
) -> Option<Effect> {
    let own = followed(events, index, weeks)?;
    let beside = beside(events, index, &own);
    let onsets = beside.iter().map(|(_, event)| event.origin(weeks)).collect::<Option<Vec<usize>>>()?;
    let ends = beside.iter().filter_map(|(other, _)| Some(followed(events, *other, weeks)?.end));
    let range = onsets.iter().copied().min()?..ends.min()?;
    if onsets.iter().any(|onset| onset + 1 >= range.end) || leading.past(range.start) < LEAST_PAST {
        return None;
    }
    let members: Vec<Member> = beside
        .iter()
        .zip(&onsets)
        .map(|((index, event), onset)| Member {
            index: *index,
            since: onset - range.start,
            share: left_of_week(event),
        })
        .collect();
    let at = members.iter().position(|member| member.index == index)?;
    // One seed for all of them, so that each tells the same of all together.
    let seed =
        members.iter().fold(seed, |seed, member| seed.wrapping_mul(31).wrapping_add(member.index as u64));
    let fit = Fit { leading, members: &members, horizon: range.len() };
    let series = Series::new(leading, range.start, range.end)?;
    let joint = fit.run(&series, range.start, CHAIN, seed)?;
    let gated = fit.gated(&joint, range.start, seed)?;
    let size = |effect: &EventEffect, since: usize, gated: &Gated| {
        sized(amounts, &series, effect, &(range.start + since..range.end), gated)
    };
    let (all, each) = gated.split_last()?;
    let confounded = |(number, (effect, gated)): (usize, (&EventEffect, &Gated))| {
        let traded = joint.correlation.get(number).is_some_and(|correlation| *correlation < TRADED);
        traded && gated.interval.width() / effect.share > joint.together.relative.value.abs()
    };
    if joint.events.iter().zip(each).enumerate().any(confounded) {
        let of_all = size(&joint.together, 0, all);
        let together = match of_all {
            Effect::Found(size) | Effect::NotSeen { size, .. } | Effect::TooFew { size, .. } => Some(size),
            Effect::Biased { .. } | Effect::NotSeparable { .. } | Effect::NotEstimated { .. } => None,
        };
        return Some(Effect::NotSeparable { with: ids_beside(&beside, index), together });
    }
    let member = members.get(at)?;
    Some(size(joint.events.get(at)?, member.since, each.get(at)?))
}

/// The share of its week from the middle of the event's day on. Weeks begin on Mondays.
fn left_of_week(event: &Placed) -> f64 {
    (6.5 - f64::from(event.known.date.weekday().to_monday_zero_offset())) / 7.0
}

/// Events at their distances from the first of them, wherever that is.
struct Fit<'a> {
    leading: &'a Leading,
    members: &'a [Member],
    horizon: usize,
}

impl Fit<'_> {
    fn run(&self, series: &Series, start: usize, chain: Chain, seed: u64) -> Option<Joint> {
        let onset = |member: &Member| {
            Some(Onset { period: series.place(start + member.since)?, share: member.share })
        };
        let onsets = self.members.iter().map(onset).collect::<Option<Vec<Onset>>>()?;
        let options = Options { chain, level_deviation: LEVEL, confidence: CONFIDENCE, ..Options::default() };
        fit_events(&series.periods, &series.around, &onsets, &options, &mut Pcg64::seed_from_u64(seed)).ok()
    }

    /// The interval of each event and, last, of all of them, widened by what the fit gets wrong at dates where nothing
    /// happened. There the effects that were found are planted: with nothing to find, the fit would have nothing to share
    /// out, and could not do it wrongly.
    fn gated(&self, joint: &Joint, start: usize, seed: u64) -> Option<Vec<Gated>> {
        let dates = fake_dates(start, self.horizon, DATES);
        let tried = at_fake_dates(dates, start, self.horizon, |date| {
            self.errors_at(date, joint, seed.wrapping_add(date as u64))
        });
        let all = joint.events.iter().chain([&joint.together]);
        all.enumerate()
            .map(|(number, effect)| {
                let errors = tried
                    .iter()
                    .filter_map(|(date, errors)| Some((*date, errors.get(number)? * effect.share)));
                let in_time = PlaceboInTime::of(errors, start, self.horizon).enough().ok()?;
                let Estimate { value, interval } = effect.effect;
                let model = EffectEstimate { value, interval, p_value: effect.tail.two_sided };
                Some(combine(model, in_time, None, CONFIDENCE))
            })
            .collect()
    }

    /// By how much the fit misses effects planted at a date: relative changes, of each event and of all.
    fn errors_at(&self, date: usize, joint: &Joint, seed: u64) -> Option<Vec<f64>> {
        let mut series = Series::new(self.leading, date, date + self.horizon)?;
        let start = series.place(date)?;
        let paths: Vec<(usize, &[f64])> = self
            .members
            .iter()
            .zip(&joint.events)
            .map(|(m, event)| (m.since, event.path.as_slice()))
            .collect();
        let added = |(since, path): &(usize, &[f64]), at: usize| {
            at.checked_sub(*since).and_then(|place| path.get(place)).copied().unwrap_or_default()
        };
        // What would be kept beyond what is, without each event and without any.
        let mut without = vec![0.0; paths.len() + 1];
        for (at, period) in series.periods.iter_mut().skip(start).enumerate() {
            let all: f64 = paths.iter().map(|path| added(path, at)).sum();
            let logit = empirical_logit(*period) + all;
            let due = period.due as f64;
            let kept = due * logistic(logit);
            period.retained = whole(kept).min(period.due);
            let parts = paths.iter().map(|path| added(path, at)).chain([all]);
            // An event counts from its own first week on.
            let from = paths.iter().map(|(since, _)| *since).chain([0]);
            for ((sum, part), from) in without.iter_mut().zip(parts).zip(from) {
                if at >= from {
                    *sum += due * logistic(logit - part) - kept;
                }
            }
        }
        let kept_from = |from: usize| {
            series.periods.iter().skip(start + from).map(|period| period.retained as f64).sum::<f64>()
        };
        let found = self.run(&series, date, QUICK, seed)?;
        let all = found.events.iter().chain([&found.together]);
        let from = paths.iter().map(|(since, _)| *since).chain([0]);
        let errors = all.zip(without).zip(from).map(|((found, without), from)| {
            let kept = kept_from(from);
            found.relative.value - (kept / (kept + without).max(1.0) - 1.0)
        });
        Some(errors.collect())
    }
}

fn sized(
    amounts: &Amounts,
    series: &Series,
    effect: &EventEffect,
    range: &Range<usize>,
    gated: &Gated,
) -> Effect {
    let weeks = range.clone().filter_map(|week| series.periods.get(series.place(week)?));
    let (decisions, count) = weeks.fold((0_u64, 0_u64), |(sum, n), period| (sum + period.due, n + 1));
    let shape = Shape {
        share: effect.share,
        decisions: decisions as f64,
        half_life: effect.recovery,
        horizons: effect.horizons.map(|horizon| horizon.map(figure)),
    };
    let sampling = Sampling {
        customers: decisions / count.max(1),
        variance: effect.share / (decisions as f64).max(1.0),
    };
    let mut judged = judged(amounts, range, gated, sampling, &shape, Method::StructuralTimeSeries);
    if let Some(size) = size_mut(&mut judged) {
        size.inclusion = Some(effect.inclusion);
    }
    judged
}

/// The estimate of an effect, whatever its state.
pub(super) fn size_mut(effect: &mut Effect) -> Option<&mut EffectSize> {
    match effect {
        Effect::Found(size)
        | Effect::NotSeen { size, .. }
        | Effect::TooFew { size, .. }
        | Effect::Biased { size, .. } => Some(size),
        Effect::NotSeparable { .. } | Effect::NotEstimated { .. } => None,
    }
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of customers")]
fn whole(customers: f64) -> u64 {
    customers.round() as u64
}
