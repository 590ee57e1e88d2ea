//! Finds the duplicates of a batch, within itself and against all runs, however large it is: keys are parted by their
//! leading byte, what does not fit into memory goes to a temporary file, and the parts are settled one after the
//! other by two threads. It does not say what to do with a duplicate.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::bits::KeyBits;
use super::drops::DropSet;
use super::error::KeyError;
use super::key::MessageKey;
use super::part::{ORDINAL_BITS, Part, entry, key_of, ordinal_of};
use super::run::KeyRun;
use super::spill::Spill;
use super::writer::KeyRunWriter;

/// Up to this many keys are sorted as they are: below, parting costs more than it saves.
const FEW: usize = 8192;
const PARTS: usize = 256;
/// Entries of a block, when memory allows: then few blocks are open that are not full.
const BLOCK: usize = 4096;
const THREADS: usize = 2;
/// With less the parts would go to the file a few entries at a time.
const LEAST_MEMORY: usize = 1 << 20;

/// Takes the keys of one batch, each with the position of its message.
#[derive(Debug)]
pub struct KeySorter {
    memory: usize,
    folder: PathBuf,
    few: Vec<(MessageKey, u64)>,
    /// Empty until there are more than a few.
    parts: Vec<Part>,
    /// Bytes in blocks of the parts.
    held: usize,
    spill: Option<Spill>,
    len: u64,
}

/// The outcome of a batch.
#[derive(Clone, Debug, Default)]
pub struct Deduped {
    /// The messages to leave out: their key came earlier in the batch or was taken before.
    pub drops: DropSet,
    /// How many keys are new.
    pub kept: u64,
}

/// What a thread has settled.
#[derive(Debug, Default)]
struct Settled {
    keys: Vec<MessageKey>,
    dropped: Vec<u64>,
    part_done: bool,
}

impl KeySorter {
    /// A sorter that holds about `memory` bytes and puts what is more into a nameless file in `folder`. It does
    /// not work with less than 1 MB.
    pub fn new(memory: usize, folder: &Path) -> Self {
        Self {
            memory: memory.max(LEAST_MEMORY),
            folder: folder.to_path_buf(),
            few: Vec::new(),
            parts: Vec::new(),
            held: 0,
            spill: None,
            len: 0,
        }
    }

    /// How many keys were pushed.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether none was pushed.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the key of the message at position `ordinal`. Of equal keys the lowest position stays.
    pub fn push(&mut self, key: MessageKey, ordinal: u64) -> Result<(), KeyError> {
        if ordinal >> ORDINAL_BITS != 0 {
            return Err(KeyError::OrdinalTooLarge { ordinal, limit: 1 << ORDINAL_BITS });
        }
        self.len += 1;
        if !self.parts.is_empty() {
            return self.push_to_part(key, ordinal);
        }
        self.few.push((key, ordinal));
        if self.few.len() < FEW {
            return Ok(());
        }
        self.parts.resize_with(PARTS, Part::default);
        std::mem::take(&mut self.few)
            .into_iter()
            .try_for_each(|(key, ordinal)| self.push_to_part(key, ordinal))
    }

    /// Settles the batch against `existing` and writes its new keys, which fit a writer for `len()` keys.
    pub fn finish<W: Write + Seek>(
        self,
        existing: &[&KeyRun],
        writer: &mut KeyRunWriter<W>,
    ) -> Result<Deduped, KeyError> {
        self.finish_with(existing, &mut |keys| writer.extend(keys.iter().copied()))
    }

    /// Settles the batch against `existing` and hands its new keys to `accept`, in ascending order and in pieces.
    pub fn finish_with(
        mut self,
        existing: &[&KeyRun],
        accept: &mut dyn FnMut(&[MessageKey]) -> Result<(), KeyError>,
    ) -> Result<Deduped, KeyError> {
        if self.parts.is_empty() {
            return settle_few(std::mem::take(&mut self.few), existing, accept);
        }
        if self.spill.is_some() {
            // Leaves the memory to the threads.
            self.spill_parts()?;
        }
        let limit = (self.memory / 16 / size_of::<u128>()).max(FEW) as u64;
        let work = Work { limit, spill: self.spill.as_ref(), existing };
        let mut shares: [Vec<(u8, Part)>; THREADS] = Default::default();
        for (share, part) in (0..THREADS).cycle().zip((0..=u8::MAX).zip(std::mem::take(&mut self.parts))) {
            if let Some(share) = shares.get_mut(share) {
                share.push(part);
            }
        }
        thread::scope(|scope| {
            let (mut threads, mut results) = (Vec::new(), Vec::new());
            for share in shares {
                let (send, receive) = sync_channel(1);
                results.push(receive);
                let thread = thread::Builder::new().spawn_scoped(scope, move || work.settle(share, &send));
                threads.push(thread.map_err(KeyError::io(&self.folder, "start a thread for the keys in"))?);
            }
            let deduped = gather(&results, accept);
            // Threads that still have something to say end when nobody listens.
            drop(results);
            let lost =
                threads.into_iter().map(|thread| thread.join().is_err()).fold(false, |lost, one| lost | one);
            if lost { Err(KeyError::ThreadLost) } else { deduped }
        })
    }

    fn push_to_part(&mut self, key: MessageKey, ordinal: u64) -> Result<(), KeyError> {
        let block = (self.memory / 4 / PARTS / size_of::<u128>()).min(BLOCK);
        if let Some(part) = self.parts.get_mut(usize::from(key.lead_byte())) {
            self.held += part.push(entry(key, ordinal), block);
        }
        // The rest of the memory is for the threads that settle the parts.
        if self.held > self.memory / 8 * 5 { self.spill_parts() } else { Ok(()) }
    }

    fn spill_parts(&mut self) -> Result<(), KeyError> {
        let mut spill = match self.spill.take() {
            Some(spill) => spill,
            None => Spill::create(&self.folder)?,
        };
        self.parts.iter_mut().try_for_each(|part| part.spill(&mut spill))?;
        self.held = 0;
        self.spill = Some(spill);
        Ok(())
    }
}

/// What the threads share.
#[derive(Clone, Copy, Debug)]
struct Work<'a> {
    /// Entries to look at together.
    limit: u64,
    spill: Option<&'a Spill>,
    existing: &'a [&'a KeyRun],
}

impl Work<'_> {
    /// Settles one part after the other and sends what comes out, until an error or until nobody listens.
    fn settle(self, parts: Vec<(u8, Part)>, send: &SyncSender<Result<Settled, KeyError>>) {
        for (lead, part) in parts {
            let split_bits = part.split_bits(self.limit);
            for split in 0..1_u128 << split_bits {
                let mut settled = self.settle_split(lead, &part, (split, split_bits));
                if let Ok(settled) = &mut settled {
                    settled.part_done = split + 1 == 1 << split_bits;
                }
                let failed = settled.is_err();
                if send.send(settled).is_err() || failed {
                    return;
                }
            }
        }
    }

    fn settle_split(self, lead: u8, part: &Part, split: (u128, u32)) -> Result<Settled, KeyError> {
        let mut dropped = Vec::new();
        let entries = part.load(split, self.limit, self.spill, &mut dropped)?;
        let keys = entries.iter().map(|entry| key_of(lead, *entry)).collect();
        let ordinals = entries.iter().map(|entry| ordinal_of(*entry));
        let keys = without_existing(keys, ordinals, self.existing, &mut dropped)?;
        Ok(Settled { keys, dropped, part_done: false })
    }
}

/// Collects the parts in their order from the threads, which take turns.
fn gather(
    results: &[Receiver<Result<Settled, KeyError>>],
    accept: &mut dyn FnMut(&[MessageKey]) -> Result<(), KeyError>,
) -> Result<Deduped, KeyError> {
    let mut deduped = Deduped::default();
    for result in results.iter().cycle().take(PARTS) {
        loop {
            let settled = result.recv().map_err(|_| KeyError::ThreadLost)??;
            deduped.take(&settled, accept)?;
            if settled.part_done {
                break;
            }
        }
    }
    Ok(deduped)
}

impl Deduped {
    fn take(
        &mut self,
        settled: &Settled,
        accept: &mut dyn FnMut(&[MessageKey]) -> Result<(), KeyError>,
    ) -> Result<(), KeyError> {
        settled.dropped.iter().for_each(|ordinal| self.drops.insert(*ordinal));
        self.kept += settled.keys.len() as u64;
        accept(&settled.keys)
    }
}

fn settle_few(
    mut few: Vec<(MessageKey, u64)>,
    existing: &[&KeyRun],
    accept: &mut dyn FnMut(&[MessageKey]) -> Result<(), KeyError>,
) -> Result<Deduped, KeyError> {
    few.sort_unstable();
    let mut dropped = Vec::new();
    few.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            dropped.push(later.1);
        }
        same
    });
    let keys = few.iter().map(|(key, _)| *key).collect();
    let keys = without_existing(keys, few.iter().map(|(_, ordinal)| *ordinal), existing, &mut dropped)?;
    let mut deduped = Deduped::default();
    deduped.take(&Settled { keys, dropped, part_done: true }, accept)?;
    Ok(deduped)
}

/// The keys that are in no run; the positions of the others go to `dropped`.
fn without_existing(
    keys: Vec<MessageKey>,
    ordinals: impl Iterator<Item = u64>,
    existing: &[&KeyRun],
    dropped: &mut Vec<u64>,
) -> Result<Vec<MessageKey>, KeyError> {
    let mut found = KeyBits::new(keys.len());
    existing.iter().try_for_each(|run| run.mark_contained(&keys, &mut found))?;
    if found.found() == 0 {
        return Ok(keys);
    }
    let mut fresh = Vec::with_capacity(keys.len() - found.found());
    for ((key, ordinal), taken) in keys.into_iter().zip(ordinals).zip(found.iter()) {
        if taken {
            dropped.push(ordinal);
        } else {
            fresh.push(key);
        }
    }
    Ok(fresh)
}
