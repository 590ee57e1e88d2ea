//! The Gaussian mode against R's `CausalImpact` 1.4.1 (bsts 0.9.10), on the data its summaries were printed from.
//!
//! R's figures are themselves draws: 5000 for the `r_reference` files, 1000 for the printed summaries.

use fidance_stats::causal::bsts::gaussian::{self, Impact, Options};
use fidance_stats::causal::bsts::Chain;
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::{assert_close, read};

fn fit(y: &[f64], controls: &[Vec<f64>], start: usize, options: &Options) -> Impact {
    gaussian::fit(y, controls, start, options, &mut Pcg64::seed_from_u64(1)).unwrap()
}

/// The numbers of `"name": [ ... ]` or `"name": value`; the crate has no JSON reader.
fn numbers(json: &str, name: &str) -> Vec<f64> {
    let Some(start) = json.find(&format!("\"{name}\":")) else { return Vec::new() };
    let rest = json[start..].split_once(':').unwrap().1.trim_start();
    let end = if rest.starts_with('[') { rest.find(']') } else { rest.find(['\n', '}']) };
    let text = rest[..end.unwrap()].trim_start_matches('[');
    text.split(',').filter_map(|number| number.trim().parse().ok()).collect()
}

fn fixture(name: &str) -> Option<(Vec<f64>, Vec<Vec<f64>>, String)> {
    let json = read(&format!("statistics/causalimpact_r/r_reference_{name}.json"))?;
    let controls = ["x1", "x2"].map(|x| numbers(&json, x));
    Some((numbers(&json, "y"), controls.into_iter().filter(|x| !x.is_empty()).collect(), json))
}

fn check_fixture(name: &str, start: usize, seasons: Option<usize>) {
    let Some((y, controls, json)) = fixture(name) else { return };
    let impact = fit(&y, &controls, start, &Options { seasons, ..Options::default() });
    let expected = |key: &str| numbers(&json, key)[0];
    let (point, low, high) = (expected("point_effect_mean"), expected("ci_lower"), expected("ci_upper"));
    let found = impact.average;
    println!(
        "{name:>13} | {point:.4} [{low:.4}, {high:.4}] | {:.4} [{:.4}, {:.4}] | cum {:.3} vs {:.3} | rel {:.4} vs {:.4} | p {:.5} vs {:.5} | ess {:.0}",
        found.value,
        found.interval.low,
        found.interval.high,
        impact.cumulative.value,
        expected("cumulative_effect_total"),
        impact.relative.value,
        expected("relative_effect_mean"),
        impact.tail.one_sided,
        expected("p_value"),
        impact.effective_draws,
    );
}

#[test]
fn r_reference_files() {
    check_fixture("basic", 70, None);
    check_fixture("covariates", 70, None);
    check_fixture("no_effect", 70, None);
    check_fixture("seasonal", 84, Some(7));
    check_fixture("strong_effect", 70, None);
}

fn table(name: &str, separator: char, y: usize, controls: &[usize]) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let text = read(&format!("statistics/causalimpact_r/tf_{name}_data.csv"))?;
    let column = |index: usize| -> Vec<f64> {
        text.lines()
            .skip(1)
            .map(|line| line.split(separator).nth(index).unwrap().trim_matches('"').parse().unwrap())
            .collect()
    };
    Some((column(y), controls.iter().map(|&index| column(index)).collect()))
}

/// `[point, sd, low, high]` of the average.
fn check_summary(name: &str, data: Option<(Vec<f64>, Vec<Vec<f64>>)>, start: usize, [point, sd, low, high]: [f64; 4]) {
    let Some((y, controls)) = data else { return };
    for seed in 1..=3 {
    let impact = gaussian::fit(&y, &controls, start, &Options::default(), &mut Pcg64::seed_from_u64(seed)).unwrap();
    let found = impact.average;
    println!(
        "{name:>13} | {point} ({sd}) [{low}, {high}] | {:.3} ({:.3}) [{:.3}, {:.3}] | off {:.2} {:.2} {:.2} sd | p {:.5} | ess {:.0} {:?}",
        found.value,
        impact.average_deviation,
        found.interval.low,
        found.interval.high,
        (found.value - point) / sd,
        (found.interval.low - low) / sd,
        (found.interval.high - high) / sd,
        impact.tail.one_sided,
        impact.effective_draws,
        impact.inclusion,
    );
    }
}

#[test]
fn printed_summaries() {
    check_summary("arma", table("arma", ',', 0, &[1]), 70, [0.89, 0.3, 0.27, 1.5]);
    check_summary(
        "comparison",
        table("comparison", ',', 1, &[2, 3, 4]),
        90,
        [-657.0, 736.0, -2076.0, 832.0],
    );
    check_summary("google", table("google", ',', 0, &[1, 2]), 61, [27.0, 4.5, 18.0, 36.0]);
    check_summary("volks", table("volks", ' ', 1, &[2, 3]), 246, [-44.0, 5.6, -55.0, -33.0]);
    check_summary("basque", table("basque", ',', 1, &[2]), 21, [-0.76, 0.31, -1.4, -0.2]);
    let _ = (Chain::default(), assert_close as fn(f64, f64, f64));
}
