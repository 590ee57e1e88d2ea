//! Measures the alarm by simulation and prints the tables of `docs/statistics/results/alarm.md`:
//! `cargo run --release -p fidance-stats --example alarm_study -- --series 1000 --seed 1`;
//! `--only pages` prints one table (`detectors`, `promise`, `estimated`, `estimated delays`, `broken`, `dates`).

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]
#![allow(clippy::indexing_slicing, reason = "series have the length they were simulated with")]

#[path = "../support/parts.rs"]
mod parts;

mod charts;
mod series;
mod study;

use charts::{comparators, promises, thresholds};
use parts::{Part, head, number, row, run};
use series::{Change, World};
use study::{Delays, Falses, Knowledge, Plan};

/// Twenty years.
const WEEKS: usize = 1040;
const CHANGES: [(&str, Change); 4] = [
    ("−1 pt", Change { at: 52, points: 0.01, over: 1 }),
    ("−3 pt", Change { at: 52, points: 0.03, over: 1 }),
    ("−3 pt over 26 wk", Change { at: 52, points: 0.03, over: 26 }),
    ("−1.5 pt over 26 wk", Change { at: 52, points: 0.015, over: 26 }),
];

/// Series judged by the structural baseline at most: it costs a hundred times more than the plug-in.
const STRUCTURAL: usize = 200;

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let series = usize::try_from(number("--series", 1000)).unwrap_or(1000).max(10);
    let plan = Plan { series, seed: number("--seed", 1) << 32, threads };
    println!("{series} series of {} years, seed {}.", WEEKS / 52, plan.seed >> 32);
    let parts: [Part<Plan>; 7] = [
        ("detectors", detectors),
        ("promise", promise),
        ("estimated", estimated),
        ("estimated delays", estimated_delays),
        ("broken", broken),
        ("dates", dates),
        ("pages", pages),
    ];
    run(plan, &parts);
}

fn detectors(plan: Plan) {
    head(
        "Run length and delay, baseline known",
        [
            "detector",
            "weeks between false alarms",
            "weeks to the first",
            "false by week 52",
            "−1 pt",
            "−3 pt",
            "−3 pt / 26 wk",
            "−1.5 pt / 26 wk",
        ],
    );
    let falses = study::false_alarms(plan, World::STANDARD, &Knowledge::TRUTH, WEEKS, comparators);
    let delays = CHANGES
        .map(|(_, change)| study::delays(plan, World::STANDARD, &Knowledge::TRUTH, change, comparators));
    for (index, false_alarms) in falses.iter().enumerate() {
        let mean = |delays: &Vec<Delays>| format!("{:.2}", delays[index].mean());
        let early = delays.iter().map(|delays| delays[index].early_share()).sum::<f64>() / 4.0;
        let cells = [
            false_alarms.name.clone(),
            format!("{:.0} ± {:.0}", false_alarms.run_length(), error(false_alarms)),
            format!("{:.0}", false_alarms.first_run_length()),
            format!("{:.1} %", 100.0 * early),
        ];
        row(cells.into_iter().chain(delays.iter().map(mean)));
    }
}

/// One standard error of the run length; alarms are nearly Poisson.
fn error(falses: &Falses) -> f64 {
    falses.run_length() / (falses.alarms as f64).sqrt()
}

fn promise(plan: Plan) {
    head(
        "False alarms per year against the promise",
        ["world", "promise 0.5 (2 years)", "0.2 (5 years)", "0.1 (10 years)"],
    );
    let standard = World::STANDARD;
    let worlds = [
        ("no season, nearly binomial (ρ 10⁻⁶)", World { season: 0.0, rho: 1e-6, ..standard }),
        ("season, ρ 0.0005", standard),
        ("season, holidays −0.3 logit", World { holidays: 0.3, ..standard }),
        ("strong season 0.4, ρ 0.002", World { season: 0.4, rho: 0.002, ..standard }),
        ("50 customers a week", World { due: 50.0, ..standard }),
        ("5 customers a week", World { due: 5.0, ..standard }),
        ("200,000 customers a week", World { due: 200_000.0, ..standard }),
        ("share 99.5 %", World { share: 0.995, ..standard }),
        ("share 60 %", World { share: 0.6, ..standard }),
    ];
    for (name, world) in worlds {
        rates(name, &study::false_alarms(plan, world, &Knowledge::TRUTH, WEEKS, promises));
    }
}

fn rates(name: &str, falses: &[Falses]) {
    row([name.to_owned()].into_iter().chain(falses.iter().map(|f| format!("{:.4}", f.per_year()))));
}

fn estimated(plan: Plan) {
    let columns = ["baseline", "A = 100", "150", "200", "500"];
    head("Weeks between false alarms / to the first, baseline estimated", columns);
    let season = World::STANDARD;
    let holidays = World { holidays: 0.3, ..season };
    let cases = [
        ("level from 104 weeks, kept 20 years", season, Knowledge::Level { guard: 0.0 }),
        ("the same, guarded", season, Knowledge::Level { guard: fidance_stats::change::edetector::GUARD }),
        ("level, season, ρ refitted yearly on 104 weeks", season, Knowledge::plug_in(1, 104, false, false)),
        ("the same, guarded", season, Knowledge::plug_in(1, 104, true, false)),
        ("with holidays, 2 harmonics, 156 weeks, guarded", holidays, Knowledge::plug_in(2, 156, true, true)),
    ];
    let few = Plan { series: plan.series.min(STRUCTURAL), ..plan };
    let moving = [
        ("structural, refitted every 4 weeks on 156", season, Knowledge::structural(false)),
        ("the same, guarded", season, Knowledge::structural(true)),
    ];
    let cases = cases.map(|case| (plan, case)).into_iter().chain(moving.map(|case| (few, case)));
    for (plan, (name, world, knowledge)) in cases {
        let falses = study::false_alarms(plan, world, &knowledge, WEEKS, thresholds);
        let lengths = falses
            .iter()
            .map(|f| format!("{:.0} ± {:.0} / {:.0}", f.run_length(), error(f), f.first_run_length()));
        row([name.to_owned()].into_iter().chain(lengths));
    }
}

fn estimated_delays(plan: Plan) {
    let plan = Plan { series: plan.series.min(500), ..plan };
    let columns = ["baseline", "fall", "A = 100", "150", "200", "500", "missed in 200 weeks at 500"];
    head("Delay in weeks, baseline estimated", columns);
    let cases = [
        ("level, season, ρ refitted yearly on 104 weeks", Knowledge::plug_in(1, 104, false, false)),
        ("the same, guarded", Knowledge::plug_in(1, 104, true, false)),
        ("structural, refitted every 4 weeks on 156", Knowledge::structural(false)),
        ("the same, guarded", Knowledge::structural(true)),
    ];
    for (name, knowledge) in cases {
        let structural = matches!(knowledge, Knowledge::Structural { .. });
        let plan =
            Plan { series: if structural { plan.series.min(STRUCTURAL) } else { plan.series }, ..plan };
        for (fall, change) in [CHANGES[0], CHANGES[1], CHANGES[3]] {
            let delays = study::delays(plan, World::STANDARD, &knowledge, change, thresholds);
            let means = delays.iter().map(|delays| format!("{:.2}", delays.mean()));
            let missed = format!("{:.1} %", 100.0 * delays[3].missed as f64 / plan.series as f64);
            row([name.to_owned(), fall.to_owned()].into_iter().chain(means).chain([missed]));
        }
    }
}

fn broken(plan: Plan) {
    head(
        "Outside the conditions: false alarms per year",
        ["what is wrong", "promise 0.5 (2 years)", "0.2 (5 years)", "0.1 (10 years)"],
    );
    let standard = World::STANDARD;
    let known = |rho_factor: f64, raised: f64| Knowledge::Known { rho_factor, raised };
    let cases = [
        ("ρ taken as half of the truth", standard, known(0.5, 0.0)),
        ("ρ taken as 10⁻⁶ (binomial)", standard, known(0.002, 0.0)),
        ("baseline 0.1 pt too high", standard, known(1.0, 0.021)),
        ("baseline 0.3 pt too high", standard, known(1.0, 0.065)),
        ("logit wanders, s.d. 0.05, φ 0.8", World { wander: 0.05, ..standard }, known(1.0, 0.0)),
        ("logit wanders, s.d. 0.15, φ 0.8", World { wander: 0.15, ..standard }, known(1.0, 0.0)),
        ("season not in the baseline", standard, Knowledge::plug_in(0, 104, true, false)),
    ];
    for (name, world, knowledge) in cases {
        rates(name, &study::false_alarms(plan, world, &knowledge, WEEKS, promises));
    }
}

fn dates(plan: Plan) {
    head(
        "Onset and shape (alarm of one in 5 years)",
        [
            "fall",
            "weeks after the alarm",
            "alarms",
            "onset exact",
            "within 2",
            "80 % set covers",
            "90 % set covers",
            "its mean width",
            "sudden",
            "gradual",
            "unclear",
        ],
    );
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    for (name, change) in CHANGES {
        for wait in [0, 8] {
            let dating = study::dating(plan, World::STANDARD, change, wait);
            let shares = [dating.exact, dating.within_two, dating.covered[0], dating.covered[1]].map(percent);
            row([name.to_owned(), wait.to_string(), dating.alarms.to_string()]
                .into_iter()
                .chain(shares)
                .chain([format!("{:.1}", dating.width)])
                .chain(dating.shapes.map(percent)));
        }
    }
}

fn pages(plan: Plan) {
    head("Daily provisional pages (promise 0.2 a year, split 80/20)", ["measure", "figure"]);
    let stable = study::provisional(plan, World::STANDARD, None, WEEKS / 2);
    let per_year = |pages: u64| format!("{:.4}", 52.0 * pages as f64 / stable.weeks as f64);
    row(["false pages of closed weeks, per year".to_owned(), per_year(stable.closed)]);
    row(["false provisional pages, per year".to_owned(), per_year(stable.running)]);
    for (name, change) in CHANGES {
        // With the 26 weeks of learning before, the fall meets the season where it does in the other tables.
        let change = Change { at: 26, ..change };
        let found = study::provisional(plan, World::STANDARD, Some(change), 200);
        let mean = found.days.iter().sum::<usize>() as f64 / found.days.len() as f64;
        row([format!("days to the first page, {name}"), format!("{mean:.1}")]);
    }
}
