//! Who could come back in which period: the walk over a customer's periods that [`super::exposure`] and
//! [`super::returns`] share.
//!
//! From the period after the first activity on, a customer is *at risk* of returning in every period: in the cell
//! of how recently, how often and for how long the customer had been active when the period began. Periods without
//! activity come as ranges, because a cell changes much more seldom than periods do.

use std::ops::Range;

use crate::{amount::Amount, retention::coverage::Edges, time::Day};

/// Days before a period that a cell looks back on, for how often and for how long. Data have a beginning, and customers
/// who had bought before it look like new ones for as long as cells look back: so it is half a year, not for ever.
pub const MEMORY: u32 = 182;

/// Classes of recency: days since the last activity at the start of the period, by upper bound (exclusive).
pub const RECENCY_BOUNDS: [u32; 9] = [8, 15, 29, 57, 92, 183, 366, 731, u32::MAX];
/// Classes of frequency: active days in the [`MEMORY`] before the period, by upper bound (exclusive).
pub const FREQUENCY_BOUNDS: [u32; 6] = [2, 3, 5, 9, 17, u32::MAX];
/// Classes of tenure: days since the first activity, by upper bound (exclusive).
pub const TENURE_BOUNDS: [u32; 4] = [31, 92, MEMORY + 1, u32::MAX];

/// Number of cells.
pub const CELLS: usize = RECENCY_BOUNDS.len() * FREQUENCY_BOUNDS.len() * TENURE_BOUNDS.len();

/// A cell of customers at risk: indices into the three lists of bounds.
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
    /// Every cell, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..CELLS).map(|index| Self {
            recency: index / (FREQUENCY_BOUNDS.len() * TENURE_BOUNDS.len()),
            frequency: index / TENURE_BOUNDS.len() % FREQUENCY_BOUNDS.len(),
            tenure: index % TENURE_BOUNDS.len(),
        })
    }

    #[inline]
    pub(super) fn of(recency: u32, frequency: u32, tenure: u32) -> Self {
        // The last bound is above everything that occurs, so that no class is past the list.
        let class = |bounds: &[u32], value| bounds.iter().take_while(|&&bound| bound <= value).count();
        Self {
            recency: class(&RECENCY_BOUNDS, recency),
            frequency: class(&FREQUENCY_BOUNDS, frequency),
            tenure: class(&TENURE_BOUNDS, tenure),
        }
    }

    /// Its place among [`Cell::all`].
    #[inline]
    pub(super) const fn index(self) -> usize {
        (self.recency * FREQUENCY_BOUNDS.len() + self.frequency) * TENURE_BOUNDS.len() + self.tenure
    }
}

/// What a kernel does with the periods of a customer.
pub(super) trait Sink {
    /// At risk in every period of the range, and in none of them back.
    fn silent(&mut self, cell: Cell, periods: Range<usize>);
    /// At risk in a period, and back in it with activities of this amount.
    fn returned(&mut self, cell: Cell, period: usize, amount: Amount);
}

/// Takes a customer's active days apart into periods at risk.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    edges: &'a Edges,
    state: Option<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    first: Day,
    recent: Recent,
    /// The first edge after the last day. The days before the first edge are in no period, nor those after the last:
    /// they count as past, and not at all.
    edge: u32,
    /// The cell at the start of the period of the last day; `None` where the customer was not known before.
    cell: Option<Cell>,
    /// In that period.
    amount: Amount,
}

/// As many days as tell the classes of frequency apart.
const KEPT: usize = 17;

/// The last active days of a customer, the latest first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recent {
    days: [Day; KEPT],
    len: usize,
}

impl Recent {
    pub(super) const fn new(day: Day) -> Self {
        Self { days: [day; KEPT], len: 1 }
    }

    #[inline]
    pub(super) const fn last(&self) -> Day {
        let [last, ..] = self.days;
        last
    }

    /// The next active day, in order; the same one again changes nothing.
    #[inline]
    pub(super) fn push(&mut self, day: Day) {
        if day != self.last() {
            self.days.rotate_right(1);
            if let Some(last) = self.days.first_mut() {
                *last = day;
            }
            self.len = KEPT.min(self.len + 1);
        }
    }

    fn days(&self) -> impl Iterator<Item = Day> {
        self.days.iter().copied().take(self.len)
    }

    /// How many of the days count for a period that starts then: as many as classes need.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 17")]
    pub(super) fn frequency(&self, start: Day) -> u32 {
        self.days().take_while(|day| start.saturating_sub(*day) <= MEMORY).count() as u32
    }

    /// The first day at whose start fewer than `count` of them count.
    #[inline]
    fn fewer(&self, count: u32) -> Day {
        let place = (count as usize).checked_sub(1);
        place.and_then(|place| self.days().nth(place)).map_or(Day::MAX, |day| day.saturating_add(MEMORY + 1))
    }
}

impl<'a> Walk<'a> {
    pub(super) const fn new(edges: &'a Edges) -> Self {
        Self { edges, state: None }
    }

    /// A new customer.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.state = None;
    }

    /// The customer's next active day, in order. A day that comes again adds its amount alone.
    #[inline]
    pub(super) fn observe(&mut self, day: Day, amount: Amount, sink: &mut impl Sink) {
        let edge = self.edges.at_or_after(day + 1);
        let Some(mut state) = self.state else {
            self.state = Some(State { first: day, recent: Recent::new(day), edge, cell: None, amount });
            return;
        };
        if edge != state.edge {
            self.leave(&state, edge.saturating_sub(1), sink);
            state.cell = edge.checked_sub(1).map(|period| self.cell(&state, period));
            state.edge = edge;
            state.amount = Amount::ZERO;
        }
        state.recent.push(day);
        state.amount += amount;
        self.state = Some(state);
    }

    /// The customer is over.
    #[inline]
    pub(super) fn end(&mut self, sink: &mut impl Sink) {
        if let Some(state) = self.state.take() {
            self.leave(&state, u32::try_from(self.edges.periods()).unwrap_or(u32::MAX), sink);
        }
    }

    /// The period of the last day is over, and those up to `until` are silent.
    #[inline]
    fn leave(&self, state: &State, until: u32, sink: &mut impl Sink) {
        if let Some((cell, period)) = state.cell.zip(state.edge.checked_sub(1))
            && (period as usize) < self.edges.periods()
        {
            sink.returned(cell, period as usize, state.amount);
        }
        let mut from = state.edge;
        while from < until {
            let cell = self.cell(state, from);
            let bound = |day: Day, bounds: &[u32], class: usize| {
                let bound = bounds.get(class).copied().unwrap_or(u32::MAX);
                self.edges.at_or_after(day.saturating_add(bound))
            };
            let older = bound(state.recent.last(), &RECENCY_BOUNDS, cell.recency);
            let longer = bound(state.first, &TENURE_BOUNDS, cell.tenure);
            let least = cell.frequency.checked_sub(1).and_then(|class| FREQUENCY_BOUNDS.get(class)).copied();
            let rarer = self.edges.at_or_after(least.map_or(Day::MAX, |least| state.recent.fewer(least)));
            let next = until.min(older).min(longer).min(rarer).max(from + 1);
            sink.silent(cell, from as usize..next as usize);
            from = next;
        }
    }

    /// The cell at the start of a period of a customer who has not been active since `state`.
    #[inline]
    fn cell(&self, state: &State, period: u32) -> Cell {
        let start = self.edges.day(period as usize);
        let since = |day| start.saturating_sub(day);
        Cell::of(since(state.recent.last()), state.recent.frequency(start), since(state.first))
    }
}
