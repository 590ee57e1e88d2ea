//! The part of a scenario that is planted: incidents and changes, each with the effect it has.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Factors;

/// What an exposure does to the rate at which a customer buys: `exp(log_hazard · 2^(−days / half_life_days))`,
/// or nothing any more for those who leave for good.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shock {
    /// Change of the logarithm of the purchase rate at the moment of exposure: 0 is none, −0.69 halves it.
    pub log_hazard: f64,
    /// Days after which half of the change is left.
    pub half_life_days: f64,
    /// Share of the exposed who never buy again.
    #[serde(default)]
    pub leaving: f64,
}

/// Which customers: for each dimension named, one of the values. Nothing named means everyone.
pub type Who = BTreeMap<String, Vec<String>>;

/// How bad an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Hardly anyone is concerned.
    Low,
    /// Some are concerned, without harm.
    Medium,
    /// Many are concerned or harm is possible.
    High,
    /// Harm is likely.
    Critical,
}

/// Who told the customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disclosure {
    /// The shop itself.
    Company,
    /// Newspapers, before the shop did.
    Press,
}

/// How the notice was worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wording {
    /// It hedges and does not say what was taken or what to do.
    Vague,
    /// It says what happened, what was taken, what was done and what to do.
    Plain,
}

/// What was offered to those concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Nothing.
    None,
    /// Passwords were reset and a person could be reached.
    ResetAndSupport,
    /// A voucher.
    Voucher,
}

/// A theft of customers' data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breach {
    /// Id in all files.
    pub id: String,
    /// Title in the register.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Day of the theft.
    pub started: Date,
    /// Day on which the shop noticed.
    pub discovered: Date,
    /// Day on which it was over; customers who came later are not affected.
    pub contained: Date,
    /// Day on which customers learned of it. All effects begin here.
    pub disclosed: Date,
    /// Civil hour at which they learned.
    #[serde(default = "morning")]
    pub disclosed_hour: u8,
    /// By whom.
    pub disclosed_by: Disclosure,
    /// In what words.
    pub wording: Wording,
    /// With which remedy.
    pub remedy: Remedy,
    /// Categories of data.
    pub data: Vec<String>,
    /// Share of customers whose data were taken.
    pub affected: f64,
    /// Factors on that share by segment.
    #[serde(default)]
    pub affected_by: Factors,
    /// What it does to the affected.
    pub effect: Shock,
    /// What it does to the customers at the time who are not affected.
    #[serde(default)]
    pub bystanders: Shock,
    /// Share of the affected who complain.
    #[serde(default)]
    pub complaints: f64,
}

/// Browsers warned visitors because the certificate had expired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Id in all files.
    pub id: String,
    /// Title in the register.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// First day.
    pub started: Date,
    /// Last day, included.
    pub ended: Date,
    /// Whose browsers warned; everyone's where nothing is said.
    #[serde(default)]
    pub who: Who,
    /// Share of visits that end at the warning.
    pub abandon: f64,
    /// Factors on that share by segment.
    #[serde(default)]
    pub abandon_by: Factors,
    /// What it does to those who saw the warning.
    pub effect: Shock,
    /// Share of those who saw the warning who complain.
    #[serde(default)]
    pub complaints: f64,
}

/// From some day on, customers must authenticate to pay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticationStep {
    /// Id in all files.
    pub id: String,
    /// Title in the register.
    pub title: String,
    /// First day.
    pub from: Date,
    /// Last day, included; without it the step stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Who must; everyone where nothing is said.
    #[serde(default)]
    pub who: Who,
    /// Share of attempts that are abandoned at the step: the order is lost.
    pub abandon: f64,
    /// Factors on that share by segment.
    #[serde(default)]
    pub abandon_by: Factors,
    /// What an abandoned attempt does to its customer.
    pub effect: Shock,
    /// Share of those who abandoned who complain.
    #[serde(default)]
    pub complaints: f64,
}

/// Something was announced that changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// Id in all files.
    pub id: String,
    /// Title in the register.
    pub title: String,
    /// The day.
    pub on: Date,
    /// Kind in the register, such as `price_change`.
    pub kind: String,
    /// Share of the customers active at the time who complain.
    #[serde(default)]
    pub complaints: f64,
}

/// Purchases rise or fall little by little.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// Id in all files.
    pub id: String,
    /// Title in the truth. Drifts are not in the register: nobody noticed.
    pub title: String,
    /// First day.
    pub from: Date,
    /// Day after which it stays as it is; without it, it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Whom it concerns; everyone where nothing is said.
    #[serde(default)]
    pub who: Who,
    /// Change of the logarithm of the purchase rate per week.
    pub log_hazard_per_week: f64,
}

const fn morning() -> u8 {
    9
}
