//! One entry by itself, as a program sends it and a server keeps it.
//!
//! Files are read with indulgence, since their other entries are of use. Whoever sends one entry can mend it at once: here a
//! field that has no meaning refuses it instead of being passed over.

use fidance_domain::incident::{Change, ChangeKind, Event, Incident};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Reading,
    date::DateRule,
    entry::{Draft, Entry, Field, Problem},
    form::{ChangeForm, IncidentForm},
    json,
    words::{self, Type},
};
use crate::dates::AtFormat;

/// The longest text in an entry.
const LONGEST_TEXT: usize = 2_000;

/// An incident or a change.
#[derive(Debug, Clone, PartialEq)]
pub enum RegisterEntry {
    /// An incident.
    Incident(Box<Incident>),
    /// A change.
    Change(Change),
}

/// Either form, as it is in the lists of a register.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum EntryForm {
    /// An incident.
    Incident(Box<IncidentForm>),
    /// A change.
    Change(ChangeForm),
}

/// Why an entry was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct EntryError {
    /// The field that is wrong.
    pub field: String,
    /// Why.
    pub reason: String,
}

impl RegisterEntry {
    /// Reads an entry that has the form of those of a register. Times with an offset are turned to their day in `zone`.
    ///
    /// # Errors
    /// For the first field that is wrong, or missing.
    pub fn read(fields: &Map<String, Value>, zone: &TimeZone) -> Result<Self, EntryError> {
        fields.iter().try_for_each(|(name, value)| check_texts(name, value))?;
        let dates = DateRule { format: AtFormat::Iso, zone: zone.clone() };
        let mut reading = Reading::default();
        let read = json::ours(&mut reading, fields, Draft::new(None, other_change(fields)), &dates);
        // First what has no meaning: a name with a slip in it is then missed under its right one.
        if let Some(unknown) = reading.read.unknown.first() {
            return Err(wrong(&unknown.name, "an entry of the register has no such field"));
        }
        match read {
            Ok(Entry::Incident(incident)) => Ok(Self::Incident(incident)),
            Ok(Entry::Change(change)) => match fields.keys().find(|name| !is_of_changes(name)) {
                Some(name) => Err(wrong(name, "a change has no such field")),
                None => Ok(Self::Change(change)),
            },
            Err(Problem { field, reason }) => Err(EntryError { field: field.unwrap_or_default(), reason }),
        }
    }

    /// Its form.
    pub fn form(&self) -> EntryForm {
        match self {
            Self::Incident(incident) => EntryForm::Incident(Box::new(incident.as_ref().into())),
            Self::Change(change) => EntryForm::Change(change.into()),
        }
    }

    /// What it says as an event.
    pub fn event(&self) -> Event {
        match self {
            Self::Incident(incident) => incident.event(),
            Self::Change(change) => change.event(),
        }
    }
}

fn wrong(field: &str, reason: impl Into<String>) -> EntryError {
    EntryError { field: field.chars().take(60).collect(), reason: reason.into() }
}

/// What begins on a day and has a type that is none of the known words is a change of another kind.
fn other_change(fields: &Map<String, Value>) -> Option<Type> {
    let named = fields.get("type").and_then(Value::as_str).filter(|named| !named.trim().is_empty())?;
    let is_other = fields.contains_key("from") && words::kind(named).is_err();
    is_other.then(|| Type::Change(ChangeKind::Other(named.trim().to_owned())))
}

fn is_of_changes(name: &str) -> bool {
    matches!(
        Field::of(name),
        Some(Field::Id | Field::Type | Field::Title | Field::Started | Field::Contained | Field::Scope)
    )
}

/// Texts are shown to people, in a line of theirs.
fn check_texts(name: &str, value: &Value) -> Result<(), EntryError> {
    match value {
        Value::String(text) if text.contains(char::is_control) => {
            Err(wrong(name, "a text has no line ends or other control characters"))
        }
        Value::String(text) if text.chars().count() > LONGEST_TEXT => {
            Err(wrong(name, format!("a text has at most {LONGEST_TEXT} characters")))
        }
        Value::Array(values) => values.iter().try_for_each(|value| check_texts(name, value)),
        Value::Object(fields) => {
            fields.iter().try_for_each(|(inner, value)| {
                // Names of columns are texts too.
                check_texts(name, &Value::String(inner.clone()))?;
                check_texts(&format!("{name}.{inner}"), value)
            })
        }
        _ => Ok(()),
    }
}
