//! From customers in order to a visitor: with their segment values, without those who were moved, many at a time.

use fidance_domain::{
    history::{DayBatch, DayVisitor, Marked, Profile},
    time::Day,
};

use crate::{
    days::Source,
    error::LakeError,
    marks::{MarkTable, Marks},
};

/// Days that are gathered before a visitor gets them.
const DAYS_AT_ONCE: usize = 1 << 14;
/// Customers that are gathered before a visitor gets their marks.
const CUSTOMERS_AT_ONCE: usize = 1 << 10;

/// The profile of a customer, where it is known.
pub(crate) fn profile_of(profiles: &[(i64, Profile)], customer: i64) -> Option<Profile> {
    let at = profiles.binary_search_by_key(&customer, |(customer, _)| *customer).ok()?;
    profiles.get(at).map(|(_, profile)| *profile)
}

/// Walks through customers in order, with their segment values and those who were moved beside them.
pub(crate) struct Walk<'a> {
    visitor: &'a mut dyn DayVisitor,
    profiles: &'a [(i64, Profile)],
    moved: &'a [i64],
    pub(crate) batch: DayBatch,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        visitor: &'a mut dyn DayVisitor,
        profiles: &'a [(i64, Profile)],
        moved: &'a [i64],
    ) -> Self {
        Self { visitor, profiles, moved, batch: DayBatch::default() }
    }

    #[inline]
    pub(crate) fn is_moved(&mut self, customer: i64) -> bool {
        while let Some((first, rest)) = self.moved.split_first() {
            if *first >= customer {
                return *first == customer;
            }
            self.moved = rest;
        }
        false
    }

    #[inline]
    fn profile(&mut self, customer: i64) -> Profile {
        while let Some((first, rest)) = self.profiles.split_first() {
            if first.0 >= customer {
                return if first.0 == customer { first.1 } else { Profile(0) };
            }
            self.profiles = rest;
        }
        Profile(0)
    }

    /// The customer is over.
    #[inline]
    pub(crate) fn close(&mut self, customer: i64) {
        let profile = self.profile(customer);
        self.batch.close(profile);
        if self.batch.len() >= DAYS_AT_ONCE {
            self.hand_over();
        }
    }

    /// Gives the marks of all customers up to the last one of a bucket.
    pub(crate) fn mark(
        &mut self,
        sources: &mut [Source],
        last: i64,
        table: &MarkTable,
    ) -> Result<(), LakeError> {
        let mut marked = Vec::with_capacity(CUSTOMERS_AT_ONCE);
        while let Some(customer) =
            sources.iter().filter_map(Source::customer).min().filter(|next| *next <= last)
        {
            let moved = self.is_moved(customer);
            let mut marks = Marks::NONE;
            for source in sources.iter_mut().filter(|source| source.customer() == Some(customer)) {
                if moved {
                    source.pass()?;
                } else {
                    source.mark(table, &mut marks)?;
                }
            }
            if marks.first != Day::MAX {
                let profile = self.profile(customer);
                marked.push(Marked { profile, first: marks.first, marks: marks.all });
            }
            if marked.len() == CUSTOMERS_AT_ONCE {
                self.visitor.marked(&marked);
                marked.clear();
            }
        }
        self.visitor.marked(&marked);
        Ok(())
    }

    pub(crate) fn hand_over(&mut self) {
        self.visitor.batch(&self.batch);
        self.batch.clear();
    }
}
