//! `fidance import`: files in, a lake that holds each of their events once.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant, SystemTime},
};

use fidance_domain::id::CustomerKey;
use fidance_intake::{EventRow, EventSink, Mapping, Options, Shape, Summary, inspect, read_events};
use fidance_lake::{Batch, Import, ImportOptions, Lake, LakeConfig, NewEvent, Pseudonyms, Thoroughness};
use fidance_web::text::Lang;
use jiff::tz::TimeZone;

use crate::{
    args::{ImportArgs, SourceArgs},
    names::Origin,
    progress::{self, Reading},
    source,
};

/// Files that were replaced stay this long for those who still read them.
pub(crate) const KEEP: Duration = Duration::from_hours(7 * 24);

#[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<()> {
    let began = Instant::now();
    let Some(lake) = &args.source.lake else {
        anyhow::bail!("name the lake with --lake; it is made if it does not exist");
    };
    refuse(&args.source)?;
    let location = args.source.cache.locate(lake)?;
    let mut lake = if Lake::exists(&location)? { Some(Lake::open(&location)?) } else { None };
    let zone = zone(args, lake.as_ref());
    let options = source::options(&args.source, &zone)?;
    if let Some(lake) = &lake {
        same_definitions(args, lake)?;
    }
    let mut lake = match lake.take() {
        Some(lake) => lake,
        None => Lake::create(&location, &config(args, &options, &zone)?)?,
    };
    let threads =
        args.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let import_options = ImportOptions::new(options.memory, options.temp_folder.clone(), threads);
    let mut sink = Sink {
        import: lake.import(import_options.clone())?,
        pseudonyms: lake.pseudonyms()?,
        origin: Origin::new(&args.source_name),
    };
    let mut bar = Reading::new();
    let read =
        read_events(&args.source.files, &options, &source::parquet, &mut |now| bar.show(now), &mut sink);
    bar.finish();
    let read = read?;
    source::save_mapping(&args.source, &read.summary)?;
    let batch =
        Batch { kinds: &read.kinds, segments: &read.segments, until: Some(read.until), transaction: None };
    let spinner = progress::spinner("taking the events into the lake");
    let imported = sink.import.commit(&mut lake, batch);
    spinner.finish_and_clear();
    let imported = imported?;
    let spinner = progress::spinner("compacting");
    let compacted = lake.compact(&import_options, Thoroughness::WhatPays);
    spinner.finish_and_clear();
    // The events are in; a compaction that fails now is for the next time.
    let tidied = compacted.and_then(|_| lake.vacuum(KEEP, SystemTime::now()));
    if let Err(error) = tidied {
        anstream::eprintln!("note: the events are in the lake, but it could not be compacted: {error}");
    }
    say(&read.summary, imported, &options, began);
    Ok(())
}

/// Contracts and durations are no events.
fn refuse(source: &SourceArgs) -> anyhow::Result<()> {
    let given = [
        ("--start", source.start.is_some()),
        ("--end", source.end.is_some()),
        ("--duration", source.duration.is_some()),
        ("--ended", source.ended.is_some()),
    ];
    if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
        anyhow::bail!(
            "{flag} is for contracts and durations; a lake keeps events. `fidance report` reads such files"
        );
    }
    if source.as_known_on.is_some() {
        anyhow::bail!("--as-known-on is for reports: events are taken into the lake as it is now");
    }
    if source.files.is_empty() {
        anyhow::bail!("name the files to take in; see `fidance import --help`");
    }
    Ok(())
}

fn zone(args: &ImportArgs, lake: Option<&Lake>) -> TimeZone {
    let of_lake = lake.map(|lake| lake.zone().clone());
    args.time_zone.clone().or(of_lake).unwrap_or(TimeZone::UTC)
}

/// The definitions of a lake are those it was made with.
fn same_definitions(args: &ImportArgs, lake: &Lake) -> anyhow::Result<()> {
    let config = lake.config();
    let wanted = &args.source.activity;
    let differs = !wanted.is_empty() && *wanted != config.activity;
    if differs || (args.any_activity && !config.activity.is_empty()) {
        let have =
            if config.activity.is_empty() { "every event".to_owned() } else { config.activity.join(", ") };
        anyhow::bail!("this lake counts {have} as activity; another definition needs a lake of its own");
    }
    Ok(())
}

/// The settings of a new lake: what was given, and what the files show.
fn config(args: &ImportArgs, options: &Options, zone: &TimeZone) -> anyhow::Result<LakeConfig> {
    let from_pipe = args.source.files.iter().any(|file| file.as_os_str() == "-");
    let mapping = if from_pipe {
        Mapping { activity: args.source.activity.clone(), ..Mapping::default() }
    } else {
        let seen = inspect(&args.source.files, options, &source::parquet)?;
        if seen.shape == Shape::Subscriptions || seen.shape == Shape::Lifetimes {
            anyhow::bail!(
                "these files hold {}; a lake keeps events. `fidance report` reads such files",
                seen.shape
            );
        }
        seen.mapping
    };
    let activity = if args.any_activity { Vec::new() } else { mapping.activity };
    Ok(LakeConfig::new(zone.iana_name().unwrap_or("UTC"), activity))
}

struct Sink {
    import: Import,
    pseudonyms: Pseudonyms,
    origin: Origin,
}

impl EventSink for Sink {
    fn take(&mut self, event: EventRow) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let customer: CustomerKey = event.customer;
        let message = event.message.map(|hash| self.origin.message(hash));
        Ok(self.import.push(NewEvent {
            customer: self.pseudonyms.of(customer),
            at: event.at,
            clock: None,
            kind: event.kind,
            amount: event.amount,
            profile: event.profile.0,
            message,
        })?)
    }
}

fn say(summary: &Summary, imported: fidance_lake::Imported, options: &Options, began: Instant) {
    let count = |n: u64| Lang::En.count(n);
    if imported.already {
        anstream::println!(
            "These {} events were taken in before; nothing has changed.",
            count(summary.rows_used)
        );
        return;
    }
    anstream::println!(
        "{} events taken in, of {} rows read.",
        count(imported.added),
        count(summary.rows_read)
    );
    if imported.duplicates > 0 {
        anstream::println!("{} had been taken in before.", count(imported.duplicates));
    }
    let rejected = summary.rows_rejected();
    if rejected > 0 {
        let file = options.rejects.as_ref().map_or_else(
            || "; to see them, name a file with --rejects".to_owned(),
            |file| format!(", written to {}", file.display()),
        );
        anstream::println!("{} rows could not be used{file}.", count(rejected));
    }
    if summary.mapping.message_id.is_none() {
        anstream::println!(
            "No column of message ids (--message-id): the same file is not taken twice, but a row that comes again in \
             another file is."
        );
    }
    anstream::println!("{:.1} s", began.elapsed().as_secs_f64());
}
