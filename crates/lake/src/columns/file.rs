//! A file of stored columns: its footer, checked once, and where the pages of each column are.

use std::{fmt, ops::Range, sync::Arc};

use parquet::{
    basic::{ConvertedType, Encoding, LogicalType, Repetition, Type},
    column::page::PageReader,
    errors::ParquetError,
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader},
        reader::ChunkReader,
        serialized_reader::SerializedPageReader,
        statistics::Statistics,
    },
    schema::types::{ColumnDescPtr, ColumnDescriptor},
};

use super::{
    error::{ColumnsError, Place},
    foreign::Foreign,
    kinds::{KindColumn, Kinds, NativeKinds},
    pages::{Pages, guarded},
    unpack::Int,
    values::{Column, Native},
};

/// What a column has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Whole numbers of 64 bits.
    Long,
    /// Whole numbers of 32 bits.
    Short,
    /// Days since 1970.
    Date,
    /// Ten-thousandths.
    Money,
    /// Text.
    Text,
}

/// A column by name.
pub(super) type Expected = (&'static str, Holds);

/// Rows that are stored together: the smallest part that can be read or skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowGroup {
    /// How many rows.
    pub rows: u64,
    /// The first and the last customer, where the file says so.
    pub customers: Option<(i64, i64)>,
}

/// Pages of any source of bytes.
trait PageSource: Send + Sync {
    fn pages(
        &self,
        metadata: &ParquetMetaData,
        row_group: usize,
        column: usize,
    ) -> Result<Box<dyn PageReader>, ParquetError>;
}

struct Chunks<R>(Arc<R>);

impl<R: ChunkReader + 'static> PageSource for Chunks<R> {
    fn pages(
        &self,
        metadata: &ParquetMetaData,
        row_group: usize,
        column: usize,
    ) -> Result<Box<dyn PageReader>, ParquetError> {
        let missing = || ParquetError::General("there is no such column".to_owned());
        let group = metadata.row_groups().get(row_group).ok_or_else(missing)?;
        let chunk = group.columns().get(column).ok_or_else(missing)?;
        let rows = usize::try_from(group.num_rows())?;
        Ok(Box::new(SerializedPageReader::new(Arc::clone(&self.0), chunk, rows, None)?))
    }
}

/// An open file.
pub(super) struct ColumnFile {
    metadata: ParquetMetaData,
    source: Box<dyn PageSource>,
    groups: Vec<RowGroup>,
    /// Where each expected column is.
    positions: Vec<(Expected, usize)>,
}

impl fmt::Debug for ColumnFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ColumnFile").field("groups", &self.groups.len()).finish_non_exhaustive()
    }
}

impl ColumnFile {
    pub(super) fn open(
        source: impl ChunkReader + 'static,
        of: &'static str,
        expected: &[Expected],
    ) -> Result<Self, ColumnsError> {
        let metadata = guarded(|| ParquetMetaDataReader::new().parse_and_finish(&source))
            .map_err(ColumnsError::NotParquet)?;
        let length = source.len();
        let schema = metadata.file_metadata().schema_descr();
        let mut positions = Vec::new();
        for expected in expected {
            let wrong = |problem: String| ColumnsError::OtherColumns { of, column: expected.0, problem };
            let found = schema.columns().iter().position(|column| column.path().parts() == [expected.0]);
            let position = found.ok_or_else(|| wrong("is missing".to_owned()))?;
            let fits = schema.columns().get(position).is_some_and(|column| holds(column, expected.1));
            if !fits {
                let described =
                    schema.columns().get(position).map(|column| describe(column)).unwrap_or_default();
                return Err(wrong(format!("has type {described}")));
            }
            positions.push((*expected, position));
        }
        let mut groups = Vec::new();
        for number in 0..metadata.num_row_groups() {
            groups.push(row_group(&metadata, number, &positions, length)?);
        }
        Ok(Self { metadata, source: Box::new(Chunks(Arc::new(source))), groups, positions })
    }

    pub(super) fn groups(&self) -> &[RowGroup] {
        &self.groups
    }

    pub(super) fn rows(&self) -> u64 {
        self.groups.iter().map(|group| group.rows).sum()
    }

    pub(super) fn rows_of(&self, row_group: usize) -> usize {
        self.groups.get(row_group).map_or(0, |group| usize::try_from(group.rows).unwrap_or(0))
    }

    /// A column of integers.
    pub(super) fn integers<T: Int>(&self, row_group: usize, name: &str) -> Result<Column<T>, ColumnsError> {
        let (pages, column) = self.pages(row_group, name)?;
        let physical = if T::BYTES == 8 { Type::INT64 } else { Type::INT32 };
        if column.physical_type() == physical && self.has_only_ours(row_group, name, true) {
            return Ok(Column::Ours(Box::new(Native::new(pages))));
        }
        Ok(Column::Foreign(Box::new(Foreign::new(pages, Arc::clone(column))?)))
    }

    /// The column of names.
    pub(super) fn names(&self, row_group: usize, name: &str) -> Result<KindColumn, ColumnsError> {
        let (pages, column) = self.pages(row_group, name)?;
        if self.has_only_ours(row_group, name, false) {
            return Ok(KindColumn::Ours(Box::new(NativeKinds::new(pages))));
        }
        Ok(KindColumn::Foreign(Box::new(Foreign::new(pages, Arc::clone(column))?)))
    }

    /// Reads the dictionaries of all row groups.
    pub(super) fn all_names(&self, name: &str) -> Result<Kinds, ColumnsError> {
        let mut kinds = Kinds::default();
        for row_group in 0..self.groups.len() {
            match self.names(row_group, name)? {
                KindColumn::Foreign(column) => kinds.note_foreign(*column, self.rows_of(row_group))?,
                KindColumn::Ours(_) => {
                    let (pages, _) = self.pages(row_group, name)?;
                    kinds.note_pages(pages, self.has_only_dictionary(row_group, name))?;
                }
            }
        }
        Ok(kinds)
    }

    fn pages(&self, row_group: usize, name: &str) -> Result<(Pages, &ColumnDescPtr), ColumnsError> {
        let found = self.positions.iter().find(|((expected, _), _)| *expected == name);
        let ((column, _), position) =
            *found.ok_or_else(|| ColumnsError::NotParquet(format!("no column {name}")))?;
        let place = Place { column, row_group };
        let columns = self.metadata.file_metadata().schema_descr().columns();
        let description =
            columns.get(position).ok_or_else(|| place.damaged("the footer does not have it"))?;
        let reader = guarded(|| self.source.pages(&self.metadata, row_group, position))
            .map_err(|reason| place.damaged(reason))?;
        Ok((Pages::new(place, reader, description.max_def_level() > 0), description))
    }

    fn chunk(&self, row_group: usize, name: &str) -> Option<&parquet::file::metadata::ColumnChunkMetaData> {
        let (_, position) = self.positions.iter().find(|((expected, _), _)| *expected == name)?;
        self.metadata.row_groups().get(row_group)?.columns().get(*position)
    }

    fn has_only_ours(&self, row_group: usize, name: &str, integers: bool) -> bool {
        self.chunk(row_group, name).is_some_and(|chunk| {
            chunk.encodings().all(|encoding| match encoding {
                #[allow(deprecated, reason = "older programs still write it")]
                Encoding::PLAIN
                | Encoding::RLE
                | Encoding::RLE_DICTIONARY
                | Encoding::PLAIN_DICTIONARY
                | Encoding::BIT_PACKED => true,
                Encoding::DELTA_BINARY_PACKED => integers,
                _ => false,
            })
        })
    }

    /// Whether the names of a row group are all in its dictionary. Where the footer does not say, its pages do.
    fn has_only_dictionary(&self, row_group: usize, name: &str) -> bool {
        let Some(chunk) = self.chunk(row_group, name) else { return false };
        let older = Encoding::PLAIN_DICTIONARY;
        if let Some(mask) = chunk.page_encoding_stats_mask() {
            return mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(older);
        }
        false
    }
}

fn row_group(
    metadata: &ParquetMetaData,
    number: usize,
    positions: &[(Expected, usize)],
    length: u64,
) -> Result<RowGroup, ColumnsError> {
    let group = metadata.row_group(number);
    let mut customers = None;
    for ((column, _), position) in positions {
        let place = Place { column, row_group: number };
        let chunk =
            group.columns().get(*position).ok_or_else(|| place.damaged("the footer does not have it"))?;
        let (start, bytes) =
            guarded(|| Ok::<_, String>(chunk.byte_range())).map_err(|reason| place.damaged(reason))?;
        if start.checked_add(bytes).is_none_or(|end| end > length) {
            return Err(place.damaged("its pages lie behind the end of the file"));
        }
        if chunk.num_values() != group.num_rows() || group.num_rows() < 0 {
            return Err(place.damaged("it has another number of rows than its row group"));
        }
        if let (&"customer", Some(Statistics::Int64(statistics))) = (column, chunk.statistics()) {
            customers = statistics.min_opt().copied().zip(statistics.max_opt().copied());
        }
    }
    Ok(RowGroup { rows: u64::try_from(group.num_rows()).unwrap_or(0), customers })
}

fn holds(column: &ColumnDescriptor, what: Holds) -> bool {
    let physical = column.physical_type();
    let logical = column.logical_type_ref();
    if column.max_rep_level() > 0 || column.max_def_level() > 1 {
        return false;
    }
    let integer = matches!(logical, None | Some(LogicalType::Integer { .. }));
    match what {
        Holds::Long => {
            integer && physical == Type::INT64 && column.converted_type() != ConvertedType::TIMESTAMP_MICROS
        }
        Holds::Short => integer && matches!(physical, Type::INT32 | Type::INT64),
        Holds::Date => column.converted_type() == ConvertedType::DATE && physical == Type::INT32,
        Holds::Money => {
            let numeric = matches!(physical, Type::INT32 | Type::INT64 | Type::FIXED_LEN_BYTE_ARRAY);
            numeric && column.converted_type() == ConvertedType::DECIMAL && column.type_scale() == 4
        }
        Holds::Text => column.converted_type() == ConvertedType::UTF8 && physical == Type::BYTE_ARRAY,
    }
}

fn describe(column: &ColumnDescriptor) -> String {
    let repeated = if column.max_rep_level() > 0 { "repeated " } else { "" };
    let optional = if column.self_type().get_basic_info().repetition() == Repetition::OPTIONAL {
        "optional "
    } else {
        ""
    };
    let converted = match column.converted_type() {
        ConvertedType::NONE => String::new(),
        ConvertedType::DECIMAL => {
            format!(" decimal({},{})", column.type_precision(), column.type_scale())
        }
        converted => format!(" {converted}"),
    };
    format!("{repeated}{optional}{}{converted}", column.physical_type())
}

/// Cuts row groups into at most `parts` ranges of about equal numbers of rows, such that no customer is in two
/// ranges. Row groups whose customers are not known stay together with what is before them.
pub(super) fn shares(groups: &[RowGroup], parts: usize) -> Vec<Range<usize>> {
    let rows: u64 = groups.iter().map(|group| group.rows).sum();
    let aim = rows.div_ceil(parts.max(1) as u64).max(1);
    let mut shares = Vec::new();
    let (mut start, mut held) = (0, 0);
    for (number, group) in groups.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|before| groups.get(before)?.customers);
        let apart = before.zip(group.customers).is_some_and(|((_, last), (first, _))| last < first);
        if apart && held + group.rows / 2 >= aim && shares.len() + 1 < parts {
            shares.push(start..number);
            (start, held) = (number, 0);
        }
        held += group.rows;
    }
    if start < groups.len() {
        shares.push(start..groups.len());
    }
    shares
}
