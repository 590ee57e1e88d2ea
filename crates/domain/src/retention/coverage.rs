//! From activities and subscriptions to the days at whose start a customer is active.
//!
//! Both modes meet in [`Coverage`], a half-open range of days: everything after this file is the same for an
//! order with a 90-day window and for a contract with a week of grace.

use jiff::{ToSpan, tz::TimeZone};

use crate::{
    history::{Micros, Subscription},
    time::{Day, Days, Every, Window, date_of, start_of_day},
};

/// One activity or subscription: it began on `day` and keeps the customer active at the start of every day in
/// `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// The civil day of the activity, or of the subscription's start.
    pub day: Day,
    /// The first day at whose start the customer is active thanks to it.
    pub from: Day,
    /// The first day at whose start that is over.
    pub until: Day,
}

/// For each day, how long an activity on it keeps a customer active.
#[derive(Debug, Clone)]
pub struct ActivityWindow {
    until: Vec<Day>,
}

impl ActivityWindow {
    /// Precomputes a window over a table of days.
    pub fn new(days: &Days, window: Window) -> Self {
        let len = days.len();
        let mut until = Vec::with_capacity(len as usize);
        // `window.before` never decreases from one day to the next, so one pass finds all.
        let mut candidate = 0;
        for day in 0..len {
            while candidate <= len && days.number(window.before(days.date(candidate))) <= i64::from(day) {
                candidate += 1;
            }
            until.push(candidate);
        }
        Self { until }
    }

    /// Number of days in the table.
    pub fn len(&self) -> Day {
        Day::try_from(self.until.len()).unwrap_or(Day::MAX)
    }

    /// Whether there is no day.
    pub fn is_empty(&self) -> bool {
        self.until.is_empty()
    }

    /// The days an activity covers. An activity at the very start of a day does not count as before it, so
    /// cover begins with the next day.
    #[inline]
    pub fn of(&self, day: Day) -> Coverage {
        let until = self.until.get(day as usize).copied().unwrap_or(day + 1);
        Coverage { day, from: day + 1, until }
    }
}

/// The days a subscription covers, its grace included.
pub fn subscription(
    days: &Days,
    zone: &TimeZone,
    subscription: &Subscription,
    grace: Option<Window>,
) -> Coverage {
    let until = match (subscription.end, grace) {
        (None, _) => days.len() + 1,
        (Some(end), None) => days.day_from(end),
        (Some(end), Some(grace)) => days.day_from(after(zone, end, grace)),
    };
    Coverage { day: days.day_of(subscription.start), from: days.day_from(subscription.start), until }
}

/// The same civil time of day, a grace later.
fn after(zone: &TimeZone, at: Micros, grace: Window) -> Micros {
    let date = date_of(zone, at);
    let later = match grace {
        Window::Days(n) => date.saturating_add(i64::from(n.get()).days()),
        Window::Months(n) => date.saturating_add(i64::from(n.get()).months()),
    };
    start_of_day(zone, later).saturating_add(at - start_of_day(zone, date))
}

/// The edges of consecutive periods: `edges[i]..edges[i + 1]` is period i.
#[derive(Debug, Clone)]
pub struct Edges {
    days: Vec<Day>,
    at_or_after: Vec<u32>,
}

impl Edges {
    /// The edges of all periods from the one that holds `first` to the one that holds `last`. The table must
    /// reach from the start of the first to the end of the last, as that of [`Edges::table`] does.
    pub fn new(days: &Days, every: Every, first: Day, last: Day) -> Self {
        let mut edges = Vec::new();
        let mut start = every.start_of(days.date(first));
        loop {
            edges.push(clamped(days.number(start)));
            if days.number(start) > i64::from(last) {
                break;
            }
            start = every.next(start);
        }
        Self::of(days, edges)
    }

    /// The edges of the ISO weeks that lie wholly inside the data, from the day of the first activity to `until`, up to
    /// which the data are complete; `None` where there is no such week.
    ///
    /// Unlike with [`Edges::new`], there may be activities before the first edge and after the last one.
    pub fn complete_weeks(days: &Days, first: Micros, until: Micros) -> Option<Self> {
        let first = days.date(days.day_of(first));
        let mut start = Every::Week.start_of(first);
        if start < first {
            start = Every::Week.next(start);
        }
        let mut edges = Vec::new();
        while days.number(start) <= i64::from(days.len()) && days.start(clamped(days.number(start))) <= until
        {
            edges.push(clamped(days.number(start)));
            start = Every::Week.next(start);
        }
        (edges.len() > 1).then(|| Self::of(days, edges))
    }

    /// The last complete weeks, at most `complete` of them, and the week after them, in which the data end. The table must reach
    /// to its end, as that of [`Edges::table`] does.
    ///
    /// The activities of the days before are past; the last period is not over.
    #[must_use]
    pub fn running(&self, days: &Days, complete: usize) -> Self {
        let from = self.days.len().saturating_sub(complete + 1);
        let next = self.days.last().map(|&monday| Every::Week.next(days.date(monday)));
        let last = self.days.iter().skip(from).copied().chain(next.map(|next| clamped(days.number(next))));
        Self::of(days, last.collect())
    }

    /// From days in order.
    fn of(days: &Days, edges: Vec<Day>) -> Self {
        let mut at_or_after = Vec::with_capacity(days.len() as usize + 2);
        let mut edge = 0;
        for day in 0..=days.len() + 1 {
            while edges.get(edge as usize).is_some_and(|&e| e < day) {
                edge += 1;
            }
            at_or_after.push(edge);
        }
        Self { days: edges, at_or_after }
    }

    /// The table of days for data over `[first, last]`: whole periods of every length at both ends.
    pub fn table(zone: &TimeZone, first: Micros, last: Micros) -> Days {
        let (first, last) = (date_of(zone, first), date_of(zone, last));
        let starts = [Every::Week, Every::Quarter].map(|every| every.start_of(first));
        let ends = [Every::Week, Every::Quarter].map(|every| every.next(every.start_of(last)));
        let start = starts.into_iter().min().unwrap_or(first);
        Days::new(zone, start, ends.into_iter().max().unwrap_or(last))
    }

    /// Number of edges: one more than periods.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there is no edge, hence no period.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Number of periods.
    pub fn periods(&self) -> usize {
        self.days.len().saturating_sub(1)
    }

    /// The day of an edge.
    pub fn day(&self, edge: usize) -> Day {
        self.days.get(edge).copied().unwrap_or(Day::MAX)
    }

    /// The first edge at or after the start of a day; the number of edges where there is none.
    #[inline]
    pub fn at_or_after(&self, day: Day) -> u32 {
        self.at_or_after.get(day as usize).or(self.at_or_after.last()).copied().unwrap_or(0)
    }

    /// The period that a day is in; the first one for a day before it.
    #[inline]
    pub fn period_of(&self, day: Day) -> u32 {
        self.at_or_after(day + 1).saturating_sub(1)
    }

    /// The edges at which a coverage makes its customer active, as a half-open range.
    #[inline]
    pub fn covered(&self, coverage: Coverage) -> (u32, u32) {
        (self.at_or_after(coverage.from), self.at_or_after(coverage.until))
    }
}

fn clamped(day: i64) -> Day {
    Day::try_from(day.max(0)).unwrap_or(Day::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn february_2024() -> Days {
        Days::new(&TimeZone::UTC, date(2024, 1, 1), date(2024, 6, 30))
    }

    #[test]
    fn a_month_after_the_end_of_january_is_the_end_of_february() {
        let days = february_2024();
        let window = ActivityWindow::new(&days, "1mo".parse().unwrap());
        // Bought on 30 January: the window before 29 February begins on 29 January and still holds it, the
        // one before 1 March begins on 1 February and does not.
        assert_eq!(days.date(window.of(29).until), date(2024, 3, 1));
        assert_eq!(days.date(window.of(0).until), date(2024, 2, 2));
    }

    #[test]
    fn ninety_days_cover_ninety_day_starts() {
        let window = ActivityWindow::new(&february_2024(), "90d".parse().unwrap());
        let coverage = window.of(3);
        assert_eq!((coverage.from, coverage.until), (4, 94));
    }

    #[test]
    fn a_subscription_covers_its_first_instant_and_not_its_last() {
        let days = february_2024();
        let at = |day| days.start(day);
        let covers = |sub: Subscription, grace: Option<&str>| {
            let coverage = subscription(&days, &TimeZone::UTC, &sub, grace.map(|g| g.parse().unwrap()));
            (coverage.from, coverage.until)
        };
        let whole = Subscription {
            start: at(31),
            end: Some(at(60)),
            amount: crate::amount::Amount::ZERO,
            reason: None,
        };
        assert_eq!(covers(whole, None), (31, 60));
        assert_eq!(covers(whole, Some("7d")), (31, 67));
        assert_eq!(
            covers(Subscription { start: at(31) + 1, end: Some(at(60) + 1), ..whole }, None),
            (32, 61)
        );
        assert_eq!(covers(Subscription { end: None, ..whole }, None), (31, days.len() + 1));
    }

    #[test]
    fn edges_enclose_the_data() {
        let days = february_2024();
        let edges = Edges::new(&days, Every::Month, 0, 60);
        assert_eq!(edges.periods(), 3);
        assert_eq!((edges.period_of(0), edges.period_of(30), edges.period_of(31)), (0, 0, 1));
        assert_eq!(edges.covered(Coverage { day: 10, from: 11, until: 40 }), (1, 2));
    }

    #[test]
    fn weeks_are_complete_from_monday_to_sunday() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let weeks = |first: &str, until: &str| {
            let days = Edges::table(&zone, at(first), at(until) - 1);
            let edges = Edges::complete_weeks(&days, at(first), at(until))?;
            let date = |edge: usize| days.date(edges.day(edge)).to_string();
            Some((date(0), date(edges.periods()), edges.periods()))
        };
        let some = |first: &str, last: &str, periods| Some((first.to_owned(), last.to_owned(), periods));
        // Monday 25 March 2024 began in Paris at 23:00 UTC, Monday 1 April at 22:00 UTC: the clocks changed between.
        let whole = weeks("2024-03-24T23:30:00Z", "2024-03-31T22:00:00Z");
        assert_eq!(whole, some("2024-03-25", "2024-04-01", 1));
        assert_eq!(weeks("2024-03-24T23:30:00Z", "2024-03-31T21:59:59Z"), None);
        assert_eq!(
            weeks("2024-03-24T22:30:00Z", "2024-04-30T12:00:00Z"),
            some("2024-03-25", "2024-04-29", 5)
        );
        assert_eq!(
            weeks("2024-03-26T12:00:00Z", "2024-04-07T22:00:00Z"),
            some("2024-04-01", "2024-04-08", 1)
        );
        assert_eq!(weeks("2024-03-26T12:00:00Z", "2024-03-27T12:00:00Z"), None);
    }
}
