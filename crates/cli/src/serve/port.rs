//! The lake as the server's drain sees it.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    time::{Duration, SystemTime},
};

use fidance_app::{
    ingest::{EventLake, Join, LakeFault, Taken, port::Batch},
    people::{self, PeopleLake, PeopleReader, Record, RecordedEvent},
};
use fidance_domain::{amount::Amount, history::Micros};
use fidance_lake::{
    Batch as LakeBatch, ImportOptions, Lake, LakeError, Link, LinkAction, Location, NewEvent, PersonEvent,
    PersonRecord, Thoroughness,
};

use super::{BATCH, affected::LakeCustomers};

/// Bytes for sorting a batch.
const MEMORY: usize = 192 << 20;

/// The server's lake.
#[derive(Debug)]
pub(super) struct LakePort {
    lake: Lake,
    location: Location,
    options: ImportOptions,
    keep: Duration,
}

impl LakePort {
    pub(super) fn new(lake: Lake, location: Location, keep: Duration) -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        // One file for each batch: by bucket it would be a synchronisation for each of 64, in the way of those that
        // requests wait for. The next compaction sorts them in.
        let options =
            ImportOptions { fresh_rows: BATCH, ..ImportOptions::new(MEMORY, std::env::temp_dir(), threads) };
        Self { lake, location, options, keep }
    }

    /// The same lake, for people who ask what is held on them.
    pub(super) fn people_reader(&self) -> LakeReader {
        LakeReader(self.location.clone())
    }

    /// The same lake, for lists of customers.
    pub(super) fn customers(&self) -> Result<LakeCustomers, LakeError> {
        Ok(LakeCustomers { names: self.lake.pseudonyms()?, location: self.location.clone() })
    }

    /// The same lake, for a reader.
    pub(super) fn reopen(&self) -> Result<Lake, LakeError> {
        Lake::open(&self.location)
    }

    fn join(&mut self, batch: &Batch<'_>) -> Result<(), LakeError> {
        if batch.joins.is_empty() {
            return Ok(());
        }
        let new = unstated(&self.lake.statements()?, batch.joins);
        if new.is_empty() {
            return Ok(());
        }
        let transaction = (format!("{}:joins", batch.application), batch.number);
        self.lake.link(&new, transaction).map(|_| ())
    }

    fn import(&mut self, batch: &Batch<'_>) -> Result<Taken, LakeError> {
        let mut import = self.lake.import(self.options.clone())?;
        for event in batch.events {
            import.push(NewEvent {
                customer: event.customer,
                at: event.at,
                clock: event.clock,
                kind: event.kind,
                amount: event.amount.map(Amount::from_steps),
                profile: event.profile,
                message: Some(event.message),
            })?;
        }
        let transaction = Some((batch.application.to_owned(), batch.number));
        let offered = LakeBatch { kinds: batch.kinds, segments: batch.segments, until: None, transaction };
        let imported = import.commit(&mut self.lake, offered)?;
        let (version, fresh) = self.lake.state()?;
        Ok(Taken {
            added: imported.added,
            duplicates: imported.duplicates,
            already: imported.already,
            version,
            fresh_files: fresh as u64,
        })
    }
}

impl EventLake for LakePort {
    fn take(&mut self, batch: &Batch<'_>) -> Result<Taken, LakeFault> {
        // Joins first: rows are then stored under the person that they belong to. Both know the batch's number.
        self.join(batch).and_then(|()| self.import(batch)).map_err(fault)
    }

    #[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
    fn tidy(&mut self) -> Result<(), LakeFault> {
        let compacted = self.lake.compact(&self.options, Thoroughness::WhatPays);
        compacted.and_then(|_| self.lake.vacuum(self.keep, SystemTime::now())).map(|_| ()).map_err(fault)
    }

    fn state(&mut self) -> Result<(u64, u64), LakeFault> {
        self.lake.state().map(|(version, fresh)| (version, fresh as u64)).map_err(fault)
    }
}

impl PeopleLake for LakePort {
    fn ids_of(&mut self, ids: &[i64]) -> Result<Vec<i64>, LakeFault> {
        self.lake.ids_of(ids).map_err(fault)
    }

    fn held_of(&mut self, ids: &[i64]) -> Result<(u64, u64), LakeFault> {
        self.lake.held_of(ids).map_err(fault)
    }

    fn forget(&mut self, ids: &[i64]) -> Result<(), LakeFault> {
        self.lake.forget(ids, &self.options).map(drop).map_err(fault)
    }

    fn last_forgotten(&mut self, application: &str) -> Result<i64, LakeFault> {
        self.lake.last_forgotten(application).map_err(fault)
    }

    fn note_forgotten(&mut self, application: &str, number: i64) -> Result<(), LakeFault> {
        self.lake.note_forgotten(application, number).map_err(fault)
    }

    fn silent_since(&mut self, before: Micros, others: &[i64]) -> Result<Vec<Vec<i64>>, LakeFault> {
        self.lake.silent_since(before, others).map_err(fault)
    }
}

/// Opens the lake anew for each person who asks.
#[derive(Debug)]
pub(crate) struct LakeReader(pub(crate) Location);

impl PeopleReader for LakeReader {
    fn record(&self, id: i64) -> Result<Record, LakeFault> {
        const TRIES: usize = 3;
        let read = || -> Result<Record, LakeError> {
            let mut lake = Lake::open(&self.0)?;
            let ids = lake.ids_of(&[id])?;
            let found = lake.record_of(&ids)?;
            Ok(of_lake(ids, found))
        };
        let mut tries = 0;
        loop {
            match read() {
                // A file was removed meanwhile: somebody was forgotten.
                Err(LakeError::Missing { .. }) if tries < TRIES => tries += 1,
                outcome => return outcome.map_err(fault),
            }
        }
    }
}

fn of_lake(ids: Vec<i64>, found: PersonRecord) -> Record {
    let event = |event: PersonEvent| RecordedEvent {
        recorded_as: event.recorded_as,
        at: event.at,
        clock: event.clock,
        kind: event.kind,
        amount: event.amount,
    };
    let join = |link: Link| people::Join {
        at: link.at,
        from: link.from,
        into: link.into,
        is_merge: link.action == LinkAction::Merge,
    };
    Record {
        ids,
        dimensions: found.dimensions,
        segments: found.segments,
        events: found.events.into_iter().map(event).collect(),
        joins: found.links.into_iter().map(join).collect(),
    }
}

pub(super) fn fault(error: LakeError) -> LakeFault {
    match error {
        LakeError::Busy { .. } => LakeFault::Busy(Box::new(error)),
        error if error.is_full() => LakeFault::Full(Box::new(error)),
        error => LakeFault::Other(Box::new(error)),
    }
}

/// The statements that say something new. A pair on which anything was said is left as it is, so that what a person has
/// split stays split; and an id that was joined to one is not joined to another: on a shared device, all
/// who sign in would become one customer.
fn unstated(known: &[Link], joins: &[Join]) -> Vec<(i64, LinkAction, i64, i64)> {
    let pair = |a: i64, b: i64| (a.min(b), a.max(b));
    let mut last: HashMap<(i64, i64), &Link> = HashMap::new();
    for link in known {
        last.insert(pair(link.from, link.into), link);
    }
    let standing = last.values().filter(|link| link.action == LinkAction::Merge);
    let mut joined: HashSet<i64> = standing.map(|link| link.from).collect();
    let mut stated: HashSet<(i64, i64)> = last.keys().copied().collect();
    let mut new = Vec::new();
    for join in joins {
        if !stated.contains(&pair(join.from, join.into)) && joined.insert(join.from) {
            stated.insert(pair(join.from, join.into));
            new.push((join.at, LinkAction::Merge, join.from, join.into));
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_of_a_pair_stays_and_a_shared_device_joins_nobody() {
        let said = |sequence, action, from, into| Link { at: sequence, sequence, action, from, into };
        let join = |from, into| Join { at: 9, from, into };
        let known = [
            said(1, LinkAction::Merge, 1, 10),
            said(2, LinkAction::Merge, 2, 20),
            said(3, LinkAction::Split, 20, 2),
        ];
        let joins =
            [join(1, 10), join(1, 11), join(2, 20), join(2, 21), join(3, 30), join(3, 30), join(3, 31)];
        let new: Vec<_> =
            unstated(&known, &joins).into_iter().map(|(_, _, from, into)| (from, into)).collect();
        assert_eq!(new, [(2, 21), (3, 30)]);
    }
}
