//! `fidance incidents`: files of incidents in, a register out, with what could not be read.

use std::{io::Write as _, path::PathBuf};

use anyhow::Context;
use fidance_intake::register::{RegisterOptions, RegisterRead, form::RegisterFile, read_register};
use jiff::tz::TimeZone;

use crate::{
    register_args::{DateArgs, IncidentsArgs, RegisterFormat},
    register_csv, settings, source,
    terminal::{self, Words},
};

/// Width of the text where there is no terminal to ask.
const PLAIN_WIDTH: usize = 100;
/// Refusals shown where the output is for a machine.
const SHOWN: usize = 20;

pub(crate) fn run(args: &IncidentsArgs) -> anyhow::Result<()> {
    if let Some(output) = &args.output.file {
        let same = |input: &PathBuf| {
            input
                .canonicalize()
                .ok()
                .is_some_and(|input| output.canonicalize().is_ok_and(|output| output == input))
        };
        anyhow::ensure!(
            !args.files.iter().any(same),
            "{} is one of the files read; write elsewhere",
            output.display()
        );
    }
    let read = read(&args.files, &args.dates);
    if read.entries() == 0 {
        announce(&read);
        anyhow::bail!("no incident could be read");
    }
    let text = match args.output.format {
        RegisterFormat::Text => {
            let width = terminal_size::terminal_size().map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0));
            terminal::render_incidents(&read, &Words::new(settings::language(args.output.lang))?, width)
        }
        RegisterFormat::Json => serde_json::to_string_pretty(&RegisterFile::from(&read.register))? + "\n",
        RegisterFormat::Csv => register_csv::render(&read.register),
    };
    match &args.output.file {
        Some(file) => std::fs::write(file, anstream::adapter::strip_str(&text).to_string())
            .with_context(|| format!("cannot write {}", file.display()))?,
        None => anstream::stdout().lock().write_all(text.as_bytes())?,
    }
    if args.output.format != RegisterFormat::Text {
        announce(&read);
    }
    Ok(())
}

/// Reads files of incidents as the flags say.
pub(crate) fn read(files: &[PathBuf], dates: &DateArgs) -> RegisterRead {
    let zone = dates.time_zone.clone().unwrap_or(TimeZone::UTC);
    read_register(files, &RegisterOptions { zone, at_format: dates.at_format.clone() }, &source::parquet)
}

/// What a person must not miss, beside an output made for machines: what was not read.
pub(crate) fn announce(read: &RegisterRead) {
    for refused in read.refused.iter().take(SHOWN) {
        anstream::eprintln!("refused: {refused}");
    }
    let (entries, refused) = (read.entries(), read.refused.len());
    if refused > SHOWN {
        anstream::eprintln!("… and {} more", refused - SHOWN);
    }
    if refused > 0 {
        anstream::eprintln!("{entries} read, {refused} refused");
    }
}
