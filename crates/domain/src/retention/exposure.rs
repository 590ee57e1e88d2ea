//! Exposure to returning: over each period, how many customers of each recency, frequency and tenure came
//! back. It is what a hazard model of returns is fitted on, and small enough to add over any number of parts.

use crate::{retention::coverage::Edges, time::Day};

/// Classes of recency: days since the last activity at the start of the period, by upper bound (exclusive).
pub const RECENCY_BOUNDS: [u32; 9] = [8, 15, 29, 57, 92, 183, 366, 731, u32::MAX];
/// Classes of frequency: active days before the period, by upper bound (exclusive).
pub const FREQUENCY_BOUNDS: [u32; 6] = [2, 3, 5, 9, 17, u32::MAX];
/// Classes of tenure: days since the first activity, by upper bound (exclusive).
pub const TENURE_BOUNDS: [u32; 5] = [31, 92, 366, 731, u32::MAX];

const CELLS: usize = RECENCY_BOUNDS.len() * FREQUENCY_BOUNDS.len() * TENURE_BOUNDS.len();

/// Customers of one cell over one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exposure {
    /// Customers with an activity before the period.
    pub at_risk: u64,
    /// Those with an activity in it.
    pub returned: u64,
}

/// A cell of the table: indices into the three lists of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// Class of recency.
    pub recency: usize,
    /// Class of frequency.
    pub frequency: usize,
    /// Class of tenure.
    pub tenure: usize,
}

impl Cell {
    fn of(recency: u32, frequency: u32, tenure: u32) -> Self {
        let class = |bounds: &[u32], value| bounds.partition_point(|&bound| bound <= value);
        Self {
            recency: class(&RECENCY_BOUNDS, recency),
            frequency: class(&FREQUENCY_BOUNDS, frequency),
            tenure: class(&TENURE_BOUNDS, tenure),
        }
    }

    fn index(self) -> usize {
        (self.recency * FREQUENCY_BOUNDS.len() + self.frequency) * TENURE_BOUNDS.len() + self.tenure
    }
}

/// Exposures of every period and cell: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposureSummary {
    cells: Vec<Exposure>,
}

impl ExposureSummary {
    /// Adds the exposures of other customers over the same periods.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            mine.at_risk += theirs.at_risk;
            mine.returned += theirs.returned;
        }
    }

    /// One cell over one period.
    pub fn get(&self, period: usize, cell: Cell) -> Exposure {
        self.cells.get(period * CELLS + cell.index()).copied().unwrap_or_default()
    }

    /// All cells summed, by period.
    pub fn totals(&self) -> Vec<Exposure> {
        let sum = |cells: &[Exposure]| {
            cells.iter().fold(Exposure::default(), |sum, cell| Exposure {
                at_risk: sum.at_risk + cell.at_risk,
                returned: sum.returned + cell.returned,
            })
        };
        self.cells.chunks(CELLS).map(sum).collect()
    }
}

/// Collects exposures in one pass.
#[derive(Debug)]
pub struct ExposureKernel<'a> {
    edges: &'a Edges,
    summary: ExposureSummary,
    state: Option<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    first: Day,
    last: Day,
    active_days: u32,
    /// Active days before the current period, and the last of them.
    before: Option<(u32, Day)>,
    period: u32,
}

impl<'a> ExposureKernel<'a> {
    /// For these periods.
    pub fn new(edges: &'a Edges) -> Self {
        let cells = vec![Exposure::default(); edges.periods() * CELLS];
        Self { edges, summary: ExposureSummary { cells }, state: None }
    }

    /// A new customer.
    #[inline]
    pub fn begin(&mut self) {
        self.state = None;
    }

    /// The customer's next active day, in order; the same day again changes nothing.
    pub fn observe(&mut self, day: Day) {
        let period = self.edges.period_of(day);
        let Some(mut state) = self.state else {
            self.state = Some(State { first: day, last: day, active_days: 1, before: None, period });
            return;
        };
        if day == state.last {
            return;
        }
        if period != state.period {
            self.record(state, state.period, true);
            self.record_silence(state, state.period + 1, period);
            state.before = Some((state.active_days, state.last));
            state.period = period;
        }
        state.active_days += 1;
        state.last = day;
        self.state = Some(state);
    }

    /// The customer is over.
    pub fn end(&mut self) {
        let Some(state) = self.state.take() else { return };
        self.record(state, state.period, true);
        let periods = u32::try_from(self.edges.periods()).unwrap_or(u32::MAX);
        self.record_silence(state, state.period + 1, periods);
    }

    /// The sums so far.
    pub fn finish(self) -> ExposureSummary {
        self.summary
    }

    /// Periods without activity after the one of `state`.
    fn record_silence(&mut self, state: State, from: u32, until: u32) {
        let silent = State { before: Some((state.active_days, state.last)), ..state };
        (from..until).for_each(|period| self.record(silent, period, false));
    }

    fn record(&mut self, state: State, period: u32, returned: bool) {
        let Some((active_days, last)) = state.before else { return };
        let start = self.edges.day(period as usize);
        let cell = Cell::of(start.saturating_sub(last), active_days, start.saturating_sub(state.first));
        if let Some(exposure) = self.summary.cells.get_mut(period as usize * CELLS + cell.index()) {
            exposure.at_risk += 1;
            exposure.returned += u64::from(returned);
        }
    }
}
