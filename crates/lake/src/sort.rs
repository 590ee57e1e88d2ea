//! Brings rows of a batch into the order of the lake, in bounded memory.
//!
//! Rows are distributed by their customer's leading byte into 256 parts; where memory is full, all parts are
//! appended to one temporary file, unsorted. A part is then read back whole and sorted. Each row is written to
//! disk at most once, and a batch that fits into memory never is.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::{
    config::rank,
    error::LakeError,
    row::{ROW_BYTES, Row},
};

/// Parts are ranges of customers, in order.
pub(crate) const PARTS: usize = 256;

/// Collects rows.
#[derive(Debug)]
pub(crate) struct RowSorter {
    parts: Vec<Vec<Row>>,
    in_memory: usize,
    limit: usize,
    folder: PathBuf,
    spill: Option<Spill>,
    rows: u64,
}

/// Places in the temporary file, and how many rows are there.
type Extents = Vec<(u64, usize)>;

#[derive(Debug)]
struct Spill {
    file: BufWriter<File>,
    written: u64,
    /// For each part the places and numbers of rows of its extents.
    extents: Vec<Extents>,
}

/// The part of a customer.
const fn part_of(customer: i64) -> usize {
    (rank(customer) >> 56) as usize
}

impl RowSorter {
    /// Keeps at most `memory` bytes of rows in memory, the rest in a temporary file in `folder`.
    pub(crate) fn new(memory: usize, folder: PathBuf) -> Self {
        let limit = (memory / size_of::<Row>()).max(1024);
        Self { parts: vec![Vec::new(); PARTS], in_memory: 0, limit, folder, spill: None, rows: 0 }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: Row) -> Result<(), LakeError> {
        self.rows += 1;
        if let Some(part) = self.parts.get_mut(part_of(row.customer)) {
            // Growth by a quarter: doubling would take twice the memory that was granted.
            if part.len() == part.capacity() {
                let more = (part.len() / 4).max(64);
                part.reserve_exact(more);
                self.in_memory += more;
            }
            part.push(row);
        }
        if self.in_memory > self.limit { self.spill() } else { Ok(()) }
    }

    /// Rows so far.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    fn spill(&mut self) -> Result<(), LakeError> {
        let failed = |source| LakeError::io("write temporary rows to", &self.folder)(source);
        if self.spill.is_none() {
            let file =
                BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.folder).map_err(failed)?);
            self.spill = Some(Spill { file, written: 0, extents: vec![Vec::new(); PARTS] });
        }
        let Some(spill) = &mut self.spill else { return Ok(()) };
        for (part, extents) in self.parts.iter_mut().zip(&mut spill.extents) {
            if part.is_empty() {
                continue;
            }
            extents.push((spill.written, part.len()));
            for row in part.iter() {
                spill.file.write_all(&row.to_bytes()).map_err(failed)?;
            }
            spill.written += (part.len() * ROW_BYTES) as u64;
            *part = Vec::new();
        }
        self.in_memory = 0;
        Ok(())
    }

    /// No more rows come.
    pub(crate) fn finish(self) -> Result<SortedRows, LakeError> {
        let spill = match self.spill {
            Some(spill) => {
                let file = spill.file.into_inner().map_err(std::io::IntoInnerError::into_error);
                Some((file.map_err(LakeError::io("write temporary rows to", &self.folder))?, spill.extents))
            }
            None => None,
        };
        let parts = self.parts.into_iter().map(Mutex::new).collect();
        Ok(SortedRows { parts, spill, folder: self.folder })
    }
}

/// Rows of a batch, to be taken part by part.
#[derive(Debug)]
pub(crate) struct SortedRows {
    parts: Vec<Mutex<Vec<Row>>>,
    spill: Option<(File, Vec<Extents>)>,
    folder: PathBuf,
}

impl SortedRows {
    /// Takes the rows of a part, in order; a part can be taken once.
    pub(crate) fn take(&self, part: usize, keep: impl Fn(&Row) -> bool) -> Result<Vec<Row>, LakeError> {
        let mut rows = match self.parts.get(part).map(Mutex::lock) {
            Some(Ok(mut rows)) => std::mem::take(&mut *rows),
            _ => Vec::new(),
        };
        if let Some((file, extents)) = &self.spill {
            for &(at, count) in extents.get(part).into_iter().flatten() {
                read_extent(file, at, count, &mut rows, &self.folder)?;
            }
        }
        rows.retain(keep);
        rows.sort_unstable();
        Ok(rows)
    }
}

fn read_extent(
    file: &File,
    mut at: u64,
    count: usize,
    rows: &mut Vec<Row>,
    folder: &Path,
) -> Result<(), LakeError> {
    const AT_ONCE: usize = 8_192;
    let mut buffer = vec![0; AT_ONCE.min(count) * ROW_BYTES];
    rows.reserve_exact(count);
    let mut left = count;
    while left > 0 {
        let bytes = AT_ONCE.min(left) * ROW_BYTES;
        let Some(chunk) = buffer.get_mut(..bytes) else { break };
        file.read_exact_at(chunk, at).map_err(LakeError::io("read temporary rows from", folder))?;
        rows.extend(chunk.chunks_exact(ROW_BYTES).filter_map(Row::from_bytes));
        at += bytes as u64;
        left -= AT_ONCE.min(left);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64) -> impl Iterator<Item = Row> {
        (0..count).map(|n| Row {
            customer: (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 3 << 3).cast_signed(),
            at: i64::try_from(n * 7919 % 1000).unwrap(),
            ordinal: n,
            ..Row::default()
        })
    }

    fn sorted(memory: usize, count: u64) -> Vec<Row> {
        let mut sorter = RowSorter::new(memory, std::env::temp_dir());
        rows(count).for_each(|row| sorter.push(row).unwrap());
        let spilled = sorter.spill.is_some();
        assert_eq!(spilled, memory < 1 << 20);
        let sorted = sorter.finish().unwrap();
        (0..PARTS).flat_map(|part| sorted.take(part, |row| row.ordinal % 10 != 3).unwrap()).collect()
    }

    #[test]
    fn rows_come_in_order_from_memory_and_from_disk() {
        let mut expected: Vec<Row> = rows(50_000).filter(|row| row.ordinal % 10 != 3).collect();
        expected.sort_unstable();
        assert_eq!(sorted(1 << 26, 50_000), expected);
        assert_eq!(sorted(1 << 16, 50_000), expected);
    }
}
