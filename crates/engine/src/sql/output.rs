//! Results as text, CSV or JSON.

use std::io::Write;

use datafusion::arrow::{
    csv, datatypes::SchemaRef, error::ArrowError, json, record_batch::RecordBatch,
    util::pretty::pretty_format_batches_with_schema,
};

use super::Format;

/// Writes all rows; the header also where there is no row.
pub(super) fn write(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    format: Format,
    to: &mut dyn Write,
) -> Result<(), ArrowError> {
    match format {
        Format::Text => writeln!(to, "{}", pretty_format_batches_with_schema(schema.clone(), batches)?)?,
        Format::Csv => {
            let mut writer = csv::WriterBuilder::new().with_header(true).build(&mut *to);
            if batches.is_empty() {
                writer.write(&RecordBatch::new_empty(schema.clone()))?;
            }
            batches.iter().try_for_each(|batch| writer.write(batch))?;
        }
        Format::Json => {
            // A figure that cannot be known is null, not left out.
            let builder = json::WriterBuilder::new().with_explicit_nulls(true);
            let mut writer = builder.build::<_, json::writer::JsonArray>(&mut *to);
            batches.iter().try_for_each(|batch| writer.write(batch))?;
            writer.finish()?;
            writeln!(to)?;
        }
    }
    Ok(())
}
