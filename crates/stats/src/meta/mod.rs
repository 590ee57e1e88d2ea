//! Dose-response over past incidents: which properties of an incident go with a larger loss of retention, and what
//! the next one may cost.
//!
//! Each incident i has an estimated effect yᵢ with a known standard error. The true effects follow
//! θᵢ = xᵢ'b + uᵢ, u ~ N(0, τ²), and yᵢ ~ N(θᵢ, sᵢ²). Nothing here says that x *causes* the effect: incidents are
//! few, and severe ones are often also disclosed late. See `docs/statistics/meta.md`.

mod bayes;
mod incidents;
mod power;
mod reml;

pub use bayes::{CoefficientPrior, HeterogeneityPrior, Posterior, posterior};
pub use incidents::{Incidents, MetaError, Sampling};
pub use power::{IncidentsNeeded, Plan, incidents_needed, power};
pub use reml::{Heterogeneity, MetaRegression, heterogeneity, reml};
