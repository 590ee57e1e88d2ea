//! What can go wrong with the store, told so that an operator knows which file or server is meant.
//!
//! Errors of the database are sorted here into those that a caller treats apart (full, busy, taken) and the rest.

use std::path::PathBuf;

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

use crate::Place;

/// The cause below an error of the database: its text names no password.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The location is neither a path nor a PostgreSQL URL that can be used.
    #[error("the location of the store cannot be used: {reason}")]
    Location {
        /// What is wrong with it.
        reason: String,
    },
    /// Another process owns the store.
    #[error("{place} is in use by another process; stop that one first")]
    Busy {
        /// The file, or the URL without password.
        place: Place,
    },
    /// The operation belongs to the process that owns the inbox, and this one opened the store beside it.
    #[error("{place} was opened beside its owner, which alone may {what}")]
    NotOwner {
        /// The file, or the URL without password.
        place: Place,
        /// What was asked for.
        what: &'static str,
    },
    /// No room is left. Nothing was written; the same handle works again once there is room.
    #[error("no room is left for {place} (table {table}); nothing was written")]
    Full {
        /// The file, or the URL without password.
        place: Place,
        /// The table that was written to.
        table: &'static str,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// The database cannot be reached, or all connections stayed taken.
    #[error("{place} cannot be reached")]
    Unavailable {
        /// The file, or the URL without password.
        place: Place,
        /// What the database says.
        #[source]
        source: Cause,
    },
    /// A newer version of the program has written the store.
    #[error("{place} has the schema {found}, this program knows up to {known}; use the newer program")]
    NewerSchema {
        /// The file, or the URL without password.
        place: Place,
        /// The first migration that is not known here.
        found: String,
        /// The last migration that is.
        known: &'static str,
    },
    /// The store has to be migrated by its owner first.
    #[error("{place} has an older schema; start the server once, which brings it up to date")]
    OlderSchema {
        /// The file, or the URL without password.
        place: Place,
    },
    /// The master key is not the one that the store was made with.
    #[error("the key in {key} is not the one that {place} was made with")]
    WrongKey {
        /// Where the key came from.
        key: String,
        /// The file, or the URL without password.
        place: Place,
    },
    /// The file of the master key is gone although the store was made with one.
    #[error("{place} was made with a key that should be in {}; restore that file", file.display())]
    MissingKey {
        /// Where the key should be.
        file: PathBuf,
        /// The file, or the URL without password.
        place: Place,
    },
    /// The file of the master key holds something else than 32 bytes, or others may read it.
    #[error("{} is no usable key: {reason}", file.display())]
    KeyFile {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file beside the database cannot be read or written.
    #[error("{}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A line of the journal of erasures, other than a torn last one, is damaged.
    #[error("{}, line {line}: the entry is damaged", file.display())]
    Journal {
        /// The journal.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A name is taken; names of sources are never given twice.
    #[error("{table}: {name} is taken")]
    Taken {
        /// The table.
        table: &'static str,
        /// The name.
        name: String,
    },
    /// Nothing has this id.
    #[error("{table}: there is no {id}")]
    Absent {
        /// The table.
        table: &'static str,
        /// The id as text.
        id: String,
    },
    /// The operation does not follow on the state that the thing is in.
    #[error("{table}: {id} is not in a state to {what}")]
    State {
        /// The table.
        table: &'static str,
        /// The id as text.
        id: String,
        /// What was asked for.
        what: &'static str,
    },
    /// A sealed value cannot be opened: it was changed, or belongs to another row.
    #[error("{table}: the sealed content of {id} is damaged")]
    Sealed {
        /// The table.
        table: &'static str,
        /// The id as text.
        id: String,
    },
    /// A stored value is not one that this program writes.
    #[error("{place}, table {table}: {what}")]
    Damaged {
        /// The file, or the URL without password.
        place: Place,
        /// The table.
        table: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The back end cannot do this; the text says what can.
    #[error("{place}: {what}")]
    Unsupported {
        /// The file, or the URL without password.
        place: Place,
        /// What cannot be done, and what to use instead.
        what: &'static str,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// Anything else that the database says.
    #[error("{place}, table {table}")]
    Database {
        /// The file, or the URL without password.
        place: Place,
        /// The table.
        table: &'static str,
        /// What the database says.
        #[source]
        source: Cause,
    },
}

impl StoreError {
    /// Whether waiting for room and asking again can help.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Sorts what the database says about an operation on one table.
    pub(crate) fn database(place: &Place, table: &'static str, error: DbErr) -> Self {
        let place = place.clone();
        if is_full(&error) {
            return Self::Full { place, table, source: Box::new(error) };
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
                Self::Unavailable { place, source: Box::new(error) }
            }
            _ => Self::Database { place, table, source: Box::new(error) },
        }
    }

    pub(crate) fn io(file: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { file: file.into(), source }
    }
}

/// Whether the database found a unique column's value a second time.
pub(crate) fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// `SQLITE_FULL`; a write or the growth of the shared index failing for want of room; PostgreSQL's `disk_full`.
const FULL: [&str; 4] = ["13", "778", "4874", "53100"];

fn is_full(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    let sqlx::Error::Database(said) = &**cause else { return false };
    said.code().is_some_and(|code| FULL.contains(&code.as_ref()))
}
