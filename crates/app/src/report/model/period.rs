//! Periods and segments: customers at both ends, those kept, lost, new and back.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

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
    /// The same difference by segment column, in the order of their names: each explains all of it, and they are not to be added.
    pub drivers: Vec<Drivers>,
}

/// What moved the rate, by the values of one segment column: `rate` and `mix` sum to the difference, and so do the parts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Drivers {
    /// The column, such as `country`.
    pub by: String,
    /// Through the segments' own rates, as a fraction.
    pub rate: f64,
    /// Through their shares among the customers.
    pub mix: f64,
    /// One part per value, the largest first.
    pub parts: Vec<DriverPart>,
}

/// What one segment contributes to the difference, as fractions of all customers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DriverPart {
    /// The value, such as `FR`; `(none)` where the cell was empty.
    pub value: String,
    /// Through its own rate; 0 where it has customers in one of the periods only.
    pub rate: f64,
    /// Lower end of the 95 % interval of `rate`.
    pub rate_low: f64,
    /// Upper end.
    pub rate_high: f64,
    /// Through its share among the customers.
    pub mix: f64,
}

impl DriverPart {
    /// Rate and mix together.
    pub fn total(&self) -> f64 {
        self.rate + self.mix
    }
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
