//! The stored columns of the lake: events and days of activity, sorted by customer, in plain Parquet files that
//! every other reader opens too, decoded straight into the vectors that streaming kernels read.
//!
//! Customers come as runs, because where a customer ends is all that a kernel asks of them. Nothing here knows
//! what retention is, or which files belong to a table.

mod day_writer;
mod days;
mod delta;
mod error;
mod event_writer;
mod events;
mod file;
mod foreign;
mod hybrid;
mod kinds;
mod pages;
mod source;
#[cfg(test)]
mod tests;
mod unpack;
mod values;
mod write;

pub use day_writer::DayWriter;
pub use days::{Day, DayColumns, DayCursor, DayReader, LAST_QUARTER, WantedOfDays};
pub use error::{ColumnsError, MAX_KINDS};
pub use event_writer::EventWriter;
pub use events::{Event, EventColumns, EventCursor, EventReader, WantedOfEvents};
pub use file::RowGroup;
pub use source::SharedFile;
pub use values::Run;
pub use write::Written;

/// Stands for "no value" in columns that may have none.
pub const NONE: i64 = i64::MIN;

/// Rows of a batch: few enough that the batch stays in the first and second cache.
pub const BATCH_ROWS: usize = 8192;
