//! The part of a sorter that has one leading byte: gathers its entries in blocks, and later sorts them and keeps the
//! first message of each key. Which keys were there before is not known here.

use super::error::KeyError;
use super::key::{MessageKey, low64};
use super::spill::{Extent, Spill};

/// Bits of an entry that hold the position of the message; the others hold the key without its leading byte. So
/// entries order by key, then by position.
pub(super) const ORDINAL_BITS: u32 = 40;
/// Entries of a part's first block.
const FIRST_BLOCK: usize = 64;
/// Entries that fall into one bucket when a part is sorted.
const BUCKET: usize = 8;
/// More buckets than this do not fit near the processor.
const MOST_BUCKET_BITS: u32 = 15;

/// Key and position in one number; the position is below 2^40.
pub(super) fn entry(key: MessageKey, ordinal: u64) -> u128 {
    (key.bits() << ORDINAL_BITS) | u128::from(ordinal)
}

pub(super) fn ordinal_of(entry: u128) -> u64 {
    low64(entry) & ((1 << ORDINAL_BITS) - 1)
}

pub(super) fn key_of(lead: u8, entry: u128) -> MessageKey {
    MessageKey::from_bits((u128::from(lead) << (u128::BITS - ORDINAL_BITS)) | (entry >> ORDINAL_BITS))
}

/// Entries with one leading byte.
#[derive(Debug, Default)]
pub(super) struct Part {
    full: Vec<Vec<u128>>,
    open: Vec<u128>,
    spilled: Vec<Extent>,
    entries: u64,
}

impl Part {
    /// Takes an entry and says how many bytes of memory that cost: none, or those of a new block.
    pub(super) fn push(&mut self, entry: u128, block: usize) -> usize {
        let mut cost = 0;
        if self.open.len() == self.open.capacity() {
            let entries = (self.open.capacity() * 2).clamp(FIRST_BLOCK, block.max(FIRST_BLOCK));
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(entries));
            if !full.is_empty() {
                self.full.push(full);
            }
            cost = entries * size_of::<u128>();
        }
        self.open.push(entry);
        self.entries += 1;
        cost
    }

    /// Moves everything to the file.
    pub(super) fn spill(&mut self, spill: &mut Spill) -> Result<(), KeyError> {
        self.full.push(std::mem::take(&mut self.open));
        self.spilled.push(spill.append(&self.full)?);
        self.full.clear();
        Ok(())
    }

    /// How many leading bits of an entry to go by, so that about `limit` entries are looked at together.
    pub(super) fn split_bits(&self, limit: u64) -> u32 {
        self.entries.div_ceil(limit.max(1)).next_power_of_two().ilog2().min(16)
    }

    /// The entries whose leading `split_bits` bits are `split`, sorted, of each key only the one with the lowest
    /// position; the positions of the others go to `dropped`.
    pub(super) fn load(
        &self,
        (split, split_bits): (u128, u32),
        limit: u64,
        spill: Option<&Spill>,
        dropped: &mut Vec<u64>,
    ) -> Result<Vec<u128>, KeyError> {
        let limit = usize::try_from(limit.max(self.entries >> split_bits)).unwrap_or(usize::MAX);
        let mut entries = Vec::with_capacity(limit.min(usize::try_from(self.entries).unwrap_or(0)));
        // Only far more entries than expected fill this: a few keys that come again and again.
        let mut full = limit.saturating_mul(2);
        let mut take = |more: &mut dyn Iterator<Item = u128>| {
            if split_bits == 0 {
                entries.extend(more);
            } else {
                entries.extend(more.filter(|entry| entry >> (u128::BITS - split_bits) == split));
            }
            if entries.len() > full {
                entries = first_of_each(sorted(&entries, split_bits), dropped);
                full = full.max(entries.len() * 2);
            }
        };
        for extent in &self.spilled {
            spill.map_or(Ok(()), |spill| spill.read(*extent, &mut take))?;
        }
        for block in self.full.iter().chain([&self.open]) {
            take(&mut block.iter().copied());
        }
        Ok(first_of_each(sorted(&entries, split_bits), dropped))
    }
}

/// Sorts entries that agree in their first `skip` bits: into small buckets by the bits that follow, which are uniform,
/// then each bucket. Keys that are not uniform make it slower, not wrong.
fn sorted(entries: &[u128], skip: u32) -> Vec<u128> {
    let bits = (entries.len() / BUCKET).checked_ilog2().unwrap_or(0).min(MOST_BUCKET_BITS);
    if bits == 0 {
        let mut entries = entries.to_vec();
        entries.sort_unstable();
        return entries;
    }
    let bucket = |entry: u128| usize::try_from((entry << skip) >> (u128::BITS - bits)).unwrap_or(0);
    let mut ends = vec![0_usize; 1 << bits];
    for entry in entries {
        if let Some(end) = ends.get_mut(bucket(*entry)) {
            *end += 1;
        }
    }
    let mut before = 0;
    for end in &mut ends {
        (*end, before) = (before, before + *end);
    }
    let mut out = vec![0; entries.len()];
    for entry in entries {
        let Some(end) = ends.get_mut(bucket(*entry)) else { continue };
        if let Some(place) = out.get_mut(*end) {
            *place = *entry;
        }
        *end += 1;
    }
    let mut begin = 0;
    for end in ends {
        out.get_mut(begin..end).unwrap_or_default().sort_unstable();
        begin = end;
    }
    out
}

fn first_of_each(mut sorted: Vec<u128>, dropped: &mut Vec<u64>) -> Vec<u128> {
    sorted.dedup_by(|later, first| {
        let same = *later >> ORDINAL_BITS == *first >> ORDINAL_BITS;
        if same {
            dropped.push(ordinal_of(*later));
        }
        same
    });
    sorted
}
