//! Numbers out of the reference files, which are JSON: just enough of a reader for them.

use crate::data::read;

/// A reference file.
pub(crate) struct Expected(String);

impl Expected {
    /// Reads a file of the data folder; `None` after saying that the test is skipped.
    pub(crate) fn read(path: &str) -> Option<Self> {
        read(path).map(Self)
    }

    /// The text of the value under nested keys.
    #[track_caller]
    fn value(&self, keys: &[&str]) -> &str {
        let mut text = self.0.as_str();
        for key in keys {
            let start = text.find(&format!("\"{key}\"")).unwrap_or_else(|| panic!("no {key} in {keys:?}"));
            let rest = text[start + key.len() + 2..].trim_start().strip_prefix(':').unwrap().trim_start();
            text = &rest[..length(rest)];
        }
        text
    }

    /// The numbers under nested keys, in order.
    #[track_caller]
    pub(crate) fn numbers(&self, keys: &[&str]) -> Vec<f64> {
        let tokens = self.value(keys).split(|c: char| "[]{},: \n\r\t".contains(c));
        tokens.filter_map(|token| token.parse().ok()).collect()
    }

    /// The same, or `None` where the innermost key is not in the file.
    pub(crate) fn known(&self, keys: &[&str]) -> Option<Vec<f64>> {
        let last = keys.last()?;
        self.0.contains(&format!("\"{last}\"")).then(|| self.numbers(keys))
    }

    /// The first number under nested keys.
    #[track_caller]
    pub(crate) fn number(&self, keys: &[&str]) -> f64 {
        self.numbers(keys)[0]
    }

    /// The lists of whole numbers in the value, one per key of the innermost object.
    #[track_caller]
    pub(crate) fn lists(&self, keys: &[&str]) -> Vec<Vec<usize>> {
        let lists = self.value(keys).split('[').skip(1);
        lists.map(|list| list.split(']').next().unwrap()).map(whole_numbers).collect()
    }
}

fn whole_numbers(text: &str) -> Vec<usize> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|token| token.parse().ok()).collect()
}

/// Length of the JSON value at the start of the text.
fn length(text: &str) -> usize {
    let mut depth = 0_i32;
    for (index, character) in text.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' if depth == 1 => return index + 1,
            ']' | '}' | ',' if depth == 0 => return index,
            ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}
