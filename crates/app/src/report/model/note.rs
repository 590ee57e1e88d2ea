//! What a reader must know; each remark is a case, put into words where it is shown.

use schemars::JsonSchema;
use serde::Serialize;

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
