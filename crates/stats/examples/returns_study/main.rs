//! Measures how soon a fall of returns is found, and how often one is found that is none. Prints the tables of
//! `docs/statistics/results/returns.md`:
//! `cargo run --release -p fidance-stats --example returns_study -- --shops 400 --years 200 --seed 1`;
//! `--only delays` prints one table (`delays`, `sizes`, `promise`, `runs`), `--only runs --row 3` one of its falls.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]
#![allow(clippy::indexing_slicing, reason = "series have the length they were simulated with")]

use fidance_stats::change::edetector::GUARD;
use fidance_stats::change::{Falls, Threshold};
use fidance_stats::hazard::{Expectation, RunReturns, Settings, rolling};
use fidance_stats::interval::Confidence;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;

#[path = "../support/parts.rs"]
mod parts;

mod detectors;
mod shop;

use detectors::{Judged, edetector, threshold};
use parts::{Part, head, number, row, run};
use shop::{Fall, Observed, Shop, World, YEAR};

/// The week of the fall, and the first week judged: a year of past and the gap.
const FALL: usize = 130;
const FIRST: usize = 59;
/// Falls whose size is measured: scatter of weeks, factor of all paces, weeks that are summed.
const RUNS: [(f64, f64, usize); 8] = [
    (0.0, 1.0, 10),
    (0.0, 0.92, 10),
    (0.02, 1.0, 10),
    (0.02, 0.92, 10),
    (0.0, 1.0, 26),
    (0.0, 0.92, 26),
    (0.0, 0.7, 26),
    (0.02, 0.92, 26),
];

/// Standard errors by which the expectation is lowered.
const GUARDS: [(f64, &str); 4] =
    [(GUARD, "1.645 standard errors below"), (1.0, "1 below"), (0.5, "0.5 below"), (0.0, "not guarded")];

#[derive(Clone, Copy)]
struct Plan {
    shops: u64,
    ten_years: u64,
    seed: u64,
}

impl Plan {
    fn shops(self, world: World) -> impl Iterator<Item = Shop> {
        (0..self.shops)
            .map(move |shop| Shop::open(world, &mut Pcg64::seed_from_u64((self.seed << 32) + shop)))
    }
}

fn main() {
    let plan =
        Plan { shops: number("--shops", 400), ten_years: number("--years", 200), seed: number("--seed", 1) };
    let parts: [Part<Plan>; 4] = [("delays", delays), ("sizes", sizes), ("promise", promise), ("runs", runs)];
    run(plan, &parts);
}

/// Delays and false alarms of one detector over shops.
#[derive(Default)]
struct Score {
    name: String,
    /// Weeks of the fall seen at the alarm; infinite without one.
    delays: Vec<f64>,
    falses: usize,
}

impl Score {
    fn add(&mut self, alarms: &[usize]) {
        self.falses += alarms.iter().filter(|&&week| week < FALL).count();
        let found = alarms.iter().find(|&&week| week >= FALL);
        self.delays.push(found.map_or(f64::INFINITY, |week| (week - FALL + 1) as f64));
    }

    fn row(mut self) -> [String; 5] {
        self.delays.sort_by(f64::total_cmp);
        let shops = self.delays.len() as f64;
        let place = |part: usize| {
            let delay = self.delays[(self.delays.len() * part / 4).min(self.delays.len() - 1)];
            if delay.is_finite() { format!("{delay:.0}") } else { "none".to_owned() }
        };
        let found = self.delays.iter().filter(|delay| **delay <= 26.0).count() as f64;
        let years = shops * (FALL - FIRST) as f64 / YEAR;
        [
            self.name.clone(),
            place(2),
            format!("{} to {}", place(1), place(3)),
            format!("{:.0} %", 100.0 * found / shops),
            format!("{:.3}", self.falses as f64 / years),
        ]
    }
}

/// Adds the alarms of one shop to each detector's score, in order.
fn score(scores: &mut Vec<Score>, found: Vec<(String, Vec<usize>)>) {
    if scores.is_empty() {
        scores.extend(found.iter().map(|(name, _)| Score { name: name.clone(), ..Score::default() }));
    }
    for (score, (_, alarms)) in scores.iter_mut().zip(found) {
        score.add(&alarms);
    }
}

/// All that is compared, on the data of one shop.
fn everything(observed: &Observed, scatter: f64) -> Vec<(String, Vec<usize>)> {
    let ten = threshold(10.0);
    let Ok(expected) = rolling(&observed.table, &Settings::default()) else { return Vec::new() };
    let leading = detectors::returns(&expected.weeks);
    let lagging = detectors::retention(&observed.retention, FIRST);
    let name = str::to_owned;
    let mut found = returns_only(observed, &leading, scatter, ten);
    found.push((name("TRC: e-detector, guarded"), edetector(&lagging, Falls::KEPT, GUARD, ten)));
    let charts: [(&str, Chart); 5] = [
        ("p-chart 3σ", detectors::p_chart),
        ("EWMA λ .1 L 2.7", detectors::ewma),
        ("CUSUM k .5 h 4.39", detectors::cusum),
        ("PELT every week", detectors::segmented),
        ("BOCPD", detectors::bayesian),
    ];
    for (series, weeks) in [("returns", &leading), ("TRC", &lagging)] {
        found.extend(charts.iter().map(|(chart, alarms)| (format!("{series}: {chart}"), alarms(weeks))));
    }
    found
}

/// The weeks in which a chart alarms.
type Chart = fn(&[Judged]) -> Vec<usize>;

/// The bound and the detectors of the leading series.
fn returns_only(
    observed: &Observed,
    leading: &[Judged],
    scatter: f64,
    ten: Threshold,
) -> Vec<(String, Vec<usize>)> {
    let name = str::to_owned;
    let mut found = vec![(
        name("bound: chances and fall known"),
        detectors::bound(&observed.table, &observed.truth, scatter, FIRST, ten),
    )];
    let detectors = GUARDS.map(|(guard, guarded)| {
        (format!("returns: e-detector, {guarded}"), edetector(leading, Falls::RETURNS, guard, ten))
    });
    found.extend(detectors);
    found.push((name("returns: Fidance"), detectors::alarms(&observed.table, leading, ten, FALL)));
    found
}

const COLUMNS: [&str; 5] =
    ["detector", "median delay, weeks", "quartiles", "found within 26 weeks", "false alarms per year before"];

fn delays(plan: Plan) {
    for (title, scatter, factor) in [
        ("A lasting fall of 5 %, 20,000 active customers", 0.0, 0.95),
        ("The same, weeks scatter by 2 %", 0.02, 0.95),
        ("A lasting fall of 10 %, weeks scatter by 2 %", 0.02, 0.9),
    ] {
        let world = World { scatter, ..World::STANDARD };
        let (mut scores, mut sums, mut kept) = (Vec::new(), [0.0; 3], 0.0);
        for shop in plan.shops(world) {
            let observed = shop.observe(Some(Fall { week: FALL, factor }), factor);
            let total = observed.table.total(FALL - 1);
            for (sum, new) in
                sums.iter_mut().zip([total.exposed, total.returned, observed.retention[FALL - 1].due()])
            {
                *sum += new as f64 / plan.shops as f64;
            }
            kept += observed.retention[FALL - 1].share().unwrap_or(0.0) / plan.shops as f64;
            score(&mut scores, everything(&observed, scatter));
        }
        head(title, COLUMNS);
        scores.into_iter().for_each(|score| row(score.row()));
        let [known, returned, active] = sums;
        println!(
            "\n{} shops; week {}: {known:.0} customers known, {active:.0} active, {returned:.0} returned, \
             {:.2} % of the active kept over the week.",
            plan.shops,
            FALL - 1,
            100.0 * kept
        );
    }
}

fn sizes(plan: Plan) {
    let plan = Plan { shops: plan.shops / 4, ..plan };
    head(
        "Median delay (quartiles) by size, fall of 5 %",
        [
            "customers",
            "scatter of weeks",
            "bound",
            "e-detector, 1.645 standard errors below",
            "1 below",
            "0.5 below",
            "not guarded",
            "Fidance",
        ],
    );
    for (arrivals, customers) in [(102.5, "5,000"), (410.0, "20,000"), (1640.0, "80,000")] {
        for scatter in [0.0, 0.02] {
            let world = World { arrivals, scatter, ..World::STANDARD };
            let mut scores = Vec::new();
            for shop in plan.shops(world) {
                let observed = shop.observe(Some(Fall { week: FALL, factor: 0.95 }), 0.95);
                let Ok(expected) = rolling(&observed.table, &Settings::default()) else { continue };
                let leading = detectors::returns(&expected.weeks);
                score(&mut scores, returns_only(&observed, &leading, scatter, threshold(10.0)));
            }
            let cells = scores.into_iter().map(|score| {
                let [_, median, quartiles, ..] = score.row();
                format!("{median} ({quartiles})")
            });
            row([customers.to_owned(), format!("{:.0} %", 100.0 * scatter)].into_iter().chain(cells));
        }
    }
    println!("\n{} shops each.", plan.shops);
}

/// Shops in which nothing happens for ten judged years: time to the first alarm.
fn promise(plan: Plan) {
    let years = [2.0, 5.0, 10.0];
    for (title, scatter, wander) in [
        ("no scatter", 0.0, 0.0),
        ("weeks scatter by 2 %", 0.02, 0.0),
        ("weeks scatter by 1 %, the level moves by 0.3 % a week", 0.01, 0.003),
    ] {
        let weeks = FIRST + 522;
        let world = World { arrivals: 60.0, growth: 0.0, weeks, scatter, wander };
        let mut firsts: Vec<(String, Vec<(usize, usize)>)> = Vec::new();
        let shops = Plan { shops: plan.ten_years, ..plan };
        for shop in shops.shops(world) {
            let observed = shop.observe(None, 1.0);
            let Ok(expected) = rolling(&observed.table, &Settings::default()) else { continue };
            let leading = detectors::returns(&expected.weeks);
            let mut found = Vec::new();
            let watched = detectors::watched(&observed.table, &leading, 0);
            found.push((
                "Fidance".to_owned(),
                years.map(|years| detectors::first(&watched, threshold(years))),
            ));
            for (guard, guarded) in GUARDS {
                let alarms =
                    |years| edetector(&leading, Falls::RETURNS, guard, threshold(years)).first().copied();
                found.push((format!("e-detector, {guarded}"), years.map(alarms)));
            }
            if firsts.is_empty() {
                firsts = found.iter().map(|(name, _)| (name.clone(), vec![(0, 0); years.len()])).collect();
            }
            for ((_, tallies), (_, alarms)) in firsts.iter_mut().zip(found) {
                for ((count, waited), alarm) in tallies.iter_mut().zip(alarms) {
                    *count += usize::from(alarm.is_some());
                    *waited += alarm.map_or(weeks, |week| week + 1) - FIRST;
                }
            }
        }
        head(
            &format!("False alarms per year against the promise, {title}"),
            ["detector", "promise 0.5 (2 years)", "0.2 (5 years)", "0.1 (10 years)"],
        );
        for (name, tallies) in firsts {
            let rate = |(count, waited): (usize, usize)| {
                let (count, years) = (count as f64, waited as f64 / YEAR);
                format!("{:.3} ± {:.3}", count / years, count.sqrt() / years)
            };
            row([name].into_iter().chain(tallies.into_iter().map(rate)));
        }
        println!("\n{} shops of ten years, up to the first alarm of each.", plan.ten_years);
    }
}

/// Weeks summed, learned before the fall only: do the intervals hold what is true?
fn runs(plan: Plan) {
    head(
        "Weeks summed against an expectation from before",
        [
            "expected of customers as they were",
            "weeks",
            "change",
            "scatter of weeks",
            "true ratio",
            "mean ratio found",
            "95 % interval holds the ratio",
            "holds the returns missing",
            "excludes 1",
            "mean half width, % of returns",
        ],
    );
    let wanted = number("--row", 0);
    let rows = (1..).zip(RUNS).filter(|(row, _)| wanted == 0 || wanted == *row);
    for (_, (scatter, factor, length)) in rows {
        let world = World { scatter, weeks: FALL + length, ..World::STANDARD };
        let mut sums = [[0.0; 6]; 2];
        for shop in plan.shops(world) {
            let calm = shop.observe_by_landmark(None, factor, length);
            let fall = Some(Fall { week: FALL, factor });
            let fallen = shop.observe_by_landmark(fall, factor, length);
            let expectation = |observed: Observed| {
                let expectation = Expectation::new(observed.table, Settings::default()).ok()?;
                expectation.with_landmarks(observed.landmarks?).ok()
            };
            let (truth, came): (_, u64) = (
                calm.truth[FALL..].to_vec(),
                (FALL..FALL + length).map(|week| calm.table.total(week).returned).sum(),
            );
            let (Some(calm), Some(fallen)) = (expectation(calm), expectation(fallen)) else { continue };
            let weeks = FALL..FALL + length;
            let (Ok(frozen), Ok(landmark), Ok(untouched)) =
                (fallen.frozen(FALL), fallen.landmark(FALL), calm.landmark(FALL))
            else {
                continue;
            };
            // The same paces, with and without the fall.
            let true_ratio = truth.iter().map(|week| week.fallen).sum::<f64>()
                / truth.iter().map(|week| week.expected).sum::<f64>();
            let found = [
                (RunReturns::sum(&frozen.weeks), came),
                (landmark.run(&weeks), untouched.weeks().iter().map(|week| week.observed).sum()),
            ];
            for (sums, (run, came)) in sums.iter_mut().zip(found) {
                let Some(ratio) = run.ratio(Confidence::P95) else { continue };
                let missing = run.missing(Confidence::P95);
                let holds = |yes: bool| f64::from(u8::from(yes));
                let new = [
                    true_ratio,
                    ratio.value,
                    holds(ratio.interval.contains(true_ratio)),
                    holds(missing.interval.contains(came as f64 - run.observed as f64)),
                    holds(!ratio.interval.contains(1.0)),
                    missing.interval.width() / 2.0 / run.expected,
                ];
                sums.iter_mut().zip(new).for_each(|(sum, new)| *sum += new / plan.shops as f64);
            }
        }
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        for (of, [truth, found, ratio, missing, excludes, width]) in
            ["each week", "at the landmark"].into_iter().zip(sums)
        {
            let change = if factor < 1.0 {
                format!("paces −{:.0} %", 100.0 * (1.0 - factor))
            } else {
                "none".to_owned()
            };
            row([
                of.to_owned(),
                length.to_string(),
                change,
                format!("{:.0} %", 100.0 * scatter),
                format!("{truth:.3}"),
                format!("{found:.3}"),
                percent(ratio),
                percent(missing),
                percent(excludes),
                percent(width),
            ]);
        }
    }
    println!("\n{} shops each.", plan.shops);
}
