//! An id for messages that come without one.

/// 128 bits of a hash of a message's text (FNV-1a), as `content:` and 32 hexadecimal digits.
///
/// For logs, whose lines are repeated byte by byte when they are delivered twice. Not proof against somebody who
/// searches for two texts with one hash; whoever may send events to a source can do worse.
pub fn content_id(raw: &str) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = raw.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("content:{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // Of the empty text: the basis; of "a": from the reference implementation's test vectors.
        assert_eq!(content_id(""), "content:6c62272e07bb014262b821756295c58d");
        assert_eq!(content_id("a"), "content:d228cb696f1a8caf78912b704e4a8964");
    }
}
