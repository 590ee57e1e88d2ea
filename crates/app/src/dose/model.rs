//! The dose-response as plain data: the one shape behind the terminal, JSON and the console.

use fidance_stats::interval::Confidence;
use schemars::JsonSchema;
use serde::Serialize;

/// What past incidents tell.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DoseResponse {
    /// Unit of all effects. Below 0 is a loss.
    pub unit: EffectUnit,
    /// Level of all intervals.
    pub confidence: f64,
    /// How it was computed; absent where there are too few incidents for anything.
    pub method: Option<Method>,
    /// Each incident with its effect as measured and as the others make it likely.
    pub incidents: Vec<IncidentEffect>,
    /// The effect of an incident of severity 0, told at once and neutrally, without a remedy, that concerned nobody; or of
    /// the average incident where no property is used.
    pub intercept: Option<Estimate>,
    /// What goes with larger or smaller effects.
    pub factors: Vec<FactorResponse>,
    /// Properties that could not be used, and why.
    pub left_out: Vec<LeftOut>,
    /// Spread of the effects beyond what the properties and chance explain, as a standard deviation.
    pub spread: Option<Estimate>,
    /// The effect of the next incident, and for which properties.
    pub next: Option<NextIncident>,
    /// Published figures that stand in the result; empty where they were switched off or not needed.
    pub priors: Vec<PriorUsed>,
    /// What a reader must know.
    pub notes: Vec<DoseNote>,
}

/// Unit of effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectUnit {
    /// Percentage points of retention.
    Points,
    /// Change of the logarithm of the odds of being kept.
    LogOdds,
}

/// How it was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Restricted maximum likelihood with the intervals of Knapp and Hartung.
    Reml,
    /// The spread integrated out, with priors.
    Bayes,
}

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A property of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Per level of severity, 0 to 3.
    Severity,
    /// Per unit of ln(1 + days from discovery to disclosure).
    TimeToDisclose,
    /// Per point of the score of communication, −2 to 2.
    Communication,
    /// Something was offered, against nothing.
    Remedy,
    /// All customers were concerned, against none.
    ShareExposed,
}

/// What goes with a property.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FactorResponse {
    /// The property.
    pub factor: Factor,
    /// Change of the effect per unit of the property.
    pub coefficient: Estimate,
    /// What may be said of it.
    pub verdict: Verdict,
}

/// What may be said of a property. An association over incidents, never a cause.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum Verdict {
    /// More of it goes with larger losses.
    LargerLoss,
    /// More of it goes with smaller losses.
    SmallerLoss,
    /// The interval covers 0.
    CannotTell {
        /// The difference between the least and the most of it among these incidents that was asked for.
        difference: f64,
        /// About how many incidents like these would be needed to see such a difference; absent where more than 100,000
        /// would be.
        needed: Option<usize>,
    },
    /// The interval covers 0, and a difference of this size would probably have been seen.
    NotLarge {
        /// The difference.
        difference: f64,
    },
}

/// A property that is not in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// The property.
    pub factor: Factor,
    /// Why.
    pub because: WhyLeftOut,
}

/// Why a property is not in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum WhyLeftOut {
    /// It is not known of some incidents.
    Unknown {
        /// Of how many.
        incidents: usize,
    },
    /// It is the same in all of them.
    SameInAll,
    /// There are too few incidents for one more property.
    TooFewIncidents,
    /// It cannot be told apart from those before it.
    NotApart,
}

/// One incident's effect.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IncidentEffect {
    /// The incident.
    pub id: String,
    /// Its effect as measured.
    pub effect: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// Its effect, drawn towards what incidents like it did.
    pub shrunk: Option<f64>,
}

impl IncidentEffect {
    /// As measured, with its interval at 95 %.
    pub fn measured(&self) -> Estimate {
        let half = Confidence::P95.z() * self.standard_error;
        Estimate { value: self.effect, low: self.effect - half, high: self.effect + half }
    }
}

/// The next incident.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NextIncident {
    /// Its effect with the range it will probably lie in.
    pub effect: Estimate,
    /// Its properties; those that were not given are the mean of the past ones.
    pub properties: Vec<PropertyValue>,
}

/// A property and its value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct PropertyValue {
    /// The property.
    pub factor: Factor,
    /// Its value: levels, days, points of the score, 0 or 1, a share.
    pub value: f64,
    /// Whether it was given.
    pub given: bool,
}

/// A prior that was used.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PriorUsed {
    /// The property whose coefficient it is on; absent for the effect of the mildest incident.
    pub factor: Option<Factor>,
    /// Mean, in the unit of the effects.
    pub mean: f64,
    /// Standard deviation.
    pub standard_deviation: f64,
    /// Where it is from, with its date.
    pub source: String,
}

/// What a reader must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum DoseNote {
    /// Too few incidents for any estimate.
    TooFew {
        /// How many there are.
        incidents: usize,
        /// How many are needed at least.
        needed: usize,
    },
    /// Association over incidents, not cause.
    Association,
    /// Published figures are part of the result.
    Literature,
    /// Published figures are in points, and nothing says what a point is in log-odds.
    NoBaseRetention,
}
