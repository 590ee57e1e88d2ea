//! The events of a lake as rows that any file can hold: persons as of today, with their segment values.

use fidance_domain::{
    amount::Amount,
    history::Histories as _,
    table::{Batch, Column, ColumnKind, TextColumn, WriteError},
};

use crate::{
    compact::FileRows,
    error::LakeError,
    histories::{LakeHistories, Reading},
    lake::Lake,
    row::{Kinds, NONE, Row},
};

const ROWS_PER_BATCH: usize = 16_384;

/// An export that is about to be made.
#[derive(Debug)]
pub struct Export {
    histories: LakeHistories,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The rows cannot be written.
    #[error("cannot write the rows: {0}")]
    Write(WriteError),
}

impl Lake {
    /// Prepares an export of all events as of now.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn export(&mut self) -> Result<Export, LakeError> {
        Ok(Export { histories: self.all_values(Reading::Events)? })
    }
}

impl Export {
    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.histories.rows()
    }

    /// The columns in order: customer, at, event, amount, `recorded_as`, clock, and one per segment column.
    pub fn columns(&self) -> Vec<(String, ColumnKind)> {
        let fixed = [
            ("customer", ColumnKind::Int),
            ("at", ColumnKind::Instant),
            ("event", ColumnKind::Text),
            ("amount", ColumnKind::Float),
            ("recorded_as", ColumnKind::Int),
            ("clock", ColumnKind::Instant),
        ];
        let segments =
            self.histories.segments().dimensions.iter().map(|name| (name.clone(), ColumnKind::Text));
        fixed.into_iter().map(|(name, kind)| (name.to_owned(), kind)).chain(segments).collect()
    }

    /// Hands all rows on, batch by batch; their number. Each file's customers are in order, files are not.
    ///
    /// # Errors
    /// Where the lake cannot be read or the rows not be taken.
    pub fn write(&self, take: &mut dyn FnMut(&Batch) -> Result<(), WriteError>) -> Result<u64, ExportError> {
        let snapshot = self.histories.snapshot();
        let mut written = 0;
        for file in snapshot.event_files() {
            let mut kinds = Kinds::default();
            let mut rows = FileRows::open(snapshot, file, &mut kinds)?;
            let mut gathered: Vec<Row> = Vec::with_capacity(ROWS_PER_BATCH);
            loop {
                let row = rows.next()?;
                gathered.extend(row);
                if gathered.len() == ROWS_PER_BATCH || (row.is_none() && !gathered.is_empty()) {
                    take(&self.batch(&gathered, kinds.names(), written)).map_err(ExportError::Write)?;
                    written += gathered.len() as u64;
                    gathered.clear();
                }
                if row.is_none() {
                    break;
                }
            }
        }
        Ok(written)
    }

    fn batch(&self, rows: &[Row], kinds: &[String], before: u64) -> Batch {
        let person = |row: &Row| self.histories.snapshot().links.person(row.recorded());
        let kind = |row: &Row| kinds.get(usize::from(row.kind)).map_or("", String::as_str);
        let amount = |row: &Row| (row.amount != NONE).then(|| Amount::from_steps(row.amount).to_f64());
        let mut columns = vec![
            Column::Int(rows.iter().map(|row| Some(person(row))).collect()),
            Column::Instant(rows.iter().map(|row| Some(row.at)).collect()),
            Column::Text(rows.iter().map(kind).collect::<TextColumn>()),
            Column::Float(rows.iter().map(amount).collect()),
            Column::Int(rows.iter().map(|row| Some(row.recorded())).collect()),
            Column::Instant(rows.iter().map(|row| Some(row.clock).filter(|at| *at != NONE)).collect()),
        ];
        let segments = self.histories.segments();
        for (dimension, values) in segments.values.iter().enumerate() {
            let value = |row: &Row| {
                let profile = self.histories.profile(person(row)).0 as usize;
                let value = segments.profiles.get(profile).and_then(|profile| profile.get(dimension));
                value.and_then(|value| values.get(*value as usize)).map_or("", String::as_str)
            };
            columns.push(Column::Text(rows.iter().map(value).collect::<TextColumn>()));
        }
        Batch { lines: (before + 1..=before + rows.len() as u64).collect(), columns }
    }
}
