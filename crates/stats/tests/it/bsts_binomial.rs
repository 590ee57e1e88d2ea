//! The binomial mode on the retention panel with a known truth, and on panels simulated from its own model.

use fidance_stats::causal::bsts::binomial::{
    self, Finding, Options, Period, RetentionEffect, Season, empirical_logit,
};
use fidance_stats::causal::bsts::{Chain, Recovery, gaussian};
use rand_distr::{Binomial, Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::{assert_close, read};

const START: usize = 104;
/// Mean of the true effect over the 26 weeks, unweighted.
const TRUTH: f64 = -0.027_125;

struct Panel {
    breached: Vec<Period>,
    controls: Vec<Vec<Period>>,
}

fn panel() -> Option<Panel> {
    let text = read("statistics/eventstudy/retention_panel.csv")?;
    let of = |segment: &str| -> Vec<Period> {
        let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[1] == segment)
            .map(|row| Period { due: row[2].parse().unwrap(), retained: row[3].parse().unwrap() })
            .collect()
    };
    Some(Panel { breached: of("breached"), controls: (1..=8).map(|i| of(&format!("ctl{i}"))).collect() })
}

fn effect(finding: Finding) -> RetentionEffect {
    match finding {
        Finding::Effect(effect) => *effect,
        Finding::NotSeparable { events } => panic!("not separable from {events:?}"),
    }
}

/// The rate in points as a Gaussian series: another implementation of the same model gives -2.808 [-3.121, -2.481] with
/// the controls, -2.801 [-3.104, -2.490] without.
#[test]
fn panel_as_a_gaussian_series() {
    let Some(panel) = panel() else { return };
    let points = |periods: &[Period]| -> Vec<f64> {
        periods.iter().map(|period| 100.0 * period.retained as f64 / period.due as f64).collect()
    };
    let controls: Vec<Vec<f64>> = panel.controls.iter().map(|control| points(control)).collect();
    for (controls, [value, low, high]) in
        [(controls.as_slice(), [-2.808, -3.121, -2.481]), (&[], [-2.801, -3.104, -2.490])]
    {
        // With eight controls alike the other sampler, one coordinate at a time, is not exact.
        let tolerance = if controls.is_empty() { 0.03 } else { 0.1 };
        let mut rng = Pcg64::seed_from_u64(1);
        let found =
            gaussian::fit(&points(&panel.breached), controls, START, &gaussian::Options::default(), &mut rng)
                .unwrap();
        println!("gaussian, {} controls: {:?} {:?}", controls.len(), found.average, found.inclusion);
        assert_close(found.average.value, value, tolerance);
        assert_close(found.average.interval.low, low, 1.5 * tolerance);
        assert_close(found.average.interval.high, high, 1.5 * tolerance);
        assert!(found.average.interval.contains(100.0 * TRUTH));
    }
}

#[test]
fn panel_as_counts() {
    let Some(panel) = panel() else { return };
    let logits: Vec<Vec<f64>> =
        panel.controls.iter().map(|control| control.iter().map(|&period| empirical_logit(period)).collect()).collect();
    let options = Options {
        season: Season::Fourier { period: 365.25 / 7.0, harmonics: 2 },
        ..Options::default()
    };
    for (controls, options) in [(logits.as_slice(), Options::default()), (&[], options), (&logits, options)] {
        let mut rng = Pcg64::seed_from_u64(1);
        let found = effect(binomial::fit(&panel.breached, controls, &[], START, &options, &mut rng).unwrap());
        println!(
            "binomial: {:?} lost {:?} horizons {:?} recovery {:?} s_e {:?} inc {:?} ess {} p {:?}",
            found.effect,
            found.lost,
            found.horizons,
            found.recovery,
            found.overdispersion,
            found.inclusion,
            found.effective_draws,
            found.probability_of_loss
        );
    }
}
