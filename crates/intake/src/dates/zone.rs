//! Civil times to instants, a zone's rules being asked once per day instead of once per row.

use jiff::{civil::DateTime, tz::TimeZone};

use super::{DAY, Written};

/// The first day whose offset is remembered: 1900-01-01.
const FIRST_DAY: i32 = -25_567;
/// Days remembered: up to the year 2100.
const DAYS: usize = 73_415;
/// A day not asked for yet.
const UNKNOWN: i32 = i32::MIN;
/// A day on which the clocks change.
const CHANGES: i32 = i32::MAX;

/// A time zone with the offsets of the days seen so far.
#[derive(Debug, Clone)]
pub(crate) struct ZoneCache {
    zone: TimeZone,
    offsets: Vec<i32>,
}

impl ZoneCache {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone, offsets: vec![UNKNOWN; DAYS] }
    }

    /// The instant of a date; `None` where it is outside the calendar.
    ///
    /// A time skipped by the clocks is read with the offset before the gap, a time that comes twice is the
    /// first of the two: the rule that RFC 5545 and jiff's "compatible" follow.
    pub(crate) fn instant(&mut self, written: Written) -> Option<i64> {
        if let Some(offset) = written.offset {
            return Some(written.civil() - i64::from(offset) * 1_000_000);
        }
        let at = usize::try_from(written.day - FIRST_DAY).ok();
        let Some(known) = at.and_then(|at| self.offsets.get_mut(at)) else { return self.ask(written) };
        if *known == UNKNOWN {
            *known = offset_of_day(&self.zone, written.day).unwrap_or(CHANGES);
        }
        if *known == CHANGES {
            return self.ask(written);
        }
        Some(written.civil() - i64::from(*known) * 1_000_000)
    }

    /// The instant at which a civil day ends.
    pub(crate) fn end_of_day_of(&mut self, instant: i64) -> Option<i64> {
        let timestamp = jiff::Timestamp::from_microsecond(instant).ok()?;
        let tomorrow = self.zone.to_datetime(timestamp).date().tomorrow().ok()?;
        let start = self.zone.to_timestamp(tomorrow.at(0, 0, 0, 0)).ok()?;
        Some(start.as_microsecond())
    }

    fn ask(&self, written: Written) -> Option<i64> {
        // The calendar ends a day before 9999-12-31, which is a usual way to write "never".
        instant_of(&self.zone, written).or_else(|| (written.day > FIRST_DAY).then(|| written.civil()))
    }
}

fn instant_of(zone: &TimeZone, written: Written) -> Option<i64> {
    zone.to_timestamp(civil(written.civil())?).ok().map(jiff::Timestamp::as_microsecond)
}

fn civil(micros: i64) -> Option<DateTime> {
    let as_utc = jiff::Timestamp::from_microsecond(micros).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(as_utc))
}

/// The offset in seconds that holds on all of a civil day.
fn offset_of_day(zone: &TimeZone, day: i32) -> Option<i32> {
    let midnight = Written { day, time: 0, offset: None };
    let start = instant_of(zone, midnight)?;
    let end = instant_of(zone, Written { day: day.checked_add(1)?, ..midnight })?;
    let offset = |instant| Some(zone.to_offset(jiff::Timestamp::from_microsecond(instant).ok()?).seconds());
    let (first, last) = (offset(start)?, offset(end - 1)?);
    let ambiguous = |time| Some(zone.to_ambiguous_timestamp(civil(midnight.civil() + time)?).is_ambiguous());
    let regular = end - start == DAY && first == last && !ambiguous(0)? && !ambiguous(DAY - 1)?;
    regular.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn remembered_offsets_agree_with_the_zone(
            name in prop::sample::select(vec![
                "Europe/Paris", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe",
                "Pacific/Apia", "Africa/Casablanca", "America/Havana", "Asia/Beirut", "UTC",
            ]),
            days in prop::collection::vec((-30_000_i32..50_000, 0_i64..DAY), 1..200),
        ) {
            let zone = TimeZone::get(name).unwrap();
            let mut cache = ZoneCache::new(zone.clone());
            for (day, time) in days {
                let written = Written { day, time, offset: None };
                prop_assert_eq!(cache.instant(written), instant_of(&zone, written));
            }
        }
    }

    #[test]
    fn every_hour_around_the_changes_agrees() {
        for name in [
            "Europe/Paris",
            "America/New_York",
            "America/Sao_Paulo",
            "Australia/Lord_Howe",
            "Asia/Beirut",
            "America/Havana",
        ] {
            let zone = TimeZone::get(name).unwrap();
            let mut cache = ZoneCache::new(zone.clone());
            for half_hour in 0..48 * 366 * 2 {
                let written = Written {
                    day: 14_000 + half_hour / 48,
                    time: i64::from(half_hour % 48) * 1_800_000_000,
                    offset: None,
                };
                assert_eq!(cache.instant(written), instant_of(&zone, written), "{name} {written:?}");
            }
        }
    }
}
