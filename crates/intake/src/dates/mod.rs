//! From the text of a date to an instant: formats, their choice, and the business's time zone.

mod column;
mod decide;
mod excel;
mod format;
mod parse;
mod pattern;
mod zone;

pub use self::format::{AtFormat, AtFormatError};
pub(crate) use self::{
    column::{DateColumn, DateProblem},
    decide::{Evidence, Verdict},
    zone::ZoneCache,
};

/// Reads one date by itself, where no column decides.
pub(crate) fn read_text(format: &AtFormat, text: &str) -> Option<Written> {
    parse::parse(format, text)
}

/// Microseconds of a civil day without a change of the clock.
pub(crate) const DAY: i64 = 86_400_000_000;

/// A date as it was written, before the zone makes an instant of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    /// Microseconds since that day's midnight on the clock.
    pub(crate) time: i64,
    /// Seconds east of UTC where they are written.
    pub(crate) offset: Option<i32>,
}

impl Written {
    /// Microseconds since 1970-01-01T00:00 on the clock.
    pub(crate) fn civil(&self) -> i64 {
        i64::from(self.day) * DAY + self.time
    }

    /// An instant in UTC, given as microseconds since 1970.
    pub(crate) fn utc(micros: i64) -> Option<Self> {
        let day = i32::try_from(micros.div_euclid(DAY)).ok()?;
        Some(Self { day, time: micros.rem_euclid(DAY), offset: Some(0) })
    }

    /// A civil time, given as microseconds since 1970.
    pub(crate) fn local(micros: i64) -> Option<Self> {
        Some(Self { offset: None, ..Self::utc(micros)? })
    }
}

/// Days since 1970-01-01 of a civil date; `None` where there is no such day.
pub(crate) fn day_number(year: i32, month: u32, day: u32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > length || !(0..=9999).contains(&year) {
        return None;
    }
    // Years are counted from March, so that the leap day is a year's last.
    let y = year - i32::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let month_from_march = i32::try_from((month + 9) % 12).ok()?;
    let day_of_year = (153 * month_from_march + 2) / 5 + i32::try_from(day).ok()? - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_agree_with_the_calendar() {
        let mut date = jiff::civil::date(1899, 12, 28);
        while date < jiff::civil::date(2101, 1, 5) {
            let expected = date.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days();
            let (year, month, day) =
                (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs());
            assert_eq!(day_number(year, month.into(), day.into()), Some(expected));
            date = date.tomorrow().unwrap();
        }
        for (year, month, day) in
            [(2011, 2, 29), (1900, 2, 29), (2011, 13, 1), (2011, 0, 1), (2011, 4, 31), (2011, 1, 0)]
        {
            assert_eq!(day_number(year, month, day), None);
        }
    }
}
