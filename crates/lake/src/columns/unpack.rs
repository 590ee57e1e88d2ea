//! Taking apart bit-packed integers, one function for each width, so that shifts and masks are constants.
//!
//! Values lie in groups of eight, because eight values of any width end on a byte.

/// Bytes that must be readable behind the last group: values are loaded as whole words.
pub(super) const SLACK: usize = 8;

/// Hands `groups` groups of eight values to `put`; false if `bytes` hold less than that and [`SLACK`].
#[expect(clippy::inline_always, reason = "each width is to become one loop of constants")]
#[inline(always)]
fn unpack<const W: usize>(bytes: &[u8], groups: usize, mut put: impl FnMut(usize, [u64; 8])) -> bool {
    let Some(bytes) = bytes.get(..groups * W + SLACK) else { return false };
    for group in 0..groups {
        let Some(window) = bytes.get(group * W..group * W + W + SLACK) else { return false };
        put(group, std::array::from_fn(|value| one::<W>(window, value)));
    }
    true
}

#[expect(clippy::inline_always, reason = "see above")]
#[inline(always)]
fn one<const W: usize>(window: &[u8], value: usize) -> u64 {
    let (byte, shift) = (value * W / 8, value * W % 8);
    let word =
        window.get(byte..).and_then(<[u8]>::first_chunk::<8>).map_or(0, |word| u64::from_le_bytes(*word));
    if W == 0 {
        0
    } else if W <= 57 {
        (word >> shift) & (u64::MAX >> (64 - W))
    } else {
        let above = window.get(byte + 8).map_or(0, |byte| u64::from(*byte));
        let above = if shift == 0 { 0 } else { above << (64 - shift) };
        ((word >> shift) | above) & (u64::MAX >> (64 - W))
    }
}

/// Calls `$function::<W>` for the width known only at run time.
macro_rules! by_width {
    ($width:expr, $function:ident, $arguments:tt, $($w:literal)*) => {
        match $width { $($w => $function::<$w> $arguments,)* _ => false }
    };
}

/// Values that are stored as integers in Parquet.
pub(super) trait Int: Copy + Default + PartialEq + std::fmt::Debug + Send + 'static {
    /// Bytes of a value stored as it is.
    const BYTES: usize;
    /// The low bits of a number: differences wrap around in the width of the column.
    fn wrap(wide: i64) -> Self;
    fn wide(self) -> i64;
    /// Values stored as they are; false if there are fewer bytes than values.
    fn plain(bytes: &[u8], out: &mut [Self]) -> bool;
}

macro_rules! int {
    ($type:ty, $bytes:literal) => {
        impl Int for $type {
            const BYTES: usize = $bytes;
            #[inline]
            #[allow(clippy::cast_possible_truncation)]
            fn wrap(wide: i64) -> Self {
                wide as $type
            }
            #[inline]
            #[allow(clippy::useless_conversion)]
            fn wide(self) -> i64 {
                i64::from(self)
            }
            fn plain(bytes: &[u8], out: &mut [Self]) -> bool {
                let (values, _) = bytes.as_chunks::<$bytes>();
                let Some(values) = values.get(..out.len()) else { return false };
                for (out, value) in out.iter_mut().zip(values) {
                    *out = <$type>::from_le_bytes(*value);
                }
                true
            }
        }
    };
}
int!(i64, 8);
int!(i32, 4);

fn deltas<const W: usize>(bytes: &[u8], least: i64, last: &mut i64, out: &mut [impl Int]) -> bool {
    let mut value = *last;
    let (out, _) = out.as_chunks_mut::<8>();
    let done = unpack::<W>(bytes, out.len(), |group, packed| {
        if let Some(out) = out.get_mut(group) {
            for (out, packed) in out.iter_mut().zip(packed) {
                value = value.wrapping_add(least.wrapping_add(packed.cast_signed()));
                *out = Int::wrap(value);
            }
        }
    });
    *last = value;
    done
}

#[allow(clippy::cast_possible_truncation)]
fn indices<const W: usize>(bytes: &[u8], out: &mut [u32]) -> bool {
    let (out, _) = out.as_chunks_mut::<8>();
    unpack::<W>(bytes, out.len(), |group, packed| {
        if let Some(out) = out.get_mut(group) {
            *out = packed.map(|packed| packed as u32);
        }
    })
}

/// Fills `out`, whose length is a multiple of eight, with `last` plus the sums of the packed differences, each
/// increased by `least`. False if there are too few bytes or the width is impossible.
pub(super) fn unpack_deltas(
    width: u8,
    bytes: &[u8],
    least: i64,
    last: &mut i64,
    out: &mut [impl Int],
) -> bool {
    by_width!(width, deltas, (bytes, least, last, out),
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
        33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64)
}

/// Fills `out`, whose length is a multiple of eight, with packed indices.
pub(super) fn unpack_indices(width: u8, bytes: &[u8], out: &mut [u32]) -> bool {
    by_width!(width, indices, (bytes, out),
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32)
}

/// A number in groups of seven bits, at `at`, which is moved behind it.
pub(super) fn variable_length(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << (place * 7);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// A signed number, smallest magnitudes first.
pub(super) fn zigzag(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let number = variable_length(bytes, at)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}
