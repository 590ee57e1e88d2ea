//! Rows in columns, as any file reader hands them over: the seam between formats and meaning.
//!
//! A reader (CSV, NDJSON, Parquet, ...) knows its format and nothing about customers; the mapping of columns
//! to customers, dates and amounts knows nothing about formats. They meet in [`Batch`]. Types of a particular
//! file library never appear here.

use std::fmt::Debug;

/// One column of a batch, with the type that the file itself gives. Text files give only text.
///
/// Every `Vec` has as many entries as the batch has rows; `None` is a missing value.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Text: one string per row, stored end to end.
    Text(TextColumn),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Decimal numbers.
    Float(Vec<Option<f64>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Civil dates, as days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Instants, in microseconds since 1970-01-01T00:00:00Z.
    Instant(Vec<Option<i64>>),
    /// Civil date-times without a zone, in microseconds since 1970-01-01T00:00:00 of an unstated zone.
    Local(Vec<Option<i64>>),
}

impl Column {
    /// The type alone.
    pub const fn kind(&self) -> ColumnKind {
        match self {
            Self::Text(_) => ColumnKind::Text,
            Self::Int(_) => ColumnKind::Int,
            Self::Float(_) => ColumnKind::Float,
            Self::Bool(_) => ColumnKind::Bool,
            Self::Date(_) => ColumnKind::Date,
            Self::Instant(_) => ColumnKind::Instant,
            Self::Local(_) => ColumnKind::Local,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Int(v) | Self::Instant(v) | Self::Local(v) => v.len(),
            Self::Float(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::Date(v) => v.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The types that a [`Column`] can have, for those who write files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// See [`Column::Text`].
    Text,
    /// See [`Column::Int`].
    Int,
    /// See [`Column::Float`].
    Float,
    /// See [`Column::Bool`].
    Bool,
    /// See [`Column::Date`].
    Date,
    /// See [`Column::Instant`].
    Instant,
    /// See [`Column::Local`].
    Local,
}

/// A column of text without one allocation per cell. An empty cell and a missing one are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextColumn {
    bytes: String,
    ends: Vec<usize>,
}

impl TextColumn {
    /// Adds one cell.
    #[inline]
    pub fn push(&mut self, cell: &str) {
        self.bytes.push_str(cell);
        self.ends.push(self.bytes.len());
    }

    /// Adds many cells that lie end to end in `bytes`, each given by its length. Lengths that leave the
    /// text or cut a character give empty cells, as [`TextColumn::get`] does.
    pub fn extend_cells(&mut self, bytes: &str, lengths: impl Iterator<Item = usize>) {
        let mut end = self.bytes.len();
        self.bytes.push_str(bytes);
        self.ends.extend(lengths.map(|length| {
            end += length;
            end
        }));
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all cells together.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The cell of a row; empty where the row does not exist.
    #[inline]
    pub fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends.get(row - 1).copied().unwrap_or(0) };
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.bytes.get(start..end).unwrap_or("")
    }

    /// All cells in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Empties the column and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

impl<'a> FromIterator<&'a str> for TextColumn {
    fn from_iter<I: IntoIterator<Item = &'a str>>(cells: I) -> Self {
        let mut column = Self::default();
        cells.into_iter().for_each(|cell| column.push(cell));
        column
    }
}

/// Some thousands of rows, restricted to the columns that were asked for, in the order asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// For each row the line (text formats) or row number (others) where it starts in its file, from 1.
    pub lines: Vec<u64>,
    /// The columns, each with one entry per row.
    pub columns: Vec<Column>,
}

impl Batch {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }
}

/// A row that the reader itself could not take apart (too few fields, invalid JSON, line too long).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRow {
    /// Line or row number, from 1.
    pub line: u64,
    /// Machine word for the reason, such as `wrong_field_count`.
    pub reason: &'static str,
    /// The beginning of the row, for the rejects file.
    pub content: String,
}

/// A failure that ends the reading of a file. The text names the place and what a person can do.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// A file (or part of one) being read. Implementations know one format each.
pub trait TableReader: Debug + Send {
    /// The names of all columns, in file order. Files without a header get `column1`, `column2`, ...
    fn columns(&self) -> &[String];

    /// Restricts reading to these columns (indices into [`TableReader::columns`]), in this order.
    fn select(&mut self, columns: &[usize]);

    /// Fills `batch` with the next rows and `broken` with rows that cannot be taken apart; `false` at the end.
    ///
    /// # Errors
    /// Where the file cannot be read further: it is damaged, truncated, or the disk failed.
    fn next_batch(&mut self, batch: &mut Batch, broken: &mut Vec<BrokenRow>) -> Result<bool, ReadError>;

    /// How far the reader is: (bytes done, bytes in all), for the progress bar. `None` where unknown.
    fn progress(&self) -> Option<(u64, u64)>;

    /// What a person should know of the rows read so far, such as how many were in another encoding.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A failure that ends the writing of a file.
pub type WriteError = Box<dyn std::error::Error + Send + Sync>;

/// A file being written. Whoever produces rows knows no format; whoever knows the format opens the file.
pub trait TableWriter: Debug + Send {
    /// Appends rows. The columns have the kinds and the order with which the file was opened;
    /// [`Batch::lines`] only counts the rows.
    ///
    /// # Errors
    /// Where the columns do not fit or the disk failed.
    fn write(&mut self, batch: &Batch) -> Result<(), WriteError>;

    /// Completes the file; without it the file cannot be read.
    ///
    /// # Errors
    /// Where the disk failed.
    fn finish(self: Box<Self>) -> Result<(), WriteError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_went_in() {
        let column: TextColumn = ["a", "", "été", "b"].into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), ["a", "", "été", "b"]);
        assert_eq!(column.get(9), "");
    }

    #[test]
    fn cells_given_end_to_end_follow_those_before() {
        let mut column: TextColumn = ["x"].into_iter().collect();
        column.extend_cells("aétéb", [1, 5, 0, 1].into_iter());
        assert_eq!(column.iter().collect::<Vec<_>>(), ["x", "a", "été", "", "b"]);
    }
}
