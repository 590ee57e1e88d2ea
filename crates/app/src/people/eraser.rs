//! Does what was asked for, in the drain's thread: what waits goes into the lake, ids are looked up, the store and the lake
//! forget, somebody looks whether anything is left, and only then it is noted as done.
//!
//! Killed between any two steps, all of them are done again: each finds what the one before has left. The lake's note of
//! the last number comes after everything else. A lake that does not know a number is an older copy, or one
//! that was not finished, and has to forget again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fidance_domain::history::Micros;
use fidance_store::{DeadLetter, Erasure, ParcelId, Scrub, Sid, Store, StoreError};
use tokio::runtime::Handle;

use super::{People, PeopleLake, letters};
use crate::ingest::drain::Trouble;

/// People of one erasure, where many are forgotten at once.
const AT_ONCE: usize = 10_000;
const DAY: Micros = 86_400_000_000;
/// The setting that says when it was last looked for people who are silent.
const LOOKED: &str = "forget_after_looked_at";
/// How often to try to empty the store's log, and how long to wait in between.
const TRIES: usize = 100;
const BETWEEN: Duration = Duration::from_millis(50);
const LIMIT: &str = "retention limit";

/// A lake and the way into it, as the drain has both.
pub(crate) trait Carrier {
    /// The lake.
    fn lake(&mut self) -> &mut dyn PeopleLake;
    /// Brings into the lake what waits in the inbox, up to a parcel.
    fn carry(&mut self, last: ParcelId) -> Result<(), Trouble>;
}

/// Erases.
#[derive(Debug)]
pub(crate) struct Eraser {
    people: Arc<People>,
    store: Store,
    runtime: Handle,
    /// Under which the lake notes what it has forgotten.
    application: String,
    /// After how long a silence people are forgotten.
    forget_after: Option<Micros>,
}

impl Eraser {
    pub(crate) fn new(
        people: Arc<People>,
        store: Store,
        store_id: &str,
        runtime: Handle,
        forget_after: Option<Micros>,
    ) -> Self {
        Self { people, store, runtime, application: format!("erasures:{store_id}"), forget_after }
    }

    /// Forgets again whom the lake should have forgotten and does not know of: it is a copy from before. To be done before
    /// anything comes in, which may be of a new customer with the same id. Whether there was anybody.
    pub(crate) fn redo(&self, lake: &mut dyn PeopleLake) -> Result<bool, Trouble> {
        let known = lake.last_forgotten(&self.application)?;
        let again = self.runtime.block_on(self.store.erasures_beyond(known))?;
        let Some(last) = again.last() else { return Ok(false) };
        tracing::warn!(erasures = again.len(), "the lake is an older copy: it forgets again");
        let ids = all_ids(&again);
        lake.forget(&ids)?;
        // Those that are not done yet stay unknown to the lake.
        let pending = self.runtime.block_on(self.store.pending_erasures())?;
        let last = pending.first().map_or(last.number, |first| last.number.min(first.number - 1));
        if last > known {
            lake.note_forgotten(&self.application, last)?;
        }
        Ok(true)
    }

    /// Whether there is something to do.
    pub(crate) fn is_waiting(&self) -> bool {
        self.people.is_wanted()
    }

    /// Erases whoever waits for it; whether there was anybody.
    pub(crate) fn erase(&self, carrier: &mut dyn Carrier) -> Result<bool, Trouble> {
        if !self.people.take_wanted() {
            return Ok(false);
        }
        let done = self.try_erase(carrier);
        if done.is_err() {
            self.people.want();
        }
        done
    }

    fn try_erase(&self, carrier: &mut dyn Carrier) -> Result<bool, Trouble> {
        let (store, runtime) = (&self.store, &self.runtime);
        // Every one up to this is done, or among those that wait.
        let newest = runtime.block_on(store.erasures(None, 1))?.first().map(|newest| newest.number);
        let mut pending = runtime.block_on(store.pending_erasures())?;
        let Some(number) = pending.last().map(|last| last.number).max(newest) else { return Ok(false) };
        if pending.is_empty() {
            return Ok(false);
        }
        self.learn(&pending);
        // What was accepted before is opaque: only the lake can erase it.
        let last = runtime.block_on(store.last_parcel())?;
        carrier.carry(last)?;
        let lake = carrier.lake();
        for erasure in &mut pending {
            let ids: Vec<i64> = erasure.ids.iter().map(|id| id.get()).collect();
            let all = lake.ids_of(&ids)?;
            let rows = lake.held_of(&all)?.0;
            erasure.ids = all.into_iter().map(Sid::new).collect();
            runtime.block_on(store.note_found(erasure.id, &erasure.ids, rows))?;
        }
        // Ids that were found just now; what was said of them before does not come in any more either.
        self.learn(&pending);
        for erasure in &pending {
            runtime.block_on(self.erase_from_store(erasure))?;
        }
        let ids = all_ids(&pending);
        lake.forget(&ids)?;
        self.people.acceptor().forget(&ids);
        for erasure in &pending {
            runtime.block_on(store.mark_lake_erased(erasure.id, self.people.now()))?;
        }
        self.scrub()?;
        self.verify(lake, &pending)?;
        lake.note_forgotten(&self.application, number)?;
        for erasure in &pending {
            runtime.block_on(store.mark_verified(erasure.id, self.people.now()))?;
            tracing::info!(receipt = %erasure.id, "an erasure is done");
        }
        Ok(true)
    }

    /// From here on nothing that is older than an erasure comes in any more, and what did is on disk.
    fn learn(&self, erasures: &[Erasure]) {
        let erased = self.people.acceptor().erased();
        erased.learn(
            erasures.iter().flat_map(|erasure| erasure.ids.iter().map(|id| (id.get(), erasure.requested_at))),
        );
        self.runtime.block_on(erased.settled());
    }

    async fn erase_from_store(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let ids: Vec<i64> = erasure.ids.iter().map(|id| id.get()).collect();
        let needles = letters::needles(&self.store, &ids).await?;
        let names = self.people.acceptor().names();
        let found = letters::find(&self.store, names, &ids, &needles).await?;
        let found: Vec<_> = found.into_iter().map(|letter| letter.id).collect();
        self.store.erase(erasure.id, &found, self.people.now()).await.map(drop)
    }

    /// Until no file of the store holds what was deleted. A reader stands in the way for a moment only.
    fn scrub(&self) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            if self.runtime.block_on(self.store.scrub())? == Scrub::Complete {
                return Ok(());
            }
            std::thread::sleep(BETWEEN);
        }
        Err(Trouble::StoreLog)
    }

    /// Looks everywhere. What was said of the person since they asked is of a new customer.
    fn verify(&self, lake: &mut dyn PeopleLake, erasures: &[Erasure]) -> Result<(), Trouble> {
        for erasure in erasures {
            let left = |what| Trouble::Left { id: erasure.id.to_string(), what };
            let ids: Vec<i64> = erasure.ids.iter().map(|id| id.get()).collect();
            if lake.held_of(&ids)? != (0, 0) {
                return Err(left("the lake"));
            }
            let in_store = async {
                for id in &erasure.ids {
                    let known = self.store.person(*id).await?;
                    if known.is_some_and(|person| person.created_at <= erasure.requested_at) {
                        return Ok(Some("the store"));
                    }
                }
                let names = self.people.acceptor().names();
                if !self.store.incidents_of(&erasure.ids).await?.is_empty() {
                    return Ok(Some("the list of whom an incident affected"));
                }
                let letters = letters::find(&self.store, names, &ids, &[]).await?;
                let is_old = |letter: &DeadLetter| letter.letter.received_at <= erasure.requested_at;
                Ok::<_, StoreError>(letters.iter().any(is_old).then_some("a dead letter"))
            };
            if let Some(what) = self.runtime.block_on(in_store)? {
                return Err(left(what));
            }
        }
        Ok(())
    }

    /// Once a day: asks for the erasure of whoever had no event, and of whom nothing was said, for too long.
    pub(crate) fn look_for_silent(&self, carrier: &mut dyn Carrier) -> Result<(), Trouble> {
        let Some(limit) = self.forget_after else { return Ok(()) };
        let (store, runtime, now) = (&self.store, &self.runtime, self.people.now());
        let looked = runtime.block_on(store.setting(LOOKED))?.and_then(|at| at.parse::<Micros>().ok());
        if looked.is_some_and(|at| (at..at.saturating_add(DAY)).contains(&now)) {
            return Ok(());
        }
        // An event that waits is an event.
        carrier.carry(runtime.block_on(store.last_parcel())?)?;
        let before = now.saturating_sub(limit);
        let others = runtime.block_on(store.people_not_heard_of(before))?;
        let others: Vec<i64> = others.into_iter().map(Sid::get).collect();
        let lake = carrier.lake();
        let silent = lake.silent_since(before, &others)?;
        let all: Vec<Sid> = silent.iter().flatten().copied().map(Sid::new).collect();
        let heard: BTreeSet<Sid> =
            runtime.block_on(store.people_heard_of(&all, before))?.into_iter().collect();
        let is_silent = |ids: &&Vec<i64>| !ids.iter().any(|id| heard.contains(&Sid::new(*id)));
        let silent: Vec<Vec<i64>> = silent.iter().filter(is_silent).cloned().collect();
        for some in silent.chunks(AT_ONCE) {
            let ids: Vec<Sid> = some.iter().flatten().copied().map(Sid::new).collect();
            runtime.block_on(store.request_erasure(&ids, LIMIT, now))?;
        }
        if !silent.is_empty() {
            tracing::info!(people = silent.len(), "people who were silent for too long are forgotten");
            self.people.want();
        }
        runtime.block_on(store.set_setting(LOOKED, &now.to_string(), now))?;
        Ok(())
    }
}

fn all_ids(erasures: &[Erasure]) -> Vec<i64> {
    let ids: BTreeSet<i64> = erasures.iter().flat_map(|erasure| &erasure.ids).map(|id| id.get()).collect();
    ids.into_iter().collect()
}
