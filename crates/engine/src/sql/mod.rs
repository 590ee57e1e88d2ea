//! Ad-hoc questions in SQL over the tables of a lake, and what the kernels know as table functions.
//!
//! Nothing can be written: statements that would are refused by their plan, not by their words. A query ends at
//! its row limit, its time-out or its memory limit, whichever comes first.

mod functions;
mod message;
mod output;
mod session;
mod tables;

use std::{
    fmt,
    io::{self, Write},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use datafusion::{
    arrow::{datatypes::SchemaRef, error::ArrowError, record_batch::RecordBatch},
    error::DataFusionError,
};
use futures::StreamExt as _;

use crate::source::{Source, SourceError};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// A table for the eye.
    #[default]
    Text,
    /// Comma-separated values with a header.
    Csv,
    /// One array of objects.
    Json,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            other => Err(format!("`{other}` is not a format: write text, csv or json")),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Json => "json",
        })
    }
}

/// What a query may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of the result; what is beyond is not computed where that can be avoided, and not shown.
    pub rows: usize,
    /// Time.
    pub timeout: Duration,
    /// Memory of sorts, joins and groupings, in bytes; sorts go to disk beyond it.
    pub memory: usize,
    /// Threads.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { rows: 10_000, timeout: Duration::from_mins(1), memory: 1 << 30, threads }
    }
}

/// A query was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The text is not a query, or one that writes, or it failed.
    #[error("{0}")]
    Query(String),
    /// It took too long.
    #[error("the query took longer than {} s: ask for less, or give it more time with --timeout", .0.as_secs())]
    Timeout(Duration),
    /// It needs too much memory.
    #[error("the query needs more than its {} MiB of memory: ask for less, or give it more with --memory", .0 >> 20)]
    Memory(usize),
    /// The lake cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The result cannot be written.
    #[error("cannot write the result: {0}")]
    Output(#[source] io::Error),
    /// Threads cannot be started.
    #[error("cannot start threads: {0}")]
    Threads(#[source] io::Error),
}

/// The rows of a result.
#[derive(Debug)]
pub struct Answer {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// Whether there were more rows than the limit.
    pub cut: bool,
}

impl Answer {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Writes the rows.
    ///
    /// # Errors
    /// Where the output fails.
    pub fn write(&self, format: Format, to: &mut dyn Write) -> Result<(), SqlError> {
        output::write(&self.schema, &self.batches, format, to).map_err(|e| match e {
            ArrowError::IoError(_, e) => SqlError::Output(e),
            other => SqlError::Output(io::Error::other(other)),
        })
    }
}

/// Answers one query over a lake.
///
/// # Errors
/// Where the text is no query, would write, exceeds a limit, or the lake cannot be read.
pub fn query(source: Arc<dyn Source>, sql: &str, limits: &Limits) -> Result<Answer, SqlError> {
    let tables = tables::files(source.as_ref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(limits.threads.max(1))
        .enable_time()
        .build()
        .map_err(SqlError::Threads)?;
    let cancelled = Arc::new(AtomicBool::new(false));
    let answer = runtime.block_on(async {
        let answer = answer(source, &tables, sql, limits, Arc::clone(&cancelled));
        tokio::time::timeout(limits.timeout, answer).await
    });
    cancelled.store(true, Ordering::Relaxed);
    // Threads that still read are told to stop and not waited for.
    runtime.shutdown_background();
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(e)) if matches!(e.find_root(), DataFusionError::ResourcesExhausted(_)) => {
            Err(SqlError::Memory(limits.memory))
        }
        Ok(Err(e)) => Err(SqlError::Query(message::of(&e))),
        Err(_) => Err(SqlError::Timeout(limits.timeout)),
    }
}

async fn answer(
    source: Arc<dyn Source>,
    tables: &[tables::Files],
    sql: &str,
    limits: &Limits,
    cancelled: Arc<AtomicBool>,
) -> Result<Answer, DataFusionError> {
    let context = session::open(source, tables, limits, cancelled).await?;
    let plan = session::plan(&context, sql).await?;
    let mut stream = context.execute_logical_plan(plan).await?.execute_stream().await?;
    let mut answer = Answer { schema: stream.schema(), batches: Vec::new(), cut: false };
    let mut left = limits.rows;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        if batch.num_rows() > left {
            answer.batches.push(batch.slice(0, left));
            answer.cut = true;
            break;
        }
        left -= batch.num_rows();
        answer.batches.push(batch);
    }
    Ok(answer)
}
