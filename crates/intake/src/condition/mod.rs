//! Conditions on rows: `COLUMN op VALUE`, the small part of SQL that a `--where` needs.
//!
//! An empty cell is a missing value. Unlike in SQL it takes part in `!=`, `not like` and `not in`, because a
//! row should not vanish from a figure by having nothing in a column that was asked *not* to be something.

mod like;
mod parse;

use std::{fmt, str::FromStr};

use fidance_domain::table::Column;
use serde::{Deserialize, Serialize};

use crate::cells;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value to compare with: its text, and its number where it is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Literal {
    pub(crate) text: String,
    pub(crate) number: Option<f64>,
}

/// What is asked of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Compare(Operator, Literal),
    Like { pattern: String, negated: bool },
    In { values: Vec<Literal>, negated: bool },
    Null { negated: bool },
}

/// A condition that rows must meet, such as `InvoiceNo not like "C%"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    source: String,
    column: String,
    test: Test,
}

/// A condition that cannot be read, with the place where it fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the condition cannot be read at position {position}: {message}\n  {source_text}\n  {arrow:>width$}", arrow = "^", width = position)]
pub struct ConditionError {
    /// The condition.
    pub source_text: String,
    /// The character at which reading stopped, from 1.
    pub position: usize,
    /// What was expected.
    pub message: String,
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let (column, test) = parse::condition(text)?;
        Ok(Self { source: text.to_owned(), column, test })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl TryFrom<String> for Condition {
    type Error = ConditionError;

    fn try_from(text: String) -> Result<Self, ConditionError> {
        text.parse()
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.source
    }
}

impl Condition {
    /// The column it is about.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// Whether a row of the column meets it.
    pub(crate) fn holds(&self, column: &Column, row: usize, scratch: &mut String) -> bool {
        match &self.test {
            Test::Compare(operator, literal) => compares(*operator, literal, column, row, scratch),
            Test::Like { pattern, negated } => {
                like::matches(pattern, cells::text(column, row, scratch)) != *negated
            }
            Test::In { values, negated } => {
                let found = values.iter().any(|value| compares(Operator::Equal, value, column, row, scratch));
                found != *negated
            }
            Test::Null { negated } => cells::text(column, row, scratch).is_empty() != *negated,
        }
    }
}

/// Compares as numbers where both sides are, as text otherwise.
fn compares(
    operator: Operator,
    literal: &Literal,
    column: &Column,
    row: usize,
    scratch: &mut String,
) -> bool {
    let numbers = literal.number.and_then(|right| Some((cells::number(column, row)?, right)));
    let order = if let Some((left, right)) = numbers {
        left.partial_cmp(&right)
    } else {
        let text = cells::text(column, row, scratch);
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        // A missing value is neither smaller nor larger than anything, nor is a word than a number.
        if ordered
            && (text.is_empty()
                || literal.number.is_some() && !text.starts_with(|c: char| c.is_ascii_digit()))
        {
            None
        } else {
            Some(text.cmp(literal.text.as_str()))
        }
    };
    match operator {
        Operator::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
        Operator::NotEqual => !order.is_some_and(std::cmp::Ordering::is_eq),
        Operator::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
        Operator::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
    }
}

#[cfg(test)]
mod tests {
    use fidance_domain::table::TextColumn;

    use super::*;

    /// The cells of a column that meet a condition.
    fn kept(condition: &str, cells: &[&str]) -> Vec<String> {
        let condition: Condition = condition.parse().unwrap();
        let column = Column::Text(cells.iter().copied().collect::<TextColumn>());
        let holds = |row: &usize| condition.holds(&column, *row, &mut String::new());
        (0..cells.len()).filter(holds).map(|row| cells[row].to_owned()).collect()
    }

    #[test]
    fn conditions_keep_the_right_rows() {
        let invoices = ["536365", "C536379", "", "c1"];
        assert_eq!(kept(r#"InvoiceNo not like "C%""#, &invoices), ["536365", "", "c1"]);
        assert_eq!(kept("x like 'C_3%'", &invoices), ["C536379"]);
        assert_eq!(kept("x is null", &invoices), [""]);
        assert_eq!(kept("x IS NOT NULL", &invoices), ["536365", "C536379", "c1"]);
        let answers = ["Yes", "No", "No phone service", ""];
        assert_eq!(kept(r#"Churn = "Yes""#, &answers), ["Yes"]);
        assert_eq!(kept("Churn != Yes", &answers), ["No", "No phone service", ""]);
        assert_eq!(kept(r#"OnlineSecurity in ("Yes","No")"#, &answers), ["Yes", "No"]);
        assert_eq!(kept("`Online Security` NOT IN ('Yes', No)", &answers), ["No phone service", ""]);
        let numbers = ["9", "10", "10.0", "-1", "x", ""];
        assert_eq!(kept("n < 10", &numbers), ["9", "-1"]);
        assert_eq!(kept("n >= 10", &numbers), ["10", "10.0"]);
        assert_eq!(kept("n = 10", &numbers), ["10", "10.0"]);
        assert_eq!(kept("n <> 10", &numbers), ["9", "-1", "x", ""]);
        let dates = ["2011-01-31", "2011-02-01", ""];
        assert_eq!(kept("date < 2011-02-01", &dates), ["2011-01-31"]);
        assert_eq!(kept("\"the date\" >= '2011-02'", &dates), ["2011-02-01"]);
    }

    #[test]
    fn typed_cells_are_compared_too() {
        let condition: Condition = "n in (1, 2.5)".parse().unwrap();
        let ints = Column::Int(vec![Some(1), Some(2), None]);
        let floats = Column::Float(vec![Some(1.0), Some(2.5), None]);
        let kept = |column: &Column| {
            (0..3).filter(|row| condition.holds(column, *row, &mut String::new())).collect::<Vec<_>>()
        };
        assert_eq!(kept(&ints), [0]);
        assert_eq!(kept(&floats), [0, 1]);
        let day: Condition = "d = 1970-01-02".parse().unwrap();
        assert!(day.holds(&Column::Date(vec![Some(1)]), 0, &mut String::new()));
    }
}
