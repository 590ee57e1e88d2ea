//! The cohort matrix in its four variants.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::PeriodLength;

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
