//! Events in columns, sorted by customer and time: what is in memory, and reading it.

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use parquet::file::reader::ChunkReader;

use super::{
    BATCH_ROWS, NONE,
    error::ColumnsError,
    file::{ColumnFile, Expected, Holds, RowGroup, shares},
    kinds::{KindColumn, Kinds},
    values::{Column, Run, push_run},
};

pub(super) const COLUMNS: [Expected; 7] = [
    ("customer", Holds::Long),
    ("second", Holds::Long),
    ("micro", Holds::Short),
    ("kind", Holds::Text),
    ("amount", Holds::Money),
    ("was", Holds::Long),
    ("clock", Holds::Long),
];

/// Some events, one customer after the other, each customer's in the order of time. Columns that were not asked
/// for are empty; those that were have one value for each row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventColumns {
    /// Whose rows these are. No two neighbours are of the same customer.
    pub runs: Vec<Run>,
    /// Seconds since 1970, UTC.
    pub second: Vec<i64>,
    /// Microseconds within the second.
    pub micro: Vec<i32>,
    /// Numbers of the kinds.
    pub kind: Vec<u16>,
    /// Ten-thousandths, or [`NONE`].
    pub amount: Vec<i64>,
    /// What was before, or [`NONE`].
    pub was: Vec<i64>,
    /// The instant by the client's own clock in microseconds since 1970, or [`NONE`] where it was not corrected.
    pub clock: Vec<i64>,
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The customer.
    pub customer: i64,
    /// Seconds since 1970, UTC.
    pub second: i64,
    /// Microseconds within the second.
    pub micro: i32,
    /// The number of its kind.
    pub kind: u16,
    /// Ten-thousandths, or [`NONE`].
    pub amount: i64,
    /// What was before, or [`NONE`].
    pub was: i64,
    /// The instant by the client's own clock in microseconds since 1970, or [`NONE`] where it was not corrected.
    pub clock: i64,
}

impl EventColumns {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.second.len()
    }

    /// Removes all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.second.clear();
        self.micro.clear();
        self.kind.clear();
        self.amount.clear();
        self.was.clear();
        self.clock.clear();
    }

    /// Appends one event.
    pub fn push(&mut self, event: Event) {
        push_run(&mut self.runs, event.customer, 1);
        self.second.push(event.second);
        self.micro.push(event.micro);
        self.kind.push(event.kind);
        self.amount.push(event.amount);
        self.was.push(event.was);
        self.clock.push(event.clock);
    }

    /// The customer of each row, for those who need it row by row.
    pub fn customers(&self) -> impl Iterator<Item = i64> + '_ {
        self.runs.iter().flat_map(|run| std::iter::repeat_n(run.customer, run.rows as usize))
    }
}

/// Which columns to read besides customer and second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each column")]
pub struct WantedOfEvents {
    /// Microseconds.
    pub micro: bool,
    /// Kinds.
    pub kind: bool,
    /// Amounts.
    pub amount: bool,
    /// What was before.
    pub was: bool,
    /// What the client's clock said.
    pub clock: bool,
}

/// A stored file of events. Cheap to clone; cursors of several threads may read it at once.
#[derive(Debug, Clone)]
pub struct EventReader {
    file: Arc<ColumnFile>,
    kinds: Arc<OnceLock<Arc<Kinds>>>,
}

impl EventReader {
    /// Reads the footer and checks that the columns are there. For files, hand in a [`super::SharedFile`].
    pub fn open(source: impl ChunkReader + 'static) -> Result<Self, ColumnsError> {
        let file = Arc::new(ColumnFile::open(source, "events", &COLUMNS)?);
        Ok(Self { file, kinds: Arc::new(OnceLock::new()) })
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

    /// The names of all kinds, in the order in which the file first has them. The first call reads the
    /// dictionaries of all row groups.
    pub fn kinds(&self) -> Result<&[String], ColumnsError> {
        if self.kinds.get().is_none() {
            // Two threads that come here at once find the same names.
            let _ = self.kinds.set(Arc::new(self.file.all_names("kind")?));
        }
        Ok(self.kinds.get().map_or(&[], |kinds| &kinds.names))
    }

    /// Reads a range of row groups from its start; a range that is too long ends with the file.
    pub fn cursor(
        &self,
        wanted: WantedOfEvents,
        row_groups: Range<usize>,
    ) -> Result<EventCursor, ColumnsError> {
        if wanted.kind {
            self.kinds()?;
        }
        let kinds = self.kinds.get().cloned().unwrap_or_default();
        let end = row_groups.end.min(self.file.groups().len());
        let ahead = row_groups.start..end;
        Ok(EventCursor { file: Arc::clone(&self.file), kinds, wanted, ahead, open: None })
    }
}

/// Reads events batch after batch.
pub struct EventCursor {
    file: Arc<ColumnFile>,
    kinds: Arc<Kinds>,
    wanted: WantedOfEvents,
    ahead: Range<usize>,
    open: Option<OpenGroup>,
}

impl std::fmt::Debug for EventCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventCursor").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

/// The columns of the row group that is being read.
struct OpenGroup {
    rows_left: usize,
    customer: Column<i64>,
    second: Column<i64>,
    micro: Option<Column<i32>>,
    kind: Option<KindColumn>,
    amount: Option<Column<i64>>,
    was: Option<Column<i64>>,
    clock: Option<Column<i64>>,
}

impl EventCursor {
    /// Replaces what is in `out` by the next rows; false when there are none. After an error, stop.
    pub fn next(&mut self, out: &mut EventColumns) -> Result<bool, ColumnsError> {
        loop {
            if let Some(group) = &mut self.open
                && group.rows_left > 0
            {
                group.read(&self.kinds, out)?;
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
    fn new(file: &ColumnFile, wanted: WantedOfEvents, number: usize) -> Result<Self, ColumnsError> {
        Ok(Self {
            rows_left: file.rows_of(number),
            customer: file.integers(number, "customer")?,
            second: file.integers(number, "second")?,
            micro: wanted.micro.then(|| file.integers(number, "micro")).transpose()?,
            kind: wanted.kind.then(|| file.names(number, "kind")).transpose()?,
            amount: wanted.amount.then(|| file.integers(number, "amount")).transpose()?,
            was: wanted.was.then(|| file.integers(number, "was")).transpose()?,
            clock: wanted.clock.then(|| file.integers(number, "clock")).transpose()?,
        })
    }

    fn read(&mut self, kinds: &Kinds, out: &mut EventColumns) -> Result<(), ColumnsError> {
        let rows = self.rows_left.min(BATCH_ROWS);
        out.runs.clear();
        self.customer.read_runs(rows, &mut out.runs)?;
        out.second.resize(rows, 0);
        self.second.read(&mut out.second, None)?;
        refill(self.micro.as_mut(), &mut out.micro, rows, None)?;
        refill(self.amount.as_mut(), &mut out.amount, rows, Some(NONE))?;
        refill(self.was.as_mut(), &mut out.was, rows, Some(NONE))?;
        refill(self.clock.as_mut(), &mut out.clock, rows, Some(NONE))?;
        out.kind.resize(if self.kind.is_some() { rows } else { 0 }, 0);
        if let Some(kind) = &mut self.kind {
            kind.read(kinds, &mut out.kind)?;
        }
        self.rows_left -= rows;
        Ok(())
    }
}

/// Reads a column that may not be wanted.
pub(super) fn refill<T: super::unpack::Int>(
    column: Option<&mut Column<T>>,
    out: &mut Vec<T>,
    rows: usize,
    none: Option<T>,
) -> Result<(), ColumnsError> {
    let Some(column) = column else {
        out.clear();
        return Ok(());
    };
    out.resize(rows, T::default());
    column.read(out, none)
}
