//! Opens the store and the lake of a server, and makes what is not there yet.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use fidance_app::ingest::{Acceptor, Names};
use fidance_lake::{Lake, LakeConfig};
use fidance_store::{Access, ConsentRule, KeyKind, OpenOptions, Store, StoreError};
use tokio::runtime::Runtime;

use super::{config::Config, port::LakePort};
use crate::{names::LakeNames, settings::now};

/// The source that a new store begins with.
const FIRST_SOURCE: &str = "default";
const SECRET_BYTES: usize = 24;

/// All that a server stands on.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: Store,
    pub(super) store_id: String,
    pub(super) lake: LakePort,
    /// The same lake, for the console.
    pub(super) reader: Lake,
    pub(super) lake_name: String,
    pub(super) names: Arc<dyn Names>,
    /// The key of the first source, where that was made just now.
    pub(super) first: Option<String>,
}

impl Opened {
    /// Opens or makes everything. Outside of asynchronous code: the lake does not wait well there.
    pub(super) fn open(config: &Config, runtime: &Runtime) -> anyhow::Result<Self> {
        let store = runtime.block_on(Store::open(&config.store_location()?, OpenOptions::new(now())))?;
        let (lake_name, port) = match lake(config) {
            Ok(opened) => opened,
            Err(error) => {
                runtime.block_on(store.close())?;
                return Err(error);
            }
        };
        let reader = port.reopen()?;
        let names = Arc::new(LakeNames(reader.pseudonyms()?));
        let store_id = runtime.block_on(store.id())?;
        let first = runtime.block_on(first_source(&store))?;
        Ok(Self { store, store_id, lake: port, reader, lake_name, names, first })
    }
}

fn lake(config: &Config) -> anyhow::Result<(String, LakePort)> {
    let (name, location) = config.lake_location()?;
    let wanted = LakeConfig {
        currency: config.business.currency.clone(),
        ..LakeConfig::new(&config.business.time_zone, config.business.activity.clone())
    };
    // Until something came in, what was said of a lake is not settled.
    let lake =
        if Lake::exists(&location)? { Lake::open(&location)? } else { Lake::create(&location, &wanted)? };
    let found = lake.config();
    if found.time_zone != wanted.time_zone {
        anyhow::bail!(
            "business.time_zone: the lake {name} counts days in {}; another zone needs a lake of its own",
            found.time_zone
        );
    }
    if found.activity != wanted.activity {
        let counts =
            if found.activity.is_empty() { "every event".to_owned() } else { found.activity.join(", ") };
        anyhow::bail!(
            "business.activity: the lake {name} counts {counts} as activity; another definition needs a lake of its own"
        );
    }
    let keep = Duration::from_hours(24 * u64::from(config.lake.keep_days));
    Ok((name, LakePort::new(lake, location, keep)))
}

/// A store without sources gets one, with a key for servers.
async fn first_source(store: &Store) -> anyhow::Result<Option<String>> {
    if !store.sources().await?.is_empty() {
        return Ok(None);
    }
    let source = store.create_source(FIRST_SOURCE, ConsentRule::UnlessRefused, now()).await?;
    Ok(Some(store.create_key(source, &KeyKind::Server, now()).await?.plain))
}

/// Decides what becomes of messages, as the configuration says.
pub(crate) fn acceptor(config: &Config, names: Arc<dyn Names>) -> anyhow::Result<Acceptor> {
    let segments = config.segments.iter().map(|(name, paths)| (name.clone(), paths.clone())).collect();
    let currency = config.business.currency.clone();
    Ok(Acceptor::new(names, config.zone()?, currency, config.unit(), config.privacy(), segments))
}

/// The store, as its owner if no server runs, else beside it.
pub(crate) async fn store(config: &Config) -> anyhow::Result<(Store, Access)> {
    let location = config.store_location()?;
    match Store::open(&location, OpenOptions::new(now())).await {
        Ok(store) => Ok((store, Access::Owner)),
        Err(StoreError::Busy { .. }) => {
            let beside = OpenOptions::new(now()).access(Access::Beside);
            Ok((Store::open(&location, beside).await?, Access::Beside))
        }
        Err(error) => Err(error.into()),
    }
}

/// The names of a server's lake.
pub(crate) fn lake_names(config: &Config) -> anyhow::Result<Arc<dyn Names>> {
    let (name, location) = config.lake_location()?;
    let lake = Lake::open(&location).with_context(|| format!("the lake {name}"))?;
    Ok(Arc::new(LakeNames(lake.pseudonyms()?)))
}

/// A text that nobody can guess; nothing where the system has no randomness.
pub(super) fn secret() -> Option<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    let (high, low) = bytes.split_first_chunk::<16>()?;
    let low = low.iter().fold(0_u64, |low, byte| low << 8 | u64::from(*byte));
    Some(format!("{:032x}{low:016x}", u128::from_be_bytes(*high)))
}
