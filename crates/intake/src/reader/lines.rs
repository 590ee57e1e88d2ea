//! Text with one row per line: delimited (CSV) or aligned by spaces.
//!
//! Rows without a quote are split where they lie in the input's buffer, after one check of a whole block for
//! valid UTF-8; the others go to csv-core. Both count lines, and neither holds more than one bounded row.

use std::{borrow::Cow, io};

use fidance_domain::table::{Batch, BrokenRow, ReadError, TableReader};

use super::{
    encoding::Encoding,
    input::{Input, StoppedReading},
    output::{Output, Selection, fields},
    quoted::{MAX_ROW, Outcome, QuotedParser},
};
use crate::note::recoded;

/// What separates the cells of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// One byte; cells may be quoted.
    Byte(u8),
    /// Runs of spaces and tabs; lines may begin with them.
    Spaces,
}

/// How the lines of a file are to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineFormat {
    pub(crate) separator: Separator,
    /// `\n`, or `\r` in files of old Macintosh programs.
    pub(crate) line_end: u8,
    pub(crate) encoding: Encoding,
}

impl LineFormat {
    /// Whether bytes have a quote that may mean something.
    fn has_quote(self, bytes: &[u8]) -> bool {
        matches!(self.separator, Separator::Byte(_)) && memchr::memchr(b'"', bytes).is_some()
    }
}

/// A reader of lines.
#[derive(Debug)]
pub(crate) struct LineReader {
    input: Input,
    format: LineFormat,
    columns: Vec<String>,
    selection: Selection,
    rows: Rows,
    quoted: QuotedParser,
    line: u64,
}

/// The part of the state that splitting changes, apart from the input whose bytes it borrows.
#[derive(Debug, Default)]
struct Rows {
    output: Output,
    ends: Vec<usize>,
    recoded: u64,
}

/// Why splitting a block came to its end.
enum Stop {
    /// All complete lines are split, or the batch is full.
    Done,
    /// The next row has a quote and does not end in the block, or is not UTF-8.
    Quote,
}

impl LineReader {
    /// Reads rows from the input's next byte, which is in `line`.
    pub(crate) fn new(input: Input, format: LineFormat, columns: Vec<String>, line: u64) -> Self {
        let delimiter = match format.separator {
            Separator::Byte(byte) => byte,
            Separator::Spaces => b' ',
        };
        let quoted = QuotedParser::new(delimiter, format.line_end);
        let selection = Selection::all(columns.len());
        Self { input, format, columns, selection, rows: Rows::default(), quoted, line }
    }

    /// Splits what lies in the buffer; `false` at the end of the file.
    fn step(&mut self) -> Result<bool, ReadError> {
        let data = self.input.data();
        let complete = memchr::memrchr(self.format.line_end, data).map_or(0, |at| at + 1);
        let block = if self.input.ended() { data } else { data.get(..complete).unwrap_or(data) };
        if block.is_empty() {
            return self.more();
        }
        let text = readable_lines(block, self.format);
        let (consumed, stop) = if text.is_empty() {
            self.rows.split_first(block, self.format, &self.selection, &mut self.line)
        } else {
            self.rows.split_block(text, self.format, &self.selection, &mut self.line, &mut self.quoted)
        };
        self.input.consume(consumed);
        if matches!(stop, Stop::Quote) {
            self.quoted_row()?;
        }
        Ok(true)
    }

    /// Reads further, past a line that is longer than allowed if need be.
    fn more(&mut self) -> Result<bool, ReadError> {
        if self.input.data().len() > MAX_ROW {
            self.skip_long_line()?;
            return Ok(true);
        }
        let line = self.line;
        self.input.fill().map_err(|e| self.input.explain(e, line))?;
        Ok(!self.input.data().is_empty() || !self.input.ended())
    }

    /// A line that does not end within [`MAX_ROW`]: quoted ones are left to csv-core, others are passed over.
    fn skip_long_line(&mut self) -> Result<(), ReadError> {
        if self.format.has_quote(self.input.data()) {
            return self.quoted_row();
        }
        let start: Vec<u8> = self.input.data().iter().take(1200).copied().collect();
        self.rows.output.break_row(self.line, "line_too_long", &String::from_utf8_lossy(&start));
        loop {
            let data = self.input.data();
            let end = memchr::memchr(self.format.line_end, data);
            let n = end.map_or(data.len(), |at| at + 1);
            self.input.consume(n);
            if end.is_some() {
                self.line += 1;
                return Ok(());
            }
            let line = self.line;
            if !self.input.fill().map_err(|e| self.input.explain(e, line))? {
                return Ok(());
            }
        }
    }

    fn quoted_row(&mut self) -> Result<(), ReadError> {
        let line = self.line;
        let outcome = self.quoted.read(&mut self.input, self.format.line_end);
        let outcome = outcome.map_err(|e: io::Error| self.input.explain(e, line + self.quoted.line_ends))?;
        self.line += self.quoted.line_ends;
        let text = self.quoted.text();
        match outcome {
            Outcome::Whole => {
                self.rows.push_record(&self.quoted, self.format.encoding, &self.selection, line);
            }
            Outcome::TooLong => {
                self.rows.output.break_row(line, "line_too_long", &String::from_utf8_lossy(text));
            }
            // One cut line is a row that is lost; many lines are a file that was misread.
            Outcome::Unclosed if self.quoted.line_ends <= 1 => {
                self.rows.output.break_row(line, "unclosed_quote", &String::from_utf8_lossy(text));
            }
            Outcome::Unclosed => {
                return Err(Box::new(StoppedReading::UnclosedQuote { line, lines: self.quoted.line_ends }));
            }
        }
        Ok(())
    }
}

/// Takes the header row away; the number of line ends passed.
pub(crate) fn skip_row(input: &mut Input, separator: Separator, line_end: u8) -> u64 {
    let blank = input.data().iter().take_while(|byte| byte.is_ascii_whitespace() && **byte != b'\t').count();
    let blank = memchr::memrchr(line_end, input.data().get(..blank).unwrap_or(&[])).map_or(0, |at| at + 1);
    let mut passed = memchr::memchr_iter(line_end, input.data().get(..blank).unwrap_or(&[])).count() as u64;
    input.consume(blank);
    let delimiter = if let Separator::Byte(byte) = separator { byte } else { b' ' };
    let mut parser = QuotedParser::new(delimiter, line_end);
    let end = memchr::memchr(line_end, input.data()).map_or(input.data().len(), |at| at + 1);
    let plain = separator == Separator::Spaces || !input.data().get(..end).unwrap_or(&[]).contains(&b'"');
    let n = if plain { end } else { parser.read_slice(input.data(), line_end).unwrap_or(end) };
    passed += memchr::memchr_iter(line_end, input.data().get(..n).unwrap_or(&[])).count() as u64;
    input.consume(n);
    passed
}

/// The lines at the beginning of a block that can be taken as UTF-8; empty where the first one cannot.
fn readable_lines(block: &[u8], format: LineFormat) -> &str {
    let readable = match (format.encoding, std::str::from_utf8(block)) {
        (Encoding::Cp1252, _) => block.iter().position(|byte| !byte.is_ascii()),
        (_, Ok(_)) => None,
        (_, Err(e)) => Some(e.valid_up_to()),
    };
    let end = readable.map_or(block.len(), |bad| {
        memchr::memrchr(format.line_end, block.get(..bad).unwrap_or(&[])).map_or(0, |at| at + 1)
    });
    block.get(..end).and_then(|lines| std::str::from_utf8(lines).ok()).unwrap_or("")
}

impl Rows {
    /// Splits the lines of a block until it ends, the batch is full, or a quoted row reaches past the block.
    fn split_block(
        &mut self,
        text: &str,
        format: LineFormat,
        selection: &Selection,
        line: &mut u64,
        quoted: &mut QuotedParser,
    ) -> (usize, Stop) {
        let clean = memchr::memchr2(b'"', 0, text.as_bytes()).is_none();
        let mut at = 0;
        while at < text.len() && !self.output.is_full() {
            let rest = text.get(at..).unwrap_or("");
            let end = memchr::memchr(format.line_end, rest.as_bytes());
            let row = rest.get(..end.unwrap_or(rest.len())).unwrap_or("");
            let n = end.map_or(rest.len(), |end| end + 1);
            if !clean && format.has_quote(row.as_bytes()) {
                let Some(n) = quoted.read_slice(rest.as_bytes(), format.line_end) else {
                    return (at, Stop::Quote);
                };
                self.push_record(quoted, format.encoding, selection, *line);
                *line += quoted.line_ends;
                at += n;
                continue;
            }
            if !clean && row.as_bytes().contains(&0) {
                self.output.break_row(*line, "nul_byte", row);
            } else {
                self.push_line(row, format, selection, *line);
            }
            *line += u64::from(end.is_some());
            at += n;
        }
        (at, Stop::Done)
    }

    /// Splits only the first line of a block; it has bytes that are not UTF-8.
    fn split_first(
        &mut self,
        block: &[u8],
        format: LineFormat,
        selection: &Selection,
        line: &mut u64,
    ) -> (usize, Stop) {
        let end = memchr::memchr(format.line_end, block);
        let row = block.get(..end.unwrap_or(block.len())).unwrap_or(&[]);
        if format.has_quote(row) {
            return (0, Stop::Quote);
        }
        match decode(row, format.encoding) {
            Some(Cow::Owned(text)) => {
                self.recoded += 1;
                self.push_line(&text, format, selection, *line);
            }
            Some(Cow::Borrowed(text)) => self.push_line(text, format, selection, *line),
            None => self.output.break_row(*line, "invalid_utf8", &String::from_utf8_lossy(row)),
        }
        *line += u64::from(end.is_some());
        (end.map_or(block.len(), |end| end + 1), Stop::Done)
    }

    fn push_line(&mut self, row: &str, format: LineFormat, selection: &Selection, line: u64) {
        let row = row.strip_suffix('\r').unwrap_or(row);
        match format.separator {
            Separator::Byte(delimiter) => self.push_delimited(row, delimiter, selection, line),
            Separator::Spaces => self.push_spaced(row, selection, line),
        }
    }

    fn push_delimited(&mut self, row: &str, delimiter: u8, selection: &Selection, line: u64) {
        if row.is_empty() {
            return;
        }
        if row.len() > MAX_ROW {
            return self.output.break_row(line, "line_too_long", row);
        }
        self.ends.clear();
        self.ends.extend(memchr::memchr_iter(delimiter, row.as_bytes()));
        self.ends.push(row.len());
        if self.ends.len() != selection.width() && row.trim().is_empty() {
            return;
        }
        self.output.push(selection, line, row, &self.ends, 1);
    }

    fn push_spaced(&mut self, row: &str, selection: &Selection, line: u64) {
        let found = row.split_ascii_whitespace().count();
        if found == 0 {
            return;
        }
        if found != selection.width() {
            let content = format!("[{} instead of {}] {row}", fields(found), selection.width());
            return self.output.break_row(line, "wrong_field_count", &content);
        }
        self.output.push_spaced(selection, line, row);
    }

    fn push_record(&mut self, record: &QuotedParser, encoding: Encoding, selection: &Selection, line: u64) {
        if record.ends().len() != selection.width() && record.line_ends > 1 {
            // Most likely a stray quote; what it swallowed must not go unseen.
            let text = String::from_utf8_lossy(record.text());
            let (last, found) = (line + record.line_ends - 1, record.ends().len());
            let content = format!(
                "[lines {line} to {last} are one row because of a quote, with {}] {text}",
                fields(found)
            );
            return self.output.break_row(line, "wrong_field_count", &content);
        }
        if let Some(text) = valid(record.text(), encoding) {
            return self.output.push(selection, line, text, record.ends(), 0);
        }
        let Some((text, ends)) = recode(record, encoding) else {
            return self.output.break_row(line, "invalid_utf8", &String::from_utf8_lossy(record.text()));
        };
        self.recoded += 1;
        self.output.push(selection, line, &text, &ends, 0);
    }
}

/// The bytes as UTF-8, where the encoding allows to take them as such.
fn valid(bytes: &[u8], encoding: Encoding) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (encoding != Encoding::Cp1252 || text.is_ascii()).then_some(text)
}

/// A row's text by its encoding; borrowed where it is UTF-8.
fn decode(row: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    if let Some(text) = valid(row, encoding) {
        return Some(Cow::Borrowed(text));
    }
    encoding.decode(row).map(|text| Cow::Owned(text.into_owned()))
}

/// A record's cells decoded one by one, because decoding moves their ends.
fn recode(record: &QuotedParser, encoding: Encoding) -> Option<(String, Vec<usize>)> {
    let mut text = String::new();
    let mut ends = Vec::new();
    let mut start = 0;
    for &end in record.ends() {
        text.push_str(&encoding.decode(record.text().get(start..end)?)?);
        ends.push(text.len());
        start = end;
    }
    Some((text, ends))
}

impl TableReader for LineReader {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn select(&mut self, columns: &[usize]) {
        self.selection = Selection::of(self.columns.len(), columns);
    }

    fn next_batch(&mut self, batch: &mut Batch, broken: &mut Vec<BrokenRow>) -> Result<bool, ReadError> {
        self.rows.output.begin(batch, &self.selection);
        while !self.rows.output.is_full() && self.step()? {}
        Ok(self.rows.output.finish(batch, broken))
    }

    fn progress(&self) -> Option<(u64, u64)> {
        self.input.progress()
    }

    fn notes(&self) -> Vec<String> {
        if self.rows.recoded == 0 || self.format.encoding == Encoding::Cp1252 {
            return Vec::new();
        }
        vec![recoded(self.rows.recoded)]
    }
}
