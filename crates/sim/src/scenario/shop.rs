//! The part of a scenario that describes ordinary life: customers, purchases, seasons, visits, voices, dirt.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Where and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// Name, used in texts.
    pub name: String,
    /// IANA time zone in which days, seasons and hours are meant.
    pub time_zone: String,
    /// First civil day.
    pub start: Date,
    /// Last civil day, included.
    pub end: Date,
    /// Currency of customers whose country names none.
    pub currency: String,
}

/// How many customers and when they come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customers {
    /// Number of persons.
    pub count: u32,
    /// Share acquired before the first day.
    #[serde(default)]
    pub before_start: f64,
    /// Over how many days before the first day they came.
    #[serde(default = "two_years")]
    pub before_start_days: u32,
    /// Growth of acquisition per year: 0.1 is ten per cent more each year.
    #[serde(default)]
    pub growth_per_year: f64,
    /// Share of acquisition that is even over the year; the rest follows the seasons.
    #[serde(default = "most")]
    pub even_share: f64,
}

/// A burst of acquisition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Name, for the register.
    pub name: String,
    /// First day.
    pub start: Date,
    /// Length in days.
    pub days: u32,
    /// Share of all customers acquired from the first day on who come by it.
    pub share: f64,
}

/// How often and for how much customers buy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchases {
    /// Mean days between purchases of a customer with the mean rate, while active.
    pub days_between: f64,
    /// Shape of the gamma distribution of rates: the smaller, the more unequal customers are.
    pub rate_shape: f64,
    /// Mean days of an active spell.
    pub active_days: f64,
    /// Median days of a dormant spell.
    pub dormant_days: f64,
    /// Spread of dormant spells: standard deviation of their logarithm.
    pub dormant_spread: f64,
    /// Share of active spells after which the customer never returns.
    pub leave_share: f64,
    /// Share of customers who were born to buy once only.
    #[serde(default)]
    pub once_only: f64,
    /// Median value of an order, in currency units.
    pub value_median: f64,
    /// Spread of values between customers: standard deviation of the logarithm of their levels.
    pub value_between: f64,
    /// Spread of values within a customer: standard deviation of the logarithm.
    pub value_within: f64,
}

/// When customers buy. All figures are relative to each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seasons {
    /// January to December.
    pub months: [f64; 12],
    /// Monday to Sunday.
    pub weekdays: [f64; 7],
    /// Midnight to eleven at night, by civil hour.
    pub hours: [f64; 24],
    /// Days that stand out each year.
    pub peaks: Vec<Peak>,
}

/// Some days that stand out each year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peak {
    /// Name.
    pub name: String,
    /// First day of the year, as `MM-DD`.
    pub from: String,
    /// Last day of the year, as `MM-DD`, included; before `from` where the peak passes New Year.
    pub to: String,
    /// By how much purchases are multiplied.
    pub factor: f64,
}

/// Who customers are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    /// Countries.
    pub country: Vec<Country>,
    /// Regions of countries that have any.
    #[serde(default)]
    pub region: Vec<Region>,
    /// Devices.
    pub device: Vec<SegmentValue>,
    /// Channels of acquisition.
    pub channel: Vec<SegmentValue>,
    /// Loyalty tiers.
    pub tier: Vec<SegmentValue>,
    /// Means of payment.
    pub payment_method: Vec<SegmentValue>,
}

impl Segments {
    /// The values of a dimension; `None` where there is no such dimension.
    pub fn values_of(&self, dimension: &str) -> Option<Vec<&str>> {
        fn plain(values: &[SegmentValue]) -> Vec<&str> {
            values.iter().map(|value| value.value.as_str()).collect()
        }
        match dimension {
            "country" => Some(self.country.iter().map(|value| value.value.as_str()).collect()),
            "region" => Some(self.region.iter().map(|value| value.value.as_str()).collect()),
            "device" => Some(plain(&self.device)),
            "channel" => Some(plain(&self.channel)),
            "tier" => Some(plain(&self.tier)),
            "payment_method" => Some(plain(&self.payment_method)),
            _ => None,
        }
    }
}

/// A value of a segment column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentValue {
    /// As written in the data.
    pub value: String,
    /// Share of customers, relative to the other values.
    pub share: f64,
    /// Factor on the purchase rate.
    #[serde(default = "one")]
    pub rate: f64,
    /// Factor on the order value.
    #[serde(default = "one")]
    pub spend: f64,
}

/// A country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Country {
    /// As written in the data.
    pub value: String,
    /// Share of customers, relative to the other countries.
    pub share: f64,
    /// Factor on the purchase rate.
    #[serde(default = "one")]
    pub rate: f64,
    /// Factor on the order value.
    #[serde(default = "one")]
    pub spend: f64,
    /// Language of complaints and surveys.
    #[serde(default)]
    pub language: Language,
    /// Currency of its orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A region of a country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// As written in the data.
    pub value: String,
    /// The country it is in.
    pub country: String,
    /// Share of that country's customers, relative to its other regions.
    pub share: f64,
}

/// Language in which a customer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

/// Whether the steps of a visit are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// Every step of every visit.
    #[default]
    Full,
    /// Only completed orders; they are the same ones.
    Orders,
}

/// What happens during a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journeys {
    /// Whether the steps are written.
    pub detail: Detail,
    /// Visits without an attempt to buy, per attempt.
    pub browsing_per_order: f64,
    /// Mean number of products viewed in a visit.
    pub views_per_visit: f64,
    /// Share of visits that begin with a search.
    pub searched: f64,
    /// Share of attempts that look at the cart before checkout.
    pub cart_viewed: f64,
    /// Share of attempts with a sign-in.
    pub signed_in: f64,
    /// Share of first attempts at which an account is opened.
    pub account_created: f64,
    /// Share of sign-ins before which the password is changed.
    pub password_changed: f64,
    /// Share of attempts that are asked to authenticate in ordinary times.
    pub challenged: f64,
    /// Share of challenges at which the first code is wrong.
    pub wrong_code: f64,
    /// Share of challenges that are abandoned: the order is lost.
    pub abandoned: f64,
    /// Share of attempts that the bank asks to confirm.
    pub payment_challenged: f64,
    /// Share of attempts whose payment is refused for good: the order is lost.
    pub payment_refused: f64,
}

/// Complaints and exit surveys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Voices {
    /// Everyday complaints per thousand orders.
    pub complaints_per_1000_orders: f64,
    /// Days without an order after which a customer counts as lapsed and may be surveyed.
    pub lapse_days: u32,
    /// Share of lapsed customers who are asked why.
    pub surveyed: f64,
    /// Share of those asked who answer.
    pub answered: f64,
    /// Share of those who left because of something planted who name it.
    pub named: f64,
    /// Share of the others who name security or authentication all the same.
    pub misnamed: f64,
}

/// Faults of the recorded data. Each is a share of rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dirt {
    /// Rows without a customer.
    pub missing_id: f64,
    /// Rows whose customer is a word such as `null`.
    pub reserved_id: f64,
    /// Rows that are written a second time, with the same message id, within two days.
    pub duplicates: f64,
    /// Rows that stand up to seven days too late in the file.
    pub late: f64,
    /// Rows that stand 30 to 60 days too late in the file.
    pub very_late: f64,
    /// Rows whose clock is wrong by up to a day in either direction.
    pub clock_skew: f64,
    /// Rows dated one to 30 days ahead.
    pub future: f64,
}

/// Customers who are recorded under more than one id, or taken for somebody else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Share of customers whose first visits are recorded under an anonymous id.
    pub anonymous_share: f64,
    /// Within how many days after the first visit the anonymous id is merged into the customer's.
    pub merged_within_days: u32,
    /// Share of customers who are merged into another one by mistake.
    pub wrong_merge_share: f64,
    /// Within how many days such a mistake is undone.
    pub split_within_days: u32,
}

impl Identity {
    /// Whether every customer has one id and keeps it.
    pub fn is_plain(&self) -> bool {
        self.anonymous_share <= 0.0 && self.wrong_merge_share <= 0.0
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self { anonymous_share: 0.0, merged_within_days: 30, wrong_merge_share: 0.0, split_within_days: 60 }
    }
}

/// How the truth is reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Truth {
    /// Civil days during which an order keeps a customer active, for S and K in `truth.json`.
    pub window_days: u32,
}

impl Default for Seasons {
    fn default() -> Self {
        Self { months: [1.0; 12], weekdays: [1.0; 7], hours: DAYTIME, peaks: Vec::new() }
    }
}

/// Few at night, a rise at noon, most in the evening.
const DAYTIME: [f64; 24] = [
    0.5, 0.25, 0.12, 0.08, 0.08, 0.15, 0.5, 1.2, 2.2, 3.2, 3.9, 4.1, 4.6, 4.6, 4.1, 3.7, 3.7, 4.1, 4.7, 5.2,
    6.0, 5.6, 3.6, 1.6,
];

impl Default for Journeys {
    fn default() -> Self {
        Self {
            detail: Detail::Full,
            browsing_per_order: 0.8,
            views_per_visit: 1.7,
            searched: 0.0,
            cart_viewed: 0.0,
            signed_in: 0.0,
            account_created: 0.0,
            password_changed: 0.0,
            challenged: 0.25,
            wrong_code: 0.06,
            abandoned: 0.02,
            payment_challenged: 0.3,
            payment_refused: 0.012,
        }
    }
}

impl Default for Voices {
    fn default() -> Self {
        Self {
            complaints_per_1000_orders: 5.0,
            lapse_days: 90,
            surveyed: 0.3,
            answered: 0.2,
            named: 0.7,
            misnamed: 0.03,
        }
    }
}

impl Default for Truth {
    fn default() -> Self {
        Self { window_days: 90 }
    }
}

const fn two_years() -> u32 {
    730
}

const fn most() -> f64 {
    0.6
}

const fn one() -> f64 {
    1.0
}
