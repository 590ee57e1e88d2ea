//! Civil time: periods, windows, and the days of one time zone.
//!
//! Instants are UTC microseconds; everything a business means by "a day", "October" or "90 days" is civil,
//! in its own zone, with days of 23 and 25 hours included. Period ends and window starts all fall on the
//! start of a civil day, so once an instant is turned into its day ([`Days::day_of`]), retention is exact
//! integer arithmetic on day numbers.

use std::{fmt, num::NonZeroU32, str::FromStr};

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::history::Micros;

/// Number of a civil day, counted from the first day of a [`Days`] table.
pub type Day = u32;

/// Length of a civil period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Every {
    /// Civil day.
    Day,
    /// ISO week, from Monday.
    Week,
    /// Civil month.
    Month,
    /// Civil quarter.
    Quarter,
}

impl Every {
    /// First day of the period that holds `date`.
    pub fn start_of(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => date.saturating_sub(i64::from(date.weekday().since(Weekday::Monday)).days()),
            Self::Month => date.first_of_month(),
            Self::Quarter => {
                let months_in = (date.month() - 1) % 3;
                date.first_of_month().saturating_sub(i64::from(months_in).months())
            }
        }
    }

    /// First day of the period after the one that starts on `start`.
    pub fn next(self, start: Date) -> Date {
        start.saturating_add(self.span())
    }

    /// First day of the period that starts nearest to one year before `start`.
    ///
    /// A week is compared with the week 52 weeks before, so that weekdays match.
    pub fn year_before(self, start: Date) -> Date {
        match self {
            Self::Week => start.saturating_sub(52.weeks()),
            Self::Day | Self::Month | Self::Quarter => start.saturating_sub(1.year()),
        }
    }

    /// Periods in a year, on average.
    pub fn per_year(self) -> f64 {
        match self {
            Self::Day => 365.2425,
            Self::Week => 365.2425 / 7.0,
            Self::Month => 12.0,
            Self::Quarter => 4.0,
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
        }
    }
}

/// How long a customer counts as active after an activity, in civil days or months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// Civil days.
    Days(NonZeroU32),
    /// Civil months.
    Months(NonZeroU32),
}

impl Window {
    /// The day on which the window that ends (exclusively) on `date` begins.
    pub fn before(self, date: Date) -> Date {
        match self {
            Self::Days(n) => date.saturating_sub(i64::from(n.get()).days()),
            Self::Months(n) => date.saturating_sub(i64::from(n.get()).months()),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(n) => write!(f, "{n}d"),
            Self::Months(n) => write!(f, "{n}mo"),
        }
    }
}

/// A text is not a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a length of time: write days as 90d, weeks as 12w, months as 3mo or years as 1y (at most 100 years)"
)]
pub struct WindowParseError(String);

impl FromStr for Window {
    type Err = WindowParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || WindowParseError(text.to_owned());
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = trimmed.split_at_checked(digits).ok_or_else(refused)?;
        let number = number.parse::<u32>().ok().and_then(NonZeroU32::new).ok_or_else(refused)?;
        let times = |factor| NonZeroU32::new(factor).and_then(|f| number.checked_mul(f)).ok_or_else(refused);
        let (window, days) = match unit.trim() {
            "d" | "day" | "days" => (Self::Days(number), number.get()),
            "w" | "week" | "weeks" => (Self::Days(times(7)?), times(7)?.get()),
            "mo" | "month" | "months" => (Self::Months(number), number.get().saturating_mul(31)),
            "y" | "year" | "years" => (Self::Months(times(12)?), times(12)?.get().saturating_mul(31)),
            _ => return Err(refused()),
        };
        if days > 36_600 { Err(refused()) } else { Ok(window) }
    }
}

/// The civil days of one zone over a range of dates: turns instants into day numbers and back.
#[derive(Debug, Clone)]
pub struct Days {
    zone: TimeZone,
    first: Date,
    /// The instant at which each day begins, plus the end of the last one.
    starts: Vec<Micros>,
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

impl Days {
    /// All days from `first` to `last`, both included; at least one day.
    pub fn new(zone: &TimeZone, first: Date, last: Date) -> Self {
        let mut starts = Vec::new();
        let mut date = first;
        loop {
            starts.push(start_of_day(zone, date));
            if date > last || date == Date::MAX {
                break;
            }
            date = date.saturating_add(1.day());
        }
        if starts.len() == 1 {
            starts.push(start_of_day(zone, first.saturating_add(1.day())));
        }
        Self { zone: zone.clone(), first, starts }
    }

    /// The zone whose days these are.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Number of days in the table.
    #[expect(clippy::cast_possible_truncation, reason = "dates span at most 20,000 years: 7.3 million days")]
    pub fn len(&self) -> Day {
        self.starts.len() as Day - 1
    }

    /// A table is never empty; here because `len` is.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The day an instant falls in, clamped to the table.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the guess is clamped to the table, which is never empty")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..len")]
    pub fn day_of(&self, at: Micros) -> Day {
        let last = i64::from(self.len()) - 1;
        // A day differs from 24 h by an hour or two a year, and these cancel: the guess is off by one at most
        // in any real zone, and the loops make it right in every conceivable one.
        let mut day = ((at - self.starts[0]).div_euclid(MICROS_PER_DAY)).clamp(0, last);
        while day < last && at >= self.starts[day as usize + 1] {
            day += 1;
        }
        while day > 0 && at < self.starts[day as usize] {
            day -= 1;
        }
        day as Day
    }

    /// The first day that begins at or after an instant; `len` where it is after the last day.
    pub fn day_from(&self, at: Micros) -> Day {
        #[expect(clippy::cast_possible_truncation, reason = "an index into the table of days")]
        let day = self.starts.partition_point(|&start| start < at) as Day;
        day.min(self.len())
    }

    /// The date of a day number; past the table it counts on.
    pub fn date(&self, day: Day) -> Date {
        self.first.saturating_add(i64::from(day).days())
    }

    /// The number of a date, which may lie before (negative) or after the table.
    pub fn number(&self, date: Date) -> i64 {
        i64::from((date - self.first).get_days())
    }

    /// The instant at which a day of the table begins; the table's end for any later day.
    pub fn start(&self, day: Day) -> Micros {
        self.starts.get(day as usize).or(self.starts.last()).copied().unwrap_or(0)
    }
}

/// The civil date of an instant.
pub fn date_of(zone: &TimeZone, at: Micros) -> Date {
    let at = Timestamp::from_microsecond(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX });
    zone.to_datetime(at).date()
}

/// The first instant of a civil day: not always midnight, where a clock change skips it.
pub fn start_of_day(zone: &TimeZone, date: Date) -> Micros {
    date.to_zoned(zone.clone())
        .and_then(|day| day.start_of_day())
        .map_or(if date.year() < 0 { Micros::MIN } else { Micros::MAX }, |day| {
            day.timestamp().as_microsecond()
        })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn periods_start_where_the_calendar_says() {
        let day = date(2024, 2, 29);
        assert_eq!(Every::Week.start_of(day), date(2024, 2, 26));
        assert_eq!(Every::Month.start_of(day), date(2024, 2, 1));
        assert_eq!(Every::Quarter.start_of(date(2024, 12, 31)), date(2024, 10, 1));
        assert_eq!(Every::Month.next(date(2024, 2, 1)), date(2024, 3, 1));
        assert_eq!(Every::Week.start_of(date(2021, 1, 3)), date(2020, 12, 28));
    }

    #[test]
    fn windows_are_read_and_written() {
        for (text, window) in [("90d", "90d"), ("12w", "84d"), ("1mo", "1mo"), ("2 years", "24mo")] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), window);
        }
        for text in ["", "90", "0d", "-3d", "d", "1 fortnight", "99999999999d", "200y"] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_of_a_clock_change_has_23_or_25_hours() {
        let days = Days::new(&TimeZone::get("Europe/Paris").unwrap(), date(2024, 3, 30), date(2024, 4, 1));
        assert_eq!(days.start(2) - days.start(1), 23 * 3_600_000_000);
        assert_eq!(days.day_of(days.start(2)), 2);
        assert_eq!(days.day_of(days.start(2) - 1), 1);
    }

    #[test]
    fn a_day_without_midnight_begins_at_one() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let days = Days::new(&zone, date(2018, 11, 3), date(2018, 11, 5));
        assert_eq!(days.start(2) - days.start(1), 23 * 3_600_000_000);
    }

    proptest! {
        #[test]
        fn the_day_of_an_instant_is_its_civil_date(
            zone in prop::sample::select(vec!["UTC", "Europe/Paris", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
            seconds in 0i64..(20 * 365 * 86_400),
        ) {
            // Apia skipped 30 December 2011 altogether: the range holds it.
            let zone = TimeZone::get(zone).unwrap();
            let at = (1_262_304_000 + seconds) * 1_000_000;
            let days = Days::new(&zone, date(2009, 12, 30), date(2030, 1, 2));
            let day = days.day_of(at);
            prop_assert_eq!(days.date(day), date_of(&zone, at));
            prop_assert!(days.start(day) <= at && at < days.start(day + 1));
        }
    }
}
