//! What goes out, against servers of the tests' own that answer as real ones do on good and bad days.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

mod mail;
mod webhook;

/// A day in November 2026, in microseconds.
const NOW: i64 = 1_795_000_000_000_000;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
