//! The watch over retention: returns against expected returns, the alarm with its promise, and how pages ask for them.
//!
//! [`model`] is the result as plain data. Two passes over the rows ([`count`]) give sums by week; [`returns`] and
//! [`retention`] say what was to be expected of each; [`detect`] runs the alarm over them; [`segments`] over
//! every segment against the others; [`running`] compares the week that is not over; [`who`] finds the customers in whom a fall is concentrated; [`look`] puts it together.

pub(crate) mod count;
pub(crate) mod detect;
pub(crate) mod look;
pub mod model;
pub(crate) mod retention;
pub(crate) mod returns;
pub(crate) mod running;
pub(crate) mod segments;
pub(crate) mod who;

use std::{fmt::Debug, sync::Arc};

use self::model::Watch;
use crate::{
    diagnosis::model::{Diagnosis, EventEffects},
    report::ReportError,
};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The rows cannot be read back.
    #[error(transparent)]
    History(#[from] fidance_domain::history::HistoryError),
    /// Nothing is left to count.
    #[error("no activity of any customer is left to count")]
    Empty,
    /// The dates span more than the calendar can hold.
    #[error("the data span {days} days; at most 200 years can be watched")]
    TooLong {
        /// Days between the first and the last activity.
        days: i64,
    },
    /// The promise cannot be kept: no years, or more of them than there are weeks to count.
    #[error("the promise of the alarm: {0}")]
    Promise(String),
    /// Expected returns cannot be computed.
    #[error("expected returns: {0}")]
    Expectation(String),
    /// Contracts and durations have no weekly returns.
    #[error("only activities (orders, visits) can be watched week by week, not contracts or durations")]
    NotActivities,
}

impl From<ReportError> for WatchError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::History(error) => Self::History(error),
            ReportError::Empty => Self::Empty,
            ReportError::TooLong { days } => Self::TooLong { days },
        }
    }
}

/// Answers questions about the alarm of one data set; the console's only view of it. Repeated questions are answered
/// from a cache.
pub trait WatchSource: Debug + Send + Sync {
    /// The series, the evidence and the alarms.
    ///
    /// # Errors
    /// See [`WatchError`].
    fn watch(&self) -> Result<Arc<Watch>, WatchError>;

    /// The diagnosis of one alarm; `None` where no alarm has this id.
    ///
    /// # Errors
    /// See [`WatchError`].
    fn diagnosis(&self, alarm: &str) -> Result<Option<Arc<Diagnosis>>, WatchError>;

    /// What every event of the register did.
    ///
    /// # Errors
    /// See [`WatchError`].
    fn effects(&self) -> Result<Arc<EventEffects>, WatchError>;
}
