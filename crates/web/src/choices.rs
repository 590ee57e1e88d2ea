//! What the address bar asks for, read once into types; a value that cannot be read names its parameter.

use std::borrow::Cow;

use fidance_app::report::{
    model::PeriodLength,
    question::{Question, WindowOption},
};
use form_urlencoded::Serializer;

/// The choices of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choices {
    /// Periods and window.
    pub(crate) question: Question,
    /// Segment column, where one was named.
    pub(crate) by: Option<String>,
    /// Order of the segments.
    pub(crate) sort: Sort,
    /// Which cohort table.
    pub(crate) variant: Variant,
    /// Shares or customers in the cohort table.
    pub(crate) unit: CohortUnit,
}

/// Order of the segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    /// By number of customers, most first.
    #[default]
    Customers,
    /// By name.
    Name,
    /// By retention rate, least first: what needs attention comes first.
    Rate,
    /// By difference to all customers, least first.
    Difference,
}

/// When a customer counts as retained in a cohort's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Variant {
    /// Active in the bucket.
    #[default]
    NDay,
    /// Active in it or later.
    Unbounded,
    /// Active in at least one of a range.
    Bracket,
    /// Active in every one so far.
    Full,
}

/// What a cohort cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CohortUnit {
    /// Share of the cohort.
    #[default]
    Share,
    /// Number of customers.
    Customers,
}

/// A parameter has a value that is none of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a value of the parameter `{parameter}`")]
pub(crate) struct BadChoice {
    pub(crate) parameter: &'static str,
    pub(crate) value: String,
}

impl BadChoice {
    /// Keeps what can be shown: no control characters, and no more than a line of it.
    fn new(parameter: &'static str, value: &str) -> Self {
        let shown =
            value.chars().take(80).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
        Self { parameter, value: shown.collect() }
    }
}

impl Choices {
    /// Reads a query string; what it does not say is as in `default`.
    pub(crate) fn read(query: Option<&str>, default: Question) -> Result<Self, BadChoice> {
        // The language is read with the visitor; here only a wrong one is refused.
        word(query, "lang", &[("fr", ()), ("en", ())])?;
        let every = word(query, "every", &EVERY)?.unwrap_or(default.every);
        let window = match first_value(query, "window").filter(|text| !text.is_empty()) {
            None => default.window,
            Some(text) if text == "auto" => WindowOption::Auto,
            Some(text) => match text.parse() {
                Ok(window) => WindowOption::Given(window),
                Err(_) => return Err(BadChoice::new("window", &text)),
            },
        };
        Ok(Self {
            question: Question { every, window },
            by: first_value(query, "by").filter(|column| !column.is_empty()),
            sort: word(query, "sort", &SORT)?.unwrap_or_default(),
            variant: word(query, "variant", &VARIANT)?.unwrap_or_default(),
            unit: word(query, "unit", &UNIT)?.unwrap_or_default(),
        })
    }
}

const EVERY: [(&str, PeriodLength); 4] = [
    ("day", PeriodLength::Day),
    ("week", PeriodLength::Week),
    ("month", PeriodLength::Month),
    ("quarter", PeriodLength::Quarter),
];

const SORT: [(&str, Sort); 4] = [
    ("customers", Sort::Customers),
    ("name", Sort::Name),
    ("rate", Sort::Rate),
    ("difference", Sort::Difference),
];

const VARIANT: [(&str, Variant); 4] = [
    ("n-day", Variant::NDay),
    ("unbounded", Variant::Unbounded),
    ("bracket", Variant::Bracket),
    ("full", Variant::Full),
];

const UNIT: [(&str, CohortUnit); 2] = [("share", CohortUnit::Share), ("customers", CohortUnit::Customers)];

impl Variant {
    pub(crate) const ALL: [Self; 4] = [Self::NDay, Self::Unbounded, Self::Bracket, Self::Full];

    /// Its word in an address.
    pub(crate) fn word(self) -> &'static str {
        word_of(&VARIANT, self)
    }
}

impl Sort {
    /// Its word in an address.
    pub(crate) fn word(self) -> &'static str {
        word_of(&SORT, self)
    }
}

impl CohortUnit {
    pub(crate) const ALL: [Self; 2] = [Self::Share, Self::Customers];

    /// Its word in an address.
    pub(crate) fn word(self) -> &'static str {
        word_of(&UNIT, self)
    }
}

/// The word of a period length in an address.
pub(crate) fn every_word(every: PeriodLength) -> &'static str {
    word_of(&EVERY, every)
}

/// The word of a window in an address.
pub(crate) fn window_word(window: WindowOption) -> String {
    match window {
        WindowOption::Auto => "auto".to_owned(),
        WindowOption::Given(window) => window.to_string(),
    }
}

fn word_of<T: PartialEq + Copy>(words: &[(&'static str, T)], wanted: T) -> &'static str {
    words.iter().find(|(_, value)| *value == wanted).map_or("", |(word, _)| word)
}

fn word<T: Copy>(
    query: Option<&str>,
    parameter: &'static str,
    words: &[(&str, T)],
) -> Result<Option<T>, BadChoice> {
    let Some(text) = first_value(query, parameter).filter(|text| !text.is_empty()) else { return Ok(None) };
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(Some(*value)),
        None => Err(BadChoice::new(parameter, &text)),
    }
}

/// The first value of a parameter, decoded.
pub(crate) fn first_value(query: Option<&str>, name: &str) -> Option<String> {
    pairs(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A query string with some parameters set (or, with an empty value, taken out), the others kept.
pub(crate) fn query_with(query: Option<&str>, changes: &[(&str, &str)]) -> String {
    let kept = pairs(query).filter(|(key, _)| !changes.iter().any(|(name, _)| name == key));
    let set = changes.iter().map(|(name, value)| (Cow::from(*name), Cow::from(*value)));
    let mut text = Serializer::new(String::new());
    text.extend_pairs(kept.chain(set).filter(|(_, value)| !value.is_empty()));
    let text = text.finish();
    if text.is_empty() { text } else { format!("?{text}") }
}

fn pairs(query: Option<&str>) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Question = Question { every: PeriodLength::Month, window: WindowOption::Auto };

    #[test]
    fn choices_are_read() {
        let choices = Choices::read(Some("every=week&window=3mo&by=pays+%C3%A9t%C3%A9"), DEFAULT).unwrap();
        assert_eq!(choices.question.every, PeriodLength::Week);
        assert_eq!(window_word(choices.question.window), "3mo");
        assert_eq!(choices.by.as_deref(), Some("pays été"));
        assert_eq!(Choices::read(None, DEFAULT).unwrap().question, DEFAULT);
        assert_eq!(Choices::read(Some("every=&window="), DEFAULT).unwrap().question, DEFAULT);
    }

    #[test]
    fn a_bad_value_names_its_parameter() {
        for (query, parameter) in [
            ("every=year", "every"),
            ("window=90", "window"),
            ("window=-1d", "window"),
            ("lang=de", "lang"),
            ("sort=up", "sort"),
            ("variant=x", "variant"),
            ("unit=x", "unit"),
        ] {
            assert_eq!(Choices::read(Some(query), DEFAULT).unwrap_err().parameter, parameter);
        }
    }

    #[test]
    fn links_keep_the_other_parameters() {
        assert_eq!(query_with(Some("every=week&lang=fr"), &[("lang", "en")]), "?every=week&lang=en");
        assert_eq!(query_with(Some("sort=name"), &[("sort", "")]), "");
        assert_eq!(query_with(None, &[("by", "a&b=<c>")]), "?by=a%26b%3D%3Cc%3E");
    }
}
