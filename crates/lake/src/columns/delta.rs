//! `DELTA_BINARY_PACKED`: a first value and packed differences, in blocks with a common least difference and
//! miniblocks with a common width.

use bytes::Bytes;

use super::{
    error::Reason,
    unpack::{Int, SLACK, unpack_deltas, variable_length, zigzag},
};

/// Values that are decoded at once. Every miniblock is a multiple of it.
const UNIT: usize = 32;
/// Longer blocks than any writer makes are a sign of damage.
const LONGEST_BLOCK: u64 = 1 << 20;

const SHORT: Reason = "its differences end too early";

/// One page of differences.
#[derive(Debug)]
pub(super) struct Delta<T> {
    bytes: Bytes,
    at: usize,
    minis: usize,
    mini_values: usize,
    /// Values not yet decoded, without the first.
    left: usize,
    first_pending: bool,
    last: i64,
    least: i64,
    /// Where the widths of the miniblocks to come lie, and how many there are.
    widths_at: usize,
    widths_left: usize,
    width: u8,
    mini_left: usize,
    /// Decoded, but not yet asked for.
    spare: [T; UNIT],
    spare_from: usize,
    spare_to: usize,
}

impl<T: Int> Delta<T> {
    pub(super) fn new(bytes: Bytes) -> Result<Self, Reason> {
        let mut at = 0;
        let header = (|| {
            let block = variable_length(&bytes, &mut at)?;
            let minis = variable_length(&bytes, &mut at)?;
            let values = variable_length(&bytes, &mut at)?;
            Some((block, minis, values, zigzag(&bytes, &mut at)?))
        })();
        let (block, minis, values, first) = header.ok_or(SHORT)?;
        if block > LONGEST_BLOCK || minis == 0 || minis > block || block % (minis * UNIT as u64) != 0 {
            return Err("its blocks of differences have an impossible size");
        }
        let count = |number: u64| usize::try_from(number).map_err(|_| SHORT);
        Ok(Self {
            minis: count(minis)?,
            mini_values: count(block / minis)?,
            left: count(values.saturating_sub(1))?,
            first_pending: values > 0,
            last: first,
            bytes,
            at,
            least: 0,
            widths_at: 0,
            widths_left: 0,
            width: 0,
            mini_left: 0,
            spare: [T::default(); UNIT],
            spare_from: 0,
            spare_to: 0,
        })
    }

    /// Fills `out` with the next values.
    pub(super) fn read(&mut self, mut out: &mut [T]) -> Result<(), Reason> {
        if self.first_pending && !out.is_empty() {
            self.first_pending = false;
            let (first, rest) = out.split_first_mut().ok_or(SHORT)?;
            *first = T::wrap(self.last);
            out = rest;
        }
        while !out.is_empty() {
            let spare = self.spare.get(self.spare_from..self.spare_to).unwrap_or_default();
            let taken = spare.len().min(out.len());
            let (now, rest) = out.split_at_mut(taken);
            now.copy_from_slice(spare.get(..taken).unwrap_or_default());
            self.spare_from += taken;
            out = rest;
            if out.is_empty() {
                break;
            }
            if self.left == 0 {
                return Err(SHORT);
            }
            if self.mini_left == 0 {
                self.next_mini()?;
            }
            let whole = out.len().min(self.left).min(self.mini_left) / UNIT * UNIT;
            if whole == 0 {
                self.fill_spare()?;
            } else {
                let (now, rest) = out.split_at_mut(whole);
                self.decode(now)?;
                out = rest;
            }
        }
        Ok(())
    }

    /// The last differences of a page, or of a request, which are no whole unit.
    fn fill_spare(&mut self) -> Result<(), Reason> {
        let mut unit = [T::default(); UNIT];
        let real = self.left.min(UNIT);
        self.decode(&mut unit)?;
        self.spare = unit;
        (self.spare_from, self.spare_to) = (0, real);
        Ok(())
    }

    fn next_mini(&mut self) -> Result<(), Reason> {
        if self.widths_left == 0 {
            self.least = zigzag(&self.bytes, &mut self.at).ok_or(SHORT)?;
            self.widths_at = self.at;
            self.widths_left = self.minis;
            self.at += self.minis;
        }
        self.width = *self.bytes.get(self.widths_at).ok_or(SHORT)?;
        self.widths_at += 1;
        self.widths_left -= 1;
        self.mini_left = self.mini_values;
        Ok(())
    }

    /// Decodes whole units, which lie in the current miniblock.
    fn decode(&mut self, out: &mut [T]) -> Result<(), Reason> {
        let bytes = self.bytes.get(self.at..).ok_or(SHORT)?;
        let length = out.len() / 8 * usize::from(self.width);
        let done = if bytes.len() >= length + SLACK {
            unpack_deltas(self.width, bytes, self.least, &mut self.last, out)
        } else {
            self.decode_end(out)?
        };
        if !done {
            return Err("its differences have an impossible width");
        }
        self.at += length;
        self.mini_left -= out.len();
        self.left = self.left.saturating_sub(out.len());
        Ok(())
    }

    /// The same where the page ends: there, whole words cannot be loaded without a copy.
    fn decode_end(&mut self, out: &mut [T]) -> Result<bool, Reason> {
        let mut at = self.at;
        let mut left = self.left;
        for unit in out.chunks_mut(UNIT) {
            let length = UNIT / 8 * usize::from(self.width);
            let bytes = self.bytes.get(at..).unwrap_or_default();
            let bytes = bytes.get(..length).unwrap_or(bytes);
            if bytes.len() * 8 < left.min(UNIT) * usize::from(self.width) {
                return Err(SHORT);
            }
            let mut copy = [0; UNIT * 8 + SLACK];
            copy.get_mut(..bytes.len()).ok_or(SHORT)?.copy_from_slice(bytes);
            if !unpack_deltas(self.width, &copy, self.least, &mut self.last, unit) {
                return Ok(false);
            }
            at += length;
            left = left.saturating_sub(UNIT);
        }
        Ok(true)
    }
}
