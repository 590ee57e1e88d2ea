//! `fidance demo`: simulates the demo shop, reads its files as anyone's would be read, and shows the console.

use std::path::Path;

use fidance_sim::{OutputOptions, Scenario};
use jiff::tz::TimeZone;

use super::{console, simulate};
use crate::{
    args::{DemoArgs, Every, QuestionArgs, SourceArgs, window},
    source,
    watch_args::WatchArgs,
};

/// The columns by which the demo reports.
const SEGMENTS: [&str; 4] = ["country", "device", "channel", "tier"];

pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let scenario = Scenario::demo()?;
    let temporary = tempfile::tempdir()?;
    let folder = args.keep.as_deref().unwrap_or(temporary.path());
    simulate::write(&scenario, args.seed, &OutputOptions::default(), folder)?;
    let watch = WatchArgs {
        events: vec![folder.join("incidents.json")],
        affected: vec![folder.join("affected.csv")],
        ..WatchArgs::default()
    };
    let mut opened = source::watched(&source(folder), &question(&scenario)?, &watch)?;
    if args.keep.is_none() {
        // The folder goes now that everything is read: its path would tell nobody anything.
        opened.provenance.input.files = vec!["events.csv".to_owned()];
        opened.provenance.rejected.file = None;
    }
    temporary.close()?;
    console::show(opened.barometer(), scenario.shop.name.clone(), &args.server)
}

fn source(folder: &Path) -> SourceArgs {
    let column = |name: &str| Some(name.to_owned());
    SourceArgs {
        files: vec![folder.join("events.csv")],
        customer: column("customer_id"),
        at: column("at"),
        at_format: None,
        event: column("event"),
        activity: vec!["Order Completed".to_owned()],
        value: column("order_value"),
        currency: column("currency"),
        segment: SEGMENTS.map(str::to_owned).to_vec(),
        rejects: Some(folder.join("rejects.csv")),
        ..SourceArgs::default()
    }
}

/// The shop's own zone; and its records are complete to the end of its last day, whatever the hour of the last order.
fn question(scenario: &Scenario) -> anyhow::Result<QuestionArgs> {
    Ok(QuestionArgs {
        every: Every::Month,
        window: window("90d").map_err(anyhow::Error::msg)?,
        time_zone: Some(TimeZone::get(&scenario.shop.time_zone)?),
        until: Some(scenario.shop.end),
        calibrate_to: None,
        brackets: None,
        seed: 1,
        threads: None,
    })
}
