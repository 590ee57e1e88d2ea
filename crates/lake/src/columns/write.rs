//! Writing stored columns: row groups that end where a customer ends, and encodings chosen by measurement
//! (docs/adr/0007-encodings.md).

use std::{io::Write, sync::Arc};

use parquet::{
    basic::{Compression, ConvertedType, Encoding, LogicalType, Repetition, Type as Physical},
    column::writer::ColumnWriterImpl,
    data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        metadata::SortingColumn,
        properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{ColumnPath, Type, TypePtr},
};

use super::{
    NONE,
    error::ColumnsError,
    file::{Expected, Holds},
    values::Run,
};

/// A row group ends with the first customer that ends after so many rows.
pub(super) const GROUP_ROWS: usize = 1 << 20;
/// A row group of a single customer ends here, so that memory stays bounded.
pub(super) const LONGEST_GROUP: usize = 8 * GROUP_ROWS;
/// Rows of a page. A page is read at once: this keeps it in the second cache.
const PAGE_ROWS: usize = 1 << 16;

/// What has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Row groups.
    pub row_groups: usize,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Where row groups end, and whether rows come in order.
#[derive(Debug, Default)]
pub(super) struct Order {
    last: Option<i64>,
}

impl Order {
    /// Accepts the next run; an error if it belongs before the last.
    pub(super) fn accept(&mut self, customer: i64) -> Result<(), ColumnsError> {
        if self.last.is_some_and(|last| customer < last) {
            return Err(unfit("customer", "comes after a greater one"));
        }
        self.last = Some(customer);
        Ok(())
    }
}

pub(super) fn unfit(column: &'static str, problem: impl Into<String>) -> ColumnsError {
    ColumnsError::Unfit { column, problem: problem.into() }
}

/// A Parquet file of one of our schemas.
pub(super) struct TableWriter<W: Write + Send> {
    file: SerializedFileWriter<Counted<W>>,
    rows: u64,
    row_groups: usize,
}

impl<W: Write + Send> TableWriter<W> {
    pub(super) fn new(
        sink: W,
        columns: &[Expected],
        optional: &[&str],
        sorted_by: i32,
        tune: impl FnOnce(WriterPropertiesBuilder) -> WriterPropertiesBuilder,
    ) -> Result<Self, ColumnsError> {
        let schema = schema(columns, optional).map_err(ColumnsError::Write)?;
        let sorted = (0..sorted_by)
            .map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false })
            .collect();
        let properties = WriterProperties::builder()
            .set_created_by("fidance".to_owned())
            .set_compression(Compression::UNCOMPRESSED)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_data_page_size_limit(PAGE_ROWS * 8)
            .set_write_batch_size(1 << 13)
            .set_offset_index_disabled(true)
            .set_max_row_group_row_count(None)
            .set_sorting_columns(Some(sorted));
        let file =
            SerializedFileWriter::new(Counted { sink, bytes: 0 }, schema, Arc::new(tune(properties).build()))
                .map_err(ColumnsError::Write)?;
        Ok(Self { file, rows: 0, row_groups: 0 })
    }

    /// Writes one row group, column after column.
    pub(super) fn group(
        &mut self,
        rows: usize,
        columns: impl FnOnce(&mut Columns<'_, '_, Counted<W>>) -> Result<(), ParquetError>,
    ) -> Result<(), ColumnsError> {
        let written = (|| {
            let mut group = self.file.next_row_group()?;
            columns(&mut Columns { group: &mut group })?;
            group.close().map(|_| ())
        })();
        written.map_err(ColumnsError::Write)?;
        self.rows += rows as u64;
        self.row_groups += 1;
        Ok(())
    }

    /// Writes the footer.
    pub(super) fn finish(self) -> Result<(Written, W), ColumnsError> {
        let Counted { mut sink, bytes } = self.file.into_inner().map_err(ColumnsError::Write)?;
        sink.flush().map_err(|error| ColumnsError::Write(error.into()))?;
        Ok((Written { rows: self.rows, row_groups: self.row_groups, bytes }, sink))
    }
}

/// Counts what is written, the footer included.
pub(super) struct Counted<W> {
    sink: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.sink.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

/// The columns of a row group that is being written.
pub(super) struct Columns<'a, 'b, W: Write + Send> {
    group: &'a mut SerializedRowGroupWriter<'b, W>,
}

impl<W: Write + Send> Columns<'_, '_, W> {
    fn column<T: DataType>(
        &mut self,
        write: impl FnOnce(&mut ColumnWriterImpl<'_, T>) -> Result<(), ParquetError>,
    ) -> Result<(), ParquetError> {
        let missing = || ParquetError::General("there is no such column".to_owned());
        let mut column = self.group.next_column()?.ok_or_else(missing)?;
        write(column.typed::<T>())?;
        column.close()
    }

    pub(super) fn customers(&mut self, runs: &[Run]) -> Result<(), ParquetError> {
        self.column::<Int64Type>(|column| {
            let mut some = Vec::with_capacity(1 << 13);
            for run in runs {
                let mut left = run.rows as usize;
                while left > 0 {
                    let count = left.min((1 << 13) - some.len());
                    some.extend(std::iter::repeat_n(run.customer, count));
                    left -= count;
                    if some.len() == 1 << 13 {
                        column.write_batch(&some, None, None)?;
                        some.clear();
                    }
                }
            }
            column.write_batch(&some, None, None).map(|_| ())
        })
    }

    pub(super) fn long(&mut self, values: &[i64]) -> Result<(), ParquetError> {
        self.column::<Int64Type>(|column| column.write_batch(values, None, None).map(|_| ()))
    }

    pub(super) fn short(&mut self, values: &[i32]) -> Result<(), ParquetError> {
        self.column::<Int32Type>(|column| column.write_batch(values, None, None).map(|_| ()))
    }

    /// Numbers, of which [`NONE`] are left out.
    pub(super) fn optional(&mut self, values: &[i64]) -> Result<(), ParquetError> {
        let levels: Vec<i16> = values.iter().map(|value| i16::from(*value != NONE)).collect();
        let present: Vec<i64> = values.iter().copied().filter(|value| *value != NONE).collect();
        self.column::<Int64Type>(|column| column.write_batch(&present, Some(&levels), None).map(|_| ()))
    }

    pub(super) fn names(&mut self, names: &[ByteArray], numbers: &[u16]) -> Result<(), ParquetError> {
        self.column::<ByteArrayType>(|column| {
            let mut some = Vec::with_capacity(1 << 13);
            for numbers in numbers.chunks(1 << 13) {
                some.clear();
                some.extend(numbers.iter().filter_map(|number| names.get(usize::from(*number)).cloned()));
                column.write_batch(&some, None, None)?;
            }
            Ok(())
        })
    }
}

/// No dictionary: differences.
pub(super) fn as_deltas(properties: WriterPropertiesBuilder, column: &str) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(column);
    properties
        .set_column_dictionary_enabled(path.clone(), false)
        .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
}

/// A dictionary of up to `limit` bytes for each row group, behind that differences.
pub(super) fn as_dictionary(
    properties: WriterPropertiesBuilder,
    column: &str,
    limit: usize,
) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(column);
    properties
        .set_column_dictionary_enabled(path.clone(), true)
        .set_column_dictionary_page_size_limit(path.clone(), limit)
        .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
}

fn schema(columns: &[Expected], optional: &[&str]) -> Result<TypePtr, ParquetError> {
    let fields = columns.iter().map(|(name, holds)| {
        let physical = match holds {
            Holds::Long | Holds::Money => Physical::INT64,
            Holds::Short | Holds::Date => Physical::INT32,
            Holds::Text => Physical::BYTE_ARRAY,
        };
        let repetition = if optional.contains(name) { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = Type::primitive_type_builder(name, physical).with_repetition(repetition);
        let field = match holds {
            Holds::Long | Holds::Short => field,
            Holds::Date => field.with_logical_type(Some(LogicalType::Date)),
            Holds::Money => field
                .with_logical_type(Some(LogicalType::decimal(4, 18)))
                .with_converted_type(ConvertedType::DECIMAL)
                .with_precision(18)
                .with_scale(4),
            Holds::Text => field.with_logical_type(Some(LogicalType::String)),
        };
        field.build().map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("schema").with_fields(fields).build().map(Arc::new)
}
