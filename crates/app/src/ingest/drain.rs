//! Carries what is durable into the lake, in a thread of its own: claim, decode, take, finish.
//!
//! Safe to be killed between any two steps: an unfinished claim is handed over again under its number, which the lake
//! knows if it took it. Where a number is known but the store was restored from a backup, so that the number now stands
//! for other parcels, the batch is offered under its content, and the ids of messages see to the rest.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use fidance_domain::history::Micros;
use fidance_store::{Batch as Claimed, LakeBatch, NewLetter, ParcelId, Store, StoreError};
use tokio::{runtime::Handle, time::timeout};

use super::{
    Backlog, Clock, Metrics,
    accept::MISSING,
    parcel::{Bundle, Parcel},
    port::{Batch, EventLake, LakeFault, Taken},
    state::{DrainState, Hindrance},
};
use crate::people::{Carrier, Eraser, People, PeopleLake};

/// After a failure, at first.
const AGAIN: Duration = Duration::from_secs(1);
/// Without an append, the inbox is looked at so often all the same.
const LOOK: Duration = Duration::from_secs(5);
/// Events that are worth a commit at once.
const MANY: u64 = 50_000;
/// How long a letter of a parcel that cannot be read is kept.
const LETTER: Micros = 90 * 86_400_000_000;
const SLOWEST: Duration = Duration::from_secs(30);
/// How often to look for people who are silent; the store knows whether a day has passed.
const SILENCE: Duration = Duration::from_hours(1);

/// How the drain goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainLimits {
    /// Events of one batch.
    pub batch: u64,
    /// Between two commits, unless much waits.
    pub pace: Duration,
    /// Between two compactions.
    pub tidy_every: Duration,
    /// How long to go on when asked to stop while something waits.
    pub at_the_end: Duration,
    /// After how long a silence people are forgotten, in microseconds.
    pub forget_after: Option<Micros>,
}

/// The running drain.
#[derive(Debug)]
pub struct Drain {
    state: Arc<DrainState>,
    backlog: Backlog,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drain {
    /// Starts the thread. `runtime` drives the store; `on_change` hears each new version of the lake.
    ///
    /// # Errors
    /// Where the system gives no thread, or the store does not answer.
    #[expect(clippy::too_many_arguments, reason = "wiring")]
    pub fn start(
        store: Store,
        store_id: &str,
        lake: Box<dyn EventLake>,
        people: Arc<People>,
        limits: DrainLimits,
        backlog: Backlog,
        metrics: Arc<Metrics>,
        clock: Clock,
        runtime: Handle,
        on_change: Box<dyn Fn(u64) + Send>,
    ) -> std::io::Result<Self> {
        let state = Arc::new(DrainState::default());
        let eraser = Eraser::new(people, store.clone(), store_id, runtime.clone(), limits.forget_after);
        let worker = Worker {
            application: format!("inbox:{store_id}"),
            store,
            lake,
            limits,
            backlog: backlog.clone(),
            metrics,
            clock,
            runtime,
            on_change,
            state: Arc::clone(&state),
            eraser: Arc::new(eraser),
            is_redone: false,
            failed: None,
            looked: None,
            tidied: Instant::now(),
            dirty: true,
            fresh: 0,
        };
        state.set_alive(true);
        let alive = Alive(Arc::clone(&state));
        let thread = thread::Builder::new().name("drain".to_owned()).spawn(move || {
            let _alive = alive;
            worker.run();
        })?;
        Ok(Self { state, backlog, thread: Some(thread) })
    }

    /// How it is.
    pub fn state(&self) -> Arc<DrainState> {
        Arc::clone(&self.state)
    }

    /// Carries over what waits, as long as that is allowed to take, and ends. Blocks.
    pub fn stop(mut self) {
        self.state.stop();
        self.backlog.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Says when the thread has ended, however it did.
struct Alive(Arc<DrainState>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.set_alive(false);
    }
}

/// Why a step did not work; it is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The store does not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lake does not do its part.
    #[error(transparent)]
    Lake(#[from] LakeFault),
    /// Something was found after an erasure.
    #[error("erasure {id} is not complete: {what} still names the person")]
    Left {
        /// The receipt.
        id: String,
        /// Where.
        what: &'static str,
    },
    /// The log of the store holds what was deleted, and cannot be emptied.
    #[error("the log of the store still names whom the store has erased: somebody reads it all the time")]
    StoreLog,
}

impl Trouble {
    fn hindrance(&self) -> Hindrance {
        match self {
            Self::Lake(LakeFault::Busy(_)) => Hindrance::LakeBusy,
            Self::Lake(LakeFault::Full(_)) => Hindrance::LakeFull,
            Self::Store(error) if error.is_full() => Hindrance::StoreFull,
            Self::Store(_) | Self::StoreLog => Hindrance::Store,
            Self::Lake(LakeFault::Other(_)) | Self::Left { .. } => Hindrance::Lake,
        }
    }
}

struct Worker {
    application: String,
    store: Store,
    lake: Box<dyn EventLake>,
    limits: DrainLimits,
    backlog: Backlog,
    metrics: Arc<Metrics>,
    clock: Clock,
    runtime: Handle,
    on_change: Box<dyn Fn(u64) + Send>,
    state: Arc<DrainState>,
    eraser: Arc<Eraser>,
    /// Whether a lake that is an older copy has forgotten again.
    is_redone: bool,
    /// When an erasure could last not be done.
    failed: Option<Instant>,
    /// When it was last looked for people who are silent.
    looked: Option<Instant>,
    tidied: Instant,
    /// Whether something came into the lake since the last compaction.
    dirty: bool,
    /// Small files in the lake, when they were last counted.
    fresh: u64,
}

impl Worker {
    fn run(mut self) {
        if let Ok((version, fresh)) = self.lake.state() {
            self.metrics.lake(version, fresh);
            self.fresh = fresh;
        }
        let mut wait = Duration::ZERO;
        let mut stop_by = None;
        loop {
            if self.state.is_stopping() && stop_by.is_none() {
                stop_by = Some(Instant::now() + self.limits.at_the_end);
            }
            let began = Instant::now();
            let step = self.people(stop_by.is_some()).and_then(|()| self.step());
            let is_late = stop_by.is_some_and(|by| Instant::now() >= by);
            match step {
                Ok(true) => {
                    wait = Duration::ZERO;
                    self.well();
                    if self.backlog.events() < MANY && stop_by.is_none() {
                        self.pause(self.limits.pace.saturating_sub(began.elapsed()));
                    }
                    self.tidy(stop_by.is_some());
                }
                Ok(false) => {
                    wait = Duration::ZERO;
                    self.well();
                    if stop_by.is_some() {
                        return;
                    }
                    self.tidy(false);
                    if !self.eraser.is_waiting() || self.failed.is_some() {
                        let wait = async { timeout(LOOK, self.backlog.appended()).await };
                        let _ = self.runtime.block_on(wait);
                    }
                }
                Err(trouble) => {
                    self.unwell(&trouble);
                    if is_late {
                        return;
                    }
                    let is_short = stop_by.is_some() || matches!(trouble, Trouble::Lake(LakeFault::Busy(_)));
                    wait = (wait * 2).clamp(AGAIN, SLOWEST);
                    self.pause(if is_short { AGAIN } else { wait });
                }
            }
            if is_late {
                return;
            }
        }
    }

    fn well(&self) {
        self.state.set_trouble(None);
        if self.state.set(None).is_some() {
            tracing::info!("what waits comes into the lake again");
        }
    }

    /// Notes what is in the way; says it when it begins, not at every attempt.
    fn unwell(&self, trouble: &Trouble) {
        let hindrance = trouble.hindrance();
        let before = self.state.set(Some(hindrance));
        let error = said(trouble);
        self.state.set_trouble(Some(error.clone()));
        if before == Some(hindrance) {
            tracing::debug!(error, "another attempt to bring what waits into the lake");
        } else if hindrance == Hindrance::LakeBusy {
            tracing::info!(error, "what waits comes into the lake later");
        } else {
            tracing::error!(error, "what waits in the inbox cannot be brought into the lake");
        }
    }

    /// Sleeps, but not beyond a wish to stop.
    fn pause(&self, whole: Duration) {
        let until = Instant::now() + whole;
        while !self.state.is_stopping() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// What people have asked for, before anything else comes in. Not begun where little time is left.
    fn people(&mut self, is_stopping: bool) -> Result<(), Trouble> {
        let eraser = Arc::clone(&self.eraser);
        if !self.is_redone {
            let redone = eraser.redo(&mut *self.lake)?;
            self.is_redone = true;
            self.lake_has_changed(redone)?;
        }
        if is_stopping {
            return Ok(());
        }
        if self.failed.is_some_and(|at| at.elapsed() < SLOWEST) {
            return Ok(());
        }
        // What cannot be erased now is erased later; it does not keep out what comes in.
        match self.erase(&eraser) {
            Ok(()) => {
                self.failed = None;
                self.state.set_erasing(None);
            }
            Err(trouble) => {
                let told = said(&trouble);
                tracing::error!(error = told, "what was asked for cannot be erased at the moment");
                self.failed = Some(Instant::now());
                self.state.set_erasing(Some(told));
            }
        }
        Ok(())
    }

    fn erase(&mut self, eraser: &Eraser) -> Result<(), Trouble> {
        if self.looked.is_none_or(|at| at.elapsed() >= SILENCE) {
            eraser.look_for_silent(self)?;
            self.looked = Some(Instant::now());
        }
        let erased = eraser.erase(self)?;
        self.lake_has_changed(erased)
    }

    fn lake_has_changed(&mut self, has_changed: bool) -> Result<(), Trouble> {
        if has_changed {
            let (version, fresh) = self.lake.state()?;
            self.metrics.lake(version, fresh);
            (self.on_change)(version);
        }
        Ok(())
    }

    /// Carries one batch over; whether there was one.
    fn step(&mut self) -> Result<bool, Trouble> {
        self.carry_one().map(|last| last.is_some())
    }

    /// Carries one batch over; its last parcel.
    fn carry_one(&mut self) -> Result<Option<ParcelId>, Trouble> {
        let claimed = self.runtime.block_on(self.store.claim(self.limits.batch))?;
        let Some(claimed) = claimed else {
            self.backlog.set(self.runtime.block_on(self.store.depth())?);
            return Ok(None);
        };
        let began = Instant::now();
        let (bundle, unreadable) = decode(&claimed);
        if !unreadable.is_empty() {
            // Before the parcel goes. After a crash in between the letter is there twice, which is better than not at all.
            self.runtime.block_on(self.store.add_letters(&unreadable, self.clock.now()))?;
        }
        let events = bundle.events.len() as u64;
        tracing::debug!(number = claimed.number.get(), events, "a batch is offered to the lake");
        let taken = self.take(&claimed, bundle)?;
        let finished = LakeBatch {
            number: claimed.number,
            parcels: claimed.parcels.len() as u64,
            events,
            added: taken.added,
            duplicates: taken.duplicates,
            finished_at: self.clock.now(),
            lake_version: taken.version,
        };
        self.runtime.block_on(self.store.finish_with(&finished))?;
        tracing::debug!(number = claimed.number.get(), "the batch is in the lake");
        self.metrics.taken(began.elapsed(), &taken);
        self.dirty = true;
        self.fresh = taken.fresh_files;
        self.backlog.set(self.runtime.block_on(self.store.depth())?);
        (self.on_change)(taken.version);
        Ok(claimed.parcels.last().map(|parcel| parcel.id))
    }

    fn take(&mut self, claimed: &Claimed, mut bundle: Bundle) -> Result<Taken, Trouble> {
        let segments = bundle.segments(MISSING);
        let batch = Batch {
            application: &self.application,
            number: claimed.number.get(),
            kinds: bundle.kinds(),
            segments: &segments,
            events: &bundle.events,
            joins: &bundle.joins,
        };
        let taken = self.lake.take(&batch)?;
        if !taken.already {
            return Ok(taken);
        }
        // Killed after the lake took it, or the store is an older one than the lake: the number cannot tell. The ids of
        // the messages can.
        let again = format!("{}:{:016x}", self.application, fingerprint(claimed));
        let again = Batch { application: &again, number: 1, ..batch };
        let second = self.lake.take(&again)?;
        Ok(if second.already { Taken { duplicates: batch.events.len() as u64, ..second } } else { second })
    }

    fn tidy(&mut self, is_last: bool) {
        if !self.dirty || is_last || self.tidied.elapsed() < self.limits.tidy_every {
            return;
        }
        self.tidied = Instant::now();
        tracing::debug!(fresh_files = self.fresh, "the lake is being compacted");
        let tidied = self.lake.tidy();
        tracing::debug!("the compaction has ended");
        match tidied {
            Ok(()) => {
                self.dirty = false;
                if let Ok((version, fresh)) = self.lake.state() {
                    self.metrics.lake(version, fresh);
                    self.fresh = fresh;
                    (self.on_change)(version);
                }
            }
            // The events are in; a compaction that fails now is for the next time.
            Err(error @ LakeFault::Busy(_)) => tracing::debug!(error = said(&error), "compaction later"),
            Err(error) => tracing::warn!(error = said(&error), "the lake could not be compacted"),
        }
    }
}

impl Carrier for Worker {
    fn lake(&mut self) -> &mut dyn PeopleLake {
        &mut *self.lake
    }

    fn carry(&mut self, last: ParcelId) -> Result<(), Trouble> {
        while self.carry_one()?.is_some_and(|carried| carried < last) {}
        Ok(())
    }
}

/// All that can be read, and letters for what cannot.
fn decode(claimed: &Claimed) -> (Bundle, Vec<NewLetter>) {
    let mut bundle = Bundle::default();
    let mut unreadable = Vec::new();
    for parcel in &claimed.parcels {
        let content = &parcel.content;
        match Parcel::decode(&content.payload) {
            Ok(parcel) => bundle.add(parcel),
            Err(error) => {
                tracing::error!(%error, "a parcel of the inbox became a dead letter");
                unreadable.push(NewLetter {
                    source: content.source,
                    received_at: content.received_at,
                    protocol: "parcel".to_owned(),
                    reason: "unreadable_parcel".to_owned(),
                    field: None,
                    message_id: None,
                    person: None,
                    payload: content.payload.clone(),
                    expires_at: content.received_at.saturating_add(LETTER),
                });
            }
        }
    }
    (bundle, unreadable)
}

/// Tells batches of different content apart (FNV-1a over the payloads).
fn fingerprint(claimed: &Claimed) -> u64 {
    let bytes = claimed.parcels.iter().flat_map(|parcel| &parcel.content.payload);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// An error with its causes.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
