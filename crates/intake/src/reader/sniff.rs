//! What a text file looks like, from its first lines: the separator, whether there is a header, the names.

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

use super::{encoding::Encoding, lines::Separator};

/// Separators tried, the usual ones first: the first of equally good ones wins.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// Rows looked at.
const ROWS: usize = 200;
/// The share of rows that must have the same number of fields.
const CONSISTENT: f64 = 0.8;
/// The share that is enough for a usual separator in a file with many broken rows.
const BROKEN: f64 = 0.3;

/// The names of the columns and what was done to get them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) names: Vec<String>,
    pub(crate) present: bool,
    pub(crate) notes: Vec<String>,
}

/// Bytes that end a line: carriage returns alone were used by old Macintosh programs.
pub(crate) fn line_end(head: &[u8]) -> u8 {
    let lone_returns = memchr::memchr(b'\r', head).is_some() && memchr::memchr(b'\n', head).is_none();
    if lone_returns { b'\r' } else { b'\n' }
}

/// The rows at the beginning of a file; the last one only where the file ends there too.
pub(crate) fn first_rows(head: &[u8], separator: Separator, line_end: u8, whole: bool) -> Vec<Vec<String>> {
    match separator {
        Separator::Byte(delimiter) => delimited_rows(head, delimiter, line_end, whole),
        Separator::Spaces => spaced_rows(head, line_end, whole),
    }
}

fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => Encoding::Auto.decode(bytes).unwrap_or_default().into_owned(),
    }
}

fn spaced_rows(head: &[u8], line_end: u8, whole: bool) -> Vec<Vec<String>> {
    let complete = if whole { head.len() } else { memchr::memrchr(line_end, head).unwrap_or(0) };
    let lines = head.get(..complete).unwrap_or(&[]).split(|byte| *byte == line_end);
    lines
        .map(|line| text_of(line).split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter(|row| !row.is_empty())
        .take(ROWS)
        .collect()
}

fn delimited_rows(head: &[u8], delimiter: u8, line_end: u8, whole: bool) -> Vec<Vec<String>> {
    let mut core = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(line_end)).build();
    let (mut text, mut ends) = (vec![0; head.len() + 1], vec![0; head.len() + 2]);
    let (mut rows, mut rest) = (Vec::new(), head);
    while rows.len() < ROWS {
        let (result, n_in, n_out, n_ends) = core.read_record(rest, &mut text, &mut ends);
        let closed = match result {
            ReadRecordResult::Record => true,
            // The end of the head closes the last row only where the file ends there too.
            ReadRecordResult::InputEmpty => whole && n_in > 0,
            _ => false,
        };
        if !closed {
            break;
        }
        let mut row = cells(
            text.get(..n_out).unwrap_or(&[]),
            ends.get(..n_ends).unwrap_or(&[]),
            result == ReadRecordResult::Record,
        );
        if let Some(last) = row.last_mut() {
            last.truncate(last.trim_end_matches('\r').len());
        }
        if row.len() > 1 || row.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(row);
        }
        rest = rest.get(n_in..).unwrap_or(&[]);
    }
    rows
}

/// The cells of a record; one that was not ended has its last cell behind the last end.
fn cells(text: &[u8], ends: &[usize], ended: bool) -> Vec<String> {
    let mut start = 0;
    let mut row: Vec<String> = Vec::with_capacity(ends.len() + 1);
    for &end in ends {
        row.push(text_of(text.get(start..end).unwrap_or(&[])));
        start = end;
    }
    if !ended {
        row.push(text_of(text.get(start..).unwrap_or(&[])));
    }
    row
}

/// The separator under which the first rows have the same number of cells; `None` where there is none.
///
/// Broken rows among the first ones must not hide it, so where nothing is consistent the best of the usual
/// separators is good enough; spaces are too frequent in any text for that.
pub(crate) fn separator(head: &[u8], line_end: u8, whole: bool) -> Option<Separator> {
    let mut best: Option<(f64, Separator)> = None;
    for candidate in DELIMITERS.map(Separator::Byte) {
        let score = consistency(&first_rows(head, candidate, line_end, whole));
        if score >= BROKEN && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, candidate));
        }
    }
    if best.is_some_and(|(score, _)| score >= CONSISTENT) {
        return best.map(|(_, separator)| separator);
    }
    let spaces = consistency(&first_rows(head, Separator::Spaces, line_end, whole)) >= CONSISTENT;
    if spaces { Some(Separator::Spaces) } else { best.map(|(_, separator)| separator) }
}

/// Share of rows with the most frequent number of cells, less where the first row has another; 0 for one cell.
fn consistency(rows: &[Vec<String>]) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_insert(0_usize) += 1;
    }
    let Some((&width, &n)) = counts.iter().max_by_key(|&(_, n)| *n) else { return 0.0 };
    if width < 2 {
        return 0.0;
    }
    let first = rows.first().map_or(0, Vec::len);
    let odd_start = if first == width || first + 1 == width { 0.0 } else { 0.1 };
    n as f64 / rows.len() as f64 - odd_start
}

/// Whether a cell is a value rather than a name: it begins like a number or a date.
fn looks_like_value(cell: &str) -> bool {
    let cell = cell.trim().trim_start_matches(['-', '+', '(', '$', '€', '£', ' ']);
    cell.starts_with(|c: char| c.is_ascii_digit())
}

/// The header of the first rows, or names made for them.
pub(crate) fn header(rows: &[Vec<String>], given: Option<bool>) -> Header {
    let Some(first) = rows.first() else { return Header::default() };
    let present = given.unwrap_or_else(|| !first.iter().any(|cell| looks_like_value(cell)));
    let below = rows.get(usize::from(present)..).unwrap_or(&[]);
    let width = usual_width(below).unwrap_or(first.len());
    if !present {
        return Header {
            names: (1..=width).map(|n| format!("column{n}")).collect(),
            present,
            notes: Vec::new(),
        };
    }
    let mut names: Vec<String> = first.iter().map(|name| name.trim().to_owned()).collect();
    let mut notes = Vec::new();
    if width == names.len() + 1 {
        notes.push(add_missing_name(&mut names, below));
    }
    make_unique(&mut names, &mut notes);
    Header { names, present, notes }
}

fn usual_width(rows: &[Vec<String>]) -> Option<usize> {
    let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
    widths.sort_unstable();
    widths.get(widths.len() / 2).copied()
}

/// Rows with one cell more than the header: row names in front, or a separator at the end of each row.
fn add_missing_name(names: &mut Vec<String>, below: &[Vec<String>]) -> String {
    let trailing = below.iter().all(|row| row.last().is_none_or(|cell| cell.trim().is_empty()));
    let place = if trailing { names.len() } else { 0 };
    names.insert(place, String::new());
    format!("the header has one name fewer than the rows have fields; column {} has none", place + 1)
}

fn make_unique(names: &mut [String], notes: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    for (at, name) in names.iter_mut().enumerate() {
        if name.is_empty() {
            *name = format!("column{}", at + 1);
        }
        let original = name.clone();
        let mut n = 2;
        while !seen.insert(name.clone()) {
            *name = format!("{original}_{n}");
            n += 1;
        }
        if *name != original {
            notes.push(format!("the header names {original} twice; column {} is called {name}", at + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_separator(text: &str, expected: Option<Separator>) {
        assert_eq!(separator(text.as_bytes(), b'\n', true), expected, "{text:?}");
    }

    #[test]
    fn separators_are_found() {
        check_separator("a,b\n1,2\n", Some(Separator::Byte(b',')));
        check_separator("a;b;c\n1;2,5;3,5\n4;1,5;3,5\n", Some(Separator::Byte(b';')));
        check_separator("a\tb\n1\tx,y\n", Some(Separator::Byte(b'\t')));
        check_separator("a|b\n\"1|2\"|2\n", Some(Separator::Byte(b'|')));
        check_separator(" id date\n 1 19970101\n 2  19970102\n", Some(Separator::Spaces));
        check_separator("a\n1\n2\n", None);
        check_separator("\"a,b\",c\n\"x\ny\",2", Some(Separator::Byte(b',')));
    }

    fn names(text: &str, given: Option<bool>) -> Vec<String> {
        header(&first_rows(text.as_bytes(), Separator::Byte(b','), b'\n', true), given).names
    }

    #[test]
    fn headers_are_told_from_rows() {
        assert_eq!(names("id,date\n1,2011-01-01\n", None), ["id", "date"]);
        assert_eq!(names("1,2011-01-01\n1,2011-01-02\n", None), ["column1", "column2"]);
        assert_eq!(names("id,date\n1,2011-01-01\n", Some(false)), ["column1", "column2"]);
    }

    #[test]
    fn names_are_made_unique() {
        assert_eq!(names("date,,date,date\r\n1,2,3,4\r\n", None), ["date", "column2", "date_2", "date_3"]);
        assert_eq!(names("a,b\n1,x,y\n", None), ["column1", "a", "b"]);
        assert_eq!(names("a,b\nx,y,\n", None), ["a", "b", "column3"]);
    }
}
