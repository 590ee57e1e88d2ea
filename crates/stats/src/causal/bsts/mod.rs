//! What an incident cost, where nobody knows which customers it touched: Bayesian structural time series.
//!
//! A model of level, season and controls learns the periods before the incident and says what would have followed
//! without it; the gap to what happened is the effect. It rests on the controls not being touched themselves, and on no
//! other event in the same periods: a gap is not a cause. What is decided here is a number with its interval, not
//! whether the design may be believed; that takes placebo dates.
//!
//! | module | for |
//! |---|---|
//! | [`gaussian`] | any series, as R's `CausalImpact` does it |
//! | [`binomial`] | customers kept out of customers due, with effects in points and customers |
//! | [`effect`] | effects, intervals and tail areas, from draws |
//!
//! Sources: Brodersen et al. (2015), Annals of Applied Statistics 9; Scott and Varian (2014), "Predicting the present
//! with Bayesian structural time series"; "Approaches for Bayesian variable selection" (1997), Statistica Sinica 7;
//! Polson, Scott and Windle (2013), JASA 108.

pub mod binomial;
mod controls;
mod draw;
pub mod effect;
pub mod gaussian;
pub mod polya_gamma;
mod recovery;
mod spike_slab;

pub use recovery::{Recovery, fading};

/// Length of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// Draws kept.
    pub draws: usize,
    /// Draws thrown away before them.
    pub burn_in: usize,
}

impl Default for Chain {
    /// 5000 draws after 500.
    fn default() -> Self {
        Self { draws: 5000, burn_in: 500 }
    }
}

/// Least guess of the level's step: at 0 its prior would be no distribution.
const LEAST_STEP: f64 = 1e-6;

impl Chain {
    /// Fewer draws than this have no 95 % interval worth printing.
    pub const FEWEST: usize = 100;
}

/// Why there is no effect to report.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BstsError {
    /// Too few periods before the incident, or none after it.
    #[error(
        "{before} periods with a value before the incident and {after} after it, at least {needed} and 1 needed"
    )]
    TooShort {
        /// Periods with a value before.
        before: usize,
        /// Periods with a value after.
        after: usize,
        /// Least number before.
        needed: usize,
    },
    /// The series does not vary before the incident, so that nothing can be learned from it.
    #[error("the series does not vary before the incident")]
    Constant,
    /// A control (or event) has another length, a value that is not a number, or no variation before the incident.
    #[error("control {control} {reason}")]
    Control {
        /// Position of the control, from 0.
        control: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// More customers kept than were due.
    #[error("period {period}: {retained} customers kept out of {due} due")]
    Counts {
        /// Period, from 0.
        period: usize,
        /// Customers kept.
        retained: u64,
        /// Customers due.
        due: u64,
    },
    /// A chain too short to give an interval.
    #[error("{draws} draws, at least {needed} needed", needed = Chain::FEWEST)]
    TooFewDraws {
        /// Draws asked for.
        draws: usize,
    },
    /// The season cannot be built.
    #[error(transparent)]
    Model(#[from] crate::statespace::ModelError),
}

impl From<BstsError> for super::CausalError {
    fn from(error: BstsError) -> Self {
        Self::Model(error.to_string())
    }
}
