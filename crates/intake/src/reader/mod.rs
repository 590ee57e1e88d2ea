//! Opening a file: which format it has, how it is packed, and the reader for it.

mod encoding;
mod input;
mod lines;
mod ndjson;
mod output;
mod quoted;
mod refuse;
mod replay;
mod sniff;
mod utf16;

use std::{fmt, io::Read, path::Path, str::FromStr};

use fidance_domain::table::{ReadError, TableReader};

pub use self::encoding::Encoding;
use self::{
    input::Input,
    lines::{LineFormat, LineReader, Separator},
    ndjson::JsonReader,
};
pub(crate) use self::{output::beginning, replay::Replay};
use crate::error::IntakeError;

/// How much of a file is looked at to find its format.
const HEAD: usize = 256 * 1024;

/// Opens a Parquet file: given by the caller, because this crate does not know Parquet.
pub type ParquetOpener<'a> = &'a dyn Fn(&Path) -> Result<Box<dyn TableReader>, ReadError>;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Rows of cells separated by a byte, possibly quoted.
    Csv,
    /// Rows of cells separated by runs of spaces.
    Spaces,
    /// One JSON object per line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Ok(Self::Csv),
            "spaces" | "fixed" => Ok(Self::Spaces),
            "ndjson" | "jsonl" | "json-lines" => Ok(Self::Ndjson),
            "parquet" => Ok(Self::Parquet),
            _ => Err(format!("unknown format {text:?}; use csv, spaces, ndjson or parquet")),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Spaces => "text aligned by spaces",
            Self::Ndjson => "NDJSON",
            Self::Parquet => "Parquet",
        })
    }
}

/// What a person says of the format of text files; what is `None` is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextOptions {
    /// The format.
    pub format: Option<Format>,
    /// The byte between the cells of CSV.
    pub delimiter: Option<u8>,
    /// Whether the first row has the names of the columns.
    pub header: Option<bool>,
    /// How bytes become text.
    pub encoding: Encoding,
}

/// A file that is ready to be read.
#[derive(Debug)]
pub struct Opened {
    /// The reader, before the first row.
    pub reader: Box<dyn TableReader>,
    /// The format.
    pub format: Format,
    /// The format as shown to people, such as `CSV separated by ";", gzip`.
    pub description: String,
    /// What was done to the header.
    pub notes: Vec<String>,
    /// Whether there are names of columns but no row.
    pub header_only: bool,
}

/// How many columns a file of text has at least.
#[derive(Clone, Copy)]
enum Fewest<'a> {
    /// A table with one column is one whose separator was not found.
    Two,
    /// A list may have one; its first line is the column's name only if it looks like one.
    One { is_name: &'a dyn Fn(&str) -> bool },
}

/// The name of a path for people.
pub(crate) fn shown_path(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// Finds out a file's format and opens it. `-` is the standard input.
pub fn open(path: &Path, options: &TextOptions, parquet: ParquetOpener<'_>) -> Result<Opened, IntakeError> {
    open_any(path, *options, parquet, Fewest::Two)
}

/// The same for a list, which may be one value per line: the first is the column's name where `is_name` says so.
pub(crate) fn open_list(
    path: &Path,
    options: TextOptions,
    parquet: ParquetOpener<'_>,
    is_name: &dyn Fn(&str) -> bool,
) -> Result<Opened, IntakeError> {
    open_any(path, options, parquet, Fewest::One { is_name })
}

/// The same for a list that is no file, called `name`. It cannot be Parquet, which is read from its end.
pub(crate) fn open_list_from(
    source: Box<dyn Read + Send>,
    name: &str,
    options: TextOptions,
    is_name: &dyn Fn(&str) -> bool,
) -> Result<Opened, IntakeError> {
    open_text(name.to_owned(), Input::from_source(source, None, name)?, options, Fewest::One { is_name })
}

fn open_any(
    path: &Path,
    options: TextOptions,
    parquet: ParquetOpener<'_>,
    fewest: Fewest<'_>,
) -> Result<Opened, IntakeError> {
    let input = Input::open(path)?;
    if input.data().starts_with(b"PAR1") || options.format == Some(Format::Parquet) {
        return open_parquet(path, &input, parquet);
    }
    open_text(shown_path(path), input, options, fewest)
}

fn open_text(
    file: String,
    mut input: Input,
    options: TextOptions,
    fewest: Fewest<'_>,
) -> Result<Opened, IntakeError> {
    if let Err(e) = input.fill_to(HEAD) {
        let line = 1 + memchr::memchr_iter(b'\n', input.data()).count() as u64;
        return Err(IntakeError::Read { file, source: Box::new(input.explain(e, line)) });
    }
    refuse::what_is_not_text(&file, input.data())?;
    let format = options.format.or_else(|| refuse::is_json(input.data()).then_some(Format::Ndjson));
    match format {
        Some(Format::Ndjson) => open_json(&file, input, options),
        other => open_lines(&file, input, options, other, fewest),
    }
}

/// Largest JSON document that is held in memory, in bytes.
const MAX_DOCUMENT: usize = 256 << 20;

/// All bytes of a file that is JSON or called so; `None` for any other. For documents that only make sense as a whole.
pub(crate) fn json_bytes(path: &Path) -> Result<Option<Vec<u8>>, IntakeError> {
    let file = shown_path(path);
    let mut input = Input::open(path)?;
    let called = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let mut filled = input.fill_to(HEAD);
    let json = !input.data().starts_with(b"PAR1") && (called || refuse::is_json(input.data()));
    if json && filled.is_ok() {
        filled = input.fill_to(MAX_DOCUMENT + 1);
    }
    if let Err(e) = filled {
        return Err(IntakeError::Read { file, source: Box::new(input.explain(e, 1)) });
    }
    if !json {
        return Ok(None);
    }
    refuse::what_is_not_text(&file, input.data())?;
    if input.data().len() > MAX_DOCUMENT {
        let message = format!("{file}: a JSON document of more than {} MiB; split it", MAX_DOCUMENT >> 20);
        return Err(IntakeError::Roles { message });
    }
    Ok(Some(input.data().to_vec()))
}

fn open_parquet(path: &Path, input: &Input, parquet: ParquetOpener<'_>) -> Result<Opened, IntakeError> {
    let file = shown_path(path);
    if path.as_os_str() == "-" || !input.packing().word().is_empty() {
        return Err(IntakeError::ParquetStream { file });
    }
    let reader = parquet(path).map_err(|source| IntakeError::Read { file, source })?;
    Ok(Opened {
        reader,
        format: Format::Parquet,
        description: Format::Parquet.to_string(),
        notes: Vec::new(),
        header_only: false,
    })
}

fn describe(format: Format, separator: &str, input: &Input) -> String {
    let mut text = format!("{format}{separator}");
    for extra in [input.packing().word(), if input.was_utf16() { "UTF-16" } else { "" }] {
        if !extra.is_empty() {
            text.push_str(", ");
            text.push_str(extra);
        }
    }
    text
}

fn open_json(file: &str, input: Input, options: TextOptions) -> Result<Opened, IntakeError> {
    refuse::json_that_is_not_lines(file, input.data())?;
    let description = describe(Format::Ndjson, "", &input);
    let reader = JsonReader::new(input, options.encoding);
    let header_only = reader.columns().is_empty();
    Ok(Opened {
        reader: Box::new(reader),
        format: Format::Ndjson,
        description,
        notes: Vec::new(),
        header_only,
    })
}

fn open_lines(
    file: &str,
    mut input: Input,
    options: TextOptions,
    format: Option<Format>,
    fewest: Fewest<'_>,
) -> Result<Opened, IntakeError> {
    let line_end = sniff::line_end(input.data());
    let skipped = declared_delimiter(&mut input);
    let delimiter = options.delimiter.or(skipped);
    let separator = match (format, delimiter) {
        (Some(Format::Spaces), _) => Some(Separator::Spaces),
        (_, Some(byte)) => Some(Separator::Byte(byte)),
        (_, None) => sniff::separator(input.data(), line_end, input.ended()),
    };
    let separator = match (fewest, separator) {
        // A list of ids may well have spaces in them, and no separator at all: no id has a tab in it.
        (Fewest::One { .. }, None | Some(Separator::Spaces)) if format != Some(Format::Spaces) => {
            Some(Separator::Byte(b'\t'))
        }
        _ => separator,
    };
    let separator = separator.ok_or_else(|| IntakeError::NoSeparator {
        file: file.to_owned(),
        first: first_line(input.data(), line_end),
    })?;
    let rows = sniff::first_rows(input.data(), separator, line_end, input.ended());
    let header = match (fewest, rows.first().map(Vec::as_slice)) {
        (Fewest::One { is_name }, Some([first])) => {
            sniff::header(&rows, options.header.or_else(|| Some(is_name(first))))
        }
        _ => sniff::header(&rows, options.header),
    };
    if header.names.len() < 2 && matches!(fewest, Fewest::Two) {
        return Err(IntakeError::OneColumn {
            file: file.to_owned(),
            separator: shown(separator),
            first: first_line(input.data(), line_end),
        });
    }
    let format = if separator == Separator::Spaces { Format::Spaces } else { Format::Csv };
    let description = describe(format, &separated_by(separator), &input);
    let header_only = header.present && rows.len() == 1 && input.ended();
    let mut line = 1 + u64::from(skipped.is_some());
    if header.present {
        line += lines::skip_row(&mut input, separator, line_end);
    }
    let line_format = LineFormat { separator, line_end, encoding: options.encoding };
    let reader = Box::new(LineReader::new(input, line_format, header.names, line));
    Ok(Opened { reader, format, description, notes: header.notes, header_only })
}

/// Spreadsheets announce their separator in a first line `sep=;`, which is no row.
fn declared_delimiter(input: &mut Input) -> Option<u8> {
    let rest = input.data().strip_prefix(b"sep=")?;
    let (&delimiter, rest) = rest.split_first()?;
    let end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    if end == 0 {
        return None;
    }
    input.consume(5 + end);
    Some(delimiter)
}

fn shown(separator: Separator) -> String {
    match separator {
        Separator::Byte(b'\t') => "tab".to_owned(),
        Separator::Byte(byte) => format!("\"{}\"", char::from(byte)),
        Separator::Spaces => "spaces".to_owned(),
    }
}

fn separated_by(separator: Separator) -> String {
    match separator {
        Separator::Spaces => String::new(),
        byte @ Separator::Byte(_) => format!(" separated by {}", shown(byte)),
    }
}

fn first_line(head: &[u8], line_end: u8) -> String {
    let end = memchr::memchr(line_end, head).unwrap_or(head.len());
    let line = String::from_utf8_lossy(head.get(..end.min(300)).unwrap_or(&[])).trim().to_owned();
    line.chars().take(80).collect()
}
