//! Fake dates that share their weeks: what chance alone makes of their mean, and that a drift is still called one.

use fidance_stats::causal::did::gap;
use fidance_stats::causal::gate::{FakeDates, Gated, PlaceboInTime, check, error_of_the_mean};
use fidance_stats::causal::{CausalError, EffectEstimate, Panel};
use fidance_stats::interval::Confidence;
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

fn by_gap(panel: &Panel) -> Result<EffectEstimate, CausalError> {
    Ok(gap::fit(panel, 4, Confidence::P95)?.effect)
}

/// One affected unit beside one other: shares around 0.1, weeks independent, with a drift of the affected unit per week.
fn gated(seed: u64, start: usize, horizon: usize, drift: f64) -> Gated {
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut week = |trend: f64| -> f64 {
        let noise: f64 = StandardNormal.sample(&mut rng);
        0.1 + trend + 0.004 * noise
    };
    let affected: Vec<f64> = (0..start + horizon).map(|t| week(drift * t as f64)).collect();
    let other: Vec<f64> = (0..start + horizon).map(|_| week(0.0)).collect();
    let panel = Panel::from_values(&[affected, other], &[true, false], start).unwrap();
    check(&by_gap, &panel, FakeDates { first: start / 4, step: 1 }, Confidence::P95).unwrap()
}

/// As it was: the mean of the placebos beside their spread and the error of one effect, however seldom the design was tried.
fn by_size_alone(gated: &Gated) -> bool {
    let model_error = gated.model.interval.width() / 2.0 / Confidence::P95.z();
    gated.in_time.bias.abs() > gated.in_time.spread.max(model_error)
}

#[test]
fn a_sound_design_that_was_hardly_tried_is_seldom_called_biased() {
    for horizon in [20, 26] {
        let panels: Vec<Gated> = (0..400).map(|seed| gated(seed, 39, horizon, 0.0)).collect();
        let called = panels.iter().filter(|gated| gated.biased).count();
        let by_size = panels.iter().filter(|gated| by_size_alone(gated)).count();
        // 10 of 100 by chance, and three standard deviations of 400 are 18.
        assert!(called <= 58, "{called} of 400");
        assert!(by_size >= 100, "the size alone is no measure: {by_size} of 400");
    }
}

#[test]
fn where_it_was_tried_often_a_drift_is_called_as_before() {
    // Six weeks followed, 104 before: thirteen windows. The drift makes an effect of about three errors of one estimate.
    for seed in 0..100 {
        let gated = gated(seed, 104, 6, -0.0002);
        assert_eq!(gated.biased, by_size_alone(&gated));
    }
    let called = (0..100).filter(|seed| gated(*seed, 104, 6, -0.0002).biased).count();
    assert!(called >= 90, "{called} of 100");
}

#[test]
fn a_strong_drift_is_called_one_however_short_the_past() {
    let called = (0..100).filter(|seed| gated(*seed, 39, 20, -0.0006).biased).count();
    assert!(called >= 95, "{called} of 100");
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn placebos(weeks: &[f64], dates: FakeDates, horizon: usize) -> PlaceboInTime {
    let effect = |date: usize| mean(&weeks[date..date + horizon]) - mean(&weeks[..date]);
    let tried = dates.before(weeks.len(), horizon).map(|date| (date, effect(date)));
    PlaceboInTime::of(tried, weeks.len(), horizon)
}

#[test]
fn the_mean_of_placebos_varies_as_reckoned() {
    for (start, horizon, step) in [(39, 26, 1), (39, 13, 1), (104, 13, 3)] {
        let mut rng = Pcg64::seed_from_u64(11);
        let dates = FakeDates { first: start / 4, step };
        let (mut square, mut reckoned) = (0.0, 0.0);
        let draws = 3000;
        for _ in 0..draws {
            let weeks: Vec<f64> = (0..start).map(|_| StandardNormal.sample(&mut rng)).collect();
            let found = placebos(&weeks, dates, horizon);
            square += found.bias.powi(2) / f64::from(draws);
            reckoned = found.bias_error;
        }
        let ratio = square / (1.0 / start as f64 + 1.0 / horizon as f64) / reckoned.powi(2);
        // Relative sampling error of a mean square of 3000 draws: below 3 %, and four of them are 11.
        assert!((ratio - 1.0).abs() < 0.11, "{start}, {horizon}: {ratio}");
    }
}

proptest! {
    #[test]
    fn one_fake_date_has_the_error_of_its_own(date in 1_usize..40, horizon in 1_usize..20) {
        let start = 60;
        let own = (1.0 / date as f64 + 1.0 / horizon as f64) / (1.0 / start as f64 + 1.0 / horizon as f64);
        prop_assert!((error_of_the_mean(&[date], start, horizon) - own.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn more_weeks_of_past_make_a_surer_mean(horizon in 4_usize..26, longer in 20_usize..60) {
        let over = |start: usize| {
            let dates: Vec<usize> = (start / 4..=start - horizon).collect();
            error_of_the_mean(&dates, start, horizon)
        };
        prop_assert!(over(40 + longer) < over(40));
    }
}
