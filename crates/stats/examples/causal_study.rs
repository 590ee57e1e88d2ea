//! Measures the estimators of effects on panels whose truth is known:
//! `cargo run -p fidance-stats --example causal_study`.
//!
//! Prints the tables of `docs/statistics/results/causal.md`. The same seeds give the same tables.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

#[path = "../tests/it/causal_simulator.rs"]
mod causal_simulator;

use causal_simulator::{Design, METHODS, Method, Tally, draw, study};
use fidance_stats::causal::did::{event_time, group_time};
use fidance_stats::interval::Confidence;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

const PANELS: u64 = 500;
/// Panels where an assumption is broken, or where less is at stake.
const FEWER: u64 = 200;
const SEED: u64 = 20_260_101;

fn print(title: &str, tallies: &[Tally; METHODS]) {
    println!("\n### {title}\n");
    println!(
        "| estimator | panels | bias, pt | RMSE, pt | coverage of the model | coverage after the gate | mean half width, pt | called biased | by spread alone | effect by the model | effect told |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (tally, method) in tallies.iter().zip(Method::ALL) {
        let n = tally.panels;
        let percent = |count: f64| format!("{:.1} %", 100.0 * count / n);
        println!(
            "| {} | {} | {:+.3} | {:.3} | {} | {} | {:.3} | {} | {} | {} | {} |",
            method.name(),
            if tally.failed > 0.0 { format!("{n} ({} failed)", tally.failed) } else { n.to_string() },
            100.0 * tally.error / n,
            100.0 * (tally.square / n).sqrt(),
            percent(tally.model_covers),
            percent(tally.covers),
            100.0 * tally.width / n,
            percent(tally.biased),
            percent(tally.biased_by_spread_alone),
            percent(tally.model_effect),
            percent(tally.effect),
        );
    }
}

/// Units with their own level, periods in common, and groups hit at periods 4 and 6 of 10.
fn staggered(panels: u64) {
    let (mut covers, mut error, mut square) = (0.0, 0.0, 0.0);
    for panel in 0..panels {
        let mut rng = Pcg64::seed_from_u64(SEED + 90_000 + panel);
        let mut noise = || -> f64 { StandardNormal.sample(&mut rng) };
        let common: Vec<f64> = (0..10).map(|_| 0.02 * noise()).collect();
        let first: Vec<Option<usize>> = (0..120)
            .map(|unit| match unit % 4 {
                0 => Some(4),
                1 => Some(6),
                _ => None,
            })
            .collect();
        let outcomes: Vec<Vec<f64>> = first
            .iter()
            .map(|first| {
                let level = 0.9 + 0.03 * noise();
                let hit = |t: usize| first.is_some_and(|first| t >= first);
                common
                    .iter()
                    .enumerate()
                    .map(|(t, common)| level + common + 0.01 * noise() - if hit(t) { 0.02 } else { 0.0 })
                    .collect()
            })
            .collect();
        let Ok(found) = group_time::fit(&outcomes, &first, Confidence::P95) else { continue };
        let simple = found.simple().overall;
        covers += f64::from(u8::from(simple.interval.contains(-0.02)));
        error += simple.value + 0.02;
        square += (simple.value + 0.02).powi(2);
    }
    let n = panels as f64;
    println!("\n### Staggered dates\n");
    println!("| estimator | panels | bias, pt | RMSE, pt | coverage |\n|---|---|---|---|---|");
    println!(
        "| group-time, simple average | {panels} | {:+.4} | {:.4} | {:.1} % |",
        100.0 * error / n,
        100.0 * (square / n).sqrt(),
        100.0 * covers / n
    );
}

/// How often the pre-trend test rejects, with and without a drift of the affected unit.
fn pre_trends() {
    println!("\n### Pre-trend test, bins of 8 weeks, level 5 %\n");
    println!("| drift, log-odds per year | panels | rejected |\n|---|---|---|");
    for drift in [0.0, -0.1, -0.3] {
        let design = Design { drift, ..Design::default() };
        let rejects = |seed: &u64| {
            let drawn = draw(&design, &mut Pcg64::seed_from_u64(*seed));
            let found = drawn.and_then(|drawn| event_time::fit(&drawn.panel, 8, Confidence::P95).ok());
            found.is_some_and(|found| found.pre_trend.p_value < 0.05)
        };
        println!("| {drift} | 300 | {} |", (0..300).filter(rejects).count());
    }
}

fn main() {
    let null = Design::default();
    // Effects from −0.5 to 0 log-odds, about −2.9 to 0 points.
    let planted = |panel: u64| Design { effect: -0.5 * (panel as f64 + 0.5) / PANELS as f64, ..null };
    print("Assumptions hold, an effect planted", &study(SEED, PANELS, &planted));
    print("Assumptions hold, nothing planted", &study(SEED + 10_000, PANELS, &|_| null));
    let small = Design { customers: 200.0, ..null };
    print("The same with 200 customers per cell, nothing planted", &study(SEED + 20_000, FEWER, &|_| small));
    let shocks = Design { own_shock: 0.03, ..null };
    print("Shocks of one unit that last weeks, nothing planted", &study(SEED + 30_000, FEWER, &|_| shocks));
    for (drift, seed) in [(-0.1, 40_000), (-0.3, 50_000)] {
        let drifting = Design { drift, ..null };
        let title = format!("Trends not parallel, {drift} log-odds per year, nothing planted");
        print(&title, &study(SEED + seed, FEWER, &|_| drifting));
    }
    staggered(PANELS);
    pre_trends();
}
