//! The date formats by name.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How the dates of a column are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AtFormat {
    /// Year first: `2011-01-31`, `2011-01-31T12:00:00.5Z`, `2011/01/31 12:00`.
    Iso,
    /// `20110131`, also with hours, minutes and seconds behind.
    Yyyymmdd,
    /// Seconds since 1970-01-01T00:00:00Z.
    Epoch,
    /// Milliseconds since then.
    EpochMs,
    /// Microseconds since then.
    EpochUs,
    /// Nanoseconds since then.
    EpochNs,
    /// Day, month, year, with or without a time: `31/01/2011`, `31.1.2011 12:00`.
    Dmy,
    /// Month, day, year: `01/31/2011`, `1/31/2011 8:26 AM`.
    Mdy,
    /// Days since 1899-12-30 with the time of day as fraction, in civil time: `45293.81`.
    Excel,
    /// With the month's name, English or French: `31 Jan 2011`, `Jan 31, 2011`, `31 janvier 2011`.
    Named,
    /// A pattern of `strptime`: `%d.%m.%Y %H:%M`.
    Pattern(String),
}

impl AtFormat {
    /// The names of all formats that have no pattern, as help and errors list them.
    pub const NAMES: &'static str =
        "iso, yyyymmdd, dmy, mdy, named, epoch, epoch-ms, epoch-us, epoch-ns, excel";

    /// All formats that can be found out, in the order in which equally good ones are preferred. Days of
    /// spreadsheets are not among them: any number could be one.
    pub(crate) const GUESSED: [Self; 9] = [
        Self::Iso,
        Self::Yyyymmdd,
        Self::Dmy,
        Self::Mdy,
        Self::Named,
        Self::Epoch,
        Self::EpochMs,
        Self::EpochUs,
        Self::EpochNs,
    ];

    /// Whether a value can be read in this format.
    pub(crate) fn reads(&self, text: &str) -> bool {
        super::parse::parse(self, text).is_some()
    }

    /// How many microseconds one step of an epoch is, as (multiplier, divisor).
    pub(crate) const fn epoch_steps(&self) -> Option<(i64, i64)> {
        match self {
            Self::Epoch => Some((1_000_000, 1)),
            Self::EpochMs => Some((1_000, 1)),
            Self::EpochUs => Some((1, 1)),
            Self::EpochNs => Some((1, 1_000)),
            _ => None,
        }
    }
}

/// A format that is neither a name nor a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown date format {text:?}{why}; use {}, or a pattern such as \"%d.%m.%Y %H:%M\"",
    AtFormat::NAMES
)]
pub struct AtFormatError {
    text: String,
    why: String,
}

impl FromStr for AtFormat {
    type Err = AtFormatError;

    fn from_str(text: &str) -> Result<Self, AtFormatError> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "iso" | "iso8601" | "ymd" => Self::Iso,
            "yyyymmdd" => Self::Yyyymmdd,
            "epoch" | "epoch-s" => Self::Epoch,
            "epoch-ms" => Self::EpochMs,
            "epoch-us" => Self::EpochUs,
            "epoch-ns" => Self::EpochNs,
            "dmy" => Self::Dmy,
            "mdy" => Self::Mdy,
            "named" => Self::Named,
            "excel" => Self::Excel,
            _ if text.contains('%') => {
                super::pattern::check(text)
                    .map_err(|why| AtFormatError { text: text.to_owned(), why: format!(" ({why})") })?;
                Self::Pattern(text.to_owned())
            }
            _ => return Err(AtFormatError { text: text.to_owned(), why: String::new() }),
        })
    }
}

impl fmt::Display for AtFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iso => "iso",
            Self::Yyyymmdd => "yyyymmdd",
            Self::Epoch => "epoch",
            Self::EpochMs => "epoch-ms",
            Self::EpochUs => "epoch-us",
            Self::EpochNs => "epoch-ns",
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
            Self::Named => "named",
            Self::Excel => "excel",
            Self::Pattern(pattern) => pattern,
        })
    }
}

impl TryFrom<String> for AtFormat {
    type Error = AtFormatError;

    fn try_from(text: String) -> Result<Self, AtFormatError> {
        text.parse()
    }
}

impl From<AtFormat> for String {
    fn from(format: AtFormat) -> Self {
        format.to_string()
    }
}
