//! Numbers of the state space models: the Nile and carbon dioxide.

use fidance_stats::statespace::{Component, Filtered, InitialState, StateSpace};

use super::Tolerance::{Part, Within};
use super::{Group, Row, Section};
use crate::expected::Expected;
use crate::statespace_reference::{column, local_level, nile, noise};

const EXACT: &str = "nile_local_level_exactdiffuse";
const APPROXIMATE: &str = "nile_local_level_approxdiffuse";
const PUBLISHED: &str = "at_DK_params_15099_1469.1";

pub(super) fn groups() -> Option<Vec<Group>> {
    let expected = Expected::read("statistics/uc/expected.json")?;
    let nile = nile()?;
    Some(vec![fixed(&expected, &nile), fitted(&expected, &nile), carbon_dioxide(&expected)?])
}

fn ends(what: &str, expected: &Expected, keys: &[&str], found: &Filtered) -> Vec<Row> {
    let reference = |key: &str| expected.number(&[keys, &[key]].concat());
    vec![
        Row::new(
            format!("{what}: log-likelihood"),
            "",
            reference("llf"),
            found.log_likelihood.value,
            Within(1e-8),
        ),
        Row::new(format!("{what}: last level"), "", reference("filtered_last"), found.state[0], Within(1e-8)),
        Row::new(
            format!("{what}: its variance"),
            "",
            reference("filtered_var_last"),
            found.state_variances[0],
            Within(1e-7),
        ),
    ]
}

fn smoothed(what: &str, expected: &[f64], found: &[Vec<f64>]) -> Vec<Row> {
    let rows = expected.iter().zip(found).enumerate().map(|(year, (reference, state))| {
        Row::new(format!("{what}: smoothed level, year {year}"), "", *reference, state[0], Within(1e-8))
    });
    rows.collect()
}

fn fixed(expected: &Expected, y: &[f64]) -> Group {
    let model = local_level();
    let optimum = noise(15_098.519_029_231_375, &[1_469.176_283_109_627_5]);
    let published = noise(15_099.0, &[1469.1]);
    let found = model.filter(y, &published).unwrap();
    let mut rows = ends("published variances", expected, &[EXACT, PUBLISHED], &found);
    let convention = found.log_likelihood.without_diffuse_constant();
    rows.push(Row::new("the same without ½ ln 2π", "", -632.5456, convention, Within(1e-4)));
    for (key, name, ours) in
        [("v", "innovation", &found.innovations), ("F", "its variance", &found.innovation_variances)]
    {
        for (year, reference) in expected.numbers(&[EXACT, PUBLISHED, key]).into_iter().enumerate() {
            let quantity = format!("published variances: {name}, year {year}");
            rows.push(Row::new(quantity, "", reference, ours[year], Part(1e-8)));
        }
    }
    let states = model.smooth(y, &published).unwrap().states;
    let first = expected.numbers(&[EXACT, PUBLISHED, "smoothed_first5"]);
    rows.extend(smoothed("published variances", &first, &states));
    rows.extend(ends("optimum", expected, &[EXACT], &model.filter(y, &optimum).unwrap()));
    let states = model.smooth(y, &optimum).unwrap().states;
    rows.extend(smoothed("optimum", &expected.numbers(&[EXACT, "smoothed_first"]), &states));
    let forecast = model.forecast(y, &optimum, 10).unwrap();
    for (year, reference) in expected.numbers(&[EXACT, "forecast_se"]).into_iter().enumerate() {
        let quantity = format!("optimum: error of the forecast, {} years ahead", year + 1);
        rows.push(Row::new(quantity, "", reference, forecast[year].standard_deviation, Within(1e-8)));
    }
    let rows = rows.into_iter().map(|row| Row { unit: "", ..row }).collect();
    Group {
        section: Section::Effect,
        title: "Nile: local level at given variances",
        source: "Durbin and Koopman (2012), variances 15099 and 1469.1; statsmodels 0.15 at its optimum, 15098.52 and 1469.18. \
                 Exact diffuse start; the log-likelihood with the diffuse constant unless said.",
        rows,
    }
}

fn fitted(expected: &Expected, y: &[f64]) -> Group {
    let approximate =
        local_level().with_initial(vec![InitialState::Normal { mean: 0.0, variance: 1e6 }]).unwrap();
    let mut rows = Vec::new();
    for (what, key, model) in
        [("exact diffuse", EXACT, local_level()), ("variance 1e6 at the start", APPROXIMATE, approximate)]
    {
        let fit = model.fit(y).unwrap();
        let reference = |name: &str| expected.number(&[key, "params", name]);
        for (name, ours) in [("irregular", fit.observation), ("level", fit.states[0])] {
            let quantity = format!("{what}: variance, {name}");
            rows.push(Row::new(quantity, "", reference(&format!("sigma2.{name}")), ours, Part(1e-3)));
        }
        // statsmodels leaves the first year of an approximate start out of the sum.
        let variance = 1e6 + fit.observation;
        let first = -0.5 * ((std::f64::consts::TAU * variance).ln() + y[0] * y[0] / variance);
        let (left_out, most) = if key == EXACT { (0.0, 1e-6) } else { (first, 1e-4) };
        let ours = fit.log_likelihood.value - left_out;
        let quantity = format!("{what}: log-likelihood");
        rows.push(Row::new(quantity, "", expected.number(&[key, "llf"]), ours, Within(most)));
    }
    let step: Vec<f64> = (0..100).map(|year| f64::from(u8::from(year >= 28))).collect();
    let model =
        StateSpace::new(vec![Component::LocalLevel, Component::Regression { columns: vec![step] }]).unwrap();
    let fit = model.fit(y).unwrap();
    let filtered = model.filter(y, &fit.noise()).unwrap();
    let ols = |key: &str| expected.numbers(&["nile_ols_step1899", key]);
    let beta = expected.number(&["nile_local_level_plus_step1899", "params", "beta.x1"]);
    let error = filtered.state_variances[1].sqrt();
    rows.push(Row::new("step at 1899: beta", "", beta, filtered.state[1], Part(1e-3)));
    rows.push(Row::new("step at 1899: its error, least squares", "", ols("bse")[1], error, Part(1e-3)));
    rows.push(Row::new(
        "step at 1899: variance, least squares",
        "",
        ols("s2")[0],
        fit.observation,
        Part(1e-3),
    ));
    rows.push(Row::new("step at 1899: variance of the level's steps", "", 0.0, fit.states[0], Within(16.0)));
    Group {
        section: Section::Effect,
        title: "Nile: fitted",
        source: "statsmodels 0.15 by maximum likelihood, 0.1 %. Coefficients are states here, so the step is the restricted \
                 likelihood's: error and variance of least squares (statsmodels' own error, 28.77, is from the Hessian of the \
                 full likelihood).",
        rows,
    }
}

fn carbon_dioxide(expected: &Expected) -> Option<Group> {
    let y = column("statistics/uc/co2_monthly_tail180.csv", 1)?;
    let key = "co2_llt_seasonal12";
    let model =
        StateSpace::new(vec![Component::LocalLinearTrend, Component::Seasonal { seasons: 12 }]).unwrap();
    let fit = model.fit(&y).unwrap();
    let forecast = model.forecast(&y, &fit.noise(), 12).unwrap();
    let reference = |name: &str| expected.number(&[key, "params", name]);
    let (irregular, level) = (reference("sigma2.irregular"), reference("sigma2.level"));
    let (slope, season) = (reference("sigma2.trend"), reference("sigma2.seasonal"));
    let means = expected.numbers(&[key, "forecast"]);
    let errors = expected.numbers(&[key, "se"]);
    let llf = expected.number(&[key, "llf"]);
    let mut rows = vec![
        Row::new("variance, irregular", "", irregular, fit.observation, Part(1e-3)),
        Row::new("variance, level", "", level, fit.states[0], Part(1e-3)),
        Row::new("variance, slope", "", slope, fit.states[1], Within(1e-7)),
        Row::new("variance, season", "", season, fit.states[2], Within(1e-7)),
        Row::new("log-likelihood", "", llf, fit.log_likelihood.value, Within(1e-3)),
    ];
    for month in [0, 11] {
        let (mean, error) = (forecast[month].mean, forecast[month].standard_deviation);
        let ahead = format!("forecast, {} months ahead", month + 1);
        rows.push(Row::new(ahead.clone(), "ppm", means[month], mean, Within(1e-3)));
        rows.push(Row::new(format!("{ahead}: its error"), "ppm", errors[month], error, Within(1e-3)));
    }
    Some(Group {
        section: Section::Effect,
        title: "Carbon dioxide: trend and season of twelve months",
        source: "statsmodels 0.15 by maximum likelihood, 180 months; a flat optimum, hence 1e−3.",
        rows,
    })
}
