//! Text of ids, times and amounts, written without memory of its own: this is what most of the time goes to.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use crate::{
    calendar::Micros,
    draw::mix,
    error::SimError,
    event::{ANONYMOUS, Event, KNOWN, NOBODY, OWN},
};

use super::{Names, Times};

const FLUSH_AT: usize = 1 << 18;

/// A text file being written.
#[derive(Debug)]
pub(crate) struct TextFile {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
}

impl TextFile {
    pub(crate) fn create(path: &Path) -> Result<Self, SimError> {
        let file = File::create(path).map_err(|source| SimError::Create { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file, buffer: Vec::with_capacity(FLUSH_AT + 4_096) })
    }

    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    /// Ends a line and writes when enough has gathered.
    pub(crate) fn end_line(&mut self) -> Result<(), SimError> {
        self.buffer.push(b'\n');
        if self.buffer.len() < FLUSH_AT {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), SimError> {
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|source| SimError::Write { path: self.path.clone(), source })
    }

    pub(crate) fn finish(mut self) -> Result<(), SimError> {
        self.flush()
    }
}

/// `C0000042`.
pub(crate) fn customer_id(customer: u32, into: &mut Vec<u8>) {
    into.push(b'C');
    digits(u64::from(customer) + 1, 7, into);
}

/// `A` and sixteen hexadecimal digits that do not tell whose they are.
pub(crate) fn anonymous_id(customer: u32, seed: u64, into: &mut Vec<u8>) {
    into.push(b'A');
    hex(mix(mix(seed ^ 0x616e_6f6e_796d_6f75) ^ u64::from(customer)), into);
}

/// The customer's id, or what stands in its place.
pub(crate) fn event_customer(event: &Event, seed: u64, into: &mut Vec<u8>) {
    match event.id {
        OWN | KNOWN => customer_id(event.customer, into),
        ANONYMOUS => anonymous_id(event.customer, seed, into),
        word => into.extend_from_slice(NOBODY.get(usize::from(word) - 1).copied().unwrap_or("").as_bytes()),
    }
}

/// A number with at least `width` digits.
pub(crate) fn digits(mut number: u64, width: usize, into: &mut Vec<u8>) {
    let mut buffer = [b'0'; 20];
    let mut used = 0;
    for place in buffer.iter_mut().rev() {
        if number == 0 && used >= width {
            break;
        }
        *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        used += 1;
    }
    into.extend_from_slice(buffer.get(20 - used..).unwrap_or(&[]));
}

/// Sixteen hexadecimal digits.
pub(crate) fn hex(number: u64, into: &mut Vec<u8>) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    for shift in (0..16).rev() {
        let nibble = usize::from(u8::try_from((number >> (4 * shift)) & 15).unwrap_or(0));
        into.push(DIGITS.get(nibble).copied().unwrap_or(b'0'));
    }
}

/// Hundredths as a decimal number.
pub(crate) fn amount(cents: u32, into: &mut Vec<u8>) {
    digits(u64::from(cents / 100), 1, into);
    into.push(b'.');
    digits(u64::from(cents % 100), 2, into);
}

/// A text with what stands before it. Values need no escapes: scenarios refuse names that would.
pub(super) fn field(line: &mut Vec<u8>, before: &str, value: &str) {
    if !value.is_empty() {
        line.extend_from_slice(before.as_bytes());
        line.extend_from_slice(value.as_bytes());
        line.push(b'"');
    }
}

/// An instant as the scenario's user asked for it.
pub(crate) fn time(names: &Names<'_>, at: Micros, into: &mut Vec<u8>) {
    match names.times {
        Times::Utc => {
            let (date, second) = names.calendar.civil_utc(at);
            clock(date, second, into);
            into.push(b'Z');
        }
        Times::Offset => {
            let (date, second, offset) = names.calendar.civil(at);
            clock(date, second, into);
            into.push(if offset < 0 { b'-' } else { b'+' });
            let minutes = offset.unsigned_abs() / 60;
            digits(minutes / 60, 2, into);
            into.push(b':');
            digits(minutes % 60, 2, into);
        }
    }
}

/// `2024-07-01T12:05:07`.
pub(crate) fn clock(date: &str, second: i64, into: &mut Vec<u8>) {
    let second = second.unsigned_abs();
    into.extend_from_slice(date.as_bytes());
    for (mark, part) in [(b'T', second / 3_600), (b':', second / 60 % 60), (b':', second % 60)] {
        into.push(mark);
        digits(part, 2, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(written(|b| customer_id(41, b)), "C0000042");
        assert_eq!(written(|b| customer_id(99_999_999, b)), "C100000000");
        assert_eq!(written(|b| amount(5, b)), "0.05");
        assert_eq!(written(|b| amount(123_450, b)), "1234.50");
        assert_eq!(written(|b| hex(0x1f, b)), "000000000000001f");
        assert_eq!(written(|b| digits(0, 1, b)), "0");
        assert_eq!(written(|b| digits(u64::MAX, 1, b)), u64::MAX.to_string());
        assert_eq!(written(|b| clock("2024-01-02", 3_600 * 23 + 61, b)), "2024-01-02T23:01:01");
    }
}
