//! What erasing and giving needs of a lake, as ports.

use fidance_domain::{amount::Amount, history::Micros};

use crate::ingest::LakeFault;

/// An event of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// The id under which it was recorded.
    pub recorded_as: i64,
    /// When it was.
    pub at: Micros,
    /// The instant by the client's own clock, where `at` was corrected.
    pub clock: Option<Micros>,
    /// Its name.
    pub kind: String,
    /// The amount, where it has one.
    pub amount: Option<Amount>,
}

/// What was said of two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// When.
    pub at: Micros,
    /// One id.
    pub from: i64,
    /// The other.
    pub into: i64,
    /// Whether they are one person, or are not after all.
    pub is_merge: bool,
}

/// What a lake holds of a person.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// All ids of the person.
    pub ids: Vec<i64>,
    /// Names of the segments.
    pub dimensions: Vec<String>,
    /// By id: the value of each segment.
    pub segments: Vec<(i64, Vec<String>)>,
    /// The events, in order of time.
    pub events: Vec<RecordedEvent>,
    /// What was said of the ids.
    pub joins: Vec<Join>,
}

/// A lake that persons can be erased from.
pub trait PeopleLake: Send {
    /// All ids of the persons that these ids belong to, these included.
    ///
    /// # Errors
    /// Where the lake cannot be read at the moment.
    fn ids_of(&mut self, ids: &[i64]) -> Result<Vec<i64>, LakeFault>;

    /// How many rows and statements name one of these ids.
    ///
    /// # Errors
    /// Where the lake cannot be read at the moment.
    fn held_of(&mut self, ids: &[i64]) -> Result<(u64, u64), LakeFault>;

    /// Gives the rows of these persons to names that nobody can find out, and removes the files that named them.
    ///
    /// # Errors
    /// Where the lake cannot be written to at the moment; it is to be done again then.
    fn forget(&mut self, ids: &[i64]) -> Result<(), LakeFault>;

    /// The number up to which an application has noted erasures as done; 0 at first.
    ///
    /// # Errors
    /// Where the lake cannot be read at the moment.
    fn last_forgotten(&mut self, application: &str) -> Result<i64, LakeFault>;

    /// Notes that erasures up to this number are done, in the lake itself: an older copy does not know it.
    ///
    /// # Errors
    /// Where the lake cannot be written to at the moment.
    fn note_forgotten(&mut self, application: &str, number: i64) -> Result<(), LakeFault>;

    /// Whose last event was before an instant, each person with all ids; of `others`, who may not be in the lake, those
    /// without an event since then.
    ///
    /// # Errors
    /// Where the lake cannot be read at the moment.
    fn silent_since(&mut self, before: Micros, others: &[i64]) -> Result<Vec<Vec<i64>>, LakeFault>;
}

/// Reads what a lake holds of a person, beside whoever writes. Blocks.
pub trait PeopleReader: Send + Sync + std::fmt::Debug {
    /// Everything of the person that an id belongs to.
    ///
    /// # Errors
    /// Where the lake cannot be read at the moment.
    fn record(&self, id: i64) -> Result<Record, LakeFault>;
}
