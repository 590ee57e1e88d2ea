//! One binary for all integration tests of the domain: the kernels against the plain model.
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

mod incident;
mod kernels;
mod returns;
mod vocabulary;
