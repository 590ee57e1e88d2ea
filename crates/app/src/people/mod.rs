//! What a person may ask for: to be forgotten, and to be given everything that is held on them.
//!
//! [`People`] takes the wish and answers at once; the drain, which alone touches the lake, has an [`Eraser`] do the rest
//! between two batches. Whatever is killed when, it goes on at the next start: each step can be done again.

mod archive;
mod erased;
mod eraser;
mod gather;
mod letters;
mod port;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use fidance_domain::history::Micros;
use fidance_store::{Erasure, ErasureId, Sid, Store, StoreError};
use jiff::tz::TimeZone;

pub(crate) use self::eraser::{Carrier, Eraser};
pub use self::{
    archive::ArchiveError,
    erased::{Erased, Ticket},
    gather::{GatherError, Personal},
    port::{Join, PeopleLake, PeopleReader, Record, RecordedEvent},
};
use crate::ingest::{Acceptor, Backlog, Clock};

/// Takes people's wishes.
#[derive(Debug)]
pub struct People {
    store: Store,
    acceptor: Arc<Acceptor>,
    backlog: Backlog,
    clock: Clock,
    zone: TimeZone,
    reader: Arc<dyn PeopleReader>,
    wanted: AtomicBool,
}

impl People {
    /// For a store, whose erasures the acceptor learns of. `zone` is that of the business.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn new(
        store: Store,
        acceptor: Arc<Acceptor>,
        backlog: Backlog,
        clock: Clock,
        zone: TimeZone,
        reader: Arc<dyn PeopleReader>,
    ) -> Result<Self, StoreError> {
        acceptor.erased().learn(store.erased().await?.into_iter().map(|(id, at)| (id.get(), at)));
        // What an earlier process has not done.
        let wanted = AtomicBool::new(true);
        Ok(Self { store, acceptor, backlog, clock, zone, reader, wanted })
    }

    /// Notes that a customer is to be erased, and erases them from the store. When this returns, neither a crash nor a
    /// restored backup loses it; the drain does the rest.
    ///
    /// # Errors
    /// Where the store cannot be written to: nothing was asked for then.
    pub async fn erase(&self, customer: &str, requested_by: &str) -> Result<ErasureId, StoreError> {
        let customer = customer.trim();
        let (id, now) = (self.acceptor.names().customer(customer), self.clock.now());
        // From here on nothing old comes in any more; what is on its way is on disk.
        self.acceptor.erased().learn([(id, now)]);
        self.acceptor.erased().settled().await;
        let mut needles = letters::needles(&self.store, &[id]).await?;
        needles.push(customer.to_owned());
        let found = letters::find(&self.store, self.acceptor.names(), &[id], &needles).await?;
        let receipt = self.store.request_erasure(&[Sid::new(id)], requested_by, now).await?;
        let found: Vec<_> = found.into_iter().map(|letter| letter.id).collect();
        self.store.erase(receipt, &found, now).await?;
        self.wanted.store(true, Ordering::Release);
        self.backlog.wake();
        Ok(receipt)
    }

    /// The erasure of a receipt.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
        self.store.erasure(id).await
    }

    /// Everything that is held on a customer, as a ZIP.
    ///
    /// # Errors
    /// Where the store or the lake cannot be read.
    pub async fn export(&self, customer: &str) -> Result<Option<Vec<u8>>, GatherError> {
        let now = self.clock.now();
        let names = self.acceptor.names();
        let held = gather::gather(&self.store, names, Arc::clone(&self.reader), customer.trim()).await?;
        if held.is_empty() {
            return Ok(None);
        }
        Ok(Some(archive::zip(&held, &self.zone, now)?))
    }

    pub(crate) fn acceptor(&self) -> &Acceptor {
        &self.acceptor
    }

    /// Whether something has to be erased; asked once, it says no until the next wish.
    pub(crate) fn take_wanted(&self) -> bool {
        self.wanted.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    pub(crate) fn want(&self) {
        self.wanted.store(true, Ordering::Release);
    }

    pub(crate) fn now(&self) -> Micros {
        self.clock.now()
    }
}
