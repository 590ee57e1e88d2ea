//! Where requests wait until what they bring is on disk: one commit for all that wait at the same time.
//!
//! Memory is bounded by permits for bytes and a bounded queue. A store that cannot write fails the requests that wait, not
//! the task: the next ones try again.

use std::{mem::discriminant, sync::Arc, time::Duration};

use fidance_domain::history::Micros;
use fidance_store::{Append, NewParcel, SourceId, Store, StoreError};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{
    Backlog, Clock, Metrics,
    accept::{Accepted, Acceptor},
};

/// Requests of one commit, at most.
const GROUP: usize = 512;
/// Bytes of one commit, at most; a single request may have more.
const GROUP_BYTES: usize = 8 << 20;
/// How long a request waits for room in the queue.
const PATIENCE: Duration = Duration::from_secs(2);

/// What may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorLimits {
    /// Requests that wait for their commit.
    pub requests: usize,
    /// Bytes of what they bring.
    pub bytes: u32,
    /// Events in the inbox beyond which nothing more is taken.
    pub backlog: u64,
}

/// Why nothing of a request was taken. Seconds after which to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// More comes in than the lake takes.
    TooMany {
        /// Seconds.
        retry_after: u32,
    },
    /// The store cannot write.
    Unavailable {
        /// Seconds.
        retry_after: u32,
    },
}

/// Takes what requests bring. Clones are the same door; it closes when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Door {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    limits: DoorLimits,
    backlog: Backlog,
    acceptor: Arc<Acceptor>,
}

#[derive(Debug)]
struct Waiting {
    accepted: Accepted,
    parcel: Option<NewParcel>,
    bytes: usize,
    done: oneshot::Sender<Result<(), Refusal>>,
    _room: OwnedSemaphorePermit,
}

impl Door {
    /// Opens a door to a store; the task ends, with all that waits done, when the door is closed.
    pub fn open(
        store: Store,
        limits: DoorLimits,
        backlog: Backlog,
        acceptor: Arc<Acceptor>,
        metrics: Arc<Metrics>,
        clock: Clock,
    ) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(limits.requests.max(1));
        let room = Arc::new(Semaphore::new(limits.bytes as usize));
        let task = tokio::spawn(Commits { store, backlog: backlog.clone(), metrics, clock }.run(waiting));
        (Self { queue, room, limits, backlog, acceptor }, task)
    }

    /// Returns when what a request brings is on disk.
    ///
    /// # Errors
    /// Where nothing of it is.
    pub async fn take(&self, source: SourceId, received: Micros, accepted: Accepted) -> Result<(), Refusal> {
        if accepted.is_empty() {
            return Ok(());
        }
        if self.backlog.events() > self.limits.backlog {
            return Err(Refusal::TooMany { retry_after: 10 });
        }
        let joins = accepted.parcel.joins.clone();
        let waiting = self.waiting(source, received, accepted).await?;
        let (waiting, answer) = waiting;
        match timeout(PATIENCE, self.queue.send(waiting)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(BUSY),
        }
        answer.await.unwrap_or(Err(FAILED))?;
        // Only now: what was not taken has to be stated again.
        self.acceptor.remember(&joins);
        Ok(())
    }

    async fn waiting(
        &self,
        source: SourceId,
        received: Micros,
        accepted: Accepted,
    ) -> Result<(Waiting, oneshot::Receiver<Result<(), Refusal>>), Refusal> {
        let parcel = &accepted.parcel;
        let has_parcel = !parcel.events.is_empty() || !parcel.joins.is_empty();
        let payload = if has_parcel { parcel.encode().map_err(|_| FAILED)? } else { Vec::new() };
        let letters: usize = accepted.letters.iter().map(|letter| letter.payload.len()).sum();
        let bytes = payload.len() + letters + 200 * (accepted.people.len() + accepted.counts.len());
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.limits.bytes);
        let room = timeout(PATIENCE, Arc::clone(&self.room).acquire_many_owned(permits)).await;
        let room = room.map_err(|_| BUSY)?.map_err(|_| FAILED)?;
        let events = u32::try_from(parcel.events.len()).unwrap_or(u32::MAX);
        let parcel = has_parcel.then_some(NewParcel { source, received_at: received, events, payload });
        let (done, answer) = oneshot::channel();
        Ok((Waiting { accepted, parcel, bytes, done, _room: room }, answer))
    }
}

const BUSY: Refusal = Refusal::Unavailable { retry_after: 2 };
const FAILED: Refusal = Refusal::Unavailable { retry_after: 10 };

/// The task that commits.
struct Commits {
    store: Store,
    backlog: Backlog,
    metrics: Arc<Metrics>,
    clock: Clock,
}

impl Commits {
    async fn run(self, mut queue: mpsc::Receiver<Waiting>) {
        let mut failing = None;
        while let Some(first) = queue.recv().await {
            let mut bytes = first.bytes;
            let mut group = vec![first];
            while group.len() < GROUP && bytes < GROUP_BYTES {
                let Ok(next) = queue.try_recv() else { break };
                bytes += next.bytes;
                group.push(next);
            }
            let failed = self.commit(group).await;
            // Said when it begins, not for every request.
            match &failed {
                Some(error) if failing != Some(discriminant(error)) => {
                    let error = error as &dyn std::error::Error;
                    tracing::error!(error, "the store cannot take requests");
                }
                Some(error) => {
                    tracing::debug!(error = error as &dyn std::error::Error, "the store still cannot");
                }
                None if failing.is_some() => tracing::info!("the store takes requests again"),
                None => {}
            }
            failing = failed.as_ref().map(discriminant);
            self.metrics.store_failing(failing.is_some());
        }
    }

    /// Writes a group and answers all of it; why it failed.
    async fn commit(&self, group: Vec<Waiting>) -> Option<StoreError> {
        let error = match self.write(&group).await {
            Ok(()) => {
                self.answer(group, Ok(()));
                return None;
            }
            Err(error) => error,
        };
        let is_general = matches!(error, StoreError::Full { .. } | StoreError::Unavailable { .. });
        if is_general || group.len() == 1 {
            self.answer(group, Err(FAILED));
            return Some(error);
        }
        // One of them may be what the store stumbles over: the others need not suffer for it.
        let mut failed = None;
        for one in group {
            failed = Box::pin(self.commit(vec![one])).await.or(failed);
        }
        failed
    }

    async fn write(&self, group: &[Waiting]) -> Result<(), StoreError> {
        let began = Instant::now();
        let parcels: Vec<NewParcel> = group.iter().filter_map(|one| one.parcel.clone()).collect();
        let people: Vec<_> = group.iter().flat_map(|one| one.accepted.people.iter().cloned()).collect();
        let letters: Vec<_> = group.iter().flat_map(|one| one.accepted.letters.iter().cloned()).collect();
        let counts: Vec<_> = group.iter().flat_map(|one| one.accepted.counts.iter().cloned()).collect();
        let append = Append { parcels: &parcels, people: &people, letters: &letters, counts: &counts };
        self.store.append_with(&append, self.clock.now()).await?;
        self.metrics.appended(began.elapsed(), group.len());
        let events = parcels.iter().map(|parcel| u64::from(parcel.events)).sum();
        if let Some(oldest) = parcels.iter().map(|parcel| parcel.received_at).min() {
            self.backlog.add(parcels.len() as u64, events, oldest);
        }
        Ok(())
    }

    fn answer(&self, group: Vec<Waiting>, answer: Result<(), Refusal>) {
        for one in group {
            if answer.is_ok() {
                self.metrics.accepted(&one.accepted);
            }
            // Whoever has gone does not wait for an answer.
            let _ = one.done.send(answer);
        }
    }
}
