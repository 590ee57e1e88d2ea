//! The report as plain data: the one shape behind the terminal, JSON, CSV, HTML and the console.
//!
//! Serialised, it is the JSON of `docs/report.schema.json`. Rates are fractions between 0 and 1, dates are
//! civil dates in the report's time zone, and `end` is exclusive, as every period is `[start, end)`.
//! A value that the data cannot give is `null`, never 0.

mod cohort;
mod note;
mod period;
mod survival;
mod value;

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::{
    cohort::{Bracket, CohortMeans, CohortRow, Cohorts, PooledMean},
    note::{NoValueReason, Note},
    period::{Comparison, DriverPart, Drivers, Headline, PeriodRow, Segment, SegmentPeriods, Trend},
    survival::{
        DurationUnit, IncidenceCurve, IncidencePoint, LogRankTest, ReturnChance, SurvivalCurve, SurvivalPoint,
    },
    value::{
        Backtest, BgNbdFit, Estimate, ForecastCheck, GammaGammaFit, SbgFit, Value, ValueModels, ValueUnit,
    },
};

/// Everything that one run found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// What was measured.
    pub definition: Definition,
    /// What was read.
    pub input: Input,
    /// What could not be used, by reason.
    pub rejected: Rejected,
    /// The last complete period against the past; absent where no period is complete.
    pub headline: Option<Headline>,
    /// Every period that the data touch, in order.
    pub periods: Vec<PeriodRow>,
    /// The same periods by segment.
    pub segments: Vec<SegmentPeriods>,
    /// Customers by the period of their first activity; absent without dates.
    pub cohorts: Option<Cohorts>,
    /// Survival curves: all customers first, then one per segment value.
    pub survival: Vec<SurvivalCurve>,
    /// Whether survival differs between the values of a segment column.
    pub log_rank: Vec<LogRankTest>,
    /// Probability of having left for each reason (Aalen-Johansen); empty without reasons.
    pub incidence: Vec<IncidenceCurve>,
    /// Chance that a customer who has been silent comes back; empty for contracts.
    pub returns: Vec<ReturnChance>,
    /// What customers, and one point of retention, are worth; absent where it cannot be told.
    pub value: Option<Value>,
    /// What a reader must know to read the figures rightly.
    pub notes: Vec<Note>,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Definition {
    /// How the file says that a customer is one.
    pub mode: Mode,
    /// The events that count as being a customer; `every row` without an event column.
    pub activity: String,
    /// How long a customer counts as active after an activity: `90d`, `1mo`; `subscription` for contracts.
    pub window: String,
    /// Why this window, where it was chosen automatically.
    pub window_choice: Option<WindowChoice>,
    /// How long a contract still counts after its end, such as `7d`.
    pub grace: Option<String>,
    /// Length of a period.
    pub every: PeriodLength,
    /// IANA name of the time zone in which days begin.
    pub time_zone: String,
    /// First civil day with data.
    #[schemars(with = "Option<String>")]
    pub data_from: Option<Date>,
    /// The day after the last one with data.
    #[schemars(with = "Option<String>")]
    pub data_until: Option<Date>,
    /// Currency of the amounts, where it is known.
    pub currency: Option<String>,
}

/// The three shapes of a table about customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One row per activity (order, visit).
    Activities,
    /// One row per contract, with start and end.
    Subscriptions,
    /// One row per customer, with a duration and whether it ended.
    Lifetimes,
}

/// Length of a civil period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodLength {
    /// Civil day.
    Day,
    /// ISO week, from Monday.
    Week,
    /// Civil month.
    Month,
    /// Civil quarter.
    Quarter,
}

/// How the automatic window was found: the 95th percentile of the gaps between two active days, rounded up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WindowChoice {
    /// Number of gaps between successive active days of one customer.
    pub gaps: u64,
    /// Half of the gaps are at most this many days.
    pub p50_days: u32,
    /// 90 % are.
    pub p90_days: u32,
    /// 95 % are.
    pub p95_days: u32,
    /// The window taken, in days.
    pub days: u32,
    /// Whether the window was cut because the data are too short for a longer one.
    pub limited_by_data: bool,
}

/// What was read, and how the columns were understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Input {
    /// Files, as given.
    pub files: Vec<String>,
    /// As known on: the version of the lake that was read, which can be asked for again; `null` for files.
    pub version: Option<String>,
    /// Rows read, headers not counted.
    pub rows: u64,
    /// Rows that count as activity.
    pub rows_used: u64,
    /// Rows left out by `--where`, or because their event is not the activity.
    pub rows_filtered: u64,
    /// Distinct customers.
    pub customers: u64,
    /// Role (`customer`, `at`, `value`, ...) to column.
    pub columns: BTreeMap<String, ColumnChoice>,
}

/// Which column plays a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnChoice {
    /// Name of the column.
    pub column: String,
    /// Whether it was guessed rather than given.
    pub guessed: bool,
    /// How its values are read, such as `yyyymmdd`, where that was decided.
    pub format: Option<String>,
}

/// Rows that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Rejected {
    /// All of them.
    pub rows: u64,
    /// By reason, most frequent first.
    pub reasons: Vec<RejectedReason>,
    /// Where they were written.
    pub file: Option<String>,
}

/// Rows rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RejectedReason {
    /// Machine word, such as `no_customer`.
    pub reason: String,
    /// How many.
    pub rows: u64,
    /// Line of the first one.
    pub first_line: u64,
}
