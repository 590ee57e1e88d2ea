//! Events near each other in one fit: on simulated series with known effects, how often the intervals hold them.

use fidance_stats::causal::bsts::{
    BstsError, Chain,
    binomial::{Joint, Onset, Options, Period, fit_events},
};
use rand_distr::{Binomial, Distribution, Normal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

const WEEKS: usize = 150;
const START: usize = 124;
const SEEDS: u64 = 40;

/// Steps of log-odds from the given weeks on, the first of them cut to the share of its week that was left.
struct Planted<'a> {
    due: u64,
    steps: &'a [(Onset, f64)],
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn onset(period: usize, share: f64) -> Onset {
    Onset { period, share }
}

/// A series with a wandering level and weekly disturbances, and the relative change of each event and of all in it.
fn simulated(planted: &Planted<'_>, seed: u64) -> (Vec<Period>, Vec<f64>, Vec<f64>) {
    let mut rng = Pcg64::seed_from_u64(seed);
    let (step, disturbance) = (Normal::new(0.0, 0.003).unwrap(), Normal::new(0.0, 0.02).unwrap());
    let mut level = 0.0;
    let adds = |t: usize, (onset, effect): &(Onset, f64)| match t.cmp(&onset.period) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Equal => effect * onset.share,
        std::cmp::Ordering::Greater => *effect,
    };
    // What is known beforehand: the mix of customers and the season.
    let around: Vec<f64> =
        (0..WEEKS).map(|t| -2.0 + 0.3 * (t as f64 / 52.0 * std::f64::consts::TAU).sin()).collect();
    let (mut with, mut without) = (vec![0.0; planted.steps.len() + 1], vec![0.0; planted.steps.len() + 1]);
    let periods = around
        .iter()
        .enumerate()
        .map(|(t, around)| {
            level += step.sample(&mut rng);
            let all: f64 = planted.steps.iter().map(|one| adds(t, one)).sum();
            let psi = around + level + disturbance.sample(&mut rng) + all;
            let due = planted.due as f64;
            for (event, one) in planted.steps.iter().enumerate().filter(|(_, one)| t >= one.0.period) {
                with[event] += due * logistic(psi);
                without[event] += due * logistic(psi - adds(t, one));
            }
            if t >= START {
                *with.last_mut().unwrap() += due * logistic(psi);
                *without.last_mut().unwrap() += due * logistic(psi - all);
            }
            let retained = Binomial::new(planted.due, logistic(psi)).unwrap().sample(&mut rng);
            Period { due: planted.due, retained }
        })
        .collect();
    let truth = with.iter().zip(&without).map(|(with, without)| with / without - 1.0).collect();
    (periods, around, truth)
}

fn fitted(planted: &Planted<'_>, seed: u64) -> (Joint, Vec<f64>) {
    let (periods, around, truth) = simulated(planted, seed);
    let onsets: Vec<Onset> = planted.steps.iter().map(|(onset, _)| *onset).collect();
    let chain = Chain { draws: 800, burn_in: 200 };
    let options = Options { chain, level_deviation: 0.1, ..Options::default() };
    let mut rng = Pcg64::seed_from_u64(seed + 1_000);
    (fit_events(&periods, &around, &onsets, &options, &mut rng).unwrap(), truth)
}

/// How many of the seeds hold.
fn count(planted: &Planted<'_>, holds: impl Fn(&Joint, &[f64]) -> bool) -> u64 {
    (0..SEEDS)
        .filter(|&seed| {
            let (found, truth) = fitted(planted, seed);
            holds(&found, &truth)
        })
        .count() as u64
}

#[test]
fn two_falls_a_week_apart_are_told_apart_where_the_first_week_shows_enough() {
    let steps = [(onset(START, 0.9), -0.35), (onset(START + 1, 0.6), -0.15)];
    let planted = Planted { due: 60_000, steps: &steps };
    let (mut both, mut each, mut apart) = (0, [0_u64, 0], 0);
    for seed in 0..SEEDS {
        let (found, truth) = fitted(&planted, seed);
        both += u64::from(found.together.relative.interval.contains(truth[2]));
        for ((held, event), truth) in each.iter_mut().zip(&found.events).zip(&truth) {
            *held += u64::from(event.relative.interval.contains(*truth));
        }
        apart += u64::from(found.events[0].relative.interval.high < 0.0);
    }
    println!("together {both}, each {each:?}, first found {apart} of {SEEDS}");
    assert!(both * 100 >= SEEDS * 90, "together held {both} of {SEEDS}");
    assert!(each.iter().all(|held| held * 100 >= SEEDS * 88), "held {each:?} of {SEEDS}");
    assert!(apart * 100 >= SEEDS * 90, "{apart} of {SEEDS}");
}

#[test]
fn two_falls_of_the_same_day_are_known_together_and_traded_against_each_other() {
    let steps = [(onset(START, 0.6), -0.2), (onset(START, 0.6), -0.1)];
    let planted = Planted { due: 60_000, steps: &steps };
    let held = count(&planted, |found, truth| found.together.relative.interval.contains(truth[2]));
    println!("together {held} of {SEEDS}");
    assert!(held * 100 >= SEEDS * 90, "held {held} of {SEEDS}");
    let traded = count(&planted, |found, _| {
        let wide = |event: usize| {
            found.events[event].relative.interval.width() > found.together.relative.value.abs()
        };
        found.correlation.iter().all(|correlation| *correlation < -0.5) && wide(0) && wide(1)
    });
    println!("traded {traded} of {SEEDS}");
    assert!(traded * 100 >= SEEDS * 95, "{traded} of {SEEDS}");
}

#[test]
fn nothing_planted_is_nothing_found() {
    let steps = [(onset(START, 0.6), 0.0), (onset(START + 1, 0.9), 0.0)];
    let planted = Planted { due: 60_000, steps: &steps };
    let quiet = count(&planted, |found, _| {
        let mut all = found.events.iter().chain([&found.together]);
        all.all(|effect| effect.relative.interval.contains(0.0))
    });
    println!("quiet {quiet} of {SEEDS}");
    assert!(quiet * 100 >= SEEDS * 95, "{quiet} of {SEEDS}");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let periods = vec![Period { due: 100, retained: 10 }; 40];
    let mut rng = Pcg64::seed_from_u64(1);
    let mut fit = |onsets: &[Onset], around: &[f64]| {
        fit_events(&periods, around, onsets, &Options::default(), &mut rng).unwrap_err()
    };
    let zeros = [0.0; 40];
    assert!(matches!(fit(&[], &zeros), BstsError::TooShort { .. }));
    assert!(matches!(fit(&[onset(4, 1.0)], &zeros), BstsError::TooShort { .. }));
    assert!(matches!(fit(&[onset(20, 1.0), onset(40, 1.0)], &zeros), BstsError::Control { control: 1, .. }));
    assert!(matches!(fit(&[onset(20, 0.0)], &zeros), BstsError::Control { control: 0, .. }));
    assert!(matches!(fit(&[onset(20, 1.0)], &zeros[..39]), BstsError::Control { .. }));
    assert!(matches!(fit(&[onset(20, 1.0)], &[f64::NAN; 40]), BstsError::Control { .. }));
}
