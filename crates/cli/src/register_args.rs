//! The command line of the register of incidents and of what is learnt from it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use fidance_app::dose::{Properties, model::EffectUnit};
use fidance_intake::AtFormat;
use fidance_web::text::Lang;
use jiff::tz::TimeZone;

use crate::args::{OutputArgs, language, time_zone};

pub(crate) const INCIDENTS_EXAMPLES: &str = "Examples:
  fidance incidents incidents.json
  fidance incidents list.csv --at-format dmy --time-zone Europe/Paris
  fidance incidents vcdb/data/json --format json --output register.json
  fidance incidents breaches.json --format csv";

pub(crate) const DOSE_EXAMPLES: &str = "The file has the columns incident, effect (points of retention, below 0 is a loss) and se; and, unless a register \
has them, severity (0-3), days_to_disclose, communication (-2 to 2), remedy (0 or 1) and share_exposed (0-1).

Examples:
  fidance dose-response effects.csv
  fidance dose-response effects.csv --register register.json --no-literature
  fidance dose-response effects.csv --severity 3 --days-to-disclose 30";

/// Which files of incidents, and how their dates are written.
#[derive(Debug, Args)]
pub(crate) struct IncidentsArgs {
    /// Registers (JSON), lists (CSV), VERIS, breaches of Have I Been Pwned or Information is Beautiful; of folders all
    /// .json and .csv files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) dates: DateArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs<RegisterFormat>,
}

/// How dates are written.
#[derive(Debug, Args)]
pub(crate) struct DateArgs {
    /// IANA time zone whose days the dates are; a time with an offset is turned to its day there [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = time_zone, help_heading = "Reading")]
    pub(crate) time_zone: Option<TimeZone>,
    /// How the dates of lists are written, such as iso, dmy or mdy; found out when not given
    #[arg(long, value_name = "FORMAT", help_heading = "Reading")]
    pub(crate) at_format: Option<AtFormat>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RegisterFormat {
    /// For reading in a terminal
    #[default]
    Text,
    /// A register, as described by docs/register.schema.json
    Json,
    /// A list that can be read again
    Csv,
}

/// Effects of past incidents, and what is asked of them.
#[derive(Debug, Args)]
pub(crate) struct DoseArgs {
    /// Effects of past incidents, one a row
    #[arg(value_name = "FILE")]
    pub(crate) effects: PathBuf,
    /// Files of incidents that say what is known of each, found by its id (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    pub(crate) register: Vec<PathBuf>,
    /// Customers of the business: turns affected customers into a share
    #[arg(long, value_name = "N", requires = "register", help_heading = "Reading")]
    pub(crate) customers: Option<u64>,
    #[command(flatten)]
    pub(crate) dates: DateArgs,
    /// Unit of the effects
    #[arg(long, value_enum, default_value_t = Unit::Points, help_heading = "Question")]
    pub(crate) unit: Unit,
    /// Without published figures, which otherwise stand in where there are fewer than ten incidents
    #[arg(long, help_heading = "Question")]
    pub(crate) no_literature: bool,
    /// Retention before incidents, 0 to 1: turns published points into log-odds
    #[arg(long, value_name = "SHARE", help_heading = "Question")]
    pub(crate) base_retention: Option<f64>,
    /// Smallest difference between two incidents that would matter [default: 1 point, or 0.2 in log-odds]
    #[arg(long, value_name = "SIZE", help_heading = "Question")]
    pub(crate) matters: Option<f64>,
    #[command(flatten)]
    pub(crate) next: NextArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = DoseFormat::Text, help_heading = "Output")]
    pub(crate) format: DoseFormat,
    /// Language of the text
    #[arg(long, value_parser = language, help_heading = "Output")]
    pub(crate) lang: Option<Lang>,
}

/// The incident whose effect is to be foretold.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct NextArgs {
    /// Its severity, 0 to 3
    #[arg(
        long,
        value_name = "LEVEL",
        help_heading = "Next incident (the mean of the past ones where not given)"
    )]
    pub(crate) severity: Option<f64>,
    /// Days from its discovery to its disclosure
    #[arg(
        long,
        value_name = "DAYS",
        help_heading = "Next incident (the mean of the past ones where not given)"
    )]
    pub(crate) days_to_disclose: Option<f64>,
    /// Score of its communication, -2 to 2
    #[arg(
        long,
        value_name = "SCORE",
        allow_negative_numbers = true,
        help_heading = "Next incident (the mean of the past ones where not given)"
    )]
    pub(crate) communication: Option<f64>,
    /// Whether something is offered: 0 or 1
    #[arg(
        long,
        value_name = "0|1",
        help_heading = "Next incident (the mean of the past ones where not given)"
    )]
    pub(crate) remedy: Option<f64>,
    /// Share of customers concerned, 0 to 1
    #[arg(
        long,
        value_name = "SHARE",
        help_heading = "Next incident (the mean of the past ones where not given)"
    )]
    pub(crate) share_exposed: Option<f64>,
}

impl From<NextArgs> for Properties {
    fn from(next: NextArgs) -> Self {
        let NextArgs { severity, days_to_disclose, communication, remedy, share_exposed } = next;
        Self { severity, days_to_disclose, communication, remedy, share_exposed }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unit {
    /// Percentage points of retention
    Points,
    /// Change of the logarithm of the odds of being kept
    LogOdds,
}

impl From<Unit> for EffectUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Points => Self::Points,
            Unit::LogOdds => Self::LogOdds,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoseFormat {
    /// For reading in a terminal
    Text,
    /// Everything, as described by docs/dose-response.schema.json
    Json,
}
