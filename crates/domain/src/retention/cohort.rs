//! Cohorts: customers by the period of their first activity, and which of the following periods saw them.

use crate::{retention::coverage::Edges, time::Day};

/// Buckets `from..=to` after the cohort's own, for the bracket variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bracket {
    /// First bucket.
    pub from: u32,
    /// Last bucket.
    pub to: u32,
}

impl Bracket {
    /// Its buckets as a set.
    fn bits(self) -> u64 {
        let below = |bucket: u32| if bucket >= 64 { u64::MAX } else { (1 << bucket) - 1 };
        below(self.to.saturating_add(1)) & !below(self.from)
    }
}

/// Counts one more; what has no place is of no cohort.
#[inline]
fn bump(counts: &mut [u64], at: u32) {
    if let Some(count) = counts.get_mut(at as usize) {
        *count += 1;
    }
}

/// At most this many brackets: their hits are kept in one word per customer.
pub const MAX_BRACKETS: usize = 64;

/// Counts per cohort: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortSummary {
    rows: Vec<Row>,
    brackets: usize,
}

/// One cohort; entry k of each vector is bucket k after the cohort's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Row {
    active: Vec<u64>,
    /// Customers whose last active bucket is k.
    last: Vec<u64>,
    /// Customers whose unbroken run of active buckets ends with k.
    streak: Vec<u64>,
    bracket: Vec<u64>,
}

impl CohortSummary {
    fn new(periods: usize, brackets: usize) -> Self {
        let row = |cohort| Row {
            active: vec![0; periods - cohort],
            last: vec![0; periods - cohort],
            streak: vec![0; periods - cohort],
            bracket: vec![0; brackets],
        };
        Self { rows: (0..periods).map(row).collect(), brackets }
    }

    /// Adds the summary of other customers over the same periods and brackets.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.rows.iter_mut().zip(&other.rows) {
            for (mine, theirs) in [
                (&mut mine.active, &theirs.active),
                (&mut mine.last, &theirs.last),
                (&mut mine.streak, &theirs.streak),
                (&mut mine.bracket, &theirs.bracket),
            ] {
                mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += *theirs);
            }
        }
    }

    /// All sums as one row of integers, to be carried elsewhere: see [`CohortSummary::from_counts`].
    pub fn counts(&self) -> Vec<u64> {
        let of_row = |row: &Row| [&row.active[..], &row.last, &row.streak, &row.bracket].concat();
        self.rows.iter().flat_map(of_row).collect()
    }

    /// The summary of such a row, over this number of periods and brackets; `None` where it is not one.
    pub fn from_counts(periods: usize, brackets: usize, row: &[u64]) -> Option<Self> {
        let mut summary = Self::new(periods, brackets);
        let mut counts = row.iter().copied();
        for Row { active, last, streak, bracket } in &mut summary.rows {
            for count in active.iter_mut().chain(last).chain(streak).chain(bracket) {
                *count = counts.next()?;
            }
        }
        counts.next().is_none().then_some(summary)
    }

    /// Number of cohorts: one per period.
    pub fn cohorts(&self) -> usize {
        self.rows.len()
    }

    /// Customers of a cohort.
    pub fn size(&self, cohort: usize) -> u64 {
        self.rows.get(cohort).and_then(|row| row.active.first()).copied().unwrap_or(0)
    }

    /// n-day: customers active in bucket k.
    pub fn n_day(&self, cohort: usize) -> Vec<u64> {
        self.rows.get(cohort).map(|row| row.active.clone()).unwrap_or_default()
    }

    /// Unbounded: customers active in bucket k or later.
    pub fn unbounded(&self, cohort: usize) -> Vec<u64> {
        self.rows.get(cohort).map(|row| at_least(&row.last)).unwrap_or_default()
    }

    /// Full: customers active in every bucket from 1 to k.
    pub fn full(&self, cohort: usize) -> Vec<u64> {
        self.rows.get(cohort).map(|row| at_least(&row.streak)).unwrap_or_default()
    }

    /// Bracket: customers active in at least one bucket of each bracket.
    pub fn bracket(&self, cohort: usize) -> Vec<u64> {
        self.rows.get(cohort).map(|row| row.bracket.clone()).unwrap_or_default()
    }

    /// Number of brackets.
    pub fn brackets(&self) -> usize {
        self.brackets
    }
}

/// Entry k: how many counts lie at k or later.
fn at_least(counts: &[u64]) -> Vec<u64> {
    let mut total = 0;
    let mut sums: Vec<u64> = counts
        .iter()
        .rev()
        .map(|count| {
            total += count;
            total
        })
        .collect();
    sums.reverse();
    sums
}

/// Counts cohorts in one pass.
#[derive(Debug, Clone)]
pub struct CohortKernel<'a> {
    edges: &'a Edges,
    brackets: &'a [Bracket],
    summary: CohortSummary,
    state: Option<State>,
    /// The first day after the bucket that was counted last: days before it change nothing.
    next_bucket: Day,
}

/// What is kept of one customer.
#[derive(Debug, Clone, Copy)]
struct State {
    cohort: u32,
    last: u32,
    streak: u32,
    brackets_hit: u64,
}

impl<'a> CohortKernel<'a> {
    /// For these periods as buckets; only the first [`MAX_BRACKETS`] brackets count.
    pub fn new(edges: &'a Edges, brackets: &'a [Bracket]) -> Self {
        let brackets = brackets.get(..MAX_BRACKETS).unwrap_or(brackets);
        let summary = CohortSummary::new(edges.periods(), brackets.len());
        Self { edges, brackets, summary, state: None, next_bucket: 0 }
    }

    /// A new customer.
    #[inline]
    pub fn begin(&mut self) {
        self.state = None;
        self.next_bucket = 0;
    }

    /// The customer's next active day, in order.
    #[inline]
    pub fn observe(&mut self, day: Day) {
        if day >= self.next_bucket {
            self.count(day);
        }
    }

    fn count(&mut self, day: Day) {
        let bucket = self.edges.period_of(day);
        self.next_bucket = self.edges.day(bucket as usize + 1);
        let state = match &mut self.state {
            None => self.state.insert(State { cohort: bucket, last: 0, streak: 0, brackets_hit: 0 }),
            // Days outside the periods come to the last one again.
            Some(state) if bucket <= state.cohort + state.last => return,
            Some(state) => state,
        };
        let k = bucket - state.cohort;
        state.last = k;
        if k == state.streak + 1 {
            state.streak = k;
        }
        for (bit, bracket) in self.brackets.iter().enumerate() {
            if (bracket.from..=bracket.to).contains(&k) {
                state.brackets_hit |= 1 << bit;
            }
        }
        let row = self.summary.rows.get_mut(state.cohort as usize);
        if let Some(count) = row.and_then(|row| row.active.get_mut(k as usize)) {
            *count += 1;
        }
    }

    /// For each day of a table the period it is in, as a set: bit i is period i, and the one after the last period is
    /// what comes later. `None` where there are not enough bits.
    pub fn marks(&self, days: Day) -> Option<Vec<u64>> {
        let mark = |day| 1 << self.edges.period_of(day);
        (self.edges.periods() < 64).then(|| (0..days).map(mark).collect())
    }

    /// A whole customer: the periods with an activity.
    #[inline]
    pub fn marked(&mut self, periods: u64) {
        if periods == 0 {
            return;
        }
        let cohort = periods.trailing_zeros();
        let active = periods >> cohort;
        let Some(row) = self.summary.rows.get_mut(cohort as usize) else { return };
        let mut rest = active;
        while rest != 0 {
            bump(&mut row.active, rest.trailing_zeros());
            rest &= rest - 1;
        }
        bump(&mut row.last, active.ilog2());
        bump(&mut row.streak, active.trailing_ones() - 1);
        for (bracket, count) in self.brackets.iter().zip(&mut row.bracket) {
            *count += u64::from(active & bracket.bits() != 0);
        }
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        let Some(state) = self.state.take() else { return };
        let Some(row) = self.summary.rows.get_mut(state.cohort as usize) else { return };
        if let Some(count) = row.last.get_mut(state.last as usize) {
            *count += 1;
        }
        if let Some(count) = row.streak.get_mut(state.streak as usize) {
            *count += 1;
        }
        for (bit, count) in row.bracket.iter_mut().enumerate() {
            *count += state.brackets_hit >> bit & 1;
        }
    }

    /// The sums so far.
    pub fn finish(self) -> CohortSummary {
        self.summary
    }
}
