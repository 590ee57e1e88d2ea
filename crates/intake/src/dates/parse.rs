//! Reading dates from bytes, by hand where it must be fast.

use super::{AtFormat, DAY, Written, day_number, excel, pattern};

/// Seconds since 1970 of the year 2200: larger numbers are of a finer unit.
const EPOCH_END: i64 = 7_258_118_400;

/// Reads one value in a format.
pub(super) fn parse(format: &AtFormat, text: &str) -> Option<Written> {
    match format {
        AtFormat::Iso => iso_fixed(text.as_bytes()).or_else(|| iso(text.as_bytes())),
        AtFormat::Yyyymmdd => compact(text.as_bytes()),
        AtFormat::Dmy => ordered(text, true),
        AtFormat::Mdy => ordered(text, false),
        AtFormat::Named => named(text),
        AtFormat::Excel => excel::parse(text),
        AtFormat::Pattern(pattern) => pattern::parse(pattern, text),
        AtFormat::Epoch | AtFormat::EpochMs | AtFormat::EpochUs | AtFormat::EpochNs => {
            epoch_text(format, text)
        }
    }
}

/// A number of steps since 1970; `None` where they are not of this unit.
pub(super) fn epoch(format: &AtFormat, steps: i64) -> Option<Written> {
    let (multiplier, divisor) = format.epoch_steps()?;
    let micros = steps.checked_mul(multiplier)?.div_euclid(divisor);
    (micros.abs() <= EPOCH_END * 1_000_000).then_some(())?;
    Written::utc(micros)
}

/// A number of days written as `yyyymmdd`.
pub(super) fn compact_number(number: i64) -> Option<Written> {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let day = day_number(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    Some(Written { day, time: 0, offset: None })
}

fn epoch_text(format: &AtFormat, text: &str) -> Option<Written> {
    if let Ok(steps) = text.parse::<i64>() {
        return epoch(format, steps);
    }
    // Whole steps are exact above; a fraction is not finer than a microsecond for any date.
    let (multiplier, divisor) = format.epoch_steps()?;
    let steps: f64 = text.parse().ok()?;
    let micros = steps * multiplier as f64 / divisor as f64;
    #[expect(clippy::cast_possible_truncation, reason = "bounded on this line")]
    let micros = (micros.abs() <= EPOCH_END as f64 * 1e6).then(|| micros.round() as i64)?;
    Written::utc(micros)
}

/// Takes digits from the front: at least `least`, at most `most`.
fn digits(bytes: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let n = bytes.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = bytes.split_at_checked(n)?;
    *bytes = rest;
    (n >= least).then(|| number.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

fn eat(bytes: &mut &[u8], wanted: &[u8]) -> bool {
    match bytes.split_first() {
        Some((first, rest)) if wanted.contains(first) => {
            *bytes = rest;
            true
        }
        _ => false,
    }
}

/// A number of two digits.
fn pair(tens: u8, ones: u8) -> Option<u32> {
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

/// The usual lengths of ISO dates by position: `YYYY-MM-DD`, with `HH:MM:SS` behind, with `Z` behind.
fn iso_fixed(bytes: &[u8]) -> Option<Written> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, rest @ ..] = bytes else { return None };
    let year = pair(*y0, *y1)? * 100 + pair(*y2, *y3)?;
    let day = day_number(i32::try_from(year).ok()?, pair(*m0, *m1)?, pair(*d0, *d1)?)?;
    let (time, offset) = match rest {
        [] => (0, None),
        [b'T' | b' ', h0, h1, b':', n0, n1, b':', s0, s1, zone @ ..] => {
            let offset = match zone {
                [] => None,
                b"Z" => Some(0),
                _ => return None,
            };
            let (hour, minute, second) = (pair(*h0, *h1)?, pair(*n0, *n1)?, pair(*s0, *s1)?);
            (clock(hour, minute, second, 0).filter(|time| *time < DAY)?, offset)
        }
        _ => return None,
    };
    Some(Written { day, time, offset })
}

/// `YYYY-MM-DD` and everything that may follow; also with `/` or `.` between.
fn iso(mut bytes: &[u8]) -> Option<Written> {
    let rest = &mut bytes;
    let year = digits(rest, 4, 4)?;
    let separator = *rest.first()?;
    eat(rest, b"-/.").then_some(())?;
    let month = digits(rest, 1, 2)?;
    eat(rest, &[separator]).then_some(())?;
    let day = digits(rest, 1, 2)?;
    let day = day_number(i32::try_from(year).ok()?, month, day)?;
    with_time(day, rest)
}

/// `YYYYMMDD`, with `HHMM` or `HHMMSS` behind, directly or after `T`.
fn compact(mut bytes: &[u8]) -> Option<Written> {
    let rest = &mut bytes;
    let day = day_number(i32::try_from(digits(rest, 4, 4)?).ok()?, digits(rest, 2, 2)?, digits(rest, 2, 2)?)?;
    if rest.is_empty() {
        return Some(Written { day, time: 0, offset: None });
    }
    if rest.contains(&b':') {
        return with_time(day, rest);
    }
    eat(rest, b"T ");
    let (hour, minute) = (digits(rest, 2, 2)?, digits(rest, 2, 2)?);
    let second = if rest.first().is_some_and(u8::is_ascii_digit) { digits(rest, 2, 2)? } else { 0 };
    let offset = offset(rest)?;
    let time = clock(hour, minute, second, 0)?;
    written(day, time, offset)
}

/// `D/M/Y` or `M/D/Y` with `/`, `-` or `.`, the year of two or four digits, and a time.
fn ordered(text: &str, day_first: bool) -> Option<Written> {
    let mut bytes = text.as_bytes();
    let rest = &mut bytes;
    let first = digits(rest, 1, 2)?;
    let separator = *rest.first()?;
    eat(rest, b"/-.").then_some(())?;
    let second = digits(rest, 1, 2)?;
    eat(rest, &[separator]).then_some(())?;
    let before = rest.len();
    let year = digits(rest, 2, 4)?;
    let year = match before - rest.len() {
        4 => year,
        2 => full_year(year),
        _ => return None,
    };
    let (day, month) = if day_first { (first, second) } else { (second, first) };
    with_time(day_number(i32::try_from(year).ok()?, month, day)?, rest)
}

/// The century of a year of two digits, as POSIX has it.
const fn full_year(year: u32) -> u32 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

/// Microseconds of a time on the clock; 24:00 is the end of the day, a leap second its minute's last.
fn clock(hour: u32, minute: u32, second: u32, micros: u32) -> Option<i64> {
    let end_of_day = hour == 24 && minute == 0 && second == 0 && micros == 0;
    if (hour > 23 && !end_of_day) || minute > 59 || second > 60 {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second.min(59));
    Some(seconds * 1_000_000 + i64::from(micros))
}

fn written(day: i32, time: i64, offset: Option<i32>) -> Option<Written> {
    let (day, time) = if time == DAY { (day.checked_add(1)?, 0) } else { (day, time) };
    Some(Written { day, time, offset })
}

/// What follows a date: nothing, or a time with all its parts.
fn with_time(day: i32, rest: &mut &[u8]) -> Option<Written> {
    if rest.is_empty() {
        return Some(Written { day, time: 0, offset: None });
    }
    eat(rest, b",");
    eat(rest, b"Tt _").then_some(())?;
    eat(rest, b" ");
    let mut hour = digits(rest, 1, 2)?;
    eat(rest, b":hH").then_some(())?;
    let minute = digits(rest, 2, 2)?;
    let second = if eat(rest, b":") { digits(rest, 2, 2)? } else { 0 };
    let micros = if eat(rest, b".,") { fraction(rest)? } else { 0 };
    if let Some(afternoon) = half_of_day(rest) {
        (1..=12).contains(&hour).then_some(())?;
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let offset = offset(rest)?;
    written(day, clock(hour, minute, second, micros)?, offset)
}

/// Microseconds of the digits behind the decimal mark; finer ones are dropped.
fn fraction(rest: &mut &[u8]) -> Option<u32> {
    let before = rest.len();
    let value = digits(rest, 1, 6)?;
    let scale = 10_u32.checked_pow(u32::try_from(6 - (before - rest.len())).ok()?)?;
    while rest.first().is_some_and(u8::is_ascii_digit) {
        eat(rest, b"0123456789");
    }
    Some(value * scale)
}

/// `AM` or `PM`, `Some(true)` for the afternoon.
fn half_of_day(rest: &mut &[u8]) -> Option<bool> {
    let trimmed = rest.trim_ascii_start();
    let (word, behind) = trimmed.split_at_checked(2)?;
    let afternoon = match word.to_ascii_lowercase().as_slice() {
        b"am" => false,
        b"pm" => true,
        _ => return None,
    };
    *rest = behind;
    Some(afternoon)
}

/// `Z`, `UTC`, `+02:00`, `+0200`, `+02`, or nothing; a zone's name in brackets behind is passed over.
#[expect(clippy::option_option, reason = "the outer option is whether the text can be read at all")]
fn offset(rest: &mut &[u8]) -> Option<Option<i32>> {
    let mut bytes = rest.trim_ascii();
    if let Some(at) = bytes.iter().position(|byte| *byte == b'[').filter(|_| bytes.ends_with(b"]")) {
        bytes = bytes.get(..at)?;
    }
    match bytes {
        [] => return Some(None),
        b"Z" | b"z" | b"UTC" | b"GMT" => return Some(Some(0)),
        _ => {}
    }
    let sign = if eat(&mut bytes, b"+") { 1 } else { -1 };
    if sign < 0 && !eat(&mut bytes, b"-") {
        return None;
    }
    let hours = digits(&mut bytes, 2, 2)?;
    eat(&mut bytes, b":");
    let minutes = if bytes.is_empty() { 0 } else { digits(&mut bytes, 2, 2)? };
    let valid = bytes.is_empty() && hours <= 18 && minutes < 60;
    valid.then_some(Some(sign * i32::try_from(hours * 3600 + minutes * 60).ok()?))
}

/// The beginnings of the months' names, without accents, in English and French.
const MONTHS: [&[&str]; 12] = [
    &["jan"],
    &["feb", "fev"],
    &["mar"],
    &["apr", "avr"],
    &["may", "mai"],
    &["jun", "juin"],
    &["jul", "juil"],
    &["aug", "aou"],
    &["sep"],
    &["oct"],
    &["nov"],
    &["dec"],
];

fn month_of(word: &str) -> Option<u32> {
    let plain: String = word.chars().flat_map(char::to_lowercase).map(without_accent).collect();
    let at = MONTHS.iter().position(|names| names.iter().any(|name| plain.starts_with(name)))?;
    u32::try_from(at + 1).ok()
}

const fn without_accent(c: char) -> char {
    match c {
        'é' | 'è' | 'ê' => 'e',
        'û' | 'ù' => 'u',
        _ => c,
    }
}

/// `31 Jan 2011`, `31-janv.-2011 12:00`, `Jan 31, 2011`, `Mon, 31 Jan 2011 12:00:00 +0000`.
fn named(text: &str) -> Option<Written> {
    let letters = text.find(|c: char| c.is_ascii_digit())?;
    let before = text.get(..letters)?.trim_end_matches([' ', ',', '.', '-']);
    let mut words = before.rsplit([' ', ',']);
    let leading = words.next().and_then(month_of);
    let mut rest = text.get(letters..)?;
    let day = take_number(&mut rest)?;
    let month = if let Some(month) = leading {
        month
    } else {
        rest = rest.trim_start_matches([' ', '-', '.', '/']);
        let end = rest.find(|c: char| !c.is_alphabetic())?;
        let month = month_of(rest.get(..end)?)?;
        rest = rest.get(end..)?;
        month
    };
    rest = rest.trim_start_matches([' ', '-', '.', '/', ',']);
    let year = take_number(&mut rest)?;
    let year = if year < 100 { full_year(year) } else { year };
    let day = day_number(i32::try_from(year).ok()?, month, day)?;
    let mut bytes = rest.as_bytes();
    with_time(day, &mut bytes)
}

fn take_number(rest: &mut &str) -> Option<u32> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, behind) = rest.split_at_checked(end)?;
    *rest = behind;
    (end <= 4).then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value as it was understood: `2011-01-31 12:00:00.500000 +3600`.
    fn shown(format: &AtFormat, text: &str) -> String {
        let Some(written) = parse(format, text) else { return "-".to_owned() };
        let civil = jiff::Timestamp::from_microsecond(written.civil()).unwrap();
        let civil = jiff::tz::Offset::UTC.to_datetime(civil);
        match written.offset {
            Some(offset) => format!("{civil} {offset:+}"),
            None => civil.to_string(),
        }
    }

    #[test]
    fn iso_dates() {
        for (text, expected) in [
            ("2011-01-31", "2011-01-31T00:00:00"),
            ("2011/1/3", "2011-01-03T00:00:00"),
            ("2011-01-31T12:34", "2011-01-31T12:34:00"),
            ("2011-01-31 12:34:56", "2011-01-31T12:34:56"),
            ("2011-01-31T12:34:56.5Z", "2011-01-31T12:34:56.5 +0"),
            ("2011-01-31T12:34:56.123456789+02:00", "2011-01-31T12:34:56.123456 +7200"),
            ("2011-01-31 12:34:56,250 -0330", "2011-01-31T12:34:56.25 -12600"),
            ("2011-01-31 12:34:56 UTC", "2011-01-31T12:34:56 +0"),
            ("2024-03-10T01:00:00-05:00[America/New_York]", "2024-03-10T01:00:00 -18000"),
            ("2011-01-31T24:00", "2011-02-01T00:00:00"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59 +0"),
            ("2011-02-29", "-"),
            ("2011-13-01", "-"),
            ("0000-00-00", "-"),
            ("2011-01-31T25:00", "-"),
            ("2011-01-31x", "-"),
            ("2011-01/31", "-"),
            ("31/01/2011", "-"),
            ("", "-"),
        ] {
            assert_eq!(shown(&AtFormat::Iso, text), expected, "{text}");
        }
    }

    #[test]
    fn other_dates() {
        for (format, text, expected) in [
            (AtFormat::Yyyymmdd, "19970131", "1997-01-31T00:00:00"),
            (AtFormat::Yyyymmdd, "20110131123456", "2011-01-31T12:34:56"),
            (AtFormat::Yyyymmdd, "20110131T1234Z", "2011-01-31T12:34:00 +0"),
            (AtFormat::Yyyymmdd, "19970132", "-"),
            (AtFormat::Dmy, "31/1/2011", "2011-01-31T00:00:00"),
            (AtFormat::Dmy, "31.01.11 8:05", "2011-01-31T08:05:00"),
            (AtFormat::Dmy, "01-02-2011 12:30 PM", "2011-02-01T12:30:00"),
            (AtFormat::Dmy, "01/31/2011", "-"),
            (AtFormat::Mdy, "12/1/2010 8:26", "2010-12-01T08:26:00"),
            (AtFormat::Mdy, "1/31/2011, 12:05:09 AM", "2011-01-31T00:05:09"),
            (AtFormat::Mdy, "1/31/211", "-"),
            (AtFormat::Mdy, "1/31/2011 13:00 PM", "-"),
            (AtFormat::Named, "31 Jan 2011", "2011-01-31T00:00:00"),
            (AtFormat::Named, "Jan 31, 2011 5:00 PM", "2011-01-31T17:00:00"),
            (AtFormat::Named, "3 août 2011", "2011-08-03T00:00:00"),
            (AtFormat::Named, "31-févr.-2011", "-"),
            (AtFormat::Named, "28-févr.-2011", "2011-02-28T00:00:00"),
            (AtFormat::Named, "Mon, 31 Jan 2011 12:00:00 +0000", "2011-01-31T12:00:00 +0"),
            (AtFormat::Epoch, "1300000000", "2011-03-13T07:06:40 +0"),
            (AtFormat::Epoch, "1300000000.25", "2011-03-13T07:06:40.25 +0"),
            (AtFormat::Epoch, "1300000000000", "-"),
            (AtFormat::EpochMs, "1300000000250", "2011-03-13T07:06:40.25 +0"),
            (AtFormat::EpochNs, "1300000000250000000", "2011-03-13T07:06:40.25 +0"),
            (AtFormat::Pattern("%d.%m.%Y %H:%M".to_owned()), "31.01.2011 08:05", "2011-01-31T08:05:00"),
            (AtFormat::Pattern("%Y%j".to_owned()), "2011031", "2011-01-31T00:00:00"),
            (
                AtFormat::Pattern("%Y-%m-%d %H:%M %z".to_owned()),
                "2011-01-31 08:05 +0200",
                "2011-01-31T08:05:00 +7200",
            ),
        ] {
            assert_eq!(shown(&format, text), expected, "{format} {text}");
        }
    }
}
