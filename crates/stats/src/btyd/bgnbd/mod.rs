//! BG/NBD: how many purchases to expect from customers without a contract, and who is still one.
//!
//! Fader, Hardie and Lee (2005), "Counting your customers the easy way: an alternative to the Pareto/NBD
//! model", Marketing Science 24(2). While alive a customer buys at rate λ ~ Gamma(r, α); after each
//! purchase the customer leaves with chance p ~ Beta(a, b).

mod estimate;
mod forecast;
mod likelihood;

pub use estimate::fit;

use super::fit::LogParameters;

/// Customers with the same history. The unit of time is the caller's, the same for all rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PurchaseHistory {
    /// x: purchases after the first. Several purchases of one day are one purchase.
    pub frequency: u32,
    /// tₓ: time from the first purchase to the last one; 0 when there was only one.
    pub recency: f64,
    /// T: time from the first purchase to the end of observation.
    pub age: f64,
    /// Number of customers with this history.
    pub customers: u64,
}

/// The four parameters of the BG/NBD model. α is in the unit of time of the histories, the others have none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgNbd {
    /// Shape of the purchase rates over customers.
    pub r: f64,
    /// Inverse scale of the purchase rates; the mean rate is r/α.
    pub alpha: f64,
    /// First shape of the chance to leave after a purchase.
    pub a: f64,
    /// Second shape; the mean chance to leave is a/(a+b).
    pub b: f64,
}

impl LogParameters<4> for BgNbd {
    const NAMES: [&'static str; 4] = ["r", "alpha", "a", "b"];

    fn from_log(log_parameters: [f64; 4]) -> Self {
        let [r, alpha, a, b] = log_parameters.map(f64::exp);
        Self { r, alpha, a, b }
    }

    fn to_log(&self) -> [f64; 4] {
        [self.r, self.alpha, self.a, self.b].map(f64::ln)
    }
}
