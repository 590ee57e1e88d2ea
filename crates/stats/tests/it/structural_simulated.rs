//! The baseline on simulated weeks: its interval covers, and it does not learn a slow decline.

use fidance_stats::causal::bsts::binomial::Period;
use fidance_stats::change::structural::{Options, Prediction, StructuralBaseline, StructuralError};
use rand_distr::{Beta, Binomial, Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::read;

struct Weeks {
    periods: Vec<Period>,
    log_odds: Vec<f64>,
}

/// Beta-binomial weeks about a level that walks, a year's season of 0.15, and `drift` added to the log-odds.
fn weeks(count: usize, step: f64, rho: f64, drift: impl Fn(usize) -> f64, rng: &mut Pcg64) -> Weeks {
    let normal = |rng: &mut Pcg64| -> f64 { StandardNormal.sample(rng) };
    let (mut periods, mut log_odds) = (Vec::new(), Vec::new());
    let mut level = 0.95_f64.ln() - 0.05_f64.ln();
    for t in 0..count {
        level += step * normal(rng);
        let angle = std::f64::consts::TAU * t as f64 * 7.0 / 365.25;
        let eta = level + 0.15 * (angle + 1.0).cos() + drift(t);
        let share = 1.0 / (1.0 + (-eta).exp());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rounded positive number"
        )]
        let due = (2000.0 * (0.3 * normal(rng)).exp()).round() as u64;
        let scale = 1.0 / rho - 1.0;
        let p = Beta::new(share * scale, (1.0 - share) * scale).unwrap().sample(rng);
        periods.push(Period { due, retained: Binomial::new(due, p).unwrap().sample(rng) });
        log_odds.push(eta);
    }
    Weeks { periods, log_odds }
}

fn predict(periods: &[Period], at: usize) -> Prediction {
    StructuralBaseline::fit(periods, &[], at, &Options::default()).unwrap().predict(&[], at).unwrap()
}

/// 200 series each. Steps of the level about the prior's median; at more than twice of it the interval is too narrow.
#[test]
fn the_interval_covers_the_true_rate() {
    for (step, least) in [(0.0025, 0.94), (0.005, 0.91), (0.01, 0.83)] {
        let mut rng = Pcg64::seed_from_u64(21);
        let (mut inside, mut below, mut deviation) = (0, 0, 0.0);
        let series = 200;
        for _ in 0..series {
            let weeks = weeks(157, step, 0.0005, |_| 0.0, &mut rng);
            let found = predict(&weeks.periods, 156);
            let error = weeks.log_odds[156] - found.log_odds;
            inside += i32::from(error.abs() < 1.96 * found.standard_deviation);
            below += i32::from(error < -1.645 * found.standard_deviation);
            deviation += found.standard_deviation / f64::from(series);
        }
        let (inside, below) = (f64::from(inside) / f64::from(series), f64::from(below) / f64::from(series));
        println!(
            "step {step}: covered {inside:.3}, below the guard {below:.3}, mean deviation {deviation:.4}"
        );
        assert!(inside > least && inside < 0.99, "{step}: {inside}");
    }
}

/// Two stable years, then 3 points lost over half a year: at its end most of the loss still shows.
#[test]
fn a_slow_decline_is_not_learned() {
    let mut rng = Pcg64::seed_from_u64(22);
    let decline = |t: usize| -0.5 * ((t.saturating_sub(104)) as f64 / 26.0);
    let mut kept = 0.0;
    let mut against_null = 0;
    let series = 60;
    for _ in 0..series {
        let weeks = weeks(131, 0.002, 0.0005, decline, &mut rng);
        let found = predict(&weeks.periods, 130);
        kept += (found.log_odds - weeks.log_odds[130]) / 0.5 / f64::from(series);
        against_null += i32::from(weeks.log_odds[130] < found.log_odds - 1.645 * found.standard_deviation);
    }
    println!(
        "share of the decline still visible: {kept:.2}; truth below the guarded null in {against_null}/{series}"
    );
    assert!(kept > 0.55, "{kept}");
    assert!(against_null > series * 9 / 10, "{against_null}");
}

#[test]
fn overdispersion_is_found() {
    let mut rng = Pcg64::seed_from_u64(23);
    let (mut covered, mut sum) = (0, 0.0);
    for _ in 0..60 {
        let weeks = weeks(140, 0.002, 0.001, |_| 0.0, &mut rng);
        let fit = StructuralBaseline::fit(&weeks.periods, &[], 140, &Options::default()).unwrap();
        sum += fit.overdispersion / 60.0;
        covered += i32::from(fit.overdispersion_upper >= 0.001);
    }
    println!("mean rho {sum:.5}, upper limit covers {covered}/60");
    assert!(sum > 0.0006 && sum < 0.0012, "{sum}");
    assert!(covered >= 46, "{covered}");
}

/// The shared test vector: known baseline 0.95 with a season of 0.15, rho 0.0005, two points lost from week 104.
#[test]
fn the_test_vector() {
    let Some(text) = read("statistics/alarm/test_vector.csv") else { return };
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|found| *found == name).unwrap();
    let (n, x, p0) = (column("n"), column("x"), column("p0"));
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let periods: Vec<Period> = rows
        .iter()
        .map(|row| Period { due: row[n].parse().unwrap(), retained: row[x].parse().unwrap() })
        .collect();
    for at in [90, 104, 111] {
        let found = predict(&periods, at);
        let truth: f64 = rows[at][p0].parse().unwrap();
        let error = (found.share() - truth).abs();
        println!("week {at}: {:.4} against {:.4}, null {:.4}", found.share(), truth, found.guarded_null());
        assert!(error < 0.004, "{at}: {error}");
    }
}

#[test]
fn gaps_holidays_and_bad_input() {
    let mut rng = Pcg64::seed_from_u64(24);
    let holiday: Vec<f64> = (0..140).map(|t| f64::from(u8::from(t % 52 == 51))).collect();
    let mut data = weeks(139, 0.002, 0.0005, |t| if t % 52 == 51 { -0.4 } else { 0.0 }, &mut rng);
    for t in 60..66 {
        data.periods[t] = Period { due: 0, retained: 0 };
    }
    let options = Options::default();
    let columns = [holiday];
    let fit = StructuralBaseline::fit(&data.periods, &columns, 138, &options).unwrap();
    let (usual, closed) = (fit.predict(&columns, 138).unwrap(), {
        let mut next = columns.clone();
        next[0][138] = 1.0;
        fit.predict(&next, 138).unwrap()
    });
    assert!((closed.log_odds - usual.log_odds + 0.4).abs() < 0.25);
    assert_eq!(fit.predict(&columns, 140), Err(StructuralError::Holiday { column: 0, period: 140 }));
    let short = StructuralBaseline::fit(&data.periods, &[], 20, &options);
    assert_eq!(short, Err(StructuralError::TooShort { periods: 13, needed: 15 }));
    data.periods[3].retained = data.periods[3].due + 1;
    assert_eq!(
        StructuralBaseline::fit(&data.periods, &[], 138, &options),
        Err(StructuralError::Counts { period: 3 })
    );
    let all = vec![Period { due: 50, retained: 50 }; 60];
    assert_eq!(StructuralBaseline::fit(&all, &[], 60, &options), Err(StructuralError::Degenerate));
}
