//! The report as plain data: the one shape behind the terminal, JSON, CSV, HTML and the console.
//!
//! Serialised, it is the JSON of `docs/report.schema.json`. Rates are fractions between 0 and 1, dates are
//! civil dates in the report's time zone, and `end` is exclusive, as every period is `[start, end)`.
//! A value that the data cannot give is `null`, never 0.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

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

/// Retention over one period. `s = k + l` and `e = k + n + r` always hold.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PeriodRow {
    /// First day.
    #[schemars(with = "String")]
    pub start: Date,
    /// Day after the last one.
    #[schemars(with = "String")]
    pub end: Date,
    /// Whether the data reach the end of the period.
    pub complete: bool,
    /// Whether the period starts so early that activities before the data would matter.
    pub warming_up: bool,
    /// Customers active at the start.
    pub s: u64,
    /// Customers active at the end.
    pub e: u64,
    /// Kept: active at both.
    pub k: u64,
    /// Lost: active at the start and not at the end.
    pub l: u64,
    /// New: first activity ever in the period, active at the end.
    pub n: u64,
    /// Reactivated: active at the end, not at the start, first activity before the period.
    pub r: u64,
    /// First activity ever in the period, and not active at its end.
    pub n_lost: u64,
    /// Retention rate k / s.
    pub trc: Option<f64>,
    /// Lower end of its 95 % interval.
    pub trc_low: Option<f64>,
    /// Upper end.
    pub trc_high: Option<f64>,
    /// The textbook formula `(e − (n + n_lost)) / s`.
    pub trc_formula: Option<f64>,
    /// What was bought (or billed) in the period, in currency units; activities only.
    pub revenue: Option<f64>,
    /// Net revenue retention of the customers active at the start.
    pub nrr: Option<f64>,
    /// Gross revenue retention of the same customers: growth of a customer not counted.
    pub grr: Option<f64>,
}

impl PeriodRow {
    /// Whether the period may be averaged, compared and alarmed on.
    pub fn is_settled(&self) -> bool {
        self.complete && !self.warming_up && self.s > 0
    }
}

/// One value of one segment column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Segment {
    /// The column, such as `country`.
    pub by: String,
    /// The value, such as `FR`; `(none)` where the cell was empty.
    pub value: String,
}

/// The periods of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SegmentPeriods {
    /// Which.
    #[serde(flatten)]
    pub segment: Segment,
    /// Distinct customers in it.
    pub customers: u64,
    /// Its periods, the same as the report's.
    pub periods: Vec<PeriodRow>,
}

/// The last settled period, against the past.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Headline {
    /// Position of the period in [`Report::periods`].
    pub period: usize,
    /// The same period one year before, where it is settled.
    pub year_ago: Option<Comparison>,
    /// The period before.
    pub previous: Option<Comparison>,
    /// Change over the settled periods of the last two years at most.
    pub trend: Option<Trend>,
}

/// A difference between two retention rates.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// Position of the other period in [`Report::periods`].
    pub period: usize,
    /// This rate less the other one, as a fraction.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Robust slope (Theil-Sen) of the retention rate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Trend {
    /// Change of the rate per year, as a fraction.
    pub per_year: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Number of periods it rests on.
    pub periods: usize,
}

/// Customers by the period of their first activity.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cohorts {
    /// Length of the buckets.
    pub every: PeriodLength,
    /// Bucket ranges of the bracket variant.
    pub brackets: Vec<Bracket>,
    /// One row per cohort, oldest first.
    pub rows: Vec<CohortRow>,
    /// Weighted mean over the complete cells of each column.
    pub pooled: CohortMeans,
}

/// Buckets `from..=to` after the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bracket {
    /// First bucket.
    pub from: u32,
    /// Last bucket.
    pub to: u32,
}

/// One cohort. A cell whose bucket is not over yet is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CohortRow {
    /// First day of the cohort's bucket.
    #[schemars(with = "String")]
    pub start: Date,
    /// Customers.
    pub size: u64,
    /// Customers active in bucket k after the first (bucket 0 is the cohort itself).
    pub n_day: Vec<Option<u64>>,
    /// Customers active in bucket k or later.
    pub unbounded: Vec<Option<u64>>,
    /// Customers active in at least one bucket of each bracket.
    pub bracket: Vec<Option<u64>>,
    /// Customers active in every bucket from 1 to k.
    pub full: Vec<Option<u64>>,
}

/// The pooled means of the four variants.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CohortMeans {
    /// Of [`CohortRow::n_day`].
    pub n_day: Vec<Option<PooledMean>>,
    /// Of [`CohortRow::unbounded`].
    pub unbounded: Vec<Option<PooledMean>>,
    /// Of [`CohortRow::bracket`].
    pub bracket: Vec<Option<PooledMean>>,
    /// Of [`CohortRow::full`].
    pub full: Vec<Option<PooledMean>>,
}

/// Customers active over customers observed, summed over cohorts whose cell is complete.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PooledMean {
    /// The share.
    pub rate: f64,
    /// Customers in the denominator.
    pub customers: u64,
}

/// Unit of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DurationUnit {
    /// Civil days.
    Day,
    /// The unit of the duration column, whatever it is.
    AsGiven,
}

/// Kaplan-Meier curve of one group.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SurvivalCurve {
    /// The group; absent for all customers.
    pub segment: Option<Segment>,
    /// Unit of `t`.
    pub unit: DurationUnit,
    /// Customers.
    pub customers: u64,
    /// Those who were lost.
    pub lost: u64,
    /// When half are lost; absent where the curve does not fall that far.
    pub median: Option<u32>,
    /// One point per time at which somebody was lost, with the 95 % log-log interval.
    pub points: Vec<SurvivalPoint>,
}

/// One step of a survival curve.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SurvivalPoint {
    /// Duration.
    pub t: u32,
    /// Customers still observed just before.
    pub at_risk: u64,
    /// Customers lost then.
    pub lost: u64,
    /// Share of customers still kept after.
    pub survival: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Log-rank test over the values of one segment column.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LogRankTest {
    /// The column.
    pub by: String,
    /// Number of groups compared.
    pub groups: usize,
    /// Test statistic.
    pub chi_square: f64,
    /// Degrees of freedom.
    pub degrees_of_freedom: usize,
    /// Chance of a statistic at least this large if the groups did not differ.
    pub p_value: f64,
}

/// Cumulative incidence of one reason for leaving.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IncidenceCurve {
    /// The reason, as given.
    pub reason: String,
    /// Customers who left for it.
    pub lost: u64,
    /// One point per time at which somebody left for it.
    pub points: Vec<IncidencePoint>,
}

/// One step of an incidence curve.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IncidencePoint {
    /// Duration.
    pub t: u32,
    /// Probability of having left for this reason by then.
    pub probability: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Chance to return after a silence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReturnChance {
    /// Days without activity.
    pub silent_days: u32,
    /// Silences that lasted longer than that.
    pub observed: u64,
    /// Those seen to end with a return within the next 365 days.
    pub returned: u64,
    /// Chance of a return within 365 days (Kaplan-Meier, so silences cut off by the end of the data count too).
    pub probability: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Estimate {
    /// The estimate.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What customers are worth over the next twelve months, undiscounted, in currency units (purchases where the
/// file has no amounts).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Value {
    /// Whether the figures are money or purchases.
    pub unit: ValueUnit,
    /// The fitted models.
    pub models: ValueModels,
    /// Customers of the fit (a sample drawn by hash where there are very many).
    pub fitted_customers: u64,
    /// Customers active at the end of the data.
    pub active_customers: u64,
    /// Expected customers still alive among them.
    pub alive_customers: f64,
    /// What an active customer is expected to bring within a year.
    pub active_customer_year: Estimate,
    /// What a customer who has just been lost is still expected to bring within a year.
    pub lost_customer_year: Estimate,
    /// Customers in one point of TRC: one hundredth of those active now.
    pub point_customers: f64,
    /// What one point of TRC is worth over a year: the customers in it, times the difference of the two above.
    pub point_year: Estimate,
    /// The same models fitted on what was known a year before, against what then happened; absent where the
    /// data are too short. Its error widens the three intervals above.
    pub backtest: Option<Backtest>,
}

/// A forecast made a year before the end of the fit, and what the year brought, per customer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Backtest {
    /// Last day known to the forecast.
    #[schemars(with = "String")]
    pub as_of: Date,
    /// Customers active then.
    pub active: ForecastCheck,
    /// Customers just lost then.
    pub lost: ForecastCheck,
}

/// Forecast and outcome, the mean over the same customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ForecastCheck {
    /// Customers.
    pub customers: u64,
    /// What they were expected to bring within the year.
    pub predicted: f64,
    /// What they brought.
    pub observed: f64,
}

/// Unit of the value figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueUnit {
    /// The report's currency.
    Money,
    /// Number of purchases.
    Purchases,
}

/// The models behind the value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct ValueModels {
    /// Buying and leaving without a contract.
    pub bgnbd: Option<BgNbdFit>,
    /// Amount per purchase.
    pub gamma_gamma: Option<GammaGammaFit>,
    /// Renewing contracts.
    pub sbg: Option<SbgFit>,
}

/// BG/NBD, time in weeks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BgNbdFit {
    /// Shape of purchase rates.
    pub r: f64,
    /// Scale of purchase rates, in weeks.
    pub alpha: f64,
    /// First shape of dropout probabilities.
    pub a: f64,
    /// Second shape.
    pub b: f64,
    /// At the maximum.
    pub log_likelihood: f64,
    /// Last day used for the fit (inclusive).
    #[schemars(with = "String")]
    pub calibrated_to: Date,
}

/// Gamma-Gamma.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GammaGammaFit {
    /// Shape of a customer's amounts.
    pub p: f64,
    /// Shape of the scale over customers.
    pub q: f64,
    /// Scale.
    pub v: f64,
    /// At the maximum.
    pub log_likelihood: f64,
    /// Correlation of number and amount of purchases; the model takes it as 0.
    pub correlation: f64,
}

/// Shifted beta-geometric, one step per month.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SbgFit {
    /// First shape.
    pub alpha: f64,
    /// Second shape.
    pub beta: f64,
    /// At the maximum.
    pub log_likelihood: f64,
}

/// What a reader must know. Each is put into words where it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Note {
    /// Anything the reader of the files found worth saying.
    Input {
        /// The sentence in English.
        text: String,
        /// The sentence in French.
        text_fr: String,
    },
    /// No period is complete and out of its warming up, so there is no headline.
    NoSettledPeriod,
    /// The first cohort holds customers who may have begun before the data.
    FirstCohortMixed,
    /// All customers came in the first few periods: a falling TRC is then no alarm.
    SingleAcquisitionCohort {
        /// Share of customers whose first activity lies in the first fifth of the data.
        share: f64,
    },
    /// A segment column changed value for some customers: the first one counts.
    SegmentsAtFirstActivity,
    /// Value could not be estimated.
    NoValue {
        /// Why.
        because: NoValueReason,
    },
    /// The value model rests on a sample.
    ValueFromSample {
        /// Customers in the sample.
        customers: u64,
    },
    /// Number and amount of purchases are correlated, which the value model ignores.
    FrequencyValueCorrelation {
        /// Pearson correlation.
        correlation: f64,
    },
    /// Periods overlap in the window, so successive rates are not independent.
    OverlappingWindows,
}

/// Why a value could not be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NoValueReason {
    /// Too few customers bought more than once, or ended a contract.
    TooFewCustomers {
        /// Customers who did.
        customers: u64,
        /// Customers needed.
        needed: u64,
    },
    /// The model of buying or renewing does not settle on these data.
    NotEstimable,
    /// The amounts do not follow the spending model, so the figures count purchases.
    AmountsNotEstimable,
    /// Nobody is active at the end of the data, or nobody was lost lately: there is nothing to compare.
    NothingToCompare,
}
