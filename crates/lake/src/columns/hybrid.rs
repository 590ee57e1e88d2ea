//! Runs and bit-packed groups of small numbers: indices into a dictionary, and which rows have a value.

use bytes::Bytes;

use super::{
    error::Reason,
    unpack::{SLACK, unpack_indices, variable_length},
};

/// Packed numbers that are decoded at once.
const UNIT: usize = 64;

const SHORT: Reason = "its indices end too early";

/// What comes next.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// The same number so many times.
    Repeat(u32, usize),
    /// One number each.
    Each(&'a [u32]),
}

/// One page of small numbers.
#[derive(Debug)]
pub(super) struct Hybrid {
    bytes: Bytes,
    at: usize,
    width: u8,
    repeated: u32,
    repeats: usize,
    /// Packed numbers that are not decoded yet.
    packed: usize,
    unit: [u32; UNIT],
    unit_from: usize,
    unit_to: usize,
}

impl Hybrid {
    pub(super) fn new(bytes: Bytes, width: u8) -> Result<Self, Reason> {
        if width > 32 {
            return Err("its indices have an impossible width");
        }
        Ok(Self {
            bytes,
            at: 0,
            width,
            repeated: 0,
            repeats: 0,
            packed: 0,
            unit: [0; UNIT],
            unit_from: 0,
            unit_to: 0,
        })
    }

    /// A page of indices, whose first byte is their width. A page without values may be empty.
    pub(super) fn indices(bytes: &Bytes) -> Result<Self, Reason> {
        let width = bytes.first().copied().unwrap_or(0);
        Self::new(bytes.slice(bytes.len().min(1)..), width)
    }

    /// At most `limit` (more than 0) of what comes next.
    #[inline]
    pub(super) fn next(&mut self, limit: usize) -> Result<Step<'_>, Reason> {
        if self.repeats == 0 && self.unit_from == self.unit_to {
            if self.packed == 0 {
                self.next_run()?;
            }
            if self.packed > 0 {
                self.fill_unit()?;
            }
        }
        if self.repeats > 0 {
            let count = self.repeats.min(limit);
            self.repeats -= count;
            return Ok(Step::Repeat(self.repeated, count));
        }
        let count = (self.unit_to - self.unit_from).min(limit);
        let from = self.unit_from;
        self.unit_from += count;
        self.unit.get(from..from + count).map(Step::Each).ok_or(SHORT)
    }

    fn next_run(&mut self) -> Result<(), Reason> {
        while self.repeats == 0 && self.packed == 0 {
            let header = variable_length(&self.bytes, &mut self.at).ok_or(SHORT)?;
            let count = usize::try_from(header >> 1).map_err(|_| SHORT)?;
            if header & 1 == 1 {
                // No more than the bytes that are left can hold, or, of width 0, than is ever asked for.
                self.packed = count.min(1 << 40) * 8;
            } else {
                let length = usize::from(self.width).div_ceil(8);
                let value = self.bytes.get(self.at..self.at + length).ok_or(SHORT)?;
                self.repeated = value.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
                self.at += length;
                self.repeats = count;
            }
        }
        Ok(())
    }

    fn fill_unit(&mut self) -> Result<(), Reason> {
        let bytes = self.bytes.get(self.at..).ok_or(SHORT)?;
        let width = usize::from(self.width);
        let mut count = self.packed.min(UNIT);
        let length = count / 8 * width;
        if bytes.len() >= length + SLACK {
            let unit = self.unit.get_mut(..count).ok_or(SHORT)?;
            if !unpack_indices(self.width, bytes, unit) {
                return Err(SHORT);
            }
        } else {
            // Where the page ends; a writer may leave out the bytes of a last group that hold nothing.
            let bytes = bytes.get(..length).unwrap_or(bytes);
            let mut copy = [0; UNIT * 4 + SLACK];
            copy.get_mut(..bytes.len()).ok_or(SHORT)?.copy_from_slice(bytes);
            unpack_indices(self.width, &copy, &mut self.unit);
            count = (bytes.len() * 8).checked_div(width).map_or(count, |held| count.min(held));
            if count == 0 {
                return Err(SHORT);
            }
        }
        self.at += length;
        self.packed -= self.packed.min(UNIT);
        (self.unit_from, self.unit_to) = (0, count);
        Ok(())
    }
}
