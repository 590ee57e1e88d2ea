//! The events of the register, placed among the weeks of the data.

use std::ops::Range;

use fidance_domain::{
    history::{Members, Segments},
    incident::{
        Change, ChangeKind, Communication, EventKind as Kind, Incident, IncidentKind, Register, Scope,
        ScopeGap, Score,
    },
    retention::{
        coverage::Edges,
        event_study::{StayDays, Study},
    },
    time::{Days, Window},
};
use jiff::civil::Date;

use super::{
    model::{EventKind, KnownEvent, KnownScope, ScopeState},
    scoped::{comparable, landmarks},
};
use crate::watch::{model::Condition, returns::WARMING_UP};

/// Weeks before an event over which those whom it concerns are compared with others.
const WEEKS_BEFORE: usize = 39;
/// Weeks after an event in which a list still tells who was kept away by it: a year.
const FELT: i64 = 52;
/// Lists by which customers in a scope and others are matched: more would leave too few alike.
const MOST_LISTS: usize = 3;
/// Weeks between two events that a series cannot trivially tell apart. One that comes later ends the weeks of the first.
pub(crate) const BESIDE: i64 = 2;
/// Weeks over which an effect is followed: half a year.
pub(crate) const LONGEST: usize = 26;

/// An event whose day is known.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) known: KnownEvent,
    /// The week in which customers could first know; it may lie before the data (negative) or after them.
    pub(crate) week: i64,
    /// Whom it concerns: those on its list, or else those in its scope; nothing without either.
    pub(crate) concerned: Option<Members>,
}

impl Placed {
    /// Its week, where it is one of the data.
    pub(crate) fn origin(&self, weeks: usize) -> Option<usize> {
        usize::try_from(self.week).ok().filter(|week| *week < weeks)
    }

    /// Whether those concerned are those in its scope.
    pub(crate) fn is_scoped(&self) -> bool {
        self.known.scope.as_ref().is_some_and(KnownScope::is_compared)
    }
}

/// The events with a day, in its order.
pub(crate) fn placed(register: &Register, segments: &Segments, days: &Days, weeks: &Edges) -> Vec<Placed> {
    let incidents = register.incidents.iter().map(|one| (known_incident(one), one.scope.as_ref()));
    let changes = register.changes.iter().map(|one| (known_change(one), one.scope.as_ref()));
    let mut events: Vec<Placed> = incidents
        .chain(changes)
        .filter_map(|(known, scope)| {
            let mut known = known?;
            let list = segments.lists.iter().position(|list| *list == known.id);
            let list = list.map(|list| Members::of_list(segments, list));
            let (in_scope, scope) = scope.map(|scope| in_scope(scope, segments, list.is_some())).unzip();
            known.scope = scope;
            let concerned = list.or(in_scope.flatten());
            Some(Placed { week: week_of(known.date, days, weeks), concerned, known })
        })
        .collect();
    events.sort_by(|a, b| a.known.date.cmp(&b.known.date).then_with(|| a.known.id.cmp(&b.known.id)));
    events
}

/// Who is in scope, unless there is a list or the data do not know it, and what a page says of it.
fn in_scope(scope: &Scope, segments: &Segments, has_list: bool) -> (Option<Members>, KnownScope) {
    let condition = |(by, values): (&str, &[String])| Condition {
        by: by.to_owned(),
        values: values.to_vec(),
        excluded: false,
    };
    let (members, state) = match scope.members(segments) {
        _ if has_list => (None, ScopeState::ListInstead),
        Ok(members) => (Some(members), ScopeState::Compared),
        Err(ScopeGap::Column(by)) => (None, ScopeState::UnknownColumn { by }),
        Err(ScopeGap::Value { column: by, value }) => (None, ScopeState::UnknownValue { by, value }),
    };
    (members, KnownScope { conditions: scope.conditions().map(condition).collect(), state })
}

/// What the first pass counts for the events of which it is known whom they concern. An event with a scope has several
/// studies: first that of its own week, then those of earlier ones.
pub(crate) fn studies(
    events: &[Placed],
    (days, edges): (&Days, &Edges),
    window: Window,
) -> (Vec<usize>, Vec<Study>) {
    let weeks = edges.periods();
    let known = edges.day(0)..edges.day(weeks);
    // Whether customers stay is counted from the day of the event on, and from the same weekday of an earlier week.
    let stay = |origin: usize, event: &Placed| {
        let monday = event.origin(weeks).map_or(0, |own| i64::from(edges.day(own)));
        let weekday = u32::try_from(days.number(event.known.date) - monday).unwrap_or(0);
        StayDays::around(edges.day(origin) + weekday, window, days, &known)
    };
    let of_event = |(index, event): (usize, &Placed)| -> Option<Vec<(usize, Study)>> {
        let (origin, concerned) = (event.origin(weeks)?, event.concerned.clone()?);
        if !event.is_scoped() {
            let until = followed(events, index, weeks).map_or(origin, |range| range.end);
            let periods = origin.saturating_sub(WEEKS_BEFORE)..until;
            return Some(vec![(
                index,
                Study { origin, periods, concerned, alike: Vec::new(), stay: stay(origin, event) },
            )]);
        }
        let range = comparable(followed(events, index, weeks)?);
        let alike = lists_near(events, &range);
        let study = |origin: usize| {
            let periods = origin..origin + range.len();
            let (concerned, alike) = (concerned.clone(), alike.clone());
            (index, Study { origin, periods, concerned, alike, stay: stay(origin, event) })
        };
        Some(std::iter::once(origin).chain(landmarks(&range)).map(study).collect())
    };
    events.iter().enumerate().filter_map(of_event).flatten().unzip()
}

/// The lists of the events nearest to some weeks, of those that may still be felt in the weeks before them.
fn lists_near(events: &[Placed], range: &Range<usize>) -> Vec<Members> {
    let week = |week: usize| i64::try_from(week).unwrap_or(i64::MAX);
    let (start, end) = (week(range.start), week(range.end));
    let felt = |event: &&Placed| (week(WARMING_UP) - FELT..end).contains(&event.week);
    let mut near: Vec<&Placed> = events.iter().filter(|event| !event.is_scoped()).filter(felt).collect();
    near.sort_by_key(|event| (event.week - start).abs());
    near.into_iter().filter_map(|event| event.concerned.clone()).take(MOST_LISTS).collect()
}

/// The week that a day lies in, counted on past both ends of the data.
pub(crate) fn week_of(date: Date, days: &Days, weeks: &Edges) -> i64 {
    (days.number(date) - i64::from(weeks.day(0))).div_euclid(7)
}

fn known_incident(incident: &Incident) -> Option<KnownEvent> {
    let event = incident.event();
    let kind = match incident.kind {
        IncidentKind::Security => EventKind::Incident,
        IncidentKind::ExpiredCertificate | IncidentKind::Outage => EventKind::VisibleFailure,
    };
    let score = incident.communication.as_ref().and_then(Communication::score);
    Some(KnownEvent {
        id: incident.id.to_string(),
        title: incident.title.clone(),
        kind,
        date: event.date.day()?,
        until: event.until,
        severity: incident.severity.map(|assessment| assessment.severity.level()),
        days_to_disclose: incident.days_to_disclose().map(i64::from),
        communication: score.map(Score::value),
        remedy: incident.offers_remedy(),
        listed: None,
        scope: None,
    })
}

fn known_change(change: &Change) -> Option<KnownEvent> {
    let event = change.event();
    let Kind::Change(kind) = event.kind else { return None };
    let kind = match kind {
        ChangeKind::PriceChange => EventKind::PriceChange,
        ChangeKind::AuthenticationStep => EventKind::AuthenticationStep,
        ChangeKind::Campaign => EventKind::Campaign,
        ChangeKind::Release | ChangeKind::Other(_) => EventKind::Other,
    };
    Some(KnownEvent {
        id: event.id.to_string(),
        title: event.title,
        kind,
        date: event.date.day()?,
        until: event.until,
        severity: None,
        days_to_disclose: None,
        communication: None,
        remedy: None,
        listed: None,
        scope: None,
    })
}

/// The events that begin so close to the first of these weeks that a series cannot trivially share a fall out between them, in the
/// order of all: the event itself, whose weeks they are, is among them. Campaigns are not: they bring new customers, whom the
/// expectation knows as such.
pub(crate) fn beside<'e>(
    events: &'e [Placed],
    index: usize,
    range: &Range<usize>,
) -> Vec<(usize, &'e Placed)> {
    let start = i64::try_from(range.start).unwrap_or(i64::MAX);
    let is_beside =
        |event: &Placed| event.known.kind != EventKind::Campaign && (event.week - start).abs() <= BESIDE;
    let all = events.iter().enumerate();
    all.filter(|(other, event)| *other == index || is_beside(event)).collect()
}

/// The ids of those beside an event, without its own.
pub(crate) fn ids_beside(beside: &[(usize, &Placed)], index: usize) -> Vec<String> {
    let others = beside.iter().filter(|(other, _)| *other != index);
    others.map(|(_, event)| event.known.id.clone()).collect()
}

/// The weeks from an event on that can be given to it: half a year, not beyond the next event, and not longer than the
/// past before it can be tried with fake dates.
pub(crate) fn followed(events: &[Placed], index: usize, weeks: usize) -> Option<Range<usize>> {
    let event = events.get(index)?;
    let origin = event.origin(weeks)?;
    let next = events
        .iter()
        .filter(|other| other.week > event.week + BESIDE && other.known.kind != EventKind::Campaign)
        .filter_map(|other| other.origin(weeks))
        .min();
    let tried = (origin / 4).max(4);
    let end = (origin + LONGEST.min(tried)).min(weeks).min(next.unwrap_or(weeks));
    (end > origin).then_some(origin..end)
}
