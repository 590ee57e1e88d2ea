//! What can go wrong with the keys, each with the file and what a person can do. Nothing here panics.

use std::io;
use std::path::{Path, PathBuf};

/// Why the keys could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system refused.
    #[error("cannot {doing} {}: {source}; check that the disk is there, not full, and may be written", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was attempted, as a verb.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The content contradicts itself.
    #[error(
        "the key run {} is damaged ({what}); put back a copy of it, or rebuild the keys of its batches from the lake",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which part is wrong.
        what: &'static str,
    },
    /// Another file bears the name of a key run.
    #[error("{} is not a key run although it is named like one; move it out of this folder", path.display())]
    NotARun {
        /// The file.
        path: PathBuf,
    },
    /// Written by another version.
    #[error(
        "the key run {} has format {found} and this version reads {known}; use the version that wrote it",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The format we read.
        known: u32,
    },
    /// The caller handed in keys out of order.
    #[error("keys for {} did not come in ascending order; sort them first and keep each once", path.display())]
    Unsorted {
        /// The run that was written or asked.
        path: PathBuf,
    },
    /// More keys came than were announced.
    #[error("more than the announced {at_most} keys came for {}; announce the largest possible number", path.display())]
    TooMany {
        /// The run that was written.
        path: PathBuf,
        /// What was announced.
        at_most: u64,
    },
    /// Too many batches or names for a header.
    #[error("the header of {} would be too long; merge fewer runs at once, or settle them", path.display())]
    HeaderTooLong {
        /// The run that was written.
        path: PathBuf,
    },
    /// A position beyond what a batch may hold.
    #[error(
        "position {ordinal} is beyond the {limit} messages that a batch may hold; cut the batch into smaller ones"
    )]
    OrdinalTooLarge {
        /// The position.
        ordinal: u64,
        /// The first position that is too large.
        limit: u64,
    },
    /// A run of several batches of which only some are committed.
    #[error(
        "the key run {} covers committed and uncommitted batches; delete it and rebuild the keys of the committed ones",
        path.display()
    )]
    HalfCommitted {
        /// The file.
        path: PathBuf,
    },
    /// Keys of a batch that are in use were to be replaced.
    #[error("the keys of batch {batch:032x} in {} are in use already; give the new batch its own id", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
        /// The batch.
        batch: u128,
    },
    /// A worker thread ended early.
    #[error(
        "a thread that sorted keys ended before its work was done; try again, with fewer other programs running"
    )]
    ThreadLost,
}

impl KeyError {
    /// Puts place and verb to an error of the system; for `map_err`.
    pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_path_buf(), doing, source }
    }

    pub(super) fn damaged(path: &Path, what: &'static str) -> Self {
        Self::Damaged { path: path.to_path_buf(), what }
    }
}
