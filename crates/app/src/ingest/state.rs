//! How the way into the lake is, for whoever asks whether the server is well.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use fidance_domain::history::Micros;

/// Another process may write to the lake for so long before that counts as trouble.
const PATIENCE: Micros = 60_000_000;

/// What is in the way of what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// Another process writes to the lake: an import, a compaction, a copy.
    LakeBusy,
    /// The lake's disk is full.
    LakeFull,
    /// The lake cannot be written to.
    Lake,
    /// The store's disk is full, so that nothing can be claimed or finished.
    StoreFull,
    /// The store does not answer.
    Store,
}

/// How the drain is.
#[derive(Debug, Default)]
pub struct DrainState {
    stopping: AtomicBool,
    alive: AtomicBool,
    hindrance: Mutex<Option<Hindrance>>,
    /// What the last attempt to carry something over said.
    trouble: Mutex<Option<String>>,
    /// Why nobody can be erased.
    erasing: Mutex<Option<String>>,
}

impl DrainState {
    /// What is wrong, given how long the oldest of what waits has waited; nothing while all is well, or will be in a moment.
    pub fn wrong(&self, age: Micros) -> Option<&'static str> {
        if !self.alive.load(Ordering::Relaxed) {
            return Some("nothing carries what waits into the lake any more: restart the server");
        }
        let hindrance = *self.hindrance.lock().unwrap_or_else(PoisonError::into_inner);
        match hindrance? {
            Hindrance::LakeBusy if age <= PATIENCE => None,
            Hindrance::LakeBusy => Some(
                "what waits does not come into the lake: another process has been writing to it for over a minute",
            ),
            Hindrance::LakeFull => Some("what waits does not come into the lake: no room is left for it"),
            Hindrance::StoreFull => {
                Some("what waits does not come into the lake: no room is left for the store")
            }
            Hindrance::Lake | Hindrance::Store => Some("what waits does not come into the lake: see the log"),
        }
    }

    /// Why its last attempt to carry something over, or to erase somebody, did not work.
    pub fn trouble(&self) -> Option<String> {
        let of =
            |trouble: &Mutex<Option<String>>| trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        of(&self.trouble).or_else(|| of(&self.erasing))
    }

    pub(super) fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    pub(super) fn set_erasing(&self, trouble: Option<String>) {
        *self.erasing.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_alive(&self, alive: bool) {
        self.alive.store(alive, Ordering::Relaxed);
    }

    /// Sets what is in the way; what was before.
    pub(super) fn set(&self, hindrance: Option<Hindrance>) -> Option<Hindrance> {
        std::mem::replace(&mut *self.hindrance.lock().unwrap_or_else(PoisonError::into_inner), hindrance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lake_that_is_busy_is_no_trouble_for_a_minute() {
        let state = DrainState::default();
        assert!(state.wrong(0).is_some(), "nobody runs yet");
        state.set_alive(true);
        assert_eq!(state.wrong(PATIENCE * 9), None);
        assert_eq!(state.set(Some(Hindrance::LakeBusy)), None);
        assert_eq!(state.wrong(PATIENCE), None);
        assert!(state.wrong(PATIENCE + 1).is_some_and(|said| said.contains("over a minute")));
        assert_eq!(state.set(Some(Hindrance::LakeFull)), Some(Hindrance::LakeBusy));
        assert!(state.wrong(0).is_some_and(|said| said.contains("no room")));
    }
}
