//! The days of one customer after the other, from files of events and from masks alike.

use std::sync::Arc;

use fidance_domain::{
    amount::Amount,
    time::{Day, Days},
};

use crate::{
    calendar::{DayMap, Entry},
    columns::{DayColumns, DayCursor, EventColumns, EventCursor, Run},
    error::LakeError,
    row::NONE,
};

/// Days of one customer in order, each with its sum.
#[derive(Debug, Clone, Default)]
pub(crate) struct DayList {
    pub(crate) days: Vec<Day>,
    pub(crate) amounts: Vec<Amount>,
}

impl DayList {
    pub(crate) fn clear(&mut self) {
        self.days.clear();
        self.amounts.clear();
    }

    /// Adds a day, which is not before the last one.
    #[inline]
    pub(crate) fn add(&mut self, day: Day, amount: Amount) {
        if self.days.last() == Some(&day) {
            if let Some(sum) = self.amounts.last_mut() {
                *sum += amount;
            }
        } else {
            self.days.push(day);
            self.amounts.push(amount);
        }
    }

    /// Adds the days of another list.
    pub(crate) fn merge(&mut self, other: &Self, spare: &mut Self) {
        spare.clear();
        let (mut mine, mut theirs) = (
            self.days.iter().zip(&self.amounts).peekable(),
            other.days.iter().zip(&other.amounts).peekable(),
        );
        loop {
            let next = match (mine.peek(), theirs.peek()) {
                (Some((a, _)), Some((b, _))) if a <= b => mine.next(),
                (Some(_), None) => mine.next(),
                (_, Some(_)) => theirs.next(),
                (None, None) => break,
            };
            if let Some((day, amount)) = next {
                spare.add(*day, *amount);
            }
        }
        std::mem::swap(self, spare);
    }
}

/// Seconds as days: remembers the day that was found last, since activities come in bursts.
#[derive(Debug, Clone)]
pub(crate) struct SecondsToDays {
    starts: Arc<[i64]>,
    until: i64,
}

impl SecondsToDays {
    /// For the days of a table, without what is at or after the second `until`.
    pub(crate) fn new(days: &Days, until: i64) -> Self {
        // A zone's days begin on whole seconds.
        let starts = (0..=days.len()).map(|day| days.start(day).div_euclid(1_000_000)).collect();
        Self { starts, until }
    }

    /// The day of a second, clamped to the table.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the table's days"
    )]
    fn find(&self, second: i64) -> (Day, i64) {
        let last = self.starts.len().saturating_sub(2);
        let first = self.starts.first().copied().unwrap_or(0);
        let start = |day: usize| self.starts.get(day).copied().unwrap_or(i64::MAX);
        let mut day = ((second - first).max(0) as u64 / 86_400).min(last as u64) as usize;
        while day < last && second >= start(day + 1) {
            day += 1;
        }
        while day > 0 && second < start(day) {
            day -= 1;
        }
        (day as Day, if day == last { i64::MAX } else { start(day + 1) })
    }
}

/// A file from which one customer after the other is taken.
#[derive(Debug)]
pub(crate) struct Source {
    rows: Rows,
    runs: Vec<Run>,
    run: usize,
    offset: usize,
    path: Arc<std::path::Path>,
}

#[derive(Debug)]
enum Rows {
    Events(Box<EventRows>),
    Masks(Box<MaskRows>),
}

#[derive(Debug)]
struct EventRows {
    cursor: EventCursor,
    columns: EventColumns,
    days: SecondsToDays,
    /// By the file's numbers of kinds: which are activities; empty where all are.
    is_activity: Vec<bool>,
}

#[derive(Debug)]
struct MaskRows {
    cursor: DayCursor,
    columns: DayColumns,
    map: Arc<DayMap>,
    /// Where dates are days but for their number, as in the lake's own zone.
    shift: Option<i32>,
    until: Day,
}

impl Source {
    /// From a file of events.
    pub(crate) fn events(
        cursor: EventCursor,
        days: SecondsToDays,
        is_activity: Vec<bool>,
        path: Arc<std::path::Path>,
    ) -> Result<Self, LakeError> {
        let rows = EventRows { cursor, columns: EventColumns::default(), days, is_activity };
        Self::started(Rows::Events(Box::new(rows)), path)
    }

    /// From a file of masks, without the days from `until` on.
    pub(crate) fn masks(
        cursor: DayCursor,
        map: Arc<DayMap>,
        until: Day,
        path: Arc<std::path::Path>,
    ) -> Result<Self, LakeError> {
        let shift = map.shift();
        let rows = MaskRows { cursor, columns: DayColumns::default(), map, shift, until };
        Self::started(Rows::Masks(Box::new(rows)), path)
    }

    fn started(rows: Rows, path: Arc<std::path::Path>) -> Result<Self, LakeError> {
        let mut source = Self { rows, runs: Vec::new(), run: 0, offset: 0, path };
        source.refill()?;
        Ok(source)
    }

    /// The customer whose rows come next.
    #[inline]
    pub(crate) fn customer(&self) -> Option<i64> {
        self.runs.get(self.run).map(|run| run.customer)
    }

    fn refill(&mut self) -> Result<(), LakeError> {
        let more = match &mut self.rows {
            Rows::Events(events) => {
                let more = events.cursor.next(&mut events.columns);
                std::mem::swap(&mut self.runs, &mut events.columns.runs);
                more
            }
            Rows::Masks(masks) => {
                let more = masks.cursor.next(&mut masks.columns);
                std::mem::swap(&mut self.runs, &mut masks.columns.runs);
                more
            }
        };
        self.run = 0;
        self.offset = 0;
        if !more.map_err(LakeError::columns(&self.path))? {
            self.runs.clear();
        }
        Ok(())
    }

    /// Appends the days of the next customer to a list that is empty; passes over the customer without one.
    #[inline]
    pub(crate) fn take(&mut self, mut into: Option<&mut DayList>) -> Result<(), LakeError> {
        let Some(customer) = self.customer() else { return Ok(()) };
        while let Some(run) = self.runs.get(self.run).filter(|run| run.customer == customer) {
            let rows = self.offset..self.offset + run.rows as usize;
            self.offset = rows.end;
            self.run += 1;
            if let Some(into) = &mut into {
                match &self.rows {
                    Rows::Events(events) => events.take(rows, into),
                    Rows::Masks(masks) => masks.take(rows, into),
                }
            }
            if self.run == self.runs.len() {
                self.refill()?;
            }
        }
        Ok(())
    }
}

impl EventRows {
    #[inline]
    fn take(&self, rows: std::ops::Range<usize>, into: &mut DayList) {
        let seconds = self.columns.second.get(rows.clone()).unwrap_or_default();
        let amounts = self.columns.amount.get(rows.clone()).unwrap_or_default();
        if self.is_activity.is_empty() && amounts.is_empty() {
            self.take_plain(seconds, into);
            return;
        }
        let kinds = self.columns.kind.get(rows).unwrap_or_default();
        let (mut day, mut end, mut start) = (0, i64::MIN, i64::MAX);
        for (at, &second) in seconds.iter().enumerate() {
            let is_activity =
                kinds.get(at).is_none_or(|kind| self.is_activity.get(usize::from(*kind)) != Some(&false));
            if second >= self.days.until || !is_activity {
                continue;
            }
            if second >= end || second < start {
                (day, end) = self.days.find(second);
                start = second;
            }
            let amount = amounts.get(at).copied().filter(|amount| *amount != NONE).unwrap_or(0);
            into.add(day, Amount::from_steps(amount));
        }
    }

    /// Where every event counts and none is worth anything: one comparison per event.
    #[inline]
    fn take_plain(&self, seconds: &[i64], into: &mut DayList) {
        let mut end = i64::MIN;
        for &second in seconds {
            if second < end {
                continue;
            }
            if second >= self.days.until {
                return;
            }
            let (day, next) = self.days.find(second);
            end = next;
            into.add(day, Amount::ZERO);
        }
    }
}

impl MaskRows {
    /// A date is in one row of a file at most, so days are copied, not compared.
    #[inline]
    fn take_shifted(&self, shift: i32, rows: std::ops::Range<usize>, into: &mut DayList) {
        let mut dates = self.columns.day.get(rows.clone()).unwrap_or_default();
        let day = |date: &i32| date.wrapping_sub(shift).cast_unsigned();
        if dates.last().is_some_and(|last| day(last) >= self.until) {
            dates = dates.get(..dates.partition_point(|date| day(date) < self.until)).unwrap_or_default();
        }
        into.days.extend(dates.iter().map(day));
        let amounts = self.columns.amount.get(rows.start..rows.start + dates.len()).unwrap_or_default();
        into.amounts.extend(amounts.iter().map(|amount| Amount::from_steps(*amount)));
        into.amounts.resize(into.days.len(), Amount::ZERO);
    }

    #[inline]
    fn take(&self, rows: std::ops::Range<usize>, into: &mut DayList) {
        let columns = &self.columns;
        if let Some(shift) = self.shift {
            self.take_shifted(shift, rows, into);
            return;
        }
        let amounts = columns.amount.get(rows.clone()).unwrap_or_default();
        for (at, date) in columns.day.get(rows.clone()).unwrap_or_default().iter().enumerate() {
            let amount = Amount::from_steps(amounts.get(at).copied().unwrap_or(0));
            match self.map.get(*date) {
                Some(Entry::Whole(day)) if day < self.until => into.add(day, amount),
                Some(Entry::Cut(day, quarter)) => {
                    let row = rows.start + at;
                    let first = columns.first.get(row).copied().unwrap_or(0);
                    let last = columns.last.get(row).copied().unwrap_or(99);
                    if first < quarter && day < self.until {
                        into.add(day, amount);
                    }
                    if last >= quarter && day + 1 < self.until {
                        into.add(day + 1, Amount::ZERO);
                    }
                }
                _ => {}
            }
        }
    }
}
