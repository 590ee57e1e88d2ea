//! What the register says to whoever looks for the cause of a drop: an event and the day on which customers could know.

use jiff::civil::Date;

use super::{Incident, IncidentId, IncidentKind, Scope, date::PartialDate};

/// Something else that changed for customers: what an incident's effect must be told apart from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id, of the same space as those of incidents.
    pub id: IncidentId,
    /// What people call it.
    pub title: String,
    /// What changed.
    pub kind: ChangeKind,
    /// First day.
    pub from: PartialDate,
    /// Last day, included; absent where it stays or is not known.
    pub until: Option<PartialDate>,
    /// The segments of those whom it concerns; absent where everybody is, or nobody wrote it down.
    pub scope: Option<Scope>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Prices.
    PriceChange,
    /// The product or the shop.
    Release,
    /// What customers must prove.
    AuthenticationStep,
    /// Advertising.
    Campaign,
    /// Anything else, in its own word.
    Other(String),
}

impl ChangeKind {
    /// Its name in files.
    pub fn name(&self) -> &str {
        match self {
            Self::PriceChange => "price_change",
            Self::Release => "release",
            Self::AuthenticationStep => "authentication_step",
            Self::Campaign => "campaign",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for ChangeKind {
    fn from(name: &str) -> Self {
        match name.trim() {
            "price_change" => Self::PriceChange,
            "release" => Self::Release,
            "authentication_step" => Self::AuthenticationStep,
            "campaign" => Self::Campaign,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Change {
    /// What the register says of it as an event: customers notice a change when it begins.
    pub fn event(&self) -> Event {
        Event {
            id: self.id.clone(),
            title: self.title.clone(),
            kind: EventKind::Change(self.kind.clone()),
            basis: Basis::Beginning,
            date: Some(self.from).into(),
            until: self.until.and_then(PartialDate::day),
        }
    }
}

/// An incident or a change, as a possible cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: IncidentId,
    /// What people call it.
    pub title: String,
    /// What it is.
    pub kind: EventKind,
    /// What its day is the day of.
    pub basis: Basis,
    /// The day on which customers could know.
    pub date: EventDate,
    /// The last day on which they could see it, for what has an end that is known to the day.
    pub until: Option<Date>,
}

/// What an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// An incident.
    Incident(IncidentKind),
    /// A change.
    Change(ChangeKind),
}

/// What an event's day is the day of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Customers were told.
    Disclosure,
    /// It began, and customers saw it.
    Beginning,
}

/// The day of an event, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventDate {
    /// That day.
    On(Date),
    /// Known to the month or the year only: no effect can be dated with it.
    Imprecise(PartialDate),
    /// Not known at all: customers were never told, or nobody wrote down when.
    Unknown,
}

impl EventDate {
    /// The day, where it is known.
    pub const fn day(self) -> Option<Date> {
        match self {
            Self::On(date) => Some(date),
            Self::Imprecise(_) | Self::Unknown => None,
        }
    }
}

impl From<Option<PartialDate>> for EventDate {
    fn from(date: Option<PartialDate>) -> Self {
        match date {
            Some(PartialDate::Day(date)) => Self::On(date),
            Some(date) => Self::Imprecise(date),
            None => Self::Unknown,
        }
    }
}

/// All that is written down: incidents and changes, each in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Register {
    /// Whose it is, where it says so.
    pub shop: Option<String>,
    /// IANA name of the zone whose days its dates are, where it says so.
    pub time_zone: Option<String>,
    /// Incidents.
    pub incidents: Vec<Incident>,
    /// Changes.
    pub changes: Vec<Change>,
}

impl Register {
    /// All events, those with a day first and in its order, then by id.
    pub fn events(&self) -> Vec<Event> {
        let incidents = self.incidents.iter().map(Incident::event);
        let mut events: Vec<Event> = incidents.chain(self.changes.iter().map(Change::event)).collect();
        events.sort_by(|a, b| {
            let day = |event: &Event| event.date.day().unwrap_or(Date::MAX);
            day(a).cmp(&day(b)).then_with(|| a.id.cmp(&b.id))
        });
        events
    }
}
