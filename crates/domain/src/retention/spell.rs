//! First spells: how long a customer stays, from the first activity to the first moment of not being active.
//!
//! A customer who buys on day d with a window of w days stops being active at the start of day d + w + 1 unless
//! something follows; the duration counts from the first activity to that moment. The data end at the start
//! of the *horizon* day: who is still active then is censored there. What follows a return is another spell
//! and is counted as a reactivation by the flows, not here.

use std::collections::BTreeMap;

use crate::{
    retention::{Coverage, GroupId, group::EVERYBODY},
    time::Day,
};

/// A kind of first spell: which group, from which age it was observed, how long it lasted, how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spell {
    /// Group of customers.
    pub group: GroupId,
    /// Age at which the customer came under observation.
    pub entry: u32,
    /// Age at the end.
    pub duration: u32,
    /// Reason for leaving; `None` while the customer stays (censored). Where no reasons are given at all, every
    /// departure has reason 0; where some are, the source gives those without one a reason of their own.
    pub ended: Option<u16>,
}

/// How many spells there are of each kind: sums that add.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpellSummary {
    counts: BTreeMap<Spell, u64>,
}

impl SpellSummary {
    /// Counts some spells of one kind.
    pub fn count(&mut self, spell: Spell, customers: u64) {
        *self.counts.entry(spell).or_default() += customers;
    }

    /// Adds the spells of other customers.
    pub fn add(&mut self, other: &Self) {
        other.counts.iter().for_each(|(&spell, &customers)| self.count(spell, customers));
    }

    /// Every kind of spell with its number of customers, by group and duration.
    pub fn iter(&self) -> impl Iterator<Item = (Spell, u64)> + '_ {
        self.counts.iter().map(|(&spell, &customers)| (spell, customers))
    }

    /// The spells of one group.
    pub fn group(&self, group: GroupId) -> impl Iterator<Item = (Spell, u64)> + '_ {
        let first = Spell { group, entry: 0, duration: 0, ended: None };
        let own = self.counts.range(first..).take_while(move |(spell, _)| spell.group == group);
        own.map(|(&spell, &customers)| (spell, customers))
    }
}

/// Measures first spells in one pass.
#[derive(Debug)]
pub struct SpellKernel {
    horizon: Day,
    observed_from: Day,
    /// `[group][duration]`: (still there, left), for spells seen from their start and without a reason.
    dense: Vec<Vec<[u64; 2]>>,
    summary: SpellSummary,
    groups: Vec<GroupId>,
    state: Option<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    first: Day,
    until: Day,
    reason: Option<u16>,
    over: bool,
}

impl SpellKernel {
    /// For data that end at the start of `horizon`. Customers who began before `observed_from` are known only
    /// because they were still there then: they enter the risk set at their age on that day.
    pub fn new(horizon: Day, observed_from: Day, groups: usize) -> Self {
        let dense = vec![Vec::new(); groups];
        let summary = SpellSummary::default();
        Self { horizon, observed_from, dense, summary, groups: vec![EVERYBODY], state: None }
    }

    /// A new customer, in these groups.
    #[inline]
    pub fn begin(&mut self, groups: &[GroupId]) {
        self.groups.clear();
        self.groups.extend_from_slice(groups);
        self.state = None;
    }

    /// The customer's next activity or subscription, in order of day, with the reason for its end if any.
    #[inline]
    pub fn observe(&mut self, coverage: Coverage, reason: Option<u16>) {
        match &mut self.state {
            None => {
                self.state = Some(State { first: coverage.day, until: coverage.until, reason, over: false });
            }
            // Back on the very day that begins without cover is back too late: at its start nothing held.
            Some(state) if state.over || coverage.from > state.until => state.over = true,
            Some(state) if coverage.until >= state.until => {
                state.until = coverage.until;
                state.reason = reason;
            }
            Some(_) => {}
        }
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        let Some(state) = self.state.take() else { return };
        let left = state.until <= self.horizon;
        let end = if left { state.until } else { self.horizon };
        let entry = self.observed_from.saturating_sub(state.first);
        let duration = end.saturating_sub(state.first);
        for &group in &self.groups {
            if entry == 0 && state.reason.is_none() {
                let Some(counts) = self.dense.get_mut(group as usize) else { continue };
                if counts.len() <= duration as usize {
                    counts.resize(duration as usize + 1, [0; 2]);
                }
                if let Some(count) =
                    counts.get_mut(duration as usize).and_then(|c| c.get_mut(usize::from(left)))
                {
                    *count += 1;
                }
            } else {
                let ended = left.then_some(state.reason.unwrap_or(0));
                self.summary.count(Spell { group, entry, duration, ended }, 1);
            }
        }
    }

    /// The sums so far.
    pub fn finish(mut self) -> SpellSummary {
        for (group, counts) in (0..).zip(&self.dense) {
            for (duration, &[there, left]) in (0..).zip(counts) {
                for (ended, customers) in [(None, there), (Some(0), left)] {
                    if customers > 0 {
                        self.summary.count(Spell { group, entry: 0, duration, ended }, customers);
                    }
                }
            }
        }
        self.summary
    }
}
