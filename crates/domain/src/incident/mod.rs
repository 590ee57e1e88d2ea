//! Incidents and changes: what happened to a business that customers may have reacted to.
//!
//! The day that matters is the one on which customers could know, not the one on which somebody broke in: between the
//! two lie months, and an effect looked for at the wrong one is not found. So every entry gives an [`Event`], which
//! says that day or says that it is not known well enough. Nothing here knows a file format or an effect.

mod attribute;
mod check;
mod communication;
mod date;
mod event;
mod scope;
mod severity;

use std::{collections::BTreeSet, fmt};

pub use self::{
    attribute::{Attributes, Confidentiality, Data, DataKind, DataLoss},
    check::{Milestone, Warning},
    communication::{Communication, Content, DisclosedBy, Part, Remedy, Score, Wording},
    date::{PartialDate, PartialDateError},
    event::{Basis, Change, ChangeKind, Event, EventDate, EventKind, Register},
    scope::{Scope, ScopeError, ScopeGap},
    severity::{Assessment, ImpactRating, Severity, SeverityBasis},
};

/// The id of an incident or a change: any text that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(String);

impl IncidentId {
    /// Without the white space around it; `None` where nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of incident it was, by what customers notice of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IncidentKind {
    /// Against data or systems: customers learn of it when somebody tells them.
    Security,
    /// Browsers warned visitors: customers saw it from the first day.
    ExpiredCertificate,
    /// The service was down, whoever caused it: customers saw it from the first day.
    Outage,
}

impl IncidentKind {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Security => "security_incident",
            Self::ExpiredCertificate => "expired_certificate",
            Self::Outage => "outage",
        }
    }

    /// Whether customers see such an incident themselves, without being told.
    pub const fn is_seen(self) -> bool {
        !matches!(self, Self::Security)
    }
}

/// What was done, in the seven words of VERIS. An incident may be several of them; none means unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Malicious software.
    Malware,
    /// Breaking in.
    Hacking,
    /// Deceiving people.
    Social,
    /// Abuse of what one is entitled to.
    Misuse,
    /// Theft of things, tampering, loss.
    Physical,
    /// A mistake.
    Error,
    /// Fire, water, power.
    Environmental,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Malware,
        Self::Hacking,
        Self::Social,
        Self::Misuse,
        Self::Physical,
        Self::Error,
        Self::Environmental,
    ];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malware => "malware",
            Self::Hacking => "hacking",
            Self::Social => "social",
            Self::Misuse => "misuse",
            Self::Physical => "physical",
            Self::Error => "error",
            Self::Environmental => "environmental",
        }
    }
}

/// The four dates of an incident, each as precisely as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dates {
    /// When it began.
    pub started: Option<PartialDate>,
    /// When the business noticed.
    pub discovered: Option<PartialDate>,
    /// When it was over.
    pub contained: Option<PartialDate>,
    /// When customers could know of it.
    pub disclosed: Option<PartialDate>,
}

/// Whom it concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Affected {
    /// How many customers, where it was counted.
    pub customers: Option<u64>,
    /// Whether there is a list of them: then affected and other customers can be compared.
    pub listed: bool,
}

/// One incident of the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// What people call it.
    pub title: String,
    /// What customers notice of such an incident.
    pub kind: IncidentKind,
    /// What was done; empty where it is not known.
    pub actions: BTreeSet<Action>,
    /// Which properties of the data were lost.
    pub attributes: Attributes,
    /// How bad it was, and who says so; absent where nothing tells.
    pub severity: Option<Assessment>,
    /// When.
    pub dates: Dates,
    /// Whom it concerned.
    pub affected: Affected,
    /// The segments of those whom it concerned, where there is no list of them; absent where nobody wrote it down.
    pub scope: Option<Scope>,
    /// How customers were told; absent where nothing is known of it.
    pub communication: Option<Communication>,
    /// What was offered to those concerned: an empty set is nothing, absent is unknown.
    pub remedies: Option<BTreeSet<Remedy>>,
}

impl Incident {
    /// An incident of which only this is known.
    pub fn new(id: IncidentId, title: impl Into<String>, kind: IncidentKind) -> Self {
        Self {
            id,
            title: title.into(),
            kind,
            actions: BTreeSet::new(),
            attributes: Attributes::default(),
            severity: None,
            dates: Dates::default(),
            affected: Affected::default(),
            scope: None,
            communication: None,
            remedies: None,
        }
    }

    /// What the register says of it as an event. See [`EventDate`] for what is said where the day is not known.
    pub fn event(&self) -> Event {
        let (basis, date) = if self.kind.is_seen() {
            (Basis::Beginning, self.dates.started)
        } else {
            (Basis::Disclosure, self.dates.disclosed)
        };
        // How long customers hear of a breach is not known; how long they see a failure is.
        let until = self.kind.is_seen().then_some(self.dates.contained).flatten();
        Event {
            id: self.id.clone(),
            title: self.title.clone(),
            kind: EventKind::Incident(self.kind),
            basis,
            date: date.into(),
            until: until.and_then(PartialDate::day),
        }
    }

    /// Days from discovery to disclosure, where both are known to the day or the number was given. Below 0 where
    /// others told first.
    pub fn days_to_disclose(&self) -> Option<i32> {
        let days = |from: PartialDate, to: PartialDate| Some((to.day()? - from.day()?).get_days());
        let (discovered, disclosed) = (self.dates.discovered, self.dates.disclosed);
        discovered
            .zip(disclosed)
            .and_then(|(discovered, disclosed)| days(discovered, disclosed))
            .or_else(|| self.communication.as_ref()?.days_after_discovery)
    }

    /// Whether anything was offered to those concerned, where that is known. A password that was reset protects; it is no
    /// remedy for what happened.
    pub fn offers_remedy(&self) -> Option<bool> {
        let remedies = self.remedies.as_ref()?;
        Some(remedies.iter().any(|remedy| !matches!(remedy, Remedy::Reset)))
    }
}
