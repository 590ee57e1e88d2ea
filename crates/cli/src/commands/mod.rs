//! One file per command.

pub(crate) mod backup;
pub(crate) mod check;
#[cfg(feature = "cluster")]
pub(crate) mod cluster;
pub(crate) mod compact;
pub(crate) mod console;
pub(crate) mod demo;
pub(crate) mod diagnose;
pub(crate) mod dose;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod incidents;
pub(crate) mod letters;
pub(crate) mod link;
pub(crate) mod operate;
pub(crate) mod report;
mod server_api;
pub(crate) mod simulate;
#[cfg(feature = "sql")]
pub(crate) mod sql;
