//! The additive table of lifetimes: the only thing the survival estimators ever see.

use std::collections::BTreeMap;
use std::iter::{Peekable, Sum};
use std::ops::AddAssign;

/// Times below this are counted in a vector, later ones in a map: 179 years of days, so that real data
/// always takes the fast path and a wild value costs a map entry rather than gigabytes.
const DENSE_TIMES: u32 = 1 << 16;

/// A group of customers with the same lifetime. The unit of time is the caller's (days, months).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Age at which observation starts; 0 when observed from the origin. A customer who enters at t > 0
    /// is at risk from just after t.
    pub entry: u32,
    /// Age at the event or at the end of observation.
    pub duration: u32,
    /// Cause of the event, or `None` when still a customer at the end of observation (censored).
    pub cause: Option<u16>,
    /// Number of customers.
    pub count: u64,
}

/// Counts of customers by entry, exit and cause. Adding tables is the same as concatenating their rows.
///
/// ```
/// use fidance_stats::survival::{Lifetime, LifetimeTable};
/// let paris = LifetimeTable::from_iter([
///     Lifetime { entry: 0, duration: 3, cause: Some(0), count: 10 },
///     Lifetime { entry: 0, duration: 5, cause: None, count: 90 },
/// ]);
/// let mut total = LifetimeTable::new();
/// total += &paris;
/// total.add(Lifetime { entry: 2, duration: 4, cause: None, count: 50 });
/// assert_eq!(total.customers(), 150);
/// assert_eq!(total.events(), 10);
/// assert_eq!(total.at_risk(3), 150);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LifetimeTable {
    from_origin: u64,
    entries: TimeCounts,
    exits: TimeCounts,
    events: BTreeMap<u16, TimeCounts>,
    never_at_risk: u64,
}

/// Who is at risk and who leaves at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskSet {
    /// The time.
    pub time: u32,
    /// Customers at risk just before it.
    pub at_risk: u64,
    /// Customers with an event at it, all causes together.
    pub events: u64,
    /// Customers censored at it (they were at risk).
    pub censored: u64,
}

impl LifetimeTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one group of customers.
    ///
    /// A row with `entry > 0` and `duration <= entry` was never under observation: it does not enter any
    /// estimate and is counted in [`never_at_risk`](Self::never_at_risk) so that the loss can be shown.
    pub fn add(&mut self, lifetime: Lifetime) {
        let Lifetime { entry, duration, cause, count } = lifetime;
        if count == 0 {
            return;
        }
        if entry > 0 && duration <= entry {
            self.never_at_risk += count;
            return;
        }
        if entry == 0 {
            self.from_origin += count;
        } else {
            self.entries.add(entry, count);
        }
        self.exits.add(duration, count);
        if let Some(cause) = cause {
            self.events.entry(cause).or_default().add(duration, count);
        }
    }

    /// Customers in the table, those never at risk left out.
    pub fn customers(&self) -> u64 {
        self.from_origin + self.entries.total()
    }

    /// Customers with an event, all causes together.
    pub fn events(&self) -> u64 {
        self.events.values().map(TimeCounts::total).sum()
    }

    /// Customers left out because they entered observation at or after their own exit.
    pub fn never_at_risk(&self) -> u64 {
        self.never_at_risk
    }

    /// The causes that occur, in increasing order.
    pub fn causes(&self) -> impl Iterator<Item = u16> {
        self.events.keys().copied()
    }

    /// Customers at risk at `time`: entered before it (or at the origin) and not gone before it.
    pub fn at_risk(&self, time: u32) -> u64 {
        self.sweep().at_risk(time)
    }

    /// Risk sets at every time at which somebody leaves, in increasing order of time.
    ///
    /// ```
    /// use fidance_stats::survival::{Lifetime, LifetimeTable, RiskSet};
    /// let table = LifetimeTable::from_iter([
    ///     Lifetime { entry: 0, duration: 3, cause: Some(0), count: 10 },
    ///     Lifetime { entry: 0, duration: 5, cause: None, count: 90 },
    /// ]);
    /// let last = table.risk_sets().last().unwrap();
    /// assert_eq!(last, RiskSet { time: 5, at_risk: 90, events: 0, censored: 90 });
    /// ```
    pub fn risk_sets(&self) -> impl Iterator<Item = RiskSet> {
        let mut sweep = self.sweep();
        self.exits.iter().map(move |(time, exits)| {
            let events = self.events_at(time);
            RiskSet { time, at_risk: sweep.at_risk(time), events, censored: exits - events }
        })
    }

    /// Customers with an event at `time`, all causes together.
    pub fn events_at(&self, time: u32) -> u64 {
        self.events.values().map(|counts| counts.get(time)).sum()
    }

    /// Customers with an event of `cause` at `time`.
    pub fn events_of_cause_at(&self, cause: u16, time: u32) -> u64 {
        self.events.get(&cause).map_or(0, |counts| counts.get(time))
    }

    /// The last time at which somebody leaves, `None` for an empty table.
    pub fn last_time(&self) -> Option<u32> {
        self.exits.last_time()
    }

    /// A forward-only reader of the number at risk.
    pub(crate) fn sweep(&self) -> Sweep<'_> {
        Sweep {
            at_risk: self.from_origin,
            entries: self.entries.boxed_iter().peekable(),
            exits: self.exits.boxed_iter().peekable(),
        }
    }
}

impl AddAssign<&LifetimeTable> for LifetimeTable {
    fn add_assign(&mut self, other: &LifetimeTable) {
        self.from_origin += other.from_origin;
        self.never_at_risk += other.never_at_risk;
        self.entries.merge(&other.entries);
        self.exits.merge(&other.exits);
        for (cause, counts) in &other.events {
            self.events.entry(*cause).or_default().merge(counts);
        }
    }
}

impl Extend<Lifetime> for LifetimeTable {
    fn extend<T: IntoIterator<Item = Lifetime>>(&mut self, lifetimes: T) {
        for lifetime in lifetimes {
            self.add(lifetime);
        }
    }
}

impl FromIterator<Lifetime> for LifetimeTable {
    fn from_iter<T: IntoIterator<Item = Lifetime>>(lifetimes: T) -> Self {
        let mut table = Self::new();
        table.extend(lifetimes);
        table
    }
}

impl<'a> Sum<&'a LifetimeTable> for LifetimeTable {
    fn sum<I: Iterator<Item = &'a LifetimeTable>>(tables: I) -> Self {
        tables.fold(Self::new(), |mut total, table| {
            total += table;
            total
        })
    }
}

/// The number at risk, read at increasing times in one pass over entries and exits.
pub(crate) struct Sweep<'a> {
    at_risk: u64,
    entries: Peekable<BoxedCounts<'a>>,
    exits: Peekable<BoxedCounts<'a>>,
}

impl Sweep<'_> {
    /// Number at risk at `time`; times must not decrease from call to call.
    pub(crate) fn at_risk(&mut self, time: u32) -> u64 {
        while let Some((_, count)) = self.entries.next_if(|&(entry, _)| entry < time) {
            self.at_risk += count;
        }
        while let Some((_, count)) = self.exits.next_if(|&(exit, _)| exit < time) {
            self.at_risk -= count;
        }
        self.at_risk
    }
}

type BoxedCounts<'a> = Box<dyn Iterator<Item = (u32, u64)> + 'a>;

/// Counts by time. Canonical (no trailing zero, no zero in the map), so that equality is equality of content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct TimeCounts {
    dense: Vec<u64>,
    sparse: BTreeMap<u32, u64>,
}

impl TimeCounts {
    /// Adds a positive count.
    fn add(&mut self, time: u32, count: u64) {
        if time >= DENSE_TIMES {
            *self.sparse.entry(time).or_default() += count;
            return;
        }
        let index = time as usize;
        if index >= self.dense.len() {
            self.dense.resize(index + 1, 0);
        }
        self.dense[index] += count;
    }

    fn merge(&mut self, other: &Self) {
        for (time, count) in other.iter() {
            self.add(time, count);
        }
    }

    fn get(&self, time: u32) -> u64 {
        if time >= DENSE_TIMES {
            return self.sparse.get(&time).copied().unwrap_or(0);
        }
        self.dense.get(time as usize).copied().unwrap_or(0)
    }

    fn total(&self) -> u64 {
        self.dense.iter().sum::<u64>() + self.sparse.values().sum::<u64>()
    }

    fn last_time(&self) -> Option<u32> {
        self.iter().last().map(|(time, _)| time)
    }

    fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let dense = (0..).zip(self.dense.iter().copied()).filter(|&(_, count)| count > 0);
        dense.chain(self.sparse.iter().map(|(&time, &count)| (time, count)))
    }

    /// The same, nameable in a struct.
    fn boxed_iter(&self) -> BoxedCounts<'_> {
        Box::new(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifetime(entry: u32, duration: u32, cause: Option<u16>, count: u64) -> Lifetime {
        Lifetime { entry, duration, cause, count }
    }

    #[test]
    fn entry_at_a_time_is_not_at_risk_at_it() {
        let table = LifetimeTable::from_iter([lifetime(0, 5, Some(0), 1), lifetime(3, 8, None, 1)]);
        assert_eq!([table.at_risk(3), table.at_risk(4), table.at_risk(5), table.at_risk(6)], [1, 2, 2, 1]);
    }

    #[test]
    fn customers_of_duration_zero_are_at_risk_at_the_origin_only() {
        let table = LifetimeTable::from_iter([lifetime(0, 0, None, 2), lifetime(0, 4, None, 3)]);
        assert_eq!([table.at_risk(0), table.at_risk(1)], [5, 3]);
    }

    #[test]
    fn rows_never_observed_are_counted_apart() {
        let table = LifetimeTable::from_iter([lifetime(5, 5, Some(0), 4), lifetime(7, 2, None, 1)]);
        assert_eq!((table.customers(), table.never_at_risk(), table.events()), (0, 5, 0));
    }

    #[test]
    fn wild_times_do_not_allocate() {
        let table = LifetimeTable::from_iter([lifetime(0, u32::MAX, Some(0), 1), lifetime(0, 1, None, 1)]);
        assert_eq!(table.last_time(), Some(u32::MAX));
        assert_eq!(table.risk_sets().map(|set| set.at_risk).collect::<Vec<_>>(), [2, 1]);
    }
}
