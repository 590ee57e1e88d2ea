//! One file per command.

#[cfg(feature = "cluster")]
pub(crate) mod cluster;
pub(crate) mod console;
pub(crate) mod demo;
pub(crate) mod report;
pub(crate) mod simulate;
#[cfg(feature = "sql")]
pub(crate) mod sql;
