//! Numbers the segment values of stored files: the same combination has the same number in all of them.

use std::collections::HashMap;

use fidance_domain::history::{Profile, Segments};

use crate::customers::MISSING;

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
        let segments = Segments { dimensions, values: empty, profiles: Vec::new() };
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

fn number_of(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
