//! Numbers the segment values of stored files: the same combination has the same number in all of them.

use std::{cmp::Reverse, collections::HashMap};

use fidance_domain::history::{Profile, Segments};

use crate::customers::MISSING;

/// Values of a segment that a report tells apart, as many as a file may have.
pub(crate) const MOST_VALUES: usize = 1_000;
/// Stands for the values beyond them.
const OTHER: &str = "(other)";

/// Collects values and their combinations.
#[derive(Debug, Clone, Default)]
pub(crate) struct SegmentsBuilder {
    segments: Segments,
    values: Vec<HashMap<String, u32>>,
    profiles: HashMap<Vec<u32>, u32>,
    current: Vec<u32>,
}

impl SegmentsBuilder {
    /// For these columns. Customers of whom nothing is known have profile 0.
    pub(crate) fn new(dimensions: Vec<String>) -> Self {
        let values = dimensions.iter().map(|_| HashMap::new()).collect();
        let empty = dimensions.iter().map(|_| Vec::new()).collect();
        let segments = Segments { dimensions, values: empty, ..Segments::default() };
        let mut builder = Self { segments, values, ..Self::default() };
        let nothing = vec![MISSING; builder.segments.dimensions.len()];
        builder.profile(&nothing);
        builder
    }

    /// The columns.
    pub(crate) fn dimensions(&self) -> &[String] {
        &self.segments.dimensions
    }

    /// The number of a combination of values, one per column.
    pub(crate) fn profile(&mut self, values: &[&str]) -> Profile {
        self.current.clear();
        for ((value, numbers), names) in values.iter().zip(&mut self.values).zip(&mut self.segments.values) {
            let number = numbers.get(*value).copied().unwrap_or_else(|| {
                let next = number_of(names.len());
                names.push((*value).to_owned());
                numbers.insert((*value).to_owned(), next);
                next
            });
            self.current.push(number);
        }
        if let Some(number) = self.profiles.get(&self.current) {
            return Profile(*number);
        }
        let number = number_of(self.segments.profiles.len());
        self.segments.profiles.push(self.current.clone());
        self.profiles.insert(self.current.clone(), number);
        Profile(number)
    }

    /// Everything so far.
    pub(crate) fn finish(self) -> Segments {
        self.segments
    }
}

/// Leaves each column the values that most customers have, given how many have each combination; the others become one.
///
/// Anybody who may send events may send any value. What is left hangs on the customers alone: not on the order in which they
/// came, nor on the files that they are in.
pub(crate) fn limit(segments: &mut Segments, customers: &[u64], most: usize) {
    for (dimension, values) in segments.values.iter_mut().enumerate() {
        if values.len() <= most {
            continue;
        }
        let mut counts = vec![0_u64; values.len()];
        for (profile, customers) in segments.profiles.iter().zip(customers) {
            if let Some(count) = profile.get(dimension).and_then(|value| counts.get_mut(*value as usize)) {
                *count += customers;
            }
        }
        // Of whom nothing is known is no group like the others.
        let rank = |(value, count): &(&String, u64)| (*value != MISSING, Reverse(*count), (*value).clone());
        let mut ranked: Vec<(&String, u64)> =
            values.iter().zip(counts).filter(|(value, _)| *value != OTHER).collect();
        ranked.sort_by_cached_key(rank);
        let mut kept: Vec<String> =
            ranked.into_iter().take(most.saturating_sub(1)).map(|(value, _)| value.clone()).collect();
        let numbers: HashMap<&str, u32> =
            kept.iter().enumerate().map(|(number, value)| (value.as_str(), number_of(number))).collect();
        let other = number_of(kept.len());
        let new: Vec<u32> =
            values.iter().map(|value| numbers.get(value.as_str()).copied().unwrap_or(other)).collect();
        for value in segments.profiles.iter_mut().filter_map(|profile| profile.get_mut(dimension)) {
            *value = new.get(*value as usize).copied().unwrap_or(other);
        }
        kept.push(OTHER.to_owned());
        *values = kept;
    }
}

fn number_of(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(rows: &[(&str, &str, u64)], most: usize) -> Vec<(String, String, u64)> {
        let mut builder = SegmentsBuilder::new(vec!["colour".to_owned(), "country".to_owned()]);
        let mut customers = vec![0];
        for (colour, country, count) in rows {
            let number = builder.profile(&[colour, country]).0 as usize;
            customers.resize(customers.len().max(number + 1), 0);
            customers[number] += count;
        }
        let mut segments = builder.finish();
        limit(&mut segments, &customers, most);
        assert!(segments.values.iter().all(|values| values.len() <= most));
        let name = |profile: &Vec<u32>, n: usize| segments.values[n][profile[n] as usize].clone();
        let named = segments.profiles.iter().zip(customers).skip(1);
        let mut named: Vec<_> =
            named.map(|(profile, count)| (name(profile, 0), name(profile, 1), count)).collect();
        named.sort();
        named
    }

    #[test]
    fn the_values_of_most_customers_stay_whatever_came_first() {
        let mut rows = vec![
            ("red", "FR", 5),
            ("blue", "FR", 9),
            ("grey", "FR", 5),
            ("(other)", "FR", 7),
            ("(none)", "FR", 1),
            ("red", "BE", 2),
        ];
        let expected = [
            ("(none)", "FR", 1),
            ("(other)", "FR", 5),
            ("(other)", "FR", 7),
            ("blue", "FR", 9),
            ("red", "BE", 2),
            ("red", "FR", 5),
        ];
        let expected = expected.map(|(a, b, n)| (a.to_owned(), b.to_owned(), n));
        for _ in 0..rows.len() {
            assert_eq!(limited(&rows, 4), expected);
            rows.rotate_left(1);
        }
        assert!(limited(&rows, 6).iter().any(|(colour, ..)| colour == "grey"));
    }
}
