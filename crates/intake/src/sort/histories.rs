//! The sorted activities as a source for the kernels.

use std::{cmp::Reverse, collections::BinaryHeap, io};

use fidance_domain::{
    amount::Amount,
    history::{Extent, Histories, HistoryError, HistoryVisitor, Micros, Profile, Segments},
    id::CustomerKey,
    list::{CustomerLists, Member},
};

use super::{
    record::{PARTS, Record, part_of},
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
    /// The customers who are on lists, in order.
    pub(super) members: Vec<Member<CustomerKey>>,
}

impl SortedHistories {
    /// Whether some activities lie in a temporary file.
    pub const fn is_spilled(&self) -> bool {
        self.runs.is_some()
    }

    /// With these lists of customers, where there were none: see [`Segments::lists`].
    ///
    /// # Errors
    /// Where the temporary file cannot be read.
    pub fn with_lists(mut self, lists: &CustomerLists) -> Result<Self, HistoryError> {
        let listed = lists.listed(|key| key);
        let mut known = Vec::new();
        for part in 0..PARTS {
            let listed = of_part(&listed, part, |(key, _)| *key);
            self.find(part, listed, &mut known).map_err(|e| HistoryError(Box::new(e)))?;
        }
        lists.enter(&mut self.segments, |key| key, &mut known);
        self.members = known;
        Ok(self)
    }

    /// Finds who of the listed customers of a part is there, and the profile of their first activity.
    fn find(
        &self,
        part: usize,
        listed: &[(CustomerKey, u64)],
        known: &mut Vec<Member<CustomerKey>>,
    ) -> io::Result<()> {
        let mut rest = listed.iter().peekable();
        if self.runs.is_none() {
            let records = self.in_memory(part);
            for &(id, lists) in rest {
                let first = records.partition_point(|record| record.customer() < id);
                if let Some(record) = records.get(first).filter(|record| record.customer() == id) {
                    known.push(Member { id, profile: Profile(record.profile), lists });
                }
            }
            return Ok(());
        }
        if listed.is_empty() {
            return Ok(());
        }
        self.records(part, |record| {
            let customer = record.customer();
            while rest.next_if(|(id, _)| *id < customer).is_some() {}
            if let Some(&(id, lists)) = rest.next_if(|(id, _)| *id == customer) {
                known.push(Member { id, profile: Profile(record.profile), lists });
            }
        })
    }

    /// All records of a part, in order.
    fn records(&self, part: usize, mut take: impl FnMut(&Record)) -> io::Result<()> {
        let cursors = self.runs.as_ref().map(|runs| runs.cursors(part)).unwrap_or_default();
        if cursors.is_empty() {
            self.in_memory(part).iter().for_each(take);
            return Ok(());
        }
        let mut sources: Vec<Source<'_>> = cursors.into_iter().map(Source::Disk).collect();
        sources.push(Source::Memory(self.in_memory(part).iter()));
        merge(&mut sources, &mut take)
    }

    fn in_memory(&self, part: usize) -> &[Record] {
        self.parts.get(part).map_or(&[], Vec::as_slice)
    }
}

/// What of some customers, who are in order, is in a part.
fn of_part<T>(customers: &[T], part: usize, key: impl Fn(&T) -> CustomerKey) -> &[T] {
    let before = |last: usize| customers.partition_point(|customer| part_of(key(customer)) < last);
    customers.get(before(part)..before(part + 1)).unwrap_or_default()
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
        let mut feed = Feed::new(visitor, of_part(&self.members, part, |member| member.id));
        self.records(part, |record| feed.take(record)).map_err(|e| HistoryError(Box::new(e)))?;
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
    /// Those on lists who are still to come.
    members: &'a [Member<CustomerKey>],
    current: Option<Record>,
    at: Vec<Micros>,
    amounts: Vec<Amount>,
}

impl<'a> Feed<'a> {
    fn new(visitor: &'a mut dyn HistoryVisitor, members: &'a [Member<CustomerKey>]) -> Self {
        Self {
            visitor,
            members,
            current: None,
            at: Vec::with_capacity(CHUNK),
            amounts: Vec::with_capacity(CHUNK),
        }
    }

    fn take(&mut self, record: &Record) {
        let same = self.current.is_some_and(|current| current.same_customer(record));
        if !same {
            self.close();
            self.current = Some(*record);
            let profile = self.profile(record);
            self.visitor.begin(profile);
        } else if self.at.len() == CHUNK {
            self.flush();
        }
        self.at.push(record.at);
        self.amounts.push(Amount::from_steps(record.amount));
    }

    /// The profile of a customer whose first record this is.
    fn profile(&mut self, first: &Record) -> Profile {
        let customer = first.customer();
        while let Some((member, rest)) = self.members.split_first() {
            if member.id >= customer {
                return if member.id == customer { member.profile } else { Profile(first.profile) };
            }
            self.members = rest;
        }
        Profile(first.profile)
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
