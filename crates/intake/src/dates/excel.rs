//! Days as spreadsheets number them: 45293.5 is noon on 2 January 2024.
//!
//! They look like any other number, so they are read where a person says so and never guessed.

use super::{DAY, Written};

/// 1899-12-30, the day 0, in days since 1970.
const DAY_0: i64 = -25_569;
/// The first of March 1900: before it, spreadsheets count a 29 February 1900 that never was.
const FIRST: f64 = 61.0;
/// The day after 9999-12-31, where spreadsheets end.
const END: f64 = 2_958_466.0;
/// Milliseconds of a day. Finer parts are what is left over of a fraction that has no exact notation.
const MILLIS: f64 = 86_400_000.0;
/// Days of 1954 to 2119: numbers that are suspected to be dates.
const USUAL: std::ops::RangeInclusive<f64> = 20_000.0..=80_000.0;

/// Reads a number of days with its fraction, the decimal mark being a point or a comma.
pub(super) fn parse(text: &str) -> Option<Written> {
    written(number(text)?)
}

/// Whether a value may well be such a date.
pub(super) fn is_usual(text: &str) -> bool {
    number(text).is_some_and(|days| USUAL.contains(&days))
}

fn number(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && are_digits(whole) && are_digits(fraction)).then_some(())?;
    format!("{whole}.{fraction}").parse().ok()
}

fn written(days: f64) -> Option<Written> {
    (FIRST..END).contains(&days).then_some(())?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded on the line above")]
    let millis = (days * MILLIS).round() as i64;
    Written::local(millis * 1_000 + DAY_0 * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let Some(written) = parse(text) else { return "-".to_owned() };
        assert_eq!(written.offset, None);
        let civil = jiff::Timestamp::from_microsecond(written.civil()).unwrap();
        jiff::tz::Offset::UTC.to_datetime(civil).to_string()
    }

    #[test]
    fn days_agree_with_the_spreadsheet() {
        for (text, expected) in [
            ("45293", "2024-01-02T00:00:00"),
            ("45293.81", "2024-01-02T19:26:24"),
            ("45293,81", "2024-01-02T19:26:24"),
            ("45293.8104166667", "2024-01-02T19:27:00"),
            ("45293.99999999999", "2024-01-03T00:00:00"),
            ("25569", "1970-01-01T00:00:00"),
            ("61", "1900-03-01T00:00:00"),
            ("2958464.5", "9999-12-30T12:00:00"),
            ("60", "-"),
            ("2958466", "-"),
            ("-45293", "-"),
            ("45,293", "-"),
            ("45293,81,2", "-"),
            ("4e4", "-"),
            (".5", "-"),
            ("2024-01-02", "-"),
            ("NaN", "-"),
            ("", "-"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
