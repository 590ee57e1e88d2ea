//! Which source a key belongs to, remembered for a minute, so that not every request asks the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use fidance_store::{KeyId, KeyKind, Source, Store, StoreError};

/// How long an answer of the store is believed.
const BELIEVED: Duration = Duration::from_mins(1);
/// Answers that are remembered; unknown keys count too.
const MOST: usize = 10_000;
/// Longer texts are no key.
const LONGEST: usize = 200;

/// A key that is valid, and its source.
#[derive(Debug)]
pub struct KnownKey {
    /// The key.
    pub id: KeyId,
    /// Where it may be used from.
    pub kind: KeyKind,
    /// Its source.
    pub source: Source,
}

impl KnownKey {
    /// Whether the key may be used by a page of this origin (`None`: the request names none).
    pub fn may_come_from(&self, origin: Option<&str>) -> bool {
        match &self.kind {
            KeyKind::Server => true,
            KeyKind::Browser { origins } if origins.is_empty() => true,
            KeyKind::Browser { origins } => {
                origin.is_some_and(|origin| origins.iter().any(|known| known.eq_ignore_ascii_case(origin)))
            }
        }
    }
}

/// The store's keys.
#[derive(Debug)]
pub struct Keys {
    store: Store,
    answers: Mutex<HashMap<String, Answer>>,
}

#[derive(Debug)]
struct Answer {
    key: Option<Arc<KnownKey>>,
    at: Instant,
}

impl Keys {
    /// Of this store.
    pub fn new(store: Store) -> Self {
        Self { store, answers: Mutex::default() }
    }

    /// The key of a text; `None` where it is not valid.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn find(&self, plain: &str) -> Result<Option<Arc<KnownKey>>, StoreError> {
        if plain.is_empty() || plain.len() > LONGEST {
            return Ok(None);
        }
        let known =
            self.answers().get(plain).filter(|answer| answer.at.elapsed() < BELIEVED).map(|a| a.key.clone());
        if let Some(key) = known {
            return Ok(key);
        }
        let key = self.ask(plain).await?.map(Arc::new);
        let mut answers = self.answers();
        if answers.len() >= MOST {
            answers.retain(|_, answer| answer.key.is_some() && answer.at.elapsed() < BELIEVED);
        }
        if answers.len() >= MOST {
            answers.clear();
        }
        answers.insert(plain.to_owned(), Answer { key: key.clone(), at: Instant::now() });
        Ok(key)
    }

    /// Forgets all answers: keys or sources have changed.
    pub fn forget(&self) {
        self.answers().clear();
    }

    /// The keys used since the last call, to be noted.
    pub fn used(&self) -> Vec<KeyId> {
        let mut used: Vec<KeyId> =
            self.answers().values().filter_map(|a| a.key.as_ref().map(|key| key.id)).collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    async fn ask(&self, plain: &str) -> Result<Option<KnownKey>, StoreError> {
        let Some(key) = self.store.find_key(plain).await? else { return Ok(None) };
        let source = self.store.sources().await?.into_iter().find(|source| source.id == key.source);
        Ok(source.map(|source| KnownKey { id: key.id, kind: key.kind, source }))
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Answer>> {
        // Answers are whole or absent, so a poisoned lock hides nothing broken.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
