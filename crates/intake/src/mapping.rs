//! Which column is what: given by flags or a saved file, the rest guessed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{condition::Condition, dates::AtFormat, error::IntakeError};

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Who.
    Customer,
    /// When.
    At,
    /// What kind of event.
    Event,
    /// What tells one event from all others of its source.
    Message,
    /// The amount.
    Value,
    /// The amount's currency.
    Currency,
    /// A group customers are in.
    Segment,
    /// The column of a condition.
    Where,
    /// When a subscription begins.
    Start,
    /// When it ended.
    End,
    /// Why it ended.
    Reason,
    /// How long a customer was observed.
    Duration,
    /// Whether the customer had left by then.
    Ended,
    /// The age at which the observation began.
    Entry,
    /// In a list of customers: what each of them is listed for.
    Incident,
}

impl Role {
    /// The flag of the command line that gives the column.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Customer => "--customer",
            Self::At => "--at",
            Self::Event => "--event",
            Self::Message => "--message-id",
            Self::Value => "--value",
            Self::Currency => "--currency",
            Self::Segment => "--segment",
            Self::Where => "--where",
            Self::Start => "--start",
            Self::End => "--end",
            Self::Reason => "--reason",
            Self::Duration => "--duration",
            Self::Ended => "--ended",
            Self::Entry => "--entry",
            Self::Incident => "--incident",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer",
            Self::At => "date",
            Self::Event => "event",
            Self::Message => "message id",
            Self::Value => "amount",
            Self::Currency => "currency",
            Self::Segment => "segment",
            Self::Where => "condition",
            Self::Start => "start date",
            Self::End => "end date",
            Self::Reason => "reason for leaving",
            Self::Duration => "duration",
            Self::Ended => "whether the customer left",
            Self::Entry => "age at entry",
            Self::Incident => "incident",
        })
    }
}

/// Which column is what. Everything may be left open; see [`crate::guess()`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// The column of customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The column of dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// How dates (also of `start` and `end`) are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_format: Option<AtFormat>,
    /// The column of kinds of events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The kinds of events that are activities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<String>,
    /// The column that tells each event from all others of its source; used where events are kept, so that none
    /// is kept twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The column of amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The column of currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The columns customers are grouped by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Conditions that rows must meet, all of them.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Subscriptions: the column of start dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Subscriptions: the column of end dates, empty while they run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Subscriptions and lifetimes: the column of reasons for leaving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Lifetimes: the column of ages at the end of the observation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Lifetimes: the column that says whether the customer left, or a condition such as `Churn = "Yes"` under
    /// which that is so. The file decides: a column of that name goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Lifetimes: the column of ages at the beginning of the observation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
}

impl Mapping {
    /// Reads a saved mapping; `file` names it in errors.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, IntakeError> {
        toml::from_str(text).map_err(|e| IntakeError::Mapping {
            file: file.to_owned(),
            message: e.to_string().trim().to_owned(),
        })
    }

    /// The mapping as a file that [`Mapping::from_toml`] reads.
    pub fn to_toml(&self) -> Result<String, IntakeError> {
        toml::to_string(self)
            .map_err(|e| IntakeError::Mapping { file: "mapping".to_owned(), message: e.to_string() })
    }

    /// This mapping, with what it leaves open taken from another: flags over a saved file.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        fn list<T>(ours: Vec<T>, theirs: Vec<T>) -> Vec<T> {
            if ours.is_empty() { theirs } else { ours }
        }
        Self {
            customer: self.customer.or(other.customer),
            at: self.at.or(other.at),
            at_format: self.at_format.or(other.at_format),
            event: self.event.or(other.event),
            message_id: self.message_id.or(other.message_id),
            activity: list(self.activity, other.activity),
            value: self.value.or(other.value),
            currency: self.currency.or(other.currency),
            segments: list(self.segments, other.segments),
            conditions: list(self.conditions, other.conditions),
            start: self.start.or(other.start),
            end: self.end.or(other.end),
            reason: self.reason.or(other.reason),
            duration: self.duration.or(other.duration),
            ended: self.ended.or(other.ended),
            entry: self.entry.or(other.entry),
        }
    }

    /// The column of a role that has one column at most; of [`Role::Ended`] the column or the condition, as given.
    pub fn column(&self, role: Role) -> Option<&str> {
        match role {
            Role::Customer => self.customer.as_deref(),
            Role::At => self.at.as_deref(),
            Role::Event => self.event.as_deref(),
            Role::Message => self.message_id.as_deref(),
            Role::Value => self.value.as_deref(),
            Role::Currency => self.currency.as_deref(),
            Role::Start => self.start.as_deref(),
            Role::End => self.end.as_deref(),
            Role::Reason => self.reason.as_deref(),
            Role::Duration => self.duration.as_deref(),
            Role::Ended => self.ended.as_deref(),
            Role::Entry => self.entry.as_deref(),
            Role::Segment | Role::Where | Role::Incident => None,
        }
    }

    /// Sets the column of a role that has one column at most.
    pub(crate) fn set(&mut self, role: Role, column: String) {
        let slot = match role {
            Role::Customer => &mut self.customer,
            Role::At => &mut self.at,
            Role::Event => &mut self.event,
            Role::Message => &mut self.message_id,
            Role::Value => &mut self.value,
            Role::Currency => &mut self.currency,
            Role::Start => &mut self.start,
            Role::End => &mut self.end,
            Role::Reason => &mut self.reason,
            Role::Duration => &mut self.duration,
            Role::Ended => &mut self.ended,
            Role::Entry => &mut self.entry,
            Role::Segment | Role::Where | Role::Incident => return,
        };
        *slot = Some(column);
    }
}

/// How a column came to its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// A person said so.
    Given,
    /// It was guessed, for this reason.
    Guessed(String),
}

/// A column chosen for a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The role.
    pub role: Role,
    /// The column.
    pub column: String,
    /// Why.
    pub how: How,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_survives_a_file() {
        let mapping = Mapping {
            customer: Some("Customer ID".to_owned()),
            at: Some("InvoiceDate".to_owned()),
            at_format: Some(AtFormat::Mdy),
            activity: vec!["Order Completed".to_owned()],
            conditions: vec!["InvoiceNo not like \"C%\"".parse().unwrap()],
            ended: Some("Churn = \"Yes\"".to_owned()),
            ..Mapping::default()
        };
        let text = mapping.to_toml().unwrap();
        assert_eq!(Mapping::from_toml(&text, "m.toml").unwrap(), mapping);
    }

    #[test]
    fn a_mistyped_key_is_refused_with_its_line() {
        for (text, expected) in [
            ("customer = \"a\"\ncustomr = \"b\"\n", "line 2"),
            ("at_format = \"dmmy\"\n", "unknown date format"),
            ("where = [\"a ~ 1\"]\n", "position 3"),
            ("customer = 3\n", "line 1"),
        ] {
            let message = Mapping::from_toml(text, "m.toml").unwrap_err().to_string();
            assert!(message.starts_with("m.toml: ") && message.contains(expected), "{message}");
        }
    }

    #[test]
    fn flags_go_before_the_file() {
        let flags = Mapping { at: Some("a".to_owned()), ..Mapping::default() };
        let file = Mapping { at: Some("b".to_owned()), customer: Some("c".to_owned()), ..Mapping::default() };
        let both = flags.or(file);
        assert_eq!((both.at.as_deref(), both.customer.as_deref()), (Some("a"), Some("c")));
    }
}
