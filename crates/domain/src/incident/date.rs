//! Dates as incidents have them: some are known to the month or the year only, and nothing may pretend otherwise.

use std::{fmt, str::FromStr};

use jiff::civil::Date;

/// A civil date that is known to the day, to the month or to the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartialDate {
    /// The day is known.
    Day(Date),
    /// The month is; the date is its first day.
    Month(Date),
    /// The year is; the date is its first day.
    Year(Date),
}

/// There is no such date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such date; write 2024-05-17, or 2024-05 or 2024 where less is known")]
pub struct PartialDateError;

impl PartialDate {
    /// From its parts. A day without a month is no date.
    pub fn new(year: i16, month: Option<i8>, day: Option<i8>) -> Result<Self, PartialDateError> {
        // Four digits: neither a year of two digits nor one of another count is meant.
        if !(1000..=9998).contains(&year) {
            return Err(PartialDateError);
        }
        let date = |month, day| Date::new(year, month, day).map_err(|_| PartialDateError);
        match (month, day) {
            (None, None) => Ok(Self::Year(date(1, 1)?)),
            (Some(month), None) => Ok(Self::Month(date(month, 1)?)),
            (Some(month), Some(day)) => Ok(Self::Day(date(month, day)?)),
            (None, Some(_)) => Err(PartialDateError),
        }
    }

    /// The day, where it is known.
    pub const fn day(self) -> Option<Date> {
        match self {
            Self::Day(date) => Some(date),
            Self::Month(_) | Self::Year(_) => None,
        }
    }

    /// The first day it can be.
    pub const fn earliest(self) -> Date {
        match self {
            Self::Day(date) | Self::Month(date) | Self::Year(date) => date,
        }
    }

    /// The last day it can be.
    pub fn latest(self) -> Date {
        match self {
            Self::Day(date) => date,
            Self::Month(first) => first.last_of_month(),
            Self::Year(first) => first.last_of_year(),
        }
    }

    /// Whether it lies before another one whatever their days are.
    pub fn is_before(self, other: Self) -> bool {
        self.latest() < other.earliest()
    }

    /// The month alone, of a day.
    #[must_use]
    pub fn to_month(self) -> Self {
        match self {
            Self::Day(date) => Self::Month(date.first_of_month()),
            other => other,
        }
    }

    /// So many days later; `None` where the day is not known or too far.
    pub fn plus_days(self, days: i64) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        Self::within(self.day()?.checked_add(span).ok()?).map(Self::Day)
    }

    /// So many months later, known to the month; `None` where the month is not known.
    pub fn plus_months(self, months: i64) -> Option<Self> {
        let first = match self {
            Self::Day(date) | Self::Month(date) => date.first_of_month(),
            Self::Year(_) => return None,
        };
        let span = jiff::Span::new().try_months(months).ok()?;
        Self::within(first.checked_add(span).ok()?).map(Self::Month)
    }

    /// So many years later, known to the year.
    pub fn plus_years(self, years: i64) -> Option<Self> {
        let span = jiff::Span::new().try_years(years).ok()?;
        Self::within(self.earliest().first_of_year().checked_add(span).ok()?).map(Self::Year)
    }

    fn within(date: Date) -> Option<Date> {
        (1000..=9998).contains(&date.year()).then_some(date)
    }
}

/// `2024-05-17`, `2024-05` or `2024`.
impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => write!(f, "{date}"),
            Self::Month(date) => write!(f, "{:04}-{:02}", date.year(), date.month()),
            Self::Year(date) => write!(f, "{:04}", date.year()),
        }
    }
}

impl FromStr for PartialDate {
    type Err = PartialDateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str, digits: usize| {
            let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            if plain { part.parse::<i16>().map_err(|_| PartialDateError) } else { Err(PartialDateError) }
        };
        let small = |part: &str| i8::try_from(number(part, 2)?).map_err(|_| PartialDateError);
        let mut parts = text.trim().split('-');
        let year = number(parts.next().unwrap_or_default(), 4)?;
        let month = parts.next().map(small).transpose()?;
        let day = parts.next().map(small).transpose()?;
        if parts.next().is_some() { Err(PartialDateError) } else { Self::new(year, month, day) }
    }
}

impl From<Date> for PartialDate {
    fn from(date: Date) -> Self {
        Self::Day(date)
    }
}
