//! Files and tables in columns: the only crate that names arrow, parquet and deltalake.
//!
//! No arrow type leaves it: rows enter and leave as plain values or as [`fidance_domain::table::Batch`], so that no
//! other crate compiles arrow or depends on its version. [`file`] reads and writes single Parquet files and does
//! not know what their columns mean; everything else is the lake: events sorted by customer in open tables, from
//! which the domain's kernels read. [`columns`] is how its files are encoded, [`keys`] how it knows a duplicate.

mod calendar;
mod check;
pub mod columns;
mod compact;
mod config;
mod copy;
mod customers;
mod days;
mod error;
mod export;
pub mod file;
mod forget;
mod histories;
mod import;
pub mod keys;
mod lake;
mod links;
mod lock;
mod marks;
mod mirror;
mod person;
mod place;
mod row;
mod segments;
mod silent;
mod sort;
mod stored;
mod table;
mod version;
mod walk;

pub use check::{Checked, Problem, RowCounts, Vacuumed};
pub use compact::{Compacted, Thoroughness};
pub use config::{LakeConfig, Pseudonyms};
pub use copy::Copied;
pub use error::LakeError;
pub use export::{Export, ExportError};
pub use forget::Forgotten;
pub use histories::{LakeHistories, Reading};
pub use import::{Batch, Import, ImportOptions, Imported, NewEvent};
pub use lake::Lake;
pub use links::{Link, LinkAction};
pub use person::{PersonEvent, PersonRecord};
pub use place::{BadUrl, Fetching, Location, S3Settings, Store, StoreUrl};
pub use version::{BadVersion, Version};
