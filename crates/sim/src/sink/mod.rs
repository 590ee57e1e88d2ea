//! Where events go: text files are written here, columns by a writer that the caller opens.

mod columns;
mod csv;
mod messages;
mod ndjson;
mod text;

use std::path::Path;

use fidance_domain::table::{ColumnKind, TableWriter, WriteError};

use crate::{calendar::Calendar, error::SimError, event::Event, identity::Said, segment::SegmentTable};

pub(crate) use text::{TextFile, anonymous_id, customer_id, digits, time};

/// Opens a file of columns: given its path, and the names and kinds of its columns.
pub type OpenTable<'a> =
    dyn Fn(&Path, &[(&str, ColumnKind)]) -> Result<Box<dyn TableWriter>, WriteError> + 'a;

/// In which format events are written.
#[derive(Clone, Copy)]
pub enum EventFormat<'a> {
    /// `events.csv`, with a header.
    Csv,
    /// `events.ndjson`, one Segment `track` call per line.
    Ndjson,
    /// `messages.ndjson`, one request of Segment's clients per line, in the order in which they are sent.
    Messages,
    /// `events.parquet`, by a writer that the caller opens: this crate knows no such format.
    Parquet(&'a OpenTable<'a>),
}

impl std::fmt::Debug for EventFormat<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.file_name())
    }
}

impl EventFormat<'_> {
    /// Name of the file.
    pub const fn file_name(&self) -> &'static str {
        match self {
            Self::Csv => "events.csv",
            Self::Ndjson => "events.ndjson",
            Self::Messages => "messages.ndjson",
            Self::Parquet(_) => "events.parquet",
        }
    }
}

/// How times are written in text files. Columns hold instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Times {
    /// With the shop's offset: `2024-07-01T14:05:07+02:00`.
    #[default]
    Offset,
    /// In UTC: `2024-07-01T12:05:07Z`.
    Utc,
}

/// What all sinks need to write an event out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) seed: u64,
    pub(crate) calendar: &'a Calendar,
    pub(crate) table: &'a SegmentTable,
    pub(crate) times: Times,
}

pub(crate) trait EventSink {
    fn write(&mut self, event: &Event) -> Result<(), SimError>;
    /// What is said of who is who; tables of events have no room for it.
    fn say(&mut self, _said: &Said) -> Result<(), SimError> {
        Ok(())
    }
    fn finish(self: Box<Self>) -> Result<(), SimError>;
}

/// Columns of the events file, in order.
const COLUMNS: [&str; 14] = [
    "message_id",
    "customer_id",
    "at",
    "event",
    "order_value",
    "currency",
    "country",
    "region",
    "device",
    "channel",
    "tier",
    "payment_method",
    "reason",
    "session_id",
];

/// Opens the events file.
pub(crate) fn open<'a>(
    format: EventFormat<'a>,
    path: &Path,
    names: Names<'a>,
) -> Result<Box<dyn EventSink + 'a>, SimError> {
    match format {
        EventFormat::Csv => Ok(Box::new(csv::Csv::create(path, names)?)),
        EventFormat::Ndjson => Ok(Box::new(ndjson::Ndjson::create(path, names)?)),
        EventFormat::Messages => Ok(Box::new(messages::Messages::create(path, names)?)),
        EventFormat::Parquet(open) => Ok(Box::new(columns::Columns::open(open, path, names)?)),
    }
}
