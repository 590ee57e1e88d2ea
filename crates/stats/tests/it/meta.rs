//! Meta-regression against published sets and other implementations (metafor; `meta/expected.json`).

use fidance_stats::interval::Confidence;
use fidance_stats::meta::{
    CoefficientPrior, HeterogeneityPrior, Incidents, MetaError, MetaRegression, Plan, Sampling,
    heterogeneity, incidents_needed, posterior, power, reml,
};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::{assert_close, read};
use crate::expected::Expected;

pub(crate) struct Set {
    effects: Vec<f64>,
    errors: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

impl Set {
    pub(crate) fn incidents(&self, properties: impl Fn(&[f64]) -> Vec<f64>) -> Incidents {
        let rows: Vec<Vec<f64>> = self.rows.iter().map(|row| properties(row)).collect();
        let design = DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j]);
        Incidents::new(&self.effects, Sampling::StandardErrors(&self.errors), &design).unwrap()
    }

    pub(crate) fn mean_only(&self) -> Incidents {
        Incidents::mean_only(&self.effects, Sampling::StandardErrors(&self.errors)).unwrap()
    }
}

/// Columns of numbers of a comma-separated file; a name in the first column becomes NaN.
fn table(path: &str) -> Option<Vec<Vec<f64>>> {
    let text = read(path)?;
    let row = |line: &str| line.split(',').map(|field| field.trim().parse().unwrap_or(f64::NAN)).collect();
    Some(text.lines().skip(1).map(row).collect())
}

/// Trials of BCG vaccine (Colditz 1994): log risk ratios.
pub(crate) fn bcg() -> Option<Set> {
    let rows = table("statistics/meta/dat_bcg.csv")?;
    Some(Set {
        effects: rows.iter().map(|row| row[6]).collect(),
        errors: rows.iter().map(|row| row[7].sqrt()).collect(),
        rows: rows.iter().map(|row| vec![row[5]]).collect(),
    })
}

/// Eight schools (Rubin 1981).
pub(crate) fn schools() -> Option<Set> {
    let rows = table("statistics/meta/eight_schools.csv")?;
    Some(Set {
        effects: rows.iter().map(|row| row[0]).collect(),
        errors: rows.iter().map(|row| row[1]).collect(),
        rows,
    })
}

/// 24 synthetic incidents: severity, days to disclose, quality of communication, remediation.
pub(crate) fn incidents24() -> Option<Set> {
    let rows = table("statistics/meta/incidents24.csv")?;
    Some(Set {
        effects: rows.iter().map(|row| row[1]).collect(),
        errors: rows.iter().map(|row| row[2]).collect(),
        rows: rows.iter().map(|row| row[3..].to_vec()).collect(),
    })
}

pub(crate) fn dose(row: &[f64]) -> Vec<f64> {
    vec![1.0, row[0] - 1.0, row[1].ln_1p(), row[2] - 3.0, row[3]]
}

pub(crate) fn expected() -> Option<Expected> {
    Expected::read("statistics/meta/expected.json")
}

#[track_caller]
fn assert_regression(fit: &MetaRegression, expected: &Expected, key: &str) {
    assert_close(fit.tau2, expected.number(&[key, "tau2"]), 1e-5);
    for (found, name) in
        [(&fit.coefficients, "beta"), (&fit.standard_errors, "se"), (&fit.knapp_hartung, "se_knha")]
    {
        let numbers = expected.numbers(&[key, name]);
        assert_eq!(found.len(), numbers.len());
        for (found, number) in found.iter().zip(numbers) {
            assert_close(*found, number, 1e-5);
        }
    }
}

#[test]
fn reml_of_the_vaccine_trials() {
    let (Some(set), Some(expected)) = (bcg(), expected()) else { return };
    let mean = set.mean_only();
    let fit = reml(&mean).unwrap();
    println!("BCG tau2 {:.8} mu {:.8} se {:.8}", fit.tau2, fit.coefficients[0], fit.standard_errors[0]);
    assert_regression(&fit, &expected, "bcg_REML");
    assert_regression(&reml(&set.incidents(|row| vec![1.0, row[0]])).unwrap(), &expected, "bcg_REML_ablat");
    for (found, number) in fit.shrunk.iter().zip(expected.numbers(&["bcg_blup", "eb_shrunk"])) {
        assert_close(*found, number, 1e-5);
    }
    let next = fit.next_incident(&[1.0], Confidence::P95).unwrap().interval;
    let numbers = expected.numbers(&["bcg_pred_int_t(k-2)"]);
    assert_close(next.low, numbers[0], 1e-5);
    assert_close(next.high, numbers[1], 1e-5);
    let interval = fit.coefficient(0, Confidence::P95).unwrap();
    assert_close(interval.interval.width() / 2.0, fit.knapp_hartung[0] * 2.178_812_829_667_228_4, 1e-9);
}

#[test]
fn heterogeneity_of_the_vaccine_trials() {
    let (Some(set), Some(expected)) = (bcg(), expected()) else { return };
    let found = heterogeneity(&set.mean_only(), Confidence::P95).unwrap();
    assert_close(found.q, expected.number(&["bcg_Q"]), 1e-5);
    assert_close(found.der_simonian_laird, expected.number(&["bcg_DL_tau2"]), 1e-5);
    // metafor's page on `confint.rma`, the same data and REML: 0.1197 to 1.1115.
    println!("BCG tau2 by Q-profile {:?}", found.tau2);
    assert_close(found.tau2.low, 0.1197, 5e-5);
    assert_close(found.tau2.high, 1.1115, 5e-5);
    assert!(found.p_value < 1e-20);
}

#[test]
fn eight_schools_have_no_variance_between_them() {
    let (Some(set), Some(expected)) = (schools(), expected()) else { return };
    let fit = reml(&set.mean_only()).unwrap();
    assert_regression(&fit, &expected, "eight_schools_REML");
    // The plain Knapp-Hartung error is smaller than the one that takes tau2 = 0 as known; the interval is not.
    let half = fit.coefficient(0, Confidence::P95).unwrap().interval.width() / 2.0;
    assert_close(half, 4.071_919_158_402_296 * 2.364_624_251_592_784, 1e-5);
}

#[test]
fn only_severity_is_significant_among_24_incidents() {
    let (Some(set), Some(expected)) = (incidents24(), expected()) else { return };
    let incidents = set.incidents(dose);
    let fit = reml(&incidents).unwrap();
    assert_regression(&fit, &expected, "incidents24_REML_metareg");
    assert_regression(&reml(&set.mean_only()).unwrap(), &expected, "incidents24_REML_null");
    let excludes = |j| !fit.coefficient(j, Confidence::P95).unwrap().interval.contains(0.0);
    assert_eq!([0, 1, 2, 3, 4].map(excludes), [false, true, false, false, false]);

    // How many such incidents until disclosing late can be told, at the effect the simulation gave it.
    let plan = Plan { coefficient: 2, effect: -0.35, power: 0.8, confidence: Confidence::P95 };
    let needed = incidents_needed(&incidents, &fit, &plan).unwrap();
    println!("incidents needed: {needed:?}");
    let mut rng = Pcg64::seed_from_u64(1);
    let simulated = power(&incidents, &fit, &plan, needed.incidents, 400, &mut rng).unwrap();
    println!("simulated power at {}: {simulated}", needed.incidents);
    assert!((0.72..=0.88).contains(&simulated), "{simulated}");
    let today = power(&incidents, &fit, &plan, 24, 400, &mut rng).unwrap();
    println!("simulated power at 24: {today}");
    assert!(today < 0.45);
    let tiny = Plan { effect: -0.001, ..plan };
    assert!(matches!(incidents_needed(&incidents, &fit, &tiny), Err(MetaError::OutOfReach(_))));
}

fn assert_posterior(set: &Set, prior: HeterogeneityPrior, expected: &Expected, key: &str) {
    let found = posterior(&set.mean_only(), prior, &[], Confidence::P95).unwrap();
    let number = |name| expected.number(&[key, name]);
    let mean = found.coefficient(0).unwrap();
    println!("{key}: mu {} sd {:?} tau {}", mean.value, found.standard_deviation(0), found.tau.value);
    assert_close(mean.value, number("mu_mean"), 1e-3);
    assert_close(found.standard_deviation(0).unwrap(), number("mu_sd"), 1e-3);
    assert_close(found.tau.value, number("tau_mean"), 1e-3);
    assert_close(found.probability_negative(0).unwrap(), number("P_mu_neg"), 1e-3);
    for (found, number) in found.effects.iter().zip(expected.numbers(&[key, "theta"])) {
        assert_close(*found, number, 1e-3);
    }
}

#[test]
fn quadrature_over_tau() {
    let (Some(schools), Some(bcg), Some(expected)) = (schools(), bcg(), expected()) else { return };
    let cauchy = HeterogeneityPrior::HalfCauchy(5.0);
    assert_posterior(&schools, cauchy, &expected, "eight_schools_halfcauchy5");
    assert_posterior(&schools, HeterogeneityPrior::Uniform(200.0), &expected, "eight_schools_uniform_tau");
    assert_posterior(&bcg, HeterogeneityPrior::HalfNormal(0.5), &expected, "bcg_halfnormal_0.5");
}

/// A weak prior from the literature moves the mean as one more observation would; switched off it is not there.
#[test]
fn a_normal_prior_is_one_more_observation() {
    let incidents =
        Incidents::mean_only(&[-1.2, -0.4, -2.0], Sampling::StandardErrors(&[0.4, 0.5, 0.6])).unwrap();
    let narrow = HeterogeneityPrior::HalfNormal(1e-6);
    let find = |prior: &[CoefficientPrior]| {
        posterior(&incidents, narrow, prior, Confidence::P95).unwrap().coefficient(0).unwrap().value
    };
    let weighted = |observations: &[(f64, f64)]| {
        let weights: f64 = observations.iter().map(|(_, se)| se.powi(-2)).sum();
        observations.iter().map(|(y, se)| y * se.powi(-2)).sum::<f64>() / weights
    };
    let data = [(-1.2, 0.4), (-0.4, 0.5), (-2.0, 0.6)];
    assert_close(find(&[CoefficientPrior::Flat]), weighted(&data), 1e-9);
    let prior = CoefficientPrior::Normal { mean: -1.0, sd: 0.7 };
    assert_close(find(&[prior]), weighted(&[data[0], data[1], data[2], (-1.0, 0.7)]), 1e-9);
    let two = posterior(&incidents, narrow, &[prior, prior], Confidence::P95);
    assert!(matches!(two, Err(MetaError::Prior(_))));
}

/// Coverage with eight incidents: the intervals of the mean and of the next incident hold their level.
#[test]
fn intervals_cover_with_few_incidents() {
    let (mut rng, truth, tau) = (Pcg64::seed_from_u64(7), -1.5, 0.8);
    let mut hits = [0_u32; 4];
    let repeats = 300;
    for _ in 0..repeats {
        let errors: Vec<f64> = (0..8).map(|i| 0.2 + 0.1 * f64::from(i % 5)).collect();
        let mut normal = |sd: f64| -> f64 {
            let z: f64 = StandardNormal.sample(&mut rng);
            z * sd
        };
        let effects: Vec<f64> = errors.iter().map(|se| truth + normal(tau) + normal(*se)).collect();
        let next = truth + normal(tau);
        let incidents = Incidents::mean_only(&effects, Sampling::StandardErrors(&errors)).unwrap();
        let fit = reml(&incidents).unwrap();
        let bayes = posterior(&incidents, HeterogeneityPrior::HalfNormal(1.0), &[], Confidence::P95).unwrap();
        let estimates = [
            (fit.coefficient(0, Confidence::P95).unwrap(), truth),
            (fit.next_incident(&[1.0], Confidence::P95).unwrap(), next),
            (bayes.coefficient(0).unwrap(), truth),
            (bayes.next_incident(&[1.0]).unwrap(), next),
        ];
        for (hit, (estimate, truth)) in hits.iter_mut().zip(estimates) {
            *hit += u32::from(estimate.interval.contains(truth));
        }
    }
    println!("covered of {repeats}: REML mean, next; quadrature mean, next: {hits:?}");
    // Binomial(300, 0.95) lies below 271 less than once in a thousand.
    assert!(hits.iter().all(|&hit| hit >= 271), "{hits:?}");
}

#[test]
fn unusable_sets_are_refused() {
    let ones = |k| DMatrix::from_element(k, 1, 1.0);
    let errors = Sampling::StandardErrors(&[1.0, 1.0, 1.0]);
    let few = Incidents::new(&[1.0, 2.0, 3.0], errors, &DMatrix::from_element(3, 3, 1.0));
    assert!(matches!(few, Err(MetaError::TooFew { needed: 4, .. })));
    let twice = Incidents::new(&[1.0, 2.0, 3.0], errors, &DMatrix::from_element(3, 2, 1.0));
    assert_eq!(twice, Err(MetaError::NotIdentified));
    let zero = Incidents::mean_only(&[1.0, 2.0], Sampling::StandardErrors(&[1.0, 0.0]));
    assert!(matches!(zero, Err(MetaError::Value { incident: 1, .. })));
    let short = Incidents::new(&[1.0, 2.0, 3.0], Sampling::StandardErrors(&[1.0]), &ones(3));
    assert!(matches!(short, Err(MetaError::Lengths { found: 1, .. })));
    let singular = DMatrix::from_element(2, 2, 1.0);
    assert_eq!(
        Incidents::mean_only(&[1.0, 2.0], Sampling::Covariance(&singular)),
        Err(MetaError::Covariance)
    );
}

proptest! {
    /// The turned computation with a full V against the definition, at the fitted tau2.
    #[test]
    fn a_full_covariance_is_generalised_least_squares(
        effects in proptest::collection::vec(-3.0..3.0_f64, 6), shared in 0.0..0.4_f64, tilt in -1.0..1.0_f64,
    ) {
        let covariance = DMatrix::from_fn(6, 6, |i, j| {
            let group = if i / 3 == j / 3 { shared } else { 0.0 };
            group + if i == j { 0.2 + 0.1 * i as f64 } else { 0.0 }
        });
        let design = DMatrix::from_fn(6, 2, |i, j| if j == 0 { 1.0 } else { (i as f64).sin() + tilt });
        let incidents = Incidents::new(&effects, Sampling::Covariance(&covariance), &design).unwrap();
        let fit = reml(&incidents).unwrap();
        let y = DVector::from_column_slice(&effects);
        let negative_log = |tau2: f64| {
            let sigma = &covariance + DMatrix::identity(6, 6) * tau2;
            let inverse = sigma.clone().try_inverse().unwrap();
            let information = design.transpose() * &inverse * &design;
            let b = information.clone().try_inverse().unwrap() * design.transpose() * &inverse * &y;
            let r = &y - &design * &b;
            let misfit = (r.transpose() * &inverse * &r)[(0, 0)];
            (0.5 * (sigma.determinant().ln() + misfit + information.determinant().ln()), b, inverse, r)
        };
        let (value, b, inverse, r) = negative_log(fit.tau2);
        prop_assert!((value + fit.log_likelihood).abs() < 1e-8);
        for (found, wanted) in fit.coefficients.iter().zip(b.iter()) {
            prop_assert!((found - wanted).abs() < 1e-8);
        }
        // BLUP by its definition: Xb + tau2 Sigma^-1 r.
        let blup = &design * b + inverse * r * fit.tau2;
        for (found, wanted) in fit.shrunk.iter().zip(blup.iter()) {
            prop_assert!((found - wanted).abs() < 1e-8);
        }
        for tau2 in [0.0, fit.tau2 * 0.9, fit.tau2 * 1.1, fit.tau2 + 0.5] {
            prop_assert!(negative_log(tau2).0 >= value - 1e-9);
        }
    }
}
