//! The groups customers are in: values and their combinations, each stored once.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use fidance_domain::{
    history::{Profile, Segments},
    table::Column,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{cells, error::IntakeError};

/// More values than this are not groups but names.
const MAX_VALUES: usize = 1_000;
/// More combinations than this are not readable by anyone.
const MAX_PROFILES: usize = 1_000_000;
/// The value of rows without one.
const MISSING: &str = "(none)";

/// A hasher for short texts that takes each in one go.
#[derive(Debug, Default)]
pub(crate) struct TextHasher(u64);

impl Hasher for TextHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u8(&mut self, _: u8) {
        // The byte that `str` adds to keep tuples apart; single texts do not need it.
    }
}

/// A map that hashes with [`TextHasher`].
pub(crate) type TextMap<K, V> = HashMap<K, V, BuildHasherDefault<TextHasher>>;

/// Distinct texts, numbered in order of first appearance.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    numbers: TextMap<Box<str>, u32>,
    values: Vec<String>,
    last: u32,
}

impl Interner {
    /// The number of a text; `None` where it would be one more than `limit`.
    pub(crate) fn number(&mut self, text: &str, limit: usize) -> Option<u32> {
        if self.values.get(self.last as usize).is_some_and(|last| last == text) {
            return Some(self.last);
        }
        let number = match self.numbers.get(text) {
            Some(number) => *number,
            None => self.add(text, limit)?,
        };
        self.last = number;
        Some(number)
    }

    fn add(&mut self, text: &str, limit: usize) -> Option<u32> {
        let number = u32::try_from(self.values.len()).ok().filter(|_| self.values.len() < limit)?;
        self.numbers.insert(text.into(), number);
        self.values.push(text.to_owned());
        Some(number)
    }

    /// The texts in order.
    pub(crate) fn into_values(self) -> Vec<String> {
        self.values
    }
}

/// The segment columns while they are read.
#[derive(Debug)]
pub(crate) struct SegmentTable {
    names: Vec<String>,
    dimensions: Vec<Interner>,
    numbers: HashMap<Box<[u32]>, u32>,
    profiles: Vec<Vec<u32>>,
    current: Vec<u32>,
    last: Option<u32>,
    scratch: String,
}

impl SegmentTable {
    pub(crate) fn new(names: Vec<String>) -> Self {
        let dimensions = names.iter().map(|_| Interner::default()).collect();
        let current = vec![0; names.len()];
        Self {
            names,
            dimensions,
            numbers: HashMap::new(),
            profiles: Vec::new(),
            current,
            last: None,
            scratch: String::new(),
        }
    }

    /// The profile of a row; `columns` are the places of the segment columns in the batch.
    pub(crate) fn profile(
        &mut self,
        batch: &[Column],
        columns: &[usize],
        row: usize,
    ) -> Result<Profile, IntakeError> {
        if columns.is_empty() {
            return Ok(Profile(self.only_profile()));
        }
        let mut changed = self.last.is_none();
        for (at, (place, dimension)) in columns.iter().zip(&mut self.dimensions).enumerate() {
            let text = batch.get(*place).map_or("", |column| cells::text(column, row, &mut self.scratch));
            let text = if text.is_empty() { MISSING } else { text };
            let Some(number) = dimension.number(text, MAX_VALUES) else {
                let column = self.names.get(at).cloned().unwrap_or_default();
                return Err(IntakeError::NotASegment { column, limit: MAX_VALUES });
            };
            if let Some(current) = self.current.get_mut(at) {
                changed |= *current != number;
                *current = number;
            }
        }
        match self.last {
            Some(last) if !changed => Ok(Profile(last)),
            _ => self.intern(),
        }
    }

    fn only_profile(&mut self) -> u32 {
        if self.profiles.is_empty() {
            self.profiles.push(Vec::new());
        }
        0
    }

    fn intern(&mut self) -> Result<Profile, IntakeError> {
        let known = self.numbers.get(self.current.as_slice()).copied();
        let number = known.map_or_else(|| self.add_profile(), Ok)?;
        self.last = Some(number);
        Ok(Profile(number))
    }

    fn add_profile(&mut self) -> Result<u32, IntakeError> {
        if self.profiles.len() >= MAX_PROFILES {
            return Err(IntakeError::TooManyProfiles { limit: MAX_PROFILES });
        }
        let number = u32::try_from(self.profiles.len()).unwrap_or(u32::MAX);
        self.numbers.insert(self.current.as_slice().into(), number);
        self.profiles.push(self.current.clone());
        Ok(number)
    }

    /// The segments of all rows.
    pub(crate) fn finish(self) -> Segments {
        let values = self.dimensions.into_iter().map(Interner::into_values).collect();
        Segments { dimensions: self.names, values, profiles: self.profiles, ..Segments::default() }
    }
}
