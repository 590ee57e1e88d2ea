//! Returns against expectation, by every combination of segment values: who came back in a period, and how many
//! were to be expected to.
//!
//! The second pass: the first one ([`super::exposure`]) gives what chances of returning are estimated from, and this
//! one adds up the chances of the customers of each profile. Chances are integers, so that the sums are exact,
//! whichever thread or machine adds them.

use std::ops::Range;

use crate::{
    amount::Amount,
    history::Profile,
    retention::{
        coverage::Edges,
        risk::{CELLS, Cell, Sink, Walk},
    },
    time::Day,
};

/// The probability that a customer returns, in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Chance(u32);

impl Chance {
    /// How many steps make certainty. A billion customers who are certain to return in a period still add in 64 bits.
    pub const STEPS: u32 = 1_000_000_000;

    /// From a probability, rounded to billionths; `None` for what is none.
    pub fn from_f64(probability: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a billion")]
        (0.0..=1.0)
            .contains(&probability)
            .then(|| Self((probability * f64::from(Self::STEPS)).round() as u32))
    }

    /// The probability.
    pub fn to_f64(self) -> f64 {
        f64::from(self.0) / f64::from(Self::STEPS)
    }
}

/// The chances of every period and cell. In the periods that follow a landmark, a customer's cell is the one at the
/// landmark, and who was not known then is left out: see [`super::landmark`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chances {
    /// By cell and period: a silence is a row of one cell.
    cells: Vec<Vec<u32>>,
    landmarks: Vec<Landmark>,
}

/// Periods judged by what customers were like before them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Landmark {
    /// The period at whose start the cell is taken.
    at: usize,
    /// The periods that it is taken for, none of them before it.
    periods: Range<usize>,
}

impl Chances {
    /// None anywhere, for this number of periods.
    pub fn new(periods: usize) -> Self {
        Self { cells: vec![vec![0; periods]; CELLS], landmarks: Vec::new() }
    }

    /// From now on, the cell of these periods is the one at the start of period `at`. Nothing happens where the periods begin
    /// before it, or are another landmark's already.
    pub fn hold(&mut self, at: usize, periods: Range<usize>) {
        let overlaps =
            |other: &Landmark| other.periods.start < periods.end && periods.start < other.periods.end;
        if at <= periods.start && !periods.is_empty() && !self.landmarks.iter().any(overlaps) {
            self.landmarks.push(Landmark { at, periods });
            self.landmarks.sort_by_key(|landmark| landmark.periods.start);
        }
    }

    /// Sets the chance of a cell in a period; nothing happens where there is no such period.
    pub fn set(&mut self, period: usize, cell: Cell, chance: Chance) {
        if let Some(old) = self.cells.get_mut(cell.index()).and_then(|periods| periods.get_mut(period)) {
            *old = chance.0;
        }
    }

    /// The chance of a cell in a period.
    pub fn get(&self, period: usize, cell: Cell) -> Chance {
        Chance(self.of(cell, period..period + 1).first().copied().unwrap_or_default())
    }

    #[inline]
    fn of(&self, cell: Cell, periods: Range<usize>) -> &[u32] {
        self.cells.get(cell.index()).and_then(|chances| chances.get(periods)).unwrap_or_default()
    }
}

/// The customers of a profile, or of several, over one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Returns {
    /// Customers with an activity before the period.
    pub at_risk: u64,
    /// Those with an activity in it.
    pub returned: u64,
    /// Sum of the chances of those at risk, in steps of [`Chance::STEPS`]: nothing in a period without chances.
    pub expected: u64,
    /// What those who returned came to in the period.
    pub amount: Amount,
}

impl Returns {
    /// Customers expected to return.
    pub fn expected_customers(&self) -> f64 {
        self.expected as f64 / f64::from(Chance::STEPS)
    }

    /// Adds other customers.
    pub fn add(&mut self, other: &Self) {
        self.at_risk += other.at_risk;
        self.returned += other.returned;
        self.expected += other.expected;
        self.amount += other.amount;
    }
}

/// Returns of every profile and period: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnsSummary {
    periods: usize,
    /// By profile, by period; nothing for a profile of which nobody was ever at risk.
    profiles: Vec<Option<Box<[Returns]>>>,
}

impl ReturnsSummary {
    /// Adds the summary of other customers over the same periods.
    pub fn add(&mut self, other: &Self) {
        if self.profiles.len() < other.profiles.len() {
            self.profiles.resize(other.profiles.len(), None);
        }
        for (mine, theirs) in self.profiles.iter_mut().zip(&other.profiles) {
            match (mine, theirs) {
                (Some(mine), Some(theirs)) => {
                    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| mine.add(theirs));
                }
                (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
                (_, None) => {}
            }
        }
    }

    /// Number of periods.
    pub fn periods(&self) -> usize {
        self.periods
    }

    /// The profiles of which somebody was at risk, with their periods.
    pub fn profiles(&self) -> impl Iterator<Item = (Profile, &[Returns])> {
        (0..)
            .map(Profile)
            .zip(&self.profiles)
            .filter_map(|(profile, periods)| Some((profile, periods.as_deref()?)))
    }

    /// The profiles that are wanted together, by period.
    pub fn sum(&self, wanted: impl Fn(Profile) -> bool) -> Vec<Returns> {
        let mut sums = vec![Returns::default(); self.periods];
        for (_, periods) in self.profiles().filter(|(profile, _)| wanted(*profile)) {
            sums.iter_mut().zip(periods).for_each(|(sum, returns)| sum.add(returns));
        }
        sums
    }
}

/// Counts returns in one pass.
#[derive(Debug)]
pub struct ReturnsKernel<'a> {
    walk: Walk<'a>,
    table: Table<'a>,
}

impl<'a> ReturnsKernel<'a> {
    /// For these periods, which are those of the chances.
    pub fn new(edges: &'a Edges, chances: &'a Chances) -> Self {
        let table = Table {
            periods: edges.periods(),
            chances,
            profiles: Vec::new(),
            current: 0,
            held: vec![None; chances.landmarks.len()],
        };
        Self { walk: Walk::new(edges), table }
    }

    /// A new customer, of this profile.
    #[inline]
    pub fn begin(&mut self, profile: Profile) {
        self.table.current = profile.0 as usize;
        self.table.held.fill(None);
        self.walk.begin();
    }

    /// The customer's next active day, in order. A day that comes again adds its amount alone.
    #[inline]
    pub fn observe(&mut self, day: Day, amount: Amount) {
        self.walk.observe(day, amount, &mut self.table);
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        self.walk.end(&mut self.table);
    }

    /// The sums so far.
    pub fn finish(self) -> ReturnsSummary {
        let profiles = self.table.profiles.into_iter().map(|sums| sums.map(Sums::finish)).collect();
        ReturnsSummary { periods: self.table.periods, profiles }
    }
}

/// What has been counted, by profile.
#[derive(Debug)]
struct Table<'a> {
    periods: usize,
    chances: &'a Chances,
    profiles: Vec<Option<Sums>>,
    /// The profile of the customer.
    current: usize,
    /// The customer's cell at each landmark.
    held: Vec<Option<Cell>>,
}

/// The periods of one profile.
#[derive(Debug)]
struct Sums {
    /// By how much each period differs from the one before, modulo 2⁶⁴.
    at_risk: Vec<u64>,
    expected: Vec<u64>,
    returned: Vec<(u64, Amount)>,
}

impl Sums {
    fn new(periods: usize) -> Self {
        let zeros = || vec![0; periods];
        Self { at_risk: zeros(), expected: zeros(), returned: vec![Default::default(); periods] }
    }

    fn finish(self) -> Box<[Returns]> {
        let mut at_risk = 0_u64;
        let mut sum = |((change, expected), (returned, amount)): ((u64, u64), (u64, Amount))| {
            at_risk = at_risk.wrapping_add(change);
            Returns { at_risk, returned, expected, amount }
        };
        self.at_risk.into_iter().zip(self.expected).zip(self.returned).map(&mut sum).collect()
    }
}

impl Table<'_> {
    /// The sums of the customer's profile.
    #[inline]
    fn sums(&mut self) -> Option<&mut Sums> {
        if self.profiles.len() <= self.current {
            self.profiles.resize_with(self.current + 1, || None);
        }
        let periods = self.periods;
        self.profiles.get_mut(self.current).map(|sums| sums.get_or_insert_with(|| Sums::new(periods)))
    }

    /// At risk in some periods, with the chances of one cell.
    #[inline]
    fn count(&mut self, cell: Cell, periods: Range<usize>) {
        if periods.is_empty() {
            return;
        }
        let chances = self.chances.of(cell, periods.clone());
        let Some(sums) = self.sums() else { return };
        if let Some(first) = sums.at_risk.get_mut(periods.start) {
            *first = first.wrapping_add(1);
        }
        if let Some(after) = sums.at_risk.get_mut(periods.end) {
            *after = after.wrapping_sub(1);
        }
        let expected = sums.expected.get_mut(periods).unwrap_or_default();
        expected.iter_mut().zip(chances).for_each(|(sum, chance)| *sum += u64::from(*chance));
    }

    /// At risk in some periods, in this cell where no landmark holds another.
    fn at_risk(&mut self, cell: Cell, periods: Range<usize>) {
        let chances = self.chances;
        for (landmark, held) in chances.landmarks.iter().zip(&mut self.held) {
            if periods.contains(&landmark.at) {
                *held = Some(cell);
            }
        }
        let mut from = periods.start;
        for (place, landmark) in chances.landmarks.iter().enumerate() {
            let inside = landmark.periods.start.max(from)..landmark.periods.end.min(periods.end);
            if inside.is_empty() {
                continue;
            }
            self.count(cell, from..inside.start);
            if let Some(held) = self.held.get(place).copied().flatten() {
                self.count(held, inside.clone());
            }
            from = inside.end;
        }
        self.count(cell, from..periods.end);
    }

    /// Whether the customer is left out of a period: not known at its landmark.
    #[inline]
    fn leaves_out(&self, period: usize) -> bool {
        let mut landmarks = self.chances.landmarks.iter().zip(&self.held);
        landmarks.any(|(landmark, held)| held.is_none() && landmark.periods.contains(&period))
    }
}

impl Sink for Table<'_> {
    #[inline]
    fn silent(&mut self, cell: Cell, periods: Range<usize>) {
        if self.held.is_empty() {
            self.count(cell, periods);
        } else {
            self.at_risk(cell, periods);
        }
    }

    #[inline]
    fn returned(&mut self, cell: Cell, period: usize, amount: Amount) {
        self.silent(cell, period..period + 1);
        if self.leaves_out(period) {
            return;
        }
        if let Some((returned, sum)) = self.sums().and_then(|sums| sums.returned.get_mut(period)) {
            *returned += 1;
            *sum += amount;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chance_is_a_probability() {
        for (probability, chance) in
            [(0.0, 0), (1.0, 1_000_000_000), (0.123_456_789_4, 123_456_789), (1e-12, 0)]
        {
            assert_eq!(Chance::from_f64(probability), Some(Chance(chance)));
        }
        for probability in [-1e-9, 1.000_001, f64::NAN, f64::INFINITY] {
            assert_eq!(Chance::from_f64(probability), None);
        }
    }
}
