//! Does what people ask for where no server runs: the store and the lake are opened as a server would, without its doors.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use fidance_app::{
    ingest::{Backlog, Clock, Drain, Metrics},
    people::People,
};
use fidance_store::{Erasure, ErasureState, Store};
use tokio::runtime::Runtime;

use super::{config::Config, drain_limits, open, open::Opened};
use crate::settings::now;

const LOOK: Duration = Duration::from_millis(20);
/// How long to wait for an erasure that makes no trouble.
const PATIENCE: Duration = Duration::from_hours(6);

/// Erases a customer; the receipt, when all of it is done.
pub(crate) fn erase(config: &Config, customer: &str, requested_by: &str) -> anyhow::Result<Erasure> {
    with_people(config, async |people, store, drain| {
        let id = people.erase(customer, requested_by).await?;
        let began = Instant::now();
        loop {
            let erasure = store.erasure(id).await?.context("the erasure is gone")?;
            if matches!(erasure.state, ErasureState::Verified(..)) {
                return Ok(erasure);
            }
            let trouble = drain.state().trouble();
            if trouble.is_some() || began.elapsed() > PATIENCE {
                let trouble = trouble.unwrap_or_else(|| "it takes too long".to_owned());
                anyhow::bail!("erasure {id} is noted and goes on at the next start: {trouble}");
            }
            tokio::time::sleep(LOOK).await;
        }
    })
}

/// Everything that is held on a customer, as a ZIP.
pub(crate) fn export(config: &Config, customer: &str) -> anyhow::Result<Option<Vec<u8>>> {
    with_people(config, async |people, store, drain| {
        // What waits belongs to it.
        while store.depth().await?.parcels > 0 {
            if let Some(trouble) = drain.state().trouble() {
                anyhow::bail!("what waits cannot be brought into the lake: {trouble}");
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(people.export(customer).await?)
    })
}

fn with_people<T>(
    config: &Config,
    work: impl AsyncFnOnce(&People, &Store, &Drain) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = Runtime::new().context("cannot start")?;
    let Opened { store, store_id, lake, names, .. } = Opened::open(config, &runtime)?;
    let backlog = Backlog::default();
    let clock = Clock::new(now);
    let acceptor = Arc::new(open::acceptor(config, names)?);
    let (zone, reader) = (config.zone()?, Arc::new(lake.people_reader()));
    runtime.block_on(async {
        let people =
            People::new(store.clone(), acceptor, backlog.clone(), clock.clone(), zone, reader).await?;
        let people = Arc::new(people);
        let drain = Drain::start(
            store.clone(),
            &store_id,
            Box::new(lake),
            Arc::clone(&people),
            drain_limits(config),
            backlog,
            Arc::new(Metrics::default()),
            clock,
            runtime.handle().clone(),
            Box::new(|_| {}),
        )?;
        let done = work(&people, &store, &drain).await;
        tokio::task::spawn_blocking(move || drain.stop()).await?;
        store.close().await?;
        done
    })
}
