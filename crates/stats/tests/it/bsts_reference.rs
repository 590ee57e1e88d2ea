//! The Gaussian mode against R's `CausalImpact` 1.4.1 (bsts 0.9.10), on the data its summaries were printed from.
//!
//! R's figures are themselves draws: 5000 for the `r_reference` files, 1000 for the printed summaries.

use fidance_stats::causal::bsts::Chain;
use fidance_stats::causal::bsts::gaussian::{self, Impact, Options};
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

/// Point within 1 %, ends within 2 % of the width; where there is no effect, point and ends within 0.05.
fn check_fixture(name: &str, start: usize, seasons: Option<usize>) {
    let Some((y, controls, json)) = fixture(name) else { return };
    // More draws than R's, so that what is compared is R's own chance alone.
    let chain = Chain { draws: 20_000, burn_in: 500 };
    let impact = fit(&y, &controls, start, &Options { seasons, chain, ..Options::default() });
    let expected = |key: &str| numbers(&json, key)[0];
    let (point, low, high) = (expected("point_effect_mean"), expected("ci_lower"), expected("ci_upper"));
    let found = impact.average;
    println!(
        "| {name} | {point:.3} [{low:.3}, {high:.3}] | {:.3} [{:.3}, {:.3}] | {:.5}, {:.5} |",
        found.value,
        found.interval.low,
        found.interval.high,
        expected("p_value"),
        impact.tail.one_sided,
    );
    let none = name == "no_effect";
    let (of_point, of_ends) = if none { (0.05, 0.05) } else { (0.01 * point.abs(), 0.02 * (high - low)) };
    assert_close(found.value, point, of_point);
    assert_close(found.interval.low, low, of_ends);
    assert_close(found.interval.high, high, of_ends);
    let periods = (y.len() - start) as f64;
    assert_close(impact.cumulative.value, expected("cumulative_effect_total"), of_point * periods);
    assert_close(impact.cumulative.value, found.value * periods, 1e-9);
    if none {
        assert_close(impact.tail.one_sided, expected("p_value"), 0.02);
    } else {
        // R's own floor is 1/(draws + 1) with its 5000 draws; ours is lower with more.
        assert!(impact.tail.one_sided <= expected("p_value"));
        // R divides the effect by a prediction near 1, which makes this the noisiest figure.
        assert_close(impact.relative.value / expected("relative_effect_mean"), 1.0, 0.015);
    }
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

/// `[point, sd, low, high]` of the average: 0.15 posterior deviations on the point, 0.25 on the ends.
fn check_summary(
    name: &str,
    data: Option<(Vec<f64>, Vec<Vec<f64>>)>,
    start: usize,
    [point, sd, low, high]: [f64; 4],
) -> Option<Impact> {
    let (y, controls) = data?;
    let impact = fit(&y, &controls, start, &Options::default());
    let found = impact.average;
    println!(
        "| {name} | {point} ({sd}) [{low}, {high}] | {:.2} ({:.2}) [{:.2}, {:.2}] | {:.4} |",
        found.value, impact.average_deviation, found.interval.low, found.interval.high, impact.tail.one_sided,
    );
    assert_close(found.value, point, 0.15 * sd);
    assert_close(found.interval.low, low, 0.25 * sd);
    assert_close(found.interval.high, high, 0.25 * sd);
    // R prints two digits.
    assert_close(impact.average_deviation / sd, 1.0, 0.05);
    Some(impact)
}

/// The defaults of `CausalImpact`, without season: also for `volks`, whose arguments R's summary does not tell.
#[test]
fn printed_summaries() {
    check_summary("arma", table("arma", ',', 0, &[1]), 70, [0.89, 0.3, 0.27, 1.5]);
    check_summary("google", table("google", ',', 0, &[1, 2]), 61, [27.0, 4.5, 18.0, 36.0]);
    check_summary("volks", table("volks", ' ', 1, &[2, 3]), 246, [-44.0, 5.6, -55.0, -33.0]);
    check_summary("basque", table("basque", ',', 1, &[2]), 21, [-0.76, 0.31, -1.4, -0.2]);
    // Three nearly collinear controls: a coordinate at a time gives -830 to -980.
    let collinear = table("comparison", ',', 1, &[2, 3, 4]);
    let found = check_summary("comparison", collinear, 90, [-657.0, 736.0, -2076.0, 832.0]);
    if let Some(impact) = found {
        assert_close(impact.tail.one_sided, 0.200_61, 0.02);
        assert!(impact.inclusion.iter().all(|&share| share > 0.3 && share < 0.97), "{:?}", impact.inclusion);
    }
}
