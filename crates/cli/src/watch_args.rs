//! What the watch and the diagnosis are asked with on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use fidance_web::text::Lang;

use crate::args::{QuestionArgs, SourceArgs, language};

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
    #[arg(long, value_name = "YEARS", value_parser = years, default_value = "10", help_heading = "Events")]
    pub(crate) years: f64,
}

impl Default for WatchArgs {
    /// No event known, and the usual caution.
    fn default() -> Self {
        Self { events: Vec::new(), affected: Vec::new(), years: fidance_app::barometer::YEARS }
    }
}

fn years(text: &str) -> Result<f64, String> {
    let years: f64 = text.parse().map_err(|_| "a number of years, such as 10 or 0.5".to_owned())?;
    // Half a year is an alarm every other quarter; a thousand is as good as none.
    if (0.5..=1000.0).contains(&years) { Ok(years) } else { Err("between 0.5 and 1000 years".to_owned()) }
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
    /// How to print the result
    #[arg(long, value_enum, default_value_t = DiagnoseFormat::Text, help_heading = "Output")]
    pub(crate) format: DiagnoseFormat,
    /// Write the result to this file instead of printing it
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Language of the text
    #[arg(long, value_parser = language, help_heading = "Output")]
    pub(crate) lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagnoseFormat {
    /// For reading in a terminal
    Text,
    /// Everything: the watch, the diagnoses, and what every event did
    Json,
}
