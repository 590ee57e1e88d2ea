//! What can go wrong while a shop is simulated: the scenario or the disk.

use std::path::PathBuf;

use fidance_domain::table::WriteError;

use crate::scenario::ScenarioError;

/// Why a simulation ended early.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A file or folder cannot be created.
    #[error("cannot create {}: check that the folder is writable", path.display())]
    Create {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file cannot be written to its end.
    #[error("cannot write {}: check the free space on the disk", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The writer that the caller gave failed.
    #[error("cannot write {}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the writer says.
        source: WriteError,
    },
    /// The files in which events wait to be sorted cannot be used.
    #[error("cannot keep events in a temporary file: check the free space in the folder for output")]
    Sorting {
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}
