//! Several key runs into one: the union of their keys and of their batches. Which runs, `plan` says.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::io::{Seek, Write};
use std::path::Path;

use super::error::KeyError;
use super::format::{RunKind, RunLabel};
use super::run::KeyRun;
use super::writer::KeyRunWriter;

/// A merged run that would list more batches than this is settled instead.
const LISTED_BATCHES: usize = 1024;

/// Merges runs into a new one at the start of `out` and gives back a finished file that the caller syncs. Merge only
/// runs whose batches are committed: the merged run is believed without asking. `replaces` names the merged files,
/// for whoever finds them still there.
pub fn merge<W: Write + Seek>(
    runs: &[&KeyRun],
    replaces: Vec<String>,
    out: W,
    path: &Path,
) -> Result<W, KeyError> {
    let at_most = runs.iter().map(|run| run.count()).sum();
    let mut writer = KeyRunWriter::new(out, path, at_most, label(runs, replaces))?;
    let mut inputs: Vec<_> = runs.iter().map(|run| run.iter()).collect();
    let mut heads = BinaryHeap::with_capacity(runs.len());
    for (input, keys) in inputs.iter_mut().enumerate() {
        if let Some(key) = keys.next().transpose()? {
            heads.push(Reverse((key, input)));
        }
    }
    let mut last = None;
    while let Some(mut head) = heads.peek_mut() {
        let Reverse((key, input)) = *head;
        if last != Some(key) {
            writer.push(key)?;
            last = Some(key);
        }
        match inputs.get_mut(input).and_then(Iterator::next).transpose()? {
            Some(next) => *head = Reverse((next, input)),
            None => drop(std::collections::binary_heap::PeekMut::pop(head)),
        }
    }
    writer.finish()
}

fn label(runs: &[&KeyRun], replaces: Vec<String>) -> RunLabel {
    let labels = || runs.iter().map(|run| run.label());
    let batches: BTreeSet<u128> = labels().flat_map(|label| &label.batches).copied().collect();
    let settled = batches.len() > LISTED_BATCHES || labels().any(|label| label.kind == RunKind::Settled);
    if settled {
        return RunLabel { kind: RunKind::Settled, batches: Vec::new(), replaces };
    }
    RunLabel { kind: RunKind::Merged, batches: batches.into_iter().collect(), replaces }
}
