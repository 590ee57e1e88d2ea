//! The port to the lake: what the engine needs of one, whoever keeps it.
//!
//! A source is a lake at one version. It is opened anew in every process that takes part, so a version can be
//! said in a line of text and opened again elsewhere. All methods may block, and may run a runtime of their own: they
//! are not called from within one, but on a thread for blocking work.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use fidance_domain::history::Histories;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The lake could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

impl From<String> for SourceError {
    fn from(message: String) -> Self {
        Self(message.into())
    }
}

/// A table of the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One row per event.
    Events,
    /// One row per customer and active day.
    Days,
    /// One row per customer, with the segment values.
    Customers,
    /// Statements that two customers are one.
    Links,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 4] = [Self::Events, Self::Days, Self::Customers, Self::Links];

    /// The name, in the lake and in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Days => "days",
            Self::Customers => "customers",
            Self::Links => "links",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From what the days of customers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// From the days that are kept beside the events.
    Masks,
    /// From the events themselves.
    Events,
}

/// A lake at one version.
pub trait Source: fmt::Debug + Send + Sync {
    /// The version, in a form that [`Open::open`] takes.
    fn version(&self) -> String;
    /// The business's time zone.
    fn zone(&self) -> &TimeZone;
    /// The Parquet files that make up a table.
    ///
    /// # Errors
    /// Where the log of the table cannot be read.
    fn files(&self, table: Table) -> Result<Vec<PathBuf>, SourceError>;
    /// The customers' histories.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    fn histories(&self, reading: Reading) -> Result<Box<dyn Histories>, SourceError>;
}

/// Opens lakes by their folder.
pub trait Open: fmt::Debug + Send + Sync {
    /// The lake in a folder, at a version or at the present one.
    ///
    /// # Errors
    /// Where there is no lake, or that version of it is gone.
    fn open(&self, lake: &Path, version: Option<&str>) -> Result<Arc<dyn Source>, SourceError>;
}
