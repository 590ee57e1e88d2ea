//! Why files cannot be read, each with the file, the line or field, and what a person can do.

use std::{fmt, io};

use fidance_domain::table::ReadError;

use crate::{
    condition::ConditionError,
    dates::{AtFormat, AtFormatError},
    mapping::Role,
    note::counted,
};

/// A column as shown in an error: its name and a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSample {
    /// The column.
    pub name: String,
    /// A value that is not empty, if there is one.
    pub value: String,
}

/// The columns of a file, one per line when shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnList(pub Vec<ColumnSample>);

impl fmt::Display for ColumnList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for column in &self.0 {
            write!(f, "\n  {}  (such as {:?})", column.name, column.value)?;
        }
        Ok(())
    }
}

/// What stopped the reading of a file, behind its name unless it begins with that itself.
fn located(file: &str, source: &ReadError) -> String {
    let text = source.to_string();
    let named = text.strip_prefix(file).is_some_and(|rest| rest.starts_with([' ', ':']));
    if named { text } else { format!("{file}: {text}") }
}

/// Why files could not be turned into histories.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// Whoever takes the events cannot take more.
    #[error(transparent)]
    Sink {
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No path was given.
    #[error("no file was given")]
    NoFile,
    /// The path leads nowhere.
    #[error("{file}: there is no such file; check the path")]
    Absent {
        /// The file.
        file: String,
    },
    /// The path is a directory.
    #[error("{file}: this is a directory; name the files in it, such as {file}/*.csv")]
    Directory {
        /// The path.
        file: String,
    },
    /// The system refuses to open the file.
    #[error("{file}: cannot be opened: {source}")]
    Unopenable {
        /// The file.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Nothing but white space.
    #[error("{file}: the file is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// Column names and no row.
    #[error("{file}: there is a header but no row below it")]
    HeaderOnly {
        /// The file.
        file: String,
    },
    /// Not a text file.
    #[error("{file}: this is {what}, not rows of text; {advice}")]
    NotText {
        /// The file.
        file: String,
        /// What it seems to be.
        what: String,
        /// What to do.
        advice: String,
    },
    /// Parquet that cannot be sought in.
    #[error("{file}: Parquet can only be read from a plain file, not from a pipe or a compressed one")]
    ParquetStream {
        /// The file.
        file: String,
    },
    /// One JSON array instead of one object per line.
    #[error(
        "{file}: this is one JSON array, and files are read one object per line; convert it with \
         `jq -c '.[]' {file} > rows.ndjson`"
    )]
    JsonArray {
        /// The file.
        file: String,
    },
    /// A JSON object over several lines.
    #[error(
        "{file}: the JSON objects are spread over several lines, and files are read one object per line; convert \
         it with `jq -c . {file} > rows.ndjson`"
    )]
    JsonSpread {
        /// The file.
        file: String,
    },
    /// No separator fits.
    #[error(
        "{file}: no separator gives the same number of columns on each line; give it with --delimiter. The first line is: {first}"
    )]
    NoSeparator {
        /// The file.
        file: String,
        /// The first line.
        first: String,
    },
    /// A separator that does not occur.
    #[error(
        "{file}: there is only one column when split by {separator}; give another --delimiter. The first line is: {first}"
    )]
    OneColumn {
        /// The file.
        file: String,
        /// The separator used.
        separator: String,
        /// The first line.
        first: String,
    },
    /// No row at the beginning of the file can be taken apart.
    #[error(
        "{file}: no row can be taken apart; the first is line {line} ({reason}): {content}\ncheck --delimiter and --header"
    )]
    AllBroken {
        /// The file.
        file: String,
        /// The first row's line.
        line: u64,
        /// Why, as in the rejects file.
        reason: &'static str,
        /// Its beginning.
        content: String,
    },
    /// Reading stopped on the way.
    #[error("{}", located(file, source))]
    Read {
        /// The file.
        file: String,
        /// Where and why.
        source: ReadError,
    },
    /// A column was asked for that the file does not have.
    #[error("{file}: there is no column {name:?} ({role}); the columns are:{columns}")]
    UnknownColumn {
        /// The file.
        file: String,
        /// The column.
        name: String,
        /// What it was given for.
        role: Role,
        /// What there is.
        columns: ColumnList,
    },
    /// A needed column was neither given nor found.
    #[error("{file}: which column is the {role}? Give it with {flag}. The columns are:{columns}", flag = role.flag())]
    NotGuessed {
        /// The file.
        file: String,
        /// What is missing.
        role: Role,
        /// What there is.
        columns: ColumnList,
    },
    /// Several columns are equally likely.
    #[error("{file}: several columns may be the {role}; say which with {flag}:{columns}", flag = role.flag())]
    Tie {
        /// The file.
        file: String,
        /// What is open.
        role: Role,
        /// The candidates.
        columns: ColumnList,
    },
    /// All dates can be read day first and month first.
    #[error(
        "{file}: the dates in {column:?} can be read in two ways: {example:?} is {day_first} with --at-format dmy \
         and {month_first} with --at-format mdy; give one of the two"
    )]
    AmbiguousDates {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// A value.
        example: String,
        /// Its date with the day first.
        day_first: String,
        /// Its date with the month first.
        month_first: String,
    },
    /// Some dates have the day first and others the month.
    #[error(
        "{file}: the dates in {column:?} mix two orders: {day_first:?} can only have the day first and \
         {month_first:?} only the month; correct the file, or give --at-format dmy or mdy, and the others are rejected"
    )]
    MixedDates {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// A value that has the day first.
        day_first: String,
        /// A value that has the month first.
        month_first: String,
    },
    /// Dates behind the first rows show that the order found there does not hold.
    #[error(
        "{} in {column:?}, such as {example:?}, {} not fit the order of day and month of the first rows, so \
         no date there can be trusted; correct the files, or give --at-format dmy or mdy, and dates that do not fit are rejected",
        counted(*rows, "date", "dates"), if *rows == 1 { "does" } else { "do" }
    )]
    SwappedDates {
        /// The column.
        column: String,
        /// Number of dates.
        rows: u64,
        /// The first of them.
        example: String,
    },
    /// No date format fits.
    #[error(
        "{file}: the values of {column:?} cannot be read as dates, such as {examples}; give --at with another column or \
         the format with --at-format ({}, or a pattern such as \"%d.%m.%Y %H:%M\")",
        AtFormat::NAMES
    )]
    NoDates {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Some values.
        examples: String,
    },
    /// No date format fits, but the values may be the days of a spreadsheet.
    #[error(
        "{file}: the values of {column:?} cannot be read as dates, such as {example}; they look like the days of a \
         spreadsheet, in which {example} is {reading}: if they are, give --at-format excel, else --at with another column"
    )]
    LikeExcel {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// A value.
        example: String,
        /// The day it would be.
        reading: String,
    },
    /// The format given is none.
    #[error(transparent)]
    AtFormat(#[from] AtFormatError),
    /// A condition cannot be read.
    #[error(transparent)]
    Condition(#[from] ConditionError),
    /// The condition of `--ended` cannot be read.
    #[error("{file}: --ended {}: {source}", source.source_text)]
    Ended {
        /// The file that has no column of this name either.
        file: String,
        /// Where and why.
        source: ConditionError,
    },
    /// A segment column with too many values.
    #[error(
        "{column:?} has more than {limit} different values, so it is not a segment; choose a column that groups customers"
    )]
    NotASegment {
        /// The column.
        column: String,
        /// The limit passed.
        limit: usize,
    },
    /// Too many combinations of segment values.
    #[error("the segment columns combine into more than {limit} groups; give fewer --segment")]
    TooManyProfiles {
        /// The limit passed.
        limit: usize,
    },
    /// Too many reasons for leaving.
    #[error(
        "{column:?} has more than {limit} different values, so it is not a reason for leaving; choose another column"
    )]
    TooManyReasons {
        /// The column.
        column: String,
        /// The limit passed.
        limit: usize,
    },
    /// Every row was rejected or filtered out.
    #[error("no row is left of the {rows} read: {why}")]
    NothingLeft {
        /// Rows read.
        rows: u64,
        /// Counts by reason.
        why: String,
    },
    /// The mapping cannot be understood.
    #[error("{file}: the mapping cannot be read: {message}")]
    Mapping {
        /// Where it comes from.
        file: String,
        /// Line, column and reason.
        message: String,
    },
    /// Roles that exclude each other.
    #[error("{message}")]
    Roles {
        /// Which, and what to leave out.
        message: String,
    },
    /// A list has more rows than its reader takes.
    #[error("{file}: more than {limit} rows; that is the most a list may have here")]
    TooManyListed {
        /// The list.
        file: String,
        /// As many rows as there may be.
        limit: usize,
    },
    /// A row of a list that names no customer, or nothing that it is listed for.
    #[error("{file}: line {line}: {column:?} {what}")]
    List {
        /// The file.
        file: String,
        /// The row's line.
        line: u64,
        /// The column.
        column: String,
        /// What is wrong with its cell.
        what: String,
    },
    /// A column of incidents with too many values.
    #[error(
        "{file}: {column:?} has more than {limit} different values, so it does not say what customers are listed for; \
         choose the column with --incident"
    )]
    TooManyIncidents {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The limit passed.
        limit: usize,
    },
    /// The temporary folder fails.
    #[error(
        "cannot write to the temporary folder {folder}: {source}; free space there, choose another folder or allow more memory"
    )]
    Spill {
        /// The folder.
        folder: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The rejects file fails.
    #[error("cannot write the rejected rows to {file}: {source}; choose another path")]
    RejectsFile {
        /// The file.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A thread of ours ended without a result.
    #[error("{file}: the reader stopped without saying why; this is a bug")]
    ReaderLost {
        /// The file.
        file: String,
    },
}
