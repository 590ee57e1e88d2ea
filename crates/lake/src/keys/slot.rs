//! The keys of one slot, as they lie in the file: finding one, and making keys of them again. Bytes come checked.

use super::format::{Layout, slot_sum};
use super::key::{MessageKey, low64};

/// A stored key as two numbers that order as the key does within its slot: the first eight of its bytes and the last
/// four. They overlap unless twelve are stored, which does no harm.
type Stored = (u64, u32);

/// The keys of a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<'a> {
    keys: &'a [u8],
    layout: Layout,
    number: u64,
}

impl<'a> Slot<'a> {
    /// Takes the bytes of a slot with its checksum; nothing when they do not match.
    pub(super) fn checked(bytes: &'a [u8], slot: u64, layout: Layout) -> Option<Self> {
        let (keys, sum) = bytes.split_last_chunk::<4>()?;
        (slot_sum(slot, keys) == *sum).then_some(Self { keys, layout, number: slot })
    }

    pub(super) fn contains(self, key: MessageKey) -> bool {
        let target = self.target(key);
        self.search(0, target).is_ok()
    }

    /// Calls `found` with the position of each of the sorted `keys` that is here.
    pub(super) fn find_all(self, keys: &[MessageKey], mut found: impl FnMut(usize)) {
        if keys.len() * 6 < self.len() {
            return self.find_few(keys, found);
        }
        let mut stored = self.stored();
        let mut head = stored.next();
        for (index, key) in keys.iter().enumerate() {
            let target = self.target(*key);
            while head.is_some_and(|head| head < target) {
                head = stored.next();
            }
            if head == Some(target) {
                found(index);
            }
        }
    }

    /// The keys in order.
    pub(super) fn keys(self) -> impl Iterator<Item = MessageKey> + 'a {
        let shift = self.shift();
        let lead = u128::from(self.number >> (self.layout.prefix_bits % 8)) << (shift + 64);
        self.stored()
            .map(move |(high, low)| MessageKey::from_bits(lead | u128::from(high) << shift | u128::from(low)))
    }

    fn find_few(self, keys: &[MessageKey], mut found: impl FnMut(usize)) {
        let mut from = 0;
        for (index, key) in keys.iter().enumerate() {
            match self.search(from, self.target(*key)) {
                Ok(at) => {
                    found(index);
                    from = at;
                }
                Err(at) => from = at,
            }
        }
    }

    /// Where the key is, or where it would be.
    fn search(self, from: usize, target: Stored) -> Result<usize, usize> {
        let (mut low, mut high) = (from, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.at(middle).map(|stored| stored.cmp(&target)) {
                Some(std::cmp::Ordering::Less) => low = middle + 1,
                Some(std::cmp::Ordering::Equal) => return Ok(middle),
                _ => high = middle,
            }
        }
        Err(low)
    }

    fn len(self) -> usize {
        self.keys.len() / usize::from(self.layout.rest)
    }

    fn at(self, index: usize) -> Option<Stored> {
        let rest = usize::from(self.layout.rest);
        read(self.keys.get(index * rest..(index + 1) * rest)?)
    }

    fn stored(self) -> impl Iterator<Item = Stored> + 'a {
        self.keys.chunks_exact(usize::from(self.layout.rest)).filter_map(read)
    }

    /// The key as it would be stored here.
    fn target(self, key: MessageKey) -> Stored {
        (low64(key.bits() >> self.shift()), key.low())
    }

    /// How many bits of a stored key follow its first eight bytes.
    fn shift(self) -> u32 {
        u32::from(self.layout.rest) * 8 - 64
    }
}

fn read(stored: &[u8]) -> Option<Stored> {
    Some((u64::from_be_bytes(*stored.first_chunk()?), u32::from_be_bytes(*stored.last_chunk()?)))
}
