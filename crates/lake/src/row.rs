//! An event on its way into the lake, and the names of kinds that numbers stand for.

use std::collections::HashMap;

use fidance_domain::history::Micros;

use crate::error::LakeError;

/// No amount, no earlier customer: the smallest number, as in the columns.
pub(crate) const NONE: i64 = i64::MIN;

/// One event. The order of the fields is the order in which events are stored; the rest decides ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Row {
    /// The person, after all merges known when the row was stored.
    pub(crate) customer: i64,
    /// Microseconds since 1970.
    pub(crate) at: Micros,
    /// Position in the batch, from 0.
    pub(crate) ordinal: u64,
    /// The customer under whom the event was recorded, where that is another; else [`NONE`]. The customer itself stands
    /// here where a person was forgotten: nothing else tells these rows from others, and nobody is forgotten twice.
    pub(crate) was: i64,
    /// The instant by the client's own clock, or [`NONE`] where it was not corrected.
    pub(crate) clock: i64,
    /// Ten-thousandths of the currency's unit, or [`NONE`].
    pub(crate) amount: i64,
    /// Number of the segment values.
    pub(crate) profile: u32,
    /// Number of the kind.
    pub(crate) kind: u16,
}

/// Bytes of a row outside memory.
pub(crate) const ROW_BYTES: usize = 54;

impl Row {
    /// The customer under whom the event was recorded.
    pub(crate) const fn recorded(&self) -> i64 {
        if self.was == NONE { self.customer } else { self.was }
    }

    /// Whether it is of a person who was forgotten.
    pub(crate) const fn is_forgotten(&self) -> bool {
        self.was == self.customer
    }

    pub(crate) fn to_bytes(self) -> [u8; ROW_BYTES] {
        let mut bytes = [0; ROW_BYTES];
        let mut rest = bytes.as_mut_slice();
        let words = [
            self.customer.cast_unsigned(),
            self.at.cast_unsigned(),
            self.ordinal,
            self.was.cast_unsigned(),
            self.clock.cast_unsigned(),
            self.amount.cast_unsigned(),
        ];
        for word in words {
            rest = put(rest, &word.to_le_bytes());
        }
        rest = put(rest, &self.profile.to_le_bytes());
        put(rest, &self.kind.to_le_bytes());
        bytes
    }

    /// `None` where there are too few bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        Some(Self {
            customer: word(0)?.cast_signed(),
            at: word(8)?.cast_signed(),
            ordinal: word(16)?,
            was: word(24)?.cast_signed(),
            clock: word(32)?.cast_signed(),
            amount: word(40)?.cast_signed(),
            profile: u32::from_le_bytes(bytes.get(48..52)?.try_into().ok()?),
            kind: u16::from_le_bytes(bytes.get(52..54)?.try_into().ok()?),
        })
    }
}

fn put<'a>(into: &'a mut [u8], bytes: &[u8]) -> &'a mut [u8] {
    match into.split_at_mut_checked(bytes.len()) {
        Some((head, rest)) => {
            head.copy_from_slice(bytes);
            rest
        }
        None => &mut [],
    }
}

/// Names of kinds of events, numbered in order of first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    names: Vec<String>,
    numbers: HashMap<String, u16>,
}

impl Kinds {
    /// The number of a kind.
    pub(crate) fn number(&mut self, name: &str) -> Result<u16, LakeError> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let number =
            u16::try_from(self.names.len()).ok().filter(|number| *number < u16::MAX).ok_or_else(|| {
                LakeError::TooMany { what: "kinds of events".to_owned(), limit: usize::from(u16::MAX) }
            })?;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        Ok(number)
    }

    /// The names in order of their numbers.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_from_bytes_as_it_went() {
        let row = Row {
            customer: -5,
            at: 1_700_000_000_000_000,
            ordinal: 9,
            was: NONE,
            clock: 8,
            amount: -1,
            profile: 7,
            kind: 3,
        };
        assert_eq!(Row::from_bytes(&row.to_bytes()), Some(row));
        assert_eq!(Row::from_bytes(&row.to_bytes()[..45]), None);
    }
}
