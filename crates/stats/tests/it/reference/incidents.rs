//! Numbers of the meta-regression over past incidents.

use fidance_stats::interval::Confidence;
use fidance_stats::meta::{HeterogeneityPrior, Incidents, heterogeneity, posterior, reml};

use super::Tolerance::Within;
use super::{Group, Row, Section};
use crate::expected::Expected;
use crate::meta::{Set, bcg, dose, expected, incidents24, schools};

pub(super) fn groups() -> Option<Vec<Group>> {
    let expected = expected()?;
    let (bcg, schools, incidents) = (bcg()?, schools()?, incidents24()?);
    Some(vec![
        vaccine(&expected, &bcg),
        eight_schools(&expected, &schools),
        quadrature(&expected, &bcg, &schools),
        synthetic(&expected, &incidents),
    ])
}

fn regression(expected: &Expected, key: &str, incidents: &Incidents, names: &[&str]) -> Vec<Row> {
    let fit = reml(incidents).unwrap();
    let mut rows = vec![Row::new("τ²", "", expected.number(&[key, "tau2"]), fit.tau2, Within(1e-5))];
    for (ours, field, what) in [
        (&fit.coefficients, "beta", "coefficient"),
        (&fit.standard_errors, "se", "error"),
        (&fit.knapp_hartung, "se_knha", "Knapp-Hartung error"),
    ] {
        for ((name, reference), ours) in names.iter().zip(expected.numbers(&[key, field])).zip(ours) {
            rows.push(Row::new(format!("{name}: {what}"), "", reference, *ours, Within(1e-5)));
        }
    }
    rows
}

fn named(prefix: &str, rows: Vec<Row>) -> impl Iterator<Item = Row> {
    rows.into_iter().map(move |row| Row { quantity: format!("{prefix}{}", row.quantity), ..row })
}

fn vaccine(expected: &Expected, set: &Set) -> Group {
    let mean = set.mean_only();
    let mut rows = regression(expected, "bcg_REML", &mean, &["mean"]);
    let by_latitude = set.incidents(|row| vec![1.0, row[0]]);
    let names = ["intercept", "latitude"];
    rows.extend(named("with latitude: ", regression(expected, "bcg_REML_ablat", &by_latitude, &names)));
    let fit = reml(&mean).unwrap();
    for (trial, reference) in expected.numbers(&["bcg_blup", "eb_shrunk"]).into_iter().enumerate() {
        let quantity = format!("trial {}, shrunk", trial + 1);
        rows.push(Row::new(quantity, "", reference, fit.shrunk[trial], Within(1e-5)));
    }
    let next = fit.next_incident(&[1.0], Confidence::P95).unwrap().interval;
    let interval = expected.numbers(&["bcg_pred_int_t(k-2)"]);
    rows.push(Row::new("next trial, lower end", "", interval[0], next.low, Within(1e-5)));
    rows.push(Row::new("next trial, upper end", "", interval[1], next.high, Within(1e-5)));
    let found = heterogeneity(&mean, Confidence::P95).unwrap();
    let simple = expected.number(&["bcg_DL_tau2"]);
    rows.push(Row::new("Q", "", expected.number(&["bcg_Q"]), found.q, Within(1e-5)));
    rows.push(Row::new("τ², DerSimonian and Laird", "", simple, found.der_simonian_laird, Within(1e-5)));
    rows.push(Row::new("τ², Q profile, lower end", "", 0.1197, found.tau2.low, Within(5e-5)));
    rows.push(Row::new("τ², Q profile, upper end", "", 1.1115, found.tau2.high, Within(5e-5)));
    Group {
        section: Section::DoseResponse,
        title: "BCG vaccine, 13 trials (Colditz 1994): REML",
        source: "`meta/expected.json`, which agrees with metafor; the Q profile from metafor's page on `confint.rma`. Log risk \
                 ratios.",
        rows,
    }
}

fn eight_schools(expected: &Expected, set: &Set) -> Group {
    Group {
        section: Section::DoseResponse,
        title: "Eight schools (Rubin 1981): REML",
        source: "`meta/expected.json`.",
        rows: regression(expected, "eight_schools_REML", &set.mean_only(), &["mean"]),
    }
}

fn quadrature(expected: &Expected, bcg: &Set, schools: &Set) -> Group {
    let mut rows = Vec::new();
    for (what, key, set, prior) in [
        (
            "schools, half-Cauchy(5)",
            "eight_schools_halfcauchy5",
            schools,
            HeterogeneityPrior::HalfCauchy(5.0),
        ),
        (
            "schools, uniform(0, 200)",
            "eight_schools_uniform_tau",
            schools,
            HeterogeneityPrior::Uniform(200.0),
        ),
        ("BCG, half-normal(0.5)", "bcg_halfnormal_0.5", bcg, HeterogeneityPrior::HalfNormal(0.5)),
    ] {
        let found = posterior(&set.mean_only(), prior, &[], Confidence::P95).unwrap();
        let (mean, sd) = (found.coefficient(0).unwrap().value, found.standard_deviation(0).unwrap());
        let negative = found.probability_negative(0).unwrap();
        for (name, field, ours) in [
            ("mean", "mu_mean", mean),
            ("standard deviation of the mean", "mu_sd", sd),
            ("E τ", "tau_mean", found.tau.value),
            ("P(mean < 0)", "P_mu_neg", negative),
        ] {
            let reference = expected.number(&[key, field]);
            rows.push(Row::new(format!("{what}: {name}"), "", reference, ours, Within(1e-3)));
        }
        for (unit, reference) in expected.numbers(&[key, "theta"]).into_iter().enumerate() {
            let quantity = format!("{what}: effect {}", unit + 1);
            rows.push(Row::new(quantity, "", reference, found.effects[unit], Within(1e-3)));
        }
    }
    Group {
        section: Section::DoseResponse,
        title: "Quadrature over τ",
        source: "`meta/expected.json`, 1e−3.",
        rows,
    }
}

fn synthetic(expected: &Expected, set: &Set) -> Group {
    let names = ["intercept", "severity", "days to disclose", "communication", "remediation"];
    let mut rows = regression(expected, "incidents24_REML_metareg", &set.incidents(dose), &names);
    let alone = regression(expected, "incidents24_REML_null", &set.mean_only(), &["mean"]);
    rows.extend(named("no properties: ", alone));
    Group {
        section: Section::DoseResponse,
        title: "24 simulated incidents: meta-regression",
        source: "`meta/expected.json`. Only severity is significant.",
        rows,
    }
}
