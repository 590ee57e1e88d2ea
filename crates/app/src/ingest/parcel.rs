//! What one accepted request leaves in the inbox: bytes that any later version of the program can read, or refuses.
//!
//! The first byte is the version of the format; the rest is postcard. Names of kinds and segment values are there once.

use std::collections::HashMap;

use fidance_domain::history::{Micros, Segments};
use serde::{Deserialize, Serialize};

/// The format that this program writes.
const VERSION: u8 = 1;
/// The name of kinds beyond those that a batch can number.
const OTHER: &str = "(too many names)";
/// Names of kinds in a batch, at most.
const MOST_KINDS: usize = 60_000;

/// An event, as the lake takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The customer's pseudonym.
    pub customer: i64,
    /// Microseconds since 1970.
    pub at: Micros,
    /// What the client's clock said, where `at` was corrected.
    pub clock: Option<Micros>,
    /// Index into the kinds.
    pub kind: u16,
    /// The amount in ten-thousandths.
    pub amount: Option<i64>,
    /// Index into the profiles.
    pub profile: u32,
    /// The hash of source and message id.
    pub message: u128,
}

/// Two ids that are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Join {
    /// When that was said.
    pub at: Micros,
    /// The id that becomes known: of a visitor, or of a user of an account.
    pub from: i64,
    /// The id it belongs to.
    pub into: i64,
}

/// What one request brought for the lake.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parcel {
    /// Names of the kinds.
    pub kinds: Vec<String>,
    /// Names of the segments.
    pub dimensions: Vec<String>,
    /// Values of each segment.
    pub values: Vec<Vec<String>>,
    /// For each profile an index into the values of each segment.
    pub profiles: Vec<Vec<u32>>,
    /// The events.
    pub events: Vec<Event>,
    /// Who is who.
    pub joins: Vec<Join>,
}

/// A parcel that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParcelError {
    /// There is not even a version.
    #[error("the parcel is empty")]
    Empty,
    /// A newer program has written it.
    #[error("the parcel has the format {0}; this program knows format {VERSION}")]
    Version(u8),
    /// It is damaged.
    #[error("the parcel is damaged")]
    Damaged,
}

impl Parcel {
    /// The bytes that go into the inbox.
    ///
    /// # Errors
    /// None that is known: writing to memory does not fail.
    pub fn encode(&self) -> Result<Vec<u8>, ParcelError> {
        postcard::to_extend(self, vec![VERSION]).map_err(|_| ParcelError::Damaged)
    }

    /// Reads what [`encode`](Self::encode) gave. All indices are within what they point into.
    ///
    /// # Errors
    /// Where the bytes are something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, ParcelError> {
        let (version, rest) = bytes.split_first().ok_or(ParcelError::Empty)?;
        if *version != VERSION {
            return Err(ParcelError::Version(*version));
        }
        let (parcel, rest) = postcard::take_from_bytes::<Self>(rest).map_err(|_| ParcelError::Damaged)?;
        if rest.is_empty() && parcel.is_whole() { Ok(parcel) } else { Err(ParcelError::Damaged) }
    }

    fn is_whole(&self) -> bool {
        let profile = |profile: &Vec<u32>| {
            profile.len() == self.values.len()
                && profile.iter().zip(&self.values).all(|(index, values)| (*index as usize) < values.len())
        };
        let event = |event: &Event| {
            usize::from(event.kind) < self.kinds.len() && (event.profile as usize) < self.profiles.len()
        };
        self.dimensions.len() == self.values.len()
            && self.profiles.iter().all(profile)
            && self.events.iter().all(event)
    }
}

/// Texts numbered in order of first appearance.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    numbers: HashMap<String, u32>,
    pub(crate) texts: Vec<String>,
}

impl Numbered {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.numbers.contains_key(text)
    }

    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// Several parcels as one batch for the lake.
#[derive(Debug, Default)]
pub struct Bundle {
    kinds: Numbered,
    dimensions: Numbered,
    values: Vec<Numbered>,
    profiles: HashMap<Vec<Option<u32>>, u32>,
    listed: Vec<Vec<Option<u32>>>,
    /// The events of all parcels, in their order.
    pub events: Vec<Event>,
    /// The joins of all parcels, in their order.
    pub joins: Vec<Join>,
}

impl Bundle {
    /// Adds a parcel that is whole.
    pub fn add(&mut self, parcel: Parcel) {
        let kinds: Vec<u16> = parcel.kinds.iter().map(|kind| self.kind(kind)).collect();
        let columns: Vec<usize> = parcel.dimensions.iter().map(|name| self.column(name)).collect();
        let mut profiles = Vec::with_capacity(parcel.profiles.len());
        for profile in &parcel.profiles {
            let mut row = vec![None; self.values.len()];
            for ((index, values), column) in profile.iter().zip(&parcel.values).zip(&columns) {
                let value = values.get(*index as usize).map(String::as_str).unwrap_or_default();
                if let (Some(cell), Some(known)) = (row.get_mut(*column), self.values.get_mut(*column)) {
                    *cell = Some(known.number(value));
                }
            }
            let next = u32::try_from(self.listed.len()).unwrap_or(u32::MAX);
            let number = *self.profiles.entry(row.clone()).or_insert(next);
            if number == next {
                self.listed.push(row);
            }
            profiles.push(number);
        }
        self.events.extend(parcel.events.into_iter().map(|event| Event {
            kind: kinds.get(usize::from(event.kind)).copied().unwrap_or_default(),
            profile: profiles.get(event.profile as usize).copied().unwrap_or_default(),
            ..event
        }));
        self.joins.extend(parcel.joins);
    }

    /// Names of the kinds.
    pub fn kinds(&self) -> &[String] {
        &self.kinds.texts
    }

    /// Segments and profiles of all parcels; `missing` stands where a parcel did not have a segment.
    pub fn segments(&mut self, missing: &str) -> Segments {
        let none: Vec<u32> = self.values.iter_mut().map(|values| values.number(missing)).collect();
        let filled = |row: &Vec<Option<u32>>| {
            let cells = none.iter().enumerate();
            cells.map(|(n, none)| row.get(n).copied().flatten().unwrap_or(*none)).collect()
        };
        Segments {
            dimensions: self.dimensions.texts.clone(),
            values: self.values.iter().map(|values| values.texts.clone()).collect(),
            profiles: self.listed.iter().map(filled).collect(),
            ..Segments::default()
        }
    }

    fn kind(&mut self, name: &str) -> u16 {
        let is_full = self.kinds.texts.len() >= MOST_KINDS && !self.kinds.numbers.contains_key(name);
        u16::try_from(self.kinds.number(if is_full { OTHER } else { name })).unwrap_or(u16::MAX)
    }

    fn column(&mut self, name: &str) -> usize {
        let column = self.dimensions.number(name) as usize;
        while self.values.len() <= column {
            self.values.push(Numbered::default());
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(kinds: u16, profiles: u32) -> impl Strategy<Value = Event> {
        let times = (any::<i64>(), any::<i64>(), any::<Option<i64>>(), any::<Option<i64>>());
        (times, 0..kinds, 0..profiles, any::<u128>()).prop_map(
            |((customer, at, clock, amount), kind, profile, message)| Event {
                customer,
                at,
                clock,
                kind,
                amount,
                profile,
                message,
            },
        )
    }

    prop_compose! {
        fn parcels()(
            kinds in prop::collection::vec(".{0,12}", 1..4),
            values in prop::collection::vec(prop::collection::vec("[a-z]{0,5}", 1..4), 0..3),
            joins in prop::collection::vec(any::<(i64, i64, i64)>(), 0..3),
            shape in 1_u32..4,
        )(
            profiles in prop::collection::vec(
                values.iter().map(|values| 0..u32::try_from(values.len()).unwrap()).collect::<Vec<_>>(),
                shape as usize,
            ),
            events in prop::collection::vec(event(u16::try_from(kinds.len()).unwrap(), shape), 0..5),
            kinds in Just(kinds), values in Just(values), joins in Just(joins),
        ) -> Parcel {
            let dimensions = (0..values.len()).map(|n| format!("segment {n}")).collect();
            let joins = joins.into_iter().map(|(at, from, into)| Join { at, from, into }).collect();
            Parcel { kinds, dimensions, values, profiles, events, joins }
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(parcel in parcels()) {
            prop_assert_eq!(Parcel::decode(&parcel.encode().unwrap()), Ok(parcel));
        }

        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..200), known in any::<bool>()) {
            if known && let Some(first) = bytes.first_mut() {
                *first = VERSION;
            }
            let _ = Parcel::decode(&bytes);
        }

        #[test]
        fn a_damaged_parcel_is_read_or_refused(parcel in parcels(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = parcel.encode().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = Parcel::decode(&bytes) {
                let mut bundle = Bundle::default();
                bundle.add(read);
                let _ = bundle.segments("(none)");
            }
        }

        #[test]
        fn a_bundle_says_what_its_parcels_say(all in prop::collection::vec(parcels(), 1..4)) {
            let said = |kind: &str, row: Vec<(String, String)>, event: &Event| (kind.to_owned(), row, event.at, event.message);
            let mut expected = Vec::new();
            for parcel in &all {
                for event in &parcel.events {
                    let profile = &parcel.profiles[event.profile as usize];
                    let row = parcel.dimensions.iter().zip(&parcel.values).zip(profile);
                    let row = row.map(|((name, values), index)| (name.clone(), values[*index as usize].clone()));
                    expected.push(said(&parcel.kinds[usize::from(event.kind)], row.collect(), event));
                }
            }
            let mut bundle = Bundle::default();
            all.into_iter().for_each(|parcel| bundle.add(parcel));
            let segments = bundle.segments("(none)");
            let found: Vec<_> = bundle.events.iter().map(|event| {
                let profile = &segments.profiles[event.profile as usize];
                let row = segments.dimensions.iter().zip(&segments.values).zip(profile);
                let row = row.map(|((name, values), index)| (name.clone(), values[*index as usize].clone()));
                said(&bundle.kinds()[usize::from(event.kind)], row.filter(|(_, value)| value != "(none)").collect(), event)
            }).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_newer_parcel_says_so() {
        assert_eq!(Parcel::decode(&[9, 1, 2]), Err(ParcelError::Version(9)));
        assert_eq!(Parcel::decode(&[]), Err(ParcelError::Empty));
        assert_eq!(Parcel::decode(&[VERSION]), Err(ParcelError::Damaged));
    }
}
