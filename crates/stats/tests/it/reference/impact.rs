//! Numbers of R's `CausalImpact`.

use fidance_stats::causal::bsts::gaussian::Impact;

use super::Tolerance::{AtMost, Part, Within};
use super::{Group, Row, Section};
use crate::bsts_reference::{FIXTURES, Fixture, SUMMARIES, Summary};

pub(super) fn groups() -> Option<Vec<Group>> {
    let mut files = Vec::new();
    for fixture in FIXTURES {
        files.extend(of_file(fixture)?);
    }
    let mut printed = Vec::new();
    for summary in SUMMARIES.into_iter().filter(|summary| summary.name != "volks") {
        printed.extend(of_summary(summary, &summary.impact()?));
    }
    Some(vec![
        Group {
            section: Section::Effect,
            title: "CausalImpact, simulated series",
            source: "R 4.5.0, CausalImpact 1.4.1, bsts 0.9.10, 5,000 draws; ours 20,000, seed 1. Point 1 %, ends 2 % of the \
                     interval's width; without effect 0.05. R's p is one-sided and not below 1/5,000.",
            rows: files,
        },
        Group {
            section: Section::Effect,
            title: "CausalImpact, printed summaries",
            source: "R's defaults, 1,000 draws, printed to two digits; ours 5,000, seed 1. Point 0.15 posterior standard \
                     deviations, ends 0.25, the deviation itself 5 %; p three standard errors of R's draws, 0.02 at most.",
            rows: printed,
        },
    ])
}

/// With the tolerances of the two engines' chances.
fn of_file(fixture: Fixture) -> Option<Vec<Row>> {
    let (impact, file) = fixture.impact()?;
    let expected = |key: &str| file.number(&["r_output", key]);
    let (point, low, high) = (expected("point_effect_mean"), expected("ci_lower"), expected("ci_upper"));
    let without = fixture.name == "no_effect";
    let (of_point, of_ends) = if without { (0.05, 0.05) } else { (0.01 * point.abs(), 0.02 * (high - low)) };
    let periods = impact.pointwise.len() as f64;
    let (average, name) = (impact.average, fixture.name);
    let row = |quantity: &str, reference: f64, ours: f64, tolerance| {
        Row::new(format!("{name}: {quantity}"), "", reference, ours, tolerance).by_chance()
    };
    let total = expected("cumulative_effect_total");
    let mut rows = vec![
        row("average effect", point, average.value, Within(of_point)),
        row("its lower end", low, average.interval.low, Within(of_ends)),
        row("its upper end", high, average.interval.high, Within(of_ends)),
        row("cumulative effect", total, impact.cumulative.value, Within(of_point * periods)),
    ];
    let p = expected("p_value");
    if without {
        rows.push(Row::new(format!("{name}: p, one-sided"), "", p, impact.tail.one_sided, Within(0.02)));
    } else {
        let relative = expected("relative_effect_mean");
        // R divides by a prediction near 1, which makes this the noisiest figure.
        rows.push(row("relative effect", relative, impact.relative.value, Part(0.015)));
        rows.push(row("p, one-sided", p, impact.tail.one_sided, AtMost));
    }
    Some(rows)
}

pub(super) fn of_summary(summary: Summary, impact: &Impact) -> Vec<Row> {
    let name = summary.name;
    let row = |quantity: &str, reference: f64, ours: f64, tolerance| {
        Row::new(format!("{name}: {quantity}"), "", reference, ours, tolerance).by_chance()
    };
    let mut rows = Vec::new();
    for (what, [point, sd, low, high], ours) in [
        ("average effect", summary.average, impact.average),
        ("cumulative effect", summary.cumulative, impact.cumulative),
    ] {
        rows.push(row(what, point, ours.value, Within(0.15 * sd)));
        rows.push(row(&format!("{what}, lower end"), low, ours.interval.low, Within(0.25 * sd)));
        rows.push(row(&format!("{what}, upper end"), high, ours.interval.high, Within(0.25 * sd)));
    }
    let [point, sd, ..] = summary.average;
    rows.push(row("standard deviation of the average", sd, impact.average_deviation, Part(0.05)));
    let [relative, rounding] = summary.relative;
    let tolerance = Within((0.15 * sd * relative / point).abs() + rounding);
    rows.push(row("relative effect", relative, impact.relative.value, tolerance));
    let p = summary.p_value;
    let tolerance = Within((3.0 * (p * (1.0 - p) / 1000.0).sqrt()).min(0.02));
    rows.push(Row::new(format!("{name}: p, one-sided"), "", p, impact.tail.one_sided, tolerance));
    rows
}
