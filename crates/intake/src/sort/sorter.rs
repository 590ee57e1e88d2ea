//! Takes activities in any order and gives them back sorted.

use std::{io, path::PathBuf, thread};

use fidance_domain::{
    amount::Amount,
    history::{Extent, Micros, Profile, Segments},
    id::CustomerKey,
};

use super::{
    histories::SortedHistories,
    record::{PARTS, RECORD, Record},
    runs::Runs,
};
use crate::error::IntakeError;

/// Parts grow by at least this many records.
const GROWTH: usize = 256;

/// An external sorter of activities.
#[derive(Debug)]
pub struct Sorter {
    parts: Vec<Vec<Record>>,
    /// Records that fit the budget.
    limit: usize,
    /// Records for which memory is taken.
    reserved: usize,
    folder: PathBuf,
    runs: Option<Runs>,
    rows: u64,
    first: Micros,
    last: Micros,
}

impl Sorter {
    /// A sorter that keeps about `budget` bytes in memory and spills to unnamed files in `folder`.
    pub fn new(budget: usize, folder: PathBuf) -> Self {
        Self {
            parts: vec![Vec::new(); PARTS],
            // While parts grow, the allocator holds about a quarter more than they do.
            limit: (budget / RECORD / 5 * 4).max(1),
            reserved: 0,
            folder,
            runs: None,
            rows: 0,
            first: Micros::MAX,
            last: Micros::MIN,
        }
    }

    /// Takes one activity.
    pub fn push(
        &mut self,
        customer: CustomerKey,
        at: Micros,
        profile: Profile,
        amount: Amount,
    ) -> Result<(), IntakeError> {
        let record = Record::new(customer, at, profile, amount);
        self.rows += 1;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        let Some(part) = self.parts.get_mut(record.part()) else { return Ok(()) };
        if part.len() < part.capacity() {
            part.push(record);
            return Ok(());
        }
        self.grow(record)
    }

    /// Makes room for a record whose part is full, spilling everything where the budget is reached.
    #[cold]
    fn grow(&mut self, record: Record) -> Result<(), IntakeError> {
        let full = self.parts.get(record.part()).map_or(0, Vec::len);
        let more = (full / 4).max(GROWTH.min(self.limit));
        if self.reserved + more > self.limit && self.reserved > 0 {
            self.spill()?;
        }
        if let Some(part) = self.parts.get_mut(record.part()) {
            let before = part.capacity();
            if part.len() == before {
                part.reserve_exact(more);
            }
            part.push(record);
            self.reserved += part.capacity() - before;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<(), IntakeError> {
        sort_parts(&mut self.parts);
        let failed =
            |source: io::Error| IntakeError::Spill { folder: self.folder.display().to_string(), source };
        if self.runs.is_none() {
            self.runs = Some(Runs::create(&self.folder).map_err(failed)?);
        }
        if let Some(runs) = &mut self.runs {
            runs.add(&self.parts).map_err(failed)?;
        }
        // The memory is given back: the parts may grow differently in the next run.
        self.parts = vec![Vec::new(); PARTS];
        self.reserved = 0;
        Ok(())
    }

    /// The first and the last instant; `None` without any activity.
    pub fn span(&self) -> Option<(Micros, Micros)> {
        (self.rows > 0).then_some((self.first, self.last))
    }

    /// Sorts what is in memory and gives everything back. The source is complete up to `until`.
    pub fn finish(mut self, segments: Segments, has_amounts: bool, until: Micros) -> SortedHistories {
        sort_parts(&mut self.parts);
        let extent = self.span().map(|(first, _)| Extent { first, until, rows: self.rows });
        SortedHistories {
            parts: self.parts,
            runs: self.runs,
            segments,
            has_amounts,
            extent,
            members: Vec::new(),
        }
    }
}

/// Sorts every part, on two threads where there is enough to do.
fn sort_parts(parts: &mut [Vec<Record>]) {
    let (left, right) = parts.split_at_mut(parts.len() / 2);
    let sort = |parts: &mut [Vec<Record>]| parts.iter_mut().for_each(|part| part.sort_unstable());
    if left.iter().map(Vec::len).sum::<usize>() < 50_000 {
        sort(left);
        sort(right);
        return;
    }
    thread::scope(|scope| {
        scope.spawn(|| sort(left));
        sort(right);
    });
}
