//! How long customers stay: survival analysis on a grouped, additive table of lifetimes.
//!
//! Everything starts from a [`LifetimeTable`], which counts customers by time of entry, time of exit and
//! cause of exit. Tables add, so any number of partitions can each fill one. After that bincount every
//! estimator costs one sweep over the distinct times, whatever the number of customers.
//!
//! Conventions, the same as R's `survival` package:
//! - at equal times, events come before censorings (a customer censored at t was at risk at t);
//! - a customer who enters observation at t > 0 (left truncation) is at risk from just after t.

mod aalen_johansen;
mod kaplan_meier;
mod log_rank;
mod table;

pub use aalen_johansen::{CumulativeIncidence, IncidenceCurve, IncidencePoint};
pub use kaplan_meier::{KaplanMeier, Median, SurvivalPoint};
pub use log_rank::{GroupCounts, LogRank, log_rank};
pub use table::{Lifetime, LifetimeTable, RiskSet};

/// Why a survival estimate cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SurvivalError {
    /// No customer of the table is ever at risk in the window asked for.
    #[error("no lifetime is at risk in the window asked for")]
    Empty,
    /// A comparison needs at least two groups.
    #[error("a comparison needs at least two groups, got {groups}")]
    TooFewGroups {
        /// Number of groups given.
        groups: usize,
    },
    /// The groups are never at risk together at the time of an event, so the data cannot tell.
    #[error("the groups are never at risk together when an event happens")]
    NotComparable,
}
