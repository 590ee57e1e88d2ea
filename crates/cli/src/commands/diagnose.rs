//! `fidance diagnose`: is anything wrong, since when, for whom, and why.

use std::{io::Write as _, sync::Arc};

use anyhow::Context;
use fidance_app::{
    diagnosis::model::{Diagnosis, EventEffects},
    dose::own_incidents,
    watch::{WatchSource, model::Watch},
};
use serde::Serialize;

use crate::{
    effects_csv, progress, settings, source,
    terminal::{self, Words},
    watch_args::{DiagnoseArgs, DiagnoseFormat},
};

/// Width of the text where there is no terminal to ask.
const PLAIN_WIDTH: usize = 100;

/// Everything that was found, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Diagnosed {
    pub(crate) watch: Arc<Watch>,
    pub(crate) diagnoses: Vec<Arc<Diagnosis>>,
    pub(crate) events: Arc<EventEffects>,
}

pub(crate) fn run(args: &DiagnoseArgs) -> anyhow::Result<()> {
    if let Some(output) = &args.output.file {
        source::refuse_input(&args.source, output)?;
    }
    let barometer = source::watched(&args.source, &args.question, &args.watch)?.barometer();
    let currency = barometer.currency();
    let spinner = progress::spinner("looking for drops and their causes");
    let found = diagnosed(&barometer, args.alarm.as_deref());
    spinner.finish_and_clear();
    let found = found?;
    let text = match args.output.format {
        DiagnoseFormat::Text => {
            let width = terminal_size::terminal_size().map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0));
            terminal::render_diagnosed(
                &found,
                currency,
                &Words::new(settings::language(args.output.lang))?,
                width,
            )
        }
        DiagnoseFormat::Json => serde_json::to_string_pretty(&found)? + "\n",
        DiagnoseFormat::Csv => effects_csv::render(&own_incidents(&found.events.events)),
    };
    match &args.output.file {
        Some(file) => std::fs::write(file, anstream::adapter::strip_str(&text).to_string())
            .with_context(|| format!("cannot write {}", file.display()))?,
        None => anstream::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(())
}

fn diagnosed(source: &dyn WatchSource, only: Option<&str>) -> anyhow::Result<Diagnosed> {
    let watch = source.watch()?;
    let wanted: Vec<&str> = match only {
        Some(id) => vec![id],
        None => watch.alarms.iter().map(|alarm| alarm.id.as_str()).collect(),
    };
    let diagnosis = |id: &str| {
        let known = || watch.alarms.iter().map(|alarm| alarm.id.as_str()).collect::<Vec<_>>().join(", ");
        source.diagnosis(id)?.with_context(|| {
            if watch.alarms.is_empty() {
                format!("--alarm {id}: there is no alarm")
            } else {
                format!("--alarm {id}: no alarm is called so; there are {}", known())
            }
        })
    };
    let diagnoses = wanted.into_iter().map(diagnosis).collect::<anyhow::Result<_>>()?;
    Ok(Diagnosed { diagnoses, events: source.effects()?, watch })
}
