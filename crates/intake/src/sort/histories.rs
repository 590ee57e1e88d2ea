//! The sorted activities as a source for the kernels.

use std::{cmp::Reverse, collections::BinaryHeap, io};

use fidance_domain::{
    amount::Amount,
    history::{Extent, Histories, HistoryError, HistoryVisitor, Micros, Profile, Segments},
};

use super::{
    record::{PARTS, Record},
    runs::{Cursor, Runs},
};

/// Activities handed to a visitor at a time, at most.
const CHUNK: usize = 1024;

/// Activities in (customer, time) order, in memory or partly in a temporary file.
#[derive(Debug)]
pub struct SortedHistories {
    pub(super) parts: Vec<Vec<Record>>,
    pub(super) runs: Option<Runs>,
    pub(super) segments: Segments,
    pub(super) has_amounts: bool,
    pub(super) extent: Option<Extent>,
}

impl SortedHistories {
    /// Whether some activities lie in a temporary file.
    pub const fn is_spilled(&self) -> bool {
        self.runs.is_some()
    }

    fn in_memory(&self, part: usize) -> &[Record] {
        self.parts.get(part).map_or(&[], Vec::as_slice)
    }
}

impl Histories for SortedHistories {
    fn extent(&self) -> Option<Extent> {
        self.extent
    }

    fn segments(&self) -> &Segments {
        &self.segments
    }

    fn has_amounts(&self) -> bool {
        self.has_amounts
    }

    fn parts(&self) -> usize {
        PARTS
    }

    fn visit(&self, part: usize, visitor: &mut dyn HistoryVisitor) -> Result<(), HistoryError> {
        let mut feed = Feed::new(visitor);
        let cursors = self.runs.as_ref().map(|runs| runs.cursors(part)).unwrap_or_default();
        if cursors.is_empty() {
            self.in_memory(part).iter().for_each(|record| feed.take(record));
        } else {
            let mut sources: Vec<Source<'_>> = cursors.into_iter().map(Source::Disk).collect();
            sources.push(Source::Memory(self.in_memory(part).iter()));
            merge(&mut sources, |record| feed.take(record)).map_err(|e| HistoryError(Box::new(e)))?;
        }
        feed.finish();
        Ok(())
    }
}

/// One sorted sequence of a merge.
enum Source<'a> {
    Disk(Cursor<'a>),
    Memory(std::slice::Iter<'a, Record>),
}

impl Source<'_> {
    fn next(&mut self) -> io::Result<Option<Record>> {
        match self {
            Self::Disk(cursor) => cursor.next(),
            Self::Memory(records) => Ok(records.next().copied()),
        }
    }
}

/// Gives the records of all sources in order.
fn merge(sources: &mut [Source<'_>], mut take: impl FnMut(&Record)) -> io::Result<()> {
    let mut heads = BinaryHeap::with_capacity(sources.len());
    for (at, source) in sources.iter_mut().enumerate() {
        if let Some(record) = source.next()? {
            heads.push(Reverse((record, at)));
        }
    }
    while let Some(mut head) = heads.peek_mut() {
        let Reverse((record, at)) = *head;
        take(&record);
        let next = sources.get_mut(at).map_or(Ok(None), Source::next)?;
        match next {
            Some(record) => *head = Reverse((record, at)),
            None => drop(std::collections::binary_heap::PeekMut::pop(head)),
        }
    }
    Ok(())
}

/// Turns a sequence of records into calls of a visitor.
struct Feed<'a> {
    visitor: &'a mut dyn HistoryVisitor,
    current: Option<Record>,
    at: Vec<Micros>,
    amounts: Vec<Amount>,
}

impl<'a> Feed<'a> {
    fn new(visitor: &'a mut dyn HistoryVisitor) -> Self {
        Self { visitor, current: None, at: Vec::with_capacity(CHUNK), amounts: Vec::with_capacity(CHUNK) }
    }

    fn take(&mut self, record: &Record) {
        let same = self.current.is_some_and(|current| current.same_customer(record));
        if !same {
            self.close();
            self.current = Some(*record);
            self.visitor.begin(Profile(record.profile));
        } else if self.at.len() == CHUNK {
            self.flush();
        }
        self.at.push(record.at);
        self.amounts.push(Amount::from_steps(record.amount));
    }

    fn flush(&mut self) {
        self.visitor.activities(&self.at, &self.amounts);
        self.at.clear();
        self.amounts.clear();
    }

    fn close(&mut self) {
        if self.current.take().is_some() {
            self.flush();
            self.visitor.end();
        }
    }

    fn finish(mut self) {
        self.close();
    }
}
