//! The scenario file: what kind of shop is simulated and what happens to it.
//!
//! Every key is described in `docs/guide/simulator.md`. A scenario that exists as a value has been checked:
//! nothing behind this module meets a share above one or a date outside the simulated time.

mod changes;
mod check;
mod shop;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use changes::{
    Announcement, AuthenticationStep, Breach, Certificate, Disclosure, Drift, Remedy, Severity, Shock, Who,
    Wording,
};
pub use check::ScenarioError;
pub(crate) use check::month_and_day;
pub use shop::{
    Campaign, Country, Customers, Detail, Dirt, Identity, Journeys, Language, Peak, Purchases, Region,
    Seasons, SegmentValue, Segments, Shop, Truth, Voices,
};

/// Names of the columns by which customers are told apart, in the order in which they are written.
pub const DIMENSIONS: [&str; 6] = ["country", "region", "device", "channel", "tier", "payment_method"];

/// Factors by segment: dimension, then value. What is not named has factor 1.
pub type Factors = BTreeMap<String, BTreeMap<String, f64>>;

/// A checked scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Where and when.
    pub shop: Shop,
    /// How many customers there are and when they come.
    pub customers: Customers,
    /// Bursts of acquisition.
    #[serde(default)]
    pub campaigns: Vec<Campaign>,
    /// How often and for how much they buy.
    pub purchases: Purchases,
    /// When in the year, week and day they buy.
    #[serde(default)]
    pub seasons: Seasons,
    /// Who they are.
    pub segments: Segments,
    /// What happens during a visit.
    #[serde(default)]
    pub journeys: Journeys,
    /// Under which ids customers are recorded.
    #[serde(default)]
    pub identity: Identity,
    /// Complaints and exit surveys.
    #[serde(default)]
    pub voices: Voices,
    /// Faults of the recorded data.
    #[serde(default)]
    pub dirt: Dirt,
    /// How the truth is reported.
    #[serde(default)]
    pub truth: Truth,
    /// Planted breaches.
    #[serde(default)]
    pub breaches: Vec<Breach>,
    /// Planted certificate failures.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
    /// Planted authentication steps.
    #[serde(default)]
    pub authentication_steps: Vec<AuthenticationStep>,
    /// Announcements without any effect.
    #[serde(default)]
    pub announcements: Vec<Announcement>,
    /// Planted gradual changes.
    #[serde(default)]
    pub drifts: Vec<Drift>,
}

impl Scenario {
    /// Reads and checks a scenario.
    pub fn from_toml(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self =
            toml::from_str(text).map_err(|source| ScenarioError::Toml { source: Box::new(source) })?;
        check::check(&scenario)?;
        Ok(scenario)
    }

    /// The French shop of `make demo`: 40,000 customers, 30 months, five incidents and changes.
    pub fn demo() -> Result<Self, ScenarioError> {
        Self::from_toml(include_str!("../../../../scenarios/demo.toml"))
    }

    /// Two million customers over two years, for measuring speed and detection.
    pub fn bench() -> Result<Self, ScenarioError> {
        Self::from_toml(include_str!("../../../../scenarios/bench.toml"))
    }

    /// The demo shop with nothing planted, for counting false alarms.
    pub fn quiet() -> Result<Self, ScenarioError> {
        Self::from_toml(include_str!("../../../../scenarios/quiet.toml"))
    }

    /// The same scenario with another number of customers.
    pub fn with_customers(mut self, count: u32) -> Result<Self, ScenarioError> {
        self.customers.count = count;
        check::check(&self)?;
        Ok(self)
    }

    /// The same scenario with or without the steps of each visit.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.journeys.detail = detail;
        self
    }

    /// The same scenario with everything recorded as it happened: one id a customer, and no fault.
    #[must_use]
    pub fn clean(self) -> Self {
        Self { identity: Identity::default(), dirt: Dirt::default(), ..self }
    }

    /// The same scenario recorded as badly as shops report: 3 % of rows double, 12 % up to a week late, 1 % up to two months,
    /// 0.5 % by a wrong clock; 8 % of customers first known as visitors, 0.5 % taken for another one for a while.
    #[must_use]
    pub fn dirty(self) -> Self {
        let identity = Identity { anonymous_share: 0.08, wrong_merge_share: 0.005, ..Identity::default() };
        let dirt =
            Dirt { duplicates: 0.03, late: 0.12, very_late: 0.01, clock_skew: 0.005, ..Dirt::default() };
        Self { identity, dirt, ..self }
    }

    /// The same scenario without the planted change of this id: the counterfactual world.
    #[must_use]
    pub fn without(mut self, id: &str) -> Self {
        self.breaches.retain(|change| change.id != id);
        self.certificates.retain(|change| change.id != id);
        self.authentication_steps.retain(|change| change.id != id);
        self.announcements.retain(|change| change.id != id);
        self.drifts.retain(|change| change.id != id);
        self
    }

    /// The scenario as a file.
    pub fn to_toml(&self) -> Result<String, ScenarioError> {
        toml::to_string(self).map_err(|source| ScenarioError::NotToml { source: Box::new(source) })
    }

    /// Ids of everything planted, in the order in which effects are numbered.
    pub fn change_ids(&self) -> Vec<&str> {
        let breaches = self.breaches.iter().map(|change| change.id.as_str());
        breaches
            .chain(self.certificates.iter().map(|change| change.id.as_str()))
            .chain(self.authentication_steps.iter().map(|change| change.id.as_str()))
            .chain(self.announcements.iter().map(|change| change.id.as_str()))
            .chain(self.drifts.iter().map(|change| change.id.as_str()))
            .collect()
    }
}
