//! Gaps between activities: how long customers are silent before they come back, and silences that go on.

use crate::time::Day;

/// Histograms of silences in days: sums that add.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GapSummary {
    customers: u64,
    closed: Vec<u64>,
    open: Vec<u64>,
    first_days: Vec<u64>,
}

impl GapSummary {
    /// Adds the gaps of other customers.
    pub fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        add_longer(&mut self.closed, &other.closed);
        add_longer(&mut self.open, &other.open);
        add_longer(&mut self.first_days, &other.first_days);
    }

    /// Customers seen.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// Entry g: silences of g days that ended with an activity.
    pub fn closed(&self) -> &[u64] {
        &self.closed
    }

    /// Entry g: silences that had lasted g days when the data ended.
    pub fn open(&self) -> &[u64] {
        &self.open
    }

    /// Entry d: customers whose first activity is on day d.
    pub fn first_days(&self) -> &[u64] {
        &self.first_days
    }
}

fn add_longer(mine: &mut Vec<u64>, theirs: &[u64]) {
    if mine.len() < theirs.len() {
        mine.resize(theirs.len(), 0);
    }
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += *theirs);
}

/// Collects gaps in one pass.
#[derive(Debug)]
pub struct GapKernel {
    horizon: Day,
    summary: GapSummary,
    last: Option<Day>,
}

impl GapKernel {
    /// For data that end at the start of `horizon`.
    pub fn new(horizon: Day) -> Self {
        Self { horizon, summary: GapSummary::default(), last: None }
    }

    /// A new customer.
    #[inline]
    pub fn begin(&mut self) {
        self.last = None;
    }

    /// The customer's next active day, in order; the same day again changes nothing.
    #[inline]
    pub fn observe(&mut self, day: Day) {
        match self.last.replace(day) {
            Some(last) if day > last => bump(&mut self.summary.closed, day - last),
            Some(_) => {}
            None => bump(&mut self.summary.first_days, day),
        }
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        if let Some(last) = self.last.take() {
            self.summary.customers += 1;
            bump(&mut self.summary.open, self.horizon.saturating_sub(last));
        }
    }

    /// The sums so far.
    pub fn finish(self) -> GapSummary {
        self.summary
    }
}

fn bump(counts: &mut Vec<u64>, at: Day) {
    let at = at as usize;
    if counts.len() <= at {
        counts.resize(at + 1, 0);
    }
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
}
