//! Instants as civil days of the lake's zone, as the masks store them.

use fidance_domain::{
    history::Micros,
    time::{Day, Days, date_of},
};
use jiff::{civil::Date, tz::TimeZone};

const MICROS_PER_QUARTER: i64 = 900_000_000;
const EPOCH: Date = Date::constant(1970, 1, 1);

/// The days of a zone between two instants, numbered as dates are in the columns: from 1970-01-01.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    days: Days,
    first: i32,
}

/// The civil day of an instant and how far into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    /// Quarters of an hour since the day began; 99 in the last one of a day of 25 hours.
    pub(crate) quarter: u8,
}

impl Calendar {
    /// For instants from `first` to `last`.
    pub(crate) fn new(zone: &TimeZone, first: Micros, last: Micros) -> Self {
        let days = Days::new(zone, date_of(zone, first), date_of(zone, last));
        let first = i32::try_from(-days.number(EPOCH)).unwrap_or(0);
        Self { days, first }
    }

    /// The day of an instant.
    #[inline]
    pub(crate) fn moment(&self, at: Micros) -> Moment {
        let day = self.days.day_of(at);
        let quarter = (at - self.days.start(day)) / MICROS_PER_QUARTER;
        Moment { day: self.date_number(day), quarter: u8::try_from(quarter.clamp(0, 99)).unwrap_or(99) }
    }

    fn date_number(&self, day: Day) -> i32 {
        self.first.saturating_add(i32::try_from(day).unwrap_or(i32::MAX))
    }
}

/// The number of a date.
pub(crate) fn number_of(date: Date) -> i64 {
    i64::from((date - EPOCH).get_days())
}

/// How the days of the masks, which are those of one zone, appear in another.
///
/// The first and the last quarter of an hour of activity tell on which side of one midnight of the other zone
/// the activity was; two such midnights within a day, or one off the quarters, they cannot tell.
#[derive(Debug)]
pub(crate) struct DayMap {
    /// Date number of the first entry.
    first: i64,
    entries: Vec<Entry>,
}

/// What a day of the masks is in the other zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// One day.
    Whole(Day),
    /// Two days; the second begins with this quarter.
    Cut(Day, u8),
}

impl DayMap {
    /// From the days between the date numbers `from..=to` of `home` to those of `days`; `None` where they cannot
    /// be told.
    pub(crate) fn new(home: &TimeZone, days: &Days, from: i64, to: i64) -> Option<Self> {
        let date = |number: i64| EPOCH.checked_add(jiff::Span::new().try_days(number).ok()?).ok();
        let own = Days::new(home, date(from)?, date(to)?);
        let entries = (0..own.len()).map(|day| entry(own.start(day), own.start(day + 1), days));
        Some(Self { first: from, entries: entries.collect::<Option<_>>()? })
    }

    /// What to take from a date number to get its day, where every date is one whole day.
    pub(crate) fn shift(&self) -> Option<i32> {
        let shift = |(date, entry): (i64, &Entry)| match entry {
            Entry::Whole(day) => Some(date - i64::from(*day)),
            Entry::Cut(..) => None,
        };
        let mut shifts = (self.first..).zip(&self.entries).map(shift);
        let first = shifts.next()??;
        if shifts.all(|shift| shift == Some(first)) { i32::try_from(first).ok() } else { None }
    }

    /// The entry of a date number; `None` outside the map.
    #[inline]
    pub(crate) fn get(&self, date: i32) -> Option<Entry> {
        self.entries.get(usize::try_from(i64::from(date) - self.first).ok()?).copied()
    }
}

fn entry(start: Micros, end: Micros, days: &Days) -> Option<Entry> {
    let (first, last) = (days.day_of(start), days.day_of(end - 1));
    let mut cuts = (first..last).map(|day| days.start(day + 1)).filter(|&cut| cut > start && cut < end);
    let cut = cuts.next();
    if cuts.next().is_some() {
        return None;
    }
    match cut {
        // Days without length (a zone that skipped a date) may lie between the two.
        Some(cut) if last == first + 1 && (cut - start) % MICROS_PER_QUARTER == 0 => {
            Some(Entry::Cut(first, u8::try_from((cut - start) / MICROS_PER_QUARTER).ok()?))
        }
        Some(_) => None,
        None => Some(Entry::Whole(first)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn moments_count_from_the_start_of_the_civil_day() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let (first, last) = (at("2024-03-30T00:00:00Z"), at("2024-11-01T00:00:00Z"));
        let calendar = Calendar::new(&paris, first, last);
        let day = i32::try_from(number_of(date(2024, 3, 31))).unwrap();
        assert_eq!(calendar.moment(at("2024-03-30T23:14:59Z")), Moment { day, quarter: 0 });
        assert_eq!(calendar.moment(at("2024-03-31T21:59:59Z")), Moment { day, quarter: 91 });
        let autumn = i32::try_from(number_of(date(2024, 10, 27))).unwrap();
        assert_eq!(calendar.moment(at("2024-10-27T22:59:59Z")), Moment { day: autumn, quarter: 99 });
    }

    #[test]
    fn days_of_one_zone_are_cut_by_the_midnights_of_another() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let days = Days::new(&TimeZone::UTC, date(2024, 1, 1), date(2024, 12, 31));
        let number = |month, day| number_of(date(2024, month, day));
        let map = DayMap::new(&paris, &days, number(1, 2), number(12, 30)).unwrap();
        // 2 January in Paris begins at 23:00 on the first in UTC: four quarters before midnight.
        let entry = map.get(i32::try_from(number(1, 2)).unwrap()).unwrap();
        assert_eq!(entry, Entry::Cut(0, 4));
        let summer = map.get(i32::try_from(number(7, 2)).unwrap()).unwrap();
        assert_eq!(summer, Entry::Cut(u32::try_from(number(7, 1) - number(1, 1)).unwrap(), 8));
        assert_eq!(map.get(0), None);
    }

    #[test]
    fn nearly_all_zones_can_be_told_from_the_masks_of_another() {
        let told = |home: &str, other: &str| {
            let [home, other] = [home, other].map(|name| TimeZone::get(name).unwrap());
            let days = Days::new(&other, date(2014, 12, 1), date(2026, 2, 1));
            let (from, to) = (number_of(date(2015, 1, 1)), number_of(date(2025, 12, 31)));
            DayMap::new(&home, &days, from, to).is_some()
        };
        for home in ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu"] {
            for other in ["UTC", "Europe/London", "Asia/Kolkata", "Pacific/Chatham", "America/Sao_Paulo"] {
                assert!(told(home, other), "{other} from {home}");
            }
        }
        // A day of 25 hours in Newfoundland can hold two midnights of Rio.
        assert!(!told("America/St_Johns", "America/Sao_Paulo"));
    }
}
