//! `fidance source`, `fidance key`, `fidance migrate`, `fidance config`: what is done beside a server, running or not.

use std::future::Future;

use anyhow::Context as _;
use fidance_store::{ConsentRule, KeyId, KeyKind, Store};

use crate::{
    serve::{
        config::{Config, DEFAULT},
        open,
    },
    serve_args::{KeyCommand, KeyCommandArgs, ServeArgs, SourceCommand, SourceCommandArgs},
    settings::now,
};

/// Opens the store of a configuration, does something with it, and closes it.
pub(crate) fn with_store<T, F, R>(server: &ServeArgs, work: F) -> anyhow::Result<T>
where
    F: FnOnce(Config, Store, fidance_store::Access) -> R,
    R: Future<Output = anyhow::Result<T>>,
{
    let config = Config::load(server.config.as_deref())?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    runtime.block_on(async {
        let (store, access) = open::store(&config).await?;
        let done = work(config, store.clone(), access).await;
        store.close().await?;
        done
    })
}

pub(crate) fn source(args: &SourceCommandArgs) -> anyhow::Result<()> {
    with_store(&args.server, async |_, store, _| match &args.command {
        SourceCommand::Add { name, consent } => {
            let rule = ConsentRule::parse(consent)
                .with_context(|| format!("--consent {consent}: unless_refused, if_given or count_only"))?;
            store.create_source(name, rule, now()).await?;
            anstream::println!("The source {name} is there. A key for it: fidance key add {name}");
            Ok(())
        }
        SourceCommand::List => {
            for source in store.sources().await? {
                let state = if source.disabled_at.is_some() { "  disabled" } else { "" };
                anstream::println!("{}  {}  {}{state}", source.id, source.name, source.consent.as_str());
            }
            Ok(())
        }
    })
}

pub(crate) fn key(args: &KeyCommandArgs) -> anyhow::Result<()> {
    with_store(&args.server, async |_, store, _| match &args.command {
        KeyCommand::Add { source, browser } => {
            let found = store.find_source(source).await?;
            let found =
                found.with_context(|| format!("there is no source {source}; see `fidance source list`"))?;
            let kind = if browser.is_empty() {
                KeyKind::Server
            } else {
                KeyKind::Browser { origins: browser.clone() }
            };
            let key = store.create_key(found.id, &kind, now()).await?;
            anstream::println!("{}", key.plain);
            anstream::eprintln!("key {} of {source}; it is not shown again", key.id);
            Ok(())
        }
        KeyCommand::List => {
            let sources = store.sources().await?;
            for key in store.keys(None).await? {
                let source =
                    sources.iter().find(|source| source.id == key.source).map_or("", |source| &source.name);
                let kind = match &key.kind {
                    KeyKind::Server => "server".to_owned(),
                    KeyKind::Browser { origins } => format!("browser {}", origins.join(" ")),
                };
                let state = if key.revoked_at.is_some() { "  revoked" } else { "" };
                anstream::println!("{}  {}…  {source}  {kind}{state}", key.id, key.shown);
            }
            Ok(())
        }
        KeyCommand::Revoke { id } => {
            store.revoke_key(KeyId::new(*id), now()).await?;
            anstream::println!("Key {id} is refused from now on; by a running server within a minute.");
            Ok(())
        }
    })
}

pub(crate) fn migrate(args: &ServeArgs) -> anyhow::Result<()> {
    with_store(args, async |_, store, _| {
        anstream::println!("{} has the schema {}.", store.place(), store.schema_version().await?);
        Ok(())
    })
}

#[expect(clippy::unnecessary_wraps, reason = "all commands can be called alike")]
pub(crate) fn config() -> anyhow::Result<()> {
    anstream::print!("{DEFAULT}");
    Ok(())
}
