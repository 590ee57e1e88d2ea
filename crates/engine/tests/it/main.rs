//! SQL and the cluster over a lake that stands in for the real one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests"
)]
#![cfg(any(feature = "sql", feature = "cluster"))]

#[cfg(feature = "cluster")]
mod cluster;
#[cfg(feature = "cluster")]
mod member;
#[cfg(all(feature = "cluster", feature = "sql"))]
mod real_lake;
#[cfg(feature = "sql")]
mod sql;
mod stand_in;
