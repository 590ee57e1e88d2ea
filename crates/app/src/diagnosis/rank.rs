//! Which events come into question for a fall, what speaks for and against each, and what can be said in the end.

use std::cmp::Ordering;

use fidance_stats::causal::bsts::binomial::HORIZONS;

use super::{
    events::{LONGEST, Placed},
    model::{
        Cause, Direction, Effect, EffectSize, EventKind, Evidence, Finding, NextStep, Standing, Verdict,
        WouldChange,
    },
};
use crate::watch::model::{Alarm, Fall, Figure, SeriesName, Shape};

/// Weeks before the earliest onset in which an event still comes into question: news takes a while to reach everybody.
const SLOW: i64 = 2;
/// Weeks before the earliest onset from which on events are shown at all.
pub(crate) const SHOWN: i64 = 8;
/// Below this probability those on the list moved otherwise than the others before the event already.
const PRE_TREND: f64 = 0.01;
/// How much of a fall those concerned by an older event must have lost for it to be blamed.
const MOST: f64 = 0.5;
/// The least weeks after an onset by which a cause can be told.
const ENOUGH_WEEKS: u64 = 6;

/// The weeks of a fall, for events to be held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FallWeeks {
    pub(crate) onset: i64,
    pub(crate) earliest: i64,
    pub(crate) latest: i64,
}

impl FallWeeks {
    fn fits(&self, week: i64) -> bool {
        (self.earliest - SLOW..=self.latest.max(self.onset)).contains(&week)
    }

    /// Whether an event is near enough to be shown, as a cause or as one that does not fit.
    pub(crate) fn shows(&self, week: i64) -> bool {
        (self.earliest - SHOWN..=self.latest.max(self.onset) + 1).contains(&week)
    }

    /// Whether an event is older, and may be felt still: effects are followed for as long.
    pub(crate) fn may_feel(&self, week: i64) -> bool {
        week < self.earliest && usize::try_from(self.onset - week).is_ok_and(|since| since <= LONGEST)
    }
}

/// An event with its effects.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) event: &'a Placed,
    pub(crate) total: Effect,
    pub(crate) exposed: Option<(Effect, Option<f64>)>,
    pub(crate) weeks: FallWeeks,
    /// By how much returns fell; nothing of an alarm on retention, whose size is another.
    pub(crate) fall: Option<Figure>,
}

/// The estimate of an effect, whatever its state.
fn size(effect: &Effect) -> Option<&EffectSize> {
    match effect {
        Effect::Found(size)
        | Effect::NotSeen { size, .. }
        | Effect::TooFew { size, .. }
        | Effect::Biased { size, .. } => Some(size),
        Effect::NotSeparable { .. } | Effect::NotEstimated { .. } => None,
    }
}

/// Whether an effect was found, and is a loss.
fn is_loss(effect: &Effect) -> bool {
    matches!(effect, Effect::Found(size) if size.relative.high < 0.0)
}

/// Whether a loss of notable size would have been seen and was not, or a gain was.
fn is_none(effect: &Effect) -> bool {
    match effect {
        Effect::NotSeen { .. } => true,
        Effect::Found(size) => size.relative.low > 0.0,
        _ => false,
    }
}

/// Whether those concerned and the others moved alike before the event.
fn is_parallel(p_value: Option<f64>) -> bool {
    p_value.is_none_or(|p_value| p_value >= PRE_TREND)
}

impl Candidate<'_> {
    /// The cause as a page shows it.
    pub(crate) fn cause(self, shape: Shape) -> Cause {
        let evidence = self.evidence(shape);
        let standing = self.standing();
        let known = self.event.known.clone();
        let Self { total, exposed, .. } = self;
        Cause { event: known, standing, total, exposed: exposed.map(|(effect, _)| effect), evidence }
    }

    /// Whether a page shows it: an older event only where it is still felt.
    pub(crate) fn is_shown(&self) -> bool {
        self.weeks.shows(self.event.week) || self.felt().is_some()
    }

    /// What those concerned by an older event lost by it in the weeks in which the fall began, if it is most of the fall and
    /// everybody's loss may be all of it. Without a comparison there is no telling: whatever fell then would count as the event's.
    fn felt(&self) -> Option<Figure> {
        if self.weeks.fits(self.event.week) {
            return None;
        }
        let since = u64::try_from(self.weeks.onset - self.event.week).ok()?;
        let then = |size: &EffectSize| {
            let part = HORIZONS.iter().position(|(_, last)| since <= *last as u64)?;
            size.horizons.get(part).copied().flatten().filter(|_| since < size.weeks)
        };
        let fall = self.fall?;
        let total = size(&self.total)?;
        let everybody = then(total)?;
        let as_large = everybody.low <= fall.high && fall.low <= everybody.high;
        let (effect, _) =
            self.exposed.as_ref().filter(|(effect, pre)| is_loss(effect) && is_parallel(*pre))?;
        let concerned = size(effect)?;
        let relative = then(concerned)?;
        // Where those concerned are few, or lost little, it is not what all are missing.
        let part = concerned.expected_a_week() / total.expected_a_week();
        let is_most = relative.value * part <= fall.value * MOST;
        (as_large && is_most && relative.high < 0.0).then_some(relative)
    }

    fn standing(&self) -> Standing {
        if !self.weeks.fits(self.event.week) {
            return if self.felt().is_some() { Standing::Felt } else { Standing::Unlikely };
        }
        match &self.exposed {
            Some((effect, pre)) if is_loss(effect) && is_parallel(*pre) => return Standing::Shown,
            Some((effect, _)) if is_none(effect) && !is_loss(&self.total) => return Standing::Unlikely,
            _ => {}
        }
        match &self.total {
            total if is_loss(total) => Standing::Likely,
            // Where all of them together show nothing, there is nothing to share out.
            Effect::NotSeparable { together: Some(size), .. } if size.relative.high >= 0.0 => {
                Standing::CannotTell
            }
            Effect::NotSeparable { .. } => Standing::NotSeparable,
            total if is_none(total) => Standing::Unlikely,
            _ => Standing::CannotTell,
        }
    }

    fn evidence(&self, shape: Shape) -> Vec<Evidence> {
        let fits = self.weeks.fits(self.event.week);
        let weeks = self.weeks.onset - self.event.week;
        let felt = self.felt();
        let mut evidence = vec![Evidence {
            finding: Finding::Time { weeks, fits },
            points: match (fits, felt) {
                (true, _) => Direction::For,
                (false, Some(_)) => Direction::Neither,
                (false, None) => Direction::Against,
            },
        }];
        evidence.extend(
            felt.map(|relative| Evidence { finding: Finding::Felt { relative }, points: Direction::For }),
        );
        let sudden = matches!(
            self.event.known.kind,
            EventKind::Incident | EventKind::VisibleFailure | EventKind::AuthenticationStep
        );
        // What is left of an effect says nothing of how it began.
        if sudden && felt.is_none() && shape != Shape::Unclear {
            let points = if shape == Shape::Sudden { Direction::For } else { Direction::Against };
            evidence.push(Evidence { finding: Finding::Shape { shape }, points });
        }
        if let Some((effect, pre_trend)) = &self.exposed {
            if let Some(size) = size(effect) {
                let finding = Finding::Exposure { relative: size.relative };
                evidence.push(Evidence { finding, points: direction(effect) });
            }
            if let Some(p_value) = *pre_trend {
                let points = if p_value < PRE_TREND { Direction::Against } else { Direction::Neither };
                evidence.push(Evidence { finding: Finding::PreTrend { p_value }, points });
            }
        }
        if let Some(size) = size(&self.total) {
            let finding = Finding::Level { relative: size.relative };
            evidence.push(Evidence { finding, points: direction(&self.total) });
        }
        let own = self.exposed.iter().map(|(effect, _)| effect).chain([&self.total]);
        let against = own.filter_map(size).flat_map(|size| &size.second).filter(|second| !second.agrees);
        evidence.extend(against.map(|second| Evidence {
            finding: Finding::SecondOpinion { method: second.method, relative: second.relative },
            points: Direction::Against,
        }));
        evidence
    }
}

fn direction(effect: &Effect) -> Direction {
    if is_loss(effect) {
        Direction::For
    } else if is_none(effect) {
        Direction::Against
    } else {
        Direction::Neither
    }
}

/// The strongest first; within a standing the one that lost most, then the earlier one.
pub(crate) fn ranked(mut causes: Vec<Cause>) -> Vec<Cause> {
    let lost = |cause: &Cause| {
        let exposed = cause.exposed.as_ref().and_then(size);
        size(&cause.total).or(exposed).map_or(0.0, |size| size.lost.value)
    };
    causes.sort_by(|a, b| {
        let by_loss = lost(b).partial_cmp(&lost(a)).unwrap_or(Ordering::Equal);
        a.standing.cmp(&b.standing).then(by_loss).then_with(|| a.event.date.cmp(&b.event.date))
    });
    causes
}

/// What can be said.
pub(crate) fn verdict(causes: &[Cause], alarm: &Alarm) -> Verdict {
    let of = |standing: Standing| causes.iter().filter(move |cause| cause.standing == standing);
    let ids = |standing: Standing| of(standing).map(|cause| cause.event.id.clone()).collect::<Vec<String>>();
    let strong: Vec<&Cause> =
        [Standing::Shown, Standing::Likely, Standing::Felt].into_iter().flat_map(of).collect();
    match strong.as_slice() {
        [] => {}
        // What is left of an older event may be all of it, and so may what an event of these weeks did of which nothing is sure.
        [first, ..] if first.standing == Standing::Felt && of_these_weeks(causes).next().is_some() => {
            let events = strong.iter().copied().chain(of_these_weeks(causes));
            return Verdict::NotSeparable { events: events.map(|cause| cause.event.id.clone()).collect() };
        }
        // A comparison with a list tells events apart that a series cannot.
        [first, rest @ ..] if rest.iter().all(|other| other.standing > first.standing) => {
            // The whole effect of an older event is not what is left of it.
            let same = alarm.series == SeriesName::Returns && first.standing != Standing::Felt;
            let share = same.then(|| share(first, &alarm.fall)).flatten();
            return Verdict::Explained { event: first.event.id.clone(), standing: first.standing, share };
        }
        several => {
            let events = several.iter().map(|cause| cause.event.id.clone()).collect();
            return Verdict::NotSeparable { events };
        }
    }
    let together = ids(Standing::NotSeparable);
    if !together.is_empty() {
        return Verdict::NotSeparable { events: together };
    }
    let unclear = ids(Standing::CannotTell);
    if unclear.is_empty() {
        return Verdict::NoKnownCause;
    }
    let needed = of(Standing::CannotTell).find_map(|cause| match &cause.total {
        Effect::TooFew { needed, .. } => *needed,
        _ => None,
    });
    Verdict::CannotTell { events: unclear, needed }
}

/// Events of the weeks of the onset that may have done something.
fn of_these_weeks(causes: &[Cause]) -> impl Iterator<Item = &Cause> {
    let open = [Standing::NotSeparable, Standing::CannotTell];
    causes.iter().filter(move |cause| open.contains(&cause.standing))
}

/// The share of the missing returns that an event's effect accounts for. Nothing where it is not sure that any are
/// missing, or where the effect was followed over other weeks than the fall lasted.
fn share(cause: &Cause, fall: &Fall) -> Option<Figure> {
    let own = [Some(&cause.total), cause.exposed.as_ref()];
    let size = own.into_iter().flatten().filter(|effect| is_loss(effect)).find_map(size)?;
    let alike = size.weeks.abs_diff(fall.weeks) * 4 <= fall.weeks;
    let Figure { value, low, high } = fall.missing;
    (alike && low >= 1.0).then(|| Figure {
        value: size.lost.value / value,
        low: size.lost.low / high,
        high: size.lost.high / low,
    })
}

/// What would change the verdict.
pub(crate) fn would_change(alarm: &Alarm, causes: &[Cause], verdict: &Verdict) -> Vec<WouldChange> {
    let mut changes = Vec::new();
    for cause in causes.iter().filter(|cause| cause.standing <= Standing::CannotTell) {
        let event = || cause.event.id.clone();
        if cause.event.kind == EventKind::Incident && cause.exposed.is_none() {
            changes.push(WouldChange::AffectedList { event: event() });
        }
    }
    if alarm.fall.weeks < ENOUGH_WEEKS && alarm.recovered.is_none() {
        changes.push(WouldChange::MoreWeeks { weeks: ENOUGH_WEEKS - alarm.fall.weeks });
    }
    if !matches!(verdict, Verdict::Explained { standing: Standing::Shown, .. }) {
        changes.push(WouldChange::MissingEvent { from: alarm.onset.earliest, to: alarm.onset.latest });
    }
    changes
}

/// What to do next, the most useful first.
pub(crate) fn next(alarm: &Alarm, causes: &[Cause], verdict: &Verdict) -> Vec<NextStep> {
    let mut steps = Vec::new();
    for cause in causes.iter().filter(|cause| cause.standing <= Standing::CannotTell) {
        let event = cause.event.id.clone();
        match cause.event.kind {
            EventKind::Incident if cause.event.communication.is_none_or(|score| score < 1) => {
                steps.push(NextStep::TellCustomers { event: event.clone() });
            }
            EventKind::AuthenticationStep => steps.push(NextStep::EaseStep { event: event.clone() }),
            _ => {}
        }
        if cause.event.kind == EventKind::Incident && cause.exposed.is_none() {
            steps.push(NextStep::AddList { event });
        }
    }
    if !matches!(verdict, Verdict::Explained { .. }) {
        steps.push(NextStep::AskAround { from: alarm.onset.earliest, to: alarm.onset.latest });
    }
    if let Some(mostly) = &alarm.mostly {
        steps.push(NextStep::AskCustomers { conditions: mostly.conditions.clone() });
    }
    if alarm.fall.weeks < ENOUGH_WEEKS && alarm.recovered.is_none() {
        steps.push(NextStep::Wait { weeks: ENOUGH_WEEKS - alarm.fall.weeks });
    }
    steps
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        diagnosis::model::{HalfLife, KnownEvent, Method},
        watch::model::Onset,
    };

    const FALL: Figure = Figure { value: -0.15, low: -0.22, high: -0.08 };

    fn loss(at_last: Figure) -> EffectSize {
        let whole = Figure { value: -0.3, low: -0.36, high: -0.24 };
        EffectSize {
            weeks: 15,
            points: whole,
            relative: whole,
            lost: Figure { value: 300.0, low: 240.0, high: 360.0 },
            money: None,
            horizons: [Some(whole), Some(whole), Some(at_last)],
            half_life: HalfLife::NotSeen { at_least: 8.0 },
            p_value: 0.05,
            resolution: 0.05,
            placebos: 19,
            widened: false,
            method: Method::ExpectedReturns,
            inclusion: None,
            second: Vec::new(),
            kept: None,
        }
    }

    /// The same of those who bring a part of everybody's returns.
    fn of_a_part(at_last: Figure, part: f64) -> EffectSize {
        let size = loss(at_last);
        let Figure { value, low, high } = size.lost;
        EffectSize { lost: Figure { value: value * part, low: low * part, high: high * part }, ..size }
    }

    /// An event for a fall that begins in week 100, compared or not by those who bring a part of the returns: whether it is
    /// shown, and as what.
    fn cause(week: i64, at_last: Figure, compared: Option<f64>) -> (bool, Cause) {
        let known = KnownEvent {
            id: "breach".to_owned(),
            title: "Breach".to_owned(),
            kind: EventKind::Incident,
            date: date(2025, 3, 13),
            until: None,
            severity: None,
            days_to_disclose: None,
            communication: None,
            remedy: None,
            listed: None,
            scope: None,
        };
        let found = |size| Effect::Found(Box::new(size));
        let candidate = Candidate {
            event: &Placed { known, week, concerned: None },
            total: found(loss(at_last)),
            exposed: compared.map(|part| (found(of_a_part(at_last, part)), Some(0.4))),
            weeks: FallWeeks { onset: 100, earliest: 99, latest: 101 },
            fall: Some(FALL),
        };
        (candidate.is_shown(), candidate.cause(Shape::Gradual))
    }

    fn standing(week: i64, at_last: Figure, compared: Option<f64>) -> (Standing, Vec<Evidence>, bool) {
        let (shown, cause) = cause(week, at_last, compared);
        (cause.standing, cause.evidence, shown)
    }

    #[test]
    fn an_older_event_is_blamed_where_as_much_is_left_of_it_as_is_missing() {
        let left = Figure { value: -0.12, low: -0.2, high: -0.04 };
        let (felt, evidence, _) = standing(86, left, Some(0.7));
        assert_eq!(felt, Standing::Felt);
        assert_eq!(evidence[1].finding, Finding::Felt { relative: left });
        assert!(evidence.iter().all(|one| one.points != Direction::Against), "{evidence:?}");
        // Without a comparison whatever fell then would count as its own.
        assert_eq!(standing(86, left, None).0, Standing::Unlikely);
        // Over by then, or too little of it left: another cause is to be looked for, and eight weeks back nothing is shown.
        let over = Figure { value: -0.02, low: -0.1, high: 0.06 };
        let little = Figure { value: -0.03, low: -0.05, high: -0.01 };
        // Nor is it blamed where those concerned are too few for what all are missing.
        for (left, part) in [(over, 0.7), (little, 0.7), (left, 0.5)] {
            let (unlikely, evidence, shown) = standing(86, left, Some(part));
            assert_eq!((unlikely, shown), (Standing::Unlikely, false), "{evidence:?}");
            assert_eq!(evidence[0].points, Direction::Against);
        }
        // Beyond the weeks over which it was followed nothing is known of it.
        assert_eq!(standing(85, left, Some(1.0)).0, Standing::Unlikely);
        // An event of the time of the fall is what it always was.
        assert_eq!(standing(99, left, Some(1.0)).0, Standing::Shown);
        assert_eq!(standing(99, left, None).0, Standing::Likely);
    }

    #[test]
    fn events_of_the_last_half_year_come_into_question() {
        let weeks = FallWeeks { onset: 100, earliest: 99, latest: 101 };
        let asked = |week: &i64| weeks.may_feel(*week) || weeks.shows(*week);
        assert_eq!((60..120).filter(asked).collect::<Vec<_>>(), (74..=102).collect::<Vec<_>>());
    }

    #[test]
    fn an_older_event_does_not_explain_a_fall_beside_a_new_one_of_which_nothing_is_sure() {
        let left = Figure { value: -0.12, low: -0.2, high: -0.04 };
        let cause = |id: &str, standing: Standing| {
            let mut cause = cause(86, left, Some(1.0)).1;
            (cause.event.id, cause.standing) = (id.to_owned(), standing);
            cause
        };
        let day = date(2025, 6, 16);
        let missing = Figure { value: 300.0, low: 160.0, high: 440.0 };
        let alarm = Alarm {
            id: "returns-2025-06-16".to_owned(),
            series: SeriesName::Returns,
            raised: day,
            known: day,
            onset: Onset { week: day, earliest: day, latest: day },
            shape: Shape::Gradual,
            evidence: 600.0,
            recovered: None,
            lasting: None,
            fall: Fall { weeks: 15, relative: FALL, missing, money: None },
            mostly: None,
        };
        let old = || cause("old", Standing::Felt);
        let unlikely = cause("prices", Standing::Unlikely);
        let said = verdict(&[old(), unlikely], &alarm);
        assert_eq!(
            said,
            Verdict::Explained { event: "old".to_owned(), standing: Standing::Felt, share: None }
        );
        let said = verdict(&[old(), cause("new", Standing::CannotTell)], &alarm);
        assert_eq!(said, Verdict::NotSeparable { events: vec!["old".to_owned(), "new".to_owned()] });
        let said = verdict(&[cause("new", Standing::Likely), old()], &alarm);
        assert!(matches!(said, Verdict::Explained { event, .. } if event == "new"));
    }
}
