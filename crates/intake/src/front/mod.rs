//! The whole way from paths to sorted histories, subscriptions or lifetimes.

mod activities;
mod columns;
mod events;
mod lifetimes;
mod prepare;
mod pump;
mod source;
mod subscriptions;
mod survey;

use std::{fmt, path::PathBuf};

use fidance_domain::history::{LifetimeRows, Micros, SubscriptionTable};
use jiff::tz::TimeZone;

pub use self::{
    activities::read_activities,
    events::{EventRow, EventSink, EventsRead, read_events},
    lifetimes::read_lifetimes,
    prepare::inspect,
    subscriptions::read_subscriptions,
};
use crate::{
    error::{ColumnSample, IntakeError},
    mapping::{Choice, Mapping},
    note::Note,
    reader::{ParquetOpener, TextOptions},
    rejects::RejectCount,
    sort::SortedHistories,
};

/// Memory for sorting where nothing else is said.
pub const DEFAULT_MEMORY: usize = 768 << 20;

/// How files are to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which column is what; what is open is guessed.
    pub mapping: Mapping,
    /// The format of text files.
    pub text: TextOptions,
    /// The zone in which times without an offset are read.
    pub time_zone: TimeZone,
    /// The present: later dates are rejected, with two days of grace.
    pub now: Micros,
    /// Bytes of memory for sorting.
    pub memory: usize,
    /// Where activities go that do not fit it.
    pub temp_folder: PathBuf,
    /// Where rejected rows are written; the file is created only where there are any.
    pub rejects: Option<PathBuf>,
}

impl Options {
    /// Everything found out or at its usual value.
    pub fn new(time_zone: TimeZone, now: Micros, temp_folder: PathBuf) -> Self {
        Self {
            mapping: Mapping::default(),
            text: TextOptions::default(),
            time_zone,
            now,
            memory: DEFAULT_MEMORY,
            temp_folder,
            rejects: None,
        }
    }
}

/// What kind of table a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One row per activity of a customer.
    Activities,
    /// One row per event of a customer, activity or not, each to be kept; never guessed.
    Events,
    /// One row per subscription, with its start and end.
    Subscriptions,
    /// One row per customer, with an age and whether the customer left.
    Lifetimes,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Activities => "activities",
            Self::Events => "events",
            Self::Subscriptions => "subscriptions",
            Self::Lifetimes => "lifetimes",
        })
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding out formats and columns.
    Looking,
    /// Reading rows.
    Reading,
    /// Sorting what is in memory.
    Sorting,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// The file, from 1.
    pub file: usize,
    /// Number of files.
    pub files: usize,
    /// Rows read so far, of all files.
    pub rows: u64,
    /// Bytes of the current file taken and in all, where known.
    pub bytes: Option<(u64, u64)>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSummary {
    /// Its path, `standard input` for `-`.
    pub file: String,
    /// Its format, such as `CSV separated by ";", gzip`.
    pub format: String,
    /// Rows read.
    pub rows: u64,
    /// How its dates are written; `None` in lifetimes.
    pub date_format: Option<String>,
}

/// A column and what it was used for; the name under which the command line shows [`Choice`].
pub type ColumnUse = Choice;

/// The account of a run.
///
/// `rows_read = rows_used + filtered + not_activity + rows rejected`, always.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The files, in the order given.
    pub files: Vec<FileSummary>,
    /// Rows read.
    pub rows_read: u64,
    /// Rows that became an activity, a subscription or a lifetime.
    pub rows_used: u64,
    /// Rows that did not meet the conditions.
    pub filtered: u64,
    /// Rows of events that are not activities.
    pub not_activity: u64,
    /// Rejected rows by reason, the most frequent first.
    pub rejected: Vec<RejectCount>,
    /// Ids that stand for nobody, with their numbers of rows.
    pub reserved: Vec<(String, u64)>,
    /// The columns chosen.
    pub columns: Vec<ColumnUse>,
    /// The mapping in full, ready to be saved.
    pub mapping: Mapping,
    /// The zone.
    pub time_zone: String,
    /// The currency whose amounts count; `None` where there is no such column.
    pub currency: Option<String>,
    /// Whether any date has a time of day.
    pub has_time_of_day: bool,
    /// Kinds of events with their numbers of rows.
    pub events: Vec<(String, u64)>,
    /// What else a person should know.
    pub notes: Vec<Note>,
}

impl Summary {
    /// Rows rejected for any reason.
    pub fn rows_rejected(&self) -> u64 {
        self.rejected.iter().map(|count| count.rows).sum()
    }
}

/// Activities in order, with the account of their rows.
#[derive(Debug)]
pub struct Intake {
    /// The activities.
    pub histories: SortedHistories,
    /// The account.
    pub summary: Summary,
}

/// Subscriptions or lifetimes, with the account of their rows.
#[derive(Debug)]
pub struct IntakeOf<T> {
    /// The table.
    pub table: T,
    /// The account.
    pub summary: Summary,
}

/// What files turned out to hold.
#[derive(Debug)]
pub enum AnyIntake {
    /// Activities.
    Activities(Intake),
    /// Subscriptions.
    Subscriptions(SubscriptionIntake),
    /// Lifetimes.
    Lifetimes(IntakeOf<LifetimeRows>),
}

/// Finds out what kind of table files have and reads it, in one go: a pipe cannot be inspected first.
pub fn read_any(
    files: &[PathBuf],
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<AnyIntake, IntakeError> {
    let prepared = prepare::prepare(files, options, parquet, None, progress)?;
    match prepared.guess.shape {
        Shape::Activities | Shape::Events => {
            activities::read(prepared, options, parquet, progress).map(AnyIntake::Activities)
        }
        Shape::Subscriptions => {
            subscriptions::read(prepared, options, parquet, progress).map(AnyIntake::Subscriptions)
        }
        Shape::Lifetimes => lifetimes::read(prepared, options, parquet, progress).map(AnyIntake::Lifetimes),
    }
}

/// Subscriptions with the account of their rows.
pub type SubscriptionIntake = IntakeOf<SubscriptionTable>;

/// What was found out of files without reading them to the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// What kind of table the files have.
    pub shape: Shape,
    /// The columns of the first file, with a value of each.
    pub columns: Vec<ColumnSample>,
    /// The format of the first file.
    pub format: String,
    /// The mapping, with what was guessed.
    pub mapping: Mapping,
    /// Each chosen column, with its reason.
    pub choices: Vec<Choice>,
    /// What else a person should know.
    pub notes: Vec<Note>,
}
