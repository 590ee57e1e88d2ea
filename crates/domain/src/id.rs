//! Identifiers of customers, and those that are no customer at all.
//!
//! A single `"null"` or `"anonymous"` taken as a customer would be one that buys every minute and never
//! leaves: one such id ruins a retention rate, so they are recognised once, here.

/// A customer's identity inside one run: 96 bits of a hash of the id that the source gives.
///
/// With a billion customers the chance that any two share a key is below 10⁻¹¹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerKey {
    /// The leading 64 bits: they also decide the part a customer is in.
    pub high: u64,
    /// Another 32 bits.
    pub low: u32,
}

impl CustomerKey {
    /// From a 128-bit hash.
    #[expect(clippy::cast_possible_truncation, reason = "taking the leading 96 of 128 bits is the purpose")]
    pub const fn from_hash(hash: u128) -> Self {
        Self { high: (hash >> 64) as u64, low: (hash >> 32) as u32 }
    }
}

/// Ids that analytics clients and exports write where there is no customer. Compared without case.
const RESERVED: &[&str] = &[
    "anonymous",
    "guest",
    "null",
    "(null)",
    "nil",
    "none",
    "undefined",
    "nan",
    "n/a",
    "na",
    "#n/a",
    "unknown",
    "[object object]",
    "true",
    "false",
    "0",
    "-1",
    "-",
    "not set",
    "(not set)",
    "distinct_id",
    "distinctid",
    "anonymous_id",
    "user_id",
    "userid",
    "customer_id",
    "id",
    "not_authenticated",
    "email",
    "test",
];

/// Whether an id stands for "nobody" in some system rather than for a customer.
///
/// Ids made of zeros and punctuation only (`00000000-0000-0000-0000-000000000000`, `0.0`) count too.
pub fn is_reserved(id: &str) -> bool {
    let id = id.trim().trim_matches(['"', '\'']);
    RESERVED.iter().any(|reserved| id.eq_ignore_ascii_case(reserved))
        || (!id.is_empty() && id.bytes().all(|b| b == b'0' || !b.is_ascii_alphanumeric()) && id.is_ascii())
}

/// Why a text names no customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nobody {
    /// Nothing but white space.
    Missing,
    /// An id that stands for nobody: see [`is_reserved`].
    Reserved,
}

/// The id of a customer without the white space around it, of any script. Compared as text: `00001` and `1` are two.
///
/// A customer of a file and one of a message are the same where this gives the same text.
pub fn customer(text: &str) -> Result<&str, Nobody> {
    let id = text.trim();
    match id.as_bytes().first() {
        None => Err(Nobody::Missing),
        // No reserved id begins so: most ids are spared the comparison with each.
        Some(b'1'..=b'9') => Ok(id),
        Some(_) if is_reserved(id) => Err(Nobody::Reserved),
        Some(_) => Ok(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_recognised() {
        for id in [
            "null",
            "NULL",
            "undefined",
            "[object Object]",
            "00000000-0000-0000-0000-000000000000",
            "0",
            "NaN",
            "\"null\"",
            "---",
        ] {
            assert!(is_reserved(id), "{id}");
        }
    }

    #[test]
    fn an_id_is_trimmed_and_checked() {
        assert_eq!(customer("\u{a0} u1\t"), Ok("u1"));
        assert_eq!(customer(" "), Err(Nobody::Missing));
        assert_eq!(customer(" Undefined "), Err(Nobody::Reserved));
        assert_eq!(customer("\"null\""), Err(Nobody::Reserved));
    }

    #[test]
    fn customers_are_not_taken_for_nobody() {
        for id in ["00001", "1", "annabelle", "nullmann", "a@b.fr", "7590-VHVEG", "日本"] {
            assert!(!is_reserved(id), "{id}");
        }
    }
}
