//! Buy-till-you-die models on customers simulated from them: the intervals must cover the truth.

use fidance_stats::btyd::bgnbd::{self, BgNbd, PurchaseHistory};
use fidance_stats::btyd::gamma_gamma::{self, GammaGamma, SpendHistory};
use fidance_stats::btyd::{Fit, FitError, LogParameters};
use rand_distr::{Beta, Distribution, Exp1, Gamma, StandardUniform};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

const SEEDS: u64 = 60;

fn buyer(truth: BgNbd, age: f64, rng: &mut Pcg64) -> PurchaseHistory {
    let rate: f64 = Gamma::new(truth.r, 1.0 / truth.alpha).unwrap().sample(rng);
    let leaving: f64 = Beta::new(truth.a, truth.b).unwrap().sample(rng);
    let (mut frequency, mut recency) = (0, 0.0);
    loop {
        let wait: f64 = Exp1.sample(rng);
        let next = recency + wait / rate;
        if next > age || next <= recency {
            break;
        }
        recency = next;
        frequency += 1;
        let chance: f64 = StandardUniform.sample(rng);
        if chance < leaving {
            break;
        }
    }
    PurchaseHistory { frequency, recency, age, customers: 1 }
}

fn buyers(truth: BgNbd, n: u32, rng: &mut Pcg64) -> Vec<PurchaseHistory> {
    (0..n).map(|i| buyer(truth, 20.0 + f64::from(i % 80), rng)).collect()
}

/// Per parameter, how many fits have the truth within 1.96 standard errors.
fn covered<M: LogParameters<N>, const N: usize>(truth: &M, fits: &[Fit<M, N>]) -> [usize; N] {
    std::array::from_fn(|i| {
        let within = |fit: &&Fit<M, N>| {
            (fit.model.to_log()[i] - truth.to_log()[i]).abs() < 1.96 * fit.standard_errors()[i]
        };
        fits.iter().filter(within).count()
    })
}

#[test]
fn bgnbd_intervals_cover_the_truth() {
    let truth = BgNbd { r: 0.5, alpha: 6.0, a: 0.7, b: 2.5 };
    let fits: Vec<_> = (0..SEEDS)
        .map(|seed| bgnbd::fit(&buyers(truth, 4000, &mut Pcg64::seed_from_u64(seed))).unwrap())
        .collect();
    // Binomial(60, 0.95) lies below 51 less than once in a thousand.
    for hits in covered(&truth, &fits) {
        assert!(hits >= 51, "{hits} of {SEEDS}");
    }
}

#[test]
fn gamma_gamma_intervals_cover_the_truth() {
    let truth = GammaGamma { p: 5.0, q: 4.0, v: 20.0 };
    let spender = |i: u32, rng: &mut Pcg64| {
        let scale: f64 = Gamma::new(truth.q, 1.0 / truth.v).unwrap().sample(rng);
        let transactions = 1 + i % 6;
        let shape = truth.p * f64::from(transactions);
        let total: f64 = Gamma::new(shape, 1.0 / scale).unwrap().sample(rng);
        SpendHistory { transactions, mean_value: total / f64::from(transactions), customers: 1 }
    };
    let fits: Vec<_> = (0..SEEDS)
        .map(|seed| {
            let mut rng = Pcg64::seed_from_u64(seed);
            let spends: Vec<_> = (0..3000).map(|i| spender(i, &mut rng)).collect();
            gamma_gamma::fit(&spends).unwrap()
        })
        .collect();
    for hits in covered(&truth, &fits) {
        assert!(hits >= 51, "{hits} of {SEEDS}");
    }
}

/// The forecast for new customers against the mean of simulated ones.
#[test]
fn expected_purchases_match_the_simulated_mean() {
    let truth = BgNbd { r: 1.5, alpha: 10.0, a: 0.9, b: 4.0 };
    let mut rng = Pcg64::seed_from_u64(11);
    let counts: Vec<f64> = (0..200_000).map(|_| f64::from(buyer(truth, 40.0, &mut rng).frequency)).collect();
    let mean = counts.iter().sum::<f64>() / 200_000.0;
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 200_000.0;
    let error = (variance / 200_000.0).sqrt();
    assert!((truth.expected_purchases(40.0) - mean).abs() < 4.0 * error);
}

/// Customers all alike who hardly leave: a limit of the model. An answer with a parameter at its bound, or
/// an honest refusal, but no NaN and no false certainty.
#[test]
fn degenerate_populations_are_answered_or_refused() {
    for truth in [
        BgNbd { r: 900.0, alpha: 9000.0, a: 1.0, b: 3.0 },
        BgNbd { r: 0.5, alpha: 5.0, a: 0.002, b: 900.0 },
        BgNbd { r: 0.5, alpha: 5.0, a: 300.0, b: 900.0 },
    ] {
        let histories = buyers(truth, 3000, &mut Pcg64::seed_from_u64(3));
        match bgnbd::fit(&histories) {
            Ok(fit) => {
                println!("{truth:?} -> {:?} {:?} {:?}", fit.model, fit.at_bound, fit.standard_errors());
                assert!(fit.standard_errors().iter().all(|error| error.is_finite()));
                let (mean, expected) =
                    (truth.expected_purchases(50.0), fit.draws(50, &mut Pcg64::seed_from_u64(1)).unwrap());
                assert!(expected.iter().all(|draw| draw.expected_purchases(50.0).is_finite()));
                assert!((fit.model.expected_purchases(50.0) / mean - 1.0).abs() < 0.15);
            }
            Err(FitError::NotIdentified | FitError::NotConverged { .. }) => println!("{truth:?} refused"),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Heavy buyers over a long time, with counts of millions.
#[test]
fn extreme_histories_fit_without_overflow() {
    let truth = BgNbd { r: 0.6, alpha: 0.5, a: 0.01, b: 8.0 };
    let mut rng = Pcg64::seed_from_u64(5);
    let mut histories: Vec<PurchaseHistory> = (0..2000).map(|_| buyer(truth, 5000.0, &mut rng)).collect();
    histories.iter_mut().for_each(|history| history.customers = 1000);
    assert!(histories.iter().map(|history| history.frequency).max().unwrap() > 5000);
    let fit = bgnbd::fit(&histories).unwrap();
    assert_eq!(fit.customers, 2_000_000);
    for history in &histories {
        let PurchaseHistory { frequency, recency, age, .. } = *history;
        let expected = fit.model.conditional_expected_purchases(frequency, recency, age, 365.0);
        assert!(expected.is_finite() && expected >= 0.0);
    }
}
