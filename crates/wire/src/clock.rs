//! From what clients write about time to instants, and from their clocks to ours.
//!
//! A client's clock may be wrong by years. Where a request says when it was sent by the same clock, the error cancels:
//! the event was `sent − original` before the arrival. One request cannot separate a wrong clock from a slow network,
//! so small differences are left alone ([`DEAD_BAND`]).

use fidance_domain::history::Micros;

use crate::json::Value;

/// Difference between arrival and sending that is not corrected: 150 seconds, in microseconds.
pub const DEAD_BAND: Micros = 150 * SECOND;
/// How far after the arrival an event may lie: 23 hours, in microseconds. Later ones are put at the arrival.
pub const FUTURE: Micros = 23 * 3_600 * SECOND;

const SECOND: Micros = 1_000_000;
const DAY: Micros = 86_400 * SECOND;
/// 1900-01-01: no business has older customers, and programs write absurd years for "unknown".
const EARLIEST: Micros = -25_567 * DAY;
/// The end of the year 9999.
const LATEST: Micros = 2_932_897 * DAY - 1;

/// What a message says about time. All instants are microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// When it happened, by the client's clock.
    pub original: Option<Micros>,
    /// When it happened, already corrected by an earlier receiver or declared true by the client.
    pub stamped: Option<Micros>,
    /// When it was sent, by the client's clock.
    pub sent: Option<Micros>,
    /// How long before the sending it happened, in microseconds, where the client says that instead.
    pub ago: Option<Micros>,
    /// The message is of the past and was not sent when it happened: its times are taken as they are, unless it says
    /// when it was received.
    pub historical: bool,
    /// When an earlier receiver took it, where the message is of the past and says so.
    pub received: Option<Micros>,
}

impl Times {
    /// When it happened, by our clock, given when it arrived.
    ///
    /// A message of the past with its time of receipt is dated as it would have been then.
    pub fn correct(self, received: Micros) -> Corrected {
        let earlier = self.received.filter(|_| self.historical);
        // Nothing was received before now that says it was received later: that clock was wrong, too.
        let received = earlier.map_or(received, |earlier| earlier.min(received));
        let before = self.ago.filter(|_| self.original.is_none()).map(|ago| received.saturating_sub(ago));
        let taken_as_it_is = self.historical && earlier.is_none();
        correct(received, self.sent, self.original, self.stamped.or(before), taken_as_it_is)
    }
}

/// When an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected {
    /// By our clock, microseconds since 1970.
    pub at: Micros,
    /// What the client wrote, where it wrote a time.
    pub raw: Option<Micros>,
    /// `at − raw`; 0 where the client wrote no time.
    pub shift: Micros,
    /// Whether it was too far in the future and stands at its arrival.
    pub clamped: bool,
}

/// When an event happened by our clock: `received − (sent − original)`.
///
/// The client's time is left as it is where the clocks differ by at most [`DEAD_BAND`], where nothing says when the
/// request was sent, where the time is `stamped`, and where the message is `historical`. Whatever comes out, an event
/// later than its arrival by more than [`FUTURE`] is put at its arrival.
pub fn correct(
    received: Micros,
    sent: Option<Micros>,
    original: Option<Micros>,
    stamped: Option<Micros>,
    historical: bool,
) -> Corrected {
    let Some(raw) = stamped.or(original) else {
        return Corrected { at: received, raw: None, shift: 0, clamped: false };
    };
    let skew = match (stamped, sent) {
        (None, Some(sent)) if !historical => received.saturating_sub(sent),
        _ => 0,
    };
    let at = if skew.saturating_abs() <= DEAD_BAND { raw } else { raw.saturating_add(skew) };
    let clamped = at > received.saturating_add(FUTURE);
    let at = if clamped { received } else { at };
    Corrected { at, raw: Some(raw), shift: at.saturating_sub(raw), clamped }
}

/// Reads a time: ISO 8601 (UTC where no offset is written), or a number of seconds, milliseconds, microseconds or
/// nanoseconds since 1970, told apart by their size. `None` where it is none, or outside 1900 to 9999.
pub fn parse(text: &str) -> Option<Micros> {
    iso(text.as_bytes()).or_else(|| by_library(text.trim())).filter(|at| (EARLIEST..=LATEST).contains(at))
}

/// The time in a value; `Ok(None)` where there is none.
pub(crate) fn of_value(value: &Value<'_>) -> Result<Option<Micros>, ()> {
    if value.is_empty() {
        return Ok(None);
    }
    value.text().and_then(parse).map(Some).ok_or(())
}

/// A length of time in milliseconds, as PostHog's `offset`.
pub(crate) fn milliseconds(value: &Value<'_>) -> Option<Micros> {
    let number: f64 = value.text()?.trim().parse().ok()?;
    rounded(number * 1e3)
}

/// What nearly all clients write: `2026-11-21T10:00:00.123Z`, any number of decimals up to nine, `Z` or `±hh:mm`.
fn iso(bytes: &[u8]) -> Option<Micros> {
    let (head, tail) = bytes.split_first_chunk::<19>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] =
        *head
    else {
        return None;
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, tail) = fraction(tail)?;
    let offset = match tail {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let minutes = match rest {
                [b':', m1, m2] | [m1, m2] => two(*m1, *m2)?,
                [] => 0,
                _ => return None,
            };
            let hours = two(*h1, *h2)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'-' { -60 } else { 60 }
        }
        _ => return None,
    };
    let seconds = day_number(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(seconds * SECOND + fraction)
}

/// Microseconds of `.123…`, and what comes behind; finer decimals are cut off.
fn fraction(tail: &[u8]) -> Option<(Micros, &[u8])> {
    let Some(digits) = tail.strip_prefix(b".") else { return Some((0, tail)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > 9 {
        return None;
    }
    let (digits, behind) = digits.split_at_checked(count)?;
    let padded = digits.iter().chain(std::iter::repeat(&b'0')).take(6);
    Some((padded.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')), behind))
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// Days since 1970-01-01 of a civil date; `None` where there is no such day.
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years are counted from March, so that the leap day is a year's last.
    let y = year - i64::from(month <= 2);
    let (era, year_of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// The rest: numbers, and the forms of ISO 8601 that jiff knows.
fn by_library(text: &str) -> Option<Micros> {
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && let Some(at) = epoch(text)
    {
        return Some(at);
    }
    let utc = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let timestamp = text.parse::<jiff::Timestamp>().ok();
    timestamp.or_else(|| utc().map(|zoned| zoned.timestamp())).map(jiff::Timestamp::as_microsecond)
}

/// A number of seconds, milliseconds, microseconds or nanoseconds since 1970: each reaches from 1973 to the year 5138
/// before the next begins.
fn epoch(text: &str) -> Option<Micros> {
    if let Ok(number) = text.parse::<i64>() {
        // Eight digits are a date (20261121), which jiff reads; as seconds they would be a day of 1970.
        return match number.unsigned_abs() {
            _ if text.len() == 8 => None,
            0..100_000_000_000 => number.checked_mul(SECOND),
            100_000_000_000..100_000_000_000_000 => number.checked_mul(1_000),
            100_000_000_000_000..100_000_000_000_000_000 => Some(number),
            _ => Some(number / 1_000),
        };
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    let factor = match number.abs() {
        size if size < 1e11 => 1e6,
        size if size < 1e14 => 1e3,
        size if size < 1e17 => 1.0,
        _ => 1e-3,
    };
    rounded(number * factor)
}

fn rounded(micros: f64) -> Option<Micros> {
    #[expect(clippy::cast_possible_truncation, reason = "checked against the bounds on this line")]
    (micros.abs() < 9e18).then_some(micros.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-21T10:00:00Z.
    const NOON: Micros = 1_795_255_200 * SECOND;

    #[test]
    fn times_are_read_in_all_usual_ways() {
        for (text, micros) in [
            ("2026-11-21T10:00:00.123Z", Some(NOON + 123_000)),
            ("2026-11-21T10:00:00Z", Some(NOON)),
            ("2026-11-21 10:00:00Z", Some(NOON)),
            ("2026-11-21T10:00:00.123456789Z", Some(NOON + 123_456)),
            ("2026-11-21T12:00:00+02:00", Some(NOON)),
            ("2026-11-21T12:00:00.5+0200", Some(NOON + 500_000)),
            ("2026-11-21T05:30:00-04:30", Some(NOON)),
            ("2026-11-21T10:00Z", Some(NOON)),
            ("2026-11-21T10:00:00", Some(NOON)),
            ("2026-11-21T10:00:00.25", Some(NOON + 250_000)),
            ("2026-11-21", Some(NOON - 36_000 * SECOND)),
            ("20261121", Some(NOON - 36_000 * SECOND)),
            (" 1795255200 ", Some(NOON)),
            ("1795255200123", Some(NOON + 123_000)),
            ("1795255200.123", Some(NOON + 123_000)),
            ("1795255200123000", Some(NOON + 123_000)),
            ("1795255200123000000", Some(NOON + 123_000)),
            ("1.7952552e9", Some(NOON)),
            ("2026-02-29T10:00:00Z", None),
            ("2026-13-01T10:00:00Z", None),
            ("2026-11-21T25:00:00Z", None),
            ("2026-11-21T10:00:00.Z", None),
            ("0001-01-01T00:00:00Z", None),
            ("-99999999999999999999", None),
            ("1e300", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text), micros, "{text}");
        }
    }

    #[test]
    fn clocks_are_corrected_by_the_rule() {
        let hour = 3_600 * SECOND;
        for (what, sent, original, stamped, historical, at, clamped) in [
            ("no time at all", None, None, None, false, NOON, false),
            ("a clock that is right", Some(NOON), Some(NOON - hour), None, false, NOON - hour, false),
            (
                "within the dead band",
                Some(NOON - DEAD_BAND),
                Some(NOON - hour),
                None,
                false,
                NOON - hour,
                false,
            ),
            ("an hour slow", Some(NOON - hour), Some(NOON - 3 * hour), None, false, NOON - 2 * hour, false),
            (
                "a year fast",
                Some(NOON + 8_760 * hour),
                Some(NOON + 8_759 * hour),
                None,
                false,
                NOON - hour,
                false,
            ),
            ("not said when sent", None, Some(NOON - 3 * hour), None, false, NOON - 3 * hour, false),
            ("historical", Some(NOON - hour), Some(NOON - 3 * hour), None, true, NOON - 3 * hour, false),
            (
                "stamped",
                Some(NOON - hour),
                Some(NOON - 3 * hour),
                Some(NOON - 9 * hour),
                false,
                NOON - 9 * hour,
                false,
            ),
            ("tomorrow", None, Some(NOON + 23 * hour), None, false, NOON + 23 * hour, false),
            ("after tomorrow", None, Some(NOON + 23 * hour + 1), None, false, NOON, true),
            ("historical, in the future", None, Some(NOON + 48 * hour), None, true, NOON, true),
        ] {
            let corrected = correct(NOON, sent, original, stamped, historical);
            assert_eq!((corrected.at, corrected.clamped), (at, clamped), "{what}");
        }
        let ago = Times { ago: Some(hour), ..Times::default() };
        assert_eq!(ago.correct(NOON).at, NOON - hour);
    }

    proptest! {
            #[test]
            fn the_fast_way_is_the_library_s(
                micros in EARLIEST..=LATEST, decimals in 0_usize..=9, offset in -1_439_i32..=1_439, separator in "[Tt ]",
            ) {
                let offset = jiff::tz::Offset::from_seconds(offset * 60).unwrap();
                let instant = jiff::Timestamp::from_microsecond(micros).unwrap();
                let civil = offset.to_datetime(instant);
                prop_assume!((0..=9999).contains(&civil.year()));
                let mut text = civil.strftime("%Y-%m-%d").to_string() + &separator + &civil.strftime("%H:%M:%S").to_string();
                if decimals > 0 {
                    text.push('.');
                    text.push_str(&format!("{:09}", civil.subsec_nanosecond())[..decimals]);
                }
                let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
                let offset = format!("{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60);
                text.push_str(&offset);
                let ours = iso(text.as_bytes());
                let theirs = text.parse::<jiff::Timestamp>().unwrap().as_nanosecond().div_euclid(1000);
                prop_assert_eq!(ours.map(i128::from), Some(theirs), "{}", text);
            }

            #[test]
            fn a_constant_error_of_the_clock_cancels(
                received in 0..4 * NOON, age in 0..1_000 * DAY, error in -10_000 * DAY..10_000 * DAY,
            ) {
                prop_assume!(error.abs() > DEAD_BAND);
                let sent = received + error;
                let corrected = correct(received, Some(sent), Some(sent - age), None, false);
                prop_assert_eq!(corrected.at, received - age);
                prop_assert_eq!(corrected.raw, Some(sent - age));
                prop_assert_eq!(corrected.shift, -error);
            }

            #[test]
            fn nothing_is_far_in_the_future_and_nothing_overflows(
                received in any::<i64>(), sent in any::<Option<i64>>(), original in any::<Option<i64>>(),
                stamped in any::<Option<i64>>(), historical in any::<bool>(),
            ) {
                let corrected = correct(received, sent, original, stamped, historical);
                prop_assert!(corrected.at <= received.saturating_add(FUTURE));
                prop_assert!(!corrected.clamped || corrected.at == received);
            }

            #[test]
            fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
                let _ = parse(&text);
            }
        }
}
