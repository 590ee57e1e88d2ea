//! The key of a message: 96 bits of a hash, and how they are cut into a slot and a rest. It does not hash.

/// Bits of a key.
pub(super) const KEY_BITS: u32 = 96;

/// The leading 96 bits of a 128-bit hash of source and message id. Keys order as their bits do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    high: u64,
    low: u32,
}

impl MessageKey {
    /// Takes the leading 96 bits of a hash of (source, message id), which must be uniform.
    pub fn from_hash(hash: u128) -> Self {
        Self::from_bits(hash >> (u128::BITS - KEY_BITS))
    }

    /// The leading 64 bits.
    pub fn high(self) -> u64 {
        self.high
    }

    /// The last 32 bits.
    pub fn low(self) -> u32 {
        self.low
    }

    /// From the low 96 bits of a number.
    pub(super) fn from_bits(bits: u128) -> Self {
        Self { high: low64(bits >> 32), low: low32(low64(bits)) }
    }

    /// The key as a number below 2^96.
    pub(super) fn bits(self) -> u128 {
        (u128::from(self.high) << 32) | u128::from(self.low)
    }

    /// The leading `prefix_bits` bits.
    pub(super) fn slot(self, prefix_bits: u32) -> u64 {
        self.high.checked_shr(u64::BITS - prefix_bits).unwrap_or(0)
    }

    /// The leading byte.
    pub(super) fn lead_byte(self) -> u8 {
        let [lead, ..] = self.high.to_be_bytes();
        lead
    }
}

impl From<u128> for MessageKey {
    fn from(hash: u128) -> Self {
        Self::from_hash(hash)
    }
}

/// The low half.
#[expect(clippy::cast_possible_truncation, reason = "cutting is the purpose")]
pub(super) fn low64(bits: u128) -> u64 {
    bits as u64
}

/// The low half.
#[expect(clippy::cast_possible_truncation, reason = "cutting is the purpose")]
pub(super) fn low32(bits: u64) -> u32 {
    bits as u32
}
