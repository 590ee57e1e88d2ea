//! What an incident says that cannot all be true: kept with it and shown, since the rest of the entry is still of use.

use std::fmt;

use super::{Change, DisclosedBy, Incident, IncidentKind, date::PartialDate, event::EventDate};

/// A date of an incident by what it is the date of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    /// See [`super::Dates::started`].
    Started,
    /// See [`super::Dates::discovered`].
    Discovered,
    /// See [`super::Dates::contained`].
    Contained,
    /// See [`super::Dates::disclosed`].
    Disclosed,
}

impl Milestone {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Discovered => "discovered",
            Self::Contained => "contained",
            Self::Disclosed => "disclosed",
        }
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a person should look at in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// What comes later by nature has the earlier date.
    Order {
        /// What should come first.
        first: Milestone,
        /// Its date.
        first_date: PartialDate,
        /// What should come after.
        then: Milestone,
        /// Its date.
        then_date: PartialDate,
    },
    /// The days from discovery to disclosure are not those between the two dates.
    Delay {
        /// As given.
        given: i32,
        /// Between the dates.
        counted: i32,
    },
    /// Customers could know in a month or a year, but on which day is not written down: no effect can be dated.
    Imprecise {
        /// What is known.
        date: PartialDate,
    },
    /// Nothing says when customers could know: no effect can be looked for.
    Undated,
    /// A change ends before it begins.
    EndsBefore {
        /// First day.
        from: PartialDate,
        /// Last day.
        until: PartialDate,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { first, first_date, then, then_date } => {
                write!(f, "{then} on {then_date}, before it was {first} on {first_date}")
            }
            Self::Delay { given, counted } => {
                write!(f, "disclosed {given} days after discovery, but {counted} days lie between the dates")
            }
            Self::Imprecise { date } => {
                write!(f, "customers could know in {date}, the day is not known: no effect can be dated")
            }
            Self::Undated => f.write_str("when customers could know is not known: no effect can be dated"),
            Self::EndsBefore { from, until } => write!(f, "ends on {until}, before it begins on {from}"),
        }
    }
}

impl Incident {
    /// What contradicts itself or is missing, contradictions first.
    pub fn warnings(&self) -> Vec<Warning> {
        use Milestone::{Contained, Disclosed, Discovered, Started};
        let dates = &self.dates;
        let by_others = self
            .communication
            .and_then(|told| told.disclosed_by)
            .is_some_and(|by| by != DisclosedBy::Company);
        let mut pairs = vec![
            (Started, dates.started, Discovered, dates.discovered),
            (Started, dates.started, Contained, dates.contained),
            (Started, dates.started, Disclosed, dates.disclosed),
        ];
        // Newspapers may well know before the business does.
        if !by_others && self.kind == IncidentKind::Security {
            pairs.push((Discovered, dates.discovered, Disclosed, dates.disclosed));
        }
        let mut warnings: Vec<Warning> = pairs.into_iter().filter_map(order).collect();
        let given = self.communication.and_then(|told| told.days_after_discovery);
        let counted = dates
            .discovered
            .zip(dates.disclosed)
            .and_then(|(from, to)| Some((to.day()? - from.day()?).get_days()));
        if let (Some(given), Some(counted)) = (given, counted)
            && given != counted
        {
            warnings.push(Warning::Delay { given, counted });
        }
        warnings.extend(undated(self.event().date));
        warnings
    }
}

impl Change {
    /// What contradicts itself or is missing.
    pub fn warnings(&self) -> Vec<Warning> {
        let ends = self.until.filter(|until| until.is_before(self.from));
        let ends = ends.map(|until| Warning::EndsBefore { from: self.from, until });
        ends.into_iter().chain(undated(self.event().date)).collect()
    }
}

fn order(
    (first, first_date, then, then_date): (Milestone, Option<PartialDate>, Milestone, Option<PartialDate>),
) -> Option<Warning> {
    let (first_date, then_date) = (first_date?, then_date?);
    then_date.is_before(first_date).then_some(Warning::Order { first, first_date, then, then_date })
}

const fn undated(date: EventDate) -> Option<Warning> {
    match date {
        EventDate::On(_) => None,
        EventDate::Imprecise(date) => Some(Warning::Imprecise { date }),
        EventDate::Unknown => Some(Warning::Undated),
    }
}
