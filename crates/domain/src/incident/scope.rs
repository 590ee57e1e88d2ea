//! Whom an event concerns where nobody has a list of them: customers with some values of some segment columns.
//!
//! A scope is written down with the event and read against the data later, which need not have its columns. Written as
//! text it is `device=mobile|desktop; country=FR`.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::history::{Members, Segments};

/// Columns and values: a customer is in scope who has, in each of the columns, one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(BTreeMap<String, Vec<String>>);

/// Why something is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// There is no condition.
    #[error("it names no column; leave it out where everybody is concerned")]
    Empty,
    /// A condition without an equals sign, or with two.
    #[error("{0:?} is no condition; write column=value, values apart by |, columns apart by ;")]
    NoCondition(String),
    /// The name of a column is missing.
    #[error("a column has no name")]
    NoColumn,
    /// A column without a value.
    #[error("the column {0:?} has no value")]
    NoValue(String),
    /// A column that is named twice.
    #[error("the column {0:?} is named twice; write its values apart by |")]
    Twice(String),
}

/// What of a scope the data do not have: it cannot be told then who is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeGap {
    /// The data have no such segment column.
    Column(String),
    /// No customer has this value in that column.
    Value {
        /// The column.
        column: String,
        /// The value.
        value: String,
    },
}

impl Scope {
    /// From columns and their values; white space around both is left out, and so are values given twice.
    ///
    /// # Errors
    /// Where there is no column, or a column without a name or a value, or named twice.
    pub fn new(conditions: impl IntoIterator<Item = (String, Vec<String>)>) -> Result<Self, ScopeError> {
        let mut columns = BTreeMap::new();
        for (column, given) in conditions {
            let column = column.trim().to_owned();
            if column.is_empty() {
                return Err(ScopeError::NoColumn);
            }
            let mut values: Vec<String> = Vec::new();
            for value in given.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
                if !values.iter().any(|known| known == value) {
                    values.push(value.to_owned());
                }
            }
            if values.is_empty() {
                return Err(ScopeError::NoValue(column));
            }
            if columns.contains_key(&column) {
                return Err(ScopeError::Twice(column));
            }
            columns.insert(column, values);
        }
        if columns.is_empty() { Err(ScopeError::Empty) } else { Ok(Self(columns)) }
    }

    /// The columns in the order of their names, each with its values in the order in which they were given.
    pub fn conditions(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(column, values)| (column.as_str(), values.as_slice()))
    }

    /// Who is in scope.
    ///
    /// # Errors
    /// Where the data have no such column or value.
    pub fn members(&self, segments: &Segments) -> Result<Members, ScopeGap> {
        let mut wanted = Vec::new();
        for (column, values) in self.conditions() {
            let dimension = segments.dimensions.iter().position(|name| name == column);
            let known = dimension.and_then(|dimension| Some((dimension, segments.values.get(dimension)?)));
            let Some((dimension, known)) = known else { return Err(ScopeGap::Column(column.to_owned())) };
            let number = |value: &String| {
                let place = known.iter().position(|known| known == value);
                let number = place.and_then(|place| u32::try_from(place).ok());
                number.ok_or_else(|| ScopeGap::Value { column: column.to_owned(), value: value.clone() })
            };
            wanted.push((dimension, values.iter().map(number).collect::<Result<Vec<u32>, _>>()?));
        }
        let fits = |profile: &Vec<u32>| {
            wanted.iter().all(|(dimension, values)| {
                profile.get(*dimension).is_some_and(|value| values.contains(value))
            })
        };
        Ok(Members::new(segments.profiles.iter().map(fits).collect()))
    }
}

/// The marks of the text form, which a backslash makes part of a name.
const MARKS: [char; 4] = [';', '|', '=', '\\'];

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |text: &str| {
            text.chars().fold(String::new(), |mut all, c| {
                if MARKS.contains(&c) {
                    all.push('\\');
                }
                all.push(c);
                all
            })
        };
        for (place, (column, values)) in self.conditions().enumerate() {
            let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
            let mark = if place == 0 { "" } else { "; " };
            write!(f, "{mark}{}={}", escaped(column), values.join("|"))?;
        }
        Ok(())
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let mut conditions = Vec::new();
        for condition in split(text, ';').iter().filter(|condition| !condition.trim().is_empty()) {
            let parts = split(condition, '=');
            let [column, values] = parts.as_slice() else {
                return Err(ScopeError::NoCondition(condition.trim().chars().take(60).collect()));
            };
            conditions.push((plain(column), split(values, '|').iter().map(|value| plain(value)).collect()));
        }
        Self::new(conditions)
    }
}

/// The pieces between marks that no backslash stands before.
fn split(text: &str, mark: char) -> Vec<String> {
    let (mut pieces, mut escaped) = (vec![String::new()], false);
    for c in text.chars() {
        if c == mark && !escaped {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    pieces
}

/// Without the backslashes before marks.
fn plain(text: &str) -> String {
    let (mut plain, mut chars) = (String::new(), text.chars().peekable());
    while let Some(c) = chars.next() {
        let marked = (c == '\\').then(|| chars.next_if(|next| MARKS.contains(next))).flatten();
        plain.push(marked.unwrap_or(c));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments() -> Segments {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Segments {
            dimensions: named(&["device", "country"]),
            values: vec![named(&["app", "mobile", "desktop"]), named(&["FR", "BE"])],
            profiles: vec![vec![0, 0], vec![1, 0], vec![2, 0], vec![2, 1], vec![0, 1]],
            ..Segments::default()
        }
    }

    #[test]
    fn columns_are_and_and_values_are_or() {
        let members = |text: &str| {
            let members = text.parse::<Scope>().unwrap().members(&segments()).unwrap();
            (0..6).map(|profile| members.has(crate::history::Profile(profile))).collect::<Vec<_>>()
        };
        assert_eq!(members("device=mobile|desktop"), [false, true, true, true, false, false]);
        assert_eq!(
            members("device = desktop | app ; country = BE"),
            [false, false, false, true, true, false]
        );
    }

    #[test]
    fn what_the_data_do_not_have_is_named() {
        let gap = |text: &str| text.parse::<Scope>().unwrap().members(&segments()).unwrap_err();
        assert_eq!(gap("tier=gold"), ScopeGap::Column("tier".to_owned()));
        let value = ScopeGap::Value { column: "device".to_owned(), value: "tablet".to_owned() };
        assert_eq!(gap("device=mobile|tablet"), value);
        // Spelling counts: another case is another value.
        assert!(matches!(gap("device=Mobile"), ScopeGap::Value { .. }));
        let none = "device=app".parse::<Scope>().unwrap().members(&Segments::default());
        assert_eq!(none, Err(ScopeGap::Column("device".to_owned())));
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let scope = Scope::new([
            ("shop; \"B\"".to_owned(), vec!["a|b".to_owned(), "x=y\\".to_owned()]),
            ("device".to_owned(), vec!["tablet".to_owned(), "app".to_owned(), " app ".to_owned()]),
        ]);
        let scope = scope.unwrap();
        assert!(scope.to_string().starts_with("device=tablet|app; "), "{scope}");
        assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
    }

    #[test]
    fn what_is_no_scope_says_why() {
        let wrong = |text: &str| text.parse::<Scope>().unwrap_err();
        assert_eq!(wrong(" ; "), ScopeError::Empty);
        assert_eq!(wrong("mobile"), ScopeError::NoCondition("mobile".to_owned()));
        assert_eq!(wrong("a=b=c"), ScopeError::NoCondition("a=b=c".to_owned()));
        assert_eq!(wrong("=mobile"), ScopeError::NoColumn);
        assert_eq!(wrong("device= | "), ScopeError::NoValue("device".to_owned()));
        assert_eq!(wrong("device=app;device=web"), ScopeError::Twice("device".to_owned()));
    }
}
