//! Survival, its comparison between groups, reasons for leaving, and chances to return.

use schemars::JsonSchema;
use serde::Serialize;

use super::Segment;

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
    /// Longest time for which anybody was observed; the curve says nothing after it.
    pub observed_until: u32,
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
