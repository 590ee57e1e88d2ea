//! What an incident did to retention: estimators of an effect, the checks that they must pass, and the verdict.
//!
//! An estimator turns a [`Panel`] (shares of retained customers by unit and period, and the period of the
//! disclosure) into an [`EffectEstimate`]. Nothing here calls an effect proved: [`gate`] runs the same estimator
//! where nothing happened and widens its interval by what it finds there, and [`verdict`] names the state the
//! reader may be told. Only closed (matured) counts belong in a panel, and its date is the date of disclosure.
//!
//! It does not find incidents, and does not choose controls by itself: a unit that heard the same news is no
//! control, and no figure here can tell.

pub mod bsts;
pub mod did;
pub mod gate;
mod panel;
pub mod synthetic;
pub mod verdict;

pub use panel::{Cell, Panel};

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::erfc;

use crate::interval::{Confidence, Estimate, Interval};

/// Why an effect cannot be estimated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CausalError {
    /// No unit on one of the two sides.
    #[error(
        "a comparison needs affected and unaffected units, got {treated} affected and {controls} unaffected"
    )]
    NothingToCompare {
        /// Affected units.
        treated: usize,
        /// Unaffected units.
        controls: usize,
    },
    /// An estimator needs more unaffected units than there are.
    #[error("{controls} unaffected units, at least {needed} needed")]
    TooFewControls {
        /// Unaffected units of the panel.
        controls: usize,
        /// The least that the estimator takes.
        needed: usize,
    },
    /// Too little history before the disclosure, or none after it.
    #[error(
        "{before} periods before the disclosure and {after} from it on, at least {needed} before and 1 after needed"
    )]
    TooFewPeriods {
        /// Periods before the disclosure.
        before: usize,
        /// Periods from the disclosure on.
        after: usize,
        /// The least number before it.
        needed: usize,
    },
    /// Units of different length, or flags that do not match the units.
    #[error("unit {unit} has {found} entries, {expected} expected")]
    Ragged {
        /// Position of the unit.
        unit: usize,
        /// Its entries.
        found: usize,
        /// Those of the others.
        expected: usize,
    },
    /// A cell that no share can be computed from.
    #[error("unit {unit}, period {period}: no customers, more retained than customers, or not a number")]
    BadCell {
        /// Position of the unit.
        unit: usize,
        /// Position of the period.
        period: usize,
    },
    /// An estimator on counts was given shares only.
    #[error("this estimator needs the counts of customers, and the panel holds values only")]
    NoCounts,
    /// The effect is not determined by the data, for example when nobody left a unit at all.
    #[error("the data do not determine the effect apart from the units and the periods")]
    NotIdentified,
    /// An iteration did not settle.
    #[error("no convergence after {iterations} iterations")]
    NoConvergence {
        /// Iterations done.
        iterations: usize,
    },
    /// Too few fake dates fit before the disclosure to check the design.
    #[error("{found} fake dates fit before the disclosure, at least {needed} needed to check the design")]
    TooFewPlacebos {
        /// Fake dates that gave an estimate.
        found: usize,
        /// The least number.
        needed: usize,
    },
    /// An estimator from outside this module failed.
    #[error("{0}")]
    Model(String),
}

/// The effect of an incident per period, in the unit of the panel (a share: 0.01 is one point).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectEstimate {
    /// The point estimate.
    pub value: f64,
    /// Its interval at the level given to the estimator, by the estimator's own model.
    pub interval: Interval,
    /// Two-sided tail area of "no effect" by the same model.
    pub p_value: f64,
}

impl EffectEstimate {
    /// From a standard error and the normal distribution.
    ///
    /// ```
    /// use fidance_stats::{causal::EffectEstimate, interval::Confidence};
    /// let effect = EffectEstimate::normal(-0.03, 0.01, Confidence::P95);
    /// assert!((effect.interval.low + 0.0496).abs() < 1e-4);
    /// assert!((effect.p_value - 0.0027).abs() < 1e-4);
    /// ```
    pub fn normal(value: f64, standard_error: f64, confidence: Confidence) -> Self {
        let half = confidence.z() * standard_error;
        let p_value = if standard_error > 0.0 {
            erfc((value / standard_error).abs() / std::f64::consts::SQRT_2)
        } else {
            f64::from(u8::from(value == 0.0))
        };
        Self { value, interval: Interval { low: value - half, high: value + half }, p_value }
    }

    /// From a standard error estimated with so many degrees of freedom (at least 1).
    ///
    /// ```
    /// use fidance_stats::{causal::EffectEstimate, interval::Confidence};
    /// let effect = EffectEstimate::student(-0.03, 0.01, 7.0, Confidence::P95);
    /// assert!((effect.interval.high + 0.03 - 0.01 * 2.364_624).abs() < 1e-7);
    /// ```
    pub fn student(value: f64, standard_error: f64, degrees_of_freedom: f64, confidence: Confidence) -> Self {
        let Ok(t) = StudentsT::new(0.0, 1.0, degrees_of_freedom.max(1.0)) else {
            return Self::normal(value, standard_error, confidence);
        };
        let half = t.inverse_cdf(f64::midpoint(1.0, confidence.level())) * standard_error;
        let p_value = if standard_error > 0.0 {
            2.0 * t.cdf(-(value / standard_error).abs())
        } else {
            f64::from(u8::from(value == 0.0))
        };
        Self { value, interval: Interval { low: value - half, high: value + half }, p_value }
    }

    /// Value and interval alone.
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.value, interval: self.interval }
    }
}

/// Sample standard deviation (divisor n − 1); NaN for fewer than two values.
pub(crate) fn standard_deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

/// Mean; NaN for no value.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
