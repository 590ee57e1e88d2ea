//! Single Parquet files, read and written in batches with bounded memory.

mod cells;
mod read;
mod shape;
mod write;

use std::path::PathBuf;

use fidance_domain::table::ColumnKind;

pub use read::ParquetTable;
pub use write::ParquetWriter;

/// Why a Parquet file cannot be read or written. Each text names the file and what a person can do.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened or created.
    #[error("cannot open {}: check that it exists and that you may use it", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file has no readable footer.
    #[error(
        "{} is not a complete Parquet file ({reason}): if it was downloaded or copied, fetch it again; if it is a text file, rename it to .csv or .ndjson",
        file.display()
    )]
    NotParquet {
        /// The file.
        file: PathBuf,
        /// What the library says.
        reason: String,
    },
    /// The footer is readable, the data are not.
    #[error(
        "{} is damaged after row {rows_read} ({reason}): fetch it again or write it anew from its source",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Rows that were read before.
        rows_read: u64,
        /// What the library says.
        reason: String,
    },
    /// The pages are packed in a way that this build cannot unpack.
    #[error(
        "{} is compressed with {codec}, which this build cannot read: write it anew with zstd, snappy, gzip, lz4 or none",
        file.display()
    )]
    UnsupportedCompression {
        /// The file.
        file: PathBuf,
        /// The compression's name.
        codec: String,
    },
    /// A column was selected whose type has no counterpart in a table of plain values.
    #[error(
        "column `{column}` of {} holds {holds}, which cannot be read as one value per row: select another column, or write it as text, number or date",
        file.display()
    )]
    UnsupportedColumn {
        /// The file.
        file: PathBuf,
        /// The column's dotted path.
        column: String,
        /// Its type, in arrow's words.
        holds: String,
    },
    /// A selected index does not exist.
    #[error("{} has {columns} columns, so there is no column number {index}", file.display())]
    NoSuchColumn {
        /// The file.
        file: PathBuf,
        /// The index asked for, from 0.
        index: usize,
        /// How many there are.
        columns: usize,
    },
    /// A batch does not have the columns with which the file was opened.
    #[error(
        "rows for {} do not fit: column {index} should be {expected:?} and is {given:?}",
        file.display()
    )]
    WrongShape {
        /// The file.
        file: PathBuf,
        /// Index of the first column that differs, from 0.
        index: usize,
        /// The kind with which the file was opened; `None` where there is no such column.
        expected: Option<ColumnKind>,
        /// The kind in the batch; `None` where it is missing.
        given: Option<ColumnKind>,
    },
    /// Columns of one batch differ in length.
    #[error("rows for {} do not fit: column {index} has {cells} cells for {rows} rows", file.display())]
    UnevenColumns {
        /// The file.
        file: PathBuf,
        /// Index of the column, from 0.
        index: usize,
        /// Its cells.
        cells: usize,
        /// The rows of the batch.
        rows: usize,
    },
    /// The disk or the library refused.
    #[error("cannot write {} ({reason}): check the free space on the disk", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the library says.
        reason: String,
    },
}
