//! The rate that a period would have had anyway, and how sure that is: what an alarm compares with.
//!
//! `logit p_t = mu_t + Σ_k [a_k cos(2π k t/m) + b_k sin(2π k t/m)] + holidays`, `mu` a slow random walk, `x_t` kept out of
//! `n_t` with overdispersion `rho`. Fitted on periods up to `t - gap`, so that the alarm does not learn the decline it
//! should report. One pass of an extended Kalman filter per likelihood: milliseconds, where a chain would take seconds.
//! See `docs/statistics/baseline.md`. It does not decide whether anything changed.

use std::f64::consts::TAU;

use statrs::function::logistic::logistic;

use super::baseline::{self, Baseline, BaselineError, FittedBaseline};
use super::beta_binomial::{Count, Overdispersion, Share};
use crate::causal::bsts::binomial::Period;
use crate::interval::{Confidence, Interval};
use crate::nelder_mead;

/// A season as pairs of sines and cosines with fixed amplitudes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Periods in a cycle: 52.18 weeks.
    pub period: f64,
    /// Number of pairs, one to three for a year of weeks.
    pub pairs: usize,
}

/// What the baseline is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The season, if any.
    pub season: Option<Season>,
    /// Periods left out before the one to predict.
    pub gap: usize,
}

impl Default for Options {
    /// Weeks with a year's season of two pairs, and eight weeks left out.
    fn default() -> Self {
        Self { season: Some(Season { period: 365.25 / 7.0, pairs: 2 }), gap: 8 }
    }
}

/// Why there is no baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StructuralError {
    /// Too few periods with customers.
    #[error("{periods} periods with customers before the gap, at least {needed} needed for a baseline")]
    TooShort {
        /// Periods with customers.
        periods: usize,
        /// Least number.
        needed: usize,
    },
    /// More customers kept than were due.
    #[error("period {period}: more customers kept than due")]
    Counts {
        /// Period, from 0.
        period: usize,
    },
    /// A holiday column ends before the period to predict, or is not a number there or before.
    #[error("holiday column {column} has no number at period {period}")]
    Holiday {
        /// Position of the column, from 0.
        column: usize,
        /// Period, from 0.
        period: usize,
    },
    /// The season's cycle is shorter than its pairs need.
    #[error("a season needs at least twice as many periods as pairs")]
    Season,
    /// All customers were kept, or none was: there is no log-odds to follow.
    #[error("every customer was kept, or none was: there is no rate to follow")]
    Degenerate,
}

/// A baseline fitted to the past.
#[derive(Debug, Clone, PartialEq)]
pub struct StructuralBaseline {
    design: Design,
    state: State,
    /// The last period used, from 0.
    last: usize,
    /// Standard deviation of the level's step, log-odds per period; its root mean square over what is plausible.
    pub level_deviation: f64,
    /// Overdispersion `rho` of the beta-binomial: the correlation of two customers of one period.
    pub overdispersion: f64,
    /// Its upper 90 % limit, by the likelihood along `rho`. An alarm uses this one.
    pub overdispersion_upper: f64,
}

/// What a period is expected to be, in log-odds of the share kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Mean.
    pub log_odds: f64,
    /// Standard deviation of the log-odds themselves, without the chance of the period's own customers.
    pub standard_deviation: f64,
}

/// The guard: how many deviations below its mean the null lies (one-sided 95 %).
const GUARD: f64 = 1.645;

impl Prediction {
    /// Expected share kept: the mean log-odds as a share.
    pub fn share(&self) -> f64 {
        logistic(self.log_odds)
    }

    /// `sigma(eta - 1.645 s)`: the share that an alarm takes as "still normal", so that an uncertain baseline raises
    /// none.
    ///
    /// ```
    /// use fidance_stats::change::structural::Prediction;
    /// let week = Prediction { log_odds: 3.0, standard_deviation: 0.1 };
    /// assert!((week.share() - 0.952574).abs() < 1e-6 && (week.guarded_null() - 0.944564).abs() < 1e-6);
    /// ```
    pub fn guarded_null(&self) -> f64 {
        logistic(self.log_odds - GUARD * self.standard_deviation)
    }

    /// The interval of the share.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        let half_width = confidence.z() * self.standard_deviation;
        Interval { low: logistic(self.log_odds - half_width), high: logistic(self.log_odds + half_width) }
    }
}

impl StructuralBaseline {
    /// The baseline for period `at` (from 0): fitted on periods up to `at - gap`.
    ///
    /// Periods with nobody due are stepped over. `holidays` are columns that cover `at`, 1 (or a share) in the periods of
    /// a holiday. Errors: [`StructuralError`].
    ///
    /// ```
    /// use fidance_stats::causal::bsts::binomial::Period;
    /// use fidance_stats::change::structural::{StructuralBaseline, Options};
    /// let weeks: Vec<Period> = (0..60).map(|t| Period { due: 2000, retained: 1900 + t % 9 }).collect();
    /// let options = Options { season: None, ..Options::default() };
    /// let baseline = StructuralBaseline::fit(&weeks, &[], 60, &options)?;
    /// let expected = baseline.predict(&[], 60)?;
    /// assert!((expected.share() - 0.952).abs() < 0.001 && expected.guarded_null() < expected.share());
    /// # Ok::<(), fidance_stats::change::structural::StructuralError>(())
    /// ```
    pub fn fit(
        periods: &[Period],
        holidays: &[Vec<f64>],
        at: usize,
        options: &Options,
    ) -> Result<Self, StructuralError> {
        let used = (at + 1).saturating_sub(options.gap.max(1)).min(periods.len());
        let past = &periods[..used];
        if let Some(period) = past.iter().position(|period| period.retained > period.due) {
            return Err(StructuralError::Counts { period });
        }
        let design = Design::new(options.season, holidays.len())?;
        check_holidays(holidays, used)?;
        let with_customers = past.iter().filter(|period| period.due > 0).count();
        let needed = 10 + design.width();
        if with_customers < needed {
            return Err(StructuralError::TooShort { periods: with_customers, needed });
        }
        let pooled = pooled_share(past).ok_or(StructuralError::Degenerate)?;
        let start = State::new(design.width(), (pooled / (1.0 - pooled)).ln());
        let rows: Vec<Vec<f64>> = (0..used).map(|t| design.row(t, holidays)).collect();
        let series = Series { past, rows: &rows, start: &start };
        let (level_deviation, overdispersion) = series.estimate().ok_or(StructuralError::Degenerate)?;
        let overdispersion_upper = series.upper_overdispersion(level_deviation, overdispersion);
        let (state, level_deviation) = series.averaged(overdispersion);
        Ok(Self { design, state, last: used - 1, level_deviation, overdispersion, overdispersion_upper })
    }

    /// What period `at` is expected to be, given the periods used. Error: [`StructuralError::Holiday`].
    pub fn predict(&self, holidays: &[Vec<f64>], at: usize) -> Result<Prediction, StructuralError> {
        check_holidays(holidays, at + 1)?;
        let row = self.design.row(at, holidays);
        let steps = at.saturating_sub(self.last) as f64;
        let (mean, variance) = self.state.signal(&row);
        let variance = variance + steps * self.level_deviation * self.level_deviation;
        Ok(Prediction { log_odds: mean, standard_deviation: variance.sqrt() })
    }
}

/// The structural baseline as a [`Baseline`] of the alarm, without holidays.
///
/// The level stands still after the last period of the past, so that it is to be fitted again often: every period, or
/// every four.
///
/// ```
/// use fidance_stats::change::baseline::{Baseline, FittedBaseline};
/// use fidance_stats::change::structural::{Options, Structural};
/// use fidance_stats::change::Count;
/// let past: Vec<Count> = (0..60).flat_map(|t| Count::new(1900 + t % 9, 2000)).collect();
/// let baseline = Structural { options: Options { season: None, ..Options::default() }, window: 156 };
/// let expected = FittedBaseline::predict(&baseline.fit(&past)?, 68)?;
/// assert!((expected.share.value() - 0.952).abs() < 0.001 && expected.standard_error > 0.0);
/// # Ok::<(), fidance_stats::change::baseline::BaselineError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Structural {
    /// Season; the gap is the caller's here.
    pub options: Options,
    /// Periods used, the latest ones.
    pub window: usize,
}

impl Baseline for Structural {
    type Fitted = StructuralBaseline;

    fn fit(&self, past: &[Count]) -> Result<StructuralBaseline, BaselineError> {
        let first = past.len().saturating_sub(self.window);
        let period = |(index, count): (usize, &Count)| {
            // A period before the window is one without customers: the season keeps its place.
            let used = index >= first;
            Period { due: if used { count.due() } else { 0 }, retained: if used { count.kept() } else { 0 } }
        };
        let periods: Vec<Period> = past.iter().enumerate().map(period).collect();
        let at = past.len() + self.options.gap.max(1) - 1;
        Ok(StructuralBaseline::fit(&periods, &[], at, &self.options)?)
    }
}

impl FittedBaseline for StructuralBaseline {
    fn predict(&self, period: usize) -> Result<baseline::Prediction, BaselineError> {
        let Prediction { log_odds, standard_deviation } = self.predict(&[], period)?;
        Ok(baseline::Prediction {
            share: Share::from_logit(log_odds)?,
            standard_error: standard_deviation,
            rho: Overdispersion::new(self.overdispersion_upper)?,
        })
    }
}

/// The regressors of a period: level, season, holidays.
#[derive(Debug, Clone, PartialEq)]
struct Design {
    season: Option<Season>,
    holidays: usize,
}

impl Design {
    fn new(season: Option<Season>, holidays: usize) -> Result<Self, StructuralError> {
        let possible =
            |season: Season| season.period.is_finite() && 2.0 * season.pairs as f64 <= season.period;
        if season.is_some_and(|season| !possible(season)) {
            return Err(StructuralError::Season);
        }
        Ok(Self { season, holidays })
    }

    fn width(&self) -> usize {
        1 + self.season.map_or(0, |season| 2 * season.pairs) + self.holidays
    }

    fn row(&self, period: usize, holidays: &[Vec<f64>]) -> Vec<f64> {
        let mut row = vec![1.0];
        if let Some(season) = self.season {
            for pair in 1..=season.pairs {
                let (sin, cos) = (TAU * pair as f64 * period as f64 / season.period).sin_cos();
                row.extend([cos, sin]);
            }
        }
        row.extend(holidays.iter().filter_map(|column| column.get(period)));
        row
    }
}

fn check_holidays(holidays: &[Vec<f64>], periods: usize) -> Result<(), StructuralError> {
    for (column, series) in holidays.iter().enumerate() {
        let missing = |&period: &usize| !series.get(period).is_some_and(|value| value.is_finite());
        if let Some(period) = (0..periods).find(missing) {
            return Err(StructuralError::Holiday { column, period });
        }
    }
    Ok(())
}

/// Share kept over all periods; `None` at 0 and 1.
fn pooled_share(past: &[Period]) -> Option<f64> {
    let due: u64 = past.iter().map(|period| period.due).sum();
    let kept: u64 = past.iter().map(|period| period.retained).sum();
    (kept > 0 && kept < due).then(|| kept as f64 / due as f64)
}

/// Prior deviations, in log-odds: of the level about the pooled share, and of each amplitude or holiday.
const LEVEL_SPREAD: f64 = 1.0;
const EFFECT_SPREAD: f64 = 0.5;

/// Moments of level and coefficients.
#[derive(Debug, Clone, PartialEq)]
struct State {
    mean: Vec<f64>,
    /// By columns.
    covariance: Vec<f64>,
}

impl State {
    fn new(width: usize, level: f64) -> Self {
        let mut mean = vec![0.0; width];
        mean[0] = level;
        let mut covariance = vec![0.0; width * width];
        for i in 0..width {
            let spread = if i == 0 { LEVEL_SPREAD } else { EFFECT_SPREAD };
            covariance[i * width + i] = spread * spread;
        }
        Self { mean, covariance }
    }

    fn signal(&self, row: &[f64]) -> (f64, f64) {
        let mean = dot(&self.mean, row);
        let columns = self.covariance.chunks_exact(row.len());
        let variance = columns.zip(row).map(|(column, x)| x * dot(column, row)).sum();
        (mean, variance)
    }
}

/// Range of the level's step and of the overdispersion in the search, and the log-normal priors: median, spread of the
/// log. A level that runs 0.004 a week moves by 0.029 in a year: 0.14 points at 95 %.
const LEVEL_RANGE: (f64, f64) = (2e-4, 0.05);
const LEVEL_PRIOR: (f64, f64) = (0.004, 0.7);
const DISPERSION_RANGE: (f64, f64) = (1e-7, 0.2);
const DISPERSION_PRIOR: (f64, f64) = (3e-4, 3.0);
/// One-sided 90 % of a chi-square with one degree of freedom.
const UPPER_DROP: f64 = 1.642_374_415;

struct Series<'a> {
    past: &'a [Period],
    rows: &'a [Vec<f64>],
    start: &'a State,
}

impl Series<'_> {
    /// The two parameters with the largest penalised likelihood.
    fn estimate(&self) -> Option<(f64, f64)> {
        let parameters = |point: &[f64]| (within(point[0], LEVEL_RANGE), within(point[1], DISPERSION_RANGE));
        let mut objective = |point: &[f64]| {
            let (level, dispersion) = parameters(point);
            -self.run(level, dispersion).0
                - log_prior(level, LEVEL_PRIOR)
                - log_prior(dispersion, DISPERSION_PRIOR)
        };
        let start = [place(LEVEL_PRIOR.0, LEVEL_RANGE), place(DISPERSION_PRIOR.0, DISPERSION_RANGE)];
        nelder_mead::minimise(&mut objective, &start, 0.15, (0.0, 1.0), 1e-5)
            .map(|end| parameters(&end.point))
    }

    /// The last state and the level's step, averaged over the steps that prior and likelihood leave plausible: with one
    /// best step the interval would be too narrow. Means and covariances are matched.
    fn averaged(&self, dispersion: f64) -> (State, f64) {
        let (median, spread) = LEVEL_PRIOR;
        let levels = (-4_i32..=4).map(|i| median * (0.6 * spread * f64::from(i)).exp());
        let runs: Vec<(f64, f64, State)> = levels
            .map(|level| {
                let (log_likelihood, state) = self.run(level, dispersion);
                (level, log_likelihood + log_prior(level, LEVEL_PRIOR), state)
            })
            .collect();
        let largest = runs.iter().map(|run| run.1).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = runs.iter().map(|run| (run.1 - largest).exp()).sum();
        let width = self.start.mean.len();
        let mut mixed = State { mean: vec![0.0; width], covariance: vec![0.0; width * width] };
        let mut square = 0.0;
        for (level, log_weight, state) in &runs {
            let weight = (log_weight - largest).exp() / total;
            square += weight * level * level;
            for (i, (sum, mean)) in mixed.mean.iter_mut().zip(&state.mean).enumerate() {
                *sum += weight * mean;
                for (j, other) in state.mean.iter().enumerate() {
                    mixed.covariance[i * width + j] +=
                        weight * (state.covariance[i * width + j] + mean * other);
                }
            }
        }
        for i in 0..width {
            for j in 0..width {
                mixed.covariance[i * width + j] -= mixed.mean[i] * mixed.mean[j];
            }
        }
        (mixed, square.sqrt())
    }

    /// Where the likelihood along rho has fallen by the quantile; the level's step is held.
    fn upper_overdispersion(&self, level: f64, dispersion: f64) -> f64 {
        let least = self.run(level, dispersion).0 - 0.5 * UPPER_DROP;
        let (mut low, mut high) = (place(dispersion, DISPERSION_RANGE), 1.0);
        for _ in 0..30 {
            let middle = f64::midpoint(low, high);
            if self.run(level, within(middle, DISPERSION_RANGE)).0 > least {
                low = middle;
            } else {
                high = middle;
            }
        }
        within(high, DISPERSION_RANGE)
    }

    /// Filters the past. The likelihood is that of `x` under a normal with the mean and variance of the prediction; the
    /// update is Laplace's, at the mode of binomial likelihood (over its dispersion) and prediction.
    fn run(&self, level: f64, dispersion: f64) -> (f64, State) {
        let mut state = self.start.clone();
        let width = state.mean.len();
        let mut gain = vec![0.0; width];
        let mut log_likelihood = 0.0;
        for (t, (period, row)) in self.past.iter().zip(self.rows).enumerate() {
            if t > 0 {
                state.covariance[0] += level * level;
            }
            if period.due == 0 {
                continue;
            }
            let (n, x) = (period.due as f64, period.retained as f64);
            let inflation = 1.0 + (n - 1.0) * dispersion;
            for (gain, column) in gain.iter_mut().zip(state.covariance.chunks_exact(width)) {
                *gain = dot(column, row);
            }
            let (mean, variance) = (dot(&state.mean, row), dot(&gain, row));
            let share = logistic(mean);
            let information = n * share * (1.0 - share);
            let spread = information * inflation + information * information * variance;
            log_likelihood -= 0.5 * (spread.ln() + (x - n * share).powi(2) / spread);
            let mode = mode(n, x, inflation, mean, variance);
            let weight = n * logistic(mode) * (1.0 - logistic(mode)) / inflation;
            let scale = 1.0 / (variance + 1.0 / weight);
            // At the mode, prior and likelihood pull equally: (mode - mean)/variance is the standardised surprise.
            let surprise = (mode - mean) / variance;
            for (j, column) in state.covariance.chunks_exact_mut(width).enumerate() {
                let scaled = gain[j] * scale;
                column.iter_mut().zip(&gain).for_each(|(p, g)| *p -= g * scaled);
            }
            state.mean.iter_mut().zip(&gain).for_each(|(a, g)| *a += g * surprise);
        }
        (log_likelihood, state)
    }
}

/// Largest of `[x eta - n ln(1 + e^eta)]/inflation - (eta - mean)²/(2 variance)`, which is concave.
fn mode(n: f64, x: f64, inflation: f64, mean: f64, variance: f64) -> f64 {
    let mut eta = mean;
    for _ in 0..20 {
        let share = logistic(eta);
        let slope = (x - n * share) / inflation - (eta - mean) / variance;
        let bend = n * share * (1.0 - share) / inflation + 1.0 / variance;
        // Far in the flat part of the logistic a full step overshoots.
        let step = (slope / bend).clamp(-1.0, 1.0);
        eta += step;
        if step.abs() < 1e-10 {
            break;
        }
    }
    eta
}

/// A number in (0, 1) as a value between the ends of a range, in logs; and back.
fn within(place: f64, (low, high): (f64, f64)) -> f64 {
    low * (high / low).powf(place)
}

fn place(value: f64, (low, high): (f64, f64)) -> f64 {
    (value / low).ln() / (high / low).ln()
}

fn log_prior(value: f64, (median, spread): (f64, f64)) -> f64 {
    -0.5 * ((value / median).ln() / spread).powi(2)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
