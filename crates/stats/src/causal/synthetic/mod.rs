//! Synthetic controls: what the affected unit would have done, as a weighted mean of unaffected units.
//!
//! For incidents that hit a whole unit at once (a country, a brand), where no customer of the unit is unaffected.
//! The estimators give a point. Its error comes from the past of the affected unit ([`past`]), or, where that is short or
//! unlike what follows, from placebos on other units ([`PlaceboError`]). None of them is believed before [`super::gate`].

pub mod control;
pub mod past;
pub mod predictors;
pub mod season;
pub mod simplex;
pub mod weighted;

use super::gate::{Estimator, effects_in_space};
use super::{CausalError, EffectEstimate, Panel, standard_deviation};
use crate::interval::Confidence;

/// A point estimator whose standard error is the spread of its own placebos in space.
///
/// Standard error: sample standard deviation over unaffected units taken in turn as affected (Arkhangelsky et al.
/// 2021, algorithm 4; every unit once instead of drawn at random). Interval and p-value by Student's t with
/// placebos − 1 degrees of freedom. It supposes that units vary alike.
#[derive(Debug, Clone, Copy)]
pub struct PlaceboError<F> {
    point: F,
    confidence: Confidence,
}

impl<F: Fn(&Panel) -> Result<f64, CausalError>> PlaceboError<F> {
    /// Around a point estimator.
    ///
    /// ```
    /// use fidance_stats::causal::gate::Estimator;
    /// use fidance_stats::causal::{Panel, synthetic::{PlaceboError, control}};
    /// use fidance_stats::interval::Confidence;
    /// let unit = |shift: f64| (0..8).map(|t| shift + f64::from(t * t % 5)).collect::<Vec<f64>>();
    /// let units = [unit(1.0), unit(0.5), unit(1.5), unit(0.0)];
    /// let panel = Panel::from_values(&units, &[true, false, false, false], 5)?;
    /// let estimator = PlaceboError::new(|panel: &Panel| Ok(control::fit(panel)?.effect), Confidence::P95);
    /// assert!(estimator.estimate(&panel)?.interval.contains(0.0));
    /// # Ok::<(), fidance_stats::causal::CausalError>(())
    /// ```
    pub fn new(point: F, confidence: Confidence) -> Self {
        Self { point, confidence }
    }
}

impl<F: Fn(&Panel) -> Result<f64, CausalError>> Estimator for PlaceboError<F> {
    fn estimate(&self, panel: &Panel) -> Result<EffectEstimate, CausalError> {
        let placebos = effects_in_space(self, panel)?;
        if placebos.len() < 2 {
            return Err(CausalError::TooFewControls { controls: panel.control_units().len(), needed: 3 });
        }
        let degrees_of_freedom = placebos.len() as f64 - 1.0;
        let error = standard_deviation(&placebos);
        Ok(EffectEstimate::student(self.point(panel)?, error, degrees_of_freedom, self.confidence))
    }

    fn point(&self, panel: &Panel) -> Result<f64, CausalError> {
        (self.point)(panel)
    }
}
