//! The BG/NBD likelihood and its gradient, in logs throughout.
//!
//! The last factor is a sum of two powers that overflow for heavy buyers; it is kept as
//! ln A₃ + ln(1 + e^δ) with δ = ln(A₄/A₃), and e^δ/(1+e^δ) is at once the chance that the customer has
//! left and the weight of A₄ in the gradient.

use statrs::function::gamma::{digamma, ln_gamma};

use super::PurchaseHistory;
use crate::btyd::optimise::Objective;

/// Histories of one frequency: the Gamma functions are then computed once for all of them.
#[derive(Debug)]
struct Frequency {
    x: f64,
    customers: f64,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    recency: f64,
    age: f64,
    customers: f64,
}

/// The data of a fit, times divided by `scale`.
#[derive(Debug)]
pub(super) struct Histories {
    frequencies: Vec<Frequency>,
    customers: f64,
}

impl Histories {
    pub(super) fn new(rows: &[PurchaseHistory], scale: f64) -> Self {
        let mut sorted: Vec<&PurchaseHistory> = rows.iter().filter(|row| row.customers > 0).collect();
        sorted.sort_by_key(|row| row.frequency);
        let frequencies = sorted.chunk_by(|a, b| a.frequency == b.frequency).map(|chunk| Frequency {
            x: chunk.first().map_or(0.0, |row| f64::from(row.frequency)),
            customers: chunk.iter().map(|row| row.customers as f64).sum(),
            rows: chunk.iter().map(|row| Row::new(row, scale)).collect(),
        });
        let frequencies: Vec<Frequency> = frequencies.collect();
        let customers = frequencies.iter().map(|frequency| frequency.customers).sum();
        Self { frequencies, customers }
    }
}

impl Row {
    fn new(history: &PurchaseHistory, scale: f64) -> Self {
        let recency = if history.frequency == 0 { 0.0 } else { history.recency / scale };
        Self { recency, age: history.age / scale, customers: history.customers as f64 }
    }
}

/// Log-likelihood and its gradient in (r, α, a, b), summed over customers.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    gradient: [f64; 4],
}

impl Objective<4> for Histories {
    fn evaluate(&self, log_parameters: &[f64; 4]) -> (f64, [f64; 4]) {
        let parameters = log_parameters.map(f64::exp);
        let mut sum = Sum::default();
        for frequency in &self.frequencies {
            sum.add_factors_of_frequency(frequency, parameters);
            if frequency.x > 0.0 {
                sum.add_repeat_buyers(frequency, parameters);
            } else {
                sum.add_single_buyers(frequency, parameters);
            }
        }
        let gradient = std::array::from_fn(|i| -sum.gradient[i] * parameters[i] / self.customers);
        (-sum.value / self.customers, gradient)
    }
}

impl Sum {
    /// ln A₁ + ln A₂, which depend on the number of purchases only.
    fn add_factors_of_frequency(&mut self, frequency: &Frequency, [r, alpha, a, b]: [f64; 4]) {
        let (x, n) = (frequency.x, frequency.customers);
        let gammas = ln_gamma(r + x) - ln_gamma(r) + ln_gamma(a + b) - ln_gamma(a + b + x) + ln_gamma(b + x)
            - ln_gamma(b);
        self.value += n * (gammas + r * alpha.ln());
        let both = digamma(a + b) - digamma(a + b + x);
        self.gradient[0] += n * (digamma(r + x) - digamma(r) + alpha.ln());
        self.gradient[1] += n * r / alpha;
        self.gradient[2] += n * both;
        self.gradient[3] += n * (both + digamma(b + x) - digamma(b));
    }

    /// ln A₃ for customers who bought once.
    fn add_single_buyers(&mut self, frequency: &Frequency, [r, alpha, ..]: [f64; 4]) {
        for row in &frequency.rows {
            let log_age = (alpha + row.age).ln();
            self.value -= row.customers * r * log_age;
            self.gradient[0] -= row.customers * log_age;
            self.gradient[1] -= row.customers * r / (alpha + row.age);
        }
    }

    /// ln(A₃ + A₄) for customers who came back.
    fn add_repeat_buyers(&mut self, frequency: &Frequency, [r, alpha, a, b]: [f64; 4]) {
        let shape = r + frequency.x;
        let stay = b + frequency.x - 1.0;
        let log_odds_of_leaving = a.ln() - stay.ln();
        for row in &frequency.rows {
            let (to_end, to_last) = (alpha + row.age, alpha + row.recency);
            let (log_end, log_ratio) = (to_end.ln(), (to_end / to_last).ln());
            let (softplus, left) = softplus(log_odds_of_leaving + shape * log_ratio);
            let n = row.customers;
            self.value += n * (softplus - shape * log_end);
            self.gradient[0] += n * (left * log_ratio - log_end);
            self.gradient[1] += n * shape * ((left - 1.0) / to_end - left / to_last);
            self.gradient[2] += n * left / a;
            self.gradient[3] -= n * left / stay;
        }
    }
}

/// ln(1 + e^δ) and its slope e^δ/(1+e^δ), for any δ.
fn softplus(delta: f64) -> (f64, f64) {
    let small = (-delta.abs()).exp();
    let slope = if delta > 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
    (delta.max(0.0) + small.ln_1p(), slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histories() -> Vec<PurchaseHistory> {
        let row = |frequency, recency, age, customers| PurchaseHistory { frequency, recency, age, customers };
        vec![row(0, 0.0, 30.0, 7), row(1, 12.0, 39.0, 3), row(5, 31.0, 35.0, 2), row(2, 0.5, 38.0, 4)]
    }

    #[test]
    fn gradient_is_the_slope_of_the_likelihood() {
        let data = Histories::new(&histories(), 1.0);
        let point = [-1.2, 1.4, -0.3, 0.9];
        let (_, gradient) = data.evaluate(&point);
        for i in 0..4 {
            let at = |shift: f64| {
                let mut moved = point;
                moved[i] += shift;
                data.evaluate(&moved).0
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - gradient[i]).abs() < 1e-8, "{i}: {slope} against {}", gradient[i]);
        }
    }

    #[test]
    fn extreme_histories_stay_finite() {
        let rows = [
            PurchaseHistory { frequency: 5000, recency: 4999.0, age: 5000.0, customers: 2_000_000 },
            PurchaseHistory { frequency: 5000, recency: 1.0, age: 5000.0, customers: 1 },
            PurchaseHistory { frequency: 0, recency: 0.0, age: 5000.0, customers: 1 },
        ];
        let data = Histories::new(&rows, 1.0);
        for log in [-6.0, 0.0, 6.0] {
            let (value, gradient) = data.evaluate(&[log, -log, log, -log]);
            assert!(value.is_finite() && gradient.iter().all(|slope| slope.is_finite()));
        }
    }
}
