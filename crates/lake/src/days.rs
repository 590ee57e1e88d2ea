//! The days of one customer after the other, from files of events and from masks alike.

use std::sync::Arc;

use fidance_domain::{
    amount::Amount,
    history::Micros,
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

/// Seconds as days of a table, without what is at or after an end.
#[derive(Debug, Clone)]
pub(crate) struct SecondsToDays {
    days: Arc<Days>,
    /// For each stretch of 86,400 seconds from the first start: the start of a day within it, and the day before.
    /// Empty where a stretch holds two starts.
    stretches: Arc<[Stretch]>,
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
        Self { days: Arc::new(days.clone()), stretches: stretches(days).unwrap_or_default(), until }
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

    /// The day of a second, clamped to the table.
    fn find(&self, second: i64) -> Day {
        self.days.day_of(second.saturating_mul(1_000_000))
    }

    /// The first second that is on another day than this one.
    fn end_of(&self, day: Day) -> i64 {
        if day + 1 < self.days.len() { second_of(self.days.start(day + 1)) } else { i64::MAX }
    }
}

/// A zone's days begin on whole seconds.
const fn second_of(at: Micros) -> i64 {
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
            }
            let amount = amounts.get(at).copied().filter(|amount| *amount != NONE).unwrap_or(0);
            into.add(day, Amount::from_steps(amount));
        }
    }

    /// Where every event counts and none is worth anything.
    #[inline]
    fn take_plain(&self, seconds: &[i64], into: &mut DayList) {
        let (Some(&first), Some(&last)) = (seconds.first(), seconds.last()) else { return };
        let seconds = if last < self.days.until {
            seconds
        } else {
            seconds.get(..seconds.partition_point(|second| *second < self.days.until)).unwrap_or_default()
        };
        let Some(start) = self.days.quick_from(first, last) else {
            seconds.iter().for_each(|second| into.add(self.days.find(*second), Amount::ZERO));
            return;
        };
        // Every day is written where the last one is, or behind it where it is another.
        let before = into.days.len();
        let mut last_day = into.days.last().copied().unwrap_or(Day::MAX);
        into.days.resize(before + seconds.len() + 1, 0);
        let mut count = before;
        for &second in seconds {
            let day = self.days.quick(second, start);
            count += usize::from(day != last_day);
            last_day = day;
            if let Some(place) = into.days.get_mut(count.wrapping_sub(1)) {
                *place = day;
            }
        }
        into.days.truncate(count);
        into.amounts.resize(count, Amount::ZERO);
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
