//! The one integration binary of the crate: estimators against published data sets, other implementations
//! and properties that hold for any table.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "fixtures have known shapes")]

mod alarm_properties;
mod alarm_reference;
mod alarm_study;
mod bsts_binomial;
mod bsts_joint;
mod bsts_reference;
mod btyd_simulated;
mod causal_did;
mod causal_gate;
mod causal_overlap;
mod causal_simulated;
mod causal_simulator;
mod causal_synthetic;
mod cdnow;
mod comparator;
mod customer_simulator;
mod data;
mod driver;
mod expected;
mod expected_returns;
mod expected_runs;
mod meta;
#[path = "../../examples/support/panels.rs"]
mod panels;
mod reference;
mod returns_watch;
mod running_week;
#[path = "../../examples/segments_study/shop.rs"]
#[expect(dead_code, reason = "the study prints the names of its worlds")]
mod segment_shop;
mod segments_watch;
mod statespace_reference;
mod structural_simulated;
mod survival_properties;
mod survival_reference;
mod telco;
