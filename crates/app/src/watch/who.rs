//! Who is mostly concerned: how a fall is spread over the segments, and the group in which it is concentrated.
//!
//! Customers of a segment are compared with what they themselves used to do: segments differ within the classes of
//! recency, frequency and tenure, also when nothing happens. So the expectation of every combination of values is
//! multiplied by one factor per value, fitted on the weeks before the fall (iterative proportional fitting).

use std::{collections::BTreeMap, ops::Range};

use fidance_domain::{
    history::Segments,
    retention::returns::{Returns, ReturnsSummary},
};
use fidance_stats::{
    driver::{Cell, Dimension, Null, Scan, SegmentTable, Values, p_value, scan},
    hazard::RunReturns,
    interval::Confidence,
};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use super::model::{Concerned, Condition, Figure};

/// Returns by which a value's own factor is drawn towards 1.
const SHRINKAGE: f64 = 50.0;
/// Rounds of fitting: the factors stand after four or five.
const ROUNDS: usize = 8;
/// What a value must add to be named.
const PENALTY: f64 = 2.0;
/// Conditions that a person can act on.
const MOST_CONDITIONS: usize = 3;
/// Tables of the bootstrap: the p-value is no finer than 1/40.
const TABLES: u32 = 39;
/// A group is named below this chance of a search finding one where there is none.
const NAMED_BELOW: f64 = 0.05;

/// One combination of segment values before and during a fall.
#[derive(Debug, Clone)]
struct Combination {
    values: Vec<usize>,
    /// Observed and expected before.
    before: (f64, f64),
    during: Returns,
    /// Expected during the fall, with the factors.
    expected: f64,
}

/// A fall by combinations of segment values.
#[derive(Debug)]
pub(crate) struct Who<'a> {
    segments: &'a Segments,
    combinations: Vec<Combination>,
    /// Everybody during the fall.
    pub(crate) everybody: Returns,
}

/// The fall within one value of a segment column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ValueFall {
    pub(crate) dimension: usize,
    pub(crate) value: usize,
    pub(crate) during: Returns,
    pub(crate) expected: f64,
}

fn total(weeks: &[Returns], range: &Range<usize>) -> Returns {
    let mut sum = Returns::default();
    weeks.get(range.clone()).unwrap_or_default().iter().for_each(|week| sum.add(week));
    sum
}

impl<'a> Who<'a> {
    /// From the second pass: the weeks before the fall that the factors are fitted on, and those of the fall.
    pub(crate) fn new(
        returns: &ReturnsSummary,
        segments: &'a Segments,
        before: &Range<usize>,
        during: &Range<usize>,
    ) -> Self {
        let mut by_values: BTreeMap<Vec<usize>, Combination> = BTreeMap::new();
        let mut everybody = Returns::default();
        for (profile, weeks) in returns.profiles() {
            let values: Vec<usize> = segments
                .profiles
                .get(profile.0 as usize)
                .map(|values| values.iter().map(|value| *value as usize).collect())
                .unwrap_or_default();
            let (past, now) = (total(weeks, before), total(weeks, during));
            everybody.add(&now);
            let combination = by_values.entry(values).or_insert_with_key(|values| Combination {
                values: values.clone(),
                before: (0.0, 0.0),
                during: Returns::default(),
                expected: 0.0,
            });
            combination.before.0 += past.returned as f64;
            combination.before.1 += past.expected_customers();
            combination.during.add(&now);
        }
        let mut who = Self { segments, combinations: by_values.into_values().collect(), everybody };
        who.fit();
        who
    }

    /// One factor per value, then the expectations of the fall with them, scaled to the expectation of everybody.
    fn fit(&mut self) {
        let mut factors: Vec<Vec<f64>> =
            self.segments.values.iter().map(|values| vec![1.0; values.len()]).collect();
        for _ in 0..ROUNDS {
            for dimension in 0..factors.len() {
                let mut sums = vec![(SHRINKAGE, SHRINKAGE); factors.get(dimension).map_or(0, Vec::len)];
                for combination in &self.combinations {
                    let factor = factor(&factors, &combination.values);
                    let place = combination.values.get(dimension).and_then(|value| sums.get_mut(*value));
                    if let Some((observed, expected)) = place {
                        *observed += combination.before.0;
                        *expected += combination.before.1 * factor;
                    }
                }
                if let Some(values) = factors.get_mut(dimension) {
                    values.iter_mut().zip(sums).for_each(|(factor, (x, e))| *factor *= x / e);
                }
            }
        }
        for combination in &mut self.combinations {
            let own = combination.during.expected_customers() * factor(&factors, &combination.values);
            // An expectation is a number of customers at risk.
            combination.expected = own.min(0.999 * combination.during.at_risk as f64);
        }
        let sum: f64 = self.combinations.iter().map(|combination| combination.expected).sum();
        let scale = if sum > 0.0 { self.everybody.expected_customers() / sum } else { 1.0 };
        self.combinations.iter_mut().for_each(|combination| combination.expected *= scale);
    }

    /// Every value of every column in which anybody could return.
    pub(crate) fn values(&self) -> Vec<ValueFall> {
        let mut falls = Vec::new();
        for (dimension, values) in self.segments.values.iter().enumerate() {
            let mut sums: Vec<ValueFall> = (0..values.len())
                .map(|value| ValueFall { dimension, value, during: Returns::default(), expected: 0.0 })
                .collect();
            for combination in &self.combinations {
                if let Some(sum) = combination.values.get(dimension).and_then(|value| sums.get_mut(*value)) {
                    sum.during.add(&combination.during);
                    sum.expected += combination.expected;
                }
            }
            falls.extend(sums.into_iter().filter(|fall| fall.during.at_risk > 0 && fall.expected > 0.0));
        }
        falls
    }

    /// The relative change of some customers. Their own chance is added to the error of the whole: the level and the
    /// scatter of weeks are everybody's.
    pub(crate) fn relative(fall: &ValueFall, run: &RunReturns) -> Figure {
        let value = fall.during.returned as f64 / fall.expected;
        let common = if run.expected > 0.0 {
            (run.standard_deviation().powi(2) - run.expected).max(0.0) / run.expected.powi(2)
        } else {
            0.0
        };
        let reach = (Confidence::P95.z() * (1.0 / fall.expected + common).sqrt()).exp();
        Figure { value: value - 1.0, low: value / reach - 1.0, high: value * reach - 1.0 }
    }

    /// The group in which the fall is concentrated, where one stands out beyond what a search finds by chance.
    pub(crate) fn concerned(&self, seed: u64) -> Option<Concerned> {
        let segments = self.segments;
        let dimensions = segments.dimensions.iter().zip(&segments.values);
        let dimensions: Vec<Dimension> = dimensions
            .map(|(name, values)| Dimension { name: name.clone(), values: values.clone() })
            .collect();
        // What all have in common is the alarm's: a group stands out against it.
        let returned: f64 = self.combinations.iter().map(|cell| cell.during.returned as f64).sum();
        let expected: f64 = self.combinations.iter().map(|cell| cell.expected).sum();
        let common = (returned / expected).min(1.0);
        let cells = self.combinations.iter().filter(|cell| cell.during.at_risk > 0 && cell.expected > 0.0);
        let cells = cells.map(|cell| Cell {
            values: cell.values.clone(),
            customers: cell.during.at_risk,
            kept: cell.during.returned,
            expected: common * cell.expected / cell.during.at_risk as f64,
            evidence: Some((cell.before.1 + SHRINKAGE) / cell.expected * cell.during.at_risk as f64),
        });
        let table = SegmentTable::new(dimensions, cells.collect()).ok()?;
        let mut rng = Pcg64::seed_from_u64(seed);
        let settings = Scan { starts: 3, penalty: PENALTY, dimensions: MOST_CONDITIONS };
        let found = scan(&table, settings, &mut rng);
        if found.conditions.is_empty() || found.score <= 0.0 {
            return None;
        }
        let null = Null { overdispersion: 0.0, tables: TABLES };
        let p_value = p_value(&table, &found, settings, null, &mut rng);
        if p_value > NAMED_BELOW {
            return None;
        }
        let at_risk: f64 = self.combinations.iter().map(|cell| cell.during.at_risk as f64).sum();
        let own = found.expected / common;
        let missing = expected - returned;
        let condition = |condition: &fidance_stats::driver::Condition| {
            let (values, excluded) = match &condition.values {
                Values::OneOf(values) => (values, false),
                Values::NoneOf(values) => (values, true),
            };
            Condition { by: condition.dimension.clone(), values: values.clone(), excluded }
        };
        Some(Concerned {
            conditions: found.conditions.iter().map(condition).collect(),
            p_value,
            share_of_customers: found.customers as f64 / at_risk,
            share_of_missing: (own - found.kept as f64) / missing,
            relative: found.kept as f64 / own - 1.0,
        })
    }
}

/// The product of the factors of a combination's values.
fn factor(factors: &[Vec<f64>], values: &[usize]) -> f64 {
    factors.iter().zip(values).filter_map(|(of, value)| of.get(*value)).product()
}
