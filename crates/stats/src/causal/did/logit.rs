//! The effect on the log-odds of staying, from counts, with the customers it cost.
//!
//! Units and periods have their own level on the log-odds scale, so a season or a shock common to all is taken
//! out, and a unit at 99 % may move fewer points than one at 90 % without this being called an effect. Counts
//! vary more than a binomial would; the dispersion measures by how much and widens every interval. It does not
//! see shocks that stay with one unit for weeks: the placebos of [`crate::causal::gate`] do.

use super::two_way::{Gradient, TwoWayLogit};
use crate::causal::{CausalError, EffectEstimate, Panel};
use crate::interval::Confidence;

/// The effect on three scales.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogitEffect {
    /// Change of the log-odds of staying, tau.
    pub log_odds: EffectEstimate,
    /// Mean change of the share retained over the affected cells, each cell counting alike.
    pub average_marginal_effect: EffectEstimate,
    /// Mean change of the share retained per affected customer.
    pub effect_per_customer: EffectEstimate,
    /// Customers lost over all affected cells; negative when customers were won.
    pub customers_lost: EffectEstimate,
    /// Customer-periods that `customers_lost` is out of.
    pub customers: f64,
    /// Pearson's X² over its degrees of freedom; 1 for binomial counts.
    pub dispersion: f64,
}

/// Fits `logit p_st = a_s + b_t + tau·D_st` with D = 1 for affected units from the disclosure on.
///
/// Quasi-likelihood (Wedderburn 1974): dispersion phi = Σ (x−np)²/(np(1−p)) / (cells − parameters), standard
/// errors times √max(phi, 1), intervals by the delta method with Student's t. Cost per iteration: cells times the smaller of units
/// and periods.
///
/// Errors: [`CausalError::NoCounts`], [`CausalError::NotIdentified`] (also when no customer of a unit or a period
/// ever left), [`CausalError::NoConvergence`].
///
/// ```
/// use fidance_stats::{causal::{Cell, Panel, did::logit}, interval::Confidence};
/// let unit = |retained: [u64; 4]| retained.map(|retained| Cell { customers: 1000, retained }).to_vec();
/// let units = [unit([950, 940, 900, 903]), unit([900, 893, 901, 899]), unit([925, 917, 928, 921])];
/// let panel = Panel::from_counts(&units, &[true, false, false], 2)?;
/// let found = logit::fit(&panel, Confidence::P95)?;
/// assert!(found.log_odds.value < -0.5 && found.average_marginal_effect.interval.high < 0.0);
/// assert!((found.customers_lost.value + 2000.0 * found.effect_per_customer.value).abs() < 1e-9);
/// # Ok::<(), fidance_stats::causal::CausalError>(())
/// ```
pub fn fit(panel: &Panel, confidence: Confidence) -> Result<LogitEffect, CausalError> {
    let model = TwoWayLogit::fit(panel, 1, |unit, period| {
        (panel.is_treated(unit) && period >= panel.start()).then_some(0)
    })?;
    let estimate = |value: f64, gradient: &Gradient, factor: f64| {
        let error = factor.abs() * model.variance(gradient).max(0.0).sqrt();
        EffectEstimate::student(factor * value, error, model.degrees_of_freedom, confidence)
    };
    let cells = model.cells_in(0) as f64;
    let (effects, by_cell) = model.effect_sum(0, |_| 1.0);
    let (gained, by_customer) = model.effect_sum(0, |customers| customers);
    let affected = |unit: usize, period: usize| panel.is_treated(unit) && period >= panel.start();
    let customers: f64 = (0..panel.units())
        .flat_map(|unit| (0..panel.periods()).map(move |period| (unit, period)))
        .filter(|&(unit, period)| affected(unit, period))
        .filter_map(|(unit, period)| panel.customers(unit, period))
        .sum();
    Ok(LogitEffect {
        log_odds: estimate(model.coefficient(0), &model.pick(0), 1.0),
        average_marginal_effect: estimate(effects, &by_cell, 1.0 / cells),
        effect_per_customer: estimate(gained, &by_customer, 1.0 / customers),
        customers_lost: estimate(gained, &by_customer, -1.0),
        customers,
        dispersion: model.dispersion,
    })
}
