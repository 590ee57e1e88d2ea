//! The retention report: what `fidance report` prints and what the console shows.
//!
//! [`model`] is the result, as plain data that serialises to the documented JSON; [`question`] is what was
//! asked; [`ReportSource`] is how pages ask.

pub mod activities;
mod cohorts;
mod drivers;
pub mod lifetimes;
pub mod model;
pub(crate) mod pass;
mod periods;
pub mod question;
pub mod settings;
pub mod subscriptions;
mod survival;
mod value;
pub(crate) mod window;

use std::{fmt::Debug, sync::Arc};

use self::{model::Report, question::Question};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The rows cannot be read back.
    #[error(transparent)]
    History(#[from] fidance_domain::history::HistoryError),
    /// Nothing is left to count.
    #[error("no activity of any customer is left to count")]
    Empty,
    /// The dates span more than the calendar can hold.
    #[error("the data span {days} days; at most 200 years can be reported")]
    TooLong {
        /// Days between the first and the last activity.
        days: i64,
    },
}

/// Answers questions about one data set; the console's only view of it.
pub trait ReportSource: Debug + Send + Sync {
    /// The report for a question; repeated questions are answered from a cache.
    ///
    /// # Errors
    /// See [`ReportError`].
    fn report(&self, question: Question) -> Result<Arc<Report>, ReportError>;

    /// What is asked when a page is opened without choices.
    fn default_question(&self) -> Question;
}
