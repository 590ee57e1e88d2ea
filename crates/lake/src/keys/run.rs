//! A key run that is open for reading: the table is in memory, the keys stay where they are. Whatever is read is
//! checked first; a damaged run gives an error, never a wrong answer.

use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use super::bits::KeyBits;
use super::error::KeyError;
use super::format::{FIXED, Header, Layout, RunLabel, SLOT_SUM};
use super::key::MessageKey;
use super::scan::KeyIter;
use super::slot::Slot;
use super::source::KeySource;

/// At most so much is read at once, unless one slot is larger.
pub(super) const WINDOW: u64 = 256 * 1024;
/// The table is read in pieces of this size, a multiple of 8.
const TABLE_PIECE: u64 = 256 * 1024;
/// A slot up to this size is read without allocating.
const USUAL_SLOT: usize = 1024;

/// An immutable sorted set of keys.
#[derive(Debug)]
pub struct KeyRun {
    source: Box<dyn KeySource>,
    path: PathBuf,
    header: Header,
    layout: Layout,
    /// Keys before each slot, and all of them.
    table: Vec<u64>,
}

impl KeyRun {
    /// Reads and checks header and table. `path` is for error texts only.
    pub fn open(source: impl KeySource + 'static, path: &Path) -> Result<Self, KeyError> {
        Self::open_boxed(Box::new(source), path)
    }

    fn open_boxed(source: Box<dyn KeySource>, path: &Path) -> Result<Self, KeyError> {
        let size = source.size().map_err(KeyError::io(path, "read"))?;
        let short = || KeyError::damaged(path, "it is too short");
        let mut fixed = [0; FIXED];
        if size < FIXED as u64 {
            return Err(short());
        }
        source.read_at(0, &mut fixed).map_err(KeyError::io(path, "read"))?;
        let length = Header::length(&fixed, path)?;
        if length > size {
            return Err(short());
        }
        let mut bytes = buffer(length, path)?;
        source.read_at(0, &mut bytes).map_err(KeyError::io(path, "read"))?;
        let header = Header::decode(&bytes, path)?;
        let layout = Layout::new(header.prefix_bits, length);
        // Before the table is read: a length that does not fit the file must not allocate.
        if layout.slot_at(layout.slots(), header.count) != Some(size) {
            return Err(KeyError::damaged(path, "its length is not what its header says"));
        }
        let table = read_table(source.as_ref(), &header, layout, path)?;
        Ok(Self { source, path: path.to_path_buf(), header, layout, table })
    }

    /// How many keys it holds.
    pub fn count(&self) -> u64 {
        self.header.count
    }

    /// What the run says about itself.
    pub fn label(&self) -> &RunLabel {
        &self.header.label
    }

    /// The place that error texts name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the key is in the run: one read of one slot.
    pub fn contains(&self, key: MessageKey) -> Result<bool, KeyError> {
        let slot = key.slot(self.layout.prefix_bits);
        let (begin, end) = self.slot_range(slot)?;
        if end - begin <= SLOT_SUM {
            return Ok(false);
        }
        let (mut usual, mut large) = ([0; USUAL_SLOT], Vec::new());
        let length = usize::try_from(end - begin).unwrap_or(usize::MAX);
        let bytes = if let Some(bytes) = usual.get_mut(..length) {
            bytes
        } else {
            large.extend(buffer(end - begin, &self.path)?);
            &mut large
        };
        self.source.read_at(begin, bytes).map_err(KeyError::io(&self.path, "read"))?;
        Ok(self.checked(bytes, slot)?.contains(key))
    }

    /// Which of the keys, in ascending order, are in the run. Slots that lie near each other are read together, so
    /// that a dense question becomes a sequential read and a sparse one a few small reads.
    pub fn contains_many(&self, keys: &[MessageKey]) -> Result<KeyBits, KeyError> {
        let mut bits = KeyBits::new(keys.len());
        self.mark_contained(keys, &mut bits)?;
        Ok(bits)
    }

    /// All keys in ascending order, with memory for one window.
    pub fn iter(&self) -> KeyIter<'_> {
        KeyIter::new(self)
    }

    /// Whether every key of the other run is here.
    pub(super) fn is_superset_of(&self, other: &Self) -> Result<bool, KeyError> {
        let mut keys = other.iter();
        while let Some(window) = keys.next_window()? {
            if self.contains_many(&window)?.found() < window.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sets the bits of the keys that are in the run and leaves the others.
    pub(super) fn mark_contained(&self, keys: &[MessageKey], bits: &mut KeyBits) -> Result<(), KeyError> {
        if !keys.is_sorted() {
            return Err(KeyError::Unsorted { path: self.path.clone() });
        }
        let prefix_bits = self.layout.prefix_bits;
        let gap = self.source.worthwhile_gap();
        let mut window = Window::default();
        let mut bytes = Vec::new();
        let mut first = 0;
        for group in keys.chunk_by(|a, b| a.slot(prefix_bits) == b.slot(prefix_bits)) {
            let slot = group.first().map_or(0, |key| key.slot(prefix_bits));
            let (begin, end) = self.slot_range(slot)?;
            if !window.reaches(begin, end, gap) {
                self.search_window(&mut window, &mut bytes, bits)?;
                window.begin = begin;
            }
            window.end = end;
            window.groups.push(Group { slot, first, keys: group });
            first += group.len();
        }
        self.search_window(&mut window, &mut bytes, bits)
    }

    /// Reads one window and searches its groups; leaves it empty.
    fn search_window(
        &self,
        window: &mut Window<'_>,
        bytes: &mut Vec<u8>,
        bits: &mut KeyBits,
    ) -> Result<(), KeyError> {
        if window.groups.is_empty() {
            return Ok(());
        }
        self.read_range(window.begin, window.end, bytes)?;
        for Group { slot, first, keys } in window.groups.drain(..) {
            self.slot_in(bytes, window.begin, slot)?.find_all(keys, |index| bits.set(first + index));
        }
        Ok(())
    }

    pub(super) fn slots(&self) -> u64 {
        self.layout.slots()
    }

    /// Where the slot begins and ends in the source, checksum included.
    pub(super) fn slot_range(&self, slot: u64) -> Result<(u64, u64), KeyError> {
        let at = |slot: u64| {
            let before = self.table.get(usize::try_from(slot).ok()?)?;
            self.layout.slot_at(slot, *before)
        };
        // The table was checked; this cannot happen, and if it does it is told.
        at(slot).zip(at(slot + 1)).ok_or_else(|| KeyError::damaged(&self.path, "its table is too short"))
    }

    pub(super) fn read_range(&self, begin: u64, end: u64, bytes: &mut Vec<u8>) -> Result<(), KeyError> {
        let length =
            usize::try_from(end - begin).map_err(|_| KeyError::damaged(&self.path, "a slot is too large"))?;
        bytes.resize(length, 0);
        self.source.read_at(begin, bytes).map_err(KeyError::io(&self.path, "read"))
    }

    /// The slot in bytes that were read from `begin` on.
    pub(super) fn slot_in<'b>(&self, bytes: &'b [u8], begin: u64, slot: u64) -> Result<Slot<'b>, KeyError> {
        let (from, to) = self.slot_range(slot)?;
        let within = |at: u64| usize::try_from(at.checked_sub(begin)?).ok();
        let range = within(from).zip(within(to)).and_then(|(from, to)| bytes.get(from..to));
        self.checked(range.unwrap_or_default(), slot)
    }

    fn checked<'b>(&self, bytes: &'b [u8], slot: u64) -> Result<Slot<'b>, KeyError> {
        Slot::checked(bytes, slot, self.layout)
            .ok_or_else(|| KeyError::damaged(&self.path, "its keys do not match their checksum"))
    }
}

/// Keys of a question that fall into one slot.
#[derive(Debug)]
struct Group<'k> {
    slot: u64,
    /// The position of the first of them in the question.
    first: usize,
    keys: &'k [MessageKey],
}

/// Slots to be read together.
#[derive(Debug, Default)]
struct Window<'k> {
    begin: u64,
    end: u64,
    groups: Vec<Group<'k>>,
}

impl Window<'_> {
    /// Whether a slot is better read along than on its own.
    fn reaches(&self, begin: u64, end: u64, gap: u64) -> bool {
        !self.groups.is_empty() && begin - self.end <= gap && end - self.begin <= WINDOW
    }
}

fn read_table(
    source: &dyn KeySource,
    header: &Header,
    layout: Layout,
    path: &Path,
) -> Result<Vec<u64>, KeyError> {
    let mut table = Vec::with_capacity(usize::try_from(layout.slots()).unwrap_or(0) + 1);
    let mut sum = Xxh3::new();
    let mut at = layout.table_at;
    while at < layout.slots_at {
        let mut bytes = buffer((layout.slots_at - at).min(TABLE_PIECE), path)?;
        source.read_at(at, &mut bytes).map_err(KeyError::io(path, "read"))?;
        sum.update(&bytes);
        table.extend(bytes.as_chunks::<8>().0.iter().map(|before| u64::from_le_bytes(*before)));
        at += bytes.len() as u64;
    }
    if sum.digest() != header.table_sum {
        return Err(KeyError::damaged(path, "its table does not match its checksum"));
    }
    let whole = table.first() == Some(&0) && table.last() == Some(&header.count) && table.is_sorted();
    if whole { Ok(table) } else { Err(KeyError::damaged(path, "its table contradicts its header")) }
}

/// Room for bytes whose number was checked against the size of the source.
fn buffer(length: u64, path: &Path) -> Result<Vec<u8>, KeyError> {
    let length = usize::try_from(length).map_err(|_| KeyError::damaged(path, "a part is too large"))?;
    Ok(vec![0; length])
}
