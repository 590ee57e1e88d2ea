//! The register as JSON: what `fidance incidents --format json` writes, and the form to keep incidents in.
//!
//! `docs/register.schema.json` is made from these types.

use std::collections::BTreeMap;

use fidance_domain::incident::{
    Change, Communication, Confidentiality, DataLoss, Incident, PartialDate, Register, Remedy, Scope, Score,
    SeverityBasis,
};
use schemars::JsonSchema;
use serde::Serialize;

/// Incidents and changes of a business.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RegisterFile {
    /// Whose register it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop: Option<String>,
    /// IANA name of the time zone whose days the dates are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Incidents.
    #[serde(default)]
    pub incidents: Vec<IncidentForm>,
    /// What else changed for customers, and could be taken for the effect of an incident.
    #[serde(default)]
    pub changes: Vec<ChangeForm>,
}

/// An incident. Dates are `2024-05-17`, or `2024-05` or `2024` where less is known; what is not known is left out.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IncidentForm {
    /// Its id, of which there is only one in a register.
    pub id: String,
    /// What customers notice of such an incident.
    #[serde(rename = "type")]
    pub kind: IncidentType,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What was done, in the words of VERIS; left out where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionName>,
    /// How bad it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<SeverityName>,
    /// Who says so; a person where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_from: Option<SeverityFrom>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"))]
    pub started: Option<String>,
    /// When the business noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"))]
    pub discovered: Option<String>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"))]
    pub contained: Option<String>,
    /// When customers could know of it: the day from which effects are looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"))]
    pub disclosed: Option<String>,
    /// How customers were told, and what was offered to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication: Option<CommunicationForm>,
    /// Kinds of data that were lost, in any words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<String>,
    /// Number of records that were lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// Whether data were really lost; in a `data_breach` they were where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_loss: Option<DataLossName>,
    /// Whether data or systems were changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub integrity: bool,
    /// Whether data or systems could not be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub availability: bool,
    /// Number of customers concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected_customers: Option<u64>,
    /// Whether there is a list of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub affected_list: bool,
    /// Whom it concerns, where there is no list: those with one of the values in each of the segment columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeForm>,
}

/// What customers notice of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentType {
    /// Data were or may have been lost: customers learn of it when they are told.
    DataBreach,
    /// Any other incident of security: customers learn of it when they are told.
    SecurityIncident,
    /// Browsers warned visitors: customers saw it from the first day.
    ExpiredCertificate,
    /// The service was down: customers saw it from the first day.
    Outage,
}

/// Makes an enum of names from one of the domain, which knows no JSON.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident from $domain:ident { $($(#[$variant_meta:meta])* $variant:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_meta])* $variant),* }

        impl From<fidance_domain::incident::$domain> for $name {
            fn from(value: fidance_domain::incident::$domain) -> Self {
                match value { $(fidance_domain::incident::$domain::$variant => Self::$variant),* }
            }
        }
    };
}

names! {
    /// What was done.
    ActionName from Action {
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
}
names! {
    /// How bad, from 0 to 3.
    SeverityName from Severity {
        /// 0: hardly anyone is concerned.
        Low,
        /// 1: some are concerned, without harm.
        Medium,
        /// 2: many are concerned, or harm is possible.
        High,
        /// 3: harm is likely.
        Critical,
    }
}
names! {
    /// Who says how bad it was.
    SeverityFrom from SeverityBasis {
        /// A person.
        Given,
        /// The rule, from the rating of the impact.
        Impact,
        /// The rule, from the data and the number of records.
        Data,
    }
}
names! {
    /// Whether data were lost.
    DataLossName from DataLoss {
        /// They were.
        Confirmed,
        /// They may have been.
        Possible,
        /// They were not.
        None,
        /// Nothing is known.
        Unknown,
    }
}
names! {
    /// Who told customers first.
    DisclosedByName from DisclosedBy {
        /// The business.
        Company,
        /// Newspapers.
        Press,
        /// Anybody else.
        Other,
    }
}
names! {
    /// How the notice was worded.
    WordingName from Wording {
        /// It says what is known.
        Plain,
        /// It hedges.
        Vague,
    }
}

/// How customers were told.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CommunicationForm {
    /// Who told first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosed_by: Option<DisclosedByName>,
    /// Days from discovery to disclosure, where the two dates do not say it. Below 0 where others told first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_after_discovery: Option<i32>,
    /// In what words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wording: Option<WordingName>,
    /// Whether the notice says what happened, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_happened: Option<bool>,
    /// Whether it says which data of the reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub which_data: Option<bool>,
    /// Whether it says what the business did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_was_done: Option<bool>,
    /// Whether it says what the reader can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_to_do: Option<bool>,
    /// A score from −2 to 2 given by people, which stands before the one from the parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -2, max = 2))]
    pub score: Option<i8>,
    /// What was offered: one word or several; `none` or an empty list is nothing, left out is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<RemedyForm>,
}

/// What was offered: one word or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RemedyForm {
    /// One word.
    One(RemedyName),
    /// Several.
    Several(Vec<RemedyName>),
}

/// What was offered to those concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemedyName {
    /// Nothing.
    None,
    /// Passwords were reset.
    Reset,
    /// A person could be reached.
    Support,
    /// Both.
    ResetAndSupport,
    /// Money or points to spend.
    Voucher,
    /// What was lost was given back.
    Refund,
    /// Somebody watches whether the data are used.
    Monitoring,
    /// Anything else.
    Other,
}

/// Something else that changed for customers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChangeForm {
    /// Its id, of the same space as those of incidents.
    pub id: String,
    /// What changed: `price_change`, `release`, `authentication_step`, `campaign`, or another word.
    #[serde(rename = "type")]
    pub kind: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// First day.
    #[schemars(regex(pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"))]
    pub from: String,
    /// Last day, included; left out where it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"))]
    pub until: Option<String>,
    /// Whom it concerns: those with one of the values in each of the segment columns; left out where everybody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeForm>,
}

/// Columns of the data, such as `device`, each with the values of those concerned.
pub type ScopeForm = BTreeMap<String, Vec<String>>;

fn scope(scope: &Scope) -> ScopeForm {
    scope.conditions().map(|(column, values)| (column.to_owned(), values.to_vec())).collect()
}

impl From<&Register> for RegisterFile {
    fn from(register: &Register) -> Self {
        Self {
            shop: register.shop.clone(),
            time_zone: register.time_zone.clone(),
            incidents: register.incidents.iter().map(IncidentForm::from).collect(),
            changes: register.changes.iter().map(ChangeForm::from).collect(),
        }
    }
}

impl From<&Incident> for IncidentForm {
    fn from(incident: &Incident) -> Self {
        use fidance_domain::incident::IncidentKind;
        let lost = incident.attributes.confidentiality.as_ref();
        let kind = match (incident.kind, lost) {
            (IncidentKind::Security, Some(_)) => IncidentType::DataBreach,
            (IncidentKind::Security, None) => IncidentType::SecurityIncident,
            (IncidentKind::ExpiredCertificate, _) => IncidentType::ExpiredCertificate,
            (IncidentKind::Outage, _) => IncidentType::Outage,
        };
        let implied = if kind == IncidentType::DataBreach { DataLoss::Confirmed } else { DataLoss::Unknown };
        let loss = lost.map(|lost| lost.loss).filter(|loss| *loss != implied || lost.is_some_and(is_bare));
        let basis = incident.severity.map(|assessed| assessed.basis);
        let date = |date: Option<PartialDate>| date.map(|date| date.to_string());
        Self {
            id: incident.id.to_string(),
            kind,
            title: title(&incident.title, incident.id.as_str()),
            actions: incident.actions.iter().copied().map(ActionName::from).collect(),
            severity: incident.severity.map(|assessed| assessed.severity.into()),
            severity_from: basis.filter(|basis| *basis != SeverityBasis::Given).map(SeverityFrom::from),
            started: date(incident.dates.started),
            discovered: date(incident.dates.discovered),
            contained: date(incident.dates.contained),
            disclosed: date(incident.dates.disclosed),
            communication: communication(incident),
            data: lost.into_iter().flat_map(|lost| &lost.data).map(|data| data.name.clone()).collect(),
            records: lost.and_then(|lost| lost.records),
            data_loss: loss.map(DataLossName::from),
            integrity: incident.attributes.integrity,
            availability: incident.attributes.availability,
            affected_customers: incident.affected.customers,
            affected_list: incident.affected.listed,
            scope: incident.scope.as_ref().map(scope),
        }
    }
}

/// Whether nothing but the loss itself says that data were concerned.
fn is_bare(lost: &Confidentiality) -> bool {
    lost.data.is_empty() && lost.records.is_none()
}

fn title(title: &str, id: &str) -> Option<String> {
    (title != id).then(|| title.to_owned())
}

fn communication(incident: &Incident) -> Option<CommunicationForm> {
    if incident.communication.is_none() && incident.remedies.is_none() {
        return None;
    }
    let told = incident.communication.unwrap_or_default();
    let Communication { disclosed_by, days_after_discovery, wording, content, given } = told;
    Some(CommunicationForm {
        disclosed_by: disclosed_by.map(DisclosedByName::from),
        days_after_discovery,
        wording: wording.map(WordingName::from),
        what_happened: content.what_happened,
        which_data: content.which_data,
        what_was_done: content.what_was_done,
        what_to_do: content.what_to_do,
        score: given.map(Score::value),
        remedy: incident.remedies.as_ref().map(|remedies| match remedies.len() {
            0 => RemedyForm::One(RemedyName::None),
            _ => RemedyForm::Several(remedies.iter().copied().map(RemedyName::from).collect()),
        }),
    })
}

impl From<Remedy> for RemedyName {
    fn from(remedy: Remedy) -> Self {
        match remedy {
            Remedy::Reset => Self::Reset,
            Remedy::Support => Self::Support,
            Remedy::Voucher => Self::Voucher,
            Remedy::Refund => Self::Refund,
            Remedy::Monitoring => Self::Monitoring,
            Remedy::Other => Self::Other,
        }
    }
}

impl From<&Change> for ChangeForm {
    fn from(change: &Change) -> Self {
        Self {
            id: change.id.to_string(),
            kind: change.kind.name().to_owned(),
            title: title(&change.title, change.id.as_str()),
            from: change.from.to_string(),
            until: change.until.map(|until| until.to_string()),
            scope: change.scope.as_ref().map(scope),
        }
    }
}
