//! Value without contracts: BG/NBD for how often, Gamma-Gamma for how much, held against last year's outcome.

use std::collections::BTreeMap;

use fidance_domain::retention::purchase::Purchases;
use fidance_stats::{
    btyd::{
        Fit, FitError,
        bgnbd::{self, BgNbd, PurchaseHistory},
        gamma_gamma::{self, GammaGamma, SpendHistory},
    },
    interval::Confidence,
};
use jiff::civil::Date;
use rand::SeedableRng;
use rand_pcg::Pcg64;

use super::{DRAWS, Valuation, estimate};
use crate::report::model::{
    Backtest, BgNbdFit, Estimate, ForecastCheck, GammaGammaFit, NoValueReason, Note, Value, ValueModels,
    ValueUnit,
};

/// Customers looked at in each draw; the estimate itself uses all.
const DRAW_CUSTOMERS: usize = 300;
const DAYS_PER_WEEK: f64 = 7.0;
/// Twelve months, in weeks.
const YEAR: f64 = 365.25 / DAYS_PER_WEEK;
/// A correlation of number and amount of purchases beyond this is worth a remark.
const REMARKABLE_CORRELATION: f64 = 0.2;
/// Fewer customers than this are too few to speak of.
const FEW: usize = 30;

/// What the purchases do not say themselves.
#[derive(Debug)]
pub(in crate::report) struct PurchaseContext {
    /// Customers active at the end of the data.
    pub(in crate::report) active_now: u64,
    /// Length of the activity window at the end of the calibration.
    pub(in crate::report) window_days: u32,
    /// Last day of the fit.
    pub(in crate::report) calibrated_to: Date,
    /// Last day of the fit that is held against the year after it.
    pub(in crate::report) backtest_to: Option<Date>,
    /// Whether amounts mean something.
    pub(in crate::report) has_amounts: bool,
    /// Whether the rows are a sample of the customers.
    pub(in crate::report) is_sample: bool,
    /// Seed of the draws behind the intervals.
    pub(in crate::report) seed: u64,
}

/// Value of customers from their purchases; `earlier` are the same as known a year before.
pub(in crate::report) fn value(
    rows: &[Purchases],
    earlier: &[Purchases],
    context: &PurchaseContext,
) -> Valuation {
    estimated(rows, earlier, context).unwrap_or_else(Valuation::from)
}

fn estimated(
    rows: &[Purchases],
    earlier: &[Purchases],
    context: &PurchaseContext,
) -> Result<Valuation, FitError> {
    // The two fits know nothing of each other, and are the longest part of a report on a small file.
    let (fitted, fitted_earlier) = std::thread::scope(|scope| {
        let earlier =
            scope.spawn(|| context.backtest_to.and_then(|_| Fitted::new(earlier, context.has_amounts).ok()));
        let fitted = Fitted::new(rows, context.has_amounts);
        match earlier.join() {
            Ok(earlier) => (fitted, earlier),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let fitted = fitted?;
    let mut notes = fitted.notes(context.has_amounts);
    if context.is_sample {
        notes.push(Note::ValueFromSample { customers: rows.len() as u64 });
    }
    let (active, lost) = active_and_lost(rows, context.window_days);
    if active.is_empty() || lost.is_empty() {
        notes.push(Note::NoValue { because: NoValueReason::NothingToCompare });
        return Ok(Valuation { value: None, notes });
    }
    let models = fitted.models();
    let draws = fitted.draws(context.seed)?;
    let (active_year, active_drawn) = forecast(&models, &draws, &active);
    let (lost_year, lost_drawn) = forecast(&models, &draws, &lost);
    let backtest = context.backtest_to.zip(fitted_earlier).and_then(|(as_of, fitted_earlier)| {
        // A forecast of purchases says nothing about one of money.
        let same_unit = fitted_earlier.spending.is_some() == fitted.spending.is_some();
        same_unit.then(|| backtest(earlier, as_of, &fitted_earlier, context.window_days)).flatten()
    });
    let point_customers = context.active_now as f64 / 100.0;
    let point_drawn = active_drawn.iter().zip(&lost_drawn).map(|(a, l)| point_customers * (a - l)).collect();
    let point = estimate(point_customers * (active_year - lost_year), point_drawn);
    let alive: f64 = active.iter().map(|row| models.p_alive(row)).sum::<f64>() / active.len() as f64;
    let value = Value {
        unit: if fitted.spending.is_some() { ValueUnit::Money } else { ValueUnit::Purchases },
        fitted_customers: rows.len() as u64,
        active_customers: context.active_now,
        alive_customers: alive * context.active_now as f64,
        active_customer_year: widened(
            estimate(active_year, active_drawn),
            backtest.as_ref().map(|b| b.active.error()),
        ),
        lost_customer_year: Some(widened(
            estimate(lost_year, lost_drawn),
            backtest.as_ref().map(|b| b.lost.error()),
        )),
        point_customers,
        point_year: widened(point, backtest.as_ref().map(Backtest::error_of_difference)),
        models: fitted.described(context.calibrated_to),
        backtest,
    };
    Ok(Valuation { value: Some(value), notes })
}

/// Both models, fitted; the second with the correlation that it takes as absent.
#[derive(Debug)]
struct Fitted {
    buying: Fit<BgNbd, 4>,
    spending: Option<(Fit<GammaGamma, 3>, f64)>,
}

impl Fitted {
    /// Amounts that do not follow their model leave purchases to be counted.
    fn new(rows: &[Purchases], has_amounts: bool) -> Result<Self, FitError> {
        let buying = bgnbd::fit(&grouped(rows))?;
        let spending = if has_amounts { fit_spending(rows).ok() } else { None };
        Ok(Self { buying, spending })
    }

    fn notes(&self, has_amounts: bool) -> Vec<Note> {
        match &self.spending {
            None if has_amounts => vec![Note::NoValue { because: NoValueReason::AmountsNotEstimable }],
            Some((_, correlation)) if correlation.abs() > REMARKABLE_CORRELATION => {
                vec![Note::FrequencyValueCorrelation { correlation: *correlation }]
            }
            _ => Vec::new(),
        }
    }

    fn models(&self) -> Models {
        Models { buying: self.buying.model, spending: self.spending.as_ref().map(|(fit, _)| fit.model) }
    }

    fn draws(&self, seed: u64) -> Result<Vec<Models>, FitError> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let buying = self.buying.draws(DRAWS, &mut rng)?;
        let spending: Vec<Option<GammaGamma>> = match &self.spending {
            Some((fit, _)) => fit.draws(DRAWS, &mut rng)?.into_iter().map(Some).collect(),
            None => vec![None; DRAWS],
        };
        Ok(buying.into_iter().zip(spending).map(|(buying, spending)| Models { buying, spending }).collect())
    }

    fn described(&self, calibrated_to: Date) -> ValueModels {
        let BgNbd { r, alpha, a, b } = self.buying.model;
        let log_likelihood = self.buying.log_likelihood;
        let gamma_gamma = self.spending.as_ref().map(|(fit, correlation)| {
            let GammaGamma { p, q, v } = fit.model;
            GammaGammaFit { p, q, v, log_likelihood: fit.log_likelihood, correlation: *correlation }
        });
        ValueModels {
            bgnbd: Some(BgNbdFit { r, alpha, a, b, log_likelihood, calibrated_to }),
            gamma_gamma,
            sbg: None,
        }
    }
}

/// Customers with the same history are one row of the fit.
fn grouped(rows: &[Purchases]) -> Vec<PurchaseHistory> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry((row.repeats, row.recency, row.age)).or_insert(0) += 1;
    }
    let history = |((frequency, recency, age), customers)| PurchaseHistory {
        frequency,
        recency: weeks(recency),
        age: weeks(age),
        customers,
    };
    counts.into_iter().map(history).collect()
}

fn fit_spending(rows: &[Purchases]) -> Result<(Fit<GammaGamma, 3>, f64), FitError> {
    let spends: Vec<SpendHistory> = rows
        .iter()
        .filter_map(|row| Some((row, row.mean_amount().filter(|mean| *mean > 0.0)?)))
        .map(|(row, mean_value)| SpendHistory { transactions: row.repeats, mean_value, customers: 1 })
        .collect();
    let fit = gamma_gamma::fit(&spends)?;
    if fit.model.mean_value().is_none() {
        return Err(FitError::NotIdentified);
    }
    let correlation = gamma_gamma::frequency_value_correlation(&spends, Confidence::default());
    Ok((fit, correlation.map_or(0.0, |estimate| estimate.value)))
}

/// One parameter set of both models.
#[derive(Debug, Clone, Copy)]
struct Models {
    buying: BgNbd,
    spending: Option<GammaGamma>,
}

impl Models {
    /// What these customers bring within a year, on average: money, or purchases without a spending model.
    fn mean_year(&self, customers: &[&Purchases]) -> f64 {
        mean(customers, |row| self.year(row))
    }

    fn year(&self, row: &Purchases) -> f64 {
        let (recency, age) = (weeks(row.recency), weeks(row.age));
        let purchases = self.buying.conditional_expected_purchases(row.repeats, recency, age, YEAR);
        let Some(spending) = self.spending else { return purchases };
        // Customers without an amount of their own are expected to spend as everybody does.
        let known = row.mean_amount().filter(|mean| *mean > 0.0);
        let (transactions, mean) = known.map_or((0, 0.0), |mean| (row.repeats, mean));
        purchases * spending.conditional_expected_value(transactions, mean).unwrap_or(f64::NAN)
    }

    fn p_alive(&self, row: &Purchases) -> f64 {
        self.buying.p_alive(row.repeats, weeks(row.recency), weeks(row.age))
    }
}

/// The mean year of some customers, and the same for each draw, by way of a systematic sample of them.
fn forecast(models: &Models, draws: &[Models], customers: &[&Purchases]) -> (f64, Vec<f64>) {
    let few: Vec<&Purchases> =
        customers.iter().copied().step_by(customers.len().div_ceil(DRAW_CUSTOMERS).max(1)).collect();
    let year = models.mean_year(customers);
    let scale = year / models.mean_year(&few);
    (year, draws.iter().map(|draw| draw.mean_year(&few) * scale).collect())
}

/// The customers active at the end of the calibration, and those lost most recently: within a month, or
/// within another window where those are too few to speak of.
fn active_and_lost(rows: &[Purchases], window_days: u32) -> (Vec<&Purchases>, Vec<&Purchases>) {
    let silent_for = |from: u32, until: u32| -> Vec<&Purchases> {
        rows.iter().filter(|row| (from..until).contains(&row.silent())).collect()
    };
    let lately = silent_for(window_days, window_days + 30);
    let lost = if lately.len() < FEW { silent_for(window_days, 2 * window_days) } else { lately };
    (silent_for(0, window_days), lost)
}

/// The forecast that would have been made a year before, against what that year brought.
fn backtest(earlier: &[Purchases], as_of: Date, fitted: &Fitted, window_days: u32) -> Option<Backtest> {
    let models = fitted.models();
    let (active, lost) = active_and_lost(earlier, window_days);
    let check = |customers: &[&Purchases]| ForecastCheck {
        customers: customers.len() as u64,
        predicted: models.mean_year(customers),
        observed: mean(customers, |row| match fitted.spending {
            Some(_) => row.later_amount.to_f64(),
            None => f64::from(row.later),
        }),
    };
    (active.len() >= FEW && lost.len() >= FEW).then(|| Backtest {
        as_of,
        active: check(&active),
        lost: check(&lost),
    })
}

impl ForecastCheck {
    /// Outcome over forecast: 1 where the model was right.
    fn error(&self) -> f64 {
        self.observed / self.predicted
    }
}

impl Backtest {
    /// Outcome over forecast of the difference between active and lost customers.
    fn error_of_difference(&self) -> f64 {
        (self.active.observed - self.lost.observed) / (self.active.predicted - self.lost.predicted)
    }
}

/// An interval that also holds the estimate as the last year would have corrected it. Parameters alone are
/// known well with many customers; whether the model is right is not.
fn widened(estimate: Estimate, error: Option<f64>) -> Estimate {
    let Some(error) = error.filter(|error| error.is_finite()) else { return estimate };
    let corrected = [estimate.low * error, estimate.high * error];
    Estimate {
        estimate: estimate.estimate,
        low: corrected.into_iter().fold(estimate.low, f64::min),
        high: corrected.into_iter().fold(estimate.high, f64::max),
    }
}

fn mean(customers: &[&Purchases], of: impl Fn(&Purchases) -> f64) -> f64 {
    customers.iter().map(|row| of(row)).sum::<f64>() / customers.len() as f64
}

fn weeks(days: u32) -> f64 {
    f64::from(days) / DAYS_PER_WEEK
}

#[cfg(test)]
mod tests {
    use fidance_domain::amount::Amount;

    use super::*;

    #[test]
    fn too_few_customers_give_a_reason_and_no_value() {
        let none = Amount::ZERO;
        let row =
            Purchases { repeats: 1, recency: 7, age: 70, repeat_amount: none, later: 0, later_amount: none };
        let context = PurchaseContext {
            active_now: 1,
            window_days: 90,
            calibrated_to: Date::constant(2024, 1, 1),
            backtest_to: None,
            has_amounts: false,
            is_sample: false,
            seed: 1,
        };
        let found = value(&[row], &[], &context);
        assert!(found.value.is_none());
        let because = NoValueReason::TooFewCustomers { customers: 1, needed: 30 };
        assert_eq!(found.notes, [Note::NoValue { because }]);
    }

    #[test]
    fn a_wrong_forecast_widens_the_interval_to_what_happened() {
        let point = Estimate { estimate: 100.0, low: 95.0, high: 105.0 };
        assert_eq!(widened(point, Some(1.0)), point);
        assert_eq!(widened(point, None), point);
        let (worse, better) = (widened(point, Some(0.8)), widened(point, Some(1.2)));
        assert!((worse.low - 76.0).abs() < 1e-9 && (worse.high - 105.0).abs() < 1e-9, "{worse:?}");
        assert!((better.low - 95.0).abs() < 1e-9 && (better.high - 126.0).abs() < 1e-9, "{better:?}");
        assert_eq!(widened(point, Some(f64::NAN)), point);
    }
}
