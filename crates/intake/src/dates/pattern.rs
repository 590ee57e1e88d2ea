//! Dates by a pattern of `strptime`, left to jiff.

use jiff::fmt::strtime::BrokenDownTime;

use super::Written;

/// Why a pattern cannot be used, tried on a date that every pattern of this kind can write.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    let zone = jiff::tz::TimeZone::UTC;
    let example = jiff::civil::date(2011, 1, 31).at(12, 0, 0, 0).to_zoned(zone).map_err(|e| e.to_string())?;
    let text = jiff::fmt::strtime::format(pattern, &example).map_err(|e| e.to_string())?;
    parse(pattern, &text).map(drop).ok_or_else(|| "it does not name a year, a month and a day".to_owned())
}

/// Reads a text by a pattern.
pub(super) fn parse(pattern: &str, text: &str) -> Option<Written> {
    let parts = BrokenDownTime::parse(pattern, text).ok()?;
    if let (None, Ok(instant)) = (parts.offset(), parts.to_timestamp()) {
        // `%s`, the only way to an instant without an offset.
        return Written::utc(instant.as_microsecond());
    }
    let date = parts.to_date().ok()?;
    let day = super::day_number(
        date.year().into(),
        date.month().unsigned_abs().into(),
        date.day().unsigned_abs().into(),
    )?;
    let time = match parts.hour() {
        None => 0,
        Some(_) => {
            parts.to_time().ok().map(|time| time.duration_since(jiff::civil::Time::midnight()).as_micros())?
        }
    };
    Some(Written {
        day,
        time: i64::try_from(time).ok()?,
        offset: parts.offset().map(jiff::tz::Offset::seconds),
    })
}
