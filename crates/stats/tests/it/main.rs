//! The one integration binary of the crate: estimators against published data sets, other implementations
//! and properties that hold for any table.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "fixtures have known shapes")]

mod alarm_properties;
mod alarm_reference;
mod alarm_study;
mod btyd_simulated;
mod cdnow;
mod data;
mod survival_properties;
mod survival_reference;
mod telco;
