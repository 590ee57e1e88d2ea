//! Retention, exactly: who was active, who stayed, left and came back.
//!
//! Every kernel here sees one customer after the other, each as a series of active days in order, keeps a
//! constant amount of state per customer, and ends in integers that add: over parts, threads, machines. None
//! knows where the days come from. The definitions:
//!
//! - A customer is *active* at an instant t that begins a civil day if some activity lies in `[t − w, t)`
//!   (window `w`), or if a subscription covers t: see [`coverage`].
//! - For a period `[s, e)` the [`flows`] are S, E, K, L, N, R and N lost. The retention rate is K/S.
//! - [`cohort`]: customers by the period of their first activity. [`spell`]: how long a customer stays before
//!   the first silence longer than the window. [`gap`]: days between activities. [`exposure`]: returns by
//!   recency, frequency and tenure; [`returns`]: the same against expectation, by profile; [`landmark`]: the same by what
//!   customers were like weeks before; [`running`]: the week that is not over; [`risk`]: what these share. [`revenue`]: money kept. [`purchase`]: what value
//!   models need.

pub mod cohort;
pub mod coverage;
pub mod event_study;
pub mod exposure;
pub mod flows;
pub mod gap;
pub mod group;
pub mod landmark;
pub mod purchase;
pub mod returns;
pub mod revenue;
pub mod risk;
pub mod running;
pub mod spell;

pub use coverage::{ActivityWindow, Coverage};
pub use group::{GroupId, Groups};
