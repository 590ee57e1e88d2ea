//! Brings events into the order in which they reach the file, with bounded memory.
//!
//! Events are kept by week of arrival. Where they outgrow the budget, the fullest weeks move to temporary
//! files. At the end each week is sorted alone, so memory holds one week at a time.

use std::{
    fs::File,
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use crate::{
    calendar::{DAY, Micros},
    error::SimError,
    event::{EVENT_BYTES, Event},
};

const WEEK: Micros = 7 * DAY;

#[derive(Debug, Default)]
struct Bucket {
    bytes: Vec<u8>,
    spilled: Option<File>,
}

#[derive(Debug)]
pub(crate) struct Sorter {
    folder: PathBuf,
    start: Micros,
    buckets: Vec<Bucket>,
    held: usize,
    budget: usize,
    count: u64,
}

impl Sorter {
    /// `start` is the first instant; at most about `budget` bytes are held before `folder` is used.
    pub(crate) fn new(folder: &Path, start: Micros, budget: usize) -> Self {
        Self { folder: folder.to_owned(), start, buckets: Vec::new(), held: 0, budget, count: 0 }
    }

    pub(crate) const fn len(&self) -> u64 {
        self.count
    }

    pub(crate) fn add(&mut self, event: &Event) -> Result<(), SimError> {
        let week = usize::try_from((event.received - self.start).div_euclid(WEEK)).unwrap_or(0);
        if week >= self.buckets.len() {
            self.buckets.resize_with(week + 1, Bucket::default);
        }
        if let Some(bucket) = self.buckets.get_mut(week) {
            event.encode(&mut bucket.bytes);
        }
        self.count += 1;
        self.held += EVENT_BYTES;
        if self.held > self.budget {
            self.spill()?;
        }
        Ok(())
    }

    /// Moves everything out: buckets fill evenly, so none is worth keeping.
    fn spill(&mut self) -> Result<(), SimError> {
        for bucket in &mut self.buckets {
            let file = match &mut bucket.spilled {
                Some(file) => file,
                none => none.insert(
                    tempfile::tempfile_in(&self.folder).map_err(|source| SimError::Sorting { source })?,
                ),
            };
            file.write_all(&bucket.bytes).map_err(|source| SimError::Sorting { source })?;
            bucket.bytes = Vec::new();
        }
        self.held = 0;
        Ok(())
    }

    /// Hands over all events in order.
    pub(crate) fn drain(self, mut each: impl FnMut(&Event) -> Result<(), SimError>) -> Result<(), SimError> {
        for bucket in self.buckets {
            let mut events = bucket.into_events()?;
            events.sort_unstable_by_key(|event| (event.received, event.customer, event.sequence, event.at));
            events.iter().try_for_each(&mut each)?;
        }
        Ok(())
    }
}

impl Bucket {
    fn into_events(self) -> Result<Vec<Event>, SimError> {
        let mut bytes = Vec::new();
        if let Some(mut file) = self.spilled {
            let read = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
            read.map_err(|source| SimError::Sorting { source })?;
        }
        bytes.extend_from_slice(&self.bytes);
        let (events, _) = bytes.as_chunks::<EVENT_BYTES>();
        Ok(events.iter().map(Event::decode).collect())
    }
}
