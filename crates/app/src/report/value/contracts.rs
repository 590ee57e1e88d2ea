//! Value of contracts: the shifted beta-geometric model of renewals, one step per month.

use fidance_domain::retention::{group::EVERYBODY, spell::SpellSummary};
use fidance_stats::{
    btyd::{
        FitError,
        sbg::{self, Sbg},
    },
    survival::{Lifetime, LifetimeTable},
};
use rand::SeedableRng;
use rand_pcg::Pcg64;

use super::{DRAWS, Valuation, estimate};
use crate::report::model::{NoValueReason, SbgFit, Value, ValueModels, ValueUnit};

/// Mean length of a month, in days: one step of a contract.
const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
const MONTHS: u32 = 12;

/// What the contracts do not say themselves.
#[derive(Debug)]
pub(in crate::report) struct ContractContext {
    /// Customers under contract at the end of the data.
    pub(in crate::report) active_now: u64,
    /// Mean recurring amount of their contracts, taken as monthly.
    pub(in crate::report) amount_per_customer: Option<f64>,
    /// Seed of the draws behind the intervals.
    pub(in crate::report) seed: u64,
}

/// Value of contracts: shifted beta-geometric over months.
pub(in crate::report) fn value(spells: &SpellSummary, context: &ContractContext) -> Valuation {
    estimated(spells, context).unwrap_or_else(Valuation::from)
}

fn estimated(spells: &SpellSummary, context: &ContractContext) -> Result<Valuation, FitError> {
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
    let amount = context.amount_per_customer.unwrap_or(1.0);
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
        unit: if context.amount_per_customer.is_some() { ValueUnit::Money } else { ValueUnit::Months },
        models: ValueModels {
            sbg: Some(SbgFit { alpha, beta, log_likelihood: fit.log_likelihood }),
            ..ValueModels::default()
        },
        fitted_customers: by_month.customers(),
        active_customers: context.active_now,
        alive_customers: context.active_now as f64,
        active_customer_year: estimate(year, drawn),
        lost_customer_year: None,
        point_customers,
        point_year: estimate(point_customers * year, scaled),
        backtest: None,
    };
    Ok(Valuation { value: Some(value), notes: Vec::new() })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration in days over 30")]
fn months(days: u32) -> u32 {
    (f64::from(days) / DAYS_PER_MONTH).round() as u32
}
