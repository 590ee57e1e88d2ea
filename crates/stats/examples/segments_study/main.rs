//! Measures the alarm per segment: false alarms, delays, what is told of others, and the time it takes. Prints the tables
//! of `docs/statistics/results/segments.md`:
//! `cargo run --release -p fidance-stats --example segments_study -- --series 1000 --shops 100 --seed 1`;
//! `--only speed` prints one part (`promise`, `together`, `delays`, `common`, `speed`).

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]
#![allow(clippy::indexing_slicing, reason = "series have the length they were simulated with")]

use std::time::Instant;

use fidance_stats::change::Threshold;
use fidance_stats::change::panel::{Panel, Reading};
use fidance_stats::change::part::PartWeek;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;

#[path = "../support/parts.rs"]
mod parts;

mod shop;

use parts::{Part, head, number, row, run};
use shop::{CHANCE, CUSTOMERS, Change, World, weeks};

const YEAR: f64 = 365.25 / 7.0;
/// Weeks of a series, and the first that is judged.
const WEEKS: usize = 130;
const FIRST: usize = 20;
/// The week of a change, and how long one waits for it to be found.
const AT: usize = 104;
const WAIT: usize = 26;

const STEADY: World = World { name: "steady", drift: 0.0, scatter: 0.0, common: 0.0, error: 0.0 };
const COMMON: World =
    World { name: "everybody scatters by 5 %, expectation errs", common: 0.05, error: 0.01, ..STEADY };
const SCATTER: World = World { name: "the same, segments scatter by 5 %", scatter: 0.05, ..COMMON };
const DRIFT: World = World { name: "the same, places drift by 0.5 % a week", drift: 0.005, ..SCATTER };
const RUN: World = World { name: "the same, by 1 % a week", drift: 0.01, ..SCATTER };

const READINGS: [(Reading, &str); 3] =
    [(Reading::Own, "own past"), (Reading::Others, "the others"), (Reading::Both, "both")];

#[derive(Clone, Copy)]
struct Plan {
    series: u64,
    shops: u64,
    seed: u64,
}

impl Plan {
    fn rng(self, run: u64) -> Pcg64 {
        Pcg64::seed_from_u64((self.seed << 32) + run)
    }
}

fn main() {
    let plan =
        Plan { series: number("--series", 1000), shops: number("--shops", 100), seed: number("--seed", 1) };
    let parts: [Part<Plan>; 5] = [
        ("promise", promise),
        ("together", together),
        ("delays", delays),
        ("common", common),
        ("speed", speed),
    ];
    run(plan, &parts);
}

fn ten_years() -> Option<Threshold> {
    Threshold::one_false_alarm_in(10.0, YEAR).ok()
}

/// Weeks and segments newly named, of a whole shop.
fn named(weeks: &[Vec<PartWeek>], reading: Reading) -> Vec<(usize, usize)> {
    let Some(threshold) = ten_years() else { return Vec::new() };
    let mut panel = Panel::new(weeks.first().map_or(0, Vec::len), threshold, reading);
    let mut named = Vec::new();
    for (at, week) in weeks.iter().enumerate() {
        named.extend(panel.step(week).into_iter().map(|segment| (at, segment)));
    }
    named
}

/// One segment among the others, taken alone: false alarms a year where 0.1 are promised.
fn promise(plan: Plan) {
    head(
        "False alarms of one segment a year (promise: 0.1)",
        ["nothing happens", "returns a week", "own past", "the others", "both"],
    );
    for world in [STEADY, COMMON, SCATTER, DRIFT, RUN] {
        for size in [33_000_u64, 3_300, 330, 33] {
            let mut alarms = [0_usize; 3];
            for series in 0..plan.series {
                let shop = weeks(world, &[size, CUSTOMERS - size], WEEKS, None, &mut plan.rng(series));
                let alone: Vec<Vec<PartWeek>> = shop.into_iter().map(|week| vec![week[0]]).collect();
                for (alarms, (reading, _)) in alarms.iter_mut().zip(READINGS) {
                    *alarms += named(&alone, reading).len();
                }
            }
            let years = plan.series as f64 * (WEEKS - FIRST) as f64 / YEAR;
            let returns = format!("{:.1}", size as f64 * CHANCE);
            let rates = alarms.map(|alarms| format!("{:.3}", alarms as f64 / years));
            row([world.name.to_owned(), returns].into_iter().chain(rates));
        }
    }
    println!("\n{} series of {WEEKS} weeks each, judged from week {FIRST} on.", plan.series);
}

/// Segments of very different sizes: half of the customers in the first, then ever fewer.
fn uneven(segments: usize) -> Vec<u64> {
    let weight = |segment: usize| 1.0 / (segment + 1) as f64;
    let all: f64 = (0..segments).map(weight).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of customers")]
    (0..segments).map(|segment| (CUSTOMERS as f64 * weight(segment) / all).round() as u64).collect()
}

/// All segments of a shop: weeks in which any is named.
fn together(plan: Plan) {
    head(
        "False alarms of all segments of a shop together, a year (promise: 0.1)",
        ["nothing happens", "segments", "own past", "the others", "both"],
    );
    for world in [STEADY, SCATTER, DRIFT] {
        for segments in [2, 20, 200] {
            let shops = if segments > 100 { plan.shops / 5 } else { plan.shops };
            let mut alarms = [0_usize; 3];
            for run in 0..shops {
                let shop = weeks(world, &uneven(segments), WEEKS, None, &mut plan.rng(run));
                for (alarms, (reading, _)) in alarms.iter_mut().zip(READINGS) {
                    *alarms += named(&shop, reading).len();
                }
            }
            let years = shops as f64 * (WEEKS - FIRST) as f64 / YEAR;
            let rates = alarms.map(|alarms| format!("{:.3}", alarms as f64 / years));
            row([world.name.to_owned(), segments.to_string()].into_iter().chain(rates));
        }
    }
    println!("\nEvery naming counts, also of several segments in one week.");
}

/// A fall of one segment of 5 % of the customers: when it is named.
fn delays(plan: Plan) {
    head(
        "One of 20 equal segments falls: 5 % of 20,000 active customers",
        [
            "nothing else happens",
            "fall",
            "judged against",
            "median, weeks",
            "quartiles",
            "named within 26 weeks",
        ],
    );
    let sizes = vec![CUSTOMERS / 20; 20];
    for world in [STEADY, COMMON, SCATTER, DRIFT] {
        for fall in [0.1, 0.2, 0.3] {
            let change = Change { week: AT, segments: 1, factor: 1.0 - fall };
            let mut found = [const { Vec::new() }; 3];
            for run in 0..plan.shops {
                let shop = weeks(world, &sizes, AT + WAIT, Some(change), &mut plan.rng(run));
                for (found, (reading, _)) in found.iter_mut().zip(READINGS) {
                    let first = named(&shop, reading)
                        .into_iter()
                        .find(|&(at, segment)| segment == 0 && at >= AT)
                        .map_or(usize::MAX, |(at, _)| at + 1 - AT);
                    found.push(first);
                }
            }
            for (mut found, (_, name)) in found.into_iter().zip(READINGS) {
                found.sort_unstable();
                let quantile = |q: f64| {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a place in a list"
                    )]
                    let delay = found[(q * (found.len() - 1) as f64).round() as usize];
                    if delay == usize::MAX { "none".to_owned() } else { delay.to_string() }
                };
                let within = found.iter().filter(|delay| **delay < usize::MAX).count();
                row([
                    world.name.to_owned(),
                    format!("{:.0} %", fall * 100.0),
                    name.to_owned(),
                    quantile(0.5),
                    format!("{} to {}", quantile(0.25), quantile(0.75)),
                    format!("{:.0} %", 100.0 * within as f64 / found.len() as f64),
                ]);
            }
        }
    }
    println!("\n{} shops each; the week of the fall is 1.", plan.shops);
}

/// What happens to everybody or to others: how many segments are named for it.
fn common(plan: Plan) {
    head(
        "Segments named within 26 weeks to which nothing of their own happened, per shop",
        ["what happens", "own past", "the others", "both"],
    );
    let equal = vec![CUSTOMERS / 20; 20];
    let mut half = vec![CUSTOMERS / 38; 19];
    half.insert(0, CUSTOMERS / 2);
    let cases: [(&str, &[u64], usize, f64); 5] = [
        ("everybody falls by 10 %", &equal, 20, 0.9),
        ("everybody rises by 30 %", &equal, 20, 1.3),
        ("one of 20 equal segments rises by 30 %", &equal, 1, 1.3),
        ("a segment of half of the customers rises by 30 %", &half, 1, 1.3),
        ("a segment of half of the customers falls by 20 %", &half, 1, 0.8),
    ];
    for (name, sizes, segments, factor) in cases {
        let change = Change { week: AT, segments, factor };
        let mut told = [0_usize; 3];
        for run in 0..plan.shops {
            let shop = weeks(COMMON, sizes, AT + WAIT, Some(change), &mut plan.rng(run));
            for (told, (reading, _)) in told.iter_mut().zip(READINGS) {
                // Where everybody changes no segment has anything of its own; else those that changed do not count.
                let own = |segment: usize| segments == 1 && segment == 0;
                *told +=
                    named(&shop, reading).iter().filter(|(at, segment)| *at >= AT && !own(*segment)).count();
            }
        }
        row([name.to_owned()]
            .into_iter()
            .chain(told.map(|n| format!("{:.2}", n as f64 / plan.shops as f64))));
    }
    println!("\n{} shops of 20 segments; everybody scatters by 5 %, the expectation errs.", plan.shops);
}

/// Time of a thousand segments.
fn speed(plan: Plan) {
    head("A thousand segments on one core", ["what", "milliseconds"]);
    let shop = weeks(SCATTER, &uneven(1000), WEEKS, None, &mut plan.rng(0));
    let Some(threshold) = ten_years() else { return };
    let mut panel = Panel::new(1000, threshold, Reading::Both);
    let mut steps = Vec::new();
    let begun = Instant::now();
    for week in &shop {
        let start = Instant::now();
        panel.step(week);
        steps.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let whole = begun.elapsed().as_secs_f64() * 1e3;
    let last = steps.last().copied().unwrap_or(0.0);
    let slowest = steps.iter().copied().fold(0.0, f64::max);
    let write = |what: String, time: f64| row([what, format!("{time:.0}")]);
    write("update by one week, the last".to_owned(), last);
    write("update by one week, the slowest (all spreads are fitted anew)".to_owned(), slowest);
    write(format!("all {WEEKS} weeks anew, as every look does"), whole);
}
