//! One file per command.

pub(crate) mod console;
pub(crate) mod demo;
pub(crate) mod report;
pub(crate) mod simulate;
