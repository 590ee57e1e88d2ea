//! The exact index of the message ids that have been taken into the lake. A source may deliver a message again after
//! an hour or after a year; it must be counted once. So every id ever taken leaves a key of 96 bits here, in sorted
//! immutable files, and a new batch is checked against all of them.
//!
//! Exact means: two different messages are taken for one only when 96 bits of a good hash agree, which for ten
//! thousand million messages has a chance of about one in a thousand million. This module does not hash messages,
//! does not know what a batch holds, and does not decide when a batch is committed: the caller says so.

mod bits;
mod drops;
mod error;
mod folder;
mod format;
mod key;
mod merge;
mod names;
mod part;
mod plan;
mod run;
mod scan;
mod slot;
mod sorter;
mod source;
mod spill;
mod writer;

#[cfg(test)]
mod tests;

pub use bits::KeyBits;
pub use drops::DropSet;
pub use error::KeyError;
pub use folder::{FolderReport, KeyFolder};
pub use format::{RunKind, RunLabel};
pub use key::MessageKey;
pub use merge::merge;
pub use run::KeyRun;
pub use scan::KeyIter;
pub use sorter::{Deduped, KeySorter};
pub use source::KeySource;
pub use writer::KeyRunWriter;
