//! How many incidents like the known ones a statement would need: said instead of a coefficient whose interval
//! covers 0.

use nalgebra::{DMatrix, DVector};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::incidents::{Incidents, MetaError, Sampling};
use super::reml::{MetaRegression, reml, t_quantile};
use crate::interval::Confidence;

/// Beyond this the answer is "out of reach".
const MOST: usize = 100_000;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Index of the coefficient.
    pub coefficient: usize,
    /// The size it is supposed to have, in its unit: the smallest that would matter. The fitted value would do only
    /// if it were known to be right; chosen because it is large, it gives too few incidents.
    pub effect: f64,
    /// Chance with which the interval is to exclude 0.
    pub power: f64,
    /// Level of the interval.
    pub confidence: Confidence,
}

/// Number of incidents for a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidentsNeeded {
    /// All incidents together, the known ones included.
    pub incidents: usize,
    /// The standard error expected with that many.
    pub standard_error: f64,
}

/// The number of incidents at which the interval of a coefficient would exclude 0. Errors: [`MetaError`].
///
/// Approximation: the next incidents have the mix of properties and errors of the known ones and the same τ², so
/// se(K) = se(k)·√(k/K); the smallest K with |effect|/se(K) ≥ t(K−p, level) + t(K−p, power) is returned. `power`
/// checks it by simulation.
pub fn incidents_needed(
    incidents: &Incidents,
    fit: &MetaRegression,
    plan: &Plan,
) -> Result<IncidentsNeeded, MetaError> {
    let (k, p) = (incidents.incidents(), incidents.coefficients());
    let error = *fit.standard_errors.get(plan.coefficient).ok_or(MetaError::NotIdentified)?;
    if !(plan.power > 0.0 && plan.power < 1.0 && plan.effect.is_finite()) {
        return Err(MetaError::Prior("the power must lie between 0 and 1, the effect be finite"));
    }
    let expected = |n: usize| error * (k as f64 / n as f64).sqrt();
    let enough = |n: usize| {
        let freedom = (n - p) as f64;
        let (Some(interval), Ok(t)) =
            (t_quantile(freedom, plan.confidence), StudentsT::new(0.0, 1.0, freedom))
        else {
            return false;
        };
        plan.effect.abs() / expected(n) >= interval + t.inverse_cdf(plan.power)
    };
    // More incidents are always better, so the first that is enough is found by halving.
    let (mut low, mut high) = (p, p + 1);
    while !enough(high) {
        if high > MOST {
            return Err(MetaError::OutOfReach(MOST));
        }
        (low, high) = (high, high * 2);
    }
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if enough(middle) { high = middle } else { low = middle }
    }
    Ok(IncidentsNeeded { incidents: high, standard_error: expected(high) })
}

/// The share of `repeats` simulated sets of `n` incidents whose Knapp-Hartung interval excludes 0.
///
/// Each set draws incidents (properties and errors) from the known ones with replacement, and effects from the fitted
/// model with the planned coefficient. Sets that do not identify the coefficients count as not excluding 0.
/// Errors: [`MetaError`]. With a full covariance the turned incidents are drawn, as an approximation.
pub fn power(
    incidents: &Incidents,
    fit: &MetaRegression,
    plan: &Plan,
    n: usize,
    repeats: u32,
    rng: &mut (impl Rng + ?Sized),
) -> Result<f64, MetaError> {
    let p = incidents.coefficients();
    if plan.coefficient >= p {
        return Err(MetaError::NotIdentified);
    }
    if n <= p || repeats == 0 {
        return Err(MetaError::TooFew { incidents: n, coefficients: p, needed: p + 1 });
    }
    let mut truth = DVector::from_column_slice(&fit.coefficients);
    truth[plan.coefficient] = plan.effect;
    let mut excluded = 0_u32;
    for _ in 0..repeats {
        let drawn: Vec<usize> = (0..n).map(|_| rng.random_range(0..incidents.incidents())).collect();
        let design = DMatrix::from_fn(n, p, |i, j| incidents.design[(drawn[i], j)]);
        let errors: Vec<f64> = drawn.iter().map(|&i| incidents.variances[i].sqrt()).collect();
        let predicted = &design * &truth;
        let effects: Vec<f64> = errors
            .iter()
            .zip(predicted.iter())
            .map(|(error, mean)| {
                let z: f64 = StandardNormal.sample(rng);
                mean + z * (fit.tau2 + error * error).sqrt()
            })
            .collect();
        let Ok(set) = Incidents::new(&effects, Sampling::StandardErrors(&errors), &design) else { continue };
        let found = reml(&set)?.coefficient(plan.coefficient, plan.confidence);
        excluded += u32::from(found.is_some_and(|found| !found.interval.contains(0.0)));
    }
    Ok(f64::from(excluded) / f64::from(repeats))
}
