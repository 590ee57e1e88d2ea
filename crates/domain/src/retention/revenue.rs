//! Money kept: net and gross revenue retention of the customers active at each edge.
//!
//! A customer's revenue at an edge t is what was bought in the window before t (activities), or the recurring
//! amount of the subscriptions that cover t. Over a period `[s, e)`, of the customers active at s:
//! NRR = Σ revenue(e) / Σ revenue(s), GRR = Σ min(revenue(e), revenue(s)) / Σ revenue(s).

use crate::{
    amount::Amount,
    retention::{Coverage, GroupId, coverage::Edges, group::EVERYBODY},
};

/// The sums of one period and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revenue {
    /// Of the customers active at the start, at the start.
    pub start: Amount,
    /// Of the same customers, at the end.
    pub net: Amount,
    /// Of the same customers, at the end, none above what it was at the start.
    pub gross: Amount,
    /// All that was bought in the period (activities), or begun in it (subscriptions).
    pub booked: Amount,
}

impl Revenue {
    /// Net revenue retention; `None` where nothing was earned at the start.
    pub fn nrr(&self) -> Option<f64> {
        (self.start > Amount::ZERO).then(|| self.net.to_f64() / self.start.to_f64())
    }

    /// Gross revenue retention, at most 1.
    pub fn grr(&self) -> Option<f64> {
        (self.start > Amount::ZERO).then(|| self.gross.to_f64() / self.start.to_f64())
    }
}

/// Revenue of every period and group: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueSummary {
    groups: Vec<Vec<Revenue>>,
}

impl RevenueSummary {
    /// Adds the summary of other customers over the same periods and groups.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.groups.iter_mut().zip(&other.groups) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.start += theirs.start;
                mine.net += theirs.net;
                mine.gross += theirs.gross;
                mine.booked += theirs.booked;
            }
        }
    }

    /// Every period of a group.
    pub fn periods(&self, group: GroupId) -> &[Revenue] {
        self.groups.get(group as usize).map_or(&[], Vec::as_slice)
    }
}

/// Sums revenue in one pass. Its state per customer is one amount per edge that the customer's windows touch.
#[derive(Debug)]
pub struct RevenueKernel<'a> {
    edges: &'a Edges,
    summary: RevenueSummary,
    groups: Vec<GroupId>,
    /// What the customer's cover holds at each edge; `None` where the customer is not active, which is not the
    /// same as an amount of 0.
    at_edge: Vec<Option<Amount>>,
    touched: (usize, usize),
}

impl<'a> RevenueKernel<'a> {
    /// For these periods and this number of groups.
    pub fn new(edges: &'a Edges, groups: usize) -> Self {
        let summary = RevenueSummary { groups: vec![vec![Revenue::default(); edges.periods()]; groups] };
        let at_edge = vec![None; edges.len()];
        Self { edges, summary, groups: vec![EVERYBODY], at_edge, touched: (0, 0) }
    }

    /// A new customer, in these groups.
    #[inline]
    pub fn begin(&mut self, groups: &[GroupId]) {
        self.groups.clear();
        self.groups.extend_from_slice(groups);
        self.touched = (0, 0);
    }

    /// The customer's next activity or subscription, in order of day.
    #[inline]
    pub fn observe(&mut self, coverage: Coverage, amount: Amount) {
        // What was bought before the first edge is in no period.
        if let Some(period) = self.edges.at_or_after(coverage.day + 1).checked_sub(1) {
            for &group in &self.groups {
                let periods = self.summary.groups.get_mut(group as usize);
                if let Some(revenue) = periods.and_then(|periods| periods.get_mut(period as usize)) {
                    revenue.booked += amount;
                }
            }
        }
        let (from, until) = self.edges.covered(coverage);
        let (from, until) = (from as usize, until as usize);
        let Some(covered) = self.at_edge.get_mut(from..until).filter(|covered| !covered.is_empty()) else {
            return;
        };
        covered.iter_mut().for_each(|at_edge| *at_edge.get_or_insert_default() += amount);
        let is_first = self.touched.0 == self.touched.1;
        self.touched =
            if is_first { (from, until) } else { (self.touched.0.min(from), self.touched.1.max(until)) };
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        let (from, until) = self.touched;
        for edge in from..until {
            let Some(start) = self.at_edge.get(edge).copied().flatten() else { continue };
            let end = self.at_edge.get(edge + 1).copied().flatten().unwrap_or_default();
            for &group in &self.groups {
                let periods = self.summary.groups.get_mut(group as usize);
                if let Some(revenue) = periods.and_then(|periods| periods.get_mut(edge)) {
                    revenue.start += start;
                    revenue.net += end;
                    revenue.gross += start.min(end);
                }
            }
        }
        if let Some(touched) = self.at_edge.get_mut(from..until) {
            touched.fill(None);
        }
    }

    /// The sums so far.
    pub fn finish(self) -> RevenueSummary {
        self.summary
    }
}
