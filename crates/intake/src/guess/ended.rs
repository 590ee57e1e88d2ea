//! `--ended` and `ended` of a mapping: a column of flags, or a condition under which the customer has left.
//!
//! Only the columns of the file can say which of the two a text is, so it is not decided before they are known.

use super::find;
use crate::condition::{Condition, ConditionError};

/// The condition that a text stands for; `None` where it is a column, or a column's name that is not there.
///
/// A column that is called like a condition is the column: nobody has such a name by accident.
pub(super) fn condition(given: &str, columns: &[String]) -> Result<Option<Condition>, ConditionError> {
    if find(columns, given).is_some() {
        return Ok(None);
    }
    match given.parse() {
        Ok(condition) => Ok(Some(condition)),
        Err(error) if is_meant_as_one(given) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether a text that is no condition was to be one, and is not just a column's name with a mistake in it.
fn is_meant_as_one(text: &str) -> bool {
    const WORDS: [&str; 4] = ["is", "like", "in", "not"];
    let is_word = |word: &str| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
    text.contains(['=', '<', '>', '!', '~'])
        || text.trim_start().starts_with(['"', '`'])
        || text.split_whitespace().skip(1).any(is_word)
}
