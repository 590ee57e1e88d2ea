//! Cells and weeks fitted in turn on a past, and the chances they give to the weeks after it.

use std::sync::Arc;

use statrs::function::logistic::logistic;

use super::cells::{CellRates, CellSum, fit, logit};
use super::chances::{CellChances, Chance};
use super::landmark::LandmarkTable;
use super::level::{Filtered, Keep, Purpose, Shift, Spread, Terms, Weeks, terms};
use super::series::{Episode, Season};
use super::table::{Exposure, ExposureTable, HazardError};

/// Rounds of cells and level in turn at the first fit; later ones go on from the one before, with one round each.
const ROUNDS: usize = 3;
/// The same for a lag, which goes on from the lag before.
const LAGGED_ROUNDS: usize = 2;
/// The furthest a single week's counts move its shift in one step, in log-odds.
const FURTHEST: f64 = 3.0;

/// The table as floats, without the cells nobody was ever in.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    counted: Arc<Counted>,
    season: Season,
    /// Weeks between the moment customers are classed by and the week they may return in.
    lag: usize,
    /// The first week in which anybody was known.
    first: usize,
    /// The peak of the year that a week belongs to, and how many there are.
    peaks: Vec<Option<usize>>,
    peak_count: usize,
    /// Weeks that are not learned from, and those before which the level may have moved unseen.
    hidden: Vec<bool>,
    moved: Vec<bool>,
}

/// What is counted, whatever is learned from it.
#[derive(Debug)]
struct Counted {
    classes: [usize; 3],
    cells: Vec<[usize; 3]>,
    /// Customers who could return, by week and cell.
    exposed: Vec<Vec<f64>>,
    returned: Vec<Vec<f64>>,
    totals: Vec<Exposure>,
}

impl Counts {
    pub(super) fn new(table: &ExposureTable, season: Season) -> Self {
        let weeks = || 0..table.weeks();
        let ever = |cell: &usize| weeks().any(|week| table.week(week)[*cell].exposed > 0);
        let used: Vec<usize> = (0..table.cells()).filter(ever).collect();
        let pick = |of: fn(&Exposure) -> u64| -> Vec<Vec<f64>> {
            weeks()
                .map(|week| used.iter().map(|&cell| of(&table.week(week)[cell]) as f64).collect())
                .collect()
        };
        let counted = Counted {
            classes: table.classes(),
            cells: used.iter().map(|&cell| table.classes_of(cell)).collect(),
            exposed: pick(|exposure| exposure.exposed),
            returned: pick(|exposure| exposure.returned),
            totals: weeks().map(|week| table.total(week)).collect(),
        };
        let weeks = table.weeks();
        Self {
            first: counted.totals.iter().position(|total| total.exposed > 0).unwrap_or(0),
            counted: Arc::new(counted),
            season,
            lag: 0,
            peaks: vec![None; weeks],
            peak_count: 0,
            hidden: vec![false; weeks],
            moved: vec![false; weeks],
        }
    }

    /// The same weeks, by the cell that customers were in `lag` weeks before.
    pub(super) fn lagged(&self, landmarks: &LandmarkTable, lag: usize) -> Self {
        let Counted { classes, cells, exposed, totals, .. } = &*self.counted;
        let before = |week: usize| week.checked_sub(lag);
        let nobody = vec![0.0; cells.len()];
        let returned: Vec<Vec<f64>> = (0..totals.len())
            .map(|week| cells.iter().map(|cell| landmarks.returned(week, lag, *cell) as f64).collect())
            .collect();
        let exposed_before = |week| before(week).map_or(0, |before| totals[before].exposed);
        let total = |(week, returned): (usize, &Vec<f64>)| Exposure {
            exposed: exposed_before(week),
            returned: if exposed_before(week) > 0 { whole(returned.iter().sum()) } else { 0 },
        };
        let counted = Counted {
            classes: *classes,
            cells: cells.clone(),
            exposed: (0..totals.len())
                .map(|week| before(week).map_or_else(|| nobody.clone(), |before| exposed[before].clone()))
                .collect(),
            totals: returned.iter().enumerate().map(total).collect(),
            returned,
        };
        Self { counted: Arc::new(counted), lag, ..self.clone() }
    }

    /// Number of weeks.
    pub(super) fn weeks(&self) -> usize {
        self.counted.totals.len()
    }

    /// All cells of a week together.
    pub(super) fn total(&self, week: usize) -> Exposure {
        self.counted.totals[week]
    }

    /// Customers who could return and who did, by cell.
    pub(super) fn cells_of(&self, week: usize) -> impl Iterator<Item = (f64, f64)> {
        self.counted.exposed[week].iter().copied().zip(self.counted.returned[week].iter().copied())
    }

    /// The classes of its cells, in their order.
    pub(super) fn cells(&self) -> &[[usize; 3]] {
        &self.counted.cells
    }

    pub(super) fn set_peaks(&mut self, of: impl Fn(usize) -> Option<usize>) {
        // The week after the last one may be asked for too.
        self.peaks = (0..=self.weeks()).map(of).collect();
        self.peak_count = self.peaks.iter().flatten().max().map_or(0, |peak| peak + 1);
    }

    /// Weeks of an episode teach nothing, nor do those up to `lag` weeks after it: a landmark before it knows nothing of it.
    pub(super) fn leave_out(&mut self, episodes: &[Episode], lag: usize) {
        self.hidden.fill(false);
        self.moved.fill(false);
        for Episode { weeks, lasting } in episodes {
            let end = weeks.end.saturating_add(lag).min(self.hidden.len());
            self.hidden[weeks.start.min(end)..end].fill(true);
            if *lasting && end < self.moved.len() {
                self.moved[end] = true;
            }
        }
    }

    fn terms(&self, week: usize) -> Terms {
        let known = week.saturating_sub(self.first + self.lag);
        terms(week, self.season, known, self.peaks.get(week).copied().flatten(), self.peak_count)
    }

    /// Whether customers were ever in a cell.
    pub(super) fn knows(&self, cell: [usize; 3]) -> bool {
        self.counted.cells.contains(&cell)
    }

    /// Whether a week teaches something.
    pub(super) fn teaches(&self, week: usize) -> bool {
        !self.hidden[week]
    }

    /// Expected returns and their derivative in the shift (Σ n·h(1−h)), at a shift of all log-odds.
    fn expected(&self, week: usize, log_odds: &[f64], shift: f64) -> (f64, f64) {
        let cells = self.counted.exposed[week].iter().zip(log_odds).filter(|(exposed, _)| **exposed > 0.0);
        cells.fold((0.0, 0.0), |(sum, slope), (exposed, log_odds)| {
            let share = logistic(log_odds + shift);
            (sum + exposed * share, slope + exposed * share * (1.0 - share))
        })
    }
}

/// What is fitted every few weeks.
#[derive(Debug, Clone)]
pub(super) struct Model {
    cells: CellRates,
    /// For expectations.
    spread: Spread,
    /// For evidence.
    pub(super) watched: Spread,
}

pub(super) type Past = std::ops::Range<usize>;

impl Model {
    /// Cells given the weeks' shifts, then the shifts given the cells.
    pub(super) fn fit(counts: &Counts, past: Past, before: Option<Self>) -> Result<Self, HazardError> {
        let overall =
            past.clone().filter(|week| counts.teaches(*week)).fold(Exposure::default(), |mut sum, week| {
                sum += counts.counted.totals[week];
                sum
            });
        if overall.returned == 0 || overall.returned == overall.exposed {
            return Err(HazardError::NoRate);
        }
        let zeros = vec![0.0; past.len()];
        let signals_of = |model: &Self, around: &[f64]| {
            weeks(counts, past.clone(), &model.cells.log_odds, around).smooth(model.spread)
        };
        let (mut model, mut signals, rounds) = if let Some(model) = before {
            let signals = signals_of(&model, &zeros);
            (model, signals, 1)
        } else {
            let flat = logit(overall.returned as f64 / overall.exposed as f64);
            let cells = counts.cells().len();
            let cells = CellRates { log_odds: vec![flat; cells], variance: vec![0.0; cells], size: 1.0 };
            let Purpose { history, .. } = Purpose::EXPECTATION;
            let spread = Spread { step: 0.01, week: 0.05, season: 0.08, sharp: 0.0, history };
            (Self { cells, spread, watched: spread }, zeros, ROUNDS)
        };
        for _ in 0..rounds {
            centre(&mut signals);
            let sums = sums(counts, past.clone(), &model.cells.log_odds, &signals);
            model.cells = fit(counts.counted.classes, &sums, None);
            let weeks = weeks(counts, past.clone(), &model.cells.log_odds, &signals);
            [model.spread, model.watched] = weeks.fit_spread([Purpose::EXPECTATION, Purpose::EVIDENCE]);
            signals = weeks.smooth(model.spread);
        }
        Ok(model)
    }

    /// The chances of a week after the past that `level` was followed through, which ended before week `end`.
    pub(super) fn chances(&self, counts: &Counts, level: &Filtered, end: usize, week: usize) -> CellChances {
        let ahead = week + 1 - end;
        let terms = counts.terms(week);
        let (shift, variance) = level.forecast(&terms, ahead, self.spread);
        let chance =
            |(log_odds, &variance): (&f64, &f64)| Chance { chance: logistic(log_odds + shift), variance };
        let chances = self.cells.log_odds.iter().zip(&self.cells.variance).map(chance);
        CellChances::new(
            week,
            counts.counted.classes,
            counts.cells().iter().copied().zip(chances),
            [variance, self.spread.week.powi(2) + terms.scatter],
        )
    }

    /// The same for the cells that customers were in some weeks before: `self` is that of a lag like it. The level's spreads
    /// stay, and so does how far cells scatter around their margins. Error: [`HazardError::NoRate`].
    pub(super) fn lagged(mut self, counts: &Counts, past: Past) -> Result<Self, HazardError> {
        let returned = |week: &usize| counts.teaches(*week) && counts.counted.totals[*week].returned > 0;
        if !past.clone().any(|week| returned(&week)) {
            return Err(HazardError::NoRate);
        }
        let zeros = vec![0.0; past.len()];
        let mut signals = weeks(counts, past.clone(), &self.cells.log_odds, &zeros).smooth(self.spread);
        for _ in 0..LAGGED_ROUNDS {
            centre(&mut signals);
            let sums = sums(counts, past.clone(), &self.cells.log_odds, &signals);
            self.cells = fit(counts.counted.classes, &sums, Some(self.cells.size));
            signals = weeks(counts, past.clone(), &self.cells.log_odds, &signals).smooth(self.spread);
        }
        Ok(self)
    }

    /// Correlation of the errors of level, season and peaks in two weeks after the past that `level` was followed through.
    pub(super) fn correlation(
        &self,
        counts: &Counts,
        level: &Filtered,
        end: usize,
        weeks: [usize; 2],
    ) -> f64 {
        let terms = weeks.map(|week| (counts.terms(week), week + 1 - end));
        let [one, other] = &terms;
        let of = |a: &(Terms, usize), b: &(Terms, usize)| {
            level.covariance([(&a.0, a.1), (&b.0, b.1)], self.spread)
        };
        let scale = (of(one, one) * of(other, other)).sqrt();
        if scale > 0.0 { (of(one, other) / scale).clamp(-1.0, 1.0) } else { 1.0 }
    }

    /// The level up to the end of the past.
    pub(super) fn follow(&self, counts: &Counts, past: Past) -> Filtered {
        self.weeks(counts, past).filter(self.spread, Keep::Nothing)
    }

    /// The weeks as the level sees them. Shifts are taken around the smoothed signal, so twice.
    pub(super) fn weeks(&self, counts: &Counts, past: Past) -> Weeks {
        let around = vec![0.0; past.len()];
        let first = weeks(counts, past.clone(), &self.cells.log_odds, &around);
        let signals = first.smooth(self.spread);
        weeks(counts, past, &self.cells.log_odds, &signals)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of numbers of customers")]
fn whole(customers: f64) -> u64 {
    customers as u64
}

/// Cells and level share their mean. It belongs to the cells: left to itself it wanders from fit to fit, until no shift is
/// small any more.
fn centre(signals: &mut [f64]) {
    let mean = signals.iter().sum::<f64>() / signals.len().max(1) as f64;
    signals.iter_mut().for_each(|signal| *signal -= mean);
}

/// Per cell, returns and exposures in weeks of shift 0: n counts as n·h(shifted)/h.
fn sums(counts: &Counts, past: Past, log_odds: &[f64], signals: &[f64]) -> Vec<CellSum> {
    let mut sums: Vec<CellSum> =
        counts.cells().iter().map(|&classes| CellSum { classes, exposed: 0.0, returned: 0.0 }).collect();
    for (week, signal) in past.zip(signals).filter(|(week, _)| counts.teaches(*week)) {
        for (cell, sum) in sums.iter_mut().enumerate() {
            let exposed = counts.counted.exposed[week][cell];
            if exposed > 0.0 {
                sum.exposed += exposed * logistic(log_odds[cell] + signal) / logistic(log_odds[cell]);
                sum.returned += counts.counted.returned[week][cell];
            }
        }
    }
    sums
}

/// Each week's shift by one Newton step from what is expected of it: unbiased however few the returns are, which
/// the logarithm of observed/expected is not.
fn weeks(counts: &Counts, past: Past, log_odds: &[f64], signals: &[f64]) -> Weeks {
    let shift = |(week, &signal): (usize, &f64)| {
        let (expected, slope) = counts.expected(week, log_odds, signal);
        let observed = counts.counted.totals[week].returned as f64;
        (slope > 0.0 && counts.teaches(week)).then(|| Shift {
            value: signal + ((observed - expected) / slope).clamp(-FURTHEST, FURTHEST),
            variance: 1.0 / slope,
        })
    };
    Weeks {
        terms: past.clone().map(|week| counts.terms(week)).collect(),
        shifts: past.clone().zip(signals).map(shift).collect(),
        moved: past.map(|week| counts.moved[week]).collect(),
    }
}
