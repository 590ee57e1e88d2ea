//! From the bytes of a file to customers' activities in (customer, time) order, with every row accounted for.
//!
//! The crate exists so that no figure of Fidance ever rests on a row that was misread or lost: whatever a
//! file holds, each of its rows is used, filtered, not an activity, or rejected for a stated reason, and the
//! four add up to the rows read. It knows text formats and what columns mean; it does not know Parquet (the
//! caller passes an opener), retention, the clock, the environment or the terminal.
//!
//! Read in this order: [`open`] finds a file's format, [`Mapping`] says which column is what, [`guess`]
//! fills what the mapping leaves open, [`read_activities`] and its two siblings do the whole work. Incidents are no
//! activities and go their own way: [`register`].

mod accounts;
mod amounts;
mod cells;
mod condition;
pub mod customers;
mod dates;
mod error;
mod front;
mod guess;
mod links;
mod lists;
mod mapping;
mod note;
mod reader;
pub mod register;
mod rejects;
mod segments;
mod sort;

pub use condition::{Condition, ConditionError};
pub use dates::{AtFormat, AtFormatError};
pub use error::{ColumnList, ColumnSample, IntakeError};
pub use front::{
    AnyIntake, ColumnUse, DEFAULT_MEMORY, EventRow, EventSink, EventsRead, FileSummary, Inspection, Intake,
    IntakeOf, Options, Progress, Shape, Stage, SubscriptionIntake, Summary, inspect, read_activities,
    read_any, read_events, read_lifetimes, read_subscriptions,
};
pub use guess::{Guess, guess};
pub use links::{LinkRow, read_links};
pub use lists::{ListColumns, read_lists, read_lists_from};
pub use mapping::{Choice, How, Mapping, Role};
pub use note::Note;
pub use reader::{Encoding, Format, Opened, ParquetOpener, TextOptions, open};
pub use rejects::RejectCount;
pub use sort::{SortedHistories, Sorter};
