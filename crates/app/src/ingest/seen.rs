//! A bounded memory of pairs that were already stated: forgetting one costs a statement more, never a wrong one.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// The youngest pairs, in two generations: the older one is dropped when the younger is full.
#[derive(Debug)]
pub(super) struct Seen {
    most: usize,
    generations: Mutex<[HashSet<(i64, i64)>; 2]>,
}

impl Seen {
    /// Remembers at least `most` pairs, at most twice as many.
    pub(super) fn new(most: usize) -> Self {
        Self { most, generations: Mutex::default() }
    }

    pub(super) fn has(&self, pair: (i64, i64)) -> bool {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if young.contains(&pair) {
            return true;
        }
        let is_old = old.contains(&pair);
        if is_old && young.len() < self.most {
            young.insert(pair);
        }
        is_old
    }

    pub(super) fn add(&self, pair: (i64, i64)) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if young.len() >= self.most {
            *old = std::mem::take(young);
        }
        young.insert(pair);
    }

    /// Forgets all pairs with one of these ids, in order.
    pub(super) fn forget(&self, ids: &[i64]) {
        let is_kept =
            |pair: &(i64, i64)| ids.binary_search(&pair.0).is_err() && ids.binary_search(&pair.1).is_err();
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.iter_mut().for_each(|generation| generation.retain(is_kept));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_youngest_pairs_are_known_and_memory_is_bounded() {
        let seen = Seen::new(10);
        for n in 0..1_000 {
            assert!(!seen.has((n, n)));
            seen.add((n, n));
            // What is asked for counts as young again, so half of ten were added last.
            assert!(seen.has((n, n)) && seen.has((n - n.min(4), n - n.min(4))));
        }
        let held: usize = seen.generations.lock().unwrap().iter().map(HashSet::len).sum();
        assert!(held <= 20, "{held}");
    }

    #[test]
    fn pairs_of_the_forgotten_have_to_be_stated_again() {
        let seen = Seen::new(2);
        for pair in [(1, 2), (3, 4), (5, 1), (6, 7)] {
            seen.add(pair);
        }
        seen.forget(&[1, 4]);
        assert_eq!([(1, 2), (3, 4), (5, 1), (6, 7)].map(|pair| seen.has(pair)), [false, false, false, true]);
    }
}
