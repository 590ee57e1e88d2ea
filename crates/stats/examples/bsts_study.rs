//! How often the 95 % interval covers the truth, of the binomial mode and of the Gaussian one, on panels simulated with known
//! effects: `cargo run --release -p fidance-stats --example bsts_study [panels per scenario] [words in its name]`.
//!
//! The rows marked "drifts" break an assumption on purpose. Results are kept in `docs/statistics/results/bsts.md`.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

#[path = "support/panels.rs"]
mod panels;

use fidance_stats::causal::bsts::binomial::{self, Finding, Options, Season};
use fidance_stats::causal::bsts::{BstsError, Chain, gaussian};
use panels::{PERIODS, START, Scenario, is_outage, panel};
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

const USUAL: Scenario = Scenario {
    name: "assumptions hold",
    due: 2000.0,
    step: 0.002,
    disturbance: 0.1,
    effect: -0.46,
    half_life: f64::INFINITY,
    outage: 0.0,
};

/// Scenario and the prior guess of the level's step.
fn scenarios() -> Vec<(Scenario, f64)> {
    vec![
        (USUAL, 0.01),
        (Scenario { name: "no effect", effect: 0.0, ..USUAL }, 0.01),
        (Scenario { name: "fades, half-life 6 weeks", half_life: 6.0, ..USUAL }, 0.01),
        (Scenario { name: "250 customers a week", due: 250.0, ..USUAL }, 0.01),
        (Scenario { name: "no overdispersion", disturbance: 0.0, ..USUAL }, 0.01),
        (Scenario { name: "level drifts 0.01 a week", step: 0.01, ..USUAL }, 0.01),
        (Scenario { name: "level drifts 0.01 a week", step: 0.01, ..USUAL }, 0.05),
        (Scenario { name: "known outage after the incident", outage: -0.8, ..USUAL }, 0.01),
    ]
}

#[derive(Default)]
struct Score {
    effect: u32,
    lost: u32,
    excludes_zero: u32,
    error: f64,
    square: f64,
    step: f64,
    width: f64,
    effective: f64,
}

fn run(scenario: &Scenario, level_deviation: f64, count: u32) -> Result<Score, BstsError> {
    let options = Options {
        chain: Chain { draws: 1000, burn_in: 200 },
        season: Season::Fourier { period: 365.25 / 7.0, harmonics: 2 },
        level_deviation,
        ..Options::default()
    };
    let outage: Vec<f64> = (0..PERIODS).map(|t| f64::from(u8::from(is_outage(t)))).collect();
    let events = if scenario.outage < 0.0 { vec![outage] } else { Vec::new() };
    let mut score = Score::default();
    for seed in 0..count {
        let mut rng = Pcg64::seed_from_u64(u64::from(seed));
        let panel = panel(scenario, &mut rng);
        let found = binomial::fit(&panel.periods, &panel.controls, &events, START, &options, &mut rng)?;
        let Finding::Effect(found) = found else { continue };
        score.effect += u32::from(found.effect.interval.contains(panel.effect));
        score.lost += u32::from(found.lost.interval.contains(panel.lost));
        score.excludes_zero += u32::from(!found.effect.interval.contains(0.0));
        score.square += (found.effect.value - panel.effect).powi(2) / f64::from(count);
        score.step += found.level_step.value / f64::from(count);
        score.error += (found.effect.value - panel.effect) / f64::from(count);
        score.width += found.effect.interval.width() / f64::from(count);
        score.effective += found.effective_draws / f64::from(count);
    }
    Ok(score)
}

/// A series with two controls, noise and a level that moves as the prior of the Gaussian mode guesses; all in its own unit.
#[derive(Clone, Copy)]
struct Series {
    name: &'static str,
    noise: f64,
    /// Deviation of a step of the level.
    step: f64,
    effect: f64,
}

const SERIES: [Series; 4] = [
    Series { name: "Gaussian, assumptions hold", noise: 0.5, step: 0.01, effect: -0.3 },
    Series { name: "Gaussian, no effect", noise: 0.5, step: 0.01, effect: 0.0 },
    Series { name: "Gaussian, little noise", noise: 0.1, step: 0.01, effect: -0.3 },
    Series { name: "Gaussian, level drifts five times as fast", noise: 0.5, step: 0.05, effect: -0.3 },
];

/// Of `count` series: intervals that hold the effect, and those that leave 0 out; then the mean width.
fn run_gaussian(series: Series, count: u32) -> Result<(u32, u32, f64), BstsError> {
    let options =
        gaussian::Options { chain: Chain { draws: 1000, burn_in: 200 }, ..gaussian::Options::default() };
    let (mut covers, mut excludes_zero, mut width) = (0, 0, 0.0);
    for seed in 0..count {
        let mut rng = Pcg64::seed_from_u64(u64::from(seed));
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let controls = [(); 2].map(|()| (0..PERIODS).map(|_| normal()).collect::<Vec<f64>>());
        let [first, second] = &controls;
        let mut level = 0.0;
        let y: Vec<f64> = (first.iter().zip(second).enumerate())
            .map(|(t, (first, second))| {
                level += series.step * normal();
                let effect = if t >= START { series.effect } else { 0.0 };
                level + 0.7 * first + 0.2 * second + series.noise * normal() + effect
            })
            .collect();
        let found = gaussian::fit(&y, &controls, START, &options, &mut rng)?.average.interval;
        covers += u32::from(found.contains(series.effect));
        excludes_zero += u32::from(!found.contains(0.0));
        width += found.width() / f64::from(count);
    }
    Ok((covers, excludes_zero, width))
}

fn main() -> Result<(), BstsError> {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(500);
    println!("{count} panels each, seeds 0 to {}, 1000 draws after 200\n", count - 1);
    println!(
        "| panels | prior level step | covers effect | covers customers lost | excludes 0 | mean error, points | root mean square error | mean width, points | level step found | effective draws |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let words = std::env::args().nth(2).unwrap_or_default();
    let chosen = scenarios().into_iter().filter(|(scenario, _)| scenario.name.contains(&words));
    for (scenario, level_deviation) in chosen {
        let score = run(&scenario, level_deviation, count)?;
        let share = |part: u32| 100.0 * f64::from(part) / f64::from(count);
        println!(
            "| {} | {level_deviation} sd | {:.1} % | {:.1} % | {:.1} % | {:+.3} | {:.3} | {:.3} | {:.4} | {:.0} |",
            scenario.name,
            share(score.effect),
            share(score.lost),
            share(score.excludes_zero),
            100.0 * score.error,
            100.0 * score.square.sqrt(),
            100.0 * score.width,
            score.step,
            score.effective,
        );
    }
    println!("\n| series | covers effect | excludes 0 | mean width |\n|---|---|---|---|");
    for series in SERIES.into_iter().filter(|series| series.name.contains(&words)) {
        let (covers, excludes_zero, width) = run_gaussian(series, count)?;
        let share = |part: u32| 100.0 * f64::from(part) / f64::from(count);
        println!("| {} | {:.1} % | {:.1} % | {width:.3} |", series.name, share(covers), share(excludes_zero));
    }
    Ok(())
}
