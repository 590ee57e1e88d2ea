//! The command line of `fidance simulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Scenario file; the shop of the demo when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// Same scenario and seed, same files
    #[arg(long, default_value = "1")]
    pub(crate) seed: u64,
    /// Folder to write to; created, and refused when it holds other files
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Format of the events
    #[arg(long, value_enum, default_value_t = EventFormat::Csv)]
    pub(crate) events: EventFormat,
    /// Number of customers instead of the scenario's
    #[arg(long)]
    pub(crate) customers: Option<u32>,
    /// Orders only, without the visits around them
    #[arg(long)]
    pub(crate) orders_only: bool,
    /// Faults of the recorded data
    #[arg(long, value_enum, default_value_t = Faults::Scenario)]
    pub(crate) faults: Faults,
    /// Order of the events
    #[arg(long, value_enum, default_value_t = EventOrder::Time)]
    pub(crate) order: EventOrder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventFormat {
    Csv,
    Ndjson,
    Parquet,
    /// Requests as Segment's clients send them, for a server's /v1/import
    Messages,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Faults {
    /// Those of the scenario
    Scenario,
    /// None: everything recorded as it happened, under one id a customer
    None,
    /// 3 % double, 12 % late, 1 % very late, 0.5 % by wrong clocks; 8 % of customers merged, 0.5 % wrongly and split again
    Many,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventOrder {
    /// As they would arrive
    Time,
    /// One customer after the other
    Customer,
}
