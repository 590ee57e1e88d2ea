//! Exposure to returning: over each period, how many customers of each recency, frequency and tenure came
//! back. It is what a hazard model of returns is fitted on, and small enough to add over any number of parts.
//!
//! Groups are few here: everybody and some lists of customers. For what is counted by every combination of segment
//! values, see [`super::returns`].

use std::ops::Range;

use crate::{
    amount::Amount,
    retention::{
        GroupId,
        coverage::Edges,
        group::EVERYBODY,
        risk::{CELLS, Cell, Sink, Walk},
    },
    time::Day,
};

/// Customers of one cell over one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exposure {
    /// Customers with an activity before the period.
    pub at_risk: u64,
    /// Those with an activity in it.
    pub returned: u64,
}

impl Exposure {
    const NONE: Self = Self { at_risk: 0, returned: 0 };

    /// Those of these customers who are not among `members`.
    #[must_use]
    pub const fn without(self, members: Self) -> Self {
        Self {
            at_risk: self.at_risk.saturating_sub(members.at_risk),
            returned: self.returned.saturating_sub(members.returned),
        }
    }

    const fn and(self, others: Self) -> Self {
        Self { at_risk: self.at_risk + others.at_risk, returned: self.returned + others.returned }
    }
}

/// Exposures of every group, period and cell: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposureSummary {
    /// By group and period.
    groups: Vec<Vec<[Exposure; CELLS]>>,
}

impl ExposureSummary {
    /// Adds the exposures of other customers over the same periods and groups.
    pub fn add(&mut self, other: &Self) {
        let theirs = other.groups.iter().flatten().flatten();
        for (mine, theirs) in self.groups.iter_mut().flatten().flatten().zip(theirs) {
            *mine = mine.and(*theirs);
        }
    }

    /// Number of periods.
    pub fn periods(&self) -> usize {
        self.groups.first().map_or(0, Vec::len)
    }

    /// One cell of a group over one period.
    pub fn get(&self, group: GroupId, period: usize, cell: Cell) -> Exposure {
        self.of(group, period).get(cell.index()).copied().unwrap_or_default()
    }

    /// All cells of a group over one period.
    pub fn cells(&self, group: GroupId, period: usize) -> impl Iterator<Item = (Cell, Exposure)> {
        Cell::all().zip(self.of(group, period).iter().copied())
    }

    /// All cells over one period of the customers who are not in a group.
    pub fn cells_outside(&self, group: GroupId, period: usize) -> impl Iterator<Item = (Cell, Exposure)> {
        let members = self.of(group, period).iter();
        self.cells(EVERYBODY, period).zip(members).map(|((cell, all), members)| (cell, all.without(*members)))
    }

    /// All cells of a group summed, by period.
    pub fn totals(&self, group: GroupId) -> Vec<Exposure> {
        let periods = self.groups.get(group as usize).map_or(&[][..], Vec::as_slice);
        periods.iter().map(|cells| cells.iter().copied().fold(Exposure::NONE, Exposure::and)).collect()
    }

    fn of(&self, group: GroupId, period: usize) -> &[Exposure] {
        let cells = self.groups.get(group as usize).and_then(|periods| periods.get(period));
        cells.map_or(&[], <[Exposure; CELLS]>::as_slice)
    }
}

/// Collects exposures in one pass.
#[derive(Debug)]
pub struct ExposureKernel<'a> {
    walk: Walk<'a>,
    table: Table,
}

impl<'a> ExposureKernel<'a> {
    /// For these periods and this number of groups, of which 0 is everybody: see
    /// [`Groups::of_lists`](crate::retention::Groups::of_lists).
    pub fn new(edges: &'a Edges, groups: usize) -> Self {
        let groups = vec![vec![[Exposure::NONE; CELLS]; edges.periods()]; groups];
        Self { walk: Walk::new(edges), table: Table { groups, current: vec![EVERYBODY] } }
    }

    /// A new customer, in these groups.
    #[inline]
    pub fn begin(&mut self, groups: &[GroupId]) {
        self.table.current.clear();
        self.table.current.extend_from_slice(groups);
        self.walk.begin();
    }

    /// The customer's next active day, in order; the same day again changes nothing.
    #[inline]
    pub fn observe(&mut self, day: Day) {
        self.walk.observe(day, Amount::ZERO, &mut self.table);
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        self.walk.end(&mut self.table);
    }

    /// The sums so far.
    pub fn finish(mut self) -> ExposureSummary {
        for periods in &mut self.table.groups {
            let mut at_risk = [0_u64; CELLS];
            for cells in periods {
                for (at_risk, cell) in at_risk.iter_mut().zip(cells) {
                    *at_risk = at_risk.wrapping_add(cell.at_risk);
                    cell.at_risk = *at_risk;
                }
            }
        }
        ExposureSummary { groups: self.table.groups }
    }
}

/// While customers are counted, `at_risk` of a period is by how much it differs from the one before (modulo 2⁶⁴), so
/// that a silence of a hundred periods is two numbers.
#[derive(Debug)]
struct Table {
    groups: Vec<Vec<[Exposure; CELLS]>>,
    /// The groups of the customer.
    current: Vec<GroupId>,
}

impl Sink for Table {
    #[inline]
    fn silent(&mut self, cell: Cell, periods: Range<usize>) {
        for &group in &self.current {
            let Some(table) = self.groups.get_mut(group as usize) else { continue };
            if let Some(first) = at(table, periods.start, cell) {
                first.at_risk = first.at_risk.wrapping_add(1);
            }
            if let Some(after) = at(table, periods.end, cell) {
                after.at_risk = after.at_risk.wrapping_sub(1);
            }
        }
    }

    #[inline]
    fn returned(&mut self, cell: Cell, period: usize, _: Amount) {
        self.silent(cell, period..period + 1);
        for &group in &self.current {
            if let Some(exposure) =
                self.groups.get_mut(group as usize).and_then(|table| at(table, period, cell))
            {
                exposure.returned += 1;
            }
        }
    }
}

#[inline]
fn at(table: &mut [[Exposure; CELLS]], period: usize, cell: Cell) -> Option<&mut Exposure> {
    table.get_mut(period).and_then(|cells| cells.get_mut(cell.index()))
}
