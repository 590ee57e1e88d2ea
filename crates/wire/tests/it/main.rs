//! Requests as clients send them, and requests as nobody should.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests"
)]

mod bad;
mod captured;
mod cloudevents;
mod identity_providers;
mod posthog;
mod properties;
mod replies;
mod segment;
mod snowplow;
mod support;
mod transport;
