//! `fidance export`: the events of a lake as one file that any program reads.

use std::path::Path;

use anyhow::Context;
use fidance_domain::table::{ColumnKind, TableWriter};
use fidance_lake::{Lake, file::ParquetWriter};

use crate::{lake_args::ExportArgs, progress, table_csv::CsvWriter};

pub(crate) fn run(args: &ExportArgs) -> anyhow::Result<()> {
    if args.output.exists() {
        anyhow::bail!("{} exists; name a file that does not", args.output.display());
    }
    let mut lake = Lake::open(&args.cache.locate(&args.lake)?)?;
    let export = lake.export()?;
    let columns = export.columns();
    let mut writer = open(&args.output, &columns)?;
    let bar = progress::bar(export.rows(), "exporting");
    let written = export.write(&mut |batch| {
        bar.inc(batch.rows() as u64);
        writer.write(batch)
    })?;
    bar.finish_and_clear();
    writer
        .finish()
        .map_err(anyhow::Error::from_boxed)
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    anstream::println!("{written} events written to {}", args.output.display());
    Ok(())
}

fn open(path: &Path, columns: &[(String, ColumnKind)]) -> anyhow::Result<Box<dyn TableWriter>> {
    let columns: Vec<(&str, ColumnKind)> =
        columns.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("parquet") => Ok(Box::new(ParquetWriter::create(path, &columns)?)),
        Some("csv") => Ok(Box::new(CsvWriter::create(path, &columns).map_err(anyhow::Error::from_boxed)?)),
        _ => anyhow::bail!("{}: end the name in .parquet or .csv", path.display()),
    }
}
