//! Named lists of customers, such as those whose data an incident exposed: read once, at the edge, into what a source
//! of histories is opened with.
//!
//! A source looks the listed customers up its own way and says who is on which list by
//! [`Profile`]; see [`Segments::lists`]. An id on a list that is no customer of the source is an ordinary thing, since
//! incidents also concern people who never bought: it is counted and reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    history::{Profile, Segments},
    id::CustomerKey,
};

/// A source takes this many lists at most: as many as a set of memberships has bits.
pub const MOST_LISTS: usize = 64;

/// Lists that no source can be opened with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// More than [`MOST_LISTS`].
    #[error("{lists} lists of customers, but at most {MOST_LISTS} can be looked at together; give fewer")]
    TooMany {
        /// How many were given.
        lists: usize,
    },
    /// Two lists of one name could not be told apart.
    #[error("two lists of customers are called {name:?}; give each a name of its own")]
    SameName {
        /// The name.
        name: String,
    },
}

/// A list of customers, each by what whoever keeps the list knows them by: the key of their id, or a pseudonym.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerList<Id = CustomerKey> {
    name: String,
    customers: Vec<Id>,
}

impl<Id: Ord> CustomerList<Id> {
    /// From customers in any order; who is given twice is on it once.
    pub fn new(name: impl Into<String>, mut customers: Vec<Id>) -> Self {
        customers.sort_unstable();
        customers.dedup();
        Self { name: name.into(), customers }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The customers, each once and in order.
    pub fn customers(&self) -> &[Id] {
        &self.customers
    }
}

/// The lists that a source is opened with: at most [`MOST_LISTS`], each with a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerLists<Id = CustomerKey>(Vec<CustomerList<Id>>);

impl<Id> Default for CustomerLists<Id> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<Id: Copy + Ord> CustomerLists<Id> {
    /// From lists, which keep their order.
    ///
    /// # Errors
    /// Where there are too many, or two of one name.
    pub fn new(lists: Vec<CustomerList<Id>>) -> Result<Self, ListError> {
        if lists.len() > MOST_LISTS {
            return Err(ListError::TooMany { lists: lists.len() });
        }
        let mut names = BTreeSet::new();
        match lists.iter().find(|list| !names.insert(list.name())) {
            Some(list) => Err(ListError::SameName { name: list.name.clone() }),
            None => Ok(Self(lists)),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lists, in order.
    pub fn iter(&self) -> impl Iterator<Item = &CustomerList<Id>> {
        self.0.iter()
    }

    /// Everybody who is on a list, once and in order, with the set of lists; `id` is by whom a source knows a customer.
    /// Where it is the same for several, they are one, on the lists of all.
    pub fn listed<K: Ord>(&self, id: impl Fn(Id) -> K) -> Vec<(K, u64)> {
        let each = (0..)
            .zip(&self.0)
            .flat_map(|(list, on)| on.customers.iter().map(move |key| (*key, 1_u64 << list)));
        let mut all: Vec<(K, u64)> = each.map(|(key, list)| (id(key), list)).collect();
        all.sort_unstable();
        all.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1 |= next.1;
            }
            same
        });
        all
    }

    /// For each list, the ids that are no customer; `id` as in [`CustomerLists::listed`], `known` in order.
    fn unknown<K: Ord>(&self, id: impl Fn(Id) -> K, known: &[Member<K>]) -> Vec<u64> {
        let is_known = |key: &&Id| known.binary_search_by(|member| member.id.cmp(&id(**key))).is_ok();
        self.0
            .iter()
            .map(|list| (list.customers.len() - list.customers.iter().filter(is_known).count()) as u64)
            .collect()
    }

    /// Enters the lists into the segments of a source, and gives each of their customers there a profile: of the same
    /// segment values, and of the lists that the customer is on.
    ///
    /// `known` are those of [`CustomerLists::listed`] who are customers of the source, in order.
    pub fn enter<K: Ord>(&self, segments: &mut Segments, id: impl Fn(Id) -> K, known: &mut [Member<K>]) {
        segments.lists = self.0.iter().map(|list| list.name.clone()).collect();
        segments.unknown = self.unknown(id, known);
        if segments.profiles.is_empty() {
            segments.profiles.push(vec![0; segments.dimensions.len()]);
        }
        segments.memberships = vec![0; segments.profiles.len()];
        let mut numbers: BTreeMap<(Profile, u64), Profile> =
            known.iter().map(|member| ((member.profile, member.lists), member.profile)).collect();
        for (&(profile, lists), number) in &mut numbers {
            let values = segments.profiles.get(profile.0 as usize).cloned().unwrap_or_default();
            *number = Profile(u32::try_from(segments.profiles.len()).unwrap_or(u32::MAX));
            segments.profiles.push(values);
            segments.memberships.push(lists);
        }
        for member in known {
            if let Some(number) = numbers.get(&(member.profile, member.lists)) {
                member.profile = *number;
            }
        }
    }
}

/// A customer of a source who is on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<K> {
    /// By whom the source knows the customer.
    pub id: K,
    /// The profile: of the segment values alone, until [`CustomerLists::enter`].
    pub profile: Profile,
    /// The set of lists: bit j is list j.
    pub lists: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> CustomerKey {
        CustomerKey { high: n, low: 0 }
    }

    fn list(name: &str, customers: &[u64]) -> CustomerList {
        CustomerList::new(name, customers.iter().map(|n| key(*n)).collect())
    }

    #[test]
    fn sixty_four_lists_of_different_names_are_the_most() {
        let lists = |count: usize| (0..count).map(|n| list(&n.to_string(), &[1])).collect::<Vec<_>>();
        assert_eq!(CustomerLists::new(lists(64)).unwrap().listed(|key| key), [(key(1), u64::MAX)]);
        assert_eq!(CustomerLists::new(lists(65)), Err(ListError::TooMany { lists: 65 }));
        let twice = CustomerLists::new(vec![list("breach", &[1]), list("breach", &[2])]);
        assert_eq!(twice, Err(ListError::SameName { name: "breach".into() }));
    }

    #[test]
    fn who_is_one_customer_is_on_the_lists_of_all_ids() {
        let lists = CustomerLists::new(vec![list("a", &[5, 3, 5, 9]), list("b", &[4, 9])]).unwrap();
        assert_eq!(lists.listed(|key| key.high), [(3, 1), (4, 2), (5, 1), (9, 3)]);
        assert_eq!(lists.listed(|key| key.high / 2), [(1, 1), (2, 3), (4, 3)]);
    }

    #[test]
    fn a_profile_tells_values_and_lists_apart() {
        let lists = CustomerLists::new(vec![list("a", &[1, 2, 3, 8]), list("b", &[3, 4])]).unwrap();
        let plain = Segments {
            dimensions: vec!["country".into()],
            values: vec![vec!["FR".into(), "BE".into()]],
            profiles: vec![vec![0], vec![1]],
            ..Segments::default()
        };
        let mut segments = plain.clone();
        let member = |(id, lists): (u64, u64)| Member { id, profile: Profile((id % 2) as u32), lists };
        let listed = lists.listed(|key| key.high).into_iter().filter(|(id, _)| *id != 8);
        let mut known: Vec<_> = listed.map(member).collect();
        lists.enter(&mut segments, |key| key.high, &mut known);
        assert_eq!(
            (segments.lists.clone(), segments.unknown.clone()),
            (vec!["a".to_owned(), "b".into()], vec![1, 0])
        );
        assert_eq!(segments.profiles[..2], plain.profiles);
        assert_eq!((segments.dimensions.clone(), segments.values.clone()), (plain.dimensions, plain.values));
        for member in known {
            let values = &segments.profiles[member.profile.0 as usize];
            assert_eq!(*values, [(member.id % 2) as u32]);
            let on = [0, 1].map(|list| segments.is_on(member.profile, list));
            assert_eq!(on, [member.id < 4, member.id > 2], "customer {}", member.id);
        }
        assert!([0, 1].iter().all(|profile| !segments.is_on(Profile(*profile), 0)));
        assert_eq!(segments.memberships.len(), segments.profiles.len());
    }
}
