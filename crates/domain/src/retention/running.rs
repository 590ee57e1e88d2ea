//! The week that is not over: who is at risk of returning in it, by cell, and on which days customers first came in the
//! complete weeks before it and in itself.
//!
//! A part of a week is never compared with a whole one. How much of a week has usually come by a day is what the first
//! days of the weeks before say; how many can come at all is what the cells say. Both are sums that add.

use std::ops::Range;

use crate::{
    amount::Amount,
    retention::{
        coverage::Edges,
        risk::{CELLS, Cell, Sink, Walk},
    },
    time::Day,
};

/// Complete weeks whose days are counted: half a year.
pub const WEEKS: usize = 26;
/// Days of a week.
pub const DAYS: usize = 7;

/// Customers at risk who returned in a week, by the day of their first activity in it, from Monday.
pub type FirstDays = [u64; DAYS];

/// The running week and the complete weeks before it: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningSummary {
    /// By week, the running one last.
    weeks: Vec<FirstDays>,
    /// Customers at risk in the running week.
    at_risk: [u64; CELLS],
}

impl RunningSummary {
    /// Adds other customers over the same weeks.
    pub fn add(&mut self, other: &Self) {
        let theirs = other.weeks.iter().flatten();
        self.weeks.iter_mut().flatten().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        self.at_risk.iter_mut().zip(other.at_risk).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The complete weeks, the earliest first.
    pub fn complete(&self) -> &[FirstDays] {
        self.weeks.split_last().map_or(&[], |(_, complete)| complete)
    }

    /// The running week. Days that are not over hold what the data have of them.
    pub fn running(&self) -> FirstDays {
        self.weeks.last().copied().unwrap_or_default()
    }

    /// Customers with an activity before the running week, by their cell at its start.
    pub fn at_risk(&self) -> impl Iterator<Item = (Cell, u64)> {
        Cell::all().zip(self.at_risk.iter().copied())
    }
}

/// Counts first days of weeks in one pass.
#[derive(Debug)]
pub struct RunningKernel<'a> {
    walk: Walk<'a>,
    table: Table<'a>,
}

impl<'a> RunningKernel<'a> {
    /// For some complete weeks and the running one after them, as [`Edges::running`] gives them.
    pub fn new(edges: &'a Edges) -> Self {
        let summary = RunningSummary { weeks: vec![[0; DAYS]; edges.periods()], at_risk: [0; CELLS] };
        Self { walk: Walk::new(edges), table: Table { edges, summary, edge: 0, first: 0 } }
    }

    /// A new customer.
    #[inline]
    pub fn begin(&mut self) {
        self.table.edge = 0;
        self.walk.begin();
    }

    /// The customer's next active day, in order; the same day again changes nothing.
    #[inline]
    pub fn observe(&mut self, day: Day) {
        // The walk tells of a week when the customer leaves it: until then, its first day is kept.
        self.walk.observe(day, Amount::ZERO, &mut self.table);
        let edge = self.table.edges.at_or_after(day + 1);
        if edge != self.table.edge {
            (self.table.edge, self.table.first) = (edge, day);
        }
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        self.walk.end(&mut self.table);
    }

    /// The sums so far.
    pub fn finish(self) -> RunningSummary {
        self.table.summary
    }
}

/// What has been counted, and the customer's last week.
#[derive(Debug)]
struct Table<'a> {
    edges: &'a Edges,
    summary: RunningSummary,
    /// The first edge after the last day.
    edge: u32,
    /// The first active day of that week.
    first: Day,
}

impl Table<'_> {
    #[inline]
    fn at_risk(&mut self, cell: Cell) {
        if let Some(at_risk) = self.summary.at_risk.get_mut(cell.index()) {
            *at_risk += 1;
        }
    }
}

impl Sink for Table<'_> {
    #[inline]
    fn silent(&mut self, cell: Cell, periods: Range<usize>) {
        if periods.end == self.summary.weeks.len() && !periods.is_empty() {
            self.at_risk(cell);
        }
    }

    #[inline]
    fn returned(&mut self, cell: Cell, period: usize, _: Amount) {
        let day = self.first.saturating_sub(self.edges.day(period)) as usize;
        if let Some(customers) = self.summary.weeks.get_mut(period).and_then(|days| days.get_mut(day)) {
            *customers += 1;
        }
        if period + 1 == self.summary.weeks.len() {
            self.at_risk(cell);
        }
    }
}
