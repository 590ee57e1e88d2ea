//! The diagnosis of one alarm, and what every event of the register did.

use fidance_stats::{
    hazard::{RunReturns, WeekReturns},
    interval::Confidence,
};

use super::{
    effect::{Amounts, exposed, total},
    events::{Placed, followed},
    kept,
    model::{Cause, Diagnosis, Effect, EventEffect, EventEffects, FrozenWeek, SegmentFall, Standing, WhyNot},
    rank::{Candidate, FallWeeks, next, ranked, verdict, would_change},
    scoped::in_scope,
    second,
    together::{size_mut, together},
    two_threads,
};
use crate::dose::across;
use crate::watch::{
    look::{Detected, Look, as_returns},
    model::{Alarm, Figure, SeriesName},
    who::Who,
};

/// Weeks before the onset that a diagnosis shows.
const SHOWN_BEFORE: usize = 12;
/// Weeks after the end of a fall that it shows.
const SHOWN_AFTER: usize = 6;

/// The effects of all events, each with a stream of draws of its own.
pub(crate) fn effects(look: &Look, seed: u64) -> EventEffects {
    let amounts = amounts(look);
    let all: Vec<usize> = (0..look.events.len()).collect();
    let found = examine(look, &amounts, &all, seed);
    let events = look.events.iter().zip(found).map(|(event, (total, exposed))| EventEffect {
        event: event.known.clone(),
        total,
        exposed: exposed.map(|(effect, _)| effect),
    });
    let events: Vec<EventEffect> = events.collect();
    EventEffects { across: across(&events), events }
}

type Found = (Effect, Option<(Effect, Option<f64>)>);

/// What some events did, in their order.
fn examine(look: &Look, amounts: &Amounts, wanted: &[usize], seed: u64) -> Vec<Found> {
    let weeks = look.counted.exposure.periods();
    let whole_seed = seed;
    two_threads::each(wanted, |index| {
        let index = *index;
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(index as u64);
        let studies = look.counted.studies.iter().zip(&look.studies).zip(&look.studied);
        let studies: Vec<_> = studies.filter(|(_, event)| **event == index).map(|(study, _)| study).collect();
        let by_scope = look.events.get(index).is_some_and(Placed::is_scoped);
        let range = followed(&look.events, index, weeks);
        let exposed = studies.first().map(|(summary, study)| {
            if by_scope {
                let mut effect = in_scope(amounts, &studies, seed);
                if let Some(size) = size_mut(&mut effect) {
                    size.kept = Some(kept::of_scope(&look.events, index, &studies));
                }
                return (effect, None);
            }
            let mut found = exposed(amounts, &look.events, index, weeks, (summary, study), seed);
            if let Some(range) = &range {
                second::of_comparison(&mut found.0, look.leading.as_ref(), summary, &study.periods, range);
            }
            found
        });
        let total = match &look.leading {
            Some(leading) => {
                let mut found = total(leading, amounts, &look.events, index, weeks, seed);
                if matches!(found, Effect::NotSeparable { .. }) {
                    let several = together(leading, amounts, &look.events, index, weeks, whole_seed);
                    found = several.unwrap_or(found);
                }
                if let Some(range) = &range {
                    second::of_total(&mut found, leading, range, seed);
                }
                found
            }
            None => Effect::NotEstimated { because: WhyNot::NotDetermined },
        };
        (total, exposed)
    })
}

fn amounts(look: &Look) -> Amounts {
    let amounts = look.returns.as_ref().map(|returns| {
        let weeks = returns.sum(|_| true);
        weeks.into_iter().map(|week| (week.amount.to_f64(), week.returned)).collect()
    });
    let amounts = amounts.filter(|weeks: &Vec<(f64, u64)>| weeks.iter().any(|(amount, _)| *amount > 0.0));
    Amounts::new(amounts)
}

/// One alarm; `place` is its place among the alarms of the watch.
pub(crate) fn diagnose(look: &mut Look, place: usize, seed: u64) -> Option<Diagnosis> {
    let detected = look.alarms.get(place)?.clone();
    let alarm = look.watch.alarms.get(place)?.clone();
    let weeks = frozen_weeks(look, &detected);
    let run = look.run(&detected);
    let segments = match detected.series {
        SeriesName::Returns => segments(look, &detected, &run),
        // The lagging series is counted for everybody only.
        SeriesName::Retention => Vec::new(),
    };
    let causes = causes(look, &alarm, fall_weeks(&detected), seed);
    let verdict = verdict(&causes, &alarm);
    Some(Diagnosis {
        weeks,
        segments,
        would_change: would_change(&alarm, &causes, &verdict),
        next: next(&alarm, &causes, &verdict),
        causes,
        verdict,
        seed,
        alarm,
    })
}

/// What comes into question: the events near the beginning of a fall. Only where none of them stands out are older ones looked
/// at, which may be felt still: it takes its time, and would change nothing.
fn causes(look: &Look, alarm: &Alarm, weeks: FallWeeks, seed: u64) -> Vec<Cause> {
    let amounts = amounts(look);
    let fall = (alarm.series == SeriesName::Returns).then_some(alarm.fall.relative);
    let of = |asked: &dyn Fn(i64) -> bool| -> Vec<Cause> {
        let events = look.events.iter().enumerate();
        let wanted: Vec<usize> =
            events.filter(|(_, event)| asked(event.week)).map(|(index, _)| index).collect();
        let found = examine(look, &amounts, &wanted, seed);
        let cause = |(index, (total, exposed)): (&usize, Found)| {
            let candidate = Candidate { event: look.events.get(*index)?, total, exposed, weeks, fall };
            candidate.is_shown().then(|| candidate.cause(alarm.shape))
        };
        wanted.iter().zip(found).filter_map(cause).collect()
    };
    let mut causes = of(&|week| weeks.shows(week));
    if fall.is_some() && causes.iter().all(|cause| cause.standing > Standing::Likely) {
        causes.extend(of(&|week| weeks.may_feel(week) && !weeks.shows(week)));
    }
    ranked(causes)
}

fn fall_weeks(detected: &Detected) -> FallWeeks {
    let week = |week: usize| i64::try_from(week).unwrap_or(i64::MAX);
    let raised = &detected.raised;
    // What the retention rate shows in a week was decided up to a window before it.
    let lag = if detected.series == SeriesName::Retention { 13 } else { 0 };
    FallWeeks {
        onset: week(raised.onset),
        earliest: week(raised.candidates.0) - lag,
        latest: week(raised.candidates.1),
    }
}

fn frozen_weeks(look: &mut Look, detected: &Detected) -> Vec<FrozenWeek> {
    let (origin, onset, end) = (detected.raised.origin(), detected.raised.onset, detected.raised.end);
    let shown = onset.saturating_sub(SHOWN_BEFORE)..end + SHOWN_AFTER;
    let mut weeks: Vec<WeekReturns> = Vec::new();
    match detected.series {
        SeriesName::Returns => {
            let Some(leading) = &mut look.leading else { return Vec::new() };
            weeks.extend(leading.expected.weeks.iter().filter(|week| week.week < origin).copied());
            if let Some(landmark) = leading.landmark(origin) {
                weeks.extend(landmark.weeks().iter().copied());
            }
        }
        SeriesName::Retention => {
            let before = look.lagging.expected.iter().filter(|week| week.at < origin);
            weeks.extend(before.map(as_returns));
            weeks.extend(look.lagging.frozen(origin, &(origin..shown.end)).iter().map(as_returns));
        }
    }
    let weeks = weeks.into_iter().filter(|week| shown.contains(&week.week));
    let half = |deviation: f64| Confidence::P95.z() * deviation;
    weeks
        .map(|week| {
            let deviation = half(week.standard_deviation());
            FrozenWeek {
                start: look.monday(week.week),
                observed: week.observed,
                expected: Figure {
                    value: week.expected,
                    low: (week.expected - deviation).max(0.0),
                    high: week.expected + deviation,
                },
                fallen: (onset..end).contains(&week.week),
            }
        })
        .collect()
}

fn segments(look: &Look, detected: &Detected, run: &RunReturns) -> Vec<SegmentFall> {
    let Some(who) = look.who(detected) else { return Vec::new() };
    let missing = run.expected - run.observed as f64;
    let fall = |fall: &crate::watch::who::ValueFall| {
        let values = look.segments.values.get(fall.dimension)?;
        Some(SegmentFall {
            by: look.segments.dimensions.get(fall.dimension)?.clone(),
            value: values.get(fall.value)?.clone(),
            due: fall.during.at_risk,
            observed: fall.during.returned,
            expected: fall.expected,
            relative: Who::relative(fall, run),
            share_of_missing: (fall.expected - fall.during.returned as f64) / missing,
        })
    };
    who.values().iter().filter_map(fall).collect()
}
