//! The series: for every week with enough of a past, what was expected and what came.

use statrs::function::logistic::logistic;

use super::cells::{CellRates, CellSum, fit, logit};
use super::level::{Filtered, Keep, Shift, Spread, Weeks, terms};
use super::table::{Exposure, ExposureTable, HazardError};
use crate::interval::{Confidence, Estimate, Interval};

/// Rounds of cells and level in turn at the first fit; later ones go on from the one before, with one round each.
const ROUNDS: usize = 3;
/// The furthest a single week's counts move its shift in one step, in log-odds.
const FURTHEST: f64 = 3.0;

/// The season: Fourier terms on the log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Length in weeks.
    pub period: f64,
    /// Number of harmonics; 0 for no season.
    pub harmonics: usize,
}

/// How expected returns are estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The estimate for week t uses weeks up to t − gap.
    pub gap: usize,
    /// The most weeks it uses.
    pub window: usize,
    /// The least weeks it needs.
    pub least_past: usize,
    /// The season.
    pub season: Season,
    /// Cells, season and spreads are fitted anew every so many weeks; the level follows every week.
    pub refit_every: usize,
}

impl Default for Settings {
    /// Two years of past, a gap of 8 weeks, a yearly season of three harmonics.
    fn default() -> Self {
        Self {
            gap: 8,
            window: 104,
            least_past: 52,
            season: Season { period: 365.25 / 7.0, harmonics: 3 },
            refit_every: 4,
        }
    }
}

/// Returns of one week against their expectation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeekReturns {
    /// The week.
    pub week: usize,
    /// Customers who could return, n.
    pub exposed: u64,
    /// Customers who did, x.
    pub observed: u64,
    /// Σ over cells of n·ĥ.
    pub expected: f64,
    /// Variance of the count given the chances: Σ n·ĥ(1−ĥ).
    pub sampling_variance: f64,
    /// Variance through the scatter of single weeks (overdispersion).
    pub week_variance: f64,
    /// Variance of the expectation itself: level, season and cells are estimates.
    pub baseline_variance: f64,
}

impl WeekReturns {
    /// Standard deviation of observed − expected when nothing happened.
    pub fn standard_deviation(&self) -> f64 {
        (self.sampling_variance + self.week_variance + self.baseline_variance).sqrt()
    }

    /// (observed − expected)/standard deviation. For reading; an alarm takes `share`, `share_error` and
    /// `overdispersion`, because small counts are skewed.
    pub fn standardised(&self) -> f64 {
        (self.observed as f64 - self.expected) / self.standard_deviation()
    }

    /// observed/expected, with the range of the factor by which this week's chances differ from normal:
    /// x/E · exp(±z·sd/E). `None` where nothing was expected.
    pub fn ratio(&self, confidence: Confidence) -> Option<Estimate> {
        let value = self.observed as f64 / self.expected;
        let reach = (confidence.z() * self.standard_deviation() / self.expected).exp();
        let interval = Interval { low: value / reach, high: value * reach };
        (self.expected > 0.0 && reach.is_finite()).then_some(Estimate { value, interval })
    }

    /// p₀, the expected share: the alarm's baseline.
    pub fn share(&self) -> f64 {
        self.expected / self.exposed as f64
    }

    /// Standard error of logit p₀, for the guarded null σ(logit p₀ − 1.645·error).
    pub fn share_error(&self) -> f64 {
        self.baseline_variance.sqrt() / (self.expected * (1.0 - self.share()))
    }

    /// ρ of the beta-binomial(n, p₀, ρ) that has the variance of the count; 0 where it is smaller than binomial.
    ///
    /// Customers with different chances vary less together than alike ones, so without scatter of weeks the binomial
    /// is on the safe side.
    pub fn overdispersion(&self) -> f64 {
        let binomial = self.expected * (1.0 - self.share());
        let excess = (self.sampling_variance + self.week_variance) / binomial - 1.0;
        (excess / (self.exposed as f64 - 1.0).max(1.0)).clamp(0.0, 1.0)
    }
}

/// Expected returns of every week from `least_past + gap` weeks after the first, each from its own past only.
///
/// Weeks in which nobody could return are left out. Errors: [`HazardError`].
pub fn expected_returns(table: &ExposureTable, settings: &Settings) -> Result<Vec<WeekReturns>, HazardError> {
    check(settings)?;
    let first = settings.least_past + settings.gap - 1;
    if table.weeks() <= first {
        return Err(HazardError::TooFewWeeks { weeks: table.weeks(), needed: first + 1 });
    }
    let counts = Counts::new(table);
    let mut model: Option<Model> = None;
    let mut series = Vec::new();
    for week in first..table.weeks() {
        let last = week - settings.gap;
        let past = (last + 1).saturating_sub(settings.window)..last + 1;
        let fitted = match model.take() {
            Some(model) if !(week - first).is_multiple_of(settings.refit_every) => model,
            before => Model::fit(&counts, past.clone(), settings, before)?,
        };
        series.extend(fitted.expect(&counts, past, week, settings));
        model = Some(fitted);
    }
    Ok(series)
}

fn check(settings: &Settings) -> Result<(), HazardError> {
    let Settings { gap, window, least_past, season, refit_every } = *settings;
    if gap == 0 || refit_every == 0 {
        return Err(HazardError::Settings("the gap and the weeks between fits must be at least 1"));
    }
    if least_past < 4 || window < least_past {
        return Err(HazardError::Settings("the past needs at least 4 weeks, and the window as many"));
    }
    if season.period.is_nan() || season.period <= 2.0 * season.harmonics as f64 {
        return Err(HazardError::Settings("a season has fewer harmonics than half its weeks"));
    }
    Ok(())
}

/// The table as floats, without the cells nobody was ever in.
struct Counts {
    classes: [usize; 3],
    cells: Vec<[usize; 3]>,
    /// Customers who could return, by week and cell.
    exposed: Vec<Vec<f64>>,
    returned: Vec<Vec<f64>>,
    totals: Vec<Exposure>,
}

impl Counts {
    fn new(table: &ExposureTable) -> Self {
        let weeks = || 0..table.weeks();
        let ever = |cell: &usize| weeks().any(|week| table.week(week)[*cell].exposed > 0);
        let used: Vec<usize> = (0..table.cells()).filter(ever).collect();
        let pick = |of: fn(&Exposure) -> u64| -> Vec<Vec<f64>> {
            weeks()
                .map(|week| used.iter().map(|&cell| of(&table.week(week)[cell]) as f64).collect())
                .collect()
        };
        Self {
            classes: table.classes(),
            cells: used.iter().map(|&cell| table.classes_of(cell)).collect(),
            exposed: pick(|exposure| exposure.exposed),
            returned: pick(|exposure| exposure.returned),
            totals: weeks().map(|week| table.total(week)).collect(),
        }
    }

    /// Expected returns and their derivative in the shift (Σ n·h(1−h)), at a shift of all log-odds.
    fn expected(&self, week: usize, log_odds: &[f64], shift: f64) -> (f64, f64) {
        let cells = self.exposed[week].iter().zip(log_odds).filter(|(exposed, _)| **exposed > 0.0);
        cells.fold((0.0, 0.0), |(sum, slope), (exposed, log_odds)| {
            let share = logistic(log_odds + shift);
            (sum + exposed * share, slope + exposed * share * (1.0 - share))
        })
    }
}

/// What is fitted every few weeks.
#[derive(Debug, Clone)]
struct Model {
    cells: CellRates,
    spread: Spread,
}

type Past = std::ops::Range<usize>;

impl Model {
    /// Cells given the weeks' shifts, then the shifts given the cells.
    fn fit(
        counts: &Counts,
        past: Past,
        settings: &Settings,
        before: Option<Self>,
    ) -> Result<Self, HazardError> {
        let overall = past.clone().fold(Exposure::default(), |mut sum, week| {
            sum += counts.totals[week];
            sum
        });
        if overall.returned == 0 || overall.returned == overall.exposed {
            return Err(HazardError::NoRate);
        }
        let zeros = vec![0.0; past.len()];
        let signals_of = |model: &Self, around: &[f64]| {
            weeks(counts, past.clone(), &model.cells.log_odds, around, settings.season).smooth(model.spread)
        };
        let (mut model, mut signals, rounds) = if let Some(model) = before {
            let signals = signals_of(&model, &zeros);
            (model, signals, 1)
        } else {
            let flat = logit(overall.returned as f64 / overall.exposed as f64);
            let cells = counts.cells.len();
            let cells = CellRates { log_odds: vec![flat; cells], variance: vec![0.0; cells] };
            (Self { cells, spread: Spread { step: 0.01, week: 0.05 } }, zeros, ROUNDS)
        };
        for _ in 0..rounds {
            model.cells = fit(counts.classes, &sums(counts, past.clone(), &model.cells.log_odds, &signals));
            let weeks = weeks(counts, past.clone(), &model.cells.log_odds, &signals, settings.season);
            model.spread = weeks.fit_spread();
            signals = weeks.smooth(model.spread);
        }
        Ok(model)
    }

    fn expect(&self, counts: &Counts, past: Past, week: usize, settings: &Settings) -> Option<WeekReturns> {
        let Exposure { exposed, returned } = counts.totals[week];
        if exposed == 0 {
            return None;
        }
        let ahead = week + 1 - past.end;
        let filtered = self.follow(counts, past, settings.season);
        let Season { period, harmonics } = settings.season;
        let (shift, variance) = filtered.forecast(&terms(week, period, harmonics), ahead, self.spread);
        let (expected, slope) = counts.expected(week, &self.cells.log_odds, shift);
        let from_cells = counts.exposed[week].iter().zip(&self.cells.variance);
        let from_cells: f64 = from_cells.map(|(exposed, variance)| exposed * exposed * variance).sum();
        Some(WeekReturns {
            week,
            exposed,
            observed: returned,
            expected,
            sampling_variance: slope,
            week_variance: (slope * self.spread.week).powi(2),
            baseline_variance: slope * slope * variance + from_cells,
        })
    }

    /// The level up to the end of the past. Shifts are taken around the smoothed signal, so twice.
    fn follow(&self, counts: &Counts, past: Past, season: Season) -> Filtered {
        let around = vec![0.0; past.len()];
        let first = weeks(counts, past.clone(), &self.cells.log_odds, &around, season);
        let signals = first.smooth(self.spread);
        weeks(counts, past, &self.cells.log_odds, &signals, season).filter(self.spread, Keep::Nothing)
    }
}

/// Per cell, returns and exposures in weeks of shift 0: n counts as n·h(shifted)/h.
fn sums(counts: &Counts, past: Past, log_odds: &[f64], signals: &[f64]) -> Vec<CellSum> {
    let mut sums: Vec<CellSum> =
        counts.cells.iter().map(|&classes| CellSum { classes, exposed: 0.0, returned: 0.0 }).collect();
    for (week, signal) in past.zip(signals) {
        for (cell, sum) in sums.iter_mut().enumerate() {
            let exposed = counts.exposed[week][cell];
            if exposed > 0.0 {
                sum.exposed += exposed * logistic(log_odds[cell] + signal) / logistic(log_odds[cell]);
                sum.returned += counts.returned[week][cell];
            }
        }
    }
    sums
}

/// Each week's shift by one Newton step from what is expected of it: unbiased however few the returns are, which
/// the logarithm of observed/expected is not.
fn weeks(counts: &Counts, past: Past, log_odds: &[f64], signals: &[f64], season: Season) -> Weeks {
    let shift = |(week, &signal): (usize, &f64)| {
        let (expected, slope) = counts.expected(week, log_odds, signal);
        let observed = counts.totals[week].returned as f64;
        (slope > 0.0).then(|| Shift {
            value: signal + ((observed - expected) / slope).clamp(-FURTHEST, FURTHEST),
            variance: 1.0 / slope,
        })
    };
    Weeks {
        terms: past.clone().map(|week| terms(week, season.period, season.harmonics)).collect(),
        shifts: past.zip(signals).map(shift).collect(),
    }
}
