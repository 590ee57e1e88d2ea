//! The table `customers`: the segment values of each customer, one file beside each file of events.
//!
//! A customer's values are those of the first activity that a file holds (of the first event, where it holds none);
//! where several files know a customer, the first of all counts. So any order of arrival, merge or compaction gives the same groups.

use std::{fs::File, io::Write, path::Path, sync::Arc};

use arrow_array::{
    Array, ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, cast::AsArray as _,
    types::Int32Type, types::Int64Type,
};
use arrow_schema::{DataType, Field, Schema};
use fidance_domain::history::{Micros, Profile, Segments};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

use crate::{error::LakeError, lake::Snapshot, row::NONE, segments::SegmentsBuilder, stored::CUSTOMERS};

/// Columns that are no segment values.
pub(crate) const FIXED: [&str; 6] = ["bucket", "customer", "was", "activity", "second", "micro"];
/// The value of customers without one; a missing cell in the file.
pub(crate) const MISSING: &str = "(none)";

/// The segment values of a customer, and since when they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CustomerRow {
    pub(crate) customer: i64,
    /// Whether the event was no activity: the first activity decides, other events only where there is none.
    pub(crate) aside: bool,
    pub(crate) at: Micros,
    /// The customer under whom the event was recorded, or [`NONE`].
    pub(crate) was: i64,
    pub(crate) profile: Profile,
}

/// Segment values by customer, in order.
pub(crate) type PartProfiles = Vec<(i64, Profile)>;

/// The segment values of all persons: by bucket, and those who were moved.
pub(crate) fn profiles(
    snapshot: &Snapshot,
    moved: &[i64],
) -> Result<(Segments, Vec<PartProfiles>), LakeError> {
    let buckets = snapshot.buckets.len();
    let mut all: Vec<Vec<CustomerRow>> = vec![Vec::new(); buckets + 1];
    let mut builder = SegmentsBuilder::new(snapshot.dimensions.clone());
    if !snapshot.dimensions.is_empty() {
        for file in snapshot.event_files().filter_map(|file| snapshot.customers.get(&file.id)) {
            for mut row in read(&snapshot.verified(CUSTOMERS, file)?, &mut builder)? {
                let is_moved = moved.binary_search(&row.customer).is_ok();
                if is_moved {
                    let recorded = if row.was == NONE { row.customer } else { row.was };
                    row.customer = snapshot.links.person(recorded);
                }
                let part =
                    if is_moved { buckets } else { usize::from(snapshot.config.bucket_of(row.customer)) };
                if let Some(part) = all.get_mut(part) {
                    part.push(row);
                }
            }
        }
    }
    // Of several rows of a person, the first activity counts.
    let first_of_each = |mut rows: Vec<CustomerRow>| {
        rows.sort_unstable();
        rows.dedup_by_key(|row| row.customer);
        rows.into_iter().map(|row| (row.customer, row.profile)).collect()
    };
    let profiles = all.into_iter().map(first_of_each).collect();
    Ok((builder.finish(), profiles))
}

/// Writes rows, which are in order, and gives the file back.
pub(crate) fn write<W: Write + Send>(
    path: &Path,
    file: W,
    rows: &[CustomerRow],
    segments: &Segments,
) -> Result<W, LakeError> {
    let mut fields = vec![
        Field::new("customer", DataType::Int64, false),
        Field::new("was", DataType::Int64, true),
        Field::new("activity", DataType::Boolean, false),
        Field::new("second", DataType::Int64, false),
        Field::new("micro", DataType::Int32, false),
    ];
    fields.extend(segments.dimensions.iter().map(|name| Field::new(name, DataType::Utf8, true)));
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(1 << 17))
        .build();
    let failed = |source| damaged(path, source);
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
    for chunk in rows.chunks(1 << 14) {
        let batch = RecordBatch::try_new(schema.clone(), columns(chunk, segments))
            .map_err(|e| damaged(path, e.into()))?;
        writer.write(&batch).map_err(failed)?;
    }
    writer.into_inner().map_err(failed)
}

fn columns(rows: &[CustomerRow], segments: &Segments) -> Vec<ArrayRef> {
    let fixed: [ArrayRef; 5] = [
        Arc::new(rows.iter().map(|row| row.customer).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| Some(row.was).filter(|was| *was != NONE)).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| Some(!row.aside)).collect::<BooleanArray>()),
        Arc::new(rows.iter().map(|row| row.at.div_euclid(1_000_000)).collect::<Int64Array>()),
        Arc::new(
            rows.iter().map(|row| i32::try_from(row.at.rem_euclid(1_000_000)).ok()).collect::<Int32Array>(),
        ),
    ];
    let values = segments.values.iter().enumerate().map(|(dimension, values)| {
        let value = |row: &CustomerRow| {
            let profile = segments.profiles.get(row.profile.0 as usize)?;
            let value = values.get(*profile.get(dimension)? as usize)?;
            Some(value.as_str()).filter(|value| *value != MISSING)
        };
        Arc::new(rows.iter().map(value).collect::<StringArray>()) as ArrayRef
    });
    fixed.into_iter().chain(values).collect()
}

/// Reads the rows of a file; their profiles are numbered by `segments`.
pub(crate) fn read(path: &Path, segments: &mut SegmentsBuilder) -> Result<Vec<CustomerRow>, LakeError> {
    let file = File::open(path).map_err(|e| missing(path, e))?;
    let failed = |source| damaged(path, source);
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?.build().map_err(failed)?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| damaged(path, e.into()))?;
        take(&batch, segments, &mut rows).ok_or_else(|| {
            damaged(path, parquet::errors::ParquetError::General("not the columns of customers".to_owned()))
        })?;
    }
    Ok(rows)
}

fn take(batch: &RecordBatch, segments: &mut SegmentsBuilder, rows: &mut Vec<CustomerRow>) -> Option<()> {
    let customers = batch.column_by_name("customer")?.as_primitive_opt::<Int64Type>()?;
    let was = batch.column_by_name("was")?.as_primitive_opt::<Int64Type>()?;
    let activities = batch.column_by_name("activity")?.as_boolean_opt()?;
    let seconds = batch.column_by_name("second")?.as_primitive_opt::<Int64Type>()?;
    let micros = batch.column_by_name("micro")?.as_primitive_opt::<Int32Type>()?;
    let names = segments.dimensions().to_vec();
    let values: Vec<Option<&StringArray>> = names
        .iter()
        .map(|name| batch.column_by_name(name).and_then(|column| column.as_string_opt()))
        .collect();
    let mut cells: Vec<&str> = Vec::new();
    for row in 0..batch.num_rows() {
        cells.clear();
        cells.extend(values.iter().map(|column| match column {
            Some(column) if column.is_valid(row) => column.value(row),
            _ => MISSING,
        }));
        rows.push(CustomerRow {
            customer: customers.value(row),
            aside: !activities.value(row),
            at: seconds.value(row).saturating_mul(1_000_000).saturating_add(i64::from(micros.value(row))),
            was: if was.is_valid(row) { was.value(row) } else { NONE },
            profile: segments.profile(&cells),
        });
    }
    Some(())
}

pub(crate) fn missing(path: &Path, source: std::io::Error) -> LakeError {
    if source.kind() == std::io::ErrorKind::NotFound {
        LakeError::Missing { path: path.to_owned() }
    } else {
        LakeError::io("read", path)(source)
    }
}

pub(crate) fn damaged(path: &Path, source: parquet::errors::ParquetError) -> LakeError {
    LakeError::Damaged { path: path.to_owned(), source }
}
