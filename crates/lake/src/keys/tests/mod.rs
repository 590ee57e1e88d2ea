//! The keys against plain models: sets in memory, damage by chance, and folders as a crash leaves them.

mod damage;
mod folder;
mod runs;
mod sorter;

use std::io::Cursor;
use std::path::Path;

use super::{KeyRun, KeyRunWriter, MessageKey, RunLabel};

/// Numbers that look random and are the same each time.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(super) fn key(&mut self) -> MessageKey {
        MessageKey::from_hash((u128::from(self.next()) << 64) | u128::from(self.next()))
    }

    /// Keys in order, each once.
    pub(super) fn keys(&mut self, count: usize) -> Vec<MessageKey> {
        let mut keys: Vec<_> = (0..count).map(|_| self.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Keys that are not uniform: they agree in many leading bits, or differ only in the last.
    pub(super) fn crowded_keys(&mut self, count: usize) -> Vec<MessageKey> {
        let base = self.key().bits();
        let spread = self.below(60);
        let near = |numbers: &mut Self| MessageKey::from_bits(base ^ u128::from(numbers.next() >> spread));
        let mut keys: Vec<_> = (0..count).map(|_| near(self)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

pub(super) fn run_bytes(keys: &[MessageKey], at_most: u64, label: RunLabel) -> Vec<u8> {
    let mut writer = KeyRunWriter::new(Cursor::new(Vec::new()), Path::new("memory"), at_most, label).unwrap();
    writer.extend(keys.iter().copied()).unwrap();
    writer.finish().unwrap().into_inner()
}

pub(super) fn run_of(keys: &[MessageKey]) -> KeyRun {
    KeyRun::open(run_bytes(keys, keys.len() as u64, RunLabel::of_batch(1)), Path::new("memory")).unwrap()
}
