//! A believable online shop, with planted incidents whose true effect is known.
//!
//! Nothing of the product may depend on this crate, only the command line: it knows the truth, and the
//! estimators must not. It knows no file library either; see [`OpenTable`].
//!
//! The same scenario and seed give the same bytes on any machine: every customer has its own streams of
//! random numbers, mathematics comes from `libm`, time zones from the bundled database, and nothing depends
//! on the order of a hash map, on threads or on the clock.
#![warn(missing_docs)]

mod attempt;
mod calendar;
mod change;
mod dirt;
mod draw;
mod error;
mod event;
mod identity;
mod journey;
mod person;
mod register;
mod run;
mod segment;
mod sink;
mod sorter;
mod truth;
mod voice;
mod world;

pub mod scenario;

pub use error::SimError;
pub use run::{FileWritten, Order, Outcome, OutputOptions, Phase, Progress, simulate};
pub use scenario::{Detail, Scenario, ScenarioError};
pub use sink::{EventFormat, OpenTable, Times};
