//! Any series against its counterfactual, with the priors and constants of R's `CausalImpact` 1.4.1.
//!
//! `y_t = mu_t + s_t + x_t' beta + e_t`: a level that walks, a dummy season, controls by spike and slab. The series and
//! the controls are standardised by their moments before the incident. For retention use
//! [`binomial`](super::binomial): it knows how many customers stand behind each period.

use rand::Rng;

use crate::interval::{Confidence, Estimate};
use crate::statespace::{
    Component, InitialState, Noise, ObservationVariance, SimulationSmoother, StateSpace,
};

use super::controls::{Controls, moments};
use super::draw::{DeviationPrior, normal};
use super::effect::{Draws, TailArea, deviation, effective_draws, summarise};
use super::spike_slab::{Scale, SpikeSlab, Sums};
use super::{BstsError, Chain, LEAST_STEP};

/// Least number of values before the incident.
const NEEDED: usize = 5;
/// Prior of the level's steps: observations it is worth.
const LEVEL_DF: f64 = 32.0;
/// Prior of the regression: expected R² of the controls, and observations that guess is worth.
const EXPECTED_R2: f64 = 0.8;
const REGRESSION_DF: f64 = 50.0;
const EXPECTED_MODEL_SIZE: f64 = 3.0;
/// Observations that the slab is worth.
const SLAB_WEIGHT: f64 = 0.01;
/// Weak priors (bsts): of the season's steps, and of the noise where there are no controls.
const WEAK_DF: f64 = 0.01;
const SEASON_GUESS: f64 = 0.01;
const NOISE_LIMIT: f64 = 1.2;

/// What the model is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Length of the chain.
    pub chain: Chain,
    /// Periods in a season, if there is one.
    pub seasons: Option<usize>,
    /// Prior guess of the level's step, in standard deviations of the series (`prior.level.sd`).
    pub level_deviation: f64,
    /// Level of the intervals.
    pub confidence: Confidence,
}

impl Default for Options {
    fn default() -> Self {
        Self { chain: Chain::default(), seasons: None, level_deviation: 0.01, confidence: Confidence::P95 }
    }
}

/// The effect on a series, in its own unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Impact {
    /// Mean effect per period after the incident. Equal weights.
    pub average: Estimate,
    /// Posterior standard deviation of the average.
    pub average_deviation: f64,
    /// Sum over the periods after the incident: the average times their number, draw by draw.
    pub cumulative: Estimate,
    /// Observed sum over predicted sum, minus 1, draw by draw.
    pub relative: Estimate,
    /// Where no effect lies in the posterior of the sum.
    pub tail: TailArea,
    /// Independent draws that the chain is worth for the sum.
    pub effective_draws: f64,
    /// The counterfactual, period after period from the first of the series; interval with the observation noise.
    pub prediction: Vec<Estimate>,
    /// Effect per period from the incident on; NaN where the observation is missing.
    pub pointwise: Vec<Estimate>,
    /// Effect summed from the incident to each period.
    pub running: Vec<Estimate>,
    /// Posterior probability that each control enters.
    pub inclusion: Vec<f64>,
}

/// Fits the periods before `start` (counted from 0) and compares the rest with what they lead to expect.
///
/// NaN in `y` is missing; controls are known in every period. Errors: [`BstsError`].
///
/// ```
/// use fidance_stats::causal::bsts::{Chain, gaussian};
/// use rand_pcg::{Pcg64, rand_core::SeedableRng};
/// let noise = |t: usize| (t * 37 % 11) as f64 / 10.0;
/// let y: Vec<f64> = (0..60).map(|t| 20.0 + noise(t) + if t < 40 { 0.0 } else { 2.0 }).collect();
/// let options =
///     gaussian::Options { chain: Chain { draws: 500, burn_in: 50 }, ..Default::default() };
/// let impact = gaussian::fit(&y, &[], 40, &options, &mut Pcg64::seed_from_u64(1))?;
/// assert!(impact.average.interval.contains(2.0) && impact.tail.two_sided < 0.01);
/// # Ok::<(), fidance_stats::causal::bsts::BstsError>(())
/// ```
pub fn fit(
    y: &[f64],
    controls: &[Vec<f64>],
    start: usize,
    options: &Options,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Impact, BstsError> {
    let mut sampler = Sampler::new(y, controls, start, options)?;
    let periods = y.len();
    let Chain { draws, burn_in } = options.chain;
    let mut predicted = Draws::new(periods, draws);
    let mut expected = vec![0.0; periods];
    let mut inclusion = vec![0.0; controls.len()];
    for iteration in 0..burn_in + draws {
        sampler.step(rng);
        if iteration < burn_in {
            continue;
        }
        let noise = sampler.variance.sqrt();
        for (sum, value) in expected.iter_mut().zip(&sampler.expected) {
            *sum += (sampler.mean + sampler.deviation * value) / draws as f64;
        }
        let sampler = &sampler;
        let rows = sampler.expected.iter();
        predicted.push(rows.map(|value| sampler.mean + sampler.deviation * (value + noise * normal(rng))));
        if let Some(slab) = &sampler.regression {
            let counted = inclusion.iter_mut().zip(slab.included().iter().skip(1));
            counted.for_each(|(sum, &included)| *sum += f64::from(u8::from(included)) / draws as f64);
        }
    }
    Ok(impact(y, start, &predicted, &expected, inclusion, options.confidence))
}

/// The chain, in standardised units.
struct Sampler {
    model: StateSpace,
    smoother: SimulationSmoother,
    controls: Controls,
    regression: Option<SpikeSlab>,
    sums: Sums,
    /// NaN from the incident on.
    y: Vec<f64>,
    mean: f64,
    deviation: f64,
    noise_prior: DeviationPrior,
    state_priors: Vec<DeviationPrior>,
    /// The chain's values.
    variance: f64,
    state_variances: Vec<f64>,
    level: Vec<f64>,
    /// State and regression together.
    expected: Vec<f64>,
    response: Vec<f64>,
    squares: Vec<(f64, usize)>,
    room: Vec<f64>,
}

impl Sampler {
    fn new(y: &[f64], controls: &[Vec<f64>], start: usize, options: &Options) -> Result<Self, BstsError> {
        let before = y.iter().take(start).copied().filter(|value| value.is_finite());
        let seen = before.clone().count();
        let after = y.iter().skip(start).filter(|value| value.is_finite()).count();
        if seen < NEEDED || after == 0 {
            return Err(BstsError::TooShort { before: seen, after, needed: NEEDED });
        }
        if options.chain.draws < Chain::FEWEST {
            return Err(BstsError::TooFewDraws { draws: options.chain.draws });
        }
        let (mean, deviation) = moments(before);
        if deviation.is_nan() || deviation <= 1e-12 * mean.abs() {
            return Err(BstsError::Constant);
        }
        let controls_used = Controls::standardised(controls, y.len(), |t| t < start)?;
        let y: Vec<f64> = y
            .iter()
            .enumerate()
            .map(|(t, value)| if t < start { (value - mean) / deviation } else { f64::NAN })
            .collect();
        let (model, state_priors) = components(&y, options)?;
        let mut sums = Sums::new(controls_used.width());
        let regression = (!controls.is_empty()).then(|| spike_slab(&controls_used, &y, &mut sums));
        let guess = if regression.is_some() { (1.0 - EXPECTED_R2).sqrt() } else { 1.0 };
        Ok(Self {
            smoother: SimulationSmoother::new(&model, y.len()),
            controls: controls_used,
            regression,
            sums,
            mean,
            deviation,
            noise_prior: DeviationPrior { guess, df: WEAK_DF, upper: NOISE_LIMIT },
            variance: guess * guess,
            state_variances: state_priors.iter().map(|prior| prior.guess * prior.guess).collect(),
            squares: vec![(0.0, 0); state_priors.len()],
            state_priors,
            level: vec![0.0; y.len()],
            expected: vec![0.0; y.len()],
            response: y.clone(),
            room: vec![0.0; model.dimension()],
            model,
            y,
        })
    }

    fn step(&mut self, rng: &mut (impl Rng + ?Sized)) {
        self.draw_regression(rng);
        self.draw_states(rng);
        self.draw_variances(rng);
    }

    /// Coefficients and noise given the states.
    fn draw_regression(&mut self, rng: &mut (impl Rng + ?Sized)) {
        let Some(regression) = &mut self.regression else { return };
        self.sums.clear_response();
        for (t, (y, level)) in self.y.iter().zip(&self.level).enumerate() {
            if y.is_finite() {
                self.sums.add_response(self.controls.row(t), y - level, 1.0);
            }
        }
        self.variance = regression.update(&self.sums, rng);
    }

    /// States given the coefficients.
    fn draw_states(&mut self, rng: &mut (impl Rng + ?Sized)) {
        if let Some(regression) = &self.regression {
            for t in 0..self.y.len() {
                self.expected[t] = self.controls.predict(t, &regression.beta);
                self.response[t] = self.y[t] - self.expected[t];
            }
        } else {
            self.expected.fill(0.0);
        }
        let noise = Noise {
            observation: ObservationVariance::Constant(self.variance),
            states: &self.state_variances,
        };
        let states = self.smoother.draw_unchecked(&self.model, &self.response, &noise, rng);
        let size = self.room.len();
        self.squares.fill((0.0, 0));
        let mut previous: Option<&[f64]> = None;
        for (t, state) in states.chunks_exact(size).enumerate() {
            self.level[t] = self.model.signal(t, state);
            self.expected[t] += self.level[t];
            if let Some(previous) = previous {
                self.model.add_squared_steps(previous, state, &mut self.room, &mut self.squares);
            }
            previous = Some(state);
        }
    }

    fn draw_variances(&mut self, rng: &mut (impl Rng + ?Sized)) {
        for ((variance, prior), &(squares, count)) in
            self.state_variances.iter_mut().zip(&self.state_priors).zip(&self.squares)
        {
            *variance = prior.draw(squares, count as f64, rng);
        }
        if self.regression.is_none() {
            let residuals = self.y.iter().zip(&self.level).filter(|(y, _)| y.is_finite());
            let (squares, count) =
                residuals.fold((0.0, 0.0), |(sum, n), (y, level)| (sum + (y - level).powi(2), n + 1.0));
            self.variance = self.noise_prior.draw(squares, count, rng);
        }
    }
}

/// Level and season; both start near the first value, with the series' own spread.
fn components(y: &[f64], options: &Options) -> Result<(StateSpace, Vec<DeviationPrior>), BstsError> {
    let mut parts = vec![Component::LocalLevel];
    let mut priors =
        vec![DeviationPrior { guess: options.level_deviation.max(LEAST_STEP), df: LEVEL_DF, upper: 1.0 }];
    if let Some(seasons) = options.seasons {
        parts.push(Component::Seasonal { seasons });
        priors.push(DeviationPrior { guess: SEASON_GUESS, df: WEAK_DF, upper: 1.0 });
    }
    let model = StateSpace::new(parts)?;
    let mut initial = vec![InitialState::Normal { mean: 0.0, variance: 1.0 }; model.dimension()];
    let first = y.iter().copied().find(|value| value.is_finite()).unwrap_or(0.0);
    initial[0] = InitialState::Normal { mean: first, variance: 1.0 };
    Ok((model.with_initial(initial)?, priors))
}

fn spike_slab(controls: &Controls, y: &[f64], sums: &mut Sums) -> SpikeSlab {
    let width = controls.width();
    for t in (0..y.len()).filter(|&t| y[t].is_finite()) {
        sums.add_square(controls.row(t), 1.0);
        sums.n += 1.0;
    }
    let information: Vec<f64> = sums.xx.iter().map(|value| value / sums.n).collect();
    let inclusion = vec![(EXPECTED_MODEL_SIZE / width as f64).min(1.0); width];
    let prior = DeviationPrior { guess: (1.0 - EXPECTED_R2).sqrt(), df: REGRESSION_DF, upper: NOISE_LIMIT };
    SpikeSlab::new(&information, &inclusion, SLAB_WEIGHT, Scale::Unknown(prior))
}

/// All figures from one matrix of draws. Values come from the expectation without noise, intervals from the draws.
fn impact(
    y: &[f64],
    start: usize,
    predicted: &Draws,
    expected: &[f64],
    inclusion: Vec<f64>,
    confidence: Confidence,
) -> Impact {
    let used: Vec<usize> = (start..y.len()).filter(|&t| y[t].is_finite()).collect();
    let n = used.len() as f64;
    let observed: f64 = used.iter().map(|&t| y[t]).sum();
    let sum = |row: &[f64]| used.iter().map(|&t| row[t]).sum::<f64>();
    let sums: Vec<f64> = predicted.rows().map(|row| observed - sum(row)).collect();
    let with_value = |estimate: Estimate, value| Estimate { value, ..estimate };
    let value = observed - sum(expected);
    let cumulative = with_value(summarise(sums.iter().copied(), confidence), value);
    let average = with_value(summarise(sums.iter().map(|sum| sum / n), confidence), value / n);
    let pointwise = (start..y.len()).map(|t| {
        with_value(summarise(predicted.column(t).map(|p| y[t] - p), confidence), y[t] - expected[t])
    });
    let mut running_draws = vec![0.0; predicted.len()];
    let mut running_value = 0.0;
    let running = (start..y.len()).map(|t| {
        if y[t].is_finite() {
            running_draws.iter_mut().zip(predicted.column(t)).for_each(|(sum, p)| *sum += y[t] - p);
            running_value += y[t] - expected[t];
        }
        with_value(summarise(running_draws.iter().copied(), confidence), running_value)
    });
    let all = (0..y.len()).map(|t| with_value(summarise(predicted.column(t), confidence), expected[t]));
    Impact {
        average,
        average_deviation: deviation(sums.iter().map(|sum| sum / n)),
        cumulative,
        relative: summarise(sums.iter().map(|effect| observed / (observed - effect) - 1.0), confidence),
        tail: TailArea::of(sums.iter().copied()).unwrap_or(TailArea {
            one_sided: 1.0,
            two_sided: 1.0,
            resolution: 1.0,
        }),
        effective_draws: effective_draws(&sums),
        prediction: all.collect(),
        pointwise: pointwise.collect(),
        running: running.collect(),
        inclusion,
    }
}
