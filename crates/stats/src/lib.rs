//! The estimators behind the retention barometer: pure functions on additive integer summaries.
//!
//! Nothing here reads a file, a clock or a row of a customer. The caller adds up summaries (counts,
//! tables of lifetimes, grouped purchase histories) over as many partitions as it likes and hands the
//! sum to an estimator. Randomness is always a seeded generator passed by the caller.
//!
//! | module | question it answers | main entry points |
//! |---|---|---|
//! | [`btyd`] | what are customers without a contract, or with renewals, worth? | [`btyd::bgnbd`], [`btyd::gamma_gamma`], [`btyd::sbg`] |
//! | [`causal`] | what did an incident do to retention, and may it be told? | [`causal::did`], [`causal::synthetic`], [`causal::gate::check`], [`causal::verdict::judge`] |
//! | [`causal::bsts`] | what did an incident cost, where nobody knows who was exposed? | [`causal::bsts::binomial`], [`causal::bsts::gaussian`] |
//! | [`change`] | did retention fall below what was to be expected, since when, and how? | [`change::EDetector`], [`change::onset::locate`], [`change::shape::classify`], [`change::segments::global`] |
//! | [`difference`] | did a share change? | [`difference::difference_of_proportions`] |
//! | [`driver`] | which customers carry a change? | [`driver::bridge`], [`driver::scan`] |
//! | [`hazard`] | how many returns were to be expected this week? | [`hazard::rolling`], [`hazard::frozen`], [`hazard::RunReturns`] |
//! | [`interval`] | how sure is a share of customers? | [`interval::wilson`], [`interval::Confidence`] |
//! | [`meta`] | what did past incidents cost, and what goes with it? | [`meta::reml`], [`meta::posterior`], [`meta::incidents_needed`] |
//! | [`quantile`] | how long is a usual gap between purchases? | [`quantile::quantile`], [`quantile::quantile_interval`], [`quantile::histogram_mean`], [`quantile::weighted_mean`] |
//! | [`statespace`] | which part of a series is level, season, noise? | [`statespace::StateSpace`], [`statespace::SimulationSmoother`] |
//! | [`survival`] | how long do customers stay, and does it differ between groups? | [`survival::LifetimeTable`], [`survival::KaplanMeier`], [`survival::log_rank`], [`survival::CumulativeIncidence`] |
//! | [`trend`] | how many points of retention per year? | [`trend::theil_sen`] |
//!
//! Each estimator has a page in `docs/statistics/` with its formula, its limits and the reference
//! numbers it is tested against. The published ones, beside ours and with their tolerances, are in
//! `docs/statistics/results/reference.md`, which a test writes and compares.

#![warn(missing_docs)]
#![allow(clippy::many_single_char_names, reason = "r, a, b, p, q, v, x are the parameters' published names")]
#![allow(
    clippy::indexing_slicing,
    reason = "numerical kernels index small fixed-size arrays and vectors whose length they just set"
)]

pub mod btyd;
pub mod causal;
pub mod change;
pub mod difference;
pub mod driver;
pub mod hazard;
pub mod interval;
pub mod meta;
mod nelder_mead;
pub mod quantile;
pub mod statespace;
pub mod survival;
pub mod trend;
