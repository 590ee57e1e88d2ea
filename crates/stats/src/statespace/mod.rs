//! Linear Gaussian state space models with one series: level, trend, season, regression.
//!
//! The retention rate moves slowly, has a season, and follows what happens in the rest of the market. These models
//! separate the parts, step over missing periods, and say how sure they are. They are the engine of
//! [`causal::bsts`](crate::causal::bsts). Nothing here knows about counts: see there for binomial data.
//!
//! `y_t = Z_t a_t + e_t`, `e_t ~ N(0, H_t)`; `a_{t+1} = T a_t + R n_t`, `n_t ~ N(0, Q)`; time is counted in periods.
//!
//! | step | entry point |
//! |---|---|
//! | describe the model | [`StateSpace::new`], [`Component`], [`InitialState`] |
//! | log-likelihood, innovations, forecast | [`StateSpace::filter`], [`StateSpace::forecast`] |
//! | states given the whole series | [`StateSpace::smooth`] |
//! | variances | [`StateSpace::fit`] |
//! | draws of the states given the whole series | [`SimulationSmoother`] |
//!
//! Source: Durbin and Koopman (2012), "Time series analysis by state space methods", 2nd edition: chapter 4 (filter,
//! smoother, simulation), chapter 5 (exact diffuse start).

mod filter;
mod likelihood;
mod model;
mod simulate;
mod smooth;

pub use filter::{Filtered, Forecast, LogLikelihood};
pub use likelihood::MaximumLikelihood;
pub use model::{Component, InitialState, ModelError, Noise, ObservationVariance, StateSpace};
pub use simulate::SimulationSmoother;
pub use smooth::Smoothed;
