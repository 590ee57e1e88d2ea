//! What the watch and the diagnosis are asked with on the command line.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::args::{OutputArgs, QuestionArgs, SourceArgs};

pub(crate) const DIAGNOSE_EXAMPLES: &str = "Examples:
  fidance diagnose orders.csv --time-zone Europe/Paris
  fidance diagnose orders.csv --events incidents.json --affected affected.csv
  fidance diagnose --lake shop.lake --events incidents.csv --alarm returns-2026-03-09 --format json";

/// What happened to the business, and how cautious the alarm is.
#[derive(Debug, Clone, Args)]
pub(crate) struct WatchArgs {
    /// Register of incidents and changes: JSON, VERIS or CSV, files or folders (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Events")]
    pub(crate) events: Vec<PathBuf>,
    /// Customers affected by an incident: a column of customers, and one of incidents or a file named like it
    /// (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Events")]
    pub(crate) affected: Vec<PathBuf>,
    /// The alarm: at most one without cause in so many years, on average
    #[arg(long, value_name = "YEARS", default_value = "10", help_heading = "Events")]
    pub(crate) years: Years,
}

impl Default for WatchArgs {
    /// No event known, and the usual caution.
    fn default() -> Self {
        Self { events: Vec::new(), affected: Vec::new(), years: Years::default() }
    }
}

/// The promise of the alarm: at most one without cause in so many years, half ones included.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Years(f64);

impl Years {
    pub(crate) const fn get(self) -> f64 {
        self.0
    }
}

impl Default for Years {
    fn default() -> Self {
        Self(fidance_app::barometer::YEARS)
    }
}

impl TryFrom<f64> for Years {
    type Error = &'static str;

    fn try_from(years: f64) -> Result<Self, Self::Error> {
        // Half a year is an alarm every other quarter; a thousand is as good as none.
        let in_range = (0.5..=1000.0).contains(&years).then_some(Self(years));
        in_range.ok_or("a number of years from 0.5 to 1000, such as 10")
    }
}

impl FromStr for Years {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.parse().unwrap_or(f64::NAN))
    }
}

/// Looking for drops and their causes.
#[derive(Debug, Args)]
pub(crate) struct DiagnoseArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// Diagnose this alarm only [default: all]
    #[arg(long, value_name = "ID", help_heading = "Output")]
    pub(crate) alarm: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs<DiagnoseFormat>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagnoseFormat {
    /// For reading in a terminal
    #[default]
    Text,
    /// Everything: the watch, the diagnoses, and what every event did
    Json,
    /// What each incident did to the retention rate, as `fidance dose-response` reads it
    Csv,
}
