//! The days of one customer after the other, from files of events and from masks alike.

use std::{ops::Range, sync::Arc};

use fidance_domain::{
    amount::Amount,
    history::{DayBatch, Micros},
    time::{Day, Days},
};

use crate::{
    calendar::{DayMap, Entry},
    columns::{DayColumns, DayCursor, EventColumns, EventCursor, Run},
    error::LakeError,
    marks::{MarkTable, Marks},
    row::NONE,
};

/// Joins the days of one customer from two sources: those in `one`, and those in `other`.
pub(crate) fn merge(one: &DayBatch, other: &DayBatch, into: &mut DayBatch) {
    let (mut mine, mut theirs) = (one.current().peekable(), other.current().peekable());
    loop {
        let next = match (mine.peek(), theirs.peek()) {
            (Some((a, _)), Some((b, _))) if a <= b => mine.next(),
            (Some(_), None) => mine.next(),
            (_, Some(_)) => theirs.next(),
            (None, None) => break,
        };
        if let Some((day, amount)) = next {
            into.push(day, amount);
        }
    }
}

/// Seconds as days of a table, without what is at or after an end.
#[derive(Debug, Clone)]
pub(crate) struct SecondsToDays {
    days: Arc<Days>,
    /// For each stretch of 86,400 seconds from the first start: the start of a day within it, and the day before.
    /// Empty where a stretch holds two starts.
    stretches: Arc<[Stretch]>,
    /// Of each day: the first second of the next.
    ends: Arc<[i64]>,
    until: i64,
}

/// A day is found without a branch: the processor cannot guess whether the next event is on another day.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    cut: i64,
    before: Day,
}

const STRETCH: i64 = 86_400;

impl SecondsToDays {
    /// For the days of a table, without what is at or after the second `until`.
    pub(crate) fn new(days: &Days, until: i64) -> Self {
        let end = |day: Day| if day + 1 < days.len() { second_of(days.start(day + 1)) } else { i64::MAX };
        let ends = (0..days.len()).map(end).collect();
        Self { days: Arc::new(days.clone()), stretches: stretches(days).unwrap_or_default(), ends, until }
    }

    /// The day of a second within the stretches.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the stretches, checked before"
    )]
    fn quick(&self, second: i64, first: i64) -> Day {
        let stretch = self.stretches.get(((second - first) as u64 / STRETCH as u64) as usize);
        stretch.map_or(0, |stretch| stretch.before + u32::from(second >= stretch.cut))
    }

    /// Whether all seconds from one to another are within the stretches; their first second then.
    #[inline]
    fn quick_from(&self, first: i64, last: i64) -> Option<i64> {
        let start = second_of(self.days.start(0));
        let end = start + STRETCH * i64::try_from(self.stretches.len()).ok()?;
        (start <= first && last < end).then_some(start)
    }

    /// The day of one second.
    #[inline]
    fn of(&self, second: i64) -> Day {
        self.quick_from(second, second).map_or_else(|| self.find(second), |start| self.quick(second, start))
    }

    /// The day of a second, clamped to the table.
    fn find(&self, second: i64) -> Day {
        self.days.day_of(second.saturating_mul(1_000_000))
    }

    /// The first second that is on another day than this one.
    #[inline]
    fn end_of(&self, day: Day) -> i64 {
        self.ends.get(day as usize).copied().unwrap_or(i64::MAX)
    }
}

/// A zone's days begin on whole seconds.
pub(crate) const fn second_of(at: Micros) -> i64 {
    at.div_euclid(1_000_000)
}

/// The stretches of a table of days; `None` where one of them holds two starts of a day.
fn stretches(days: &Days) -> Option<Arc<[Stretch]>> {
    let (first, last) = (second_of(days.start(0)), second_of(days.start(days.len())));
    let mut stretches = Vec::new();
    let mut from = first;
    while from < last {
        let before = days.day_of(from * 1_000_000);
        let end = from + STRETCH;
        // What is after the last day counts as it.
        let starts = (before + 1..days.len()).map(|day| second_of(days.start(day)));
        let mut within = starts.take_while(|start| *start < end);
        let cut = within.next().unwrap_or(i64::MAX);
        if within.next().is_some() {
            return None;
        }
        stretches.push(Stretch { cut, before });
        from = end;
    }
    Some(stretches.into())
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

    /// Appends the days of the next customer.
    #[inline]
    pub(crate) fn take(&mut self, into: &mut DayBatch) -> Result<(), LakeError> {
        self.next_customer(|rows, range| match rows {
            Rows::Events(events) => events.take(range, into),
            Rows::Masks(masks) => masks.take(range, into),
        })
    }

    /// Adds the marks of the next customer.
    #[inline]
    pub(crate) fn mark(&mut self, table: &MarkTable, into: &mut Marks) -> Result<(), LakeError> {
        self.next_customer(|rows, range| match rows {
            Rows::Events(events) => events.mark(range, table, into),
            Rows::Masks(masks) => masks.mark(range, table, into),
        })
    }

    /// Passes over the next customer.
    #[inline]
    pub(crate) fn pass(&mut self) -> Result<(), LakeError> {
        self.next_customer(|_, _| {})
    }

    #[inline]
    fn next_customer(&mut self, mut take: impl FnMut(&Rows, Range<usize>)) -> Result<(), LakeError> {
        let Some(customer) = self.customer() else { return Ok(()) };
        while let Some(run) = self.runs.get(self.run).filter(|run| run.customer == customer) {
            let rows = self.offset..self.offset + run.rows as usize;
            self.offset = rows.end;
            self.run += 1;
            take(&self.rows, rows);
            if self.run == self.runs.len() {
                self.refill()?;
            }
        }
        Ok(())
    }
}

impl EventRows {
    #[inline]
    fn take(&self, rows: Range<usize>, into: &mut DayBatch) {
        let seconds = self.columns.second.get(rows.clone()).unwrap_or_default();
        let amounts = self.columns.amount.get(rows.clone()).unwrap_or_default();
        if self.is_activity.is_empty() && amounts.is_empty() {
            self.take_plain(seconds, into);
            return;
        }
        let kinds = self.columns.kind.get(rows).unwrap_or_default();
        let wants_all = !amounts.is_empty();
        let (mut day, mut end) = (0, i64::MIN);
        for (at, &second) in seconds.iter().enumerate() {
            let is_activity =
                kinds.get(at).is_none_or(|kind| self.is_activity.get(usize::from(*kind)) != Some(&false));
            if second >= self.days.until || !is_activity {
                continue;
            }
            if second >= end {
                day = self.days.find(second);
                end = self.days.end_of(day);
            } else if !wants_all {
                continue;
            }
            let amount = amounts.get(at).copied().filter(|amount| *amount != NONE).unwrap_or(0);
            into.push(day, Amount::from_steps(amount));
        }
    }

    /// The marks of a customer's rows.
    #[inline]
    fn mark(&self, rows: Range<usize>, table: &MarkTable, into: &mut Marks) {
        let mut seconds = self.columns.second.get(rows.clone()).unwrap_or_default();
        if seconds.last().is_some_and(|last| *last >= self.days.until) {
            seconds = seconds.get(..seconds.partition_point(|s| *s < self.days.until)).unwrap_or_default();
        }
        if self.is_activity.is_empty() {
            let Some(&first) = seconds.first() else { return };
            let first = self.days.of(first);
            into.add(first, seconds.iter().fold(0, |marks, second| marks | table.of(*second)));
            return;
        }
        let kinds = self.columns.kind.get(rows).unwrap_or_default();
        let active = seconds
            .iter()
            .zip(kinds)
            .filter(|(_, kind)| self.is_activity.get(usize::from(**kind)) != Some(&false));
        let mut first = None;
        let marks = active.fold(0, |marks, (second, _)| {
            first.get_or_insert(*second);
            marks | table.of(*second)
        });
        if let Some(first) = first {
            into.add(self.days.of(first), marks);
        }
    }

    /// Where every event counts and none is worth anything: from one day to the next.
    #[inline]
    fn take_plain(&self, seconds: &[i64], into: &mut DayBatch) {
        let (Some(&first), Some(&last)) = (seconds.first(), seconds.last()) else { return };
        let mut rest = if last < self.days.until {
            seconds
        } else {
            seconds.get(..seconds.partition_point(|second| *second < self.days.until)).unwrap_or_default()
        };
        let start = self.days.quick_from(first, last);
        while let Some(&second) = rest.first() {
            let day = match start {
                Some(start) => self.days.quick(second, start),
                None => self.days.find(second),
            };
            // The rows of a customer may come in two pieces.
            into.push(day, Amount::ZERO);
            rest = from(rest, self.days.end_of(day));
        }
    }
}

/// What of seconds, which are in order, is at or after an end. A few at a time, which the processor compares at once.
#[inline]
fn from(seconds: &[i64], end: i64) -> &[i64] {
    const AT_ONCE: usize = 8;
    let mut rest = seconds;
    while let Some((some, more)) = rest.split_first_chunk::<AT_ONCE>() {
        let before = some.iter().map(|second| usize::from(*second < end)).sum::<usize>();
        if before < AT_ONCE {
            return rest.get(before..).unwrap_or_default();
        }
        rest = more;
    }
    let before = rest.iter().take_while(|second| **second < end).count();
    rest.get(before..).unwrap_or_default()
}

impl MaskRows {
    /// The marks of a customer's rows.
    #[inline]
    fn mark(&self, rows: Range<usize>, table: &MarkTable, into: &mut Marks) {
        let Some(shift) = self.shift else {
            for (day, _) in self.days_of(rows) {
                into.add(day, table.of_day(day));
            }
            return;
        };
        let day = |date: &i32| date.wrapping_sub(shift).cast_unsigned();
        let dates = self.dates_before(shift, rows);
        if let Some(first) = dates.first() {
            into.add(day(first), dates.iter().fold(0, |marks, date| marks | table.of_day(day(date))));
        }
    }

    /// The dates of rows, without those from the end on.
    #[inline]
    fn dates_before(&self, shift: i32, rows: Range<usize>) -> &[i32] {
        let dates = self.columns.day.get(rows).unwrap_or_default();
        let day = |date: &i32| date.wrapping_sub(shift).cast_unsigned();
        if dates.last().is_none_or(|last| day(last) < self.until) {
            return dates;
        }
        dates.get(..dates.partition_point(|date| day(date) < self.until)).unwrap_or_default()
    }

    /// A date is in one row of a file at most, so days are copied, not compared.
    #[inline]
    fn take_shifted(&self, shift: i32, rows: Range<usize>, into: &mut DayBatch) {
        let dates = self.dates_before(shift, rows.clone());
        let day = |date: &i32| date.wrapping_sub(shift).cast_unsigned();
        let amounts = self.columns.amount.get(rows.start..rows.start + dates.len()).unwrap_or_default();
        into.extend(dates.iter().map(day), amounts.iter().map(|amount| Amount::from_steps(*amount)));
    }

    #[inline]
    fn take(&self, rows: Range<usize>, into: &mut DayBatch) {
        let columns = &self.columns;
        if let Some(shift) = self.shift {
            self.take_shifted(shift, rows, into);
            return;
        }
        for (day, row) in self.days_of(rows) {
            // Only where days are those of the lake's own zone are amounts asked for.
            let amount = columns.amount.get(row).copied().unwrap_or(0);
            into.push(day, Amount::from_steps(amount));
        }
    }

    /// The days that rows stand for in another zone, each with its row.
    fn days_of(&self, rows: Range<usize>) -> impl Iterator<Item = (Day, usize)> {
        let quarter = |column: &[u8], row: usize, other: u8| column.get(row).copied().unwrap_or(other);
        let days = move |row: usize| {
            let (one, two) = match self.columns.day.get(row).and_then(|date| self.map.get(*date)) {
                Some(Entry::Whole(day)) => (Some(day), None),
                Some(Entry::Cut(day, cut)) => {
                    let before = quarter(&self.columns.first, row, 0) < cut;
                    let after = quarter(&self.columns.last, row, 99) >= cut;
                    (before.then_some(day), after.then_some(day + 1))
                }
                None => (None, None),
            };
            one.into_iter().chain(two).filter(|day| *day < self.until).map(move |day| (day, row))
        };
        rows.flat_map(days)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};

    use super::*;

    #[test]
    fn the_quick_way_to_a_day_is_the_slow_one() {
        for zone in [
            "UTC",
            "Europe/Paris",
            "America/St_Johns",
            "Pacific/Apia",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let days = Days::new(&zone, date(2011, 12, 1), date(2013, 2, 3));
            let table = SecondsToDays::new(&days, i64::MAX);
            let starts: Vec<i64> = (0..=days.len()).map(|day| second_of(days.start(day))).collect();
            let (first, last) = (starts[0], starts[days.len() as usize] + 7_000);
            let mut compared = 0;
            for second in (first..=last).step_by(599).chain(starts.iter().flat_map(|at| [at - 1, *at])) {
                if let Some(start) = table.quick_from(second, second) {
                    assert_eq!(table.quick(second, start), table.find(second), "{second}");
                    compared += 1;
                }
            }
            assert!(compared > 50_000 || zone.iana_name() == Some("Pacific/Apia"), "{zone:?}: {compared}");
        }
    }
}
