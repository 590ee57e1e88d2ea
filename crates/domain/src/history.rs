//! The port through which customers' histories reach the kernels, wherever they are stored.
//!
//! A source keeps the activities of all customers in a number of *parts*. One part hands over its customers
//! one after the other, each with its activities in order of time; a customer is in exactly one part. That is
//! all that the retention kernels need to run in one pass with constant state per customer, and since their
//! summaries add, parts can be read by any number of threads or machines.

use std::fmt::Debug;

use crate::{
    amount::Amount,
    time::{Day, Days},
};

/// An instant in microseconds since 1970-01-01T00:00:00Z, as stored in columns.
pub type Micros = i64;

/// Index of a combination of segment values and of memberships in lists: see [`Segments`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Profile(pub u32);

/// What a source says of itself before anything is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The first activity.
    pub first: Micros,
    /// The instant up to which the source is known to be complete. With times of day this is just past the
    /// last activity; where only dates are known, the end of the last day.
    pub until: Micros,
    /// Number of activities.
    pub rows: u64,
}

/// The columns and lists by which customers are grouped, and what each [`Profile`] stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segments {
    /// Names of the columns, such as `country`.
    pub dimensions: Vec<String>,
    /// For each dimension, its values in order of first appearance.
    pub values: Vec<Vec<String>>,
    /// For each profile, one index into `values[dimension]` per dimension.
    pub profiles: Vec<Vec<u32>>,
    /// Names of the lists of customers that the source was opened with.
    pub lists: Vec<String>,
    /// For each profile, the lists that its customers are on: bit j is list j. Empty where there is no list.
    pub memberships: Vec<u64>,
    /// For each list, how many of its ids are no customer of this source.
    pub unknown: Vec<u64>,
}

impl Segments {
    /// Whether the customers of a profile are on a list.
    #[inline]
    pub fn is_on(&self, profile: Profile, list: usize) -> bool {
        self.memberships.get(profile.0 as usize).is_some_and(|lists| list < 64 && lists >> list & 1 == 1)
    }
}

/// Some of the customers, by profile: those on a list, or those with some segment values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members(Vec<bool>);

impl Members {
    /// For each profile whether its customers are among them.
    pub fn new(profiles: Vec<bool>) -> Self {
        Self(profiles)
    }

    /// Those on a list.
    pub fn of_list(segments: &Segments, list: usize) -> Self {
        Self(
            (0..)
                .map(Profile)
                .take(segments.memberships.len())
                .map(|profile| segments.is_on(profile, list))
                .collect(),
        )
    }

    /// Whether the customers of a profile are among them.
    #[inline]
    pub fn has(&self, profile: Profile) -> bool {
        self.0.get(profile.0 as usize).copied().unwrap_or(false)
    }
}

/// A source failed while it was read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the histories back: {0}")]
pub struct HistoryError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Receives the activities of one customer after the other.
pub trait HistoryVisitor {
    /// A new customer begins; `profile` is the one of the customer's first activity.
    fn begin(&mut self, profile: Profile);
    /// Some activities of the current customer, in order of time, after all those given before.
    /// `at` and `amounts` have the same length; rows without an amount have [`Amount::ZERO`].
    fn activities(&mut self, at: &[Micros], amounts: &[Amount]);
    /// The current customer has no more activities.
    fn end(&mut self);
}

/// Receives the days on which one customer after the other was active.
pub trait DayVisitor {
    /// Whether amounts matter: where they do not, a source need not read them and may give zeros.
    fn wants_amounts(&self) -> bool {
        true
    }
    /// A new customer begins; `profile` is the one of the customer's first activity.
    fn begin(&mut self, profile: Profile);
    /// Some days of the current customer, each once and in order, after all those given before, and what the
    /// activities of each came to. Both slices have the same length.
    fn days(&mut self, days: &[Day], amounts: &[Amount]);
    /// The current customer has no more days.
    fn end(&mut self);
    /// For each day of the table a set of marks, where all that matters of a customer is the first day and which marks
    /// the days have together: then a source may give customers to [`DayVisitor::marked`] instead of their days.
    fn marks(&self) -> Option<&[u64]> {
        None
    }
    /// Customers with what their days have together: see [`DayVisitor::marks`].
    fn marked(&mut self, customers: &[Marked]) {
        let _ = customers;
    }
    /// All days of several customers. One call for many of them costs less than three for each.
    fn batch(&mut self, batch: &DayBatch) {
        for (profile, days, amounts) in batch.customers() {
            self.begin(profile);
            self.days(days, amounts);
            self.end();
        }
    }
}

/// What the days of a customer have together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// The profile of the customer's first activity.
    pub profile: Profile,
    /// The first day.
    pub first: Day,
    /// The marks of all days.
    pub marks: u64,
}

/// The days of several customers, one customer after the other.
#[derive(Debug, Clone, Default)]
pub struct DayBatch {
    days: Vec<Day>,
    amounts: Vec<Amount>,
    /// Of each customer: where the days end.
    customers: Vec<(u32, Profile)>,
    /// Where the days of the current customer begin.
    start: usize,
}

impl DayBatch {
    /// The day added last for the current customer.
    #[inline]
    pub fn last(&self) -> Option<Day> {
        if self.days.len() > self.start { self.days.last().copied() } else { None }
    }

    /// Adds a day of the current customer, which is not before the last one.
    #[inline]
    pub fn push(&mut self, day: Day, amount: Amount) {
        match self.amounts.last_mut() {
            Some(sum) if self.days.len() > self.start && self.days.last() == Some(&day) => *sum += amount,
            _ => {
                self.days.push(day);
                self.amounts.push(amount);
            }
        }
    }

    /// Adds days of the current customer, each once and after the last one; those without an amount are worth nothing.
    #[inline]
    pub fn extend(&mut self, days: impl Iterator<Item = Day>, amounts: impl Iterator<Item = Amount>) {
        self.days.extend(days);
        self.amounts.extend(amounts);
        self.amounts.resize(self.days.len(), Amount::ZERO);
    }

    /// Ends the current customer, who counts if there was a day.
    #[inline]
    pub fn close(&mut self, profile: Profile) {
        if self.days.len() > self.start {
            self.start = self.days.len();
            self.customers.push((u32::try_from(self.start).unwrap_or(u32::MAX), profile));
        }
    }

    /// Number of days, those of the current customer included.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there is no day.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.days.clear();
        self.amounts.clear();
        self.customers.clear();
        self.start = 0;
    }

    /// The days of the current customer with their amounts.
    pub fn current(&self) -> impl Iterator<Item = (Day, Amount)> {
        let days = self.days.get(self.start..).unwrap_or_default();
        let amounts = self.amounts.get(self.start..).unwrap_or_default();
        days.iter().copied().zip(amounts.iter().copied())
    }

    /// Of each customer: profile, days, amounts.
    #[inline]
    pub fn customers(&self) -> impl Iterator<Item = (Profile, &[Day], &[Amount])> {
        let mut start = 0;
        self.customers.iter().map(move |&(end, profile)| {
            let range = start..end as usize;
            start = range.end;
            let days = self.days.get(range.clone()).unwrap_or_default();
            (profile, days, self.amounts.get(range).unwrap_or_default())
        })
    }
}

/// Customers' activities in (customer, time) order.
pub trait Histories: Debug + Send + Sync {
    /// What is known before reading; `None` where there is no activity at all.
    fn extent(&self) -> Option<Extent>;
    /// The segment columns.
    fn segments(&self) -> &Segments;
    /// Whether activities carry amounts.
    fn has_amounts(&self) -> bool;
    /// Number of parts that can be read independently.
    fn parts(&self) -> usize;
    /// Hands every customer of one part to the visitor.
    ///
    /// # Errors
    /// Where the storage behind fails.
    fn visit(&self, part: usize, visitor: &mut dyn HistoryVisitor) -> Result<(), HistoryError>;

    /// Hands the active days of every customer of one part to the visitor, without what is at or after `until`.
    /// Customers without an activity before it may be left out or come without a day.
    ///
    /// A source that keeps days as maintained state answers from it; the default asks for the activities.
    ///
    /// # Errors
    /// Where the storage behind fails.
    fn visit_days(
        &self,
        part: usize,
        days: &Days,
        until: Micros,
        visitor: &mut dyn DayVisitor,
    ) -> Result<(), HistoryError> {
        self.visit(part, &mut ByDay::new(days, until, visitor))
    }
}

/// Turns instants into days, leaves out what is after the end, and joins the activities of one day.
pub struct ByDay<'a> {
    days: &'a Days,
    until: Micros,
    visitor: &'a mut dyn DayVisitor,
    current: Option<(Day, Amount)>,
}

impl Debug for ByDay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByDay").field("until", &self.until).finish_non_exhaustive()
    }
}

impl<'a> ByDay<'a> {
    /// Hands the days of the activities before `until` to `visitor`.
    pub fn new(days: &'a Days, until: Micros, visitor: &'a mut dyn DayVisitor) -> Self {
        Self { days, until, visitor, current: None }
    }
}

impl HistoryVisitor for ByDay<'_> {
    fn begin(&mut self, profile: Profile) {
        self.visitor.begin(profile);
    }

    fn activities(&mut self, at: &[Micros], amounts: &[Amount]) {
        for (&at, &amount) in at.iter().zip(amounts) {
            if at >= self.until {
                return;
            }
            let day = self.days.day_of(at);
            match &mut self.current {
                Some((current, sum)) if *current == day => *sum += amount,
                current => {
                    if let Some((day, sum)) = current.replace((day, amount)) {
                        self.visitor.days(&[day], &[sum]);
                    }
                }
            }
        }
    }

    fn end(&mut self) {
        if let Some((day, sum)) = self.current.take() {
            self.visitor.days(&[day], &[sum]);
        }
        self.visitor.end();
    }
}

/// One subscription (contract) of a customer: it covers `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscription {
    /// When it begins.
    pub start: Micros,
    /// When it ended; `None` while it runs.
    pub end: Option<Micros>,
    /// The recurring amount.
    pub amount: Amount,
    /// Why it ended: index into [`SubscriptionTable::reasons`].
    pub reason: Option<u16>,
}

/// Subscriptions of all customers, small enough to be in memory, sorted by customer and start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscriptionTable {
    /// For each customer: its profile and its subscriptions in order of start.
    pub customers: Vec<(Profile, Vec<Subscription>)>,
    /// The segment columns.
    pub segments: Segments,
    /// The distinct reasons for leaving.
    pub reasons: Vec<String>,
    /// Whether amounts were given.
    pub has_amounts: bool,
    /// The instant up to which the table is complete.
    pub until: Micros,
}

/// One customer of a table that gives durations instead of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Age at which the customer came under observation (0 unless customers were imported mid-life).
    pub entry: u32,
    /// Age at the end of the observation.
    pub duration: u32,
    /// Whether the customer left then, and for which reason: index into [`LifetimeRows::reasons`].
    /// Without a reason column every departure has reason 0.
    pub ended: Option<u16>,
    /// The customer's profile.
    pub profile: Profile,
}

/// Lifetimes of customers as a table of durations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LifetimeRows {
    /// One entry per customer.
    pub lifetimes: Vec<Lifetime>,
    /// The segment columns.
    pub segments: Segments,
    /// The distinct reasons for leaving (one entry, `ended`, where none are given).
    pub reasons: Vec<String>,
}
