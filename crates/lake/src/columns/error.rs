//! Why stored columns cannot be read or written. The texts name the column and the place; which file it was
//! is known to the caller, who opened it.

/// Why stored columns cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ColumnsError {
    /// There is no readable footer.
    #[error("not a complete Parquet file: {0}")]
    NotParquet(String),
    /// The file is Parquet, but holds something else.
    #[error("not the columns of {of}: column {column} {problem}")]
    OtherColumns {
        /// What the file should hold: `events` or `days`.
        of: &'static str,
        /// The column in question.
        column: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The footer is readable, the data are not.
    #[error("damaged page in column {column}, row group {row_group}: {reason}")]
    Damaged {
        /// The column in question.
        column: &'static str,
        /// The row group, counted from 0.
        row_group: usize,
        /// What contradicts what.
        reason: String,
    },
    /// A value is readable but cannot be one of ours.
    #[error("column {column}, row group {row_group}: {value} is out of range")]
    OutOfRange {
        /// The column in question.
        column: &'static str,
        /// The row group, counted from 0.
        row_group: usize,
        /// The value found.
        value: i64,
    },
    /// More names of events than an index of 16 bits can tell apart.
    #[error("{0} kinds of events are more than {MAX_KINDS}")]
    TooManyKinds(usize),
    /// Columns handed to a writer do not fit together.
    #[error("cannot write column {column}: {problem}")]
    Unfit {
        /// The column in question.
        column: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The rows could not be encoded or written out.
    #[error("cannot write the columns: {0}")]
    Write(#[source] parquet::errors::ParquetError),
}

/// How many kinds of events a file can have.
pub const MAX_KINDS: usize = 65_535;

/// Where reading is, for error texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) column: &'static str,
    pub(super) row_group: usize,
}

impl Place {
    pub(super) fn damaged(self, reason: impl Into<String>) -> ColumnsError {
        ColumnsError::Damaged { column: self.column, row_group: self.row_group, reason: reason.into() }
    }

    pub(super) fn out_of_range(self, value: i64) -> ColumnsError {
        ColumnsError::OutOfRange { column: self.column, row_group: self.row_group, value }
    }
}

/// What decoders say: they know what is wrong, but not where they are.
pub(super) type Reason = &'static str;
