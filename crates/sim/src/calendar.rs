//! Civil days and hours of the shop as instants, and how busy each is.

use std::sync::Arc;

use jiff::{
    Timestamp, ToSpan,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::{
    draw::Weights,
    scenario::{Peak, Scenario, ScenarioError, Seasons, month_and_day},
};

/// Microseconds since 1970-01-01T00:00:00Z.
pub(crate) type Micros = i64;
pub(crate) const SECOND: Micros = 1_000_000;
pub(crate) const HOUR: Micros = 3_600 * SECOND;
pub(crate) const DAY: Micros = 24 * HOUR;

/// The simulated time.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    start: Date,
    days: usize,
    /// For each day and civil hour its instant; at the end the first hour after the last day.
    hours: Vec<Micros>,
    hour_weights: Weights,
    /// `busy[d]` is how much season has passed before day d; a mean day counts 1.
    busy: Vec<f64>,
    /// Instants from which an offset (seconds) holds, rising.
    offsets: Vec<(Micros, i64)>,
    /// `YYYY-MM-DD` of each day from the day before the start to 70 days after the end.
    names: Vec<Arc<str>>,
}

impl Calendar {
    pub(crate) fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let shop = &scenario.shop;
        let zone = TimeZoneDatabase::bundled().get(&shop.time_zone).map_err(|_| ScenarioError::Key {
            key: "shop.time_zone".to_owned(),
            value: shop.time_zone.clone(),
            allowed: "an IANA name such as Europe/Paris".to_owned(),
        })?;
        let dates: Vec<Date> = shop.start.series(1.day()).take_while(|date| *date <= shop.end).collect();
        let mut hours: Vec<Micros> = dates.iter().flat_map(|date| hours_of(*date, &zone)).collect();
        let after = shop.end.tomorrow().unwrap_or(shop.end);
        hours.push(instant(after, 0, &zone));
        Ok(Self {
            start: shop.start,
            days: dates.len(),
            offsets: offsets(&zone, &hours),
            hours,
            hour_weights: Weights::new(scenario.seasons.hours),
            busy: busy(&scenario.seasons, &dates),
            names: names(shop.start, dates.len()),
        })
    }

    pub(crate) const fn days(&self) -> usize {
        self.days
    }

    /// The date of a day, by its number from the start.
    pub(crate) fn date(&self, day: usize) -> Date {
        let days = i32::try_from(day).unwrap_or(i32::MAX);
        self.start.checked_add(days.days()).unwrap_or(Date::MAX)
    }

    /// The number of a date; dates outside are the nearest day inside, or the number of days after the end.
    pub(crate) fn day_of(&self, date: Date) -> usize {
        let days = (date - self.start).get_days();
        usize::try_from(days).unwrap_or(0).min(self.days)
    }

    /// The instant at which a civil hour of a day begins.
    pub(crate) fn at(&self, day: usize, hour: usize) -> Micros {
        let index = (day * 24 + hour).min(self.hours.len() - 1);
        self.hours.get(index).copied().unwrap_or(0)
    }

    /// The day of an instant; the nearest one where it is outside.
    pub(crate) fn day_at(&self, at: Micros) -> usize {
        let past = self.hours.partition_point(|hour| *hour <= at);
        (past.saturating_sub(1) / 24).min(self.days.saturating_sub(1))
    }

    pub(crate) fn start(&self) -> Micros {
        self.at(0, 0)
    }

    /// Just past the last day.
    pub(crate) fn end(&self) -> Micros {
        self.at(self.days, 0)
    }

    /// An instant of a day, by two uniform numbers: the hour by how busy it is, then evenly inside.
    #[expect(clippy::cast_possible_truncation, reason = "below one hour")]
    pub(crate) fn moment(&self, day: usize, hour_mark: f64, inside: f64) -> Micros {
        let hour = self.hour_weights.at(hour_mark);
        self.at(day, hour) + (inside * 3_600.0) as i64 * SECOND
    }

    /// How much season has passed at a time given in days since the start; a mean day counts 1.
    pub(crate) fn busy_until(&self, days: f64) -> f64 {
        let days = days.clamp(0.0, self.days as f64);
        let whole = floor_index(days);
        let before = self.busy.get(whole).copied().unwrap_or(0.0);
        let next = self.busy.get(whole + 1).copied().unwrap_or(before);
        before + (next - before) * (days - whole as f64)
    }

    /// The day in which that much season has passed, not before `from`.
    pub(crate) fn day_when_busy(&self, amount: f64, from: usize) -> usize {
        // Purchases of one customer follow each other closely, so the day is mostly near.
        let near = self.busy.iter().skip(from + 1).take(16).position(|edge| *edge > amount);
        let found =
            near.map_or_else(|| self.busy.partition_point(|edge| *edge <= amount), |step| from + 1 + step);
        found.saturating_sub(1).min(self.days.saturating_sub(1))
    }

    /// The civil date, seconds since midnight and offset in seconds of an instant.
    pub(crate) fn civil(&self, at: Micros) -> (&str, i64, i64) {
        let past = self.offsets.partition_point(|(from, _)| *from <= at).saturating_sub(1);
        let offset = self.offsets.get(past).map_or(0, |(_, offset)| *offset);
        let (day, second) = self.split(at, offset);
        (day, second, offset)
    }

    /// The date and seconds since midnight in UTC.
    pub(crate) fn civil_utc(&self, at: Micros) -> (&str, i64) {
        self.split(at, 0)
    }

    fn split(&self, at: Micros, offset: i64) -> (&str, i64) {
        let local = at.div_euclid(SECOND) + offset;
        let first = epoch_day(self.start) - 1;
        let day = usize::try_from(local.div_euclid(86_400) - first).unwrap_or(0);
        let name = self.names.get(day.min(self.names.len() - 1)).map_or("", |name| name);
        (name, local.rem_euclid(86_400))
    }
}

/// The whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers clamp to a number of days"
)]
pub(crate) fn floor_index(value: f64) -> usize {
    value as usize
}

fn epoch_day(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    i64::from((date - epoch).get_days())
}

fn instant(date: Date, hour: i8, zone: &TimeZone) -> Micros {
    zone.to_ambiguous_timestamp(date.at(hour, 0, 0, 0)).compatible().map_or(0, Timestamp::as_microsecond)
}

/// The hour that a change of clocks skips takes the place of the one after it.
fn hours_of(date: Date, zone: &TimeZone) -> impl Iterator<Item = Micros> {
    (0..24).map(move |hour| instant(date, hour, zone))
}

fn offsets(zone: &TimeZone, hours: &[Micros]) -> Vec<(Micros, i64)> {
    let (Some(first), Some(last)) = (hours.first(), hours.last()) else {
        return Vec::new();
    };
    let margin = 70 * DAY;
    let from = Timestamp::from_microsecond(first - margin).unwrap_or(Timestamp::MIN);
    let mut found = vec![(from.as_microsecond(), i64::from(zone.to_offset(from).seconds()))];
    let following =
        zone.following(from).take_while(|change| change.timestamp().as_microsecond() < last + margin);
    found.extend(
        following.map(|change| (change.timestamp().as_microsecond(), i64::from(change.offset().seconds()))),
    );
    found
}

fn busy(seasons: &Seasons, dates: &[Date]) -> Vec<f64> {
    let weights: Vec<f64> = dates.iter().map(|date| weight(seasons, *date)).collect();
    let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
    let mut sum = 0.0;
    let add = |weight: &f64| {
        sum += weight / mean;
        sum
    };
    std::iter::once(0.0).chain(weights.iter().map(add)).collect()
}

/// How busy a day is, relative to others.
fn weight(seasons: &Seasons, date: Date) -> f64 {
    let at = |values: &[f64], index: i8| usize::try_from(index).ok().and_then(|i| values.get(i)).copied();
    let month = at(&seasons.months, date.month() - 1).unwrap_or(1.0);
    let weekday = at(&seasons.weekdays, date.weekday().to_monday_zero_offset()).unwrap_or(1.0);
    let peaks: f64 = seasons.peaks.iter().filter(|peak| covers(peak, date)).map(|peak| peak.factor).product();
    month * weekday * peaks
}

fn covers(peak: &Peak, date: Date) -> bool {
    let (Some(from), Some(to)) = (month_and_day(&peak.from), month_and_day(&peak.to)) else {
        return false;
    };
    let day = (date.month(), date.day());
    if from <= to { from <= day && day <= to } else { from <= day || day <= to }
}

fn names(start: Date, days: usize) -> Vec<Arc<str>> {
    let first = start.yesterday().unwrap_or(start);
    first.series(1.day()).take(days + 72).map(|date| date.to_string().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris() -> Calendar {
        Calendar::new(&Scenario::demo().unwrap()).unwrap()
    }

    #[test]
    fn days_that_change_the_clock_have_23_and_25_hours() {
        let calendar = paris();
        let hours = |date: &str| {
            let day = calendar.day_of(date.parse().unwrap());
            (calendar.at(day + 1, 0) - calendar.at(day, 0)) / HOUR
        };
        assert_eq!([hours("2024-03-31"), hours("2024-10-27"), hours("2024-06-01")], [23, 25, 24]);
    }

    #[test]
    fn instants_are_written_as_the_zone_has_them() {
        let calendar = paris();
        for (text, expected) in [
            ("2024-03-31T00:59:59Z", ("2024-03-31", 2 * 3_600 - 1, 3_600)),
            ("2024-03-31T01:00:00Z", ("2024-03-31", 3 * 3_600, 7_200)),
            ("2024-12-31T23:30:00Z", ("2025-01-01", 1_800, 3_600)),
            ("2024-07-01T22:00:00Z", ("2024-07-02", 0, 7_200)),
        ] {
            let at = text.parse::<Timestamp>().unwrap().as_microsecond();
            assert_eq!(calendar.civil(at), expected, "{text}");
        }
    }

    #[test]
    fn season_passes_as_its_weights_say() {
        let calendar = paris();
        assert!((calendar.busy_until(1e9) - calendar.days() as f64).abs() < 1e-6);
        let of = |date: &str| {
            let day = calendar.day_of(date.parse().unwrap());
            calendar.busy_until(day as f64 + 1.0) - calendar.busy_until(day as f64)
        };
        assert!(of("2024-12-16") > 1.3 * of("2024-11-11"));
        for day in [0, 1, 300, 911] {
            let amount = calendar.busy_until(day as f64 + 0.5);
            assert_eq!(calendar.day_when_busy(amount, 0), day);
            assert_eq!(calendar.day_when_busy(amount, day), day);
        }
    }

    #[test]
    fn every_moment_is_inside_its_day() {
        let calendar = paris();
        for day in 0..calendar.days() {
            for step in 0..48 {
                let at = calendar.moment(day, f64::from(step) / 48.0, 0.999_999);
                assert!((calendar.at(day, 0)..calendar.at(day + 1, 0)).contains(&at), "{day} {step}");
            }
        }
    }
}
