//! Columns of dates whose name is not one of the usual, and what is said where there is none.

use super::{Facts, Guesser, names};
use crate::{error::IntakeError, mapping::Role};

impl Guesser<'_> {
    /// The only column of dates, whatever its name; failing that, the only one of numbers that are dates by
    /// its name and by what they are.
    pub(super) fn date_by_content(&mut self) -> Result<(), IntakeError> {
        let free = || self.facts.iter().filter(|fact| self.is_free(&fact.name));
        let written: Vec<&Facts> = free().filter(|fact| fact.is_date(false)).collect();
        let numbered = || free().filter(|fact| says_date(&fact.name) && fact.is_date(true)).collect();
        let dates = if written.is_empty() { numbered() } else { written };
        match dates.as_slice() {
            [one] => {
                let why = format!("the only column of dates, such as {:?}", one.example);
                self.take(Role::At, &one.name, why);
                Ok(())
            }
            [] => Err(self.not_guessed(Role::At)),
            several => Err(self.tie(Role::At, several)),
        }
    }

    /// The error where a needed column was not found; of dates, it says which columns may hold them after all.
    pub(super) fn not_guessed(&self, role: Role) -> IntakeError {
        let file = self.file.to_owned();
        let dates = [Role::At, Role::Start, Role::End];
        let named = |name: &str| says_date(name) || dates.iter().any(|date| names::score(*date, name) > 0);
        let mut days = self.facts.iter().filter(|fact| dates.contains(&role) && named(&fact.name));
        match days.find_map(|fact| Some((fact, fact.like_excel()?))) {
            Some((fact, (example, reading))) => {
                IntakeError::LikeExcel { file, column: fact.name.clone(), example, reading }
            }
            None => IntakeError::NotGuessed { file, role, columns: self.list(|_| true) },
        }
    }
}

/// Whether one of the words of a column's name says that it holds dates.
fn says_date(name: &str) -> bool {
    const WORDS: [&str; 10] =
        ["time", "datetime", "timestamp", "horodatage", "heure", "jour", "day", "epoch", "ts", "at"];
    const OTHERS: [&str; 3] = ["candidate", "mandate", "validate"];
    words(name).iter().any(|word| {
        let is_date = word.starts_with("date") || word.ends_with("date") || word.ends_with("dates");
        let is_other = OTHERS.iter().any(|other| word.trim_end_matches('s') == *other);
        WORDS.contains(&word.as_str()) || (is_date && !is_other)
    })
}

/// The words of a name, at signs, spaces and capitals.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (small && c.is_uppercase()) {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_date() {
        for name in
            ["Date d'achat", "purchase_date", "visitDate", "DATES", "datetime", "boughtTimestamp", "jour"]
        {
            assert!(says_date(name), "{name}");
        }
        for name in ["candidate_id", "mandates", "validate", "reference", "sometimes", "holiday", "total", ""]
        {
            assert!(!says_date(name), "{name}");
        }
    }
}
