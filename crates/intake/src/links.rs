//! Statements on who is who: files that say which two ids are one customer, or are not after all.

use std::path::Path;

use fidance_domain::{
    history::Micros,
    id::CustomerKey,
    table::{Batch, Column},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    cells, customers,
    error::IntakeError,
    reader::{ParquetOpener, TextOptions, open, shown_path},
};

/// A statement on two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkRow {
    /// When it was made.
    pub at: Micros,
    /// Whether they are one customer; else they are not, whatever was said before.
    pub merges: bool,
    /// One id.
    pub from: CustomerKey,
    /// The other.
    pub into: CustomerKey,
}

const COLUMNS: &str = "at, action (merge or split), from, into";

/// Reads a file of statements with the columns `at`, `action`, `from` and `into`. Without `action` all are merges.
/// One row that cannot be used is an error with its line: half of the statements would join the wrong customers.
pub fn read_links(
    path: &Path,
    zone: &TimeZone,
    parquet: ParquetOpener<'_>,
) -> Result<Vec<LinkRow>, IntakeError> {
    let file = shown_path(path);
    let mut opened = open(path, &TextOptions::default(), parquet)?;
    let names = opened.reader.columns().to_vec();
    let place = |name: &str| names.iter().position(|column| column.eq_ignore_ascii_case(name));
    let (Some(at), Some(from), Some(into)) = (place("at"), place("from"), place("into")) else {
        let message = format!("{file}: the columns are {}; needed are {COLUMNS}", names.join(", "));
        return Err(IntakeError::Roles { message });
    };
    let mut select = vec![at, from, into];
    select.extend(place("action"));
    opened.reader.select(&select);
    let (mut batch, mut broken, mut links) = (Batch::default(), Vec::new(), Vec::new());
    loop {
        let more = opened.reader.next_batch(&mut batch, &mut broken);
        let more = more.map_err(|source| IntakeError::Read { file: file.clone(), source })?;
        if let Some(row) = broken.first() {
            return Err(wrong(&file, row.line, &format!("{} in {:?}", row.reason, row.content)));
        }
        for (row, line) in batch.lines.iter().enumerate() {
            links.push(link(&batch, row, zone).map_err(|what| wrong(&file, *line, &what))?);
        }
        if !more {
            return Ok(links);
        }
        batch = Batch::default();
    }
}

fn wrong(file: &str, line: u64, what: &str) -> IntakeError {
    IntakeError::Roles { message: format!("{file}: line {line}: {what}") }
}

fn link(batch: &Batch, row: usize, zone: &TimeZone) -> Result<LinkRow, String> {
    let mut scratch = String::new();
    let column = |at: usize| batch.columns.get(at).ok_or_else(|| "too few columns".to_owned());
    let key = |at: usize, name: &str| {
        let id = customers::key(column(at)?, row, &mut String::new());
        id.map_err(|_| format!("{name} names no customer"))
    };
    let (from, into) = (key(1, "from")?, key(2, "into")?);
    if from == into {
        return Err("from and into are the same".to_owned());
    }
    let merges = match batch.columns.get(3).map(|column| cells::text(column, row, &mut scratch)) {
        None | Some("" | "merge") => true,
        Some("split") => false,
        Some(other) => return Err(format!("action is {other:?}, expected merge or split")),
    };
    Ok(LinkRow { at: instant(column(0)?, row, zone)?, merges, from, into })
}

fn instant(column: &Column, row: usize, zone: &TimeZone) -> Result<Micros, String> {
    let mut scratch = String::new();
    let text = cells::text(column, row, &mut scratch);
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let at = text.parse::<Timestamp>().ok().or_else(civil);
    at.map(Timestamp::as_microsecond)
        .ok_or_else(|| format!("at is {text:?}, expected a time such as 2026-05-03T10:15:00Z"))
}
