//! Incidents that reach groups at different dates: group-time effects of Callaway and Sant'Anna.
//!
//! With staggered dates one regression with unit and period effects compares late groups with early ones already
//! affected. Here each group is compared with units never affected only, and the averages are taken afterwards with
//! known weights. No covariates: alike units are made by [`super::matching`].

use crate::causal::{CausalError, EffectEstimate};
use crate::interval::Confidence;

/// Effect on one group in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupTimeEffect {
    /// First affected period of the group.
    pub group: usize,
    /// Period of the effect; before `group` it is a placebo.
    pub period: usize,
    /// Average effect on the group's units.
    pub effect: EffectEstimate,
    /// Its standard error.
    pub standard_error: f64,
    influence: Vec<f64>,
}

/// All group-time effects of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupTime {
    effects: Vec<GroupTimeEffect>,
    /// First affected period by unit.
    groups: Vec<Option<usize>>,
    confidence: Confidence,
}

/// One entry of an average: at a time since the incident, for a group, in a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AggregatePoint {
    /// Periods since the incident, first affected period, or period, by the kind of average.
    pub at: i64,
    /// The average.
    pub effect: EffectEstimate,
    /// Its standard error.
    pub standard_error: f64,
}

/// An average of group-time effects.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// One figure.
    pub overall: EffectEstimate,
    /// Its standard error.
    pub standard_error: f64,
    /// The parts.
    pub points: Vec<AggregatePoint>,
}

/// A weighted mean with its influence function.
struct Mean {
    value: f64,
    influence: Vec<f64>,
}

/// Group-time effects from outcomes by unit and period; `first[i]` is the first affected period of unit i.
///
/// `ATT(g,t) = mean(Y_t − Y_b | g) − mean(Y_t − Y_b | never affected)`, with b = g−1 for t ≥ g and b = t−1 before.
/// Influence of unit i: `(N/N_g)·1{g}(ΔY_i − mean) − (N/N_C)·1{C}(ΔY_i − mean)`; standard error √(mean ψ² / N).
/// Units affected in period 0 have no past and are left out of every group.
///
/// Callaway and Sant'Anna (2021), Journal of Econometrics 225. Errors: [`CausalError::NothingToCompare`] without
/// a group or without never-affected units, [`CausalError::Ragged`], [`CausalError::BadCell`].
///
/// ```
/// use fidance_stats::{causal::did::group_time, interval::Confidence};
/// let outcomes = [vec![9.0, 8.0, 5.0], vec![8.0, 7.5, 4.0], vec![9.0, 8.5, 8.0], vec![7.0, 7.0, 6.0]];
/// let found = group_time::fit(&outcomes, &[Some(2), Some(2), None, None], Confidence::P95)?;
/// assert!((found.simple().overall.value + 2.5).abs() < 1e-12);
/// # Ok::<(), fidance_stats::causal::CausalError>(())
/// ```
pub fn fit(
    outcomes: &[Vec<f64>],
    first: &[Option<usize>],
    confidence: Confidence,
) -> Result<GroupTime, CausalError> {
    let periods = check(outcomes, first)?;
    let mut groups: Vec<usize> = first.iter().flatten().copied().filter(|&g| g > 0 && g < periods).collect();
    groups.sort_unstable();
    groups.dedup();
    let controls = first.iter().filter(|group| group.is_none()).count();
    if groups.is_empty() || controls == 0 {
        return Err(CausalError::NothingToCompare { treated: first.len() - controls, controls });
    }
    let mut effects = Vec::with_capacity(groups.len() * (periods - 1));
    for &group in &groups {
        for period in 1..periods {
            effects.push(effect(outcomes, first, group, period, confidence));
        }
    }
    Ok(GroupTime { effects, groups: first.to_vec(), confidence })
}

fn check(outcomes: &[Vec<f64>], first: &[Option<usize>]) -> Result<usize, CausalError> {
    let periods = outcomes.first().map_or(0, Vec::len);
    for (unit, values) in outcomes.iter().enumerate() {
        if values.len() != periods {
            return Err(CausalError::Ragged { unit, found: values.len(), expected: periods });
        }
        if let Some(period) = values.iter().position(|value| !value.is_finite()) {
            return Err(CausalError::BadCell { unit, period });
        }
    }
    if first.len() != outcomes.len() {
        let unit = first.len().min(outcomes.len());
        return Err(CausalError::Ragged { unit, found: first.len(), expected: outcomes.len() });
    }
    if periods < 2 {
        return Err(CausalError::TooFewPeriods { before: 0, after: periods, needed: 1 });
    }
    Ok(periods)
}

fn effect(
    outcomes: &[Vec<f64>],
    first: &[Option<usize>],
    group: usize,
    period: usize,
    confidence: Confidence,
) -> GroupTimeEffect {
    let base = if period >= group { group - 1 } else { period - 1 };
    let changes: Vec<f64> = outcomes.iter().map(|values| values[period] - values[base]).collect();
    let side = |wanted: Option<usize>| {
        let of_side = || changes.iter().zip(first).filter(move |(_, group)| **group == wanted);
        let count = of_side().count() as f64;
        (of_side().map(|(change, _)| change).sum::<f64>() / count, count)
    };
    let (treated, treated_count) = side(Some(group));
    let (control, control_count) = side(None);
    let n = changes.len() as f64;
    let influence: Vec<f64> = changes
        .iter()
        .zip(first)
        .map(|(change, of)| match of {
            None => -n / control_count * (change - control),
            Some(of) if *of == group => n / treated_count * (change - treated),
            Some(_) => 0.0,
        })
        .collect();
    let standard_error = standard_error(&influence);
    let effect = EffectEstimate::normal(treated - control, standard_error, confidence);
    GroupTimeEffect { group, period, effect, standard_error, influence }
}

/// √(mean ψ² / N).
fn standard_error(influence: &[f64]) -> f64 {
    influence.iter().map(|psi| psi * psi).sum::<f64>().sqrt() / influence.len() as f64
}

impl GroupTime {
    /// Every effect, by group, then period.
    pub fn effects(&self) -> &[GroupTimeEffect] {
        &self.effects
    }

    /// Mean over all affected groups and periods, weighted by the size of the group.
    pub fn simple(&self) -> Aggregate {
        let mean = self.by_size(|effect| effect.period >= effect.group);
        self.aggregate(&mean, Vec::new())
    }

    /// By periods since the incident; overall is the plain mean from 0 on.
    pub fn dynamic(&self) -> Aggregate {
        let at = |effect: &GroupTimeEffect| since(effect);
        let parts = self.parts(at, |_| true, |part| self.by_size(part));
        self.plain_mean(parts, |at| at >= 0)
    }

    /// By period, over the groups affected by then; overall is the plain mean.
    pub fn calendar(&self) -> Aggregate {
        let at = |effect: &GroupTimeEffect| whole(effect.period);
        let parts = self.parts(at, |effect| effect.period >= effect.group, |part| self.by_size(part));
        self.plain_mean(parts, |_| true)
    }

    /// By group, the mean over its affected periods; overall is weighted by the size of the group.
    pub fn by_group(&self) -> Aggregate {
        let affected = |effect: &GroupTimeEffect| effect.period >= effect.group;
        let parts = self.parts(|effect| whole(effect.group), affected, |part| self.plain(part));
        let sizes: Vec<(usize, &Mean)> = parts
            .iter()
            .filter_map(|(at, mean)| usize::try_from(*at).ok().map(|group| (group, mean)))
            .collect();
        let overall = self.weighted(&sizes);
        self.aggregate(&overall, parts)
    }

    /// Groups the kept effects by `at` and averages each part.
    fn parts(
        &self,
        at: impl Fn(&GroupTimeEffect) -> i64 + Copy,
        keep: impl Fn(&GroupTimeEffect) -> bool + Copy,
        average: impl Fn(&dyn Fn(&GroupTimeEffect) -> bool) -> Mean,
    ) -> Vec<(i64, Mean)> {
        let mut values: Vec<i64> = self.effects.iter().filter(|effect| keep(effect)).map(at).collect();
        values.sort_unstable();
        values.dedup();
        values
            .into_iter()
            .map(|value| (value, average(&|effect| keep(effect) && at(effect) == value)))
            .collect()
    }

    /// Mean weighted by the share of the group among all units, with the error of the shares.
    fn by_size(&self, keep: impl Fn(&GroupTimeEffect) -> bool) -> Mean {
        let means: Vec<(usize, Mean)> = self
            .effects
            .iter()
            .filter(|effect| keep(effect))
            .map(|e| (e.group, Mean { value: e.effect.value, influence: e.influence.clone() }))
            .collect();
        self.weighted(&means.iter().map(|(group, mean)| (*group, mean)).collect::<Vec<_>>())
    }

    fn weighted(&self, means: &[(usize, &Mean)]) -> Mean {
        let n = self.groups.len() as f64;
        let share = |group: usize| self.groups.iter().filter(|of| **of == Some(group)).count() as f64 / n;
        let shares: Vec<f64> = means.iter().map(|(group, _)| share(*group)).collect();
        let total: f64 = shares.iter().sum();
        let value =
            means.iter().zip(&shares).map(|((_, mean), share)| share * mean.value).sum::<f64>() / total;
        // d(Σ s a / Σ s) = Σ s da / Σ s + Σ (a − value) ds / Σ s, where ds of a unit is 1{group} − share.
        let influence = |unit: usize| {
            means
                .iter()
                .zip(&shares)
                .map(|((group, mean), share)| {
                    let member = f64::from(u8::from(self.groups[unit] == Some(*group)));
                    share * mean.influence[unit] + (mean.value - value) * (member - share)
                })
                .sum::<f64>()
                / total
        };
        Mean { value, influence: (0..self.groups.len()).map(influence).collect() }
    }

    fn plain(&self, keep: impl Fn(&GroupTimeEffect) -> bool) -> Mean {
        let kept: Vec<&GroupTimeEffect> = self.effects.iter().filter(|effect| keep(effect)).collect();
        let values: Vec<(f64, &[f64])> =
            kept.iter().map(|effect| (effect.effect.value, effect.influence.as_slice())).collect();
        self.equal(&values)
    }

    fn equal(&self, values: &[(f64, &[f64])]) -> Mean {
        let count = values.len() as f64;
        let at = |unit: usize| values.iter().map(|(_, influence)| influence[unit]).sum::<f64>() / count;
        Mean {
            value: values.iter().map(|(value, _)| value).sum::<f64>() / count,
            influence: (0..self.groups.len()).map(at).collect(),
        }
    }

    fn plain_mean(&self, parts: Vec<(i64, Mean)>, keep: impl Fn(i64) -> bool) -> Aggregate {
        let kept: Vec<(f64, &[f64])> = parts
            .iter()
            .filter(|(at, _)| keep(*at))
            .map(|(_, mean)| (mean.value, mean.influence.as_slice()))
            .collect();
        let overall = self.equal(&kept);
        self.aggregate(&overall, parts)
    }

    fn aggregate(&self, overall: &Mean, parts: Vec<(i64, Mean)>) -> Aggregate {
        let estimate = |mean: &Mean| {
            let error = standard_error(&mean.influence);
            (EffectEstimate::normal(mean.value, error, self.confidence), error)
        };
        let (overall, standard_error) = estimate(overall);
        let point = |(at, mean): (i64, Mean)| {
            let (effect, standard_error) = estimate(&mean);
            AggregatePoint { at, effect, standard_error }
        };
        Aggregate { overall, standard_error, points: parts.into_iter().map(point).collect() }
    }
}

fn since(effect: &GroupTimeEffect) -> i64 {
    whole(effect.period) - whole(effect.group)
}

fn whole(period: usize) -> i64 {
    i64::try_from(period).unwrap_or(i64::MAX)
}
