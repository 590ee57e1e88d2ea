//! The events of the register, placed among the weeks of the data.

use std::ops::Range;

use fidance_domain::{
    history::Segments,
    incident::{
        Change, ChangeKind, Communication, EventKind as Kind, Incident, IncidentKind, Register, Score,
    },
    retention::{coverage::Edges, event_study::Study},
    time::Days,
};
use jiff::civil::Date;

use super::model::{EventKind, KnownEvent};

/// Weeks before an event over which those on its list are compared with others.
const WEEKS_BEFORE: usize = 39;
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
    /// Which list of the source holds its customers.
    pub(crate) list: Option<usize>,
}

impl Placed {
    /// Its week, where it is one of the data.
    pub(crate) fn origin(&self, weeks: usize) -> Option<usize> {
        usize::try_from(self.week).ok().filter(|week| *week < weeks)
    }
}

/// The events with a day, in its order.
pub(crate) fn placed(register: &Register, segments: &Segments, days: &Days, weeks: &Edges) -> Vec<Placed> {
    let incidents = register.incidents.iter().filter_map(known_incident);
    let changes = register.changes.iter().filter_map(known_change);
    let mut events: Vec<Placed> = incidents
        .chain(changes)
        .map(|known| Placed {
            week: week_of(known.date, days, weeks),
            list: segments.lists.iter().position(|list| *list == known.id),
            known,
        })
        .collect();
    events.sort_by(|a, b| a.known.date.cmp(&b.known.date).then_with(|| a.known.id.cmp(&b.known.id)));
    events
}

/// What the first pass counts for the events that have a list.
pub(crate) fn studies(events: &[Placed], weeks: usize) -> (Vec<usize>, Vec<Study>) {
    let study = |(index, event): (usize, &Placed)| {
        let (origin, list) = (event.origin(weeks)?, event.list?);
        let periods = origin.saturating_sub(WEEKS_BEFORE)..(origin + LONGEST).min(weeks);
        Some((index, Study { origin, periods, list }))
    };
    events.iter().enumerate().filter_map(study).unzip()
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
        listed: None,
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
        listed: None,
    })
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
