//! A Parquet file as a table of plain columns, read in batches.

use std::{
    collections::BTreeSet,
    fmt, fs, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, make_array};
use arrow_buffer::NullBuffer;
use fidance_domain::table::{Batch, BrokenRow, Column, ReadError, TableReader, TextColumn};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
            ParquetRecordBatchReaderBuilder,
        },
    },
    basic::Compression,
    file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData},
};

use super::{
    FileError, cells,
    shape::{self, Leaf},
};

/// Large enough that the work per batch does not show, small enough that a batch stays in the cache.
const ROWS_PER_BATCH: usize = 16_384;

/// A Parquet file being read.
pub struct ParquetTable {
    file: PathBuf,
    bytes: u64,
    rows: u64,
    metadata: ArrowReaderMetadata,
    leaves: Vec<Leaf>,
    names: Vec<String>,
    selected: Vec<usize>,
    state: State,
    rows_read: u64,
}

enum State {
    /// Nothing is read yet, so the selection may still change.
    Closed,
    Reading(ParquetRecordBatchReader),
    Done,
}

impl fmt::Debug for ParquetTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, rows, rows_read, names, selected, .. } = self;
        f.debug_struct("ParquetTable")
            .field("file", file)
            .field("rows", rows)
            .field("rows_read", rows_read)
            .field("names", names)
            .field("selected", selected)
            .finish_non_exhaustive()
    }
}

impl ParquetTable {
    /// Opens a file and reads its footer. All columns that can be read are selected at first.
    pub fn open(path: &Path) -> Result<Box<dyn TableReader>, FileError> {
        Self::open_table(path).map(|table| Box::new(table) as Box<dyn TableReader>)
    }

    fn open_table(path: &Path) -> Result<Self, FileError> {
        let open_error = |source| FileError::Open { file: path.to_owned(), source };
        let file = fs::File::open(path).map_err(open_error)?;
        let bytes = file.metadata().map_err(open_error)?.len();
        let metadata = guarded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()))
            .map_err(|reason| FileError::NotParquet { file: path.to_owned(), reason })?;
        if let Some(codec) = unreadable_codec(metadata.metadata()) {
            return Err(FileError::UnsupportedCompression { file: path.to_owned(), codec });
        }
        let leaves = shape::leaves(metadata.schema());
        let supported = |(index, leaf): (usize, &Leaf)| cells::is_supported(&leaf.holds).then_some(index);
        Ok(Self {
            file: path.to_owned(),
            bytes,
            rows: u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0),
            names: leaves.iter().map(|leaf| leaf.path.clone()).collect(),
            selected: leaves.iter().enumerate().filter_map(supported).collect(),
            metadata,
            leaves,
            state: State::Closed,
            rows_read: 0,
        })
    }

    /// Number of rows that the footer states.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    fn start(&self) -> Result<ParquetRecordBatchReader, FileError> {
        let chosen = self.selected.iter().map(|index| self.leaf(*index)).collect::<Result<Vec<_>, _>>()?;
        if let Some(leaf) = chosen.iter().find(|leaf| !cells::is_supported(&leaf.holds)) {
            let (column, holds) = (leaf.path.clone(), leaf.holds.to_string());
            return Err(FileError::UnsupportedColumn { file: self.file.clone(), column, holds });
        }
        let numbers = chosen.iter().flat_map(|leaf| leaf.start..leaf.start + leaf.width);
        let mask = ProjectionMask::leaves(self.metadata.parquet_schema(), numbers);
        let file = fs::File::open(&self.file)
            .map_err(|source| FileError::Open { file: self.file.clone(), source })?;
        guarded(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(mask)
                .with_batch_size(ROWS_PER_BATCH)
                .build()
        })
        .map_err(|reason| self.damaged(reason))
    }

    fn leaf(&self, index: usize) -> Result<&Leaf, FileError> {
        let columns = self.leaves.len();
        self.leaves.get(index).ok_or_else(|| FileError::NoSuchColumn {
            file: self.file.clone(),
            index,
            columns,
        })
    }

    fn damaged(&self, reason: String) -> FileError {
        FileError::Damaged { file: self.file.clone(), rows_read: self.rows_read, reason }
    }

    fn next_records(&mut self) -> Result<Option<RecordBatch>, FileError> {
        if matches!(self.state, State::Closed) {
            self.state = State::Reading(self.start()?);
        }
        let State::Reading(reader) = &mut self.state else {
            return Ok(None);
        };
        match guarded(|| reader.next().transpose()) {
            Ok(Some(records)) => Ok(Some(records)),
            Ok(None) => {
                self.state = State::Done;
                self.check_complete()
            }
            Err(reason) => {
                self.state = State::Done;
                Err(self.damaged(reason))
            }
        }
    }

    /// A file may end early without any page being unreadable.
    fn check_complete(&self) -> Result<Option<RecordBatch>, FileError> {
        if self.rows_read == self.rows {
            return Ok(None);
        }
        Err(self.damaged(format!("the footer promises {} rows", self.rows)))
    }

    fn fill(&mut self, records: &RecordBatch, batch: &mut Batch) -> Result<(), FileError> {
        let roots: BTreeSet<usize> =
            self.selected.iter().filter_map(|index| self.leaves.get(*index)).map(|leaf| leaf.root).collect();
        let roots: Vec<usize> = roots.into_iter().collect();
        batch.columns.resize_with(self.selected.len(), || Column::Text(TextColumn::default()));
        for (index, column) in self.selected.iter().zip(&mut batch.columns) {
            let leaf = self.leaf(*index)?;
            let old = mem::replace(column, Column::Bool(Vec::new()));
            *column = follow(records, &roots, leaf)
                .and_then(|array| cells::convert(&array, old))
                .ok_or_else(|| self.damaged(format!("column `{}` is not what the footer says", leaf.path)))?;
        }
        Ok(())
    }
}

impl TableReader for ParquetTable {
    fn columns(&self) -> &[String] {
        &self.names
    }

    fn select(&mut self, columns: &[usize]) {
        self.selected = columns.to_vec();
        self.state = State::Closed;
        self.rows_read = 0;
    }

    fn next_batch(&mut self, batch: &mut Batch, _broken: &mut Vec<BrokenRow>) -> Result<bool, ReadError> {
        batch.lines.clear();
        let Some(records) = self.next_records()? else {
            batch.columns.clear();
            return Ok(false);
        };
        self.fill(&records, batch)?;
        let first = self.rows_read + 1;
        self.rows_read += records.num_rows() as u64;
        batch.lines.extend(first..=self.rows_read);
        Ok(true)
    }

    fn progress(&self) -> Option<(u64, u64)> {
        let share = self.rows_read as f64 / self.rows.max(1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the file's size"
        )]
        Some(((share * self.bytes as f64) as u64, self.bytes))
    }
}

/// The first compression in use that is not compiled in.
fn unreadable_codec(metadata: &ParquetMetaData) -> Option<String> {
    let columns = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    columns.map(ColumnChunkMetaData::compression).find_map(|codec| match codec {
        Compression::BROTLI(_) => Some("brotli".to_owned()),
        Compression::LZO => Some("LZO".to_owned()),
        _ => None,
    })
}

/// The array of one column inside what was read; `roots` are the top-level fields that were.
fn follow(records: &RecordBatch, roots: &[usize], leaf: &Leaf) -> Option<ArrayRef> {
    let position = roots.binary_search(&leaf.root).ok()?;
    let mut array = records.columns().get(position)?.clone();
    let mut missing: Option<NullBuffer> = None;
    for step in &leaf.steps {
        missing = NullBuffer::union(missing.as_ref(), array.nulls());
        array = array.as_struct_opt()?.column_by_name(step)?.clone();
    }
    let Some(missing) = missing.filter(|missing| missing.null_count() > 0) else {
        return Some(array);
    };
    // Where a record is missing, so are its fields, whatever lies in their place.
    let nulls = NullBuffer::union(Some(&missing), array.nulls());
    array.to_data().into_builder().nulls(nulls).build().ok().map(make_array)
}

/// Runs the library's code on bytes that may be damaged: where it panics instead of failing, that is a
/// failure too, since one bad file must not end a server.
fn guarded<T, E: fmt::Display>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("its pages contradict each other".to_owned()),
    }
}
