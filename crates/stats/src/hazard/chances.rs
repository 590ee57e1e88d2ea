//! The chance of each cell in each week: what the expectation of the whole is made of, and of any part of it.

use super::model::Counts;
use super::table::{Exposure, ExposureTable, HazardError, index};
use super::week::WeekReturns;

/// Expected returns by week, with the chances behind them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expected {
    /// The weeks.
    pub weeks: Vec<WeekReturns>,
    /// The chances of the same weeks, in the same order.
    pub chances: Vec<CellChances>,
}

impl Expected {
    pub(super) fn push(&mut self, table: &ExposureTable, chances: CellChances) {
        // Every cell of the table has a chance, as the chances were fitted on it.
        if let Ok(Some(week)) = chances.expect(table) {
            self.weeks.push(week);
            self.chances.push(chances);
        }
    }

    /// What was to be expected of some of the customers: a segment, the people on a list. `part` holds their exposures,
    /// counted like those of the whole. Weeks in which none of them could return are left out.
    ///
    /// The chances are those of all customers of a cell. A part whose customers differ from the others of their cells has
    /// a ratio other than 1 when nothing happens: compare it with its own ratio before. Its variances are those of
    /// the common level and scatter; what only the part does is not in them.
    ///
    /// Errors: [`HazardError::Shape`], [`HazardError::NotAPart`].
    pub fn of_part(&self, part: &ExposureTable) -> Result<Vec<WeekReturns>, HazardError> {
        self.chances.iter().filter_map(|chances| chances.expect(part).transpose()).collect()
    }
}

/// The chance of every cell to return in one week.
#[derive(Debug, Clone, PartialEq)]
pub struct CellChances {
    week: usize,
    classes: [usize; 3],
    /// By index of the cell; `None` where nobody ever was.
    cells: Vec<Option<Chance>>,
    /// Variance of the common shift of log-odds, as an estimate.
    shift_variance: f64,
    /// Variance of the scatter of single weeks, in log-odds.
    week_variance: f64,
}

/// One cell's chance and its variance as an estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chance {
    pub(super) chance: f64,
    pub(super) variance: f64,
}

impl CellChances {
    pub(super) fn new(
        week: usize,
        classes: [usize; 3],
        chances: impl Iterator<Item = ([usize; 3], Chance)>,
        [shift_variance, week_variance]: [f64; 2],
    ) -> Self {
        let mut cells = vec![None; classes.iter().product()];
        for (cell, chance) in chances {
            cells[index(classes, cell)] = Some(chance);
        }
        Self { week, classes, cells, shift_variance, week_variance }
    }

    /// Standard deviation of the common shift of log-odds, as an estimate.
    pub(super) fn shift_deviation(&self) -> f64 {
        self.shift_variance.sqrt()
    }

    /// The week.
    pub fn week(&self) -> usize {
        self.week
    }

    /// ĥ of a cell (classes of recency, frequency, tenure): its customers' chance to return in this week. `None` where
    /// nobody ever was, and for classes that the table does not have.
    pub fn chance(&self, cell: [usize; 3]) -> Option<f64> {
        let inside = cell.iter().zip(self.classes).all(|(&class, classes)| class < classes);
        let chance = if inside { self.cells[index(self.classes, cell)] } else { None };
        chance.map(|chance| chance.chance)
    }

    /// This week of a table; `None` where nobody could return.
    pub(super) fn expect(&self, table: &ExposureTable) -> Result<Option<WeekReturns>, HazardError> {
        if table.classes() != self.classes {
            return Err(HazardError::Shape);
        }
        let total = table.total(self.week);
        if total.exposed == 0 {
            return Ok(None);
        }
        let exposed = table.week(self.week).iter().map(|cell| cell.exposed as f64);
        self.sum(total, exposed.zip(self.cells.iter().copied())).map(Some)
    }

    /// The same of counts by cell; `None` where nobody could return.
    pub(super) fn of_counts(&self, counts: &Counts) -> Option<WeekReturns> {
        let total = counts.total(self.week);
        let chances = counts.cells().iter().map(|cell| self.cells[index(self.classes, *cell)]);
        let cells = counts.cells_of(self.week).map(|(exposed, _)| exposed).zip(chances);
        (total.exposed > 0).then(|| self.sum(total, cells).ok()).flatten()
    }

    fn sum(
        &self,
        total: Exposure,
        cells: impl Iterator<Item = (f64, Option<Chance>)>,
    ) -> Result<WeekReturns, HazardError> {
        let (mut expected, mut slope, mut from_cells) = (0.0, 0.0, 0.0);
        for (exposed, chance) in cells.filter(|(exposed, _)| *exposed > 0.0) {
            let Chance { chance, variance } = chance.ok_or(HazardError::NotAPart { week: self.week })?;
            expected += exposed * chance;
            slope += exposed * chance * (1.0 - chance);
            from_cells += exposed * exposed * variance;
        }
        Ok(WeekReturns {
            week: self.week,
            exposed: total.exposed,
            observed: total.returned,
            expected,
            sampling_variance: slope,
            week_variance: slope * slope * self.week_variance,
            baseline_variance: slope * slope * self.shift_variance + from_cells,
        })
    }
}
