//! What customers, and one point of retention, are worth.
//!
//! One point of TRC is one hundredth of the customers active now. It is worth that many times the difference
//! between what an active customer and one who has just been lost are expected to bring over twelve months.

use std::collections::BTreeMap;

use fidance_domain::retention::{group::EVERYBODY, purchase::Purchases, spell::SpellSummary};
use fidance_stats::{
    btyd::{
        Fit, FitError,
        bgnbd::{self, BgNbd, PurchaseHistory},
        gamma_gamma::{self, GammaGamma, SpendHistory},
        sbg::{self, Sbg},
    },
    interval::Confidence,
    survival::{Lifetime, LifetimeTable},
};
use jiff::civil::Date;
use rand::SeedableRng;
use rand_pcg::Pcg64;

use super::model::{
    BgNbdFit, Estimate, GammaGammaFit, NoValueReason, Note, SbgFit, Value, ValueModels, ValueUnit,
};

/// Parameter sets drawn for an interval.
const DRAWS: usize = 200;
/// Customers looked at in each draw; the estimate itself uses all.
const DRAW_CUSTOMERS: usize = 600;
const DAYS_PER_WEEK: f64 = 7.0;
/// Twelve months, in weeks.
const YEAR: f64 = 365.25 / DAYS_PER_WEEK;
/// Mean length of a month, in days: one step of a contract.
const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
const MONTHS: u32 = 12;
/// A correlation of number and amount of purchases beyond this is worth a remark.
const REMARKABLE_CORRELATION: f64 = 0.2;

/// A value, or why there is none.
#[derive(Debug, Default)]
pub(super) struct Valuation {
    pub(super) value: Option<Value>,
    pub(super) notes: Vec<Note>,
}

impl Valuation {
    fn none(because: NoValueReason) -> Self {
        Self { value: None, notes: vec![Note::NoValue { because }] }
    }
}

fn reason(error: &FitError) -> NoValueReason {
    match *error {
        FitError::TooFewCustomers { customers, needed, .. } => {
            NoValueReason::TooFewCustomers { customers, needed }
        }
        FitError::InvalidRow { .. } | FitError::NotConverged { .. } | FitError::NotIdentified => {
            NoValueReason::NotEstimable
        }
    }
}

/// What the purchases do not say themselves.
#[derive(Debug)]
pub(super) struct PurchaseContext {
    /// Customers active at the end of the data.
    pub(super) active_now: u64,
    /// Length of the activity window at the end of the calibration.
    pub(super) window_days: u32,
    /// Last day of the fit.
    pub(super) calibrated_to: Date,
    /// Whether amounts mean something.
    pub(super) has_amounts: bool,
    /// All customers, of whom the rows may be a sample.
    pub(super) total_customers: u64,
    /// Seed of the draws behind the intervals.
    pub(super) seed: u64,
}

/// Value without contracts: BG/NBD for how often, Gamma-Gamma for how much.
pub(super) fn of_purchases(rows: &[Purchases], context: &PurchaseContext) -> Valuation {
    match try_of_purchases(rows, context) {
        Ok(valuation) => valuation,
        Err(error) => Valuation::none(reason(&error)),
    }
}

fn try_of_purchases(rows: &[Purchases], context: &PurchaseContext) -> Result<Valuation, FitError> {
    let mut notes = Vec::new();
    let buying = bgnbd::fit(&grouped(rows))?;
    let spending = context.has_amounts.then(|| fit_spending(rows)).transpose();
    let spending = spending.unwrap_or_else(|_| {
        notes.push(Note::NoValue { because: NoValueReason::AmountsNotEstimable });
        None
    });
    if (rows.len() as u64) < context.total_customers {
        notes.push(Note::ValueFromSample { customers: rows.len() as u64 });
    }
    let correlation = spending.as_ref().map(|(_, correlation)| *correlation);
    if let Some(correlation) = correlation.filter(|correlation| correlation.abs() > REMARKABLE_CORRELATION) {
        notes.push(Note::FrequencyValueCorrelation { correlation });
    }
    let (active, lost) = active_and_lost(rows, context.window_days);
    if active.is_empty() || lost.is_empty() {
        notes.push(Note::NoValue { because: NoValueReason::NothingToCompare });
        return Ok(Valuation { value: None, notes });
    }
    let mut rng = Pcg64::seed_from_u64(context.seed);
    let buying_draws = buying.draws(DRAWS, &mut rng)?;
    let spending_draws = match &spending {
        Some((fit, _)) => fit.draws(DRAWS, &mut rng)?.into_iter().map(Some).collect(),
        None => vec![None; DRAWS],
    };
    let draws: Vec<_> = buying_draws
        .into_iter()
        .zip(spending_draws)
        .map(|(b, s)| Models { buying: b, spending: s })
        .collect();
    let models = Models { buying: buying.model, spending: spending.as_ref().map(|(fit, _)| fit.model) };

    let bring = |customers: &[&Purchases]| {
        let few = every_nth(customers, DRAW_CUSTOMERS);
        let base = models.mean_year(&few);
        let scale = models.mean_year(customers) / base;
        let drawn = draws.iter().map(|draw| draw.mean_year(&few) * scale).collect();
        (base * scale, drawn)
    };
    let (active_year, active_drawn): (f64, Vec<f64>) = bring(&active);
    let (lost_year, lost_drawn) = bring(&lost);
    let point_customers = context.active_now as f64 / 100.0;
    let point_drawn = active_drawn.iter().zip(&lost_drawn).map(|(a, l)| point_customers * (a - l)).collect();
    let alive: f64 = active.iter().map(|row| models.p_alive(row)).sum::<f64>() / active.len() as f64;
    let value = Value {
        unit: if spending.is_some() { ValueUnit::Money } else { ValueUnit::Purchases },
        fitted_customers: rows.len() as u64,
        active_customers: context.active_now,
        alive_customers: alive * context.active_now as f64,
        active_customer_year: estimate(active_year, active_drawn),
        lost_customer_year: estimate(lost_year, lost_drawn),
        point_customers,
        point_year: estimate(point_customers * (active_year - lost_year), point_drawn),
        models: ValueModels {
            bgnbd: Some(bgnbd_fit(&buying, context.calibrated_to)),
            gamma_gamma: spending.map(|(fit, correlation)| gamma_gamma_fit(&fit, correlation)),
            sbg: None,
        },
    };
    Ok(Valuation { value: Some(value), notes })
}

fn bgnbd_fit(fit: &Fit<BgNbd, 4>, calibrated_to: Date) -> BgNbdFit {
    let BgNbd { r, alpha, a, b } = fit.model;
    BgNbdFit { r, alpha, a, b, log_likelihood: fit.log_likelihood, calibrated_to }
}

fn gamma_gamma_fit(fit: &Fit<GammaGamma, 3>, correlation: f64) -> GammaGammaFit {
    let GammaGamma { p, q, v } = fit.model;
    GammaGammaFit { p, q, v, log_likelihood: fit.log_likelihood, correlation }
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
        customers.iter().map(|row| self.year(row)).sum::<f64>() / customers.len() as f64
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

fn weeks(days: u32) -> f64 {
    f64::from(days) / DAYS_PER_WEEK
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

/// The spending model, and the correlation that it takes as absent.
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

/// The customers active at the end of the calibration, and those lost most recently: within a month, or
/// within another window where those are too few to speak of.
fn active_and_lost(rows: &[Purchases], window_days: u32) -> (Vec<&Purchases>, Vec<&Purchases>) {
    const FEW: usize = 30;
    let silent_for = |from: u32, until: u32| -> Vec<&Purchases> {
        rows.iter().filter(|row| (from..until).contains(&row.silent())).collect()
    };
    let lately = silent_for(window_days, window_days + 30);
    let lost = if lately.len() < FEW { silent_for(window_days, 2 * window_days) } else { lately };
    (silent_for(0, window_days), lost)
}

fn every_nth<'a>(customers: &[&'a Purchases], at_most: usize) -> Vec<&'a Purchases> {
    customers.iter().copied().step_by(customers.len().div_ceil(at_most).max(1)).collect()
}

/// An estimate with the interval that holds 95 % of what was drawn.
fn estimate(estimate: f64, mut drawn: Vec<f64>) -> Estimate {
    drawn.retain(|value| value.is_finite());
    drawn.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index into the draws"
        )]
        let index = (share * drawn.len().saturating_sub(1) as f64).round() as usize;
        drawn.get(index).copied().unwrap_or(estimate)
    };
    Estimate { estimate, low: quantile(0.025).min(estimate), high: quantile(0.975).max(estimate) }
}

/// What the contracts do not say themselves.
#[derive(Debug)]
pub(super) struct ContractContext {
    /// Customers under contract at the end of the data.
    pub(super) active_now: u64,
    /// Mean recurring amount of their contracts, taken as monthly.
    pub(super) amount_per_contract: Option<f64>,
    /// Seed of the draws behind the intervals.
    pub(super) seed: u64,
}

/// Value of contracts: shifted beta-geometric over months.
pub(super) fn of_contracts(spells: &SpellSummary, context: &ContractContext) -> Valuation {
    match try_of_contracts(spells, context) {
        Ok(valuation) => valuation,
        Err(error) => Valuation::none(reason(&error)),
    }
}

fn try_of_contracts(spells: &SpellSummary, context: &ContractContext) -> Result<Valuation, FitError> {
    let by_month: LifetimeTable = spells
        .group(EVERYBODY)
        .map(|(spell, count)| Lifetime {
            entry: months(spell.entry),
            // Renewal comes once a month: nobody leaves before the first.
            duration: months(spell.duration).max(u32::from(spell.ended.is_some())),
            cause: spell.ended.map(|_| 0),
            count,
        })
        .collect();
    let fit = sbg::fit(&by_month)?;
    let draws = fit.draws(DRAWS, &mut Pcg64::seed_from_u64(context.seed))?;
    // Ages of the customers who are still there: what they bring depends on how long they have stayed.
    let ages: Vec<(u32, u64)> = spells
        .group(EVERYBODY)
        .filter(|(spell, _)| spell.ended.is_none())
        .map(|(spell, count)| (months(spell.duration), count))
        .collect();
    let there: u64 = ages.iter().map(|(_, count)| count).sum();
    if there == 0 {
        return Ok(Valuation::none(NoValueReason::NothingToCompare));
    }
    let amount = context.amount_per_contract.unwrap_or(1.0);
    let year = |model: &Sbg| {
        let total: f64 = ages
            .iter()
            .map(|&(age, count)| count as f64 * model.expected_remaining_periods(age, MONTHS, 0.0))
            .sum();
        amount * total / there as f64
    };
    let drawn: Vec<f64> = draws.iter().map(year).collect();
    let point_customers = context.active_now as f64 / 100.0;
    let scaled = drawn.iter().map(|year| point_customers * year).collect();
    let year = year(&fit.model);
    let Sbg { alpha, beta } = fit.model;
    let value = Value {
        unit: if context.amount_per_contract.is_some() { ValueUnit::Money } else { ValueUnit::Purchases },
        models: ValueModels {
            sbg: Some(SbgFit { alpha, beta, log_likelihood: fit.log_likelihood }),
            ..ValueModels::default()
        },
        fitted_customers: by_month.customers(),
        active_customers: context.active_now,
        alive_customers: context.active_now as f64,
        active_customer_year: estimate(year, drawn),
        lost_customer_year: Estimate { estimate: 0.0, low: 0.0, high: 0.0 },
        point_customers,
        point_year: estimate(point_customers * year, scaled),
    };
    Ok(Valuation { value: Some(value), notes: Vec::new() })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration in days over 30")]
fn months(days: u32) -> u32 {
    (f64::from(days) / DAYS_PER_MONTH).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_estimate() {
        let found = estimate(1.0, vec![f64::NAN, 2.0, 3.0, 4.0]);
        assert!(found.low <= found.estimate && found.estimate <= found.high && found.high >= 3.0);
    }

    #[test]
    fn too_few_customers_give_a_reason_and_no_value() {
        let rows = [Purchases {
            repeats: 1,
            recency: 7,
            age: 70,
            repeat_amount: fidance_domain::amount::Amount::ZERO,
        }];
        let context = PurchaseContext {
            active_now: 1,
            window_days: 90,
            calibrated_to: Date::constant(2024, 1, 1),
            has_amounts: false,
            total_customers: 1,
            seed: 1,
        };
        let found = of_purchases(&rows, &context);
        assert!(found.value.is_none());
        let because = NoValueReason::TooFewCustomers { customers: 1, needed: 30 };
        assert_eq!(found.notes, [Note::NoValue { because }]);
    }
}
