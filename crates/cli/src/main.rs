//! The binary `fidance`: reads the command line, wires the crates together, prints. It computes nothing.

mod args;
mod commands;
mod csv;
mod effects_csv;
#[cfg(any(feature = "sql", feature = "cluster"))]
mod engine_args;
mod input_notes;
mod lake_args;
mod names;
mod progress;
mod register_args;
mod register_csv;
mod serve;
mod serve_args;
mod settings;
mod simulate_args;
mod source;
mod table_csv;
mod terminal;
mod watch_args;

use std::process::ExitCode;

use clap::Parser;

use self::args::{CheckCommand, Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Report(args) => commands::report::run(&args),
        Command::Diagnose(args) => commands::diagnose::run(&args),
        Command::Console(args) => commands::console::run(&args),
        Command::Demo(args) => commands::demo::run(&args),
        Command::Import(args) => commands::import::run(&args),
        Command::Link(args) => commands::link::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::Erase(args) => commands::erase::run(&args),
        Command::Check(CheckCommand::Lake(args)) => commands::check::run(&args),
        Command::Compact(args) => commands::compact::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Source(args) => commands::operate::source(&args),
        Command::Key(args) => commands::operate::key(&args),
        Command::DeadLetters(args) => commands::letters::run(&args),
        Command::Migrate(args) => commands::operate::migrate(&args),
        Command::Backup(args) => commands::backup::run(&args),
        Command::Config => commands::operate::config(),
        Command::Simulate(args) => commands::simulate::run(&args),
        Command::Incidents(args) => commands::incidents::run(&args),
        Command::DoseResponse(args) => commands::dose::run(&args),
        #[cfg(feature = "sql")]
        Command::Sql(args) => commands::sql::run(&args),
        #[cfg(feature = "cluster")]
        Command::Scheduler(args) => commands::cluster::scheduler(&args),
        #[cfg(feature = "cluster")]
        Command::Executor(args) => commands::cluster::executor(&args),
        #[cfg(feature = "cluster")]
        Command::Retained(args) => commands::cluster::retained(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}", failure(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error with its causes. A cause whose text is already part of what was said is not repeated.
fn failure(error: &anyhow::Error) -> String {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let mut text = format!("{style}error{style:#}: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Whoever read the output has enough: `fidance report … | head` is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
    };
    error.chain().filter_map(kind).any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}
