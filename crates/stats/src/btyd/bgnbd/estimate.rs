//! Maximum likelihood for the BG/NBD model.

use super::likelihood::Histories;
use super::{BgNbd, PurchaseHistory};
use crate::btyd::fit::{Fit, FitError, maximise, require};

/// Range of the shapes r, a and b. At 1000 customers differ by 3 %: the data could not show more.
const SHAPE_RANGE: (f64, f64) = (1e-3, 1e3);
/// Range of α in units of the mean age.
const ALPHA_RANGE: (f64, f64) = (1e-6, 1e6);

/// Fits the BG/NBD model by maximum likelihood to grouped histories.
///
/// Cost: about a hundred passes over the distinct histories, whatever the number of customers.
/// Errors: [`FitError::InvalidRow`] (a negative or infinite time, a last purchase after the end, a repeat
/// purchase at time 0), [`FitError::TooFewCustomers`] (fewer than 30 with a repeat purchase),
/// [`FitError::NotConverged`], [`FitError::NotIdentified`].
///
/// ```
/// use fidance_stats::btyd::bgnbd::{self, PurchaseHistory};
/// let row = |frequency, recency, age, customers| PurchaseHistory { frequency, recency, age, customers };
/// let fit = bgnbd::fit(&[
///     row(0, 0.0, 39.0, 500), row(0, 0.0, 30.0, 300), row(1, 5.0, 39.0, 90), row(1, 25.0, 35.0, 60),
///     row(2, 10.0, 39.0, 40), row(2, 30.0, 38.0, 50), row(4, 20.0, 39.0, 20), row(6, 37.0, 39.0, 30),
/// ])?;
/// let recent = fit.model.p_alive(6, 37.0, 39.0);
/// let silent = fit.model.p_alive(6, 10.0, 39.0);
/// assert!(recent > 0.7 && silent < recent);
/// # Ok::<(), fidance_stats::btyd::FitError>(())
/// ```
pub fn fit(histories: &[PurchaseHistory]) -> Result<Fit<BgNbd, 4>, FitError> {
    validate(histories)?;
    let repeat_buyers = histories.iter().filter(|row| row.frequency > 0).map(|row| row.customers).sum();
    require(repeat_buyers, "a repeat purchase")?;
    let totals = Totals::of(histories);
    let scale = totals.age / totals.customers;
    let data = Histories::new(histories, scale);
    let customers = histories.iter().map(|row| row.customers).sum();
    let fit = maximise(&data, &starts(&totals), log_range(), customers)?;
    Ok(unscale(fit, scale, totals.purchases))
}

fn validate(histories: &[PurchaseHistory]) -> Result<(), FitError> {
    for (index, row) in histories.iter().enumerate() {
        let reason = if !row.age.is_finite() || row.age < 0.0 {
            "the age must be a finite number, 0 or more"
        } else if row.frequency > 0 && !(row.recency > 0.0 && row.recency <= row.age) {
            "a repeat purchase must lie after the first one and within the age"
        } else {
            continue;
        };
        return Err(FitError::InvalidRow { index, reason });
    }
    Ok(())
}

struct Totals {
    customers: f64,
    purchases: f64,
    age: f64,
}

impl Totals {
    fn of(histories: &[PurchaseHistory]) -> Self {
        let sum = |value: fn(&PurchaseHistory) -> f64| {
            histories.iter().map(|row| row.customers as f64 * value(row)).sum()
        };
        Self {
            customers: sum(|_| 1.0),
            purchases: sum(|row| f64::from(row.frequency)),
            age: sum(|row| row.age),
        }
    }
}

/// Starts around the mean purchase rate: customers alike or not, leaving early or late.
fn starts(totals: &Totals) -> Vec<[f64; 4]> {
    let mean_rate = totals.purchases / totals.customers;
    let mut starts = Vec::new();
    for r in [0.3, 1.5] {
        for (a, b) in [(0.8, 2.5), (0.5, 10.0), (3.0, 3.0)] {
            // Customers who leave buy less than their rate says, hence the factor.
            for rate in [1.0, 3.0] {
                starts.push([r, r / (mean_rate * rate), a, b].map(f64::ln));
            }
        }
    }
    starts
}

fn log_range() -> [(f64, f64); 4] {
    [SHAPE_RANGE, ALPHA_RANGE, SHAPE_RANGE, SHAPE_RANGE].map(|(low, high)| (low.ln(), high.ln()))
}

/// Returns to the caller's unit of time: α scales with it, and each purchase carries one unit of density.
fn unscale(mut fit: Fit<BgNbd, 4>, scale: f64, purchases: f64) -> Fit<BgNbd, 4> {
    fit.model.alpha *= scale;
    fit.log_likelihood -= purchases * scale.ln();
    let (low, high) = fit.log_range[1];
    fit.log_range[1] = (low + scale.ln(), high + scale.ln());
    fit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(frequency: u32, recency: f64, age: f64, customers: u64) -> PurchaseHistory {
        PurchaseHistory { frequency, recency, age, customers }
    }

    #[test]
    fn impossible_histories_are_named() {
        for bad in
            [row(1, 40.0, 39.0, 1), row(2, 0.0, 39.0, 1), row(0, 0.0, f64::NAN, 1), row(0, 0.0, -1.0, 1)]
        {
            let error = fit(&[row(0, 0.0, 10.0, 1), bad]).unwrap_err();
            assert!(matches!(error, FitError::InvalidRow { index: 1, .. }), "{error}");
        }
    }

    #[test]
    fn customers_who_never_return_say_nothing() {
        let error = fit(&[row(0, 0.0, 10.0, 1_000_000)]).unwrap_err();
        assert!(matches!(error, FitError::TooFewCustomers { customers: 0, .. }), "{error}");
    }

    #[test]
    fn the_unit_of_time_does_not_matter() {
        let weeks = [
            row(0, 0.0, 39.0, 500),
            row(0, 0.0, 30.0, 300),
            row(1, 5.0, 39.0, 90),
            row(1, 25.0, 35.0, 60),
            row(2, 10.0, 39.0, 40),
            row(2, 30.0, 38.0, 50),
            row(4, 20.0, 39.0, 20),
            row(6, 37.0, 39.0, 30),
        ];
        let days = weeks.map(|w| row(w.frequency, w.recency * 7.0, w.age * 7.0, w.customers));
        let (by_week, by_day) = (fit(&weeks).unwrap(), fit(&days).unwrap());
        assert!((by_day.model.alpha / by_week.model.alpha - 7.0).abs() < 1e-6);
        assert!((by_day.model.r - by_week.model.r).abs() < 1e-8);
        let per_purchase = (by_week.log_likelihood - by_day.log_likelihood) / 7.0_f64.ln();
        assert!((per_purchase - 590.0).abs() < 1e-6);
    }
}
