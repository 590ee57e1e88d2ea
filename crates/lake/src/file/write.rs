//! Writes batches of plain columns to a Parquet file that any engine reads.

use std::{
    fmt, fs,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, builder::StringBuilder,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use fidance_domain::table::{Batch, Column, ColumnKind, TableWriter, TextColumn, WriteError};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::properties::{WriterProperties, WriterPropertiesBuilder},
    schema::types::ColumnPath,
};

use super::FileError;

const ROWS_PER_GROUP: usize = 1_000_000;

/// A Parquet file being written: zstd, row groups of a million rows, times as instants in UTC.
pub struct ParquetWriter {
    file: PathBuf,
    kinds: Vec<ColumnKind>,
    schema: SchemaRef,
    writer: ArrowWriter<BufWriter<fs::File>>,
    rows: u64,
}

impl fmt::Debug for ParquetWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetWriter")
            .field("file", &self.file)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl ParquetWriter {
    /// Creates (or replaces) a file with these columns, given by name and kind.
    pub fn create(path: &Path, columns: &[(&str, ColumnKind)]) -> Result<Self, FileError> {
        let file =
            fs::File::create(path).map_err(|source| FileError::Open { file: path.to_owned(), source })?;
        let fields: Vec<Field> =
            columns.iter().map(|(name, kind)| Field::new(*name, data_type(*kind), true)).collect();
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let writer = properties(columns)
            .and_then(|properties| {
                ArrowWriter::try_new(BufWriter::new(file), schema.clone(), Some(properties))
            })
            .map_err(|error| write_error(path, &error))?;
        let kinds = columns.iter().map(|(_, kind)| *kind).collect();
        Ok(Self { file: path.to_owned(), kinds, schema, writer, rows: 0 })
    }

    /// Rows written so far.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Appends rows.
    pub fn append(&mut self, batch: &Batch) -> Result<(), FileError> {
        self.check(batch)?;
        let arrays = batch.columns.iter().map(array).collect();
        RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(|error: ArrowError| write_error(&self.file, &error))
            .and_then(|records| {
                self.writer.write(&records).map_err(|error| write_error(&self.file, &error))
            })?;
        self.rows += batch.rows() as u64;
        Ok(())
    }

    /// Writes the footer. Returns the number of rows.
    pub fn close(self) -> Result<u64, FileError> {
        self.writer.close().map_err(|error| write_error(&self.file, &error))?;
        Ok(self.rows)
    }

    fn check(&self, batch: &Batch) -> Result<(), FileError> {
        for index in 0..self.kinds.len().max(batch.columns.len()) {
            let expected = self.kinds.get(index).copied();
            let given = batch.columns.get(index).map(Column::kind);
            if expected != given {
                return Err(FileError::WrongShape { file: self.file.clone(), index, expected, given });
            }
            let (cells, rows) = (batch.columns.get(index).map_or(0, Column::len), batch.rows());
            if cells != rows {
                return Err(FileError::UnevenColumns { file: self.file.clone(), index, cells, rows });
            }
        }
        Ok(())
    }
}

impl TableWriter for ParquetWriter {
    fn write(&mut self, batch: &Batch) -> Result<(), WriteError> {
        Ok(self.append(batch)?)
    }

    fn finish(self: Box<Self>) -> Result<(), WriteError> {
        self.close()?;
        Ok(())
    }
}

fn write_error(file: &Path, error: &dyn std::error::Error) -> FileError {
    FileError::Write { file: file.to_owned(), reason: error.to_string() }
}

fn properties(columns: &[(&str, ColumnKind)]) -> Result<WriterProperties, ParquetError> {
    // Higher levels save nothing on ids, which are most of the bytes.
    let level = ZstdLevel::try_new(1)?;
    let builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_created_by("fidance".to_owned());
    Ok(columns.iter().fold(builder, |builder, (name, kind)| encode(builder, name, *kind)).build())
}

/// Times rise or repeat, so their differences are small: a third of the size of a dictionary.
fn encode(builder: WriterPropertiesBuilder, name: &str, kind: ColumnKind) -> WriterPropertiesBuilder {
    let column = ColumnPath::new(vec![name.to_owned()]);
    match kind {
        ColumnKind::Instant | ColumnKind::Local | ColumnKind::Date => builder
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED),
        _ => builder,
    }
}

fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Int => DataType::Int64,
        ColumnKind::Float => DataType::Float64,
        ColumnKind::Bool => DataType::Boolean,
        ColumnKind::Date => DataType::Date32,
        ColumnKind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnKind::Local => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}

fn array(column: &Column) -> ArrayRef {
    match column {
        Column::Text(cells) => Arc::new(strings(cells)),
        Column::Int(cells) => Arc::new(cells.iter().copied().collect::<Int64Array>()),
        Column::Float(cells) => Arc::new(cells.iter().copied().collect::<Float64Array>()),
        Column::Bool(cells) => Arc::new(cells.iter().copied().collect::<BooleanArray>()),
        Column::Date(cells) => Arc::new(cells.iter().copied().collect::<Date32Array>()),
        Column::Instant(cells) => {
            Arc::new(cells.iter().copied().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        Column::Local(cells) => Arc::new(cells.iter().copied().collect::<TimestampMicrosecondArray>()),
    }
}

/// An empty cell and a missing one are the same in a batch; in the file it is missing.
fn strings(cells: &TextColumn) -> StringArray {
    let mut builder = StringBuilder::with_capacity(cells.len(), cells.len() * 8);
    cells.iter().for_each(|cell| builder.append_option((!cell.is_empty()).then_some(cell)));
    builder.finish()
}
