//! The store against its promises: one suite, run on SQLite and on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests"
)]

/// Makes a test of each named function for each back end. Before any use, so that all modules have it.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { crate::site::run(crate::site::Backend::Sqlite, super::$name); })*
        }
        mod postgres {
            $(#[test] fn $name() { crate::site::run(crate::site::Backend::Postgres, super::$name); })*
        }
    };
}

mod alarms;
mod api_calls;
mod backup;
mod crash;
mod erasures;
mod full;
mod inbox;
mod incidents;
mod keys;
mod letters;
mod notices;
mod opening;
mod people;
mod postgres;
mod shredding;
mod site;
mod tables;
