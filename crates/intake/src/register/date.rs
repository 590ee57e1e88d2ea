//! Dates of incidents: whole ones in the forms that intake knows, and months and years alone.

use fidance_domain::incident::PartialDate;
use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use crate::dates::{AtFormat, Written, read_text};

/// How the dates of a file are read.
#[derive(Debug, Clone)]
pub(super) struct DateRule {
    /// The form of whole dates, beside the one with the year first.
    pub(super) format: AtFormat,
    /// The zone whose days are meant.
    pub(super) zone: TimeZone,
}

impl DateRule {
    /// A date, or why it is none.
    pub(super) fn read(&self, text: &str) -> Result<PartialDate, String> {
        let text = text.trim();
        if is_partial(text) {
            return part(text).ok_or_else(|| wrong(text));
        }
        let written = read_text(&self.format, text).or_else(|| read_text(&AtFormat::Iso, text));
        let day = written.and_then(|written| self.day(written)).ok_or_else(|| wrong(text))?;
        let (year, month, day) = (day.year(), day.month(), day.day());
        PartialDate::new(year, Some(month), Some(day)).map_err(|_| wrong(text))
    }

    fn day(&self, written: Written) -> Option<Date> {
        let Some(offset) = written.offset else {
            return date(1970, 1, 1).checked_add(i64::from(written.day).days()).ok();
        };
        let instant =
            jiff::Timestamp::from_microsecond(written.civil() - i64::from(offset) * 1_000_000).ok()?;
        Some(self.zone.to_datetime(instant).date())
    }
}

fn wrong(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!("{shown:?} is no date; write 2024-05-17, or 2024-05 or 2024 where less is known")
}

/// Whether a text is a year, or a year and a month, and so says nothing of the order of day and month.
pub(super) fn is_partial(text: &str) -> bool {
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|byte| byte.is_ascii_digit());
    let two = text.split_once(['-', '/', '.']);
    digits(text, 4)
        || two.is_some_and(|(a, b)| (digits(a, 4) && digits(b, 2)) || (digits(a, 2) && digits(b, 4)))
}

fn part(text: &str) -> Option<PartialDate> {
    let Some((a, b)) = text.split_once(['-', '/', '.']) else {
        return PartialDate::new(text.parse().ok()?, None, None).ok();
    };
    let (year, month) = if a.len() == 4 { (a, b) } else { (b, a) };
    PartialDate::new(year.parse().ok()?, Some(month.parse().ok()?), None).ok()
}
