//! Buy till you die: what customers who never say goodbye are worth.
//!
//! Outside contracts nobody announces that they left; it must be inferred from the silence. Each model here
//! is fitted by maximum likelihood to grouped histories with counts, so that two million customers cost as
//! much as their distinct histories.
//!
//! | model | for | input | answers |
//! |---|---|---|---|
//! | [`bgnbd`] | purchases without contract | frequency, recency, age | P(alive), expected purchases |
//! | [`gamma_gamma`] | money per purchase | number of purchases, mean value | expected value per purchase |
//! | [`sbg`] | contracts with renewals | a [`LifetimeTable`](crate::survival::LifetimeTable) | retention by age, expected remaining periods |
//!
//! A [`Fit`] carries the covariance of the log-parameters; [`Fit::draws`] turns it into plausible parameter
//! sets, from which the interval of any derived figure follows.

pub mod bgnbd;
mod draws;
mod fit;
pub mod gamma_gamma;
mod optimise;
pub mod sbg;

pub use fit::{Fit, FitError, LogParameters};
