//! Lists: tables with one incident or change a row, under the names of columns that people give them.

use std::path::Path;

use fidance_domain::{
    incident::{Action, IncidentKind},
    table::Batch,
};

use super::{
    Place, Reading, RegisterForm, RegisterOptions,
    date::{DateRule, is_partial},
    entry::{Draft, Entry, Field, Problem},
    words::{self, Type},
};
use crate::{
    cells,
    dates::{AtFormat, Evidence, Verdict},
    error::IntakeError,
    reader::{ParquetOpener, TextOptions, open},
};

/// A list of incidents is short. A longer one is another table given by mistake.
const MOST: usize = 100_000;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A field.
    Field(Field),
    /// A flag of the flat form of VERIS: yes where this was done.
    Done(Action),
    /// Part of a date that stands in three columns.
    Part(Field, usize),
}

impl Use {
    fn of(column: &str) -> Option<Self> {
        let name = column.trim().to_lowercase();
        let part = |rest: &str| ["year", "month", "day"].iter().position(|part| *part == rest);
        if let Some(action) = name.strip_prefix("action.") {
            return Action::ALL.into_iter().find(|known| known.name() == action).map(Self::Done);
        }
        for (prefix, field) in [
            ("timeline.incident.", Field::Started),
            ("plus.timeline.notification.", Field::Disclosed),
            ("", Field::Started),
        ] {
            if let Some(part) = name.strip_prefix(prefix).and_then(part) {
                return Some(Self::Part(field, part));
            }
        }
        Field::of(column).map(Self::Field)
    }

    /// Whether the column says that this is a table of incidents: dates and names are in all tables.
    const fn tells(self) -> bool {
        !matches!(
            self,
            Self::Field(Field::Id | Field::Title | Field::Started | Field::Contained | Field::Scope)
                | Self::Part(..)
        )
    }

    const fn dates(self) -> bool {
        matches!(self, Self::Part(..)) || matches!(self, Self::Field(field) if field.is_date())
    }
}

/// A table in memory.
#[derive(Debug)]
struct Table {
    uses: Vec<(String, Use)>,
    rows: Vec<(u64, Vec<String>)>,
}

/// Takes the entries of a table.
pub(super) fn entries(
    reading: &mut Reading,
    path: &Path,
    options: &RegisterOptions,
    parquet: ParquetOpener<'_>,
) -> Result<(), IntakeError> {
    let table = read(reading, path, parquet)?;
    reading.form(RegisterForm::List);
    let format = match &options.at_format {
        Some(format) => format.clone(),
        None => format_of(&table, &reading.file)?,
    };
    let dates = DateRule { format, zone: options.zone.clone() };
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let has = |wanted: Field| table.uses.iter().any(|(_, column)| *column == Use::Field(wanted));
    for (line, cells) in &table.rows {
        let id = (!has(Field::Id)).then(|| format!("{stem}-{line}"));
        let security = Type::Incident { kind: IncidentKind::Security, loss: false, action: None };
        let draft = Draft::new(id.as_deref(), (!has(Field::Type)).then_some(security));
        reading.take(Place::Line(*line), entry(draft, &table.uses, cells, &dates));
    }
    Ok(())
}

fn read(reading: &mut Reading, path: &Path, parquet: ParquetOpener<'_>) -> Result<Table, IntakeError> {
    let file = reading.file.clone();
    let mut opened = open(path, &TextOptions::default(), parquet)?;
    if opened.header_only {
        return Err(IntakeError::HeaderOnly { file });
    }
    let names = opened.reader.columns().to_vec();
    let (mut select, mut uses) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        match Use::of(name).filter(|column| !uses.iter().any(|(_, other)| other == column)) {
            Some(column) => {
                select.push(index);
                uses.push((name.clone(), column));
            }
            // What is not known was not done; it says nothing more.
            None if name.eq_ignore_ascii_case("action.unknown") => {}
            None => reading.unknown(name),
        }
    }
    let tells = uses.iter().any(|(_, column)| column.tells());
    if !tells || !uses.iter().any(|(_, column)| column.dates()) {
        let message = format!(
            "{file}: this is no list of incidents: it needs at least a date (started or disclosed) and a type, an action, \
             a severity or a disclosure; its columns are {}",
            names.join(", ")
        );
        return Err(IntakeError::Roles { message });
    }
    opened.reader.select(&select);
    let mut rows = Vec::new();
    let (mut batch, mut broken) = (Batch::default(), Vec::new());
    loop {
        let more = opened.reader.next_batch(&mut batch, &mut broken);
        let more = more.map_err(|source| IntakeError::Read { file: file.clone(), source })?;
        for row in broken.drain(..) {
            reading.refuse(Place::Line(row.line), None, format!("{} in {:?}", row.reason, row.content));
        }
        for (row, line) in batch.lines.iter().enumerate() {
            let mut scratch = String::new();
            let cell = |column| cells::text(column, row, &mut scratch).to_owned();
            rows.push((*line, batch.columns.iter().map(cell).collect()));
        }
        if rows.len() > MOST {
            let message = format!("{file}: more than {MOST} rows: this is no list of incidents");
            return Err(IntakeError::Roles { message });
        }
        if !more {
            return Ok(Table { uses, rows });
        }
        batch = Batch::default();
    }
}

/// How the dates are written, decided on those of all columns: a list is written by one hand.
fn format_of(table: &Table, file: &str) -> Result<AtFormat, IntakeError> {
    let mut evidence = Evidence::default();
    let mut columns = Vec::new();
    for (index, (name, _)) in table
        .uses
        .iter()
        .enumerate()
        .filter(|(_, (_, column))| matches!(column, Use::Field(field) if field.is_date()))
    {
        columns.push(name.as_str());
        for (_, cells) in &table.rows {
            let text = cells.get(index).map_or("", |cell| cell.trim());
            if !is_partial(text) {
                evidence.add(text);
            }
        }
    }
    let (file, column) = (file.to_owned(), columns.join(", "));
    match evidence.verdict() {
        Verdict::Format(format) => Ok(format),
        Verdict::Ambiguous { example, day_first, month_first } => {
            Err(IntakeError::AmbiguousDates { file, column, example, day_first, month_first })
        }
        Verdict::Mixed { day_first, month_first } => {
            Err(IntakeError::MixedDates { file, column, day_first, month_first })
        }
        // Each row then says which of its dates cannot be read.
        Verdict::LikeExcel { .. } | Verdict::Unreadable(_) => Ok(AtFormat::Iso),
    }
}

fn entry(
    mut draft: Draft,
    uses: &[(String, Use)],
    cells: &[String],
    dates: &DateRule,
) -> Result<Entry, Problem> {
    let mut parts: Vec<(Field, [&str; 3])> = Vec::new();
    for ((name, column), cell) in uses.iter().zip(cells) {
        let cell = armed(cell.trim());
        let problem = |reason| Problem::new(name.clone(), reason);
        match *column {
            _ if is_missing(cell) => {}
            Use::Field(field) if field.is_list() => {
                for value in pieces(cell) {
                    draft.set(field, value, dates).map_err(problem)?;
                }
            }
            Use::Field(field) => draft.set(field, cell, dates).map_err(problem)?,
            Use::Done(action) => {
                if words::flag(cell).map_err(problem)? {
                    draft.set(Field::Actions, action.name(), dates).map_err(problem)?;
                }
            }
            Use::Part(field, part) => {
                if !parts.iter().any(|(known, _)| *known == field) {
                    parts.push((field, [""; 3]));
                }
                let known = parts.iter_mut().find(|(known, _)| *known == field);
                if let Some(slot) = known.and_then(|(_, parts)| parts.get_mut(part)) {
                    *slot = cell;
                }
            }
        }
    }
    for (field, [year, month, day]) in parts {
        let text = match (month.is_empty(), day.is_empty()) {
            (true, _) => year.to_owned(),
            (false, true) => format!("{year}-{month:0>2}"),
            (false, false) => format!("{year}-{month:0>2}-{day:0>2}"),
        };
        draft.set(field, &text, dates).map_err(|reason| Problem::new(field.name(), reason))?;
    }
    draft.finish()
}

/// A cell as it was before it was disarmed for spreadsheets, as our own lists are: `'-2` is −2.
fn armed(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

/// What exports write where nothing is known.
fn is_missing(cell: &str) -> bool {
    cell.is_empty() || matches!(cell.to_ascii_lowercase().as_str(), "na" | "n/a" | "nan" | "null" | "-" | "?")
}

/// The values of a cell that holds several: apart by `;` or `|`, or else by commas.
fn pieces(cell: &str) -> impl Iterator<Item = &str> {
    let marks: &[char] = if cell.contains([';', '|']) { &[';', '|'] } else { &[','] };
    cell.split(marks).map(str::trim).filter(|piece| !piece.is_empty())
}
