//! Forgets persons: their rows stay, so that no figure changes, under a name that nobody can find out, to the day.
//!
//! A pseudonym can be computed from a customer's id by whoever has the secret. So the rows go to a name drawn at random,
//! which is written down nowhere else; segment values go with them, statements that name the person go, and every
//! file that held the pseudonym is removed at once, whoever may be reading it.

use std::collections::{BTreeSet, HashMap};

use crate::{
    compact::Plan,
    error::LakeError,
    import::ImportOptions,
    lake::{Lake, Snapshot},
    links::{self, Link, LinkAction},
    stored::{LINKS, random},
    table::Change,
};

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Pseudonyms of the persons: those given, and those that were merged with them.
    pub ids: usize,
    /// Statements on who is who that named them.
    pub links: usize,
    /// Files that were removed from the disk, those of earlier changes included.
    pub files: usize,
}

impl Lake {
    /// The number of the last forgetting that an application has noted here; 0 where there is none.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn last_forgotten(&mut self, application: &str) -> Result<i64, LakeError> {
        self.refresh()?;
        Ok(self.events.transaction(application)?.unwrap_or(0))
    }

    /// Notes that everything up to this number was forgotten, after [`Lake::forget`] has done it: an older copy of the
    /// lake does not know the number, and so tells that it has to be done again.
    ///
    /// # Errors
    /// Where another process writes, or the disk fails.
    pub fn note_forgotten(&mut self, application: &str, number: i64) -> Result<(), LakeError> {
        let _lock = self.lock()?;
        self.refresh()?;
        if self.events.transaction(application)?.is_some_and(|last| last >= number) {
            return Ok(());
        }
        let transactions = vec![(application.to_owned(), number)];
        self.events.commit(&Change { transactions, ..Change::default() })
    }

    /// Forgets the persons that these pseudonyms belong to. Events that come later begin a new customer. Done twice, it
    /// does nothing the second time; interrupted, it is to be done again.
    ///
    /// # Errors
    /// Where another process writes, a file is damaged or the disk fails.
    pub fn forget(&mut self, pseudonyms: &[i64], options: &ImportOptions) -> Result<Forgotten, LakeError> {
        let mut done = Forgotten::default();
        {
            let _lock = self.lock()?;
            self.refresh()?;
            self.drop_stray_companions()?;
            let snapshot = self.snapshot()?;
            let mut strangers = HashMap::new();
            for pseudonym in pseudonyms {
                let stranger = stranger()?;
                for id in snapshot.links.ids_of(*pseudonym) {
                    strangers.entry(id).or_insert(stranger);
                }
            }
            done.ids = strangers.len();
            let gone: BTreeSet<i64> = strangers.keys().copied().collect();
            if snapshot.rows() > 0 && !gone.is_empty() {
                self.rearrange(&snapshot, Plan::forgetting(&snapshot, strangers), options)?;
            }
            // After the rows: as long as they stand under a merged name, the merge must be known.
            done.links = self.drop_links(&snapshot, &gone)?;
        }
        done.files = self.remove_left_over(|_| true)?.files;
        Ok(done)
    }

    /// Removes the statements that name one of these ids; their number.
    fn drop_links(&mut self, snapshot: &Snapshot, gone: &BTreeSet<i64>) -> Result<usize, LakeError> {
        let mut kept = Vec::new();
        let mut remove = Vec::new();
        let mut dropped = 0;
        for file in self.links.files()? {
            let mut links = Vec::new();
            links::read(&self.place.fetch(&file.within(LINKS), file.bytes)?, &mut links)?;
            let before = links.len();
            links.retain(|link| !gone.contains(&link.from) && !gone.contains(&link.into));
            if links.len() < before {
                dropped += before - links.len();
                kept.append(&mut links);
                remove.push(file);
            }
        }
        if remove.is_empty() {
            return Ok(0);
        }
        if kept.iter().all(|link| link.sequence < snapshot.links.last()) {
            // Files say up to which statement they know them, so no number may be given again.
            let nobody = stranger()?;
            let at = snapshot.links.last_said();
            let sequence = snapshot.links.last();
            kept.push(Link { at, sequence, action: LinkAction::Split, from: nobody, into: nobody });
        }
        self.commit_links(&kept, remove, Vec::new())?;
        Ok(dropped)
    }
}

/// A name that nobody has.
fn stranger() -> Result<i64, LakeError> {
    let number = i64::from_be_bytes(random()?);
    // The columns use the smallest number for "none".
    Ok(if number == i64::MIN { i64::MAX } else { number })
}
