//! Plausible parameter sets around a fit, for the intervals of figures derived from it.

use nalgebra::{DMatrix, DVector};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::fit::{Fit, FitError, LogParameters};

impl<M: LogParameters<N>, const N: usize> Fit<M, N> {
    /// Draws `n` models from the normal approximation to the distribution of the log-parameters.
    ///
    /// The quantiles of any figure computed on each draw are its interval. Parameters at a bound stay there,
    /// and draws are kept within the range searched. The same generator state gives the same draws.
    /// Error: [`FitError::NotIdentified`] when the covariance is not positive definite.
    ///
    /// ```
    /// use fidance_stats::btyd::sbg::{self, Sbg};
    /// use fidance_stats::survival::{Lifetime, LifetimeTable};
    /// use rand_pcg::{Pcg64, rand_core::SeedableRng};
    /// let contracts = LifetimeTable::from_iter([
    ///     Lifetime { entry: 0, duration: 1, cause: Some(0), count: 369 },
    ///     Lifetime { entry: 0, duration: 2, cause: Some(0), count: 163 },
    ///     Lifetime { entry: 0, duration: 3, cause: Some(0), count: 86 },
    ///     Lifetime { entry: 0, duration: 3, cause: None, count: 382 },
    /// ]);
    /// let fit = sbg::fit(&contracts)?;
    /// let draws = fit.draws(200, &mut Pcg64::seed_from_u64(1))?;
    /// let mut survival: Vec<f64> = draws.iter().map(|draw: &Sbg| draw.survival(10)).collect();
    /// survival.sort_by(f64::total_cmp);
    /// assert!(survival[5] < fit.model.survival(10) && fit.model.survival(10) < survival[194]);
    /// # Ok::<(), fidance_stats::btyd::FitError>(())
    /// ```
    pub fn draws(&self, n: usize, rng: &mut (impl Rng + ?Sized)) -> Result<Vec<M>, FitError> {
        let free: Vec<usize> = (0..N).filter(|&i| !self.at_bound[i]).collect();
        let covariance = DMatrix::from_fn(free.len(), free.len(), |i, j| self.covariance[free[i]][free[j]]);
        let factor = covariance.cholesky().ok_or(FitError::NotIdentified)?.unpack();
        let centre = self.model.to_log();
        let draw = |rng: &mut _| {
            let noise = &factor * DVector::from_fn(free.len(), |_, _| standard_normal(rng));
            let mut log_parameters = centre;
            for (&i, shift) in free.iter().zip(noise.iter()) {
                let (low, high) = self.log_range[i];
                log_parameters[i] = (centre[i] + shift).clamp(low, high);
            }
            M::from_log(log_parameters)
        };
        Ok((0..n).map(|_| draw(rng)).collect())
    }
}

fn standard_normal(rng: &mut (impl Rng + ?Sized)) -> f64 {
    StandardNormal.sample(rng)
}
