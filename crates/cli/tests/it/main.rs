//! One binary for all integration tests of the command line: they run the real program on real files.
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

/// Makes a test of each named function for each back end of the store. Before any use, so that all modules have it.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::serve_support::Backend::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(backend) = crate::serve_support::Backend::postgres() {
                    super::$name(&backend);
                }
            })*
        }
    };
}

mod bad_input;
mod diagnose;
mod forms;
mod incidents;
mod lake;
mod lake_kill;
mod lake_robust;
mod lake_store;
mod lake_support;
mod lists;
#[path = "../../../store/tests/it/postgres.rs"]
#[allow(dead_code, reason = "the store's tests need more of it")]
mod postgres;
mod reference;
mod s3_server;
mod schema;
mod serve;
mod serve_affected;
mod serve_alarms;
mod serve_api;
mod serve_backup;
mod serve_connection;
mod serve_dirty;
mod serve_erase;
mod serve_incidents;
mod serve_kill;
mod serve_limits;
mod serve_notices;
mod serve_support;
mod serve_trouble;
mod shop;
mod support;
