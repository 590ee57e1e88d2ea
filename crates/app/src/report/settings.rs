//! What a report needs to know beside the rows: definitions, and how the rows were read.

use fidance_domain::{
    retention::cohort::Bracket,
    time::{Every, Window},
};
use jiff::{civil::Date, tz::TimeZone};

use super::{
    model::{Input, Note, PeriodLength, Rejected},
    question::Question,
};

/// Definitions of one report.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Periods and window.
    pub question: Question,
    /// Where days begin.
    pub zone: TimeZone,
    /// IANA name of the zone.
    pub zone_name: String,
    /// What counts as activity, in words.
    pub activity: String,
    /// Currency of the amounts, where known.
    pub currency: Option<String>,
    /// Bucket ranges of the bracket cohorts; empty for the usual ones.
    pub brackets: Vec<Bracket>,
    /// The last day (inclusive) up to which the data are complete, where it is known better than from the data.
    /// Activities after it are left out.
    pub until: Option<Date>,
    /// The last day (inclusive) used to fit the value models, where not all.
    pub calibrate_to: Option<Date>,
    /// How long a contract counts after its end.
    pub grace: Option<Window>,
    /// Contracts that ended before this day are not in the table (customers were imported mid-life).
    pub observed_from: Option<Date>,
    /// Seed of the draws behind the intervals of value.
    pub seed: u64,
    /// Threads for the passes over the rows.
    pub threads: usize,
}

impl Settings {
    /// Settings for a question, with everything else as most people want it.
    pub fn new(question: Question, zone: TimeZone) -> Self {
        let zone_name = zone.iana_name().unwrap_or("UTC").to_owned();
        Self {
            question,
            zone,
            zone_name,
            activity: "every row".to_owned(),
            currency: None,
            brackets: Vec::new(),
            until: None,
            calibrate_to: None,
            grace: None,
            observed_from: None,
            seed: 1,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// How the rows came in; shown beside the figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// What was read.
    pub input: Input,
    /// What could not be used.
    pub rejected: Rejected,
    /// What the readers had to say.
    pub notes: Vec<Note>,
}

impl From<PeriodLength> for Every {
    fn from(length: PeriodLength) -> Self {
        match length {
            PeriodLength::Day => Self::Day,
            PeriodLength::Week => Self::Week,
            PeriodLength::Month => Self::Month,
            PeriodLength::Quarter => Self::Quarter,
        }
    }
}

impl From<Every> for PeriodLength {
    fn from(every: Every) -> Self {
        match every {
            Every::Day => Self::Day,
            Every::Week => Self::Week,
            Every::Month => Self::Month,
            Every::Quarter => Self::Quarter,
        }
    }
}
