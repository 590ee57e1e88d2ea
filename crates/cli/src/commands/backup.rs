//! `fidance backup`: a copy of a server's store and lake, beside the server or without it.
//!
//! The store first: a lake that is newer than the store loses and doubles nothing, an older one lacks what the store has
//! handed over. The master key is no part of a copy.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use fidance_lake::{Copied, Lake, LakeError};
use fidance_store::{Store, StoreError};

use crate::{
    commands::operate::with_store,
    lake_args::LakeName,
    serve::config::Config,
    serve_args::{BackupArgs, ServeArgs},
};

/// How long to wait for whoever writes to the lake.
const PATIENCE: Duration = Duration::from_mins(5);
const ATTEMPTS: Duration = Duration::from_millis(20);

pub(crate) fn run(args: &BackupArgs) -> anyhow::Result<()> {
    let folder = &args.folder;
    fs::create_dir(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    store(&args.server, folder)?;
    let config = Config::load(args.server.config.as_deref())?;
    lake(&config, folder)
}

fn store(server: &ServeArgs, folder: &Path) -> anyhow::Result<()> {
    let target = folder.join("store.sqlite");
    with_store(server, async |config: Config, store: Store, _| {
        let location = config.store_location()?;
        match store.backup_to(&target).await {
            Ok(()) => anstream::println!("The store: {}", target.display()),
            Err(StoreError::Unsupported { .. }) => {
                anstream::println!(
                    "The store {} is not in this copy: pg_dump copies it, and has to do so before this command.",
                    store.place()
                );
            }
            Err(error) => return Err(error.into()),
        }
        let journal = location.journal_file();
        if journal.exists() {
            let target = folder.join("erasures.journal");
            fs::copy(&journal, &target)
                .and_then(|_| fs::File::open(&target)?.sync_all())
                .with_context(|| format!("cannot copy {}", journal.display()))?;
            anstream::println!("The journal of erasures: {}", target.display());
        }
        anstream::println!("Not in this copy: the master key {}", location.key_file().display());
        Ok(())
    })
}

fn lake(config: &Config, folder: &Path) -> anyhow::Result<()> {
    let (name, location) = config.lake_location()?;
    if let Some(url) = &config.lake.url
        && matches!(url.parse(), Ok(LakeName::Store(_)))
    {
        anstream::println!("The lake {name} is not in this copy: see the guide on lakes in object stores.");
        return Ok(());
    }
    let target = folder.join("lake");
    let mut lake = Lake::open(&location)?;
    let Copied { files, bytes } = copy(&mut lake, &target)?;
    anstream::println!("The lake: {}, {files} files, {:.1} MB", target.display(), bytes as f64 / 1e6);
    Ok(())
}

/// Whoever writes is done in a moment, as a rule.
fn copy(lake: &mut Lake, target: &Path) -> Result<Copied, LakeError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match lake.copy_to(target) {
            Err(LakeError::Busy { .. }) if Instant::now() < until => thread::sleep(ATTEMPTS),
            done => return done,
        }
    }
}
