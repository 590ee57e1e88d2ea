//! The tables of the lake as the query engine sees them: exactly the files of one version.

use std::{path::Path, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema},
    catalog::{TableProvider, empty::EmptyTable},
    datasource::{
        file_format::parquet::ParquetFormat,
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    error::Result,
    prelude::SessionContext,
};
use url::Url;

use crate::source::{Source, SourceError, Table};

/// The view of the events that has their instants as timestamps.
pub(super) const TIMELINE: &str = "timeline";

/// A table and where its files are.
pub(super) type Files = (Table, Vec<ListingTableUrl>);

/// The files of all tables. Not from within a runtime: the lake may have one of its own.
pub(super) fn files(source: &dyn Source) -> Result<Vec<Files>, SourceError> {
    let of = |table| {
        let files = source.files(table)?;
        Ok((table, files.iter().map(|file| url_of(file)).collect::<Result<_, _>>()?))
    };
    Table::ALL.into_iter().map(of).collect()
}

/// All tables with their names.
pub(super) async fn of(
    context: &SessionContext,
    files: &[Files],
) -> Result<Vec<(&'static str, Arc<dyn TableProvider>)>> {
    let mut tables: Vec<(&'static str, Arc<dyn TableProvider>)> = Vec::new();
    for (table, urls) in files {
        let provider: Arc<dyn TableProvider> = if urls.is_empty() {
            Arc::new(EmptyTable::new(Arc::new(empty_schema(*table))))
        } else {
            let options =
                ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
            let config = ListingTableConfig::new_with_multi_paths(urls.clone()).with_listing_options(options);
            Arc::new(ListingTable::try_new(config.infer_schema(&context.state()).await?)?)
        };
        tables.push((table.name(), provider));
    }
    Ok(tables)
}

/// The events with `at`, their instant, in place of the seconds and microseconds it is stored as.
pub(super) async fn timeline(context: &SessionContext) -> Result<Arc<dyn TableProvider>> {
    let at = "to_timestamp_micros(second * 1000000 + micro) AS at, * EXCLUDE (second, micro)";
    Ok(context.sql(&format!("SELECT {at} FROM {}", Table::Events)).await?.into_view())
}

/// Through an URL, so that no character of a folder's name is taken for a pattern.
fn url_of(file: &Path) -> Result<ListingTableUrl, SourceError> {
    let absolute = std::path::absolute(file).map_err(|e| SourceError(e.into()))?;
    let url = Url::from_file_path(&absolute)
        .map_err(|()| SourceError::from(format!("{} is no path that can be read", file.display())))?;
    ListingTableUrl::try_new(url, None).map_err(|e| SourceError(e.into()))
}

/// The columns that a table without files would have.
fn empty_schema(table: Table) -> Schema {
    let long = |name: &str| Field::new(name, DataType::Int64, true);
    let int = |name: &str| Field::new(name, DataType::Int32, true);
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let amount = || Field::new("amount", DataType::Decimal128(18, 4), true);
    Schema::new(match table {
        Table::Events => {
            vec![
                long("customer"),
                long("second"),
                int("micro"),
                text("kind"),
                amount(),
                long("was"),
                long("clock"),
            ]
        }
        Table::Days => vec![
            long("customer"),
            Field::new("day", DataType::Date32, true),
            int("first"),
            int("last"),
            int("events"),
            amount(),
        ],
        Table::Customers => vec![long("customer"), long("was"), long("second"), int("micro")],
        Table::Links => vec![
            long("sequence"),
            long("second"),
            int("micro"),
            text("action"),
            long("customer"),
            long("into"),
        ],
    })
}
