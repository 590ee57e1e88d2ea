//! Who was erased and when, in memory: what was said of them before then is not taken any more, however late it comes.
//!
//! Messages are accepted on many threads and written some time later. So that an erasure finds all that was accepted
//! before it, whatever was accepted holds a [`Ticket`] until it is on disk.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use fidance_domain::history::Micros;

/// How often to look whether all is on disk.
const LOOK: Duration = Duration::from_millis(2);

/// Held by what was accepted until it is on disk, or was refused after all.
#[derive(Debug, Clone)]
pub struct Ticket(#[expect(dead_code, reason = "it is there to be counted")] Arc<()>);

/// Two tickets do not make two things different.
impl PartialEq for Ticket {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Who was erased.
#[derive(Debug, Default)]
pub struct Erased {
    at: RwLock<HashMap<i64, Micros>>,
    present: Mutex<Arc<()>>,
}

impl Erased {
    /// Learns of erasures: pseudonyms, and when each was asked for.
    pub fn learn(&self, ids: impl IntoIterator<Item = (i64, Micros)>) {
        let mut known = self.at.write().unwrap_or_else(PoisonError::into_inner);
        for (id, at) in ids {
            let last = known.entry(id).or_insert(at);
            *last = at.max(*last);
        }
    }

    /// Whether what was said of a person at an instant was said before they were erased.
    pub fn covers(&self, id: i64, at: Micros) -> bool {
        let known = self.at.read().unwrap_or_else(PoisonError::into_inner);
        !known.is_empty() && known.get(&id).is_some_and(|erased| at < *erased)
    }

    /// For what is being accepted. To be taken before [`covers`](Self::covers) is asked.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(Arc::clone(&self.present.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Returns when everything that has a ticket by now is on disk or refused. Requests are not held up.
    pub async fn settled(&self) {
        let before = std::mem::take(&mut *self.present.lock().unwrap_or_else(PoisonError::into_inner));
        while Arc::strong_count(&before) > 1 {
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_before_counts_no_more() {
        let erased = Erased::default();
        assert!(!erased.covers(1, 0));
        erased.learn([(1, 10), (2, 20)]);
        erased.learn([(2, 5)]);
        assert_eq!([9, 10].map(|at| erased.covers(1, at)), [true, false]);
        assert_eq!([19, 20].map(|at| erased.covers(2, at)), [true, false]);
    }

    #[test]
    fn an_erasure_waits_for_what_was_accepted_before_and_for_nothing_else() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let erased = Erased::default();
            let before = erased.ticket();
            let wait = |erased| tokio::time::timeout(Duration::from_millis(20), Erased::settled(erased));
            assert!(wait(&erased).await.is_err());
            let after = erased.ticket();
            drop(before);
            drop(after.clone());
            let later = Erased::default();
            assert!(wait(&later).await.is_ok());
            drop(after);
            assert!(wait(&erased).await.is_ok());
        });
    }
}
