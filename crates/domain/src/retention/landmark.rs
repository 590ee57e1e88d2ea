//! Returns by what customers were like weeks before: of those who were at risk at a landmark (the start of a period), by
//! cell at that moment, how many are active in it, and in each period after it.
//!
//! [`super::exposure`] asks every week anew how recently somebody had bought. Whoever stays away because of an incident
//! is then soon somebody of whom little is expected, and an effect that lasts seems to fade. What customers would have
//! done is to be asked of the cell they were in before: at a landmark.
//!
//! How many were at risk in a cell at a landmark is what the exposures of that period say; only the returns are counted
//! here.

use std::ops::Range;

use crate::{
    amount::Amount,
    retention::{
        coverage::Edges,
        risk::{CELLS, Cell, Sink, Walk},
    },
    time::Day,
};

/// Periods after a landmark that are counted, its own included: half a year, and a quarter for landmarks that lie
/// before what they are for.
pub const LAGS: usize = 40;

/// Returns of every period by lag and cell: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandmarkSummary {
    /// By period; nothing for one in which nobody returned.
    periods: Vec<Option<Box<Returned>>>,
}

/// Those who returned in one period.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Returned {
    /// By lag and cell at the landmark.
    customers: Vec<[u32; CELLS]>,
    /// By lag: in how many periods from the landmark to the one before they were active.
    earlier: [u64; LAGS],
}

impl Returned {
    fn new() -> Box<Self> {
        Box::new(Self { customers: vec![[0; CELLS]; LAGS], earlier: [0; LAGS] })
    }
}

impl LandmarkSummary {
    /// Adds other customers over the same periods.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.periods.iter_mut().zip(&other.periods) {
            match (mine, theirs) {
                (Some(mine), Some(theirs)) => {
                    let customers =
                        mine.customers.iter_mut().flatten().zip(theirs.customers.iter().flatten());
                    customers.for_each(|(mine, theirs)| *mine += theirs);
                    mine.earlier.iter_mut().zip(theirs.earlier).for_each(|(mine, theirs)| *mine += theirs);
                }
                (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
                (_, None) => {}
            }
        }
    }

    /// Number of periods.
    pub fn periods(&self) -> usize {
        self.periods.len()
    }

    /// Customers active in a period, by their cell `lag` periods before; nobody where that was before the first period, or
    /// [`LAGS`] or more before.
    pub fn returned(&self, period: usize, lag: usize) -> impl Iterator<Item = (Cell, u64)> {
        let cells = self.of(period).and_then(|returned| returned.customers.get(lag));
        Cell::all().zip(cells.into_iter().flatten().map(|customers| u64::from(*customers)))
    }

    /// Summed over those customers: in how many of the periods from the landmark to the one before this they were active. Twice
    /// the sum of this over the periods of a run, and their returns, is the sum over customers of their returns squared.
    pub fn earlier(&self, period: usize, lag: usize) -> u64 {
        self.of(period).and_then(|returned| returned.earlier.get(lag)).copied().unwrap_or_default()
    }

    fn of(&self, period: usize) -> Option<&Returned> {
        self.periods.get(period)?.as_deref()
    }
}

/// Counts returns by landmark in one pass.
#[derive(Debug)]
pub struct LandmarkKernel<'a> {
    walk: Walk<'a>,
    table: Table,
}

impl<'a> LandmarkKernel<'a> {
    /// For these periods.
    pub fn new(edges: &'a Edges) -> Self {
        let summary = LandmarkSummary { periods: vec![None; edges.periods()] };
        Self { walk: Walk::new(edges), table: Table { summary, cells: [None; LAGS], since: None } }
    }

    /// A new customer.
    #[inline]
    pub fn begin(&mut self) {
        (self.table.cells, self.table.since) = ([None; LAGS], None);
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
    pub fn finish(self) -> LandmarkSummary {
        self.table.summary
    }
}

/// What has been counted, and the customer's last periods.
#[derive(Debug)]
struct Table {
    summary: LandmarkSummary,
    /// By period modulo [`LAGS`]: the cell at its start, and whether the customer was active in it.
    cells: [Option<(Cell, bool)>; LAGS],
    /// The first period at risk.
    since: Option<usize>,
}

impl Table {
    #[inline]
    fn remember(&mut self, period: usize, cell: Cell, active: bool) {
        self.since.get_or_insert(period);
        if let Some(place) = self.cells.get_mut(period % LAGS) {
            *place = Some((cell, active));
        }
    }
}

impl Sink for Table {
    #[inline]
    fn silent(&mut self, cell: Cell, periods: Range<usize>) {
        self.since.get_or_insert(periods.start);
        // Of a long silence the end alone can still be a landmark.
        for period in periods.start.max(periods.end.saturating_sub(LAGS))..periods.end {
            self.remember(period, cell, false);
        }
    }

    #[inline]
    fn returned(&mut self, cell: Cell, period: usize, _: Amount) {
        self.remember(period, cell, true);
        let at_risk = period - self.since.unwrap_or(period);
        let Some(sums) = self.summary.periods.get_mut(period) else { return };
        let Returned { customers, earlier: sums } = &mut **sums.get_or_insert_with(Returned::new);
        let mut earlier = 0;
        for (lag, (customers, sum)) in customers.iter_mut().zip(sums).enumerate().take(at_risk + 1) {
            let Some((cell, active)) = self.cells.get((period - lag) % LAGS).copied().flatten() else {
                continue;
            };
            earlier += u64::from(lag > 0 && active);
            *sum += earlier;
            if let Some(customers) = customers.get_mut(cell.index()) {
                *customers += 1;
            }
        }
    }
}
