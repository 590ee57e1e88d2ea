//! Measures the estimators of effects on panels whose truth is known:
//! `cargo run --release -p fidance-stats --example causal_study`; `--only customers` prints one part (`sound`, `broken`,
//! `staggered`, `event-time`, `customers`).
//!
//! Prints the tables of `docs/statistics/results/causal.md`. The same seeds give the same tables.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

#[path = "../tests/it/causal_simulator.rs"]
mod causal_simulator;
#[path = "../tests/it/customer_simulator.rs"]
mod customer_simulator;
#[path = "support/parts.rs"]
mod parts;

use causal_simulator::{Design, METHODS, Method, Tally, draw, study};
use customer_simulator::{Concerned, CustomerDesign, customers as simulated, stays, strata_hold};
use fidance_stats::causal::did::{event_time, group_time};
use fidance_stats::interval::Confidence;
use parts::{Part, head, row, run};
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

const PANELS: u64 = 2000;
/// Panels where an assumption is broken, or where less is at stake.
const FEWER: u64 = 500;
/// Sets of customers.
const COMPARED: u64 = 1000;
const SEED: u64 = 20_260_101;

/// Columns of the tables of one estimator on many panels.
const COLUMNS: [&str; 11] = [
    "estimator",
    "panels",
    "bias, pt",
    "RMSE, pt",
    "coverage of the model",
    "coverage after the gate",
    "mean half width, pt",
    "called biased",
    "by spread alone",
    "effect by the model",
    "effect told",
];

fn tallied(name: &str, tally: &Tally) {
    let n = tally.panels;
    let percent = |count: f64| format!("{:.1} %", 100.0 * count / n);
    row([
        name.to_owned(),
        if tally.failed > 0.0 { format!("{n} ({} failed)", tally.failed) } else { n.to_string() },
        format!("{:+.3}", 100.0 * tally.error / n),
        format!("{:.3}", 100.0 * (tally.square / n).sqrt()),
        percent(tally.model_covers),
        percent(tally.covers),
        format!("{:.3}", 100.0 * tally.width / n),
        percent(tally.biased),
        percent(tally.biased_by_spread_alone),
        percent(tally.model_effect),
        percent(tally.effect),
    ]);
}

fn print(title: &str, tallies: &[Tally; METHODS]) {
    head(title, COLUMNS);
    tallies.iter().zip(Method::ALL).for_each(|(tally, method)| tallied(method.name(), tally));
}

/// Customers compared with customers: those on a list, and those in a scope who have habits of their own.
fn compared() {
    head("Customers matched with others", COLUMNS);
    let list = CustomerDesign {
        concerned: Concerned::List,
        customers: 1500,
        others: 6000,
        taken: 0.0,
        season: 0.15,
        renewed: false,
    };
    let scope = CustomerDesign { concerned: Concerned::Scope, season: 0.0, renewed: true, ..list };
    let rows = [
        ("list", list),
        ("list of 300", CustomerDesign { customers: 300, ..list }),
        ("scope, landmarks", scope),
        ("scope of 300", CustomerDesign { customers: 300, ..scope }),
        ("scope, the same customers at all landmarks", CustomerDesign { renewed: false, ..scope }),
        ("scope, a season", CustomerDesign { season: 0.15, ..scope }),
    ];
    for (place, (name, design)) in (0..).zip(rows) {
        for (part, taken) in (0..).zip([0.0, 0.15]) {
            let seed = SEED + 100_000 + 10_000 * (2 * place + part);
            let tally = simulated(seed, COMPARED, &CustomerDesign { taken, ..design });
            let what = if taken > 0.0 { "15 % of purchases taken" } else { "nothing" };
            tallied(&format!("{name}: {what}"), &tally);
        }
    }
    head("Customers matched with others: who stays", COLUMNS);
    let rows = [
        ("list", list),
        ("list of 300", CustomerDesign { customers: 300, ..list }),
        ("scope, landmarks", scope),
        ("scope, a season", CustomerDesign { season: 0.15, ..scope }),
    ];
    for (place, (name, design)) in (0..).zip(rows) {
        for (part, taken) in (0..).zip([0.0, 0.3]) {
            let seed = SEED + 400_000 + 10_000 * (2 * place + part);
            let tally = stays(seed, COMPARED, &CustomerDesign { taken, ..design });
            let what = if taken > 0.0 { "30 % of purchases taken" } else { "nothing" };
            tallied(&format!("{name}: {what}"), &tally);
        }
    }
    let held = strata_hold(SEED + 300_000, COMPARED, &list);
    println!("\nStrata, whether anybody came back at all: {held} of {COMPARED} intervals hold 0.");
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
    head("Staggered dates", ["estimator", "panels", "bias, pt", "RMSE, pt", "coverage"]);
    row([
        "group-time, simple average".to_owned(),
        panels.to_string(),
        format!("{:+.4}", 100.0 * error / n),
        format!("{:.4}", 100.0 * (square / n).sqrt()),
        format!("{:.1} %", 100.0 * covers / n),
    ]);
}

/// Effects by event time: how often bins before the disclosure are told from nothing, with and without a drift of the affected
/// unit, and bins after it that are nothing.
fn event_times() {
    let fitted = |design: &Design, seed: u64| {
        let drawn = draw(design, &mut Pcg64::seed_from_u64(seed))?;
        event_time::fit(&drawn.panel, 8, Confidence::P95).ok()
    };
    head("Pre-trend test, bins of 8 weeks, level 5 %", ["drift, log-odds per year", "panels", "rejected"]);
    for drift in [0.0, -0.1, -0.3] {
        let design = Design { drift, ..Design::default() };
        let rejects = |seed: &u64| fitted(&design, *seed).is_some_and(|found| found.pre_trend.p_value < 0.05);
        row([drift.to_string(), "300".to_owned(), (0..300).filter(rejects).count().to_string()]);
    }
    let found: Vec<_> = (0..PANELS).filter_map(|seed| fitted(&Design::default(), seed)).collect();
    let after = |place: usize| {
        found.iter().filter_map(move |one| one.points.iter().filter(|point| point.first >= 0).nth(place))
    };
    let holds = [0, 1].map(|bin| after(bin).filter(|point| point.share.interval.contains(0.0)).count());
    let [weeks_0_to_7, weeks_8_to_12] = holds;
    println!(
        "\nBins after the disclosure, nothing planted: of {} intervals {weeks_0_to_7} hold 0 (weeks 0 to 7), {weeks_8_to_12} (weeks 8 to 12).",
        found.len(),
    );
}

/// Panels of units on which the assumptions hold.
fn sound() {
    let null = Design::default();
    // Effects from −0.5 to 0 log-odds, about −2.9 to 0 points.
    let planted = |panel: u64| Design { effect: -0.5 * (panel as f64 + 0.5) / PANELS as f64, ..null };
    print("Assumptions hold, an effect planted", &study(SEED, PANELS, &planted));
    print("Assumptions hold, nothing planted", &study(SEED + 10_000, PANELS, &|_| null));
    let small = Design { customers: 200.0, ..null };
    print("The same with 200 customers per cell, nothing planted", &study(SEED + 20_000, FEWER, &|_| small));
}

/// Panels of units on which they do not.
fn broken() {
    let null = Design::default();
    let shocks = Design { own_shock: 0.03, ..null };
    print("Shocks of one unit that last weeks, nothing planted", &study(SEED + 30_000, FEWER, &|_| shocks));
    for (drift, seed) in [(-0.1, 40_000), (-0.3, 50_000)] {
        let drifting = Design { drift, ..null };
        let title = format!("Trends not parallel, {drift} log-odds per year, nothing planted");
        print(&title, &study(SEED + seed, FEWER, &|_| drifting));
    }
}

fn main() {
    let parts: [Part<()>; 5] = [
        ("sound", |()| sound()),
        ("broken", |()| broken()),
        ("staggered", |()| staggered(PANELS)),
        ("event-time", |()| event_times()),
        ("customers", |()| compared()),
    ];
    run((), &parts);
}
