//! Why the lake cannot do what it was asked, with the place and what a person can do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

use deltalake_core::DeltaTableError;

use crate::{columns::ColumnsError, keys::KeyError, version::Version};

/// What Unix systems say where no room is left.
const NO_ROOM: &str = "No space left on device";

/// A lake cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, such as `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A store refused, or could not be reached.
    #[error("cannot {doing} {url}: {reason}")]
    Store {
        /// What was tried, such as `write`.
        doing: &'static str,
        /// The object, or the lake.
        url: String,
        /// The store's reason.
        reason: String,
    },
    /// Another process took the place of a writer that was paused, or that did not reach the store.
    #[error(
        "another process may be writing to the lake {url} by now, as this one was paused or did not reach the store for too \
         long; nothing was committed, try again"
    )]
    LeaseLost {
        /// The lake.
        url: String,
    },
    /// There is no lake at the path.
    #[error("there is no lake in {} (no file lake.toml); `fidance import FILE --lake {}` makes one", path.display(), path.display())]
    NotALake {
        /// The folder.
        path: PathBuf,
    },
    /// A new lake would be mixed with something else.
    #[error("{} is not empty and holds no lake; name a new or empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Two processes were about to make the same lake, and the other was first.
    #[error("another process has just made the lake {}; try again", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The settings of the lake cannot be understood.
    #[error("{}: {message}", path.display())]
    Config {
        /// The settings file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The lake was written by a newer version.
    #[error("the lake {} has format {found}, this program knows formats up to {known}; use a newer version of fidance", path.display())]
    Newer {
        /// The folder.
        path: PathBuf,
        /// The format of the lake.
        found: u32,
        /// The newest format this program knows.
        known: u32,
    },
    /// Another process writes.
    #[error("{holder} is writing to the lake {}; try again when it is done", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// Which process, as far as known.
        holder: String,
    },
    /// Another process has committed in the meantime, more often than was tried again.
    #[error(
        "the table {table} of the lake was changed by another process meanwhile; nothing was written, try again"
    )]
    Conflict {
        /// The table.
        table: &'static str,
    },
    /// The log of a table cannot be read or written.
    #[error("cannot {doing} the log of the table {table} in {}: {source}", path.display())]
    Log {
        /// What was tried.
        doing: &'static str,
        /// The table.
        table: &'static str,
        /// Its folder.
        path: PathBuf,
        /// The library's reason.
        source: Box<DeltaTableError>,
    },
    /// An entry of a log has no content.
    #[error(
        "the entry {} of the log of the table {table} is empty, as a power cut may leave it; restore it from a backup, or \
         remove it if it is the newest of its table, and import what came last once more",
        path.display()
    )]
    EmptyEntry {
        /// The table.
        table: &'static str,
        /// The entry.
        path: PathBuf,
    },
    /// A file that the log names is not there.
    #[error("the file {} is missing, though the log of its table names it; restore it from a backup", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A version that the lake never had.
    #[error("the lake {} has no version {version}; the present one is {last}", path.display())]
    NoSuchVersion {
        /// Where the lake is.
        path: PathBuf,
        /// What was asked for.
        version: Version,
        /// The present version.
        last: Version,
    },
    /// A version whose files are not there any more.
    #[error("version {version} of the lake {} cannot be read any more: files that were replaced since have been removed", path.display())]
    VersionGone {
        /// Where the lake is.
        path: PathBuf,
        /// What was asked for.
        version: Version,
    },
    /// A file whose bytes are not those that were written.
    #[error("the file {} is damaged (its checksum is not what the log says); restore it from a backup", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
    },
    /// Fewer or more rows came out than went in.
    #[error(
        "{written} rows were written where {expected} were expected; nothing was changed: run `fidance check lake {}`",
        path.display()
    )]
    Miscounted {
        /// The folder of the lake.
        path: PathBuf,
        /// Rows that were written.
        written: u64,
        /// Rows that should have been.
        expected: u64,
    },
    /// The index of message ids holds fewer or more ids than were taken.
    #[error(
        "the index of message ids in {} holds {found} ids, but {expected} were taken, so duplicates would not be known; \
         restore the folder from a backup",
        path.display()
    )]
    KeysMissing {
        /// The folder.
        path: PathBuf,
        /// Ids found.
        found: u64,
        /// Ids that the log says were taken.
        expected: u64,
    },
    /// A file in a table that this program did not write.
    #[error(
        "the table {table} names the file {file}, which fidance did not write: another program has rewritten the table, or \
         its log is damaged; restore the lake from a backup"
    )]
    Foreign {
        /// The table.
        table: &'static str,
        /// The file, relative to the table.
        file: String,
    },
    /// Columns of a stored file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ColumnsError,
    },
    /// A file of customers or links cannot be read or written.
    #[error("{}: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: parquet::errors::ParquetError,
    },
    /// The index of message ids.
    #[error("the index of message ids: {0}")]
    Keys(#[from] KeyError),
    /// More than the lake can number.
    #[error("{what}: at most {limit} can be kept apart")]
    TooMany {
        /// What there is too much of.
        what: String,
        /// How many there may be.
        limit: usize,
    },
    /// Work was given to a thread that ended early.
    #[error("a worker thread ended early; this is a defect, please report it")]
    WorkerLost,
}

impl LakeError {
    /// Whether there was no room for what should have been written.
    pub fn is_full(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            let is_full = |error: &io::Error| {
                matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            };
            // Libraries below pass some of the system's errors on as text.
            if error.downcast_ref::<io::Error>().is_some_and(is_full) || error.to_string().contains(NO_ROOM) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// For `map_err` on operations of the file system.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    /// For `map_err` on stored columns.
    pub(crate) fn columns(path: &Path) -> impl FnOnce(ColumnsError) -> Self {
        let path = path.to_owned();
        move |source| Self::Columns { path, source }
    }
}
