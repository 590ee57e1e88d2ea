//! The smoother: mean and variance of every state given the whole series.
//!
//! The means come from the same recursion as the draws; the variances need full matrices and are meant for a chart, not
//! for a loop.

use nalgebra::{DMatrix, DVector};

use super::filter::{Kernel, Update};
use super::model::{ModelError, Noise, StateSpace};
use super::simulate::SimulationSmoother;

/// States given the whole series.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoothed {
    /// Mean, one state per period.
    pub states: Vec<Vec<f64>>,
    /// Variance, element by element.
    pub variances: Vec<Vec<f64>>,
}

/// What the way back needs of one period.
struct Step {
    update: Update,
    z: DVector<f64>,
    p: DMatrix<f64>,
    p_infinity: DMatrix<f64>,
    m: DVector<f64>,
    m_infinity: DVector<f64>,
}

impl StateSpace {
    /// Smooths `y`, one value per period, NaN where missing. Errors: [`ModelError`].
    ///
    /// ```
    /// use fidance_stats::statespace::{Component, Noise, ObservationVariance, StateSpace};
    /// let model = StateSpace::new(vec![Component::LocalLevel])?;
    /// let noise = Noise { observation: ObservationVariance::Constant(1.0), states: &[0.0] };
    /// let smoothed = model.smooth(&[1.0, f64::NAN, 3.0], &noise)?;
    /// assert!((smoothed.states[1][0] - 2.0).abs() < 1e-12);
    /// assert!((smoothed.variances[1][0] - 0.5).abs() < 1e-12);
    /// # Ok::<(), fidance_stats::statespace::ModelError>(())
    /// ```
    pub fn smooth(&self, y: &[f64], noise: &Noise<'_>) -> Result<Smoothed, ModelError> {
        self.check(y.len(), noise)?;
        let mut means = SimulationSmoother::new(self, y.len());
        let states = means.mean(self, y, noise).chunks_exact(self.dimension()).map(<[f64]>::to_vec).collect();
        Ok(Smoothed { states, variances: self.smoothed_variances(y, noise) })
    }

    fn smoothed_variances(&self, y: &[f64], noise: &Noise<'_>) -> Vec<Vec<f64>> {
        let size = self.dimension();
        let steps = self.steps(y, noise);
        let transition = self.transition_matrix();
        let zero = DMatrix::zeros(size, size);
        let (mut n0, mut n1, mut n2) = (zero.clone(), zero.clone(), zero);
        let mut variances = Vec::with_capacity(y.len());
        for step in steps.iter().rev() {
            match step.update {
                Update::Missing => {
                    for n in [&mut n0, &mut n1, &mut n2] {
                        *n = transition.transpose() * &*n * &transition;
                    }
                }
                Update::Proper { f, .. } => {
                    let l = &transition * (identity(size) - &step.m * step.z.transpose() / f);
                    n0 = &step.z * step.z.transpose() / f + l.transpose() * &n0 * &l;
                    n1 = transition.transpose() * &n1 * &l;
                    n2 = transition.transpose() * &n2 * &transition;
                }
                Update::Diffuse { f_star, f_infinity, .. } => {
                    let zz = &step.z * step.z.transpose();
                    let l0 =
                        &transition * (identity(size) - &step.m_infinity * step.z.transpose() / f_infinity);
                    let k1 = (&step.m - &step.m_infinity * (f_star / f_infinity)) / f_infinity;
                    let l1 = -(&transition * k1) * step.z.transpose();
                    n2 = &zz * (-f_star / (f_infinity * f_infinity))
                        + l0.transpose() * &n2 * &l0
                        + l0.transpose() * &n1 * &l1
                        + l1.transpose() * n1.transpose() * &l0
                        + l1.transpose() * &n0 * &l1;
                    n1 = &zz / f_infinity + l0.transpose() * &n1 * &l0 + l1.transpose() * &n0 * &l0;
                    n0 = l0.transpose() * &n0 * &l0;
                }
            }
            let (p, q) = (&step.p, &step.p_infinity);
            let cross = q * &n1 * p;
            let v = p - p * &n0 * p - cross.transpose() - cross - q * &n2 * q;
            variances.push(v.diagonal().iter().map(|variance| variance.max(0.0)).collect());
        }
        variances.reverse();
        variances
    }

    fn steps(&self, y: &[f64], noise: &Noise<'_>) -> Vec<Step> {
        let size = self.dimension();
        let mut kernel = Kernel::new(self);
        let mut steps = Vec::with_capacity(y.len());
        for (t, &value) in y.iter().enumerate() {
            let p = DMatrix::from_column_slice(size, size, &kernel.p);
            let p_infinity = if kernel.diffuse_left > 0 {
                DMatrix::from_column_slice(size, size, &kernel.p_infinity)
            } else {
                DMatrix::zeros(size, size)
            };
            let update = kernel.update(self, t, value, noise.observation.at(t));
            steps.push(Step {
                update,
                z: DVector::from_column_slice(&kernel.z),
                p,
                p_infinity,
                m: DVector::from_column_slice(&kernel.m),
                m_infinity: DVector::from_column_slice(&kernel.m_infinity),
            });
            kernel.predict(self, noise.states);
        }
        steps
    }

    fn transition_matrix(&self) -> DMatrix<f64> {
        let size = self.dimension();
        let mut matrix = identity(size);
        for mut column in matrix.column_iter_mut() {
            self.transition(column.as_mut_slice());
        }
        matrix
    }
}

fn identity(size: usize) -> DMatrix<f64> {
    DMatrix::identity(size, size)
}
