//! The Kalman filter: one pass over the series, with an exact diffuse start and missing values (NaN).
//!
//! The update comes first, then the prediction, so that only `M = P Z'` has to be kept for the way back.

use std::f64::consts::TAU;

use super::model::{InitialState, ModelError, Noise, StateSpace};

/// A log-likelihood and its convention.
///
/// Every observation adds `-½ ln 2π - ½ ln F - ½ v²/F`. An observation that fixes a diffuse state adds
/// `-½ ln 2π - ½ ln F∞` (as statsmodels does). [`LogLikelihood::without_diffuse_constant`] leaves out the `½ ln 2π` of
/// the latter (as KFAS and Durbin and Koopman do). Compare values of the same convention only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogLikelihood {
    /// The value.
    pub value: f64,
    /// Observations spent on fixing diffuse states.
    pub diffuse: usize,
}

impl LogLikelihood {
    /// The value without `½ ln 2π` for each diffuse state.
    pub fn without_diffuse_constant(self) -> f64 {
        self.value + 0.5 * TAU.ln() * self.diffuse as f64
    }
}

/// What the filter leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Filtered {
    /// Log-likelihood of the series.
    pub log_likelihood: LogLikelihood,
    /// One-step prediction errors; NaN where the observation is missing.
    pub innovations: Vec<f64>,
    /// Their variances. While a state is diffuse, the finite part.
    pub innovation_variances: Vec<f64>,
    /// State after the last observation.
    pub state: Vec<f64>,
    /// Its variances, element by element.
    pub state_variances: Vec<f64>,
    /// State after each observation.
    pub states: Vec<Vec<f64>>,
}

/// A prediction of the observation in a period that has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Expected value.
    pub mean: f64,
    /// Standard deviation, with the observation noise.
    pub standard_deviation: f64,
}

impl StateSpace {
    /// Filters `y`, one value per period, NaN where missing. Errors: [`ModelError`].
    ///
    /// ```
    /// use fidance_stats::statespace::{Component, Noise, ObservationVariance, StateSpace};
    /// let model = StateSpace::new(vec![Component::LocalLevel])?;
    /// let noise = Noise { observation: ObservationVariance::Constant(1.0), states: &[0.0] };
    /// let filtered = model.filter(&[1.0, f64::NAN, 3.0], &noise)?;
    /// assert_eq!(filtered.state, [2.0]); // with a level that stands still: the mean
    /// # Ok::<(), fidance_stats::statespace::ModelError>(())
    /// ```
    pub fn filter(&self, y: &[f64], noise: &Noise<'_>) -> Result<Filtered, ModelError> {
        self.check(y.len(), noise)?;
        let mut kernel = Kernel::new(self);
        let mut filtered = Filtered {
            log_likelihood: LogLikelihood { value: 0.0, diffuse: 0 },
            innovations: Vec::with_capacity(y.len()),
            innovation_variances: Vec::with_capacity(y.len()),
            state: Vec::new(),
            state_variances: Vec::new(),
            states: Vec::with_capacity(y.len()),
        };
        for (t, &value) in y.iter().enumerate() {
            let update = kernel.update(self, t, value, noise.observation.at(t));
            let (v, f) = match update {
                Update::Missing => (f64::NAN, f64::NAN),
                Update::Diffuse { v, f_star, .. } => (v, f_star),
                Update::Proper { v, f } => (v, f),
            };
            filtered.log_likelihood.value += update.log_likelihood();
            filtered.log_likelihood.diffuse += usize::from(matches!(update, Update::Diffuse { .. }));
            filtered.innovations.push(v);
            filtered.innovation_variances.push(f);
            filtered.states.push(kernel.a.clone());
            if t + 1 == y.len() {
                filtered.state.clone_from(&kernel.a);
                filtered.state_variances = kernel.variances();
            }
            kernel.predict(self, noise.states);
        }
        Ok(filtered)
    }

    /// Predicts the `steps` periods after `y`. Errors: [`ModelError`], notably [`ModelError::TooShort`] when a state is
    /// still diffuse at the end of the series.
    pub fn forecast(&self, y: &[f64], noise: &Noise<'_>, steps: usize) -> Result<Vec<Forecast>, ModelError> {
        let mut padded = y.to_vec();
        padded.resize(y.len() + steps, f64::NAN);
        self.check(padded.len(), noise)?;
        let mut kernel = Kernel::new(self);
        let mut forecasts = Vec::with_capacity(steps);
        for (t, &value) in padded.iter().enumerate() {
            if t >= y.len() {
                if kernel.diffuse_left > 0 {
                    let observed = y.iter().filter(|value| value.is_finite()).count();
                    return Err(ModelError::TooShort { observed, needed: observed + kernel.diffuse_left });
                }
                let (mean, variance) = kernel.prediction(self, t);
                let variance = variance + noise.observation.at(t);
                forecasts.push(Forecast { mean, standard_deviation: variance.sqrt() });
            }
            kernel.update(self, t, value, noise.observation.at(t));
            kernel.predict(self, noise.states);
        }
        Ok(forecasts)
    }

    /// The log-likelihood alone, for the search.
    pub(super) fn log_likelihood(&self, y: &[f64], noise: &Noise<'_>) -> f64 {
        let mut kernel = Kernel::new(self);
        let mut sum = 0.0;
        for (t, &value) in y.iter().enumerate() {
            sum += kernel.update(self, t, value, noise.observation.at(t)).log_likelihood();
            kernel.predict(self, noise.states);
        }
        sum
    }
}

/// What one observation did.
#[derive(Debug, Clone, Copy)]
pub(super) enum Update {
    Missing,
    /// It fixed one diffuse direction of the state.
    Diffuse {
        v: f64,
        f_star: f64,
        f_infinity: f64,
    },
    Proper {
        v: f64,
        f: f64,
    },
}

impl Update {
    fn log_likelihood(self) -> f64 {
        match self {
            Self::Missing => 0.0,
            Self::Diffuse { f_infinity, .. } => -0.5 * (TAU * f_infinity).ln(),
            Self::Proper { v, f } => -0.5 * ((TAU * f).ln() + v * v / f),
        }
    }
}

/// The moments of the state while the filter runs. All room is taken once.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    /// Mean.
    pub(super) a: Vec<f64>,
    /// Finite part of the covariance, by columns.
    pub(super) p: Vec<f64>,
    /// Infinite part.
    pub(super) p_infinity: Vec<f64>,
    /// `P Z'` of the last update.
    pub(super) m: Vec<f64>,
    pub(super) m_infinity: Vec<f64>,
    pub(super) z: Vec<f64>,
    pub(super) diffuse_left: usize,
}

impl Kernel {
    pub(super) fn new(model: &StateSpace) -> Self {
        let size = model.dimension();
        let mut kernel = Self {
            a: vec![0.0; size],
            p: vec![0.0; size * size],
            p_infinity: vec![0.0; size * size],
            m: vec![0.0; size],
            m_infinity: vec![0.0; size],
            z: model.fixed_design().to_vec(),
            diffuse_left: 0,
        };
        kernel.reset(model);
        kernel
    }

    /// Back to the start of the series.
    pub(super) fn reset(&mut self, model: &StateSpace) {
        let size = model.dimension();
        self.p.fill(0.0);
        self.diffuse_left = 0;
        for (i, initial) in model.initial.iter().enumerate() {
            match *initial {
                InitialState::Diffuse => {
                    if self.diffuse_left == 0 {
                        self.p_infinity.fill(0.0);
                    }
                    self.a[i] = 0.0;
                    self.p_infinity[i * size + i] = 1.0;
                    self.diffuse_left += 1;
                }
                InitialState::Normal { mean, variance } => {
                    self.a[i] = mean;
                    self.p[i * size + i] = variance;
                }
            }
        }
    }

    pub(super) fn variances(&self) -> Vec<f64> {
        let size = self.a.len();
        (0..size).map(|i| self.p[i * size + i]).collect()
    }

    /// Mean and variance of the signal before the observation of `period`.
    fn prediction(&mut self, model: &StateSpace, period: usize) -> (f64, f64) {
        model.load_design(period, &mut self.z);
        times_design(&self.p, &self.z, &model.support, &mut self.m);
        (dot(&self.a, &self.z, &model.support), dot(&self.m, &self.z, &model.support))
    }

    /// Takes in the observation of `period`, missing when it is not a number.
    #[inline]
    pub(super) fn update(&mut self, model: &StateSpace, period: usize, y: f64, h: f64) -> Update {
        if !y.is_finite() {
            return Update::Missing;
        }
        model.load_design(period, &mut self.z);
        let support = &model.support;
        times_design(&self.p, &self.z, support, &mut self.m);
        let v = y - dot(&self.a, &self.z, support);
        let f = dot(&self.m, &self.z, support) + h;
        if self.diffuse_left > 0 {
            times_design(&self.p_infinity, &self.z, support, &mut self.m_infinity);
            let f_infinity = dot(&self.m_infinity, &self.z, support);
            let scale: f64 = support.iter().map(|&i| self.z[i] * self.z[i]).sum();
            if f_infinity > 1e-9 * scale {
                return self.update_diffuse(v, f, f_infinity);
            }
        }
        if f <= 0.0 {
            // Neither noise nor uncertainty: the observation tells nothing that is not known.
            return Update::Missing;
        }
        self.update_proper(v, f)
    }

    #[inline]
    fn update_proper(&mut self, v: f64, f: f64) -> Update {
        let gain = v / f;
        let size = self.a.len();
        for (j, column) in self.p.chunks_exact_mut(size).enumerate() {
            let scaled = self.m[j] / f;
            column.iter_mut().zip(&self.m).for_each(|(p, m)| *p -= m * scaled);
        }
        self.a.iter_mut().zip(&self.m).for_each(|(a, m)| *a += m * gain);
        Update::Proper { v, f }
    }

    /// Durbin and Koopman, section 5.2, for one series.
    fn update_diffuse(&mut self, v: f64, f_star: f64, f_infinity: f64) -> Update {
        let size = self.a.len();
        for j in 0..size {
            let (mj, nj) = (self.m[j], self.m_infinity[j]);
            for i in 0..size {
                let (mi, ni) = (self.m[i], self.m_infinity[i]);
                self.p[j * size + i] += (ni * nj * f_star / f_infinity - mi * nj - ni * mj) / f_infinity;
                self.p_infinity[j * size + i] -= ni * nj / f_infinity;
            }
        }
        for (a, n) in self.a.iter_mut().zip(&self.m_infinity) {
            *a += n * v / f_infinity;
        }
        self.diffuse_left -= 1;
        Update::Diffuse { v, f_star, f_infinity }
    }

    /// Moves to the next period.
    #[inline]
    pub(super) fn predict(&mut self, model: &StateSpace, variances: &[f64]) {
        if !model.stands_still() {
            model.transition(&mut self.a);
            model.transition_both_sides(&mut self.p);
            if self.diffuse_left > 0 {
                model.transition_both_sides(&mut self.p_infinity);
            }
        }
        let size = self.a.len();
        for &(state, variance) in &model.disturbances {
            self.p[state * size + state] += variances[variance];
        }
    }
}

#[inline]
fn times_design(matrix: &[f64], z: &[f64], support: &[usize], product: &mut [f64]) {
    let size = z.len();
    product.fill(0.0);
    for &j in support {
        let weight = z[j];
        let column = &matrix[j * size..(j + 1) * size];
        product.iter_mut().zip(column).for_each(|(sum, value)| *sum += value * weight);
    }
}

#[inline]
pub(super) fn dot(a: &[f64], z: &[f64], support: &[usize]) -> f64 {
    support.iter().map(|&i| a[i] * z[i]).sum()
}
