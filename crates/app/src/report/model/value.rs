//! What customers and one point of retention are worth, and the models behind.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Estimate {
    /// The estimate.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What customers are worth over the next twelve months, undiscounted, in currency units (purchases where the
/// file has no amounts).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Value {
    /// Whether the figures are money or purchases.
    pub unit: ValueUnit,
    /// The fitted models.
    pub models: ValueModels,
    /// Customers of the fit (a sample drawn by hash where there are very many).
    pub fitted_customers: u64,
    /// Customers active at the end of the data.
    pub active_customers: u64,
    /// Expected customers still alive among them.
    pub alive_customers: f64,
    /// What an active customer is expected to bring within a year.
    pub active_customer_year: Estimate,
    /// What a customer who has just been lost is still expected to bring within a year.
    /// Absent for contracts: without one a customer brings nothing.
    pub lost_customer_year: Option<Estimate>,
    /// Customers in one point of TRC: one hundredth of those active now.
    pub point_customers: f64,
    /// What one point of TRC is worth over a year: the customers in it, times the difference of the two above.
    pub point_year: Estimate,
    /// The same models fitted on what was known a year before, against what then happened; absent where the
    /// data are too short. Its error widens the three intervals above.
    pub backtest: Option<Backtest>,
}

/// A forecast made a year before the end of the fit, and what the year brought, per customer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Backtest {
    /// Last day known to the forecast.
    #[schemars(with = "String")]
    pub as_of: Date,
    /// Customers active then.
    pub active: ForecastCheck,
    /// Customers just lost then.
    pub lost: ForecastCheck,
}

/// Forecast and outcome, the mean over the same customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ForecastCheck {
    /// Customers.
    pub customers: u64,
    /// What they were expected to bring within the year.
    pub predicted: f64,
    /// What they brought.
    pub observed: f64,
}

/// Unit of the value figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueUnit {
    /// The report's currency.
    Money,
    /// Number of purchases.
    Purchases,
    /// Months under contract.
    Months,
}

/// The models behind the value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct ValueModels {
    /// Buying and leaving without a contract.
    pub bgnbd: Option<BgNbdFit>,
    /// Amount per purchase.
    pub gamma_gamma: Option<GammaGammaFit>,
    /// Renewing contracts.
    pub sbg: Option<SbgFit>,
}

/// BG/NBD, time in weeks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BgNbdFit {
    /// Shape of purchase rates.
    pub r: f64,
    /// Scale of purchase rates, in weeks.
    pub alpha: f64,
    /// First shape of dropout probabilities.
    pub a: f64,
    /// Second shape.
    pub b: f64,
    /// At the maximum.
    pub log_likelihood: f64,
    /// Last day used for the fit (inclusive).
    #[schemars(with = "String")]
    pub calibrated_to: Date,
}

/// Gamma-Gamma.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GammaGammaFit {
    /// Shape of a customer's amounts.
    pub p: f64,
    /// Shape of the scale over customers.
    pub q: f64,
    /// Scale.
    pub v: f64,
    /// At the maximum.
    pub log_likelihood: f64,
    /// Correlation of number and amount of purchases; the model takes it as 0.
    pub correlation: f64,
}

/// Shifted beta-geometric, one step per month.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SbgFit {
    /// First shape.
    pub alpha: f64,
    /// Second shape.
    pub beta: f64,
    /// At the maximum.
    pub log_likelihood: f64,
}
