//! Where a reader puts the cells of its rows: the selected columns of a batch, checked for their number.

use fidance_domain::table::{Batch, BrokenRow, Column, TextColumn};

use crate::note::counted;

/// Rows of one batch, at most.
pub(crate) const BATCH_ROWS: usize = 8192;
/// Bytes of text of one batch, about.
pub(crate) const BATCH_BYTES: usize = 4 << 20;
/// Broken rows handed over at once, at most.
const BATCH_BROKEN: usize = 1024;
/// How much of a broken row is kept for the rejects file.
const CONTENT: usize = 300;

/// Which columns are wanted: for each of them its place in the file and its place in the batch.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// (place in the file, place in the batch), in file order.
    wanted: Vec<(usize, usize)>,
    /// Number of columns of the file.
    width: usize,
}

impl Selection {
    /// Every column, in file order.
    pub(crate) fn all(width: usize) -> Self {
        Self { wanted: (0..width).map(|i| (i, i)).collect(), width }
    }

    /// Some columns, in the order given.
    pub(crate) fn of(width: usize, columns: &[usize]) -> Self {
        let mut wanted: Vec<(usize, usize)> =
            columns.iter().copied().enumerate().map(|(to, from)| (from, to)).collect();
        wanted.sort_unstable();
        Self { wanted, width }
    }

    /// Number of columns of the file.
    pub(crate) const fn width(&self) -> usize {
        self.width
    }
}

/// A batch being filled.
#[derive(Debug, Default)]
pub(crate) struct Output {
    lines: Vec<u64>,
    columns: Vec<TextColumn>,
    bytes: usize,
    broken: Vec<BrokenRow>,
}

impl Output {
    /// Takes over a batch's memory, emptied.
    pub(crate) fn begin(&mut self, batch: &mut Batch, selection: &Selection) {
        self.lines = std::mem::take(&mut batch.lines);
        self.lines.clear();
        self.columns.clear();
        for column in batch.columns.drain(..) {
            if let Column::Text(mut text) = column {
                text.clear();
                self.columns.push(text);
            }
        }
        self.columns.resize_with(selection.wanted.len(), TextColumn::default);
        self.bytes = 0;
    }

    /// Hands everything over; `false` where there is nothing.
    pub(crate) fn finish(&mut self, batch: &mut Batch, broken: &mut Vec<BrokenRow>) -> bool {
        batch.lines = std::mem::take(&mut self.lines);
        batch.columns = self.columns.drain(..).map(Column::Text).collect();
        let any = !batch.lines.is_empty() || !self.broken.is_empty();
        broken.append(&mut self.broken);
        any
    }

    /// Whether the batch should be handed over.
    pub(crate) fn is_full(&self) -> bool {
        self.lines.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES || self.broken.len() >= BATCH_BROKEN
    }

    /// Adds a row whose cells end before each of `ends`, with one separator byte between `gap` cells.
    ///
    /// `gap` is 1 where the text still has its delimiters and 0 where cells lie end to end.
    pub(crate) fn push(&mut self, selection: &Selection, line: u64, text: &str, ends: &[usize], gap: usize) {
        if ends.len() != selection.width {
            return self.wrong_count(selection.width, ends.len(), line, text);
        }
        self.lines.push(line);
        for &(from, to) in &selection.wanted {
            let start = from.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| end + gap);
            let end = ends.get(from).copied().unwrap_or(start);
            let cell = text.get(start..end).unwrap_or("");
            if let Some(column) = self.columns.get_mut(to) {
                column.push(cell);
            }
            self.bytes += cell.len();
        }
    }

    /// Adds a row whose cells are separated by runs of white space.
    pub(crate) fn push_spaced(&mut self, selection: &Selection, line: u64, text: &str) {
        self.lines.push(line);
        let mut cells = text.split_ascii_whitespace().enumerate();
        for &(from, to) in &selection.wanted {
            let cell = cells.find(|&(at, _)| at == from).map_or("", |(_, cell)| cell);
            if let Some(column) = self.columns.get_mut(to) {
                column.push(cell);
            }
            self.bytes += cell.len();
        }
    }

    /// Adds a row given as separate cells, one for each wanted column, in batch order.
    pub(crate) fn push_cells<'a>(&mut self, line: u64, cells: impl Iterator<Item = &'a str>) {
        self.lines.push(line);
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
            self.bytes += cell.len();
        }
    }

    fn wrong_count(&mut self, expected: usize, found: usize, line: u64, text: &str) {
        let content = format!("[{} instead of {expected}] {text}", fields(found));
        self.break_row(line, "wrong_field_count", &content);
    }

    /// Notes a row that cannot be taken apart.
    pub(crate) fn break_row(&mut self, line: u64, reason: &'static str, content: &str) {
        self.broken.push(BrokenRow { line, reason, content: beginning(content) });
    }
}

/// A number of fields, for people.
pub(crate) fn fields(n: usize) -> String {
    counted(n as u64, "field", "fields")
}

/// The first characters of a text, with what cannot be shown on one line replaced.
pub(crate) fn beginning(text: &str) -> String {
    let mut short: String =
        text.chars().take(CONTENT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() && text.chars().nth(CONTENT).is_some() {
        short.push('…');
    }
    short
}
