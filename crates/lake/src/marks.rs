//! What the days of a customer have together, found without naming the days: see [`DayVisitor::marks`].
//!
//! [`DayVisitor::marks`]: fidance_domain::history::DayVisitor::marks

use fidance_domain::time::{Day, Days};

use crate::days::second_of;

/// Seconds and days as marks.
///
/// Time is cut into granules shorter than any day, so that one holds the start of at most one; the marks of a second
/// are found without a branch then, and those of a customer are an `or` over the seconds.
#[derive(Debug)]
pub(crate) struct MarkTable {
    by_day: Vec<u64>,
    /// The second with which the first granule begins.
    start: i64,
    granules: Box<[Granule; GRANULES]>,
}

#[derive(Debug, Clone, Copy)]
struct Granule {
    cut: i64,
    /// Before the cut and after it: taken by number, since the processor cannot guess which.
    marks: [u64; 2],
}

/// Seconds of a granule, as a power of two: somewhat more than 18 hours.
const GRANULE_BITS: u32 = 16;
/// Eight years and a half. A power of two, so that every number of a granule is within the table.
const GRANULES: usize = 4096;

impl MarkTable {
    /// For the days of a table, each with its marks; `None` where there are too many of them, or a granule holds the
    /// starts of two days.
    pub(crate) fn new(days: &Days, by_day: &[u64]) -> Option<Self> {
        let (start, end) = (second_of(days.start(0)), second_of(days.start(days.len())));
        let mark = |day: Day| by_day.get(day as usize).copied().unwrap_or(0);
        let nothing = Granule { cut: i64::MAX, marks: [0; 2] };
        let mut granules: Box<[Granule; GRANULES]> = vec![nothing; GRANULES].try_into().ok()?;
        if (end - start) >> GRANULE_BITS >= i64::try_from(GRANULES).ok()? {
            return None;
        }
        for (from, granule) in (start..end).step_by(1 << GRANULE_BITS).zip(granules.iter_mut()) {
            let first = days.day_of(from * 1_000_000);
            let last = days.day_of((from + (1 << GRANULE_BITS) - 1) * 1_000_000);
            if last > first + 1 {
                return None;
            }
            let cut = if last > first { second_of(days.start(last)) } else { i64::MAX };
            *granule = Granule { cut, marks: [mark(first), mark(last)] };
        }
        Some(Self { by_day: by_day.to_vec(), start, granules })
    }

    /// The marks of each day.
    pub(crate) fn by_day(&self) -> &[u64] {
        &self.by_day
    }

    /// The marks of a second of the table.
    #[inline]
    #[expect(clippy::cast_sign_loss, reason = "the table is longer than its days")]
    pub(crate) fn of(&self, second: i64) -> u64 {
        let number = ((second - self.start) >> GRANULE_BITS) as usize % GRANULES;
        self.granules.get(number).map_or(0, |granule| {
            let late = usize::from(second >= granule.cut);
            granule.marks.get(late).copied().unwrap_or(0)
        })
    }

    /// The marks of a day.
    #[inline]
    pub(crate) fn of_day(&self, day: Day) -> u64 {
        self.by_day.get(day as usize).copied().unwrap_or(0)
    }
}

/// What a customer's days come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    /// The first day; [`Day::MAX`] where there is none.
    pub(crate) first: Day,
    /// The marks of all days.
    pub(crate) all: u64,
}

impl Marks {
    /// Of nobody.
    pub(crate) const NONE: Self = Self { first: Day::MAX, all: 0 };

    #[inline]
    pub(crate) fn add(&mut self, first: Day, marks: u64) {
        self.first = self.first.min(first);
        self.all |= marks;
    }
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};

    use super::*;

    #[test]
    fn the_marks_of_a_second_are_those_of_its_day() {
        for zone in ["UTC", "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"] {
            let days = Days::new(&TimeZone::get(zone).unwrap(), date(2011, 12, 1), date(2013, 2, 3));
            let by_day: Vec<u64> = (0..days.len()).map(|day| 1 << (day % 64)).collect();
            let table = MarkTable::new(&days, &by_day).unwrap();
            let starts: Vec<i64> = (0..=days.len()).map(|day| second_of(days.start(day))).collect();
            let all = (starts[0]..starts[days.len() as usize]).step_by(599);
            for second in all.chain(starts[1..].iter().map(|at| at - 1)).chain(starts[..428].iter().copied())
            {
                assert_eq!(
                    table.of(second),
                    by_day[days.day_of(second * 1_000_000) as usize],
                    "{zone} {second}"
                );
            }
        }
    }

    #[test]
    fn what_a_table_cannot_tell_is_left_to_the_days() {
        let long = Days::new(&TimeZone::UTC, date(2010, 1, 1), date(2020, 1, 1));
        assert!(MarkTable::new(&long, &vec![1; long.len() as usize]).is_none());
        // Apia had no 30 December 2011: two days begin at one instant.
        let apia = Days::new(&TimeZone::get("Pacific/Apia").unwrap(), date(2011, 12, 1), date(2012, 2, 3));
        assert!(MarkTable::new(&apia, &vec![1; apia.len() as usize]).is_none());
    }
}
