//! `fidance report`: files in, figures out.

use std::io::{IsTerminal, Write};

use anyhow::Context;
use fidance_app::report::{ReportSource, model::Report};

use crate::{
    args::{Format, ReportArgs},
    csv, progress, settings, source,
    terminal::{self, Words},
};

/// Width of the text where there is no terminal to ask.
const PLAIN_WIDTH: usize = 100;

pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<()> {
    if let Some(output) = &args.output.file {
        source::refuse_input(&args.source, output)?;
    }
    let barometer = source::open(&args.source, &args.question)?.barometer();
    let spinner = progress::spinner("computing");
    let report = barometer.report(barometer.default_question());
    spinner.finish_and_clear();
    let report = report?;
    let text = rendered(&report, args)?;
    match &args.output.file {
        Some(file) => std::fs::write(file, anstream::adapter::strip_str(&text).to_string())
            .with_context(|| format!("cannot write {}", file.display()))?,
        None => anstream::stdout().lock().write_all(text.as_bytes())?,
    }
    if args.output.format != Format::Text {
        announce(&report);
    }
    Ok(())
}

fn rendered(report: &Report, args: &ReportArgs) -> anyhow::Result<String> {
    let lang = settings::language(args.output.lang);
    Ok(match args.output.format {
        Format::Text => terminal::render(report, &Words::new(lang)?, width(args)),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Csv => csv::render(report),
        Format::Html => fidance_web::html_report(report, &report.input.files.join(", "), lang)?,
    })
}

/// That of the terminal; a file gets the same text wherever it is written from.
fn width(args: &ReportArgs) -> usize {
    let terminal = args.output.file.is_none().then(terminal_size::terminal_size).flatten();
    terminal.map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0))
}

/// What a person must not miss, beside an output made for machines: guesses and rejected rows.
fn announce(report: &Report) {
    let guessed: Vec<String> = report
        .input
        .columns
        .iter()
        .filter(|(_, choice)| choice.guessed)
        .map(|(role, choice)| format!("--{role} {}", choice.column))
        .collect();
    if !guessed.is_empty() {
        anstream::eprintln!("guessed: {}", guessed.join("  "));
    }
    if report.rejected.rows > 0 {
        let rows = report.rejected.rows;
        match &report.rejected.file {
            Some(file) => anstream::eprintln!("rejected: {rows} rows, written to {file}"),
            None => anstream::eprintln!("rejected: {rows} rows; to see them, name a file with --rejects"),
        }
    }
    if std::io::stderr().is_terminal() && report.headline.is_none() && !report.periods.is_empty() {
        anstream::eprintln!("note: no period is complete and out of its warming-up");
    }
}
