//! `fidance erase`: removes a person wherever something is kept of them, and prints a receipt.

use std::{
    io::{IsTerminal as _, Write as _},
    num::NonZeroUsize,
    time::Duration,
};

use anyhow::Context as _;
use fidance_app::ingest::Names as _;
use fidance_lake::{ImportOptions, Lake};
use fidance_store::{Erasure, ErasureId, ErasureState, StoreError};
use serde_json::{Value, json};

use super::{operate::with_store, server_api};
use crate::{
    lake_args::LakeName,
    names::LakeNames,
    serve::{config::Config, owner},
    serve_args::EraseArgs,
};

const LOOK: Duration = Duration::from_millis(200);
/// Bytes for sorting.
const MEMORY: usize = 192 << 20;
const BY: &str = "command line";

pub(crate) fn run(args: &EraseArgs) -> anyhow::Result<()> {
    if let Some(receipt) = &args.receipt {
        return show(args, receipt);
    }
    let customer = args.customer.as_deref().map(str::trim).unwrap_or_default();
    anyhow::ensure!(!customer.is_empty(), "name a customer");
    confirm(args.yes)?;
    if let Some(lake) = &args.lake {
        return from_lake(args, lake, customer);
    }
    let config = Config::load(args.server.config.as_deref())?;
    must_exist(&config)?;
    let receipt = match owner::erase(&config, customer, BY) {
        Ok(erasure) => Receipt::of(&erasure)?,
        Err(error) if is_busy(&error) => ask_server(&config, customer)?,
        Err(error) => return Err(error),
    };
    receipt.print();
    anyhow::ensure!(
        receipt.people + receipt.letters + receipt.rows > 0,
        "nothing was known of this customer; the receipt stands all the same"
    );
    Ok(())
}

/// Without a store, opening one would make it.
pub(super) fn must_exist(config: &Config) -> anyhow::Result<()> {
    let location = config.store_location()?;
    anyhow::ensure!(
        location.key_file().exists(),
        "there is no server\'s store at {}; name its configuration with --config, or a lake with --lake",
        location.place()
    );
    Ok(())
}

/// Whether a server has the store.
pub(super) fn is_busy(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Busy { .. }))
}

fn confirm(is_meant: bool) -> anyhow::Result<()> {
    if is_meant {
        return Ok(());
    }
    anyhow::ensure!(std::io::stdin().is_terminal(), "nobody can be asked here; say --yes if it is meant");
    anstream::eprint!(
        "This removes everything that is kept of this customer, and cannot be undone. Type yes to go on: "
    );
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    anyhow::ensure!(answer.trim() == "yes", "nothing was removed");
    Ok(())
}

/// What the person is given.
struct Receipt {
    id: String,
    requested_at: String,
    done_at: Option<String>,
    people: u64,
    letters: u64,
    rows: u64,
}

impl Receipt {
    fn of(erasure: &Erasure) -> anyhow::Result<Self> {
        let (store, lake, done) = match erasure.state {
            ErasureState::Requested => (None, None, None),
            ErasureState::StoreDone(store) => (Some(store), None, None),
            ErasureState::LakeDone(store, lake) => (Some(store), Some(lake), None),
            ErasureState::Verified(store, lake, at) => (Some(store), Some(lake), Some(at)),
        };
        let instant = |at| jiff::Timestamp::from_microsecond(at).map(|at| at.to_string());
        Ok(Self {
            id: erasure.id.to_string(),
            requested_at: instant(erasure.requested_at)?,
            done_at: done.map(instant).transpose()?,
            people: store.map_or(0, |part| part.people),
            letters: store.map_or(0, |part| part.letters),
            rows: lake.map_or(0, |part| part.rows),
        })
    }

    fn read(answer: &[u8]) -> anyhow::Result<Self> {
        let answer: Value = serde_json::from_slice(answer).context("the server\'s answer cannot be read")?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
        Ok(Self {
            id: text("id").context("the server\'s answer has no receipt")?,
            requested_at: text("requested_at").unwrap_or_default(),
            done_at: text("done_at"),
            people: count("people"),
            letters: count("dead_letters"),
            rows: count("rows"),
        })
    }

    fn print(&self) {
        anstream::println!("Receipt        {}", self.id);
        anstream::println!("Asked for      {}", self.requested_at);
        anstream::println!("Done           {}", self.done_at.as_deref().unwrap_or("not yet"));
        anstream::println!("Known persons  {}", self.people);
        anstream::println!("Dead letters   {}", self.letters);
        anstream::println!("Events         {}", self.rows);
    }
}

fn show(args: &EraseArgs, receipt: &str) -> anyhow::Result<()> {
    must_exist(&Config::load(args.server.config.as_deref())?)?;
    let id = ErasureId::parse(receipt).context("a receipt has 32 hexadecimal digits")?;
    let found = with_store(&args.server, async |_, store, _| Ok(store.erasure(id).await?))?;
    Receipt::of(&found.with_context(|| format!("there is no receipt {id}"))?)?.print();
    Ok(())
}

/// A server runs: only it may write into its store\'s inbox and empty it.
fn ask_server(config: &Config, customer: &str) -> anyhow::Result<Receipt> {
    let body = json!({ "customer": customer });
    let mut receipt = Receipt::read(&server_api::call(config, "POST", "/api/v1/erasures", Some(&body))?)?;
    let path = format!("/api/v1/erasures/{}", receipt.id);
    while receipt.done_at.is_none() {
        std::thread::sleep(LOOK);
        receipt = Receipt::read(&server_api::call(config, "GET", &path, None)?)?;
    }
    Ok(receipt)
}

fn from_lake(args: &EraseArgs, lake: &LakeName, customer: &str) -> anyhow::Result<()> {
    let mut lake = Lake::open(args.cache.locate(lake)?)?;
    let names = LakeNames(lake.pseudonyms()?);
    let ids = lake.ids_of(&[names.customer(customer)])?;
    let (rows, joins) = lake.held_of(&ids)?;
    anyhow::ensure!(rows + joins > 0, "nothing is known of this customer in the lake");
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    lake.forget(&ids, &ImportOptions::new(MEMORY, std::env::temp_dir(), threads))?;
    anyhow::ensure!(lake.held_of(&ids)? == (0, 0), "something is left in the lake; try again");
    anstream::println!("Events  {rows}\nJoins   {joins}");
    anstream::println!("A lake has no journal: after the restore of a backup, erase again.");
    Ok(())
}
