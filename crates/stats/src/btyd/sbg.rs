//! Shifted beta-geometric: how contracts are renewed, and how long the remaining ones will last.
//!
//! Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21(1).
//! Each customer fails to renew with a constant chance θ ~ Beta(α, β); retention rises with age because
//! those who leave easily have left.

use super::fit::{Fit, FitError, LogParameters, maximise, require};
use super::optimise::Objective;
use crate::survival::{LifetimeTable, RiskSet};

/// The two parameters of the shifted beta-geometric model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sbg {
    /// First shape of the chance not to renew.
    pub alpha: f64,
    /// Second shape; the mean chance not to renew is α/(α+β).
    pub beta: f64,
}

impl LogParameters<2> for Sbg {
    const NAMES: [&'static str; 2] = ["alpha", "beta"];

    fn from_log(log_parameters: [f64; 2]) -> Self {
        let [alpha, beta] = log_parameters.map(f64::exp);
        Self { alpha, beta }
    }

    fn to_log(&self) -> [f64; 2] {
        [self.alpha, self.beta].map(f64::ln)
    }
}

impl Sbg {
    /// r(t) = (β+t−1)/(α+β+t−1): the share of the contracts alive after t−1 periods that is renewed at the
    /// end of period t. Defined for t ≥ 1; 1 at t = 0.
    ///
    /// ```
    /// use fidance_stats::btyd::sbg::Sbg;
    /// let regular = Sbg { alpha: 0.704, beta: 1.182 };
    /// assert!((regular.retention_rate(1) - 0.627).abs() < 1e-3);
    /// assert!(regular.retention_rate(7) > regular.retention_rate(1));
    /// ```
    pub fn retention_rate(&self, period: u32) -> f64 {
        if period == 0 {
            return 1.0;
        }
        let renewed = self.beta + f64::from(period) - 1.0;
        renewed / (self.alpha + renewed)
    }

    /// S(t) = B(α, β+t)/B(α, β): the share of contracts alive after `periods` renewals.
    ///
    /// Computed as the product of the retention rates, which keeps full precision: `periods` steps.
    ///
    /// ```
    /// use fidance_stats::btyd::sbg::Sbg;
    /// let regular = Sbg { alpha: 0.704, beta: 1.182 };
    /// assert!((regular.survival(7) - 0.24).abs() < 0.01);
    /// ```
    pub fn survival(&self, periods: u32) -> f64 {
        (1..=periods).map(|period| self.retention_rate(period)).product()
    }

    /// Expected further periods, within the next `horizon` ones, of a contract that has been renewed
    /// `survived` times: Σ over k = 1..horizon of S(survived+k)/S(survived)/(1+discount)ᵏ.
    ///
    /// `discount` is per period; 0 counts periods, a positive one gives their present worth, so that the
    /// value of a contract is this times the margin per period. Steps: `horizon`.
    ///
    /// ```
    /// use fidance_stats::btyd::sbg::Sbg;
    /// let regular = Sbg { alpha: 0.704, beta: 1.182 };
    /// let new = regular.expected_remaining_periods(0, 10, 0.1);
    /// let old = regular.expected_remaining_periods(5, 10, 0.1);
    /// assert!(new < old && old < 10.0);
    /// ```
    pub fn expected_remaining_periods(&self, survived: u32, horizon: u32, discount: f64) -> f64 {
        let mut worth = 1.0;
        let mut total = 0.0;
        for k in 1..=horizon {
            worth *= self.retention_rate(survived.saturating_add(k)) / (1.0 + discount);
            total += worth;
        }
        total
    }
}

/// Fits the model by maximum likelihood to lifetimes counted in renewal periods.
///
/// A lifetime of t with a cause is a contract not renewed at the end of period t (t ≥ 1); without cause,
/// one alive after t renewals. All causes count as leaving. Entry times are honoured: a contract seen from
/// its third renewal on enters at 3. Cost: the number of periods per iteration.
/// Errors: [`FitError::InvalidRow`] with index 0 for events at time 0, [`FitError::TooFewCustomers`]
/// (fewer than 30 contracts ended), [`FitError::NotConverged`], [`FitError::NotIdentified`] (one period
/// observed only).
///
/// ```
/// use fidance_stats::btyd::sbg;
/// use fidance_stats::survival::{Lifetime, LifetimeTable};
/// let mut contracts = LifetimeTable::new();
/// for (year, ended) in (1..).zip([369, 163, 86, 56, 37, 27, 21]) {
///     contracts.add(Lifetime { entry: 0, duration: year, cause: Some(0), count: ended });
/// }
/// contracts.add(Lifetime { entry: 0, duration: 7, cause: None, count: 241 });
/// let fit = sbg::fit(&contracts)?;
/// assert!((fit.model.alpha - 0.704).abs() < 0.001);
/// assert!((fit.model.beta - 1.182).abs() < 0.001);
/// # Ok::<(), fidance_stats::btyd::FitError>(())
/// ```
pub fn fit(contracts: &LifetimeTable) -> Result<Fit<Sbg, 2>, FitError> {
    if contracts.events_at(0) > 0 {
        return Err(FitError::InvalidRow {
            index: 0,
            reason: "a contract cannot end before its first period",
        });
    }
    if contracts.last_time().is_some_and(|last| last > MAX_PERIODS) {
        return Err(FitError::InvalidRow { index: 0, reason: "a contract of more than 100,000 periods" });
    }
    require(contracts.events(), "a contract that ended")?;
    let renewals = Renewals::new(contracts);
    let range = [(1e-3_f64.ln(), 1e4_f64.ln()); 2];
    maximise(&renewals, &renewals.starts(), range, contracts.customers())
}

/// Every period is visited, so that one wild lifetime must not cost gigabytes.
const MAX_PERIODS: u32 = 100_000;

/// Renewals and their refusals by period. The likelihood of a whole life is the product of its renewals, so
/// censoring and late entry need no further care: a period counts for those at risk in it.
struct Renewals {
    periods: Vec<Period>,
    customers: f64,
    ended: f64,
    decisions: f64,
}

struct Period {
    /// t − 1.
    past: f64,
    ended: f64,
    renewed: f64,
}

impl Renewals {
    fn new(contracts: &LifetimeTable) -> Self {
        let mut sweep = contracts.sweep();
        let periods: Vec<Period> = (1..=contracts.last_time().unwrap_or(0))
            .map(|time| {
                let at_risk = sweep.at_risk(time);
                let set = RiskSet { time, at_risk, events: contracts.events_at(time), censored: 0 };
                Period {
                    past: f64::from(time - 1),
                    ended: set.events as f64,
                    renewed: (set.at_risk - set.events) as f64,
                }
            })
            .filter(|period| period.ended + period.renewed > 0.0)
            .collect();
        let ended = periods.iter().map(|period| period.ended).sum();
        let decisions = periods.iter().map(|period| period.ended + period.renewed).sum();
        Self { periods, customers: contracts.customers() as f64, ended, decisions }
    }

    /// Starts around the mean chance not to renew, from customers very different to nearly alike.
    fn starts(&self) -> Vec<[f64; 2]> {
        let mean = (self.ended / self.decisions).clamp(1e-6, 1.0 - 1e-6);
        [0.5, 2.0, 10.0, 100.0].map(|total: f64| [total * mean, total * (1.0 - mean)].map(f64::ln)).to_vec()
    }
}

impl Objective<2> for Renewals {
    fn evaluate(&self, log_parameters: &[f64; 2]) -> (f64, [f64; 2]) {
        let [alpha, beta] = log_parameters.map(f64::exp);
        let (mut value, mut by_alpha, mut by_beta) = (0.0, 0.0, 0.0);
        for period in &self.periods {
            let stay = beta + period.past;
            let (total, decisions) = (alpha + stay, period.ended + period.renewed);
            value += period.ended * alpha.ln() + period.renewed * stay.ln() - decisions * total.ln();
            by_alpha += period.ended / alpha - decisions / total;
            by_beta += period.renewed / stay - decisions / total;
        }
        (-value / self.customers, [-by_alpha * alpha / self.customers, -by_beta * beta / self.customers])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survival::Lifetime;

    fn cohort(survivors: &[f64]) -> LifetimeTable {
        let mut table = LifetimeTable::new();
        let count = |share: f64| format!("{:.0}", share * 10.0).parse::<u64>().unwrap();
        for (year, pair) in (1..).zip(survivors.windows(2)) {
            table.add(Lifetime { entry: 0, duration: year, cause: Some(0), count: count(pair[0] - pair[1]) });
        }
        let years = u32::try_from(survivors.len() - 1).unwrap();
        let alive = count(survivors[survivors.len() - 1]);
        table.add(Lifetime { entry: 0, duration: years, cause: None, count: alive });
        table
    }

    /// Fader and Hardie 2007, tables 1 and 2: 1000 customers, 7 years; published to three digits.
    #[test]
    fn published_cohorts() {
        let regular = fit(&cohort(&[100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1])).unwrap();
        assert!((regular.model.alpha - 0.704).abs() < 5e-4, "{regular:?}");
        assert!((regular.model.beta - 1.182).abs() < 5e-4, "{regular:?}");
        let high_end = fit(&cohort(&[100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1])).unwrap();
        assert!((high_end.model.alpha - 0.668).abs() < 5e-4, "{high_end:?}");
        assert!((high_end.model.beta - 3.806).abs() < 5e-4, "{high_end:?}");
    }

    #[test]
    fn late_entry_leaves_the_parameters_in_place() {
        let truth = Sbg { alpha: 0.8, beta: 2.0 };
        let mut whole = LifetimeTable::new();
        let mut late = LifetimeTable::new();
        let count = |share: f64| format!("{:.0}", share * 1e6).parse::<u64>().unwrap();
        for year in 1..=20 {
            let ended = count(truth.survival(year - 1) - truth.survival(year));
            whole.add(Lifetime { entry: 0, duration: year, cause: Some(0), count: ended });
            late.add(Lifetime { entry: 3, duration: year, cause: Some(0), count: ended });
        }
        whole.add(Lifetime { entry: 0, duration: 20, cause: None, count: count(truth.survival(20)) });
        late.add(Lifetime { entry: 3, duration: 20, cause: None, count: count(truth.survival(20)) });
        for table in [&whole, &late] {
            let model = fit(table).unwrap().model;
            assert!((model.alpha - 0.8).abs() < 1e-3 && (model.beta - 2.0).abs() < 1e-2, "{model:?}");
        }
    }

    #[test]
    fn one_period_cannot_tell_the_parameters_apart() {
        let mut table = LifetimeTable::new();
        table.add(Lifetime { entry: 0, duration: 1, cause: Some(0), count: 300 });
        table.add(Lifetime { entry: 0, duration: 1, cause: None, count: 700 });
        assert!(fit(&table).is_err());
        for duration in [0, u32::MAX] {
            let mut wild = table.clone();
            wild.add(Lifetime { entry: 0, duration, cause: Some(0), count: 1 });
            assert!(matches!(fit(&wild), Err(FitError::InvalidRow { .. })), "{duration}");
        }
    }

    #[test]
    fn customers_all_alike_reach_the_bound_and_keep_their_rate() {
        let mut table = LifetimeTable::new();
        let mut alive = 1u64 << 20;
        for period in 1..=10 {
            table.add(Lifetime { entry: 0, duration: period, cause: Some(0), count: alive / 2 });
            alive /= 2;
        }
        table.add(Lifetime { entry: 0, duration: 10, cause: None, count: alive });
        let fit = fit(&table).unwrap();
        assert!(fit.at_bound.contains(&true), "{fit:?}");
        assert!((fit.model.retention_rate(5) - 0.5).abs() < 1e-3, "{fit:?}");
    }
}
