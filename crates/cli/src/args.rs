//! The command line: what can be asked, with an example for each command.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use fidance_app::report::{model::PeriodLength, question::WindowOption};
use fidance_domain::{retention::cohort::Bracket, time::Window};
use fidance_web::text::Lang;
use jiff::{civil::Date, tz::TimeZone};

use crate::{
    lake_args::{CacheArgs, ExportArgs, LakeName, LinkArgs},
    register_args::{DoseArgs, IncidentsArgs},
    serve_args::{BackupArgs, EraseArgs, KeyCommandArgs, LettersArgs, ServeArgs, SourceCommandArgs},
    simulate_args::SimulateArgs,
    watch_args::{DiagnoseArgs, WatchArgs},
};

/// Customer retention from your own files, and a console to look at it.
#[derive(Debug, Parser)]
#[command(name = "fidance", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Customer retention from files of orders, contracts or durations
    #[command(after_help = REPORT_EXAMPLES)]
    Report(Box<ReportArgs>),
    /// Whether returns fell, since when, for whom, and which events may be the cause
    #[command(after_help = crate::watch_args::DIAGNOSE_EXAMPLES)]
    Diagnose(Box<DiagnoseArgs>),
    /// The same report as pages in the browser, on this machine only
    #[command(after_help = "Example:\n  fidance console orders.csv --time-zone Europe/Paris")]
    Console(Box<ConsoleArgs>),
    /// Take files of events into a lake, each event once
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(Box<ImportArgs>),
    /// Say which ids in a lake are one customer, or are not after all
    #[command(
        after_help = "The file has the columns at, action (merge or split), from and into.\n\nExample:\n  fidance link links.csv --lake shop.lake"
    )]
    Link(LinkArgs),
    /// Write a lake's events to a Parquet or CSV file, or all that a server holds on a person to a ZIP
    #[command(
        after_help = "Examples:\n  fidance export --lake shop.lake --output events.parquet\n  fidance export customer-17 --config fidance.toml --output customer-17.zip"
    )]
    Export(ExportArgs),
    /// Erase a person, wherever a server keeps something of them; figures stay as they are
    #[command(
        after_help = "Examples:\n  fidance erase customer-17 --config fidance.toml\n  fidance erase --receipt 0f3c9a… \n  fidance erase customer-17 --lake shop.lake"
    )]
    Erase(EraseArgs),
    /// Check that what is stored is whole
    #[command(subcommand)]
    Check(CheckCommand),
    /// Bring a lake into its best shape and remove files nobody needs any more
    #[command(after_help = "Example:\n  fidance compact --lake shop.lake --everything")]
    Compact(CompactArgs),
    /// A simulated shop in the console: nothing to prepare, nothing leaves this machine
    #[command(after_help = "Example:\n  fidance demo --lang fr")]
    Demo(DemoArgs),
    /// Take events from clients over HTTP into a lake, and show it as pages
    #[command(
        after_help = "Example:\n  fidance config > fidance.toml\n  fidance serve --config fidance.toml"
    )]
    Serve(ServeArgs),
    /// The sources of events of a server
    #[command(after_help = "Example:\n  fidance source add app --consent if_given")]
    Source(SourceCommandArgs),
    /// The keys that sources send with
    #[command(after_help = "Example:\n  fidance key add web --browser https://shop.example")]
    Key(KeyCommandArgs),
    /// Messages that a server could not use
    #[command(after_help = "Example:\n  fidance dead-letters list\n  fidance dead-letters replay 12")]
    DeadLetters(LettersArgs),
    /// Bring a server's store up to date without starting it
    #[command(after_help = "Example:\n  fidance migrate --config fidance.toml")]
    Migrate(ServeArgs),
    /// Copy a server's store and lake while it runs
    #[command(after_help = "Example:\n  fidance backup /mnt/backups/2026-11-22")]
    Backup(BackupArgs),
    /// Print a configuration of `fidance serve` with every key and what it means
    #[command(after_help = "Example:\n  fidance config > fidance.toml")]
    Config,
    /// Write a simulated shop to a folder, with the truth that was planted in it
    #[command(after_help = "Example:\n  fidance simulate --scenario scenarios/demo.toml --seed 7 --out shop")]
    Simulate(SimulateArgs),
    /// Read incidents and other changes: a register, lists, VERIS, public collections
    #[command(after_help = crate::register_args::INCIDENTS_EXAMPLES)]
    Incidents(IncidentsArgs),
    /// What past incidents cost, what goes with it, and how many more would be needed to tell
    #[command(after_help = crate::register_args::DOSE_EXAMPLES)]
    DoseResponse(DoseArgs),
    /// Ask a lake in SQL
    #[cfg(feature = "sql")]
    #[command(after_help = crate::engine_args::SQL_EXAMPLES)]
    Sql(crate::engine_args::SqlArgs),
    /// Hand out the work of a cluster
    #[cfg(feature = "cluster")]
    #[command(after_help = "Example:\n  fidance scheduler --bind 10.0.0.1:50050")]
    Scheduler(crate::engine_args::SchedulerArgs),
    /// Do the work of a cluster
    #[cfg(feature = "cluster")]
    #[command(
        after_help = "Example:\n  fidance executor --scheduler http://10.0.0.1:50050 --bind 10.0.0.2:50051 --lakes /lakes --work-dir /var/tmp/fidance"
    )]
    Executor(crate::engine_args::ExecutorArgs),
    /// The flows of every period of a lake, counted by a cluster, as CSV
    #[cfg(feature = "cluster")]
    #[command(
        after_help = "Example:\n  fidance retained --lake /lakes/shop --cluster http://10.0.0.1:50050 --every month --window 90d"
    )]
    Retained(crate::engine_args::RetainedArgs),
}

/// MiB.
const MEMORY: NonZeroUsize = NonZeroUsize::new(768).unwrap();

const REPORT_EXAMPLES: &str = "Examples:
  fidance report orders.csv
  fidance report orders.csv --customer client_id --at date --value total --every week --time-zone Europe/Paris
  fidance report invoices.csv --where 'InvoiceNo not like \"C%\"' --segment Country --format html --output report.html
  fidance report contracts.csv --start begun_on --end ended_on --grace 7d --reason why
  fidance report customers.csv --duration tenure --ended 'Churn = \"Yes\"' --segment Contract";

const IMPORT_EXAMPLES: &str = "Examples:
  fidance import orders.csv --lake shop.lake --time-zone Europe/Paris
  fidance import events-*.parquet --lake shop.lake --source web --message-id message_id --segment country
  fidance report --lake shop.lake --every week";

/// Taking events into a lake.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Where the events come from: message ids are told apart within a source
    #[arg(long = "source", value_name = "NAME", default_value = "files", help_heading = "Lake")]
    pub(crate) source_name: String,
    /// A new lake counts every event as activity, not only finished orders
    #[arg(long, conflicts_with = "activity", help_heading = "Lake")]
    pub(crate) any_activity: bool,
    /// IANA time zone in which times without an offset are read, and whose days a new lake counts in
    #[arg(long, value_name = "ZONE", value_parser = time_zone, help_heading = "Lake")]
    pub(crate) time_zone: Option<TimeZone>,
    /// Threads [default: one per core]
    #[arg(long, help_heading = "Lake")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// What can be checked.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// Read all of a lake and compare its masks with its events
    #[command(after_help = "Example:\n  fidance check lake shop.lake")]
    Lake(CheckLakeArgs),
}

/// Checking a lake.
#[derive(Debug, Args)]
pub(crate) struct CheckLakeArgs {
    /// The lake: a folder, or `s3://bucket/path`
    #[arg(value_name = "LAKE")]
    pub(crate) lake: LakeName,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    /// Remove what interrupted writers left, and what was replaced
    #[arg(long)]
    pub(crate) repair: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Compacting a lake.
#[derive(Debug, Args)]
pub(crate) struct CompactArgs {
    /// The lake: a folder, or `s3://bucket/path`
    #[arg(long, value_name = "LAKE")]
    pub(crate) lake: LakeName,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    /// Until every bucket is one file, not only where it pays
    #[arg(long)]
    pub(crate) everything: bool,
    /// Remove files that were replaced this many days ago or earlier
    #[arg(long, value_name = "DAYS", default_value = "7")]
    pub(crate) keep: u32,
    /// Memory for sorting, in MiB
    #[arg(long, value_name = "MIB", default_value_t = MEMORY)]
    pub(crate) memory: NonZeroUsize,
    /// Threads [default: one per core]
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs<Format>,
}

/// How a result is printed, and where.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs<F: ValueEnum + Default + Send + Sync + 'static> {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = F::default(), help_heading = "Output")]
    pub(crate) format: F,
    /// Write the result to this file instead of printing it
    #[arg(long = "output", short = 'o', value_name = "FILE", help_heading = "Output")]
    pub(crate) file: Option<PathBuf>,
    /// Language of texts
    #[arg(long, value_parser = language, help_heading = "Output")]
    pub(crate) lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For reading in a terminal
    #[default]
    Text,
    /// Everything, as described by docs/report.schema.json
    Json,
    /// One row per period and segment
    Csv,
    /// One self-contained page
    Html,
}

/// Which files, and what their columns mean.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// CSV, NDJSON, space-aligned text or Parquet, plain or compressed by gzip or zstd; `-` is standard input
    #[arg(required_unless_present = "lake", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A lake, read instead of files, or imported into: a folder, or `s3://bucket/path`
    #[arg(long, value_name = "LAKE", help_heading = "Reading")]
    pub(crate) lake: Option<LakeName>,
    /// The lake as it was known in an earlier version, such as 12.3: a report says which version it read
    #[arg(long, value_name = "VERSION", requires = "lake", help_heading = "Reading")]
    pub(crate) as_known_on: Option<fidance_lake::Version>,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,

    /// Column with the customer
    #[arg(long, value_name = "COLUMN", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) customer: Option<String>,
    /// Column with the date or time of the activity
    #[arg(long, value_name = "COLUMN", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) at: Option<String>,
    /// How dates are written: iso, yyyymmdd, dmy, mdy, named, epoch, epoch-ms, epoch-us, epoch-ns, excel, or a
    /// pattern such as %d/%m/%Y
    #[arg(long, value_name = "FORMAT", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) at_format: Option<String>,
    /// Column with the kind of event
    #[arg(long, value_name = "COLUMN", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) event: Option<String>,
    /// Column that tells each event from all others of its source; where events are kept, none is kept twice
    #[arg(
        long,
        value_name = "COLUMN",
        help_heading = "Columns (guessed and shown when not given)",
        hide_short_help = true
    )]
    pub(crate) message_id: Option<String>,
    /// Event that counts as being a customer (repeatable)
    #[arg(long, value_name = "EVENT", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) activity: Vec<String>,
    /// Column with the amount (for contracts: the amount per month)
    #[arg(long, value_name = "COLUMN", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) value: Option<String>,
    /// Column with the currency
    #[arg(long, value_name = "COLUMN", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) currency: Option<String>,
    /// Column to report by (repeatable)
    #[arg(long, value_name = "COLUMN", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) segment: Vec<String>,
    /// Use only rows for which this holds, such as 'status = "paid"' (repeatable: all must hold)
    #[arg(
        long = "where",
        value_name = "CONDITION",
        help_heading = "Columns (guessed and shown when not given)"
    )]
    pub(crate) conditions: Vec<String>,
    /// Read the meaning of the columns from this file; flags override it
    #[arg(long, value_name = "FILE", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) mapping: Option<PathBuf>,
    /// Write the meaning of the columns, guesses included, to this file
    #[arg(long, value_name = "FILE", help_heading = "Columns (guessed and shown when not given)")]
    pub(crate) save_mapping: Option<PathBuf>,

    /// Contracts: column with the start
    #[arg(long, value_name = "COLUMN", help_heading = "Contracts and durations")]
    pub(crate) start: Option<String>,
    /// Contracts: column with the end, empty while the contract runs
    #[arg(long, value_name = "COLUMN", help_heading = "Contracts and durations")]
    pub(crate) end: Option<String>,
    /// Contracts: how long a customer still counts after the end, such as 7d
    #[arg(long, value_name = "LENGTH", help_heading = "Contracts and durations")]
    pub(crate) grace: Option<Window>,
    /// Contracts: those that ended before this day are not in the file
    #[arg(long, value_name = "DATE", help_heading = "Contracts and durations")]
    pub(crate) observed_from: Option<Date>,
    /// Column with the reason for leaving
    #[arg(long, value_name = "COLUMN", help_heading = "Contracts and durations")]
    pub(crate) reason: Option<String>,
    /// Durations: column with the time each customer stayed
    #[arg(long, value_name = "COLUMN", help_heading = "Contracts and durations")]
    pub(crate) duration: Option<String>,
    /// Durations: column that says yes or no, or condition under which the customer has left, such as
    /// 'Churn = "Yes"'
    #[arg(long, value_name = "COLUMN|CONDITION", help_heading = "Contracts and durations")]
    pub(crate) ended: Option<String>,
    /// Durations: column with the age at which a customer came under observation
    #[arg(long, value_name = "COLUMN", help_heading = "Contracts and durations")]
    pub(crate) entry: Option<String>,

    /// Character between fields (`\t` for a tab); found out when not given
    #[arg(long, value_name = "CHAR", value_parser = delimiter, help_heading = "Reading")]
    pub(crate) delimiter: Option<char>,
    /// The first line holds data, not names
    #[arg(long, conflicts_with = "header", help_heading = "Reading")]
    pub(crate) no_header: bool,
    /// The first line holds names
    #[arg(long, help_heading = "Reading")]
    pub(crate) header: bool,
    /// Encoding of the text; auto reads lines that are not UTF-8 as cp1252
    #[arg(long, value_enum, default_value_t = Encoding::Auto, help_heading = "Reading")]
    pub(crate) encoding: Encoding,
    /// Write rows that cannot be used here [default: fidance-rejects.csv; created only if there are any]
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    pub(crate) rejects: Option<PathBuf>,
    /// Memory for sorting, in MiB; beyond it rows are sorted on disk
    #[arg(long, value_name = "MIB", default_value_t = MEMORY, help_heading = "Reading")]
    pub(crate) memory: NonZeroUsize,
    /// Folder for sorting on disk
    #[arg(long, value_name = "DIR", help_heading = "Reading")]
    pub(crate) temp_dir: Option<PathBuf>,
}

impl Default for SourceArgs {
    /// No file, nothing given, and the usual values for the rest.
    fn default() -> Self {
        Self {
            files: Vec::new(),
            lake: None,
            as_known_on: None,
            cache: CacheArgs::default(),
            message_id: None,
            customer: None,
            at: None,
            at_format: None,
            event: None,
            activity: Vec::new(),
            value: None,
            currency: None,
            segment: Vec::new(),
            conditions: Vec::new(),
            mapping: None,
            save_mapping: None,
            start: None,
            end: None,
            grace: None,
            observed_from: None,
            reason: None,
            duration: None,
            ended: None,
            entry: None,
            delimiter: None,
            no_header: false,
            header: false,
            encoding: Encoding::Auto,
            rejects: None,
            memory: MEMORY,
            temp_dir: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    Auto,
    #[value(name = "utf-8")]
    Utf8,
    Cp1252,
}

/// What to compute.
#[derive(Debug, Clone, Args)]
pub(crate) struct QuestionArgs {
    /// Length of the periods
    #[arg(long, value_enum, default_value_t = Every::Month, help_heading = "Question")]
    pub(crate) every: Every,
    /// How long a customer is active after an activity: 90d, 12w, 3mo, or auto
    #[arg(long, value_parser = window, default_value = "auto", help_heading = "Question")]
    pub(crate) window: WindowOption,
    /// IANA time zone in which days begin, and in which times without an offset are read [default: UTC; a lake's own]
    #[arg(long, value_name = "ZONE", value_parser = time_zone, help_heading = "Question")]
    pub(crate) time_zone: Option<TimeZone>,
    /// Last day up to which the data are complete; later rows are left out
    #[arg(long, value_name = "DATE", help_heading = "Question")]
    pub(crate) until: Option<Date>,
    /// Last day used to fit the value models
    #[arg(long, value_name = "DATE", help_heading = "Question")]
    pub(crate) calibrate_to: Option<Date>,
    /// Bucket ranges of the bracket cohorts, such as 1-3,4-6,7-12
    #[arg(long, value_name = "RANGES", value_parser = brackets, help_heading = "Question")]
    pub(crate) brackets: Option<Brackets>,
    /// Seed of the draws behind the intervals of value
    #[arg(long, default_value = "1", help_heading = "Question")]
    pub(crate) seed: u64,
    /// Threads [default: one per core]
    #[arg(long, help_heading = "Question")]
    pub(crate) threads: Option<NonZeroUsize>,
}

impl QuestionArgs {
    /// The zone given, or UTC.
    pub(crate) fn zone(&self) -> TimeZone {
        self.time_zone.clone().unwrap_or(TimeZone::UTC)
    }
}

/// Periods, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Every {
    Day,
    /// ISO week, from Monday
    Week,
    Month,
    Quarter,
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

/// Bracket ranges, as typed. A type of its own: clap would take a bare `Vec` for a repeatable flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Brackets(pub(crate) Vec<Bracket>);

#[derive(Debug, Args)]
pub(crate) struct ConsoleArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Where the console listens.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value = "8317", help_heading = "Console")]
    pub(crate) port: u16,
    /// Print the address and do not open a browser
    #[arg(long, help_heading = "Console")]
    pub(crate) no_open: bool,
    /// Language of the page that is opened
    #[arg(long, value_parser = language, help_heading = "Console")]
    pub(crate) lang: Option<Lang>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Seed of the simulated shop
    #[arg(long, default_value = "2026")]
    pub(crate) seed: u64,
    /// Keep the files of the shop in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

pub(crate) fn language(text: &str) -> Result<Lang, String> {
    text.parse().map_err(|error: fidance_web::text::LangParseError| error.to_string())
}

pub(crate) fn window(text: &str) -> Result<WindowOption, String> {
    match text {
        "auto" => Ok(WindowOption::Auto),
        given => given.parse().map(WindowOption::Given).map_err(|error| format!("{error}, or auto")),
    }
}

pub(crate) fn time_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text)
        .map_err(|_| "not an IANA time zone such as Europe/Paris, America/New_York or UTC".to_owned())
}

fn delimiter(text: &str) -> Result<char, String> {
    let text = if matches!(text, "\\t" | "tab") { "\t" } else { text };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) if one.is_ascii() => Ok(one),
        _ => Err("one ASCII character, such as , or ; or \\t".to_owned()),
    }
}

fn brackets(text: &str) -> Result<Brackets, String> {
    let range = |range: &str| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        (1 <= from && from <= to).then_some(Bracket { from, to })
    };
    let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
    let ranges = ranges.ok_or("ranges of buckets after the first, such as 1-3,4-6,7-12")?;
    if ranges.len() > fidance_domain::retention::cohort::MAX_BRACKETS {
        return Err(format!("at most {} ranges", fidance_domain::retention::cohort::MAX_BRACKETS));
    }
    Ok(Brackets(ranges))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_date_format_is_in_the_help() {
        let command = Cli::command();
        let report = command.find_subcommand("report").unwrap();
        let format = report.get_arguments().find(|argument| argument.get_id() == "at_format").unwrap();
        let help = format.get_help().unwrap().to_string();
        assert!(help.contains(fidance_intake::AtFormat::NAMES), "{help}");
    }

    #[test]
    fn ranges_are_read_or_refused() {
        let read = brackets("1-3, 4-6,7").unwrap().0;
        assert_eq!(read.iter().map(|b| (b.from, b.to)).collect::<Vec<_>>(), [(1, 3), (4, 6), (7, 7)]);
        for text in ["", "0-3", "3-1", "a-b", "1-"] {
            assert!(brackets(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tab_can_be_typed() {
        assert_eq!((delimiter("\\t"), delimiter(";")), (Ok('\t'), Ok(';')));
        assert!(delimiter(";;").is_err() && delimiter("é").is_err());
    }
}
