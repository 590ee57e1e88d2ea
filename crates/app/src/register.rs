//! The register of a running server: the store keeps entry by entry as text, which the port here understands.
//!
//! Whoever computes with the register is handed it whenever it has changed, and never reads the store.

use std::{fmt::Debug, pin::pin, sync::Arc, time::Duration};

use fidance_domain::{history::Micros, incident::Register};
use fidance_store::{Incident, NewIncident, Store, StoreError};
use serde_json::{Map, Value};
use tokio::sync::{Notify, watch::Sender};

/// How often the store is looked at although nobody said that something changed.
const EVERY: Duration = Duration::from_mins(1);

/// Understands entries of the register, which come and are kept as JSON.
pub trait Entries: Debug + Send + Sync {
    /// The entry of this id as it is to be kept.
    ///
    /// # Errors
    /// Where a field is wrong.
    fn read(&self, id: &str, fields: Map<String, Value>) -> Result<NewIncident, WrongEntry>;

    /// What is kept, as a register.
    fn register(&self, kept: &[Incident]) -> Register;

    /// A register as a JSON document.
    ///
    /// # Errors
    /// Where it cannot be written, which no register is known to cause.
    fn document(&self, register: &Register) -> Result<Value, serde_json::Error>;
}

/// An entry that cannot be used: which field is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct WrongEntry {
    /// The field.
    pub field: String,
    /// Why.
    pub reason: String,
}

/// Why something could not be done with the register.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The entry.
    #[error(transparent)]
    Wrong(#[from] WrongEntry),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document.
    #[error("the register cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The register in a store.
#[derive(Debug)]
pub struct Book {
    store: Store,
    entries: Arc<dyn Entries>,
    touched: Notify,
}

impl Book {
    /// That of a store.
    pub fn new(store: Store, entries: Arc<dyn Entries>) -> Self {
        Self { store, entries, touched: Notify::new() }
    }

    /// All entries.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn register(&self) -> Result<Register, StoreError> {
        Ok(self.entries.register(&self.store.incidents().await?))
    }

    /// All entries, as a JSON document.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn document(&self) -> Result<Value, BookError> {
        Ok(self.entries.document(&self.register().await?)?)
    }

    /// Keeps an entry, in place of the one that has its id.
    ///
    /// # Errors
    /// Where a field is wrong, or the store cannot be written to: nothing was kept then.
    pub async fn put(
        &self,
        id: &str,
        fields: Map<String, Value>,
        by: &str,
        now: Micros,
    ) -> Result<Value, BookError> {
        let entry = self.entries.read(id, fields)?;
        let kept = serde_json::from_str(&entry.document)?;
        self.store.put_incident(&entry, by, now).await?;
        self.touched.notify_one();
        Ok(kept)
    }

    /// Deletes an entry.
    ///
    /// # Errors
    /// Where there is none of this id, or the store cannot be written to.
    pub async fn delete(&self, id: &str, by: &str, now: Micros) -> Result<(), StoreError> {
        self.store.delete_incident(id, by, now).await?;
        self.touched.notify_one();
        Ok(())
    }

    /// Hands the register on whenever it has changed, and then calls `told`; until `stop`.
    pub async fn hand_on(
        self: Arc<Self>,
        newest: Sender<Register>,
        told: impl Fn() + Send,
        stop: impl Future<Output = ()> + Send,
    ) {
        let mut stop = pin!(stop);
        loop {
            match self.register().await {
                Ok(register) => {
                    let is_new = newest.send_if_modified(|known| {
                        let is_new = *known != register;
                        *known = register;
                        is_new
                    });
                    if is_new {
                        told();
                    }
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the register cannot be read; what was known of it is used");
                }
            }
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = self.touched.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}
