//! The register of a running server: the store keeps entry by entry as text, which the port here understands.
//!
//! Whoever computes with the register is handed it whenever it has changed, and never reads the store.

use std::{
    fmt::Debug,
    io::Read,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fidance_domain::{history::Micros, incident::Register, list::CustomerLists};
use fidance_store::{Incident, NewIncident, Sid, Store, StoreError};
use serde_json::{Map, Value};
use tokio::sync::{Notify, watch::Sender};

use crate::affected::{Affected, AffectedError, Customers, ListForm, Lists, aside};

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

/// What may explain a fall, for whoever computes with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// The register.
    pub register: Register,
    /// Whom its incidents affected, each list called like its incident.
    pub lists: Arc<CustomerLists<i64>>,
}

/// The register in a store.
#[derive(Debug)]
pub struct Book {
    store: Store,
    entries: Arc<dyn Entries>,
    customers: Arc<dyn Customers>,
    touched: Notify,
    /// How often a list was replaced or taken away.
    lists: AtomicU64,
}

impl Book {
    /// That of a store.
    pub fn new(store: Store, entries: Arc<dyn Entries>, customers: Arc<dyn Customers>) -> Self {
        Self { store, entries, customers, touched: Notify::new(), lists: AtomicU64::new(0) }
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
        self.touch_lists();
        Ok(())
    }

    /// Keeps whom an incident affected, in place of the list that it has.
    ///
    /// # Errors
    /// Where the register does not have the incident, or a row of the list is wrong: nothing was kept then.
    pub async fn put_affected(
        &self,
        incident: &str,
        form: ListForm,
        list: Box<dyn Read + Send>,
        by: &str,
        now: Micros,
    ) -> Result<Affected, AffectedError> {
        if self.store.incident(incident).await?.is_none() {
            return Err(StoreError::Absent { table: "incident", id: incident.to_owned() }.into());
        }
        let (customers, id) = (Arc::clone(&self.customers), incident.to_owned());
        let read = aside(move || customers.listed(&id, form, list)).await?;
        let people: Vec<Sid> = read.iter().copied().map(Sid::new).collect();
        let listed = self.store.set_affected(incident, &people, by, now).await?;
        self.touch_lists();
        self.count(listed, read).await
    }

    /// Whom an incident affected, in numbers; `None` where it has no list.
    ///
    /// # Errors
    /// Where the store or the lake cannot be read.
    pub async fn affected(&self, incident: &str) -> Result<Option<Affected>, AffectedError> {
        let people = self.store.affected(incident).await?;
        if people.is_empty() {
            return Ok(None);
        }
        let listed = people.len() as u64;
        self.count(listed, people.into_iter().map(Sid::get).collect()).await.map(Some)
    }

    /// Takes the list of an incident away.
    ///
    /// # Errors
    /// Where it has none, or the store cannot be written to.
    pub async fn delete_affected(&self, incident: &str, by: &str, now: Micros) -> Result<(), StoreError> {
        self.store.delete_affected(incident, by, now).await?;
        self.touch_lists();
        Ok(())
    }

    async fn count(&self, listed: u64, people: Vec<i64>) -> Result<Affected, AffectedError> {
        let customers = Arc::clone(&self.customers);
        let known = aside(move || customers.known(people)).await?;
        Ok(Affected { listed, known })
    }

    fn touch_lists(&self) {
        self.lists.fetch_add(1, Ordering::AcqRel);
        self.touched.notify_one();
    }

    /// The register and the lists.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn known(&self) -> Result<Known, StoreError> {
        self.read(&mut Lists::default()).await
    }

    async fn read(&self, lists: &mut Lists) -> Result<Known, StoreError> {
        let change = self.lists.load(Ordering::Acquire);
        Ok(Known { register: self.register().await?, lists: lists.read(&self.store, change).await? })
    }

    /// Hands the register and the lists on whenever they have changed, and then calls `told`; until `stop`.
    pub async fn hand_on(
        self: Arc<Self>,
        newest: Sender<Known>,
        told: impl Fn() + Send,
        stop: impl Future<Output = ()> + Send,
    ) {
        let mut stop = pin!(stop);
        let mut lists = Lists::default();
        loop {
            match self.read(&mut lists).await {
                Ok(read) => {
                    let is_new = newest.send_if_modified(|known| {
                        let is_new = *known != read;
                        *known = read;
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
