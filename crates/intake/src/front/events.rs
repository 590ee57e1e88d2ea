//! Events: every row of a customer, activity or not, handed on as it is read, to be kept.

use std::path::PathBuf;

use fidance_domain::{
    amount::Amount,
    history::{Micros, Profile, Segments},
    id::CustomerKey,
};

use super::{
    Options, Progress, Shape, Summary,
    activities::{OTHER_KINDS, RowSink, pass_over},
    prepare::prepare,
};
use crate::{error::IntakeError, reader::ParquetOpener};

/// The kind of events that have none, and of those beyond the number of kinds that are told apart.
const NO_KIND: &str = "event";
const OTHERS: &str = "(others)";

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRow {
    /// Whose it is.
    pub customer: CustomerKey,
    /// Microseconds since 1970.
    pub at: Micros,
    /// Number of the kind: index into [`EventsRead::kinds`].
    pub kind: u16,
    /// The amount, where the row has one that counts.
    pub amount: Option<Amount>,
    /// The segment values.
    pub profile: Profile,
    /// A hash of the message id, where the row has one.
    pub message: Option<u128>,
}

/// Takes events as they are read.
pub trait EventSink {
    /// Takes one.
    ///
    /// # Errors
    /// Whatever ends the reading; it comes back as [`IntakeError::Sink`].
    fn take(&mut self, event: EventRow) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// What is known when all events have been handed on.
#[derive(Debug)]
pub struct EventsRead {
    /// The account of the rows.
    pub summary: Summary,
    /// The segment columns and values.
    pub segments: Segments,
    /// Names of the kinds.
    pub kinds: Vec<String>,
    /// The instant up to which the events are complete: the end of the last day where only dates are known.
    pub until: Micros,
}

struct Handing<'a>(&'a mut dyn EventSink);

impl RowSink for Handing<'_> {
    fn keeps_all(&self) -> bool {
        true
    }

    fn take(&mut self, row: EventRow) -> Result<(), IntakeError> {
        self.0.take(row).map_err(|source| IntakeError::Sink { source })
    }
}

/// Reads files of events and hands each event on, in the order of the files.
pub fn read_events(
    files: &[PathBuf],
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
    sink: &mut dyn EventSink,
) -> Result<EventsRead, IntakeError> {
    let prepared = prepare(files, options, parquet, Some(Shape::Events), progress)?;
    let read = pass_over(prepared, options, parquet, progress, &mut Handing(sink))?;
    let mut kinds = read.kinds;
    if kinds.is_empty() {
        kinds.push(NO_KIND.to_owned());
    }
    if kinds.len() == usize::from(OTHER_KINDS) {
        kinds.push(OTHERS.to_owned());
    }
    Ok(EventsRead { summary: read.summary, segments: read.segments, kinds, until: read.until })
}
