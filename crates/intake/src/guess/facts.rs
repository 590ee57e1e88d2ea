//! What the values of a column look like, on the first rows.

use std::collections::HashSet;

use fidance_domain::table::{Batch, Column};

use crate::{
    amounts, cells,
    dates::{AtFormat, Evidence},
    error::ColumnSample,
};

/// Rows looked at.
const ROWS: usize = 2_000;

/// What was seen of a column.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) name: String,
    /// The first value that is not empty.
    pub(super) example: String,
    /// Values that are not empty.
    pub(super) values: usize,
    distinct: HashSet<String>,
    numbers: usize,
    decimals: usize,
    dates: Evidence,
    /// Values that the format given reads.
    in_format: usize,
    /// Whether the file itself says that these are dates.
    typed_date: bool,
    flags: usize,
    codes: usize,
}

impl Facts {
    /// Looks at the first rows of every column.
    pub(super) fn of_all(columns: &[String], sample: &[Batch], format: Option<&AtFormat>) -> Vec<Self> {
        columns
            .iter()
            .enumerate()
            .map(|(at, name)| Self::of(name, sample.iter().filter_map(move |b| b.columns.get(at)), format))
            .collect()
    }

    fn of<'a>(name: &str, parts: impl Iterator<Item = &'a Column>, format: Option<&AtFormat>) -> Self {
        let mut facts = Self { name: name.to_owned(), ..Self::default() };
        let (mut scratch, mut rows) = (String::new(), 0);
        for column in parts {
            facts.typed_date |= matches!(column, Column::Date(_) | Column::Instant(_) | Column::Local(_));
            for row in (0..column.len()).take(ROWS - rows) {
                facts.add(cells::text(column, row, &mut scratch), format);
            }
            rows += column.len().min(ROWS - rows);
        }
        facts
    }

    fn add(&mut self, text: &str, format: Option<&AtFormat>) {
        if text.is_empty() {
            return;
        }
        if self.values == 0 {
            self.example = text.chars().take(40).collect();
        }
        self.values += 1;
        self.distinct.insert(text.to_owned());
        self.dates.add(text);
        self.in_format += usize::from(format.is_some_and(|format| format.reads(text)));
        if let Some(decimals) = amounts::decimals(text) {
            self.numbers += 1;
            self.decimals += usize::from(decimals);
        }
        self.flags += usize::from(flag(text).is_some());
        self.codes +=
            usize::from((1..=3).contains(&text.chars().count()) && !text.chars().any(|c| c.is_ascii_digit()));
    }

    fn share(&self, n: usize) -> f64 {
        if self.values == 0 { 0.0 } else { n as f64 / self.values as f64 }
    }

    /// Whether most values are dates. Plain numbers count only where the name says that they are dates, and
    /// so does what only the format given can read.
    pub(super) fn is_date(&self, named: bool) -> bool {
        let written = self.dates.best_share() >= if named { 0.5 } else { 0.9 };
        self.typed_date
            || (written && (named || !self.dates.is_epoch()))
            || (named && self.share(self.in_format) >= 0.5)
    }

    /// A value and its day, where the values may be the days of a spreadsheet.
    pub(super) fn like_excel(&self) -> Option<(String, String)> {
        self.dates.like_excel()
    }

    /// Whether most values are numbers.
    pub(super) fn is_number(&self) -> bool {
        self.share(self.numbers) >= 0.5
    }

    /// Whether there are numbers with decimals.
    pub(super) fn has_decimals(&self) -> bool {
        self.is_number() && self.share(self.decimals) >= 0.2
    }

    /// Whether the values are words such as yes and no.
    pub(super) fn is_flag(&self) -> bool {
        self.share(self.flags) >= 0.9
    }

    /// Whether the values are codes such as EUR.
    pub(super) fn is_code(&self) -> bool {
        self.share(self.codes) >= 0.5
    }

    /// Number of different values.
    pub(super) fn n_distinct(&self) -> usize {
        self.distinct.len()
    }

    /// Whether the values may be ids: neither dates nor amounts.
    pub(super) fn is_id(&self) -> bool {
        self.values > 0 && !self.is_date(false) && !self.has_decimals()
    }

    /// The column for an error.
    pub(super) fn sample(&self) -> ColumnSample {
        ColumnSample { name: self.name.clone(), value: self.example.clone() }
    }
}

/// The truth value of a word; `None` where it has none.
pub(crate) fn flag(text: &str) -> Option<bool> {
    const YES: [&str; 12] =
        ["yes", "y", "true", "t", "1", "1.0", "oui", "o", "vrai", "churned", "left", "résilié"];
    const NO: [&str; 12] =
        ["no", "n", "false", "f", "0", "0.0", "non", "faux", "active", "stayed", "actif", "retained"];
    let is_in = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_in(&YES) { Some(true) } else { is_in(&NO).then_some(false) }
}
