//! What is stored with an alarm besides its state: what was last found of it, and whether people were told.

use fidance_store::Alarm as Stored;
use serde::{Deserialize, Serialize};

use crate::watch::model::Alarm;

/// The stored evaluation of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Whether people were told of it.
    pub told: Told,
    /// How often it was opened.
    pub opened: u32,
    /// What the watch last found; absent where what is stored cannot be read.
    pub alarm: Option<Alarm>,
}

/// Whether people were told of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// They were not, and are not to be: it was old, or over, when it was first seen.
    Nobody,
    /// They are to be told.
    Due,
    /// The notices are in the outbox, or were.
    Queued,
}

impl Record {
    /// Of an alarm that is seen for the first time.
    pub(super) fn new(alarm: &Alarm, told: Told) -> Self {
        Self { told, opened: 1, alarm: Some(alarm.clone()) }
    }

    /// Of a stored alarm. One that another program wrote is known by its state alone.
    pub fn read(stored: &Stored) -> Self {
        serde_json::from_str(&stored.evaluation).unwrap_or(Self {
            told: Told::Nobody,
            opened: 1,
            alarm: None,
        })
    }

    /// As it is stored.
    pub(super) fn written(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Whether it is what is stored.
    pub(super) fn is_in(&self, stored: &Stored) -> bool {
        // Compared as text: a number that is read back may differ in its last digit.
        self.written().is_ok_and(|written| written == stored.evaluation)
    }

    /// With what is found now.
    pub(super) fn found(&self, alarm: &Alarm) -> Self {
        Self { alarm: Some(alarm.clone()), ..self.clone() }
    }

    /// Open again: whoever was told that it is closed is told.
    pub(super) fn reopened(&self, alarm: &Alarm) -> Self {
        let told = if self.told == Told::Nobody { Told::Nobody } else { Told::Due };
        Self { told, opened: self.opened.saturating_add(1), alarm: Some(alarm.clone()) }
    }
}
