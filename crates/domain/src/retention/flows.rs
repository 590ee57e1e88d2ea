//! The flows of customers over every period: who was there, who stayed, left, came and came back.

use crate::{
    retention::{ActivityWindow, Coverage, GroupId, coverage::Edges, group::EVERYBODY},
    time::Day,
};

/// The flows of one period `[s, e)`, in customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flows {
    /// Active at the start.
    pub s: u64,
    /// Active at the end.
    pub e: u64,
    /// Kept: active at both.
    pub k: u64,
    /// New: first activity ever in the period, active at the end. A contract that begins at the very end e
    /// covers e, so its customer is in E, and therefore new in the period that ends there.
    pub n: u64,
    /// Reactivated: active at the end, not at the start, first activity before the period.
    pub r: u64,
    /// First activity ever in the period, not active at the end.
    pub n_lost: u64,
}

impl Flows {
    /// Lost: active at the start and not at the end.
    pub const fn l(&self) -> u64 {
        self.s - self.k
    }

    /// The retention rate K/S; `None` where nobody was active at the start.
    pub fn trc(&self) -> Option<f64> {
        (self.s > 0).then(|| self.k as f64 / self.s as f64)
    }

    /// The textbook formula (E − N − N lost)/S, which leaves out all customers acquired in the period. It
    /// exceeds K/S by (R − N lost)/S, and may exceed 1.
    pub fn trc_formula(&self) -> Option<f64> {
        (self.s > 0).then(|| (self.e as f64 - (self.n + self.n_lost) as f64) / self.s as f64)
    }
}

/// Flows of every period and group: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSummary {
    edges: usize,
    groups: Vec<Counts>,
}

/// What one group needs. `active` and `kept` are differences: entry i minus entry i − 1.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counts {
    customers: u64,
    active: Vec<i64>,
    kept: Vec<i64>,
    new: Vec<u64>,
    reactivated: Vec<u64>,
    new_lost: Vec<u64>,
}

impl FlowSummary {
    fn new(edges: usize, groups: usize) -> Self {
        let counts = Counts {
            customers: 0,
            active: vec![0; edges + 1],
            kept: vec![0; edges + 1],
            new: vec![0; edges],
            reactivated: vec![0; edges],
            new_lost: vec![0; edges],
        };
        Self { edges, groups: vec![counts; groups] }
    }

    /// Adds the summary of other customers over the same periods and groups.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.groups.iter_mut().zip(&other.groups) {
            mine.customers += theirs.customers;
            add_all(&mut mine.active, &theirs.active);
            add_all(&mut mine.kept, &theirs.kept);
            add_all(&mut mine.new, &theirs.new);
            add_all(&mut mine.reactivated, &theirs.reactivated);
            add_all(&mut mine.new_lost, &theirs.new_lost);
        }
    }

    /// All sums as one row of integers, to be carried elsewhere: see [`FlowSummary::from_counts`].
    pub fn counts(&self) -> Vec<i64> {
        let mut row = Vec::new();
        for counts in &self.groups {
            row.push(signed(counts.customers));
            row.extend(counts.active.iter().chain(&counts.kept));
            let arrivals = counts.new.iter().chain(&counts.reactivated).chain(&counts.new_lost);
            row.extend(arrivals.map(|&count| signed(count)));
        }
        row
    }

    /// The summary of such a row, over this number of edges and groups; `None` where it is not one.
    pub fn from_counts(edges: usize, groups: usize, row: &[i64]) -> Option<Self> {
        let mut summary = Self::new(edges, groups);
        let mut row = row.iter().copied();
        let count = |value: i64| u64::try_from(value).ok();
        for counts in &mut summary.groups {
            counts.customers = count(row.next()?)?;
            for difference in counts.active.iter_mut().chain(&mut counts.kept) {
                *difference = row.next()?;
            }
            let Counts { new, reactivated, new_lost, .. } = counts;
            for arrivals in new.iter_mut().chain(reactivated).chain(new_lost) {
                *arrivals = count(row.next()?)?;
            }
        }
        row.next().is_none().then_some(summary)
    }

    /// Distinct customers of a group.
    pub fn customers(&self, group: GroupId) -> u64 {
        self.groups.get(group as usize).map_or(0, |counts| counts.customers)
    }

    /// The flows of every period of a group.
    pub fn flows(&self, group: GroupId) -> Vec<Flows> {
        let Some(counts) = self.groups.get(group as usize) else { return Vec::new() };
        let active = running_totals(&counts.active);
        let kept = running_totals(&counts.kept);
        let ends = active.iter().skip(1);
        let arrivals = counts.new.iter().zip(&counts.reactivated).zip(&counts.new_lost);
        active
            .iter()
            .zip(ends)
            .zip(kept)
            .zip(arrivals)
            .take(self.edges.saturating_sub(1))
            .map(|(((&s, &e), k), ((&n, &r), &n_lost))| Flows { s, e, k, n, r, n_lost })
            .collect()
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn add_all<T: Copy + std::ops::AddAssign>(mine: &mut [T], theirs: &[T]) {
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += *theirs);
}

fn running_totals(differences: &[i64]) -> Vec<u64> {
    let mut total = 0_i64;
    let count = |difference| {
        total += difference;
        u64::try_from(total).unwrap_or(0)
    };
    differences.iter().copied().map(count).collect()
}

/// Counts flows in one pass.
#[derive(Debug, Clone)]
pub struct FlowKernel<'a> {
    edges: &'a Edges,
    summary: FlowSummary,
    groups: Vec<GroupId>,
    /// The first edge after the customer's beginning: the one that ends the period of acquisition.
    arrival: Option<u32>,
    /// The current unbroken run of edges at which the customer is active, half-open.
    run: (u32, u32),
    arrived: bool,
}

impl<'a> FlowKernel<'a> {
    /// For these periods and this number of groups.
    pub fn new(edges: &'a Edges, groups: usize) -> Self {
        let summary = FlowSummary::new(edges.len(), groups);
        Self { edges, summary, groups: vec![EVERYBODY], arrival: None, run: (0, 0), arrived: false }
    }

    /// A new customer, in these groups.
    #[inline]
    pub fn begin(&mut self, groups: &[GroupId]) {
        self.groups.clear();
        self.groups.extend_from_slice(groups);
        self.arrival = None;
        self.run = (0, 0);
        self.arrived = false;
    }

    /// The customer's next activity or subscription, in order of day.
    #[inline]
    pub fn observe(&mut self, coverage: Coverage) {
        let (from, until) = self.edges.covered(coverage);
        self.arrival.get_or_insert(from);
        if from >= until {
            return;
        }
        if self.run.0 < self.run.1 && from <= self.run.1 {
            self.run.1 = self.run.1.max(until);
            return;
        }
        self.close_run();
        self.run = (from, until);
    }

    /// For each day of a table the edges at which an activity on it makes its customer active, as a set: bit i is edge
    /// i. `None` where there are more edges than bits.
    pub fn marks(&self, window: &ActivityWindow) -> Option<Vec<u64>> {
        let below = |edge: u32| if edge >= 64 { u64::MAX } else { (1 << edge) - 1 };
        let marks = |day| {
            let (from, until) = self.edges.covered(window.of(day));
            below(until) & !below(from)
        };
        (self.edges.len() <= 64).then(|| (0..window.len()).map(marks).collect())
    }

    /// A whole customer: the first day of activity, and the edges at which the customer is active.
    #[inline]
    pub fn marked(&mut self, groups: &[GroupId], first: Day, mut active: u64) {
        self.begin(groups);
        self.arrival = Some(self.edges.at_or_after(first + 1));
        while active != 0 {
            let from = active.trailing_zeros();
            let run = (active >> from).trailing_ones();
            self.run = (from, from + run);
            self.close_run();
            // Adding one at the run's first edge carries past its last one.
            active &= active.wrapping_add(1 << from);
        }
        self.run = (0, 0);
        self.end();
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        self.close_run();
        let Some(arrival) = self.arrival else { return };
        for &group in &self.groups {
            if let Some(counts) = self.summary.groups.get_mut(group as usize) {
                counts.customers += 1;
                if !self.arrived {
                    bump_before(&mut counts.new_lost, arrival);
                }
            }
        }
    }

    /// The sums so far.
    pub fn finish(self) -> FlowSummary {
        self.summary
    }

    fn close_run(&mut self) {
        let (from, until) = (self.run.0 as usize, self.run.1 as usize);
        if from >= until {
            return;
        }
        let arrival = self.arrival.unwrap_or(0);
        let at_once = !self.arrived && self.run.0 == arrival;
        for &group in &self.groups {
            let Some(counts) = self.summary.groups.get_mut(group as usize) else { continue };
            shift(&mut counts.active, from, 1);
            shift(&mut counts.active, until, -1);
            // Kept over period i = active at edges i and i + 1, for every i in from..until - 1.
            shift(&mut counts.kept, from, 1);
            shift(&mut counts.kept, until - 1, -1);
            if at_once {
                bump_before(&mut counts.new, arrival);
            } else {
                bump_before(&mut counts.reactivated, self.run.0);
                if !self.arrived {
                    bump_before(&mut counts.new_lost, arrival);
                }
            }
        }
        self.arrived = true;
    }
}

/// Counts in the period that ends with an edge; nothing ends with the first one.
#[inline]
fn bump_before(counts: &mut [u64], edge: u32) {
    let period = edge.checked_sub(1);
    if let Some(count) = period.and_then(|period| counts.get_mut(period as usize)) {
        *count += 1;
    }
}

#[inline]
fn shift(differences: &mut [i64], index: usize, by: i64) {
    if let Some(difference) = differences.get_mut(index) {
        *difference += by;
    }
}
