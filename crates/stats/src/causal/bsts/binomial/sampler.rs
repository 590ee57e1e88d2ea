//! The chain of the binomial model: Pólya-Gamma weights, states, coefficients, disturbances, variances.
//!
//! States and coefficients are drawn with the disturbances integrated out, which are drawn right after them.

use rand::Rng;
use statrs::function::logistic::logistic;

use crate::causal::bsts::controls::{Controls, moments};
use crate::causal::bsts::draw::{DeviationPrior, normal};
use crate::causal::bsts::spike_slab::{Scale, SpikeSlab, Sums};
use crate::causal::bsts::{BstsError, LEAST_STEP, polya_gamma};
use crate::statespace::{
    Component, InitialState, Noise, ObservationVariance, SimulationSmoother, StateSpace,
};

use super::separable::Design;
use super::{Options, Period, Season, empirical_logit};

/// Prior of the level's steps: periods it is worth.
const LEVEL_DF: f64 = 32.0;
/// Weak prior of a changing season (bsts).
const SEASON_DF: f64 = 0.01;
const SEASON_GUESS: f64 = 0.01;
/// Weak prior of the disturbances, in log-odds: worth one period.
const DISTURBANCE_DF: f64 = 1.0;
const DISTURBANCE_GUESS: f64 = 0.05;
/// Controls expected to enter: up to three always do (bsts). An event has even odds.
const EXPECTED_MODEL_SIZE: f64 = 3.0;
const EVEN: f64 = 0.5;
/// Periods that the slab is worth (unit information, Kass and Wasserman 1995). Events are seen in a small part of the
/// periods, which holds less than a period's information each.
const SLAB_WEIGHT: f64 = 1.0;
const EVENT_SLAB_WEIGHT: f64 = 0.1;

#[derive(Debug)]
pub(super) struct Sampler {
    model: StateSpace,
    smoother: SimulationSmoother,
    regressors: Controls,
    regression: Option<SpikeSlab>,
    sums: Sums,
    controls: usize,
    /// Where the incident's own columns begin.
    incident_from: usize,
    due: Vec<u64>,
    /// `x - n/2`.
    kappa: Vec<f64>,
    observed: Vec<bool>,
    /// What is known of the log-odds beforehand.
    around: Vec<f64>,
    state_priors: Vec<Option<DeviationPrior>>,
    disturbance_prior: DeviationPrior,
    /// The chain's values.
    state_variances: Vec<f64>,
    pub(super) disturbance_variance: f64,
    level: Vec<f64>,
    regressed: Vec<f64>,
    pub(super) psi: Vec<f64>,
    /// Room.
    omega: Vec<f64>,
    response: Vec<f64>,
    noise: Vec<f64>,
    squares: Vec<(f64, usize)>,
    room: Vec<f64>,
}

impl Sampler {
    /// `around`: known log-odds that all else is added to, one per period.
    pub(super) fn new(
        periods: &[Period],
        around: &[f64],
        controls: &[Vec<f64>],
        events: &[Vec<f64>],
        start: usize,
        design: &Design,
        options: &Options,
    ) -> Result<Self, BstsError> {
        let joint = match design {
            Design::Joint(columns) => columns.as_slice(),
            _ => &[],
        };
        let after = !joint.is_empty() || matches!(design, Design::Events { .. });
        let observed: Vec<bool> =
            periods.iter().enumerate().map(|(t, period)| period.due > 0 && (t < start || after)).collect();
        let logits: Vec<f64> =
            periods.iter().zip(around).map(|(&period, around)| empirical_logit(period) - around).collect();
        let before = (0..start).filter(|&t| observed[t]);
        let (mean, spread) = moments(before.map(|t| logits[t]));
        // A series that never varies still has the spread of its counting.
        let spread = spread.max(1e-3);
        let regressors = Controls::standardised(controls, periods.len(), |t| t < start && observed[t])?
            .with_raw(events)
            .with_raw(joint);
        let mut sums = Sums::new(regressors.width());
        let (candidates, slab) = match design {
            Design::Events { candidates } => (*candidates, EVENT_SLAB_WEIGHT),
            _ => (1, SLAB_WEIGHT),
        };
        let prior = inclusion(controls.len(), events.len(), joint.len(), candidates);
        let before = (0..start).filter(|&t| observed[t]);
        let share = logistic(mean + moments(before.map(|t| around[t])).0);
        let mut regression = (regressors.width() > 1)
            .then(|| spike_slab(&regressors, periods, &observed, share, &prior, slab, &mut sums));
        if let (Some(regression), Design::Events { candidates }) = (&mut regression, design) {
            // The chain begins with every event in, by its last shape: a level that has taken a fall up lets go of it
            // slowly only.
            let last = (0..events.len()).skip(candidates - 1).step_by(*candidates);
            regression.begin_with(last.map(|event| 1 + controls.len() + event));
        }
        let (model, state_priors) = components(mean, spread, options)?;
        let count = periods.len();
        let psi = (0..count).map(|t| around[t] + if observed[t] { logits[t] } else { mean }).collect();
        let upper = 1.2 * spread;
        Ok(Self {
            smoother: SimulationSmoother::new(&model, count),
            controls: controls.len(),
            incident_from: 1 + controls.len() + events.len(),
            regressors,
            regression,
            sums,
            due: periods.iter().map(|period| period.due).collect(),
            kappa: periods.iter().map(|p| p.retained as f64 - 0.5 * p.due as f64).collect(),
            observed,
            around: around.to_vec(),
            state_variances: state_priors.iter().map(|p| p.map_or(0.0, |p| p.guess * p.guess)).collect(),
            squares: vec![(0.0, 0); state_priors.len()],
            state_priors,
            disturbance_prior: DeviationPrior {
                guess: DISTURBANCE_GUESS.min(upper),
                df: DISTURBANCE_DF,
                upper,
            },
            disturbance_variance: DISTURBANCE_GUESS.min(upper).powi(2),
            level: vec![mean; count],
            regressed: vec![0.0; count],
            psi,
            omega: vec![0.0; count],
            response: vec![0.0; count],
            noise: vec![1.0; count],
            room: vec![0.0; model.dimension()],
            model,
        })
    }

    pub(super) fn step(&mut self, rng: &mut (impl Rng + ?Sized)) {
        self.draw_weights(rng);
        self.draw_states(rng);
        self.draw_coefficients(rng);
        self.draw_disturbances(rng);
        self.draw_variances(rng);
    }

    /// Which regressors are in; the first is the intercept, which never is.
    pub(super) fn included(&self) -> &[bool] {
        self.regression.as_ref().map_or(&[], |regression| regression.included())
    }

    /// What the incident adds to the log-odds of a period when it is fitted, else 0.
    pub(super) fn incident(&self, period: usize) -> f64 {
        let Some(regression) = &self.regression else { return 0.0 };
        let row = self.regressors.row(period);
        row.iter().zip(&regression.beta).skip(self.incident_from).map(|(x, b)| x * b).sum()
    }

    /// What the columns `columns`, counted from the first event, add to the log-odds of a period.
    pub(super) fn events(&self, period: usize, columns: std::ops::Range<usize>) -> f64 {
        let Some(regression) = &self.regression else { return 0.0 };
        let row = self.regressors.row(period).iter().zip(&regression.beta);
        let first = 1 + self.controls + columns.start;
        row.skip(first).take(columns.len()).map(|(x, b)| x * b).sum()
    }

    /// Variance of the level's step.
    pub(super) fn level_variance(&self) -> f64 {
        self.state_variances.first().copied().unwrap_or(0.0)
    }

    fn draw_weights(&mut self, rng: &mut (impl Rng + ?Sized)) {
        for t in 0..self.due.len() {
            if self.observed[t] {
                let omega = polya_gamma::draw(self.due[t], self.psi[t], rng);
                self.omega[t] = omega;
                self.noise[t] = 1.0 / omega + self.disturbance_variance;
            }
        }
    }

    fn draw_states(&mut self, rng: &mut (impl Rng + ?Sized)) {
        for t in 0..self.due.len() {
            self.response[t] = if self.observed[t] {
                self.kappa[t] / self.omega[t] - self.around[t] - self.regressed[t]
            } else {
                f64::NAN
            };
        }
        let noise =
            Noise { observation: ObservationVariance::PerPeriod(&self.noise), states: &self.state_variances };
        let states = self.smoother.draw_unchecked(&self.model, &self.response, &noise, rng);
        self.squares.fill((0.0, 0));
        let mut previous: Option<&[f64]> = None;
        for (t, state) in states.chunks_exact(self.room.len()).enumerate() {
            self.level[t] = self.model.signal(t, state);
            if let Some(previous) = previous {
                self.model.add_squared_steps(previous, state, &mut self.room, &mut self.squares);
            }
            previous = Some(state);
        }
    }

    fn draw_coefficients(&mut self, rng: &mut (impl Rng + ?Sized)) {
        let Some(regression) = &mut self.regression else { return };
        self.sums.clear();
        for t in (0..self.due.len()).filter(|&t| self.observed[t]) {
            let (row, weight) = (self.regressors.row(t), 1.0 / self.noise[t]);
            self.sums.add_square(row, weight);
            let response = self.kappa[t] / self.omega[t] - self.around[t] - self.level[t];
            self.sums.add_response(row, response, weight);
        }
        regression.update(&self.sums, rng);
        for (t, value) in self.regressed.iter_mut().enumerate() {
            *value = self.regressors.predict(t, &regression.beta);
        }
    }

    /// The disturbances, and with them the log-odds; their variance from those of observed periods.
    fn draw_disturbances(&mut self, rng: &mut (impl Rng + ?Sized)) {
        let prior_precision = 1.0 / self.disturbance_variance;
        let (mut squares, mut count) = (0.0, 0.0);
        for t in 0..self.due.len() {
            let mean = self.around[t] + self.level[t] + self.regressed[t];
            let disturbance = if self.observed[t] {
                let precision = self.omega[t] + prior_precision;
                let centre = (self.kappa[t] - self.omega[t] * mean) / precision;
                let disturbance = centre + normal(rng) / precision.sqrt();
                squares += disturbance * disturbance;
                count += 1.0;
                disturbance
            } else {
                normal(rng) * self.disturbance_variance.sqrt()
            };
            self.psi[t] = mean + disturbance;
        }
        self.disturbance_variance = self.disturbance_prior.draw(squares, count, rng);
    }

    fn draw_variances(&mut self, rng: &mut (impl Rng + ?Sized)) {
        for ((variance, prior), &(squares, count)) in
            self.state_variances.iter_mut().zip(&self.state_priors).zip(&self.squares)
        {
            if let Some(prior) = prior {
                *variance = prior.draw(squares, count as f64, rng);
            }
        }
    }
}

/// Level and season. The start is vague: about the pooled log-odds for the level, twice the spread for the season.
fn components(
    mean: f64,
    spread: f64,
    options: &Options,
) -> Result<(StateSpace, Vec<Option<DeviationPrior>>), BstsError> {
    let mut parts = vec![Component::LocalLevel];
    let level = DeviationPrior {
        guess: options.level_deviation.max(LEAST_STEP) * spread,
        df: LEVEL_DF,
        upper: spread,
    };
    let mut priors = vec![Some(level)];
    match options.season {
        Season::None => {}
        Season::Fourier { period, harmonics } => {
            parts.push(Component::Trigonometric { period, harmonics });
            priors.push(None);
        }
        Season::Dummy { seasons } => {
            parts.push(Component::Seasonal { seasons });
            priors.push(Some(DeviationPrior { guess: SEASON_GUESS * spread, df: SEASON_DF, upper: spread }));
        }
    }
    let model = StateSpace::new(parts)?;
    let start = InitialState::Normal { mean: 0.0, variance: 4.0 * spread * spread };
    let mut initial = vec![start; model.dimension()];
    initial[0] = InitialState::Normal { mean, variance: 1.0 };
    Ok((model.with_initial(initial)?, priors))
}

/// Never the intercept (the level is one), controls and events by chance, the incident's own columns always. An event has
/// even odds over all its candidate columns together.
fn inclusion(controls: usize, events: usize, incident: usize, candidates: usize) -> Vec<f64> {
    let control = (EXPECTED_MODEL_SIZE / controls.max(1) as f64).min(1.0);
    let event = 1.0 - (1.0 - EVEN).powf(1.0 / candidates as f64);
    let mut prior = vec![0.0];
    prior.resize(1 + controls, control);
    prior.resize(1 + controls + events, event);
    prior.resize(1 + controls + events + incident, 1.0);
    prior
}

/// The slab is worth the information of a period: `1 / (1/(n p q) + s²)` at the pooled share.
fn spike_slab(
    regressors: &Controls,
    periods: &[Period],
    observed: &[bool],
    share: f64,
    prior: &[f64],
    weight: f64,
    sums: &mut Sums,
) -> SpikeSlab {
    let mut count = 0.0;
    for t in (0..periods.len()).filter(|&t| observed[t]) {
        let binomial = periods[t].due as f64 * (share * (1.0 - share)).max(1e-6);
        sums.add_square(regressors.row(t), 1.0 / (1.0 / binomial + DISTURBANCE_GUESS * DISTURBANCE_GUESS));
        count += 1.0;
    }
    let information: Vec<f64> = sums.xx.iter().map(|value| value / count).collect();
    SpikeSlab::new(&information, prior, weight, Scale::Known)
}
