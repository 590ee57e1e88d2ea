//! The summaries of the report on many machines, by Apache Ballista.
//!
//! A job is one node of our own, [`plan::BucketSummaryExec`]: each of its partitions runs our kernels over one bucket
//! of the lake and gives one row of integers, which the client adds up. Ballista hands out the partitions, notices
//! machines that die and repeats what they had; it sees no customer and no event. All tasks read the lake at the
//! version that the plan names, so which machine did what, and when, shows in no figure.

mod client;
mod codec;
mod executor;
mod plan;
mod scheduler;
mod task;

use std::net::SocketAddr;

pub use client::{Answer, Cluster, summaries, summaries_here};
pub use executor::{ExecutorOptions, run_executor};
pub use scheduler::{SchedulerOptions, run_scheduler};

use crate::{question::QuestionError, source::SourceError};

/// The cluster, or a member of it, failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The address of the scheduler is not one.
    #[error("`{0}` is not the address of a scheduler: write http://HOST:PORT")]
    Address(String),
    /// An address cannot be listened on.
    #[error("cannot listen on {at}: {source}")]
    Bind {
        /// The address.
        at: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The scheduler or an executor ended, or refused to begin.
    #[error("{0}")]
    Member(String),
    /// The lake cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The question makes no sense for this lake.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// There is no activity in the lake.
    #[error("there is no activity in the lake")]
    Empty,
    /// The job failed, however often it was tried.
    #[error("the cluster could not answer: {0}")]
    Job(String),
    /// An answer that cannot be added up.
    #[error("the cluster's answer is not complete: {0}")]
    Incomplete(String),
}
