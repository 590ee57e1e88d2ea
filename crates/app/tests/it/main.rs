//! One binary for all integration tests of the use cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests"
)]

mod activities;
mod alarms;
mod contracts;
mod dose;
mod ingest;
mod notices;
mod running_week;
mod segment_watch;
mod support;
