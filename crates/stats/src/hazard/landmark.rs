//! What customers would have done who were known at one moment: the landmark.
//!
//! The chance to return in a week depends on how recently somebody had bought when it began. After an incident that is itself
//! an effect of it: who stays away for two months is somebody of whom little is expected, and a lasting loss reads smaller
//! every week. So what was lost is measured against the cells of the moment before: of the customers who were in a
//! cell, how many return in the k-th week after? The same model is fitted for every k, on the landmarks before it.

use std::ops::Range;

use super::chances::{CellChances, Expected};
use super::model::{Counts, Model, Past};
use super::run::RunReturns;
use super::series::Episode;
use super::table::{ExposureTable, HazardError, index};
use super::week::WeekReturns;

/// Returns by what customers were like weeks before: by week, lag (0 is the week itself) and the class of recency, frequency
/// and tenure at the start of the week so many weeks earlier. Tables add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandmarkTable {
    classes: [usize; 3],
    lags: usize,
    weeks: Vec<Vec<Lagged>>,
}

/// Those who returned in one week, by what they were like some weeks before.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lagged {
    cells: Vec<u64>,
    earlier: u64,
}

impl LandmarkTable {
    /// An empty table for this many classes of recency, frequency and tenure, and lags up to `lags` − 1.
    pub fn new(classes: [usize; 3], lags: usize) -> Self {
        Self { classes, lags, weeks: Vec::new() }
    }

    /// How many lags it has.
    pub fn lags(&self) -> usize {
        self.lags
    }

    fn of(&mut self, week: usize, lag: usize) -> Option<&mut Lagged> {
        while self.weeks.len() <= week {
            let empty = Lagged { cells: vec![0; self.classes.iter().product()], earlier: 0 };
            self.weeks.push(vec![empty; self.lags]);
        }
        self.weeks[week].get_mut(lag)
    }

    /// Adds customers who returned in a week, and were in this cell `lag` weeks before. Lags that the table does not have are
    /// left out. Error: [`HazardError::Class`].
    pub fn add(
        &mut self,
        week: usize,
        lag: usize,
        cell: [usize; 3],
        returned: u64,
    ) -> Result<(), HazardError> {
        let classes = self.classes;
        for (dimension, (class, classes)) in cell.into_iter().zip(classes).enumerate() {
            if class >= classes {
                return Err(HazardError::Class { dimension, class, classes });
            }
        }
        if let Some(lagged) = self.of(week, lag) {
            lagged.cells[index(classes, cell)] += returned;
        }
        Ok(())
    }

    /// Adds, over customers who returned in a week and were known `lag` weeks before: in how many of the weeks from then to the
    /// one before this they returned as well. It tells how much returns of the same customers go together.
    pub fn add_earlier(&mut self, week: usize, lag: usize, weeks: u64) {
        if let Some(lagged) = self.of(week, lag) {
            lagged.earlier += weeks;
        }
    }

    pub(super) fn returned(&self, week: usize, lag: usize, cell: [usize; 3]) -> u64 {
        self.get(week, lag).map_or(0, |lagged| lagged.cells[index(self.classes, cell)])
    }

    fn get(&self, week: usize, lag: usize) -> Option<&Lagged> {
        self.weeks.get(week)?.get(lag)
    }
}

/// The counts of every lag.
#[derive(Debug)]
pub(super) struct Landmarks {
    table: LandmarkTable,
    lags: Vec<Counts>,
}

impl Landmarks {
    pub(super) fn new(
        table: LandmarkTable,
        exposures: &ExposureTable,
        counts: &Counts,
    ) -> Result<Self, HazardError> {
        if table.classes != exposures.classes() {
            return Err(HazardError::Shape);
        }
        for (week, lags) in table.weeks.iter().enumerate() {
            for (lag, lagged) in lags.iter().enumerate().take(week + 1) {
                // Weeks that are left empty have no landmarks.
                let before = exposures.week(week - lag);
                let more = lagged.cells.iter().zip(before).find(|(returned, all)| **returned > all.exposed);
                if let Some((&returned, all)) = more.filter(|_| exposures.total(week - lag).exposed > 0) {
                    return Err(HazardError::Counts { exposed: all.exposed, returned });
                }
            }
        }
        let lags = (0..table.lags).map(|lag| counts.lagged(&table, lag)).collect();
        Ok(Self { table, lags })
    }

    /// The weeks from `origin` on, with what a model for the week itself has learned.
    pub(super) fn at(&self, origin: usize, model: Model, past: Past, episodes: &[Episode]) -> Landmark {
        let mut landmark = Landmark {
            expected: Expected::default(),
            cells: Vec::new(),
            earlier: Vec::new(),
            together: Vec::new(),
        };
        // Level and season are wrong in the same way in weeks near each other, as the model of the week itself tells.
        let Some(counts) = self.lags.first() else { return landmark };
        let mut counts = counts.clone();
        counts.leave_out(episodes, 0);
        let level = model.follow(&counts, past.clone());
        let together = |week: usize| {
            let others = origin..=week;
            others
                .map(|other| model.correlation(&counts, &level, origin, [week, other]))
                .collect::<Vec<f64>>()
        };
        let weeks = origin..(origin + self.lags.len()).min(counts.weeks());
        landmark.together = weeks.map(together).collect();
        let mut model = model;
        for (lag, counts) in self.lags.iter().enumerate() {
            let week = origin + lag;
            if week >= counts.weeks() {
                break;
            }
            let mut counts = counts.clone();
            counts.leave_out(episodes, lag);
            if lag > 0 {
                let Ok(next) = model.lagged(&counts, past.clone()) else { break };
                model = next;
            }
            let level = model.follow(&counts, past.clone());
            let chances = model.chances(&counts, &level, origin, week);
            let Some(returns) = chances.of_counts(&counts) else { break };
            let chance = |cell: &[usize; 3]| chances.chance(*cell).unwrap_or(0.0);
            let cells = counts.cells().iter().map(chance).zip(counts.cells_of(week));
            let cells = cells.map(|(chance, (customers, returned))| CellWeek { customers, returned, chance });
            landmark.cells.push(cells.collect());
            let earlier = (0..=lag).map(|lag| self.table.get(week, lag).map_or(0, |lagged| lagged.earlier));
            landmark.earlier.push(earlier.collect());
            landmark.expected.weeks.push(returns);
            landmark.expected.chances.push(chances);
        }
        landmark
    }
}

/// Customers of one cell of the landmark in one week.
#[derive(Debug, Clone, Copy)]
struct CellWeek {
    customers: f64,
    returned: f64,
    chance: f64,
}

/// The customers known at a landmark, in the weeks from it on, against what was to be expected of them.
#[derive(Debug, Clone)]
pub struct Landmark {
    expected: Expected,
    /// By week, by cell.
    cells: Vec<Vec<CellWeek>>,
    /// By week, by lag.
    earlier: Vec<Vec<u64>>,
    /// By week, by week up to it: correlation of the errors of what is common to all cells.
    together: Vec<Vec<f64>>,
}

impl Landmark {
    /// The weeks from the landmark on. What is observed and expected of each are the returns of the customers known at the
    /// landmark; `exposed` is how many they are.
    pub fn weeks(&self) -> &[WeekReturns] {
        &self.expected.weeks
    }

    /// The chances of the same weeks, of the cells of the landmark.
    pub fn chances(&self) -> &[CellChances] {
        &self.expected.chances
    }

    /// Some of the weeks together.
    ///
    /// A customer may be gone for all of these weeks, or come back in each: returns of the same customer go together, which
    /// the variance of single weeks does not know. So that of the sum is taken between customers, around what was expected of
    /// their cell: Σ (Y − μ)², Y a customer's returns.
    pub fn run(&self, weeks: &Range<usize>) -> RunReturns {
        let inside = |place: &usize| weeks.contains(&self.expected.weeks[*place].week);
        let places: Vec<usize> = (0..self.expected.weeks.len()).filter(inside).collect();
        let mut run = RunReturns::sum(places.iter().map(|&place| &self.expected.weeks[place]));
        let Some(&first) = places.first() else { return run };
        // Σ Y²: every return, and twice every pair of them.
        let pairs: u64 = places.iter().map(|&place| self.earlier[place][place - first]).sum();
        let squares = run.observed as f64 + 2.0 * pairs as f64;
        let ratio = if run.expected > 0.0 { run.observed as f64 / run.expected } else { 1.0 };
        let cells = self.cells[first].len();
        let around: f64 = (0..cells)
            .map(|cell| {
                let sum = |of: fn(&CellWeek) -> f64| -> f64 {
                    places.iter().map(|&place| of(&self.cells[place][cell])).sum()
                };
                let mean = ratio * sum(|cell| cell.chance);
                let customers = self.cells[first][cell].customers;
                mean * (customers * mean - 2.0 * sum(|cell| cell.returned))
            })
            .sum();
        let single: f64 = places.iter().map(|&place| self.expected.weeks[place].sampling_variance).sum();
        // The weeks that chances and level were learned from had returns that go together as well: once for them, once for these.
        run.independent_variance += 2.0 * ((squares + around).max(single) - single);
        run.baseline_variance = self.baseline_variance(&places);
        run
    }

    /// Errors of level and season as they go together; those of the cells are the same in all weeks, at worst.
    fn baseline_variance(&self, places: &[usize]) -> f64 {
        let shift = |place: usize| {
            let slope = self.expected.weeks[place].sampling_variance;
            slope * self.expected.chances[place].shift_deviation()
        };
        let (mut common, mut cells) = (0.0, 0.0);
        for (i, &place) in places.iter().enumerate() {
            let own = shift(place);
            cells += (self.expected.weeks[place].baseline_variance - own * own).max(0.0).sqrt();
            common += own * own;
            let others = places[..i].iter().map(|&other| self.together[place][other] * shift(other));
            common += 2.0 * own * others.sum::<f64>();
        }
        common.max(0.0) + cells * cells
    }
}
