//! `fidance simulate`: writes a simulated shop to a folder.

use std::path::Path;

use anyhow::Context;
use fidance_domain::table::{ColumnKind, TableWriter, WriteError};
use fidance_lake::file::ParquetWriter;
use fidance_sim::{Detail, EventFormat, Order, Outcome, OutputOptions, Phase, Progress, Scenario, simulate};
use fidance_web::text::Lang;

use crate::{
    progress::bar,
    simulate_args::{self as args, SimulateArgs},
};

pub(crate) fn run(args: &SimulateArgs) -> anyhow::Result<()> {
    let mut scenario = scenario(args.scenario.as_deref())?;
    if let Some(customers) = args.customers {
        scenario = scenario.with_customers(customers)?;
    }
    if args.orders_only {
        scenario = scenario.with_detail(Detail::Orders);
    }
    scenario = match args.faults {
        args::Faults::Scenario => scenario,
        args::Faults::None => scenario.clean(),
        args::Faults::Many => scenario.dirty(),
    };
    if args.events == args::EventFormat::Messages && args.order == args::EventOrder::Customer {
        anyhow::bail!("messages stand in the order in which they are sent; leave out --order");
    }
    let parquet = open_parquet;
    let format = match args.events {
        args::EventFormat::Csv => EventFormat::Csv,
        args::EventFormat::Ndjson => EventFormat::Ndjson,
        args::EventFormat::Messages => EventFormat::Messages,
        args::EventFormat::Parquet => EventFormat::Parquet(&parquet),
    };
    let order = match args.order {
        args::EventOrder::Time => Order::Time,
        args::EventOrder::Customer => Order::Customer,
    };
    require_free(&args.out)?;
    let outcome =
        write(&scenario, args.seed, &OutputOptions { format, order, ..OutputOptions::default() }, &args.out)?;
    say(&outcome);
    Ok(())
}

/// Writes the shop, with its progress on a terminal.
pub(crate) fn write(
    scenario: &Scenario,
    seed: u64,
    options: &OutputOptions<'_>,
    out: &Path,
) -> anyhow::Result<Outcome> {
    let bar = bar(1, "simulating");
    let mut show = |progress: Progress| {
        bar.set_message(match progress.phase {
            Phase::Simulating => "simulating",
            Phase::Writing => "writing",
        });
        bar.set_length(progress.total.max(1));
        bar.set_position(progress.done);
    };
    let outcome = simulate(scenario, seed, options, out, &mut show);
    bar.finish_and_clear();
    Ok(outcome?)
}

fn scenario(file: Option<&Path>) -> anyhow::Result<Scenario> {
    let Some(file) = file else { return Ok(Scenario::demo()?) };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the scenario {}", file.display()))?;
    Scenario::from_toml(&text).with_context(|| file.display().to_string())
}

/// A folder that holds something else is left alone.
fn require_free(out: &Path) -> anyhow::Result<()> {
    let holds_files = out.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    let is_earlier_shop = out.join("truth.json").exists();
    if holds_files && !is_earlier_shop {
        anyhow::bail!(
            "{} already holds files that are not those of a simulated shop; choose another folder",
            out.display()
        );
    }
    Ok(())
}

fn open_parquet(path: &Path, columns: &[(&str, ColumnKind)]) -> Result<Box<dyn TableWriter>, WriteError> {
    Ok(Box::new(ParquetWriter::create(path, columns)?))
}

fn say(outcome: &Outcome) {
    let count = |n| Lang::En.count(n);
    for file in &outcome.files {
        let rows = file.rows.map_or_else(String::new, |rows| format!(", {} rows", count(rows)));
        anstream::println!("{}  {} KiB{rows}", file.path.display(), count(file.bytes.div_ceil(1024)));
    }
    anstream::println!(
        "{} customers, {} events, {} orders",
        count(outcome.customers),
        count(outcome.events),
        count(outcome.orders)
    );
}
