//! Days of activity in columns, one row for each customer and civil day: what is in memory, and reading it.

use std::{ops::Range, sync::Arc};

use parquet::file::reader::ChunkReader;

use super::{
    BATCH_ROWS,
    error::{ColumnsError, Place},
    events::refill,
    file::{ColumnFile, Expected, Holds, RowGroup, shares},
    values::{Column, Run, push_run},
};

pub(super) const COLUMNS: [Expected; 6] = [
    ("customer", Holds::Long),
    ("day", Holds::Date),
    ("first", Holds::Short),
    ("last", Holds::Short),
    ("events", Holds::Short),
    ("amount", Holds::Money),
];

/// The last quarter-hour that `first` and `last` can name: a day has 25 hours at most.
pub const LAST_QUARTER: u8 = 99;

/// Some days of activity, one customer after the other, each customer's in order. Columns that were not asked
/// for are empty; those that were have one value for each row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayColumns {
    /// Whose rows these are. No two neighbours are of the same customer.
    pub runs: Vec<Run>,
    /// Civil days since 1970.
    pub day: Vec<i32>,
    /// Quarter-hour of the first activity, from the start of the day.
    pub first: Vec<u8>,
    /// Quarter-hour of the last activity.
    pub last: Vec<u8>,
    /// How many events, at least 1.
    pub events: Vec<u32>,
    /// Sum of the amounts in ten-thousandths.
    pub amount: Vec<i64>,
}

/// One day of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The customer.
    pub customer: i64,
    /// Civil days since 1970.
    pub day: i32,
    /// Quarter-hour of the first activity, from the start of the day.
    pub first: u8,
    /// Quarter-hour of the last activity.
    pub last: u8,
    /// How many events, at least 1.
    pub events: u32,
    /// Sum of the amounts in ten-thousandths.
    pub amount: i64,
}

impl DayColumns {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.day.len()
    }

    /// Removes all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.day.clear();
        self.first.clear();
        self.last.clear();
        self.events.clear();
        self.amount.clear();
    }

    /// Appends one day.
    pub fn push(&mut self, day: Day) {
        push_run(&mut self.runs, day.customer, 1);
        self.day.push(day.day);
        self.first.push(day.first);
        self.last.push(day.last);
        self.events.push(day.events);
        self.amount.push(day.amount);
    }

    /// The customer of each row, for those who need it row by row.
    pub fn customers(&self) -> impl Iterator<Item = i64> + '_ {
        self.runs.iter().flat_map(|run| std::iter::repeat_n(run.customer, run.rows as usize))
    }
}

/// Which columns to read besides customer and day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WantedOfDays {
    /// First and last quarter-hour.
    pub bounds: bool,
    /// Numbers of events.
    pub events: bool,
    /// Amounts.
    pub amount: bool,
}

/// A stored file of days. Cheap to clone; cursors of several threads may read it at once.
#[derive(Debug, Clone)]
pub struct DayReader {
    file: Arc<ColumnFile>,
}

impl DayReader {
    /// Reads the footer and checks that the columns are there. For files, hand in a [`super::SharedFile`].
    pub fn open(source: impl ChunkReader + 'static) -> Result<Self, ColumnsError> {
        Ok(Self { file: Arc::new(ColumnFile::open(source, "days", &COLUMNS)?) })
    }

    /// How many rows the file has.
    pub fn rows(&self) -> u64 {
        self.file.rows()
    }

    /// The row groups, in the order of customers.
    pub fn row_groups(&self) -> &[RowGroup] {
        self.file.groups()
    }

    /// At most `parts` ranges of row groups of about equal size, no customer being in two of them.
    pub fn shares(&self, parts: usize) -> Vec<Range<usize>> {
        shares(self.file.groups(), parts)
    }

    /// Reads a range of row groups from its start; a range that is too long ends with the file.
    pub fn cursor(&self, wanted: WantedOfDays, row_groups: Range<usize>) -> DayCursor {
        let ahead = row_groups.start..row_groups.end.min(self.file.groups().len());
        DayCursor { file: Arc::clone(&self.file), wanted, ahead, open: None, numbers: Vec::new() }
    }
}

/// Reads days batch after batch.
pub struct DayCursor {
    file: Arc<ColumnFile>,
    wanted: WantedOfDays,
    ahead: Range<usize>,
    open: Option<OpenGroup>,
    numbers: Vec<i32>,
}

impl std::fmt::Debug for DayCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DayCursor").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

/// The columns of the row group that is being read.
struct OpenGroup {
    number: usize,
    rows_left: usize,
    customer: Column<i64>,
    day: Column<i32>,
    bounds: Option<(Column<i32>, Column<i32>)>,
    events: Option<Column<i32>>,
    amount: Option<Column<i64>>,
}

impl DayCursor {
    /// Replaces what is in `out` by the next rows; false when there are none. After an error, stop.
    pub fn next(&mut self, out: &mut DayColumns) -> Result<bool, ColumnsError> {
        loop {
            if let Some(group) = &mut self.open
                && group.rows_left > 0
            {
                group.read(&mut self.numbers, out)?;
                return Ok(true);
            }
            let Some(next) = self.ahead.next() else {
                out.clear();
                return Ok(false);
            };
            self.open = Some(OpenGroup::new(&self.file, self.wanted, next)?);
        }
    }
}

impl OpenGroup {
    fn new(file: &ColumnFile, wanted: WantedOfDays, number: usize) -> Result<Self, ColumnsError> {
        let bounds = if wanted.bounds {
            Some((file.integers(number, "first")?, file.integers(number, "last")?))
        } else {
            None
        };
        Ok(Self {
            number,
            rows_left: file.rows_of(number),
            customer: file.integers(number, "customer")?,
            day: file.integers(number, "day")?,
            bounds,
            events: wanted.events.then(|| file.integers(number, "events")).transpose()?,
            amount: wanted.amount.then(|| file.integers(number, "amount")).transpose()?,
        })
    }

    fn read(&mut self, numbers: &mut Vec<i32>, out: &mut DayColumns) -> Result<(), ColumnsError> {
        let rows = self.rows_left.min(BATCH_ROWS);
        out.runs.clear();
        self.customer.read_runs(rows, &mut out.runs)?;
        out.day.resize(rows, 0);
        self.day.read(&mut out.day, None)?;
        refill(self.amount.as_mut(), &mut out.amount, rows, None)?;
        out.first.clear();
        out.last.clear();
        out.events.clear();
        numbers.resize(rows, 0);
        if let Some((first, last)) = &mut self.bounds {
            first.read(numbers, None)?;
            quarters(Place { column: "first", row_group: self.number }, numbers, &mut out.first)?;
            last.read(numbers, None)?;
            quarters(Place { column: "last", row_group: self.number }, numbers, &mut out.last)?;
        }
        if let Some(events) = &mut self.events {
            events.read(numbers, None)?;
            if let Some(wrong) = numbers.iter().find(|number| **number < 1) {
                let place = Place { column: "events", row_group: self.number };
                return Err(place.out_of_range(i64::from(*wrong)));
            }
            out.events.extend(numbers.iter().map(|number| number.cast_unsigned()));
        }
        self.rows_left -= rows;
        Ok(())
    }
}

fn quarters(place: Place, numbers: &[i32], out: &mut Vec<u8>) -> Result<(), ColumnsError> {
    let inside = |number: &i32| (0..=i32::from(LAST_QUARTER)).contains(number);
    if let Some(wrong) = numbers.iter().find(|number| !inside(number)) {
        return Err(place.out_of_range(i64::from(*wrong)));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    out.extend(numbers.iter().map(|number| *number as u8));
    Ok(())
}
