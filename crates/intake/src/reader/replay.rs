//! A reader that gives the rows of its sample once more, so that looking at a file does not use it up.
//!
//! Columns and date formats are decided on the first rows. A pipe cannot be opened again, therefore these
//! rows are kept and handed out first.

use std::collections::VecDeque;

use fidance_domain::table::{Batch, BrokenRow, Column, ReadError, TableReader};

/// A reader with some batches taken out in advance, all columns of them.
#[derive(Debug)]
pub(crate) struct Replay {
    inner: Box<dyn TableReader>,
    head: VecDeque<Batch>,
    broken: Vec<BrokenRow>,
    selected: Vec<usize>,
    /// Whether the inner reader has no more rows.
    exhausted: bool,
}

impl Replay {
    /// Reads `rows` rows or `bytes` bytes in advance, or as much as there is.
    pub(crate) fn new(mut inner: Box<dyn TableReader>, rows: usize, bytes: usize) -> Result<Self, ReadError> {
        let width = inner.columns().len();
        let selected: Vec<usize> = (0..width).collect();
        inner.select(&selected);
        let mut replay =
            Self { inner, head: VecDeque::new(), broken: Vec::new(), selected, exhausted: false };
        let (mut n_rows, mut n_bytes) = (0, 0);
        while n_rows < rows && n_bytes < bytes && !replay.exhausted {
            let mut batch = Batch::default();
            replay.exhausted = !replay.inner.next_batch(&mut batch, &mut replay.broken)?;
            n_rows += batch.rows() + replay.broken.len();
            n_bytes += batch.columns.iter().map(size).sum::<usize>();
            if batch.rows() > 0 {
                replay.head.push_back(batch);
            }
        }
        Ok(replay)
    }

    /// The first row that could not be taken apart.
    pub(crate) fn first_broken(&self) -> Option<&BrokenRow> {
        self.broken.first()
    }

    /// Gives up reading for the batches read in advance.
    pub(crate) fn into_head(self) -> Vec<Batch> {
        self.head.into()
    }

    /// The batches read in advance, all columns.
    pub(crate) fn head(&self) -> impl Iterator<Item = &Batch> {
        self.head.iter()
    }
}

fn size(column: &Column) -> usize {
    match column {
        Column::Text(text) => text.byte_len() + text.len() * 8,
        other => other.len() * 8,
    }
}

impl TableReader for Replay {
    fn columns(&self) -> &[String] {
        self.inner.columns()
    }

    fn select(&mut self, columns: &[usize]) {
        self.selected = columns.to_vec();
        self.inner.select(columns);
    }

    fn next_batch(&mut self, batch: &mut Batch, broken: &mut Vec<BrokenRow>) -> Result<bool, ReadError> {
        broken.append(&mut self.broken);
        let Some(mut head) = self.head.pop_front() else {
            let more = !self.exhausted && self.inner.next_batch(batch, broken)?;
            if !more {
                batch.lines.clear();
                batch.columns.clear();
            }
            return Ok(more || !broken.is_empty());
        };
        batch.lines = std::mem::take(&mut head.lines);
        batch.columns = self.selected.iter().filter_map(|&at| head.columns.get(at).cloned()).collect();
        Ok(true)
    }

    fn progress(&self) -> Option<(u64, u64)> {
        self.inner.progress()
    }

    fn notes(&self) -> Vec<String> {
        self.inner.notes()
    }
}
