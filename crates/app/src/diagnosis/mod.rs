//! From an alarm to its causes: which customers, which events, what speaks for and against each.
//!
//! [`model`] is the result as plain data. [`events`] places the register among the weeks, [`effect`] and [`scoped`]
//! estimate what each event did to returns, [`kept`] to the retention rate, [`together`] what several of the same weeks did, [`second`] asks other methods, [`rank`]
//! weighs what speaks for and against it, [`examine`] puts it together. What later contexts know of
//! an event (journeys, voices) becomes further [`model::Evidence`].

pub(crate) mod effect;
pub(crate) mod events;
pub(crate) mod examine;
mod kept;
pub mod model;
pub(crate) mod rank;
mod scoped;
pub(crate) mod second;
pub(crate) mod together;
mod two_threads;
