//! The leading series: customers who came back in the week against those who were to be expected to.

use std::collections::HashMap;
use std::ops::Range;

use fidance_domain::retention::{
    exposure::ExposureSummary,
    group::EVERYBODY,
    returns::{Chance, Chances},
    risk::{Cell, FREQUENCY_BOUNDS, RECENCY_BOUNDS, TENURE_BOUNDS},
};
use fidance_stats::{
    change::{Count, Null, Overdispersion, Share, baseline::Prediction, edetector::GUARD},
    hazard::{
        CellChances, Expected, Exposure, ExposureTable, HazardError, RunReturns, Settings, WeekReturns,
        frozen, rolling,
    },
};

use jiff::{ToSpan, civil::Date};

use super::detect::{Frozen, Week};

/// Weeks at the beginning of the data that teach nothing: whoever is seen for the first time then may have been a customer
/// for years, and returns like one.
pub(crate) const WARMING_UP: usize = 26;

/// The table that expectations are learned from. Weeks that are warming up, and those of the year's end, are left empty:
/// they are neither learned from nor judged.
pub(crate) fn table(summary: &ExposureSummary, monday: impl Fn(usize) -> Date) -> ExposureTable {
    let mut table = ExposureTable::new([RECENCY_BOUNDS.len(), FREQUENCY_BOUNDS.len(), TENURE_BOUNDS.len()]);
    for week in (WARMING_UP..summary.periods()).filter(|week| !is_years_end(monday(*week))) {
        for (cell, exposure) in summary.cells(EVERYBODY, week) {
            let exposure = Exposure { exposed: exposure.at_risk, returned: exposure.returned };
            // Neither the class nor the counts can be out of range: they come from the same bounds and one walk.
            let _ = table.add(week, classes(cell), exposure);
        }
    }
    table
}

/// Whether a week touches 20 November to 21 January: presents, holidays and sales move returns by half from one week to
/// the next, differently each year, and a smooth season cannot hold that.
pub(crate) fn is_years_end(monday: Date) -> bool {
    let touches = |date: Date| {
        let (month, day) = (date.month(), date.day());
        month == 12 || (month == 11 && day >= 20) || (month == 1 && day <= 21)
    };
    touches(monday) || touches(monday.saturating_add(6.days()))
}

fn classes(cell: Cell) -> [usize; 3] {
    [cell.recency, cell.frequency, cell.tenure]
}

/// Expected returns of every week that has enough of a past.
#[derive(Debug)]
pub(crate) struct Leading {
    table: ExposureTable,
    settings: Settings,
    pub(crate) expected: Expected,
    /// What was learned before an onset, by onset.
    frozen: HashMap<usize, Option<Expected>>,
}

impl Leading {
    pub(crate) fn new(table: ExposureTable) -> Result<Self, HazardError> {
        let settings = Settings::default();
        let expected = rolling(&table, &settings)?;
        Ok(Self { table, settings, expected, frozen: HashMap::new() })
    }

    /// Weeks that the first expectation needs.
    pub(crate) fn needed() -> usize {
        let Settings { least_past, gap, .. } = Settings::default();
        least_past + gap
    }

    /// The weeks as the detector takes them. Weeks in which the expectation is at an end of the scale are left out.
    pub(crate) fn weeks(&self) -> Vec<Week> {
        self.expected.weeks.iter().filter_map(judged).collect()
    }

    /// What the weeks before `onset` let expect of it and of all later ones.
    pub(crate) fn frozen(&mut self, onset: usize) -> Option<&Expected> {
        let Self { table, settings, frozen: known, .. } = self;
        // An onset so early that nothing could be learned before it has the past that there is.
        let settings = Settings { least_past: settings.least_past.min(onset), ..*settings };
        known.entry(onset).or_insert_with(|| frozen(table, &settings, onset).ok()).as_ref()
    }

    /// Some weeks together, against what was known before `onset`.
    pub(crate) fn run(&mut self, onset: usize, weeks: &Range<usize>) -> Option<RunReturns> {
        let expected = self.frozen(onset)?;
        Some(RunReturns::sum(expected.weeks.iter().filter(|week| weeks.contains(&week.week))))
    }

    /// The share by which returns differed from what was known before `origin`, over some weeks: in shares of those who
    /// could return.
    pub(crate) fn gap(&self, origin: usize, weeks: &Range<usize>) -> Option<Gap> {
        let settings = Settings { least_past: self.settings.least_past.min(origin), ..self.settings };
        let expected = frozen(&self.table, &settings, origin).ok()?;
        let weeks: Vec<WeekReturns> =
            expected.weeks.into_iter().filter(|week| weeks.contains(&week.week)).collect();
        let exposed = weeks.iter().map(|week| week.exposed).sum::<u64>() as f64;
        (exposed > 0.0).then(|| Gap { run: RunReturns::sum(&weeks), exposed, weeks })
    }

    /// Weeks before `origin` that teach something.
    pub(crate) fn past(&self, origin: usize) -> usize {
        (0..origin.min(self.table.weeks())).filter(|week| self.table.total(*week).exposed > 0).count()
    }

    /// The chances of the second pass: those known before its onset in the weeks of a fall, the rolling ones elsewhere.
    pub(crate) fn chances(&mut self, falls: &[(usize, Range<usize>)]) -> Chances {
        let mut chances = Chances::new(self.table.weeks());
        self.expected.chances.iter().for_each(|week| set(&mut chances, week));
        for (onset, weeks) in falls {
            let frozen = self.frozen(*onset).into_iter().flat_map(|expected| &expected.chances);
            frozen.filter(|week| weeks.contains(&week.week())).for_each(|week| set(&mut chances, week));
        }
        chances
    }
}

/// Some weeks against what was known before them.
#[derive(Debug, Clone)]
pub(crate) struct Gap {
    pub(crate) run: RunReturns,
    /// Customers who could return, summed over the weeks.
    pub(crate) exposed: f64,
    pub(crate) weeks: Vec<WeekReturns>,
}

fn set(chances: &mut Chances, week: &CellChances) {
    for cell in Cell::all() {
        if let Some(chance) = week.chance(classes(cell)).and_then(Chance::from_f64) {
            chances.set(week.week(), cell, chance);
        }
    }
}

/// As good as binomial.
const LEAST_RHO: f64 = 1e-9;

fn judged(week: &WeekReturns) -> Option<Week> {
    let prediction = Prediction {
        share: Share::new(week.share()).ok()?,
        standard_error: week.share_error(),
        // Below binomial counts as binomial: on the safe side.
        rho: Overdispersion::new(week.overdispersion().max(LEAST_RHO)).ok()?,
    };
    Some(Week {
        at: week.week,
        null: Null::guarded(&prediction, GUARD),
        plain: Null { share: prediction.share, rho: prediction.rho },
        count: Count::new(week.observed, week.exposed).ok()?,
    })
}

impl Frozen for Leading {
    fn ratio(&mut self, onset: usize, weeks: Range<usize>) -> Option<f64> {
        let run = self.run(onset, &weeks)?;
        (run.expected > 0.0).then(|| run.observed as f64 / run.expected)
    }
}
