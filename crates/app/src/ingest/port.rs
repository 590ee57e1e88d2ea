//! What the server needs of a lake, as ports: whoever wires the program together implements them.

use fidance_domain::history::Segments;

use super::parcel::{Event, Join};
use crate::people::PeopleLake;

/// How a customer's and a message's ids become what the lake knows them by: the same as for a file that is imported.
pub trait Names: Send + Sync + std::fmt::Debug {
    /// The pseudonym of a customer's id, which is given without white space around it.
    fn customer(&self, id: &str) -> i64;
    /// The key of a message within its source.
    fn message(&self, source: &str, id: &str) -> u128;
}

/// Events and joins that are to be taken in together.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Who offers the batch.
    pub application: &'a str,
    /// The batch's number, which never decreases within an application.
    pub number: i64,
    /// Names of the kinds, as the events number them.
    pub kinds: &'a [String],
    /// The segment columns, values and profiles.
    pub segments: &'a Segments,
    /// The events.
    pub events: &'a [Event],
    /// Which ids are one person.
    pub joins: &'a [Join],
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Events that are in the lake now and were not before.
    pub added: u64,
    /// Events that it had.
    pub duplicates: u64,
    /// Whether a batch of this number was taken before, so that nothing was done.
    pub already: bool,
    /// The lake's version.
    pub version: u64,
    /// Small files that wait for a compaction.
    pub fresh_files: u64,
}

/// What a lake says of itself.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a lake did not do what it was asked to. Asking again may help.
#[derive(Debug, thiserror::Error)]
pub enum LakeFault {
    /// Another process writes: nothing is wrong unless that takes long.
    #[error(transparent)]
    Busy(Cause),
    /// There is no room for what would be written.
    #[error(transparent)]
    Full(Cause),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Cause),
}

/// A lake that takes batches, and that persons can be erased from.
pub trait EventLake: PeopleLake {
    /// Takes a batch exactly once: all of it, or nothing and an error.
    ///
    /// # Errors
    /// Where the lake cannot be written to at the moment.
    fn take(&mut self, batch: &Batch<'_>) -> Result<Taken, LakeFault>;

    /// Compacts where that pays, and removes files that nobody needs any more.
    ///
    /// # Errors
    /// Where the lake cannot be written to at the moment; it is as it was then.
    fn tidy(&mut self) -> Result<(), LakeFault>;

    /// The lake's version and its small files.
    ///
    /// # Errors
    /// Where the lake cannot be read at the moment.
    fn state(&mut self) -> Result<(u64, u64), LakeFault>;
}
