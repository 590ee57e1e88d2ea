//! Names of files in a folder of keys. They follow from what a file holds, so that a step that is done again after a
//! crash meets its own file.

use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_128;

const RUN: &str = ".keys";
const TEMPORARY: &str = ".keys-part";

/// What a file in the folder is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Run,
    Temporary,
    Foreign,
}

pub(super) fn kind_of(name: &str) -> FileKind {
    if name.ends_with(TEMPORARY) {
        return FileKind::Temporary;
    }
    let stem = name.strip_suffix(RUN).unwrap_or_default();
    let hex = stem.len() == 32 && stem.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex { FileKind::Run } else { FileKind::Foreign }
}

/// The file of the keys of one batch.
pub(super) fn of_batch(batch: u128) -> String {
    format!("{batch:032x}{RUN}")
}

/// The file that the named ones are merged into.
pub(super) fn of_merged(inputs: &[String]) -> String {
    format!("{:032x}{RUN}", xxh3_128(format!("merged {}", inputs.join(" ")).as_bytes()))
}

/// A name that no other file of this process has.
pub(super) fn temporary(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let stem = name.strip_suffix(RUN).unwrap_or(name);
    format!("{stem}.{}-{}{TEMPORARY}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
