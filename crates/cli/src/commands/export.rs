//! `fidance export`: the events of a lake as one file that any program reads; or all that is held on one person.

use std::{io::Write as _, path::Path};

use anyhow::Context;
use fidance_domain::table::{ColumnKind, TableWriter};
use fidance_lake::{Lake, file::ParquetWriter};

use super::{
    erase::{is_busy, must_exist},
    server_api,
};
use crate::{
    lake_args::ExportArgs,
    progress,
    serve::{config::Config, owner},
    table_csv::CsvWriter,
};

pub(crate) fn run(args: &ExportArgs) -> anyhow::Result<()> {
    if args.output.exists() {
        anyhow::bail!("{} exists; name a file that does not", args.output.display());
    }
    let Some(lake) = &args.lake else { return person(args) };
    let mut lake = Lake::open(&args.cache.locate(lake)?)?;
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

/// Everything that a server holds on a person, whether it runs or not.
fn person(args: &ExportArgs) -> anyhow::Result<()> {
    let customer = args.customer.as_deref().unwrap_or_default();
    anyhow::ensure!(!customer.trim().is_empty(), "name a customer, or a lake with --lake");
    let output = args.output.display();
    anyhow::ensure!(
        args.output.extension().is_some_and(|ending| ending == "zip"),
        "{output}: end the name in .zip"
    );
    let config = Config::load(args.server.config.as_deref())?;
    must_exist(&config)?;
    let archive = match owner::export(&config, customer) {
        Err(error) if is_busy(&error) => {
            let body = serde_json::json!({ "customer": customer });
            Some(server_api::call(&config, "POST", "/api/v1/people/export", Some(&body))?)
        }
        archive => archive?,
    };
    let archive = archive.context("nothing is held on this customer")?;
    // Others on this machine need not read it.
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(&args.output).and_then(|mut file| file.write_all(&archive));
    written.with_context(|| format!("cannot write {output}"))?;
    anstream::println!("everything that is held on this customer was written to {output}");
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
