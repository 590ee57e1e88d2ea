//! Which format a column of dates has, decided on its values.
//!
//! One format per column: a format chosen per value would read `01/02/2011` one way and `13/02/2011` another.
//! Where the values allow two readings the answer is a question, never a guess.

use super::{AtFormat, Written, excel, parse};

/// Examples of unreadable values kept.
const EXAMPLES: usize = 3;

/// What the values seen so far say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    values: u64,
    readable: [u64; AtFormat::GUESSED.len()],
    day_first_only: Option<String>,
    month_first_only: Option<String>,
    both_ways: Option<String>,
    examples: Vec<String>,
    /// Values that may be days of a spreadsheet, and the first of them.
    excel: u64,
    excel_example: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// One format.
    Format(AtFormat),
    /// Day first and month first are both possible; an example with the two readings.
    Ambiguous { example: String, day_first: String, month_first: String },
    /// Some values need the one, some the other.
    Mixed { day_first: String, month_first: String },
    /// No format reads most of the values, which look like days of a spreadsheet; an example with its reading.
    LikeExcel { example: String, reading: String },
    /// No format reads most of the values; examples.
    Unreadable(String),
}

impl Evidence {
    /// Looks at one value.
    pub(crate) fn add(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.values += 1;
        let mut any = false;
        for (format, n) in AtFormat::GUESSED.iter().zip(&mut self.readable) {
            let readable = is_plausible(format, text) && parse::parse(format, text).is_some();
            *n += u64::from(readable);
            any |= readable;
        }
        self.add_order(text);
        self.add_excel(text);
        if !any && self.examples.len() < EXAMPLES {
            self.examples.push(text.chars().take(60).collect());
        }
    }

    fn add_excel(&mut self, text: &str) {
        if excel::is_usual(text) {
            self.excel += 1;
            self.excel_example.get_or_insert_with(|| text.to_owned());
        }
    }

    fn add_order(&mut self, text: &str) {
        let keep = |slot: &mut Option<String>| {
            if slot.is_none() {
                *slot = Some(text.to_owned());
            }
        };
        match (parse::parse(&AtFormat::Dmy, text), parse::parse(&AtFormat::Mdy, text)) {
            (Some(day_first), Some(month_first)) if day_first != month_first => keep(&mut self.both_ways),
            (Some(_), None) => keep(&mut self.day_first_only),
            (None, Some(_)) => keep(&mut self.month_first_only),
            _ => {}
        }
    }

    /// Values that were not empty.
    pub(crate) const fn values(&self) -> u64 {
        self.values
    }

    /// The largest share of values that one format reads.
    pub(crate) fn best_share(&self) -> f64 {
        let best = self.readable.iter().copied().max().unwrap_or(0);
        if self.values == 0 { 0.0 } else { best as f64 / self.values as f64 }
    }

    /// Whether the values are best read as numbers of seconds or finer since 1970.
    pub(crate) fn is_epoch(&self) -> bool {
        matches!(self.verdict(), Verdict::Format(format) if format.epoch_steps().is_some())
    }

    /// A value and its reading, where most values look like days of a spreadsheet and like nothing else.
    pub(crate) fn like_excel(&self) -> Option<(String, String)> {
        let example = self.excel_example.as_ref()?;
        let most = self.excel * 10 >= self.values * 9 && self.best_share() < 0.5;
        most.then(|| (example.clone(), reading(&AtFormat::Excel, example)))
    }

    /// The answer so far.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.best_share() < 0.5 {
            if let Some((example, reading)) = self.like_excel() {
                return Verdict::LikeExcel { example, reading };
            }
            let shown: Vec<String> = self.examples.iter().map(|example| format!("{example:?}")).collect();
            return Verdict::Unreadable(if shown.is_empty() {
                "only empty values".to_owned()
            } else {
                shown.join(", ")
            });
        }
        let most = self.readable.iter().copied().max().unwrap_or(0);
        let best = AtFormat::GUESSED.iter().zip(self.readable).find(|(_, n)| *n == most);
        match best {
            Some((AtFormat::Dmy | AtFormat::Mdy, _)) => self.order(),
            Some((format, _)) => Verdict::Format(format.clone()),
            None => Verdict::Unreadable(String::new()),
        }
    }

    fn order(&self) -> Verdict {
        match (&self.day_first_only, &self.month_first_only, &self.both_ways) {
            (Some(day_first), Some(month_first), _) => {
                Verdict::Mixed { day_first: day_first.clone(), month_first: month_first.clone() }
            }
            (None, Some(_), _) => Verdict::Format(AtFormat::Mdy),
            (None, None, Some(example)) => Verdict::Ambiguous {
                example: example.clone(),
                day_first: reading(&AtFormat::Dmy, example),
                month_first: reading(&AtFormat::Mdy, example),
            },
            // Only the day can be first, or both orders say the same (01/01/2011).
            _ => Verdict::Format(AtFormat::Dmy),
        }
    }
}

/// Numbers are taken for an epoch only where their size leaves no doubt of the unit: 1973 to 2200.
fn is_plausible(format: &AtFormat, text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match format {
        AtFormat::Epoch => matches!(digits, 9 | 10),
        AtFormat::EpochMs => matches!(digits, 12 | 13),
        AtFormat::EpochUs => matches!(digits, 15 | 16),
        AtFormat::EpochNs => matches!(digits, 18 | 19),
        _ => true,
    }
}

/// A value's date under a format, for people.
fn reading(format: &AtFormat, text: &str) -> String {
    let date = parse::parse(format, text).and_then(|written: Written| {
        let instant = jiff::Timestamp::from_microsecond(written.civil()).ok()?;
        Some(jiff::tz::Offset::UTC.to_datetime(instant).strftime("%-d %B %Y").to_string())
    });
    date.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(values: &[&str]) -> Verdict {
        let mut evidence = Evidence::default();
        values.iter().for_each(|value| evidence.add(value));
        evidence.verdict()
    }

    fn check(values: &[&str], expected: AtFormat) {
        assert_eq!(verdict(values), Verdict::Format(expected), "{values:?}");
    }

    #[test]
    fn one_format_is_found() {
        check(&["2011-01-02", "2011-01-03T12:00:00Z", "x"], AtFormat::Iso);
        check(&["19970101", "19970102"], AtFormat::Yyyymmdd);
        check(&["01/02/2011", "13/02/2011"], AtFormat::Dmy);
        check(&["12/1/2010 8:26", "12/13/2010 9:00"], AtFormat::Mdy);
        check(&["01/01/2011", "02/02/2011"], AtFormat::Dmy);
        check(&["3 mars 2011", "4 avr. 2011"], AtFormat::Named);
        check(&["1300000000", "1300000001"], AtFormat::Epoch);
        check(&["1300000000000"], AtFormat::EpochMs);
        check(&["1300000000000000"], AtFormat::EpochUs);
        check(&["1300000000000000000"], AtFormat::EpochNs);
    }

    #[test]
    fn two_readings_are_a_question() {
        let question = Verdict::Ambiguous {
            example: "01/02/2011".to_owned(),
            day_first: "1 February 2011".to_owned(),
            month_first: "2 January 2011".to_owned(),
        };
        assert_eq!(verdict(&["05/05/2011", "01/02/2011", "03/04/2011"]), question);
    }

    #[test]
    fn two_orders_in_one_column_are_refused() {
        let mixed =
            Verdict::Mixed { day_first: "13/01/2011".to_owned(), month_first: "01/13/2011".to_owned() };
        assert_eq!(verdict(&["01/02/2011", "13/01/2011", "01/13/2011"]), mixed);
    }

    #[test]
    fn numbers_and_words_are_no_dates() {
        assert_eq!(verdict(&["1", "2", "x"]), Verdict::Unreadable("\"1\", \"2\", \"x\"".to_owned()));
    }

    #[test]
    fn days_of_a_spreadsheet_are_suspected_only() {
        let (example, reading) = ("45293.81".to_owned(), "2 January 2024".to_owned());
        assert_eq!(verdict(&["45293.81", "45294"]), Verdict::LikeExcel { example, reading });
        assert!(matches!(verdict(&["45293", "7", "8"]), Verdict::Unreadable(_)));
    }
}
