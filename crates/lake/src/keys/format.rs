//! The bytes of a key run around its keys: the header, and where everything lies. It reads and writes no file.
//!
//! ```text
//! fixed part   magic 8, version 4, kind 4, count 8, prefix bits k 4, batches 4, names 4, length of lists 4,
//!              checksum of the table 8
//! lists        batch ids (16 each), names of replaced runs (length 2, text)
//! checksum     8, of all of the above
//! table        2^k + 1 numbers of 8: how many keys lie before each slot
//! slots        2^k times: the keys of the slot without their first k / 8 bytes, checksum 4
//! ```
//! Integers are little-endian, keys big-endian so that their bytes order as they do. Each slot has its own checksum,
//! so that asking for one key reads and checks some 500 bytes and no more.

use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::error::KeyError;
use super::key::{KEY_BITS, low32};

const MAGIC: [u8; 8] = *b"FIDKEYS\n";
const VERSION: u32 = 1;
/// Bytes of the fixed part.
pub(super) const FIXED: usize = 48;
/// Bytes of a slot's checksum.
pub(super) const SLOT_SUM: u64 = 4;
/// A slot holds between this many keys and twice as many.
const KEYS_PER_SLOT: u64 = 32;
/// Beyond 2^28 slots the table in memory would be the larger problem; slots grow instead.
pub(super) const MOST_PREFIX_BITS: u32 = 28;

/// How a run came about, and so what it takes to believe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// Keys of the listed batches; counts once they are committed.
    Batch,
    /// Merged from runs of committed batches, all of which it still lists.
    Merged,
    /// Merged from runs of committed batches, which it no longer lists.
    Settled,
}

/// What a run says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLabel {
    /// How it came about.
    pub kind: RunKind,
    /// The batches whose keys it covers; empty when settled.
    pub batches: Vec<u128>,
    /// The files it was merged from, which it makes superfluous.
    pub replaces: Vec<String>,
}

impl RunLabel {
    /// The label of the keys of one batch.
    pub fn of_batch(batch: u128) -> Self {
        Self { kind: RunKind::Batch, batches: vec![batch], replaces: Vec::new() }
    }
}

/// The header of a run.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) label: RunLabel,
    pub(super) count: u64,
    pub(super) prefix_bits: u32,
    pub(super) table_sum: u64,
}

impl Header {
    /// The header as bytes with its checksum, or nothing when a list is too long.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let lists = self.encode_lists()?;
        let kind: u32 = match self.label.kind {
            RunKind::Batch => 0,
            RunKind::Merged => 1,
            RunKind::Settled => 2,
        };
        let mut bytes = Vec::with_capacity(FIXED + lists.len() + 8);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.prefix_bits.to_le_bytes());
        for length in [self.label.batches.len(), self.label.replaces.len(), lists.len()] {
            bytes.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
        }
        bytes.extend_from_slice(&self.table_sum.to_le_bytes());
        bytes.extend_from_slice(&lists);
        bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
        Some(bytes)
    }

    fn encode_lists(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.label.batches.len() * 16);
        for batch in &self.label.batches {
            bytes.extend_from_slice(&batch.to_le_bytes());
        }
        for name in &self.label.replaces {
            bytes.extend_from_slice(&u16::try_from(name.len()).ok()?.to_le_bytes());
            bytes.extend_from_slice(name.as_bytes());
        }
        Some(bytes)
    }

    /// How long the header with this fixed part is, lists and checksum included.
    pub(super) fn length(fixed: &[u8], path: &Path) -> Result<u64, KeyError> {
        let mut fields = Fields(fixed);
        if fields.take() != Some(MAGIC) {
            return Err(KeyError::NotARun { path: path.to_path_buf() });
        }
        let short = || KeyError::damaged(path, "its header is too short");
        let found = fields.u32().ok_or_else(short)?;
        if found != VERSION {
            return Err(KeyError::Version { path: path.to_path_buf(), found, known: VERSION });
        }
        let mut lengths = Fields(fixed.get(36..).ok_or_else(short)?);
        Ok(FIXED as u64 + u64::from(lengths.u32().ok_or_else(short)?) + 8)
    }

    /// Reads a header of the length that [`Header::length`] gave.
    pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Self, KeyError> {
        let damaged = || KeyError::damaged(path, "its header does not match its checksum");
        let (content, sum) = bytes.split_last_chunk::<8>().ok_or_else(damaged)?;
        if xxh3_64(content) != u64::from_le_bytes(*sum) {
            return Err(damaged());
        }
        Self::decode_content(content).ok_or_else(|| KeyError::damaged(path, "its header contradicts itself"))
    }

    fn decode_content(content: &[u8]) -> Option<Self> {
        let mut fields = Fields(content.get(12..)?);
        let kind = match fields.u32()? {
            0 => RunKind::Batch,
            1 => RunKind::Merged,
            2 => RunKind::Settled,
            _ => return None,
        };
        let count = fields.u64()?;
        let prefix_bits = fields.u32().filter(|bits| *bits <= MOST_PREFIX_BITS)?;
        let (batches, names, _) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let table_sum = fields.u64()?;
        // Collected one by one: a wrong length ends at the end of the bytes, it never allocates.
        let batches = (0..batches).map(|_| fields.take().map(u128::from_le_bytes)).collect::<Option<_>>()?;
        let replaces = (0..names).map(|_| fields.name()).collect::<Option<_>>()?;
        let label = RunLabel { kind, batches, replaces };
        fields.0.is_empty().then_some(Self { label, count, prefix_bits, table_sum })
    }
}

/// Bytes taken apart from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn name(&mut self) -> Option<String> {
        let length = usize::from(self.take().map(u16::from_le_bytes)?);
        let (name, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(name.to_vec()).ok()
    }
}

/// Where the parts of a run lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) prefix_bits: u32,
    /// Bytes that are kept of a key.
    pub(super) rest: u8,
    /// Length of the header.
    pub(super) table_at: u64,
    /// Where the slots begin.
    pub(super) slots_at: u64,
}

impl Layout {
    pub(super) fn new(prefix_bits: u32, header_length: u64) -> Self {
        // At most 28 prefix bits: 9 to 12 bytes are left.
        let rest = (KEY_BITS / 8 - prefix_bits.min(MOST_PREFIX_BITS) / 8).to_le_bytes();
        let [rest, ..] = rest;
        let slots_at = header_length + 8 * ((1 << prefix_bits) + 1);
        Self { prefix_bits, rest, table_at: header_length, slots_at }
    }

    pub(super) fn slots(self) -> u64 {
        1 << self.prefix_bits
    }

    /// Where slot `slot` begins when `before` keys lie before it; nothing when no file can be so long.
    pub(super) fn slot_at(self, slot: u64, before: u64) -> Option<u64> {
        let keys = before.checked_mul(u64::from(self.rest))?;
        keys.checked_add(slot * SLOT_SUM)?.checked_add(self.slots_at)
    }
}

/// The number of prefix bits for so many keys.
pub(super) fn prefix_bits(keys: u64) -> u32 {
    (keys / KEYS_PER_SLOT).checked_ilog2().unwrap_or(0).min(MOST_PREFIX_BITS)
}

/// The checksum of a slot. It depends on the place, so that slots cannot change places unseen.
pub(super) fn slot_sum(slot: u64, keys: &[u8]) -> [u8; 4] {
    let sum = xxh3_64(keys) ^ (slot + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    low32(sum ^ (sum >> 32)).to_le_bytes()
}
