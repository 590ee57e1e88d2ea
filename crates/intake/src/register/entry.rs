//! An entry while it is put together: one field after the other, as text, whatever the form of the file.

use std::collections::BTreeSet;

use fidance_domain::incident::{
    Action, Affected, Assessment, Change, ChangeKind, Communication, Confidentiality, Data, DataLoss, Dates,
    ImpactRating, Incident, IncidentId, Remedy, Scope, ScopeError, Severity, SeverityBasis,
};

use super::{
    date::DateRule,
    words::{self, Type},
};

/// What a register says of an incident or a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Field {
    Id,
    Title,
    Type,
    Actions,
    Severity,
    SeverityFrom,
    Started,
    Discovered,
    Contained,
    Disclosed,
    Affected,
    AffectedList,
    Scope,
    Data,
    Records,
    DataLoss,
    Integrity,
    Availability,
    DisclosedBy,
    DaysAfterDiscovery,
    Wording,
    WhatHappened,
    WhichData,
    WhatWasDone,
    WhatToDo,
    Score,
    Remedy,
}

impl Field {
    /// All fields with their names in files and the other names that lists have for them.
    pub(super) const NAMES: &[(Self, &'static str, &'static [&'static str])] = &[
        (Self::Id, "id", &["incident_id", "identifiant", "ref", "reference"]),
        (Self::Title, "title", &["name", "nom", "titre", "label", "victim.victim_id"]),
        (Self::Type, "type", &["kind", "nature", "category", "categorie"]),
        (Self::Actions, "actions", &["action", "cause"]),
        (Self::Severity, "severity", &["gravite", "niveau"]),
        (Self::SeverityFrom, "severity_from", &[]),
        (
            Self::Started,
            "started",
            &["start", "from", "began", "begin", "debut", "date", "breach_date", "incident_date"],
        ),
        (Self::Discovered, "discovered", &["discovery", "detected", "aware", "decouverte", "discovery_date"]),
        (
            Self::Contained,
            "contained",
            &["containment", "ended", "end", "until", "resolved", "fin", "maitrise"],
        ),
        (
            Self::Disclosed,
            "disclosed",
            &[
                "disclosure",
                "notified",
                "announced",
                "published",
                "divulgation",
                "annonce",
                "disclosure_date",
                "notification_date",
            ],
        ),
        (
            Self::Affected,
            "affected",
            &[
                "affected_customers",
                "customers_affected",
                "customers",
                "clients",
                "clients_concernes",
                "personnes",
            ],
        ),
        (Self::AffectedList, "affected_list", &["listed", "liste"]),
        (Self::Scope, "scope", &["concerns", "perimetre"]),
        (Self::Data, "data", &["data_kinds", "data_classes", "donnees"]),
        (
            Self::Records,
            "records",
            &["data_total", "enregistrements", "attribute.confidentiality.data_total"],
        ),
        (Self::DataLoss, "data_loss", &["data_disclosure", "attribute.confidentiality.data_disclosure"]),
        (Self::Integrity, "integrity", &["integrite"]),
        (Self::Availability, "availability", &["disponibilite"]),
        (Self::DisclosedBy, "disclosed_by", &["told_by", "annonce_par"]),
        (Self::DaysAfterDiscovery, "days_after_discovery", &["days_to_disclose", "delai"]),
        (Self::Wording, "wording", &["formulation", "ton"]),
        (Self::WhatHappened, "what_happened", &[]),
        (Self::WhichData, "which_data", &[]),
        (Self::WhatWasDone, "what_was_done", &[]),
        (Self::WhatToDo, "what_to_do", &[]),
        (Self::Score, "communication", &["communication_score", "score"]),
        (Self::Remedy, "remedy", &["remedies", "compensation", "reparation", "remede"]),
    ];

    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| name)
    }

    /// The field of a column's name.
    pub(super) fn of(column: &str) -> Option<Self> {
        // Our own names, as every entry of a register has them.
        if let Some((field, ..)) = Self::NAMES.iter().find(|(_, name, _)| *name == column) {
            return Some(*field);
        }
        let plain = |name: &str| words::folded(name).replace('-', "_");
        let column = plain(column);
        let same = |name: &str| plain(name) == column;
        let known =
            Self::NAMES.iter().find(|(_, name, others)| same(name) || others.iter().any(|other| same(other)));
        known.map(|(field, ..)| *field)
    }

    /// Whether the field is a date.
    pub(super) const fn is_date(self) -> bool {
        matches!(self, Self::Started | Self::Discovered | Self::Contained | Self::Disclosed)
    }

    /// Whether a cell may hold several values.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::Actions | Self::Data | Self::Remedy)
    }
}

/// Why an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) field: Option<String>,
    pub(super) reason: String,
}

impl Problem {
    pub(super) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: Some(field.into()), reason: reason.into() }
    }
}

/// An entry that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Incident(Box<Incident>),
    Change(Change),
}

/// An entry while it is put together.
#[derive(Debug, Default)]
pub(super) struct Draft {
    id: Option<IncidentId>,
    kind: Option<Type>,
    title: String,
    actions: BTreeSet<Action>,
    severity: Option<Severity>,
    severity_from: Option<SeverityBasis>,
    impact: Option<ImpactRating>,
    dates: Dates,
    affected: Affected,
    scope: Option<Scope>,
    lost: Option<Confidentiality>,
    loss: Option<DataLoss>,
    integrity: bool,
    availability: bool,
    told: Communication,
    remedies: Option<BTreeSet<Remedy>>,
}

impl Draft {
    /// Nothing is known yet but what stands where the entry says nothing itself.
    pub(super) fn new(id: Option<&str>, kind: Option<Type>) -> Self {
        Self { id: id.and_then(IncidentId::new), kind, ..Self::default() }
    }

    /// Sets a field from its text; an empty one says nothing.
    pub(super) fn set(&mut self, field: Field, text: &str, dates: &DateRule) -> Result<(), String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let told = &mut self.told;
        match field {
            Field::Id => self.id = IncidentId::new(text),
            Field::Title => text.clone_into(&mut self.title),
            // In a list of changes any word is a kind of change.
            Field::Type => match &mut self.kind {
                Some(Type::Change(kind)) => *kind = ChangeKind::from(text),
                kind => *kind = Some(words::kind(text)?),
            },
            Field::Actions => self.actions.extend(words::action(text)?),
            Field::Severity => match words::impact(text) {
                Some(rating) => self.impact = Some(rating),
                None => self.severity = Some(words::severity(text)?),
            },
            Field::SeverityFrom => self.severity_from = Some(severity_from(text)?),
            Field::Started => self.dates.started = Some(dates.read(text)?),
            Field::Discovered => self.dates.discovered = Some(dates.read(text)?),
            Field::Contained => self.dates.contained = Some(dates.read(text)?),
            Field::Disclosed => self.dates.disclosed = Some(dates.read(text)?),
            Field::Affected => self.affected.customers = Some(words::count(text)?),
            Field::AffectedList => self.affected.listed = words::flag(text)?,
            Field::Scope => self.scope = Some(text.parse().map_err(|error: ScopeError| error.to_string())?),
            Field::Data => self.lost.get_or_insert_default().data.push(Data::named(text)),
            Field::Records => self.lost.get_or_insert_default().records = Some(words::count(text)?),
            Field::DataLoss => self.loss = Some(words::loss(text)?),
            Field::Integrity => self.integrity = words::flag(text)?,
            Field::Availability => self.availability = words::flag(text)?,
            Field::DisclosedBy => told.disclosed_by = Some(words::disclosed_by(text)?),
            Field::DaysAfterDiscovery => told.days_after_discovery = Some(words::days(text)?),
            Field::Wording => told.wording = Some(words::wording(text)?),
            Field::WhatHappened => told.content.what_happened = Some(words::flag(text)?),
            Field::WhichData => told.content.which_data = Some(words::flag(text)?),
            Field::WhatWasDone => told.content.what_was_done = Some(words::flag(text)?),
            Field::WhatToDo => told.content.what_to_do = Some(words::flag(text)?),
            Field::Score => told.given = Some(words::score(text)?),
            Field::Remedy => self.remedies.get_or_insert_default().extend(words::remedies(text)?),
        }
        Ok(())
    }

    /// Sets the scope from its columns and their values.
    pub(super) fn set_scope(&mut self, conditions: Vec<(String, Vec<String>)>) -> Result<(), ScopeError> {
        self.scope = Some(Scope::new(conditions)?);
        Ok(())
    }

    /// The entry, where it has what an entry must have.
    pub(super) fn finish(self) -> Result<Entry, Problem> {
        let id = self.id.clone().ok_or_else(|| Problem::new("id", "it has no id"))?;
        let title = if self.title.is_empty() { id.to_string() } else { self.title.clone() };
        match self.kind.clone() {
            Some(Type::Incident { kind, loss, action }) => {
                let mut incident = Incident::new(id, title, kind);
                self.fill(&mut incident, loss, action);
                Ok(Entry::Incident(Box::new(incident)))
            }
            Some(Type::Change(kind)) => {
                let from = self.dates.started;
                let from = from.ok_or_else(|| Problem::new("from", "a change needs its first day"))?;
                Ok(Entry::Change(Change {
                    id,
                    title,
                    kind,
                    from,
                    until: self.dates.contained,
                    scope: self.scope,
                }))
            }
            None => Err(Problem::new("type", "it has no type")),
        }
    }

    fn fill(self, incident: &mut Incident, loss: bool, action: Option<Action>) {
        incident.actions = self.actions;
        incident.actions.extend(action);
        let attributes = &mut incident.attributes;
        (attributes.integrity, attributes.availability) = (self.integrity, self.availability);
        if loss || self.loss.is_some() || self.lost.is_some() {
            let mut lost = self.lost.unwrap_or_default();
            lost.loss = self.loss.unwrap_or(if loss { DataLoss::Confirmed } else { DataLoss::Unknown });
            attributes.confidentiality = Some(lost);
        }
        incident.dates = self.dates;
        incident.affected = self.affected;
        incident.scope = self.scope;
        // Nobody counts those who saw it: 0 is what is written where there is no list.
        if incident.kind.is_seen() && incident.affected.customers == Some(0) {
            incident.affected.customers = None;
        }
        incident.communication = (self.told != Communication::default()).then_some(self.told);
        incident.remedies = self.remedies;
        let basis = self.severity_from.unwrap_or(SeverityBasis::Given);
        let given = self.severity.map(|severity| Assessment { severity, basis });
        let rule = || Assessment::by_rule(self.impact, &incident.attributes, incident.affected.customers);
        incident.severity = given.or_else(rule);
    }
}

fn severity_from(text: &str) -> Result<SeverityBasis, String> {
    match text {
        "given" => Ok(SeverityBasis::Given),
        "impact" => Ok(SeverityBasis::Impact),
        "data" => Ok(SeverityBasis::Data),
        _ => Err(format!("{text:?} is not known; use given, impact or data")),
    }
}
