//! All keys of a run in order, window by window. It does not search.

use std::vec;

use super::error::KeyError;
use super::key::MessageKey;
use super::run::{KeyRun, WINDOW};

/// The keys of a run in ascending order. After an error it ends.
#[derive(Debug)]
pub struct KeyIter<'a> {
    run: &'a KeyRun,
    next_slot: u64,
    bytes: Vec<u8>,
    keys: vec::IntoIter<MessageKey>,
}

impl<'a> KeyIter<'a> {
    pub(super) fn new(run: &'a KeyRun) -> Self {
        Self { run, next_slot: 0, bytes: Vec::new(), keys: Vec::new().into_iter() }
    }

    /// The keys of the next slots, as many as fit a window and at least those of one slot.
    pub(super) fn next_window(&mut self) -> Result<Option<Vec<MessageKey>>, KeyError> {
        let first = self.next_slot;
        if first >= self.run.slots() {
            return Ok(None);
        }
        // Should anything fail, there is nothing more.
        self.next_slot = self.run.slots();
        let (begin, mut end) = self.run.slot_range(first)?;
        let mut next = first + 1;
        while next < self.run.slots() {
            let (_, further) = self.run.slot_range(next)?;
            if further - begin > WINDOW {
                break;
            }
            (end, next) = (further, next + 1);
        }
        self.run.read_range(begin, end, &mut self.bytes)?;
        let mut keys = Vec::with_capacity(self.bytes.len() / 9);
        for slot in first..next {
            keys.extend(self.run.slot_in(&self.bytes, begin, slot)?.keys());
        }
        self.next_slot = next;
        Ok(Some(keys))
    }
}

impl Iterator for KeyIter<'_> {
    type Item = Result<MessageKey, KeyError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(key) = self.keys.next() {
                return Some(Ok(key));
            }
            match self.next_window() {
                Ok(window) => self.keys = window?.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<'a> IntoIterator for &'a KeyRun {
    type Item = Result<MessageKey, KeyError>;
    type IntoIter = KeyIter<'a>;

    fn into_iter(self) -> KeyIter<'a> {
        self.iter()
    }
}
