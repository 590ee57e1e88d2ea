//! What a person should know about a run that is neither an error nor a rejected row.

use std::fmt;

/// A number with the word for what is counted.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What a reader says of rows in another encoding than the rest.
pub(crate) fn recoded(rows: u64) -> String {
    let rows = if rows == 1 {
        "1 row is not UTF-8 and was".to_owned()
    } else {
        format!("{rows} rows are not UTF-8 and were")
    };
    format!("{rows} read as windows-1252")
}

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The reader or the header of a file had something to say.
    File {
        /// The file.
        file: String,
        /// What.
        text: String,
    },
    /// Activities whose amount could not be read; they count as activities without an amount.
    UnreadableAmounts {
        /// The column.
        column: String,
        /// Number of rows.
        rows: u64,
        /// The first such value.
        example: String,
    },
    /// Activities without an amount.
    MissingAmounts {
        /// The column.
        column: String,
        /// Number of rows.
        rows: u64,
    },
    /// Amounts in other currencies, which do not count.
    OtherCurrencies {
        /// The currency whose amounts count.
        kept: String,
        /// The others, with their numbers of rows.
        others: Vec<(String, u64)>,
    },
    /// Amounts such as `1,234` that could be a thousand or three decimals.
    OpenDecimalMark {
        /// The column.
        column: String,
    },
    /// There is a price per piece or a number of pieces, but no amount.
    NoAmount {
        /// The columns that were not taken.
        columns: Vec<String>,
    },
    /// Several columns may hold the amount, and none was taken.
    SeveralAmounts {
        /// The columns.
        columns: Vec<String>,
    },
    /// All events count as activities, although there are several kinds.
    AllEventsCount {
        /// The column.
        column: String,
        /// The kinds of events.
        kinds: usize,
    },
    /// Dates that only the other order of day and month could read.
    SwappedDates {
        /// The column.
        column: String,
        /// Number of rows.
        rows: u64,
    },
    /// Dates at midnight UTC, read as instants, fall on another civil day in the zone.
    MidnightUtc {
        /// The zone.
        zone: String,
    },
    /// Each row of the sample has a customer of its own.
    DistinctCustomers {
        /// The column.
        column: String,
    },
    /// A file has names of columns and no row.
    NoRows {
        /// The file.
        file: String,
    },
    /// The activities did not fit in memory and were sorted with the help of a temporary file.
    Spilled,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, text } => write!(f, "{file}: {text}"),
            Self::UnreadableAmounts { column, rows, example } => {
                write!(
                    f,
                    "{} in {column:?} cannot be read, such as {example:?}; {} without an amount",
                    counted(*rows, "amount", "amounts"),
                    if *rows == 1 { "this activity counts" } else { "these activities count" }
                )
            }
            Self::MissingAmounts { column, rows } => {
                write!(f, "{} no amount in {column:?}", counted(*rows, "activity has", "activities have"))
            }
            Self::OtherCurrencies { kept, others } => {
                let list: Vec<String> = others.iter().map(|(name, n)| format!("{name}: {n}")).collect();
                write!(f, "only amounts in {kept} count; activities in other currencies: {}", list.join(", "))
            }
            Self::OpenDecimalMark { column } => {
                write!(f, "amounts in {column:?} such as \"1,234\" are read as thousands")
            }
            Self::NoAmount { columns } => {
                write!(
                    f,
                    "no amount was taken: {} {} per piece; give a column of totals with --value",
                    columns.join(", "),
                    if columns.len() == 1 { "is" } else { "are" }
                )
            }
            Self::SeveralAmounts { columns } => {
                write!(f, "no amount was taken: it may be {}; say which with --value", columns.join(" or "))
            }
            Self::AllEventsCount { column, kinds } => {
                write!(
                    f,
                    "all {kinds} kinds of events in {column:?} count as activities; choose with --activity"
                )
            }
            Self::SwappedDates { column, rows } => {
                write!(
                    f,
                    "{} in {column:?} {} rejected that could be read with day and month swapped",
                    counted(*rows, "date", "dates"),
                    if *rows == 1 { "was" } else { "were" }
                )
            }
            Self::MidnightUtc { zone } => {
                write!(
                    f,
                    "all dates are midnight UTC and may be meant as days; in {zone} they can fall on another day"
                )
            }
            Self::DistinctCustomers { column } => {
                write!(
                    f,
                    "no two of the first rows have the same customer: is {column:?} the customer, or the order?"
                )
            }
            Self::NoRows { file } => write!(f, "{file}: there is a header but no row below it"),
            Self::Spilled => {
                f.write_str("the activities did not fit the memory given and were sorted on disk")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many_are_told_apart() {
        let column = || "c".to_owned();
        let unreadable = |rows| Note::UnreadableAmounts { column: column(), rows, example: "x".to_owned() };
        let missing = |rows| Note::MissingAmounts { column: column(), rows };
        let swapped = |rows| Note::SwappedDates { column: column(), rows };
        let pieces = |n| Note::NoAmount { columns: vec![column(); n] };
        for (note, beginning) in [
            (unreadable(1), "1 amount in \"c\" cannot be read, such as \"x\"; this activity counts without"),
            (
                unreadable(2),
                "2 amounts in \"c\" cannot be read, such as \"x\"; these activities count without",
            ),
            (missing(1), "1 activity has no amount in \"c\""),
            (missing(2), "2 activities have no amount in \"c\""),
            (swapped(1), "1 date in \"c\" was rejected"),
            (swapped(2), "2 dates in \"c\" were rejected"),
            (pieces(1), "no amount was taken: c is per piece"),
            (pieces(2), "no amount was taken: c, c are per piece"),
        ] {
            assert!(note.to_string().starts_with(beginning), "{note}");
        }
        assert_eq!(recoded(1), "1 row is not UTF-8 and was read as windows-1252");
        assert_eq!(recoded(2), "2 rows are not UTF-8 and were read as windows-1252");
    }
}
