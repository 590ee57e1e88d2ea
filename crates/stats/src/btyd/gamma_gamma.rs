//! Gamma-Gamma: what a customer spends per purchase, told apart from the luck of few purchases.
//!
//! Fader and Hardie (2013), "The Gamma-Gamma model of monetary value" (brucehardie.com/notes/025). Values
//! of one customer are Gamma(p, ν), and ν ~ Gamma(q, v) over customers. The model takes value and frequency
//! as independent: look at [`frequency_value_correlation`] first.

use statrs::function::gamma::{digamma, ln_gamma};

use super::fit::{Fit, FitError, LogParameters, maximise, require};
use super::optimise::Objective;
use crate::interval::{Confidence, Estimate, Interval};

/// Customers with the same number of purchases and the same mean value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpendHistory {
    /// x: purchases whose value is known. Rows with 0 say nothing and are passed over.
    pub transactions: u32,
    /// Mean value of these purchases, in the caller's unit of money.
    pub mean_value: f64,
    /// Number of customers.
    pub customers: u64,
}

/// The three parameters of the Gamma-Gamma model. v is in the unit of money, p and q have none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    /// Shape of the values of one customer.
    pub p: f64,
    /// Shape of the scales over customers.
    pub q: f64,
    /// Inverse scale of the scales over customers.
    pub v: f64,
}

impl LogParameters<3> for GammaGamma {
    const NAMES: [&'static str; 3] = ["p", "q", "v"];

    fn from_log(log_parameters: [f64; 3]) -> Self {
        let [p, q, v] = log_parameters.map(f64::exp);
        Self { p, q, v }
    }

    fn to_log(&self) -> [f64; 3] {
        [self.p, self.q, self.v].map(f64::ln)
    }
}

impl GammaGamma {
    /// Mean value per purchase over all customers, p·v/(q−1); `None` for q ≤ 1, where it is infinite.
    pub fn mean_value(&self) -> Option<f64> {
        (self.q > 1.0).then(|| self.p * self.v / (self.q - 1.0))
    }

    /// Expected value per future purchase of a customer seen to spend `mean_value` over `transactions`
    /// purchases: p·(v + x·m)/(p·x + q − 1), between the customer's own mean and that of all.
    /// `None` where the expectation is infinite (px + q ≤ 1).
    ///
    /// ```
    /// use fidance_stats::btyd::gamma_gamma::GammaGamma;
    /// let cdnow = GammaGamma { p: 6.25, q: 3.74, v: 15.44 };
    /// let all = cdnow.mean_value().unwrap();
    /// let one_large = cdnow.conditional_expected_value(1, 100.0).unwrap();
    /// let ten_large = cdnow.conditional_expected_value(10, 100.0).unwrap();
    /// assert!(all < one_large && one_large < ten_large && ten_large < 100.0);
    /// ```
    pub fn conditional_expected_value(&self, transactions: u32, mean_value: f64) -> Option<f64> {
        let x = f64::from(transactions);
        let shape = self.p * x + self.q - 1.0;
        // With x = 0 the mean may be any number, even NaN: it carries no weight.
        let total = if transactions == 0 { 0.0 } else { x * mean_value };
        (shape > 0.0).then(|| self.p * (self.v + total) / shape)
    }
}

/// Fits the Gamma-Gamma model by maximum likelihood to grouped histories.
///
/// Errors: [`FitError::InvalidRow`] (a mean value that is not positive and finite: leave refunds out
/// before), [`FitError::TooFewCustomers`] (fewer than 30 with a value), [`FitError::NotConverged`],
/// [`FitError::NotIdentified`].
///
/// ```
/// use fidance_stats::btyd::gamma_gamma::{self, SpendHistory};
/// let row = |transactions, mean_value, customers| SpendHistory { transactions, mean_value, customers };
/// let fit = gamma_gamma::fit(&[
///     row(1, 12.0, 40), row(1, 30.0, 60), row(1, 70.0, 20), row(2, 25.0, 30), row(2, 55.0, 10),
///     row(3, 32.0, 25), row(5, 18.0, 10), row(5, 45.0, 8),
/// ])?;
/// assert!(fit.model.mean_value().unwrap() > 20.0);
/// # Ok::<(), fidance_stats::btyd::FitError>(())
/// ```
pub fn fit(histories: &[SpendHistory]) -> Result<Fit<GammaGamma, 3>, FitError> {
    let valued: Vec<&SpendHistory> =
        histories.iter().filter(|row| row.transactions > 0 && row.customers > 0).collect();
    let wrong = histories.iter().position(|row| row.transactions > 0 && !is_value(row.mean_value));
    if let Some(index) = wrong {
        return Err(FitError::InvalidRow { index, reason: "the mean value must be positive and finite" });
    }
    let customers = valued.iter().map(|row| row.customers).sum();
    require(customers, "a valued purchase")?;
    let weight = customers as f64;
    let scale = valued.iter().map(|row| row.customers as f64 * row.mean_value).sum::<f64>() / weight;
    let spends = Spends::new(&valued, scale);
    let mut fit: Fit<GammaGamma, 3> = maximise(&spends, &starts(), log_range(), customers)?;
    fit.model.v *= scale;
    fit.log_likelihood -= weight * scale.ln();
    let (low, high) = fit.log_range[2];
    fit.log_range[2] = (low + scale.ln(), high + scale.ln());
    Ok(fit)
}

/// Pearson correlation between number of purchases and mean value over customers with a purchase, with
/// Fisher's interval. Near 0 the Gamma-Gamma model holds; far from it, its forecasts are biased.
/// `None` with fewer than four customers or no variation.
///
/// ```
/// use fidance_stats::btyd::gamma_gamma::{SpendHistory, frequency_value_correlation};
/// use fidance_stats::interval::Confidence;
/// let row = |transactions, mean_value, customers| SpendHistory { transactions, mean_value, customers };
/// let rows = [row(1, 10.0, 50), row(1, 20.0, 50), row(2, 10.0, 50), row(2, 20.0, 50)];
/// let correlation = frequency_value_correlation(&rows, Confidence::P95).unwrap();
/// assert!(correlation.value.abs() < 1e-12 && correlation.interval.contains(0.13));
/// ```
pub fn frequency_value_correlation(histories: &[SpendHistory], confidence: Confidence) -> Option<Estimate> {
    let valued = || histories.iter().filter(|row| row.transactions > 0 && is_value(row.mean_value));
    let sum = |value: &dyn Fn(&SpendHistory) -> f64| -> f64 {
        valued().map(|row| row.customers as f64 * value(row)).sum()
    };
    let n = sum(&|_| 1.0);
    if n < 4.0 {
        return None;
    }
    let frequency = |row: &SpendHistory| f64::from(row.transactions);
    let (mean_x, mean_m) = (sum(&frequency) / n, sum(&|row| row.mean_value) / n);
    let variance_x = sum(&|row| (frequency(row) - mean_x).powi(2));
    let variance_m = sum(&|row| (row.mean_value - mean_m).powi(2));
    let covariance = sum(&|row| (frequency(row) - mean_x) * (row.mean_value - mean_m));
    let value = covariance / (variance_x * variance_m).sqrt();
    if !value.is_finite() {
        return None;
    }
    let value = value.clamp(-1.0, 1.0);
    let half_width = confidence.z() / (n - 3.0).max(1.0).sqrt();
    let interval =
        Interval { low: (value.atanh() - half_width).tanh(), high: (value.atanh() + half_width).tanh() };
    Some(Estimate { value, interval })
}

fn is_value(mean_value: f64) -> bool {
    mean_value.is_finite() && mean_value > 0.0
}

fn log_range() -> [(f64, f64); 3] {
    [(1e-3, 1e4), (1e-3, 1e4), (1e-6, 1e6)].map(|(low, high): (f64, f64)| (low.ln(), high.ln()))
}

/// Starts with a population mean of 1, which is that of the scaled data.
fn starts() -> Vec<[f64; 3]> {
    let shapes = [(6.0, 4.0), (2.0, 2.0), (1.0, 6.0), (20.0, 3.0), (20.0, 20.0)];
    shapes.map(|(p, q): (f64, f64)| [p, q, (q - 1.0) / p].map(f64::ln)).to_vec()
}

/// The data of a fit, values divided by their mean, grouped by number of purchases.
struct Spends {
    groups: Vec<Group>,
    customers: f64,
}

struct Group {
    x: f64,
    customers: f64,
    sum_log_value: f64,
    /// Mean value and customers.
    rows: Vec<(f64, f64)>,
}

impl Spends {
    fn new(valued: &[&SpendHistory], scale: f64) -> Self {
        let mut sorted = valued.to_vec();
        sorted.sort_by_key(|row| row.transactions);
        let groups: Vec<Group> = sorted
            .chunk_by(|a, b| a.transactions == b.transactions)
            .map(|chunk| Group::new(chunk, scale))
            .collect();
        let customers = groups.iter().map(|group| group.customers).sum();
        Self { groups, customers }
    }
}

impl Group {
    fn new(chunk: &[&SpendHistory], scale: f64) -> Self {
        let rows: Vec<(f64, f64)> =
            chunk.iter().map(|row| (row.mean_value / scale, row.customers as f64)).collect();
        Self {
            x: chunk.first().map_or(0.0, |row| f64::from(row.transactions)),
            customers: rows.iter().map(|(_, customers)| customers).sum(),
            sum_log_value: rows.iter().map(|(value, customers)| customers * value.ln()).sum(),
            rows,
        }
    }

    /// Adds log-likelihood and gradient in (p, q, v).
    fn add(&self, [p, q, v]: [f64; 3], value: &mut f64, gradient: &mut [f64; 3]) {
        let (px, n) = (p * self.x, self.customers);
        let (mut sum_log, mut sum_inverse) = (0.0, 0.0);
        for (mean_value, customers) in &self.rows {
            let rate = v + mean_value * self.x;
            sum_log += customers * rate.ln();
            sum_inverse += customers / rate;
        }
        let gammas = ln_gamma(px + q) - ln_gamma(px) - ln_gamma(q);
        *value += n * (gammas + q * v.ln() + px * self.x.ln()) + (px - 1.0) * self.sum_log_value
            - (px + q) * sum_log;
        let both = digamma(px + q);
        gradient[0] += self.x * (n * (both - digamma(px) + self.x.ln()) + self.sum_log_value - sum_log);
        gradient[1] += n * (both - digamma(q) + v.ln()) - sum_log;
        gradient[2] += n * q / v - (px + q) * sum_inverse;
    }
}

impl Objective<3> for Spends {
    fn evaluate(&self, log_parameters: &[f64; 3]) -> (f64, [f64; 3]) {
        let parameters = log_parameters.map(f64::exp);
        let (mut value, mut gradient) = (0.0, [0.0; 3]);
        for group in &self.groups {
            group.add(parameters, &mut value, &mut gradient);
        }
        (-value / self.customers, std::array::from_fn(|i| -gradient[i] * parameters[i] / self.customers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<SpendHistory> {
        let row = |transactions, mean_value, customers| SpendHistory { transactions, mean_value, customers };
        vec![row(1, 12.0, 40), row(1, 30.0, 60), row(3, 70.0, 20), row(9, 25.5, 30), row(0, 0.0, 500)]
    }

    #[test]
    fn gradient_is_the_slope_of_the_likelihood() {
        let rows = rows();
        let valued: Vec<&SpendHistory> = rows.iter().filter(|row| row.transactions > 0).collect();
        let spends = Spends::new(&valued, 20.0);
        let point = [0.7, 0.4, -0.2];
        let (_, gradient) = spends.evaluate(&point);
        for i in 0..3 {
            let at = |shift: f64| {
                let mut moved = point;
                moved[i] += shift;
                spends.evaluate(&moved).0
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - gradient[i]).abs() < 1e-8, "{i}: {slope} against {}", gradient[i]);
        }
    }

    #[test]
    fn refunds_and_small_samples_are_refused() {
        let mut with_refund = rows();
        with_refund[2].mean_value = -3.0;
        assert!(matches!(fit(&with_refund), Err(FitError::InvalidRow { index: 2, .. })));
        assert!(matches!(fit(&rows()[4..]), Err(FitError::TooFewCustomers { customers: 0, .. })));
    }

    #[test]
    fn an_infinite_expectation_is_none() {
        let heavy_tail = GammaGamma { p: 0.3, q: 0.5, v: 1.0 };
        assert_eq!(heavy_tail.mean_value(), None);
        assert_eq!(heavy_tail.conditional_expected_value(1, 10.0), None);
        assert!(heavy_tail.conditional_expected_value(2, 10.0).is_some());
    }

    #[test]
    fn correlation_needs_variation() {
        let same = [SpendHistory { transactions: 2, mean_value: 5.0, customers: 100 }];
        assert_eq!(frequency_value_correlation(&same, Confidence::P95), None);
    }
}
