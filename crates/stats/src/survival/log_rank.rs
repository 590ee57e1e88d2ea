//! The log-rank test: do two or more groups of customers leave at the same pace?

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::gamma_ur;

use super::{LifetimeTable, SurvivalError};

/// Observed and expected events of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupCounts {
    /// Customers in the group.
    pub customers: u64,
    /// Events observed.
    pub observed: u64,
    /// Events expected if all groups left at the same pace.
    pub expected: f64,
}

/// The result of a log-rank test.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRank {
    /// The test statistic.
    pub chi_square: f64,
    /// Degrees of freedom: groups that could be compared, minus one.
    pub degrees_of_freedom: usize,
    /// Chance of a statistic at least as large when all groups leave at the same pace. Underflows to 0
    /// beyond a statistic of about 1400.
    pub p_value: f64,
    /// One entry per group, in the order given.
    pub groups: Vec<GroupCounts>,
}

/// Log-rank test on two or more groups (Mantel 1966, Peto and Peto 1972), with left truncation.
///
/// The statistic is Uᵀ V⁻ U with U = observed − expected events per group and V their hypergeometric
/// covariance summed over event times; the generalised inverse drops groups that are never at risk
/// together with the others, and the degrees of freedom follow its rank.
/// Time: distinct event times × groups².
///
/// ```
/// use fidance_stats::survival::{Lifetime, LifetimeTable, log_rank};
/// let group = |month| LifetimeTable::from_iter([
///     Lifetime { entry: 0, duration: month, cause: Some(0), count: 40 },
///     Lifetime { entry: 0, duration: 24, cause: None, count: 60 },
/// ]);
/// let same = log_rank(&[&group(6), &group(6)])?;
/// let sooner = log_rank(&[&group(2), &group(20)])?;
/// assert!(same.p_value > 0.99);
/// assert_eq!(sooner.degrees_of_freedom, 1);
/// # Ok::<(), fidance_stats::survival::SurvivalError>(())
/// ```
pub fn log_rank(groups: &[&LifetimeTable]) -> Result<LogRank, SurvivalError> {
    if groups.len() < 2 {
        return Err(SurvivalError::TooFewGroups { groups: groups.len() });
    }
    let scores = Scores::collect(groups);
    let (chi_square, degrees_of_freedom) = scores.statistic().ok_or(SurvivalError::NotComparable)?;
    let counts = groups.iter().zip(&scores.expected).map(|(table, &expected)| GroupCounts {
        customers: table.customers(),
        observed: table.events(),
        expected,
    });
    Ok(LogRank {
        chi_square,
        degrees_of_freedom,
        p_value: chi_square_tail(chi_square, degrees_of_freedom),
        groups: counts.collect(),
    })
}

/// P(χ² ≥ x) with `df` degrees of freedom.
fn chi_square_tail(x: f64, df: usize) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_ur(df as f64 / 2.0, x / 2.0) }
}

struct Scores {
    expected: Vec<f64>,
    difference: DVector<f64>,
    covariance: DMatrix<f64>,
}

impl Scores {
    fn collect(groups: &[&LifetimeTable]) -> Self {
        let n_groups = groups.len();
        let mut scores = Self {
            expected: vec![0.0; n_groups],
            difference: DVector::zeros(n_groups),
            covariance: DMatrix::zeros(n_groups, n_groups),
        };
        let pooled: LifetimeTable = groups.iter().copied().sum();
        let mut sweeps: Vec<_> = groups.iter().map(|table| table.sweep()).collect();
        for set in pooled.risk_sets().filter(|set| set.events > 0) {
            let at_risk: Vec<f64> = sweeps.iter_mut().map(|sweep| sweep.at_risk(set.time) as f64).collect();
            scores.add_time(&at_risk, set.events as f64);
            for (g, table) in groups.iter().enumerate() {
                scores.difference[g] += table.events_at(set.time) as f64;
            }
        }
        for (difference, expected) in scores.difference.iter_mut().zip(&scores.expected) {
            *difference -= expected;
        }
        scores
    }

    /// Adds the expected events and the hypergeometric covariance of one event time.
    fn add_time(&mut self, at_risk: &[f64], events: f64) {
        let total: f64 = at_risk.iter().sum();
        let spread = if total > 1.0 { events * (total - events) / (total - 1.0) } else { 0.0 };
        for (g, &n_g) in at_risk.iter().enumerate() {
            let share = n_g / total;
            self.expected[g] += events * share;
            self.covariance[(g, g)] += spread * share;
            for (h, &n_h) in at_risk.iter().enumerate() {
                self.covariance[(g, h)] -= spread * share * n_h / total;
            }
        }
    }

    /// The quadratic form and the rank of the covariance; `None` when the rank is 0.
    fn statistic(&self) -> Option<(f64, usize)> {
        let eigen = self.covariance.clone().symmetric_eigen();
        let largest = eigen.eigenvalues.max();
        let smallest_kept = largest * self.expected.len() as f64 * 1e-12;
        let (mut chi_square, mut rank) = (0.0, 0);
        for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
            if *value > smallest_kept && *value > 0.0 {
                let projection = vector.dot(&self.difference);
                chi_square += projection * projection / value;
                rank += 1;
            }
        }
        (rank > 0).then_some((chi_square, rank))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lifetime;
    use super::*;

    fn table(rows: &[(u32, u32, bool)]) -> LifetimeTable {
        rows.iter()
            .map(|&(entry, duration, event)| Lifetime {
                entry,
                duration,
                cause: event.then_some(0),
                count: 1,
            })
            .collect()
    }

    #[test]
    fn groups_that_never_meet_cannot_be_compared() {
        let early = table(&[(0, 1, true), (0, 2, true)]);
        let late = table(&[(5, 8, true), (5, 9, true)]);
        assert_eq!(log_rank(&[&early, &late]), Err(SurvivalError::NotComparable));
        assert_eq!(log_rank(&[&early]), Err(SurvivalError::TooFewGroups { groups: 1 }));
    }

    #[test]
    fn a_group_never_at_risk_takes_no_degree_of_freedom() {
        let a = table(&[(0, 3, true), (0, 5, true), (0, 9, false)]);
        let b = table(&[(0, 1, true), (0, 2, true), (0, 4, false)]);
        let without = log_rank(&[&a, &b]).unwrap();
        let with = log_rank(&[&a, &b, &LifetimeTable::new()]).unwrap();
        assert_eq!(with.degrees_of_freedom, 1);
        assert!((with.chi_square - without.chi_square).abs() < 1e-12);
    }
}
