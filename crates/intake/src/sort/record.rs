//! One activity as it is sorted and spilled.

use fidance_domain::{
    amount::Amount,
    history::{Micros, Profile},
    id::CustomerKey,
};

/// Bytes of a record, in memory and on disk.
pub(crate) const RECORD: usize = 32;
/// Number of parts.
pub(crate) const PARTS: usize = 256;

/// The part that a customer's records are in.
pub(crate) const fn part_of(customer: CustomerKey) -> usize {
    (customer.high >> 56) as usize
}

/// An activity of a customer. The order of the fields is the order of sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) high: u64,
    pub(crate) low: u32,
    pub(crate) at: Micros,
    pub(crate) profile: u32,
    pub(crate) amount: i64,
}

impl Record {
    pub(crate) const fn new(customer: CustomerKey, at: Micros, profile: Profile, amount: Amount) -> Self {
        Self { high: customer.high, low: customer.low, at, profile: profile.0, amount: amount.steps() }
    }

    /// The part it belongs to.
    pub(crate) const fn part(&self) -> usize {
        part_of(self.customer())
    }

    /// Whose it is.
    pub(crate) const fn customer(&self) -> CustomerKey {
        CustomerKey { high: self.high, low: self.low }
    }

    /// Whether two records are of the same customer.
    pub(crate) const fn same_customer(&self, other: &Self) -> bool {
        self.high == other.high && self.low == other.low
    }

    /// Appends the bytes to a block that is about to be written.
    pub(crate) fn write(&self, block: &mut Vec<u8>) {
        block.extend_from_slice(&self.high.to_le_bytes());
        block.extend_from_slice(&self.low.to_le_bytes());
        block.extend_from_slice(&self.profile.to_le_bytes());
        block.extend_from_slice(&self.at.to_le_bytes());
        block.extend_from_slice(&self.amount.to_le_bytes());
    }

    /// From the bytes that [`Record::write`] made.
    pub(crate) fn read(bytes: &[u8; RECORD]) -> Self {
        let [h0, h1, h2, h3, h4, h5, h6, h7, l0, l1, l2, l3, p0, p1, p2, p3, rest @ ..] = *bytes;
        let [t0, t1, t2, t3, t4, t5, t6, t7, a0, a1, a2, a3, a4, a5, a6, a7] = rest;
        Self {
            high: u64::from_le_bytes([h0, h1, h2, h3, h4, h5, h6, h7]),
            low: u32::from_le_bytes([l0, l1, l2, l3]),
            profile: u32::from_le_bytes([p0, p1, p2, p3]),
            at: i64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            amount: i64::from_le_bytes([a0, a1, a2, a3, a4, a5, a6, a7]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_from_its_bytes() {
        let key = CustomerKey { high: u64::MAX - 7, low: 42 };
        let record = Record::new(key, -5, Profile(3), Amount::from_steps(i64::MIN + 1));
        let mut bytes = Vec::new();
        record.write(&mut bytes);
        assert_eq!(Record::read(bytes.as_slice().try_into().unwrap()), record);
        assert_eq!(record.part(), 255);
        assert_eq!(size_of::<Record>(), RECORD);
    }
}
