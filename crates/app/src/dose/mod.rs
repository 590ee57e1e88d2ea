//! Dose-response: what past incidents cost, what goes with it, and what the next one may cost.
//!
//! Effects come from elsewhere, each with its standard error; what is known of the incidents comes from the register. A
//! meta-regression over them says which properties go with larger losses, as an association: severe incidents are often
//! also told late. Where the interval of a coefficient covers 0 nothing is claimed; it is said how many incidents would be
//! needed instead. See `docs/statistics/dose-response.md`.

mod design;
mod fit;
pub mod literature;
pub mod model;
mod own;

use fidance_domain::incident::Incident;
use fidance_stats::{interval::Confidence, meta::MetaError};

use self::model::EffectUnit;
pub(crate) use self::own::across;
pub use self::{fit::dose_response, own::own_incidents};

/// Fewer incidents than this are analysed with priors and a prior for their spread: τ by REML is then often 0 by chance.
pub const FEW: usize = 10;

/// A past incident with its effect.
#[derive(Debug, Clone, PartialEq)]
pub struct PastIncident {
    /// Its id in the register.
    pub id: String,
    /// What it did to retention: below 0 is a loss.
    pub effect: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// What is known of it.
    pub properties: Properties,
}

/// What is known of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Properties {
    /// 0 to 3.
    pub severity: Option<f64>,
    /// Days from discovery to disclosure. Where others told first it counts as 0.
    pub days_to_disclose: Option<f64>,
    /// Score of the communication, −2 to 2.
    pub communication: Option<f64>,
    /// 1 where something was offered to those concerned, 0 where nothing was.
    pub remedy: Option<f64>,
    /// Share of the customers who were concerned, 0 to 1.
    pub share_exposed: Option<f64>,
}

impl Properties {
    /// As the register has them; `customers` is how many the business had.
    pub fn of(incident: &Incident, customers: Option<u64>) -> Self {
        let share = incident.affected.customers.zip(customers.filter(|customers| *customers > 0));
        Self {
            severity: incident.severity.map(|assessed| f64::from(assessed.severity.level())),
            days_to_disclose: incident.days_to_disclose().map(|days| f64::from(days.max(0))),
            communication: incident
                .communication
                .and_then(|told| told.score())
                .map(|score| f64::from(score.value())),
            remedy: incident.offers_remedy().map(|offered| f64::from(u8::from(offered))),
            share_exposed: share.map(|(affected, customers)| (affected as f64 / customers as f64).min(1.0)),
        }
    }
}

/// Past incidents in one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct PastIncidents {
    /// Unit of the effects.
    pub unit: EffectUnit,
    /// Each with its effect.
    pub incidents: Vec<PastIncident>,
    /// The full covariance of the effects, row by row, where they share a baseline or a control group; the standard
    /// errors are then not used.
    pub covariance: Option<Vec<Vec<f64>>>,
}

/// How to answer.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseSettings {
    /// Level of the intervals.
    pub confidence: Confidence,
    /// Whether published figures may stand in where there are fewer than [`FEW`] incidents.
    pub literature: bool,
    /// Retention before incidents, 0 to 1: turns published points into log-odds.
    pub base_retention: Option<f64>,
    /// The smallest difference between two incidents that would matter, in the unit of the effects; the usual one where it is
    /// not given.
    pub matters: Option<f64>,
    /// Chance with which such a difference is to be seen, for the number of incidents that would be needed.
    pub power: f64,
    /// The incident whose effect is to be foretold; an average one where nothing is given.
    pub next: Properties,
}

impl Default for DoseSettings {
    fn default() -> Self {
        Self {
            confidence: Confidence::P95,
            literature: true,
            base_retention: None,
            matters: None,
            power: 0.8,
            next: Properties::default(),
        }
    }
}

/// Why past incidents cannot be analysed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DoseError {
    /// What the estimator refuses.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// A property outside its range.
    #[error("incident {id:?}: {property} is {value}, expected {expected}")]
    Property {
        /// The incident.
        id: String,
        /// The property.
        property: &'static str,
        /// Its value.
        value: f64,
        /// The range.
        expected: &'static str,
    },
    /// A setting outside its range.
    #[error("{setting} is {value}, expected {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// The range.
        expected: &'static str,
    },
}
