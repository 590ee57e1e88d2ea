//! The simulation smoother: draws of all states given the whole series.
//!
//! Forward filtering on `y - y⁺` of a simulated series, one way back for the smoothed mean, and the simulated states
//! added to it (Durbin and Koopman 2002, Biometrika 89): the same distribution as drawing backwards state by state, but
//! without factoring a matrix per period. No room is taken while drawing.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::filter::{Kernel, Update};
use super::model::{InitialState, ModelError, Noise, StateSpace};

/// Room for drawing the states of series of one length.
#[derive(Debug, Clone)]
pub struct SimulationSmoother {
    kernel: Kernel,
    periods: usize,
    updates: Vec<Update>,
    m: Vec<f64>,
    m_infinity: Vec<f64>,
    residual: Vec<f64>,
    r: Vec<f64>,
    r0: Vec<f64>,
    r1: Vec<f64>,
    simulated: Vec<f64>,
    states: Vec<f64>,
}

impl SimulationSmoother {
    /// Takes the room for `periods` periods of `model`.
    pub fn new(model: &StateSpace, periods: usize) -> Self {
        let size = model.dimension();
        let whole = vec![0.0; periods * size];
        Self {
            kernel: Kernel::new(model),
            periods,
            updates: vec![Update::Missing; periods],
            m: whole.clone(),
            m_infinity: whole.clone(),
            residual: vec![0.0; periods],
            r: whole.clone(),
            r0: vec![0.0; size],
            r1: vec![0.0; size],
            simulated: whole.clone(),
            states: whole,
        }
    }

    /// Draws the states: period after period, each [`StateSpace::dimension`] long. NaN in `y` is missing.
    /// The same generator state gives the same draw. Errors: [`ModelError`].
    ///
    /// ```
    /// use fidance_stats::statespace::{
    ///     Component, Noise, ObservationVariance, SimulationSmoother, StateSpace,
    /// };
    /// use rand_pcg::{Pcg64, rand_core::SeedableRng};
    /// let model = StateSpace::new(vec![Component::LocalLevel])?;
    /// let noise = Noise { observation: ObservationVariance::Constant(0.01), states: &[0.0] };
    /// let y = [1.0, f64::NAN, 1.2];
    /// let mut smoother = SimulationSmoother::new(&model, y.len());
    /// let states = smoother.draw(&model, &y, &noise, &mut Pcg64::seed_from_u64(1))?;
    /// assert!(states.len() == 3 && (states[0] - 1.1).abs() < 0.4);
    /// # Ok::<(), fidance_stats::statespace::ModelError>(())
    /// ```
    pub fn draw(
        &mut self,
        model: &StateSpace,
        y: &[f64],
        noise: &Noise<'_>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<&[f64], ModelError> {
        model.check(self.periods, noise)?;
        if y.len() != self.periods {
            return Err(ModelError::Count { what: "observations", needed: self.periods, given: y.len() });
        }
        Ok(self.draw_unchecked(model, y, noise, rng))
    }

    /// [`SimulationSmoother::draw`] for samplers that have checked their model once.
    pub(crate) fn draw_unchecked(
        &mut self,
        model: &StateSpace,
        y: &[f64],
        noise: &Noise<'_>,
        rng: &mut (impl Rng + ?Sized),
    ) -> &[f64] {
        self.simulate(model, y, noise, rng);
        self.smooth(model, noise);
        self.states.iter_mut().zip(&self.simulated).for_each(|(state, simulated)| *state += simulated);
        &self.states
    }

    /// The smoothed mean of the states, without drawing.
    pub(super) fn mean(&mut self, model: &StateSpace, y: &[f64], noise: &Noise<'_>) -> &[f64] {
        self.residual.copy_from_slice(y);
        self.smooth(model, noise);
        &self.states
    }

    /// Simulates states from a start with mean 0 and leaves `y - y⁺`. The start of a diffuse state is arbitrary.
    fn simulate(&mut self, model: &StateSpace, y: &[f64], noise: &Noise<'_>, rng: &mut (impl Rng + ?Sized)) {
        let size = model.dimension();
        for (state, initial) in self.simulated.iter_mut().zip(&model.initial) {
            *state = match *initial {
                InitialState::Normal { variance, .. } if variance > 0.0 => normal(rng) * variance.sqrt(),
                _ => 0.0,
            };
        }
        for (t, &value) in y.iter().enumerate() {
            let start = t * size;
            self.residual[t] = if value.is_finite() {
                let signal = model.signal(t, &self.simulated[start..start + size]);
                value - signal - normal(rng) * noise.observation.at(t).sqrt()
            } else {
                f64::NAN
            };
            if t + 1 < self.periods {
                self.simulated.copy_within(start..start + size, start + size);
                let next = &mut self.simulated[start + size..start + 2 * size];
                model.transition(next);
                for &(state, variance) in &model.disturbances {
                    if noise.states[variance] > 0.0 {
                        next[state] += normal(rng) * noise.states[variance].sqrt();
                    }
                }
            }
        }
    }

    /// Filters `residual`, runs back for the weights r, and forward for the states.
    fn smooth(&mut self, model: &StateSpace, noise: &Noise<'_>) {
        self.forward(model, noise);
        self.backward(model);
        let size = model.dimension();
        for (i, initial) in model.initial.iter().enumerate() {
            self.states[i] = match *initial {
                InitialState::Diffuse => self.r1[i],
                InitialState::Normal { mean, variance } => mean + variance * self.r0[i],
            };
        }
        for t in 1..self.periods {
            let start = t * size;
            self.states.copy_within(start - size..start, start);
            let state = &mut self.states[start..start + size];
            model.transition(state);
            for &(i, variance) in &model.disturbances {
                state[i] += noise.states[variance] * self.r[start - size + i];
            }
        }
    }

    fn forward(&mut self, model: &StateSpace, noise: &Noise<'_>) {
        let size = model.dimension();
        self.kernel.reset(model);
        for t in 0..self.periods {
            let update = self.kernel.update(model, t, self.residual[t], noise.observation.at(t));
            self.updates[t] = update;
            let room = t * size..(t + 1) * size;
            self.m[room.clone()].copy_from_slice(&self.kernel.m);
            if let Update::Diffuse { .. } = update {
                self.m_infinity[room].copy_from_slice(&self.kernel.m_infinity);
            }
            self.kernel.predict(model, noise.states);
        }
    }

    /// Leaves `r_t` in `r`, and `r_0` (both parts) in `r0` and `r1`. Durbin and Koopman, sections 4.4 and 5.3.
    fn backward(&mut self, model: &StateSpace) {
        let size = model.dimension();
        let z = &mut self.kernel.z;
        self.r0.fill(0.0);
        self.r1.fill(0.0);
        for t in (0..self.periods).rev() {
            let room = t * size..(t + 1) * size;
            self.r[room.clone()].copy_from_slice(&self.r0);
            model.transition_transposed(&mut self.r0);
            model.transition_transposed(&mut self.r1);
            model.load_design(t, z);
            let m = &self.m[room.clone()];
            match self.updates[t] {
                Update::Missing => {}
                Update::Proper { v, f } => {
                    let weight = (v - product(m, &self.r0)) / f;
                    model.support.iter().for_each(|&i| self.r0[i] += z[i] * weight);
                }
                Update::Diffuse { v, f_star, f_infinity } => {
                    let n = &self.m_infinity[room];
                    let (m_r0, n_r0, n_r1) =
                        (product(m, &self.r0), product(n, &self.r0), product(n, &self.r1));
                    let second = (v - n_r1 - m_r0 + f_star * n_r0 / f_infinity) / f_infinity;
                    for &i in &model.support {
                        self.r0[i] -= z[i] * n_r0 / f_infinity;
                        self.r1[i] += z[i] * second;
                    }
                }
            }
        }
    }
}

#[inline]
fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[inline]
fn normal(rng: &mut (impl Rng + ?Sized)) -> f64 {
    StandardNormal.sample(rng)
}
