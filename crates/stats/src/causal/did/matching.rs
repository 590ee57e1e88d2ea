//! Controls that were like the affected customers before the incident.
//!
//! Two ways. Customers: strata (recency × frequency × tenure, say) come as cells with counts, and unaffected
//! customers are weighted to the affected ones' composition, exactly. Units: whole segments are ranked by how
//! alike their history was. Both use only what was known before the disclosure; what was not measured stays unlike.

use crate::causal::{CausalError, Cell, EffectEstimate, Panel};
use crate::interval::Confidence;

/// One stratum: customers alike in what was known before, on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stratum {
    /// Affected customers.
    pub affected: Cell,
    /// Unaffected customers.
    pub unaffected: Cell,
}

/// Weights of unaffected customers, one per stratum.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Weight of one unaffected customer of the stratum; 0 where one side is empty.
    pub weights: Vec<f64>,
    /// Affected customers who have a counterpart.
    pub matched: u64,
    /// Affected customers in strata without any unaffected one: nothing is said of them.
    pub unmatched: u64,
    /// Unaffected customers that the weighted ones are worth (Kish): (Σw)² / Σw².
    pub effective_controls: f64,
}

/// Exact stratification weights: affected over unaffected customers of each stratum.
///
/// Weighted so, the unaffected have the composition of the matched affected customers (the weights of the average
/// effect on the affected). `None` when no stratum has customers on both sides.
///
/// ```
/// use fidance_stats::causal::{Cell, did::matching::{Stratum, weights}};
/// let cell = |customers| Cell { customers, retained: customers };
/// let strata = [(30, 60), (10, 5), (3, 0)].map(|(a, u)| Stratum { affected: cell(a), unaffected: cell(u) });
/// let found = weights(&strata).unwrap();
/// assert_eq!((found.weights, found.matched, found.unmatched), (vec![0.5, 2.0, 0.0], 40, 3));
/// ```
pub fn weights(strata: &[Stratum]) -> Option<Weights> {
    let both = |stratum: &Stratum| stratum.affected.customers > 0 && stratum.unaffected.customers > 0;
    let weights: Vec<f64> = strata
        .iter()
        .map(|stratum| {
            if both(stratum) {
                stratum.affected.customers as f64 / stratum.unaffected.customers as f64
            } else {
                0.0
            }
        })
        .collect();
    let affected = |stratum: &Stratum| stratum.affected.customers;
    let matched: u64 = strata.iter().filter(|stratum| both(stratum)).map(affected).sum();
    let unmatched = strata.iter().map(affected).sum::<u64>() - matched;
    let squares: f64 =
        strata.iter().zip(&weights).map(|(stratum, w)| stratum.unaffected.customers as f64 * w * w).sum();
    let total = matched as f64;
    (matched > 0).then(|| Weights {
        weights,
        matched,
        unmatched,
        effective_controls: total * total / squares,
    })
}

/// Sampling variance of the sum of something over the customers of one stratum, from its sum and the sum of its squares:
/// `n/(n−1) (Σy² − (Σy)²/n)`.
///
/// Customers are draws, weeks of one customer are not: who bought in one week more often than others of the stratum does so in
/// the next. With a single customer nothing is known of how they differ, and the square itself is taken.
///
/// ```
/// use fidance_stats::causal::did::matching::variance_of_sum;
/// // Numbers 1, 2, 3: the variance 1, three times.
/// assert_eq!(variance_of_sum(3, 6.0, 14.0), 3.0);
/// assert_eq!((variance_of_sum(1, 2.0, 4.0), variance_of_sum(0, 0.0, 0.0)), (4.0, 0.0));
/// ```
pub fn variance_of_sum(customers: u64, sum: f64, squares: f64) -> f64 {
    if customers < 2 {
        return squares;
    }
    let n = customers as f64;
    (n / (n - 1.0) * (squares - sum * sum / n)).max(0.0)
}

/// Difference of the share retained between affected and matched unaffected customers.
///
/// `Σ (N_s/N)(r_affected − r_unaffected)` over strata with both sides, `N_s` the affected customers of s. Variances are
/// binomial with (x+½)/(n+1) for the share, so that a full stratum does not count as certain. It compares one
/// period: the difference before the disclosure should be shown with it. `None` as in [`weights`], or where a cell
/// retains more customers than it has.
pub fn stratified_effect(strata: &[Stratum], confidence: Confidence) -> Option<EffectEstimate> {
    let matched = weights(strata)?.matched as f64;
    let (mut value, mut variance) = (0.0, 0.0);
    for stratum in strata {
        let Stratum { affected, unaffected } = *stratum;
        if affected.customers == 0 || unaffected.customers == 0 {
            continue;
        }
        if affected.retained > affected.customers || unaffected.retained > unaffected.customers {
            return None;
        }
        let share = affected.customers as f64 / matched;
        value += share * (rate(affected) - rate(unaffected));
        variance += share * share * (rate_variance(affected) + rate_variance(unaffected));
    }
    Some(EffectEstimate::normal(value, variance.sqrt(), confidence))
}

fn rate(cell: Cell) -> f64 {
    cell.retained as f64 / cell.customers as f64
}

fn rate_variance(cell: Cell) -> f64 {
    let n = cell.customers as f64;
    let p = (cell.retained as f64 + 0.5) / (n + 1.0);
    p * (1.0 - p) / n
}

/// An unaffected unit and how unlike the affected ones it moved before the disclosure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    /// Position in the panel.
    pub unit: usize,
    /// Root mean square of the gap around its own mean, in the unit of the outcome; 0 for parallel histories.
    pub distance: f64,
}

/// Unaffected units, the most parallel before the disclosure first.
///
/// A difference of level does not count: difference in differences removes it. Ties keep the order of the panel.
pub fn similarity(panel: &Panel) -> Vec<Similarity> {
    let treated = panel.treated_mean();
    let before = panel.start();
    let distance = |unit: usize| {
        let gap: Vec<f64> = (0..before).map(|period| treated[period] - panel.value(unit, period)).collect();
        let mean = gap.iter().sum::<f64>() / before as f64;
        (gap.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / before as f64).sqrt()
    };
    let mut ranked: Vec<Similarity> =
        panel.control_units().into_iter().map(|unit| Similarity { unit, distance: distance(unit) }).collect();
    ranked.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    ranked
}

/// The panel with only the `keep` most parallel unaffected units.
///
/// Picking controls by their fit makes any estimator look surer than it is: the placebos must pick again each time.
/// Error: [`CausalError::TooFewControls`] when `keep` is 0 or more than there are.
pub fn most_similar(panel: &Panel, keep: usize) -> Result<Panel, CausalError> {
    let ranked = similarity(panel);
    if keep == 0 || keep > ranked.len() {
        return Err(CausalError::TooFewControls { controls: ranked.len(), needed: keep.max(1) });
    }
    let kept: Vec<usize> = ranked.iter().take(keep).map(|similar| similar.unit).collect();
    panel.with_controls(&kept)
}

#[cfg(test)]
mod tests {
    use rand_distr::{Binomial, Distribution, Gamma};
    use rand_pcg::{Pcg64, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn composition_alone_is_no_effect() {
        // Retention depends on the stratum only; the affected have more of the weak one.
        let cell = |customers: u64, percent: u64| Cell { customers, retained: customers * percent / 100 };
        let strata = [(900, 100, 80), (100, 900, 95)]
            .map(|(a, u, percent)| Stratum { affected: cell(a, percent), unaffected: cell(u, percent) });
        let effect = stratified_effect(&strata, Confidence::P95).unwrap();
        assert!(effect.value.abs() < 1e-12, "{effect:?}");
        assert!(effect.interval.contains(0.0) && effect.interval.width() > 0.0);
        assert_eq!(stratified_effect(&[], Confidence::P95), None);
    }

    #[test]
    fn the_parallel_unit_is_picked_and_the_level_does_not_matter() {
        let wave = |level: f64, height: f64| -> Vec<f64> {
            (0..10).map(|period| level + height * f64::from(period % 3)).collect()
        };
        let units = [wave(0.9, 0.01), wave(0.9, 0.03), wave(0.5, 0.01), wave(0.9, -0.02)];
        let panel = Panel::from_values(&units, &[true, false, false, false], 6).unwrap();
        let order: Vec<usize> = similarity(&panel).iter().map(|similar| similar.unit).collect();
        assert_eq!(order, [2, 1, 3]);
        assert_eq!(most_similar(&panel, 1).unwrap().units(), 2);
        assert!(most_similar(&panel, 4).is_err());
    }

    #[test]
    fn customers_with_habits_vary_more_than_their_weeks_would_alone() {
        // Customers alike but for their habits: gamma rates, 20 weeks, each bought in or not. Half of them are on a list.
        let mut rng = Pcg64::seed_from_u64(3);
        let habits = Gamma::new(0.9, 0.1 / 0.9).unwrap();
        let (mut square, mut by_customers, mut by_weeks) = (0.0, 0.0, 0.0);
        let (draws, customers) = (600, 150_u64);
        for _ in 0..draws {
            let mut difference = 0.0;
            for side in [1.0, -1.0] {
                let weeks: Vec<f64> = (0..customers)
                    .map(|_| {
                        let habit: f64 = habits.sample(&mut rng);
                        Binomial::new(20, 1.0 - (-habit).exp()).unwrap().sample(&mut rng) as f64
                    })
                    .collect();
                let sum: f64 = weeks.iter().sum();
                difference += side * sum;
                by_customers +=
                    variance_of_sum(customers, sum, weeks.iter().map(|weeks| weeks * weeks).sum());
                by_weeks += sum;
            }
            square += difference * difference;
        }
        // Relative error of a mean square of 600 draws: 6 %, three of them 18.
        assert!((square / by_customers - 1.0).abs() < 0.18, "{}", square / by_customers);
        assert!(square / by_weeks > 1.8, "weeks are not independent: {}", square / by_weeks);
    }
}
