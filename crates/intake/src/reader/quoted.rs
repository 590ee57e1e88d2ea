//! One record that contains quotes, taken apart by csv-core with bounded memory.
//!
//! Rows without quotes never come here. The record is fed piece by piece, so that one of any length is
//! survived: beyond [`MAX_ROW`] its text is dropped and only its end is looked for.

use std::io;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use super::input::Input;

/// The longest row that is read, in bytes.
pub(crate) const MAX_ROW: usize = 1 << 20;
/// More columns than this are not a table.
const MAX_FIELDS: usize = 1 << 16;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its text and ends are in the parser.
    Whole,
    /// It is longer than [`MAX_ROW`]; the beginning is in the parser.
    TooLong,
    /// The source ended inside a quote.
    Unclosed,
}

/// A csv-core parser with the record it read last.
#[derive(Debug)]
pub(crate) struct QuotedParser {
    core: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    text_len: usize,
    ends_len: usize,
    /// Line ends inside the last record, the one that closed it included.
    pub(crate) line_ends: u64,
}

impl QuotedParser {
    pub(crate) fn new(delimiter: u8, line_end: u8) -> Self {
        let core = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(line_end)).build();
        Self { core, text: vec![0; 4096], ends: vec![0; 64], text_len: 0, ends_len: 0, line_ends: 0 }
    }

    /// The unquoted text of the last record, its cells end to end.
    pub(crate) fn text(&self) -> &[u8] {
        self.text.get(..self.text_len).unwrap_or(&[])
    }

    /// Where each cell of the last record ends.
    pub(crate) fn ends(&self) -> &[usize] {
        self.ends.get(..self.ends_len).unwrap_or(&[])
    }

    /// Reads the record that begins at the first byte of a slice; its length, or `None` where it does not
    /// end there or is not small.
    pub(crate) fn read_slice(&mut self, bytes: &[u8], line_end: u8) -> Option<usize> {
        self.core.reset();
        let (result, n_in, n_out, n_ends) = self.core.read_record(bytes, &mut self.text, &mut self.ends);
        if result != ReadRecordResult::Record || n_in > MAX_ROW {
            return None;
        }
        (self.text_len, self.ends_len) = (n_out, n_ends);
        self.line_ends = memchr::memchr_iter(line_end, bytes.get(..n_in).unwrap_or(&[])).count() as u64;
        self.drop_carriage_return();
        Some(n_in)
    }

    /// Reads the record that begins at the input's first byte and consumes it.
    pub(crate) fn read(&mut self, input: &mut Input, line_end: u8) -> io::Result<Outcome> {
        self.core.reset();
        (self.text_len, self.ends_len, self.line_ends) = (0, 0, 0);
        let mut too_long = false;
        let mut taken = 0_usize;
        loop {
            if input.data().is_empty() && !input.fill()? {
                let outcome = self.at_end(line_end);
                return Ok(if too_long && outcome == Outcome::Whole { Outcome::TooLong } else { outcome });
            }
            let room = self.text.get_mut(self.text_len..).unwrap_or_default();
            let room_ends = self.ends.get_mut(self.ends_len..).unwrap_or_default();
            let (result, n_in, n_out, n_ends) = self.core.read_record(input.data(), room, room_ends);
            let passed = input.data().get(..n_in).unwrap_or(&[]);
            self.line_ends += memchr::memchr_iter(line_end, passed).count() as u64;
            input.consume(n_in);
            taken += n_in;
            self.text_len += n_out;
            self.ends_len += n_ends;
            too_long |= taken > MAX_ROW;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if too_long => self.text_len = self.text.len().min(1024),
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_FIELDS => {
                    too_long = true;
                    self.ends_len = 0;
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => {
                    self.drop_carriage_return();
                    return Ok(if too_long { Outcome::TooLong } else { Outcome::Whole });
                }
            }
        }
    }

    /// At the end of the source: closes the record with a line end of our own, unless a quote is open.
    ///
    /// A parser inside a quote takes a line end as part of the value; elsewhere it ends the record.
    fn at_end(&mut self, line_end: u8) -> Outcome {
        self.text.resize(self.text_len + 8, 0);
        self.ends.resize(self.ends_len + 8, 0);
        let room = self.text.get_mut(self.text_len..).unwrap_or_default();
        let room_ends = self.ends.get_mut(self.ends_len..).unwrap_or_default();
        let (result, _, n_out, n_ends) = self.core.read_record(&[line_end], room, room_ends);
        if result != ReadRecordResult::Record {
            return Outcome::Unclosed;
        }
        self.text_len += n_out;
        self.ends_len += n_ends;
        self.drop_carriage_return();
        Outcome::Whole
    }

    /// The carriage return of a CRLF is not part of the last cell.
    fn drop_carriage_return(&mut self) {
        if self.text().last() == Some(&b'\r') && self.ends().last() == Some(&self.text_len) {
            self.text_len -= 1;
            let last = self.ends_len.saturating_sub(1);
            if let Some(end) = self.ends.get_mut(last) {
                *end -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one record of a text: outcome, cells, line ends.
    fn read(text: &str) -> (Outcome, Vec<String>, u64) {
        let source = std::io::Cursor::new(text.as_bytes().to_vec());
        let mut input = Input::from_source(Box::new(source), None, "test").unwrap();
        let mut parser = QuotedParser::new(b',', b'\n');
        let outcome = parser.read(&mut input, b'\n').unwrap();
        let mut start = 0;
        let cell = |end: &usize| {
            let cell = String::from_utf8_lossy(&parser.text()[start..*end]).into_owned();
            start = *end;
            cell
        };
        (outcome, parser.ends().iter().map(cell).collect(), parser.line_ends)
    }

    #[test]
    fn records_are_read_to_their_end() {
        for (text, outcome, cells, line_ends) in [
            ("\"a\",b\nc", Outcome::Whole, vec!["a", "b"], 1),
            ("\"a\",b\r\nc", Outcome::Whole, vec!["a", "b"], 1),
            ("\"a\nb\",\"c\"\"d\"", Outcome::Whole, vec!["a\nb", "c\"d"], 1),
            ("a,\"b\"", Outcome::Whole, vec!["a", "b"], 0),
            ("a,\"b\n", Outcome::Unclosed, vec!["a"], 1),
            ("a,\"b\nc\nd", Outcome::Unclosed, vec!["a"], 2),
        ] {
            let cells: Vec<String> = cells.into_iter().map(str::to_owned).collect();
            assert_eq!(read(text), (outcome, cells, line_ends), "{text:?}");
        }
    }
}
