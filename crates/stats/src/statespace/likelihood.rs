//! Variances by maximum likelihood.
//!
//! The search is over log-variances between 1e-14 and 1e4 of the series' own variance: a component that does not move
//! ends at the lower edge, which is 0 for every use. The optimum is often flat; a variance near 0 has no standard error
//! worth the name, so none is given.

use crate::nelder_mead;

use super::filter::LogLikelihood;
use super::model::{ModelError, Noise, ObservationVariance, StateSpace};

/// The variances with the largest likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct MaximumLikelihood {
    /// Variance of the observation noise.
    pub observation: f64,
    /// State variances in the order of the components.
    pub states: Vec<f64>,
    /// Log-likelihood at the optimum.
    pub log_likelihood: LogLikelihood,
}

impl MaximumLikelihood {
    /// The variances, as the other functions take them.
    pub fn noise(&self) -> Noise<'_> {
        Noise { observation: ObservationVariance::Constant(self.observation), states: &self.states }
    }
}

/// Log of the least and largest variance, relative to that of the series.
const RANGE: (f64, f64) = (-32.236_191_301_916_64, 9.210_340_371_976_184);

impl StateSpace {
    /// Fits all variances to `y`, NaN where missing. Errors: [`ModelError::TooShort`], [`ModelError::NotConverged`] (a
    /// constant series), [`ModelError::Column`].
    pub fn fit(&self, y: &[f64]) -> Result<MaximumLikelihood, ModelError> {
        let observed: Vec<f64> = y.iter().copied().filter(|value| value.is_finite()).collect();
        let needed = self.dimension() + self.variances() + 2;
        if observed.len() < needed {
            return Err(ModelError::TooShort { observed: observed.len(), needed });
        }
        let scale = variance(&observed);
        let flat = vec![scale; self.variances() + 1];
        self.check(y.len(), &noise(&flat))?;
        let mut variances = flat;
        let mut objective = |logs: &[f64]| {
            variances.iter_mut().zip(logs).for_each(|(variance, log)| *variance = scale * log.exp());
            -self.log_likelihood(y, &noise(&variances))
        };
        let count = self.variances() + 1;
        // One start where noise dominates, one where the states move: the better end counts.
        let starts = [-1.0, -6.0].map(|state: f64| {
            let mut start = vec![state; count];
            start[0] = -1.5;
            start
        });
        let ends = starts.iter().filter_map(|s| nelder_mead::minimise(&mut objective, s, 2.0, RANGE, 1e-11));
        let best = ends.min_by(|a, b| a.value.total_cmp(&b.value)).ok_or(ModelError::NotConverged)?;
        let best: Vec<f64> = best.point.iter().map(|log| scale * log.exp()).collect();
        let log_likelihood = self.filter(y, &noise(&best))?.log_likelihood;
        if !log_likelihood.value.is_finite() {
            return Err(ModelError::NotConverged);
        }
        Ok(MaximumLikelihood { observation: best[0], states: best[1..].to_vec(), log_likelihood })
    }
}

fn noise(variances: &[f64]) -> Noise<'_> {
    Noise { observation: ObservationVariance::Constant(variances[0]), states: &variances[1..] }
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}
