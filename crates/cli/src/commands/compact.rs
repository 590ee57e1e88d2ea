//! `fidance compact`: fewer, larger files; and none that nobody needs.

use std::{
    num::NonZeroUsize,
    time::{Duration, SystemTime},
};

use fidance_lake::{ImportOptions, Lake, Thoroughness};

use crate::{args::CompactArgs, progress};

#[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
pub(crate) fn run(args: &CompactArgs) -> anyhow::Result<()> {
    let mut lake = Lake::open(&args.cache.locate(&args.lake)?)?;
    let threads =
        args.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let options =
        ImportOptions::new(args.memory.get().saturating_mul(1 << 20), std::env::temp_dir(), threads);
    let how = if args.everything { Thoroughness::Everything } else { Thoroughness::WhatPays };
    let spinner = progress::spinner("compacting");
    let compacted = lake.compact(&options, how);
    spinner.finish_and_clear();
    let compacted = compacted?;
    anstream::println!(
        "{} files of events, {} before; {} events written anew.",
        compacted.files_after,
        compacted.files_before,
        compacted.rows
    );
    let keep = Duration::from_secs(u64::from(args.keep) * 86_400);
    let vacuumed = lake.vacuum(keep, SystemTime::now())?;
    if vacuumed.files > 0 {
        anstream::println!("{} old files removed, {:.1} MB.", vacuumed.files, vacuumed.bytes as f64 / 1e6);
    }
    Ok(())
}
