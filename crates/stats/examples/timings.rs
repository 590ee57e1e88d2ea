//! Times the estimators at the size they are meant for: `cargo run --release -p fidance-stats --example timings`.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::hint::black_box;
use std::time::Instant;

use fidance_stats::btyd::{
    bgnbd::{self, BgNbd, PurchaseHistory},
    gamma_gamma::{self, SpendHistory},
};
use fidance_stats::change::completion::{ClosedPeriod, CompletionCurve, RunningPeriod};
use fidance_stats::change::onset::{JudgedPeriod, locate};
use fidance_stats::change::overdispersion::{self, Level};
use fidance_stats::change::shape::classify;
use fidance_stats::change::{
    BetaBinomial, Count, EDetector, Null, Overdispersion, Share, Threshold, segments,
};
use fidance_stats::interval::Confidence;
use fidance_stats::survival::{CumulativeIncidence, KaplanMeier, Lifetime, LifetimeTable, log_rank};
use rand_distr::{Beta, Distribution, Exp1, Gamma, StandardUniform};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    println!("{:>9.2} ms  {what}", start.elapsed().as_secs_f64() * 1e3);
    result
}

/// Customers of a shop in days, kept to one decimal so that nearly every row is distinct.
fn buyers(n: u32) -> Vec<PurchaseHistory> {
    let mut rng = Pcg64::seed_from_u64(1);
    let (Ok(rates), Ok(leaving)) = (Gamma::new(0.6, 1.0 / 30.0), Beta::new(0.8, 4.0)) else {
        return Vec::new();
    };
    let one = |i: u32| {
        let age = 30.0 + f64::from(i % 7000) / 10.0;
        let (rate, chance): (f64, f64) = (rates.sample(&mut rng), leaving.sample(&mut rng));
        let (mut frequency, mut recency) = (0, 0.0);
        loop {
            let wait: f64 = Exp1.sample(&mut rng);
            let stays: f64 = StandardUniform.sample(&mut rng);
            if recency + wait / rate > age || frequency >= 5000 {
                break;
            }
            recency += wait / rate;
            frequency += 1;
            if stays < chance {
                break;
            }
        }
        PurchaseHistory { frequency, recency, age, customers: 20 }
    };
    (0..n).map(one).collect()
}

fn lifetimes(n: u32) -> Vec<Lifetime> {
    let one = |i: u32| Lifetime {
        entry: if i.is_multiple_of(5) { i % 90 } else { 0 },
        duration: 91 + i.wrapping_mul(2_654_435_761) % 730,
        cause: u16::try_from(i % 3).ok().filter(|&cause| cause > 0),
        count: 1,
    };
    (0..n).map(one).collect()
}

fn main() {
    alarm();
    let rows = lifetimes(2_000_000);
    let table: LifetimeTable = timed("bincount of 2,000,000 lifetimes", || rows.iter().copied().collect());
    let half: LifetimeTable = rows.iter().step_by(2).copied().collect();
    let _ = timed("Kaplan-Meier", || KaplanMeier::fit(&table, Confidence::P95));
    let _ = timed("Aalen-Johansen, 2 causes", || CumulativeIncidence::fit(&table, Confidence::P95));
    let _ = timed("log-rank, 3 groups", || log_rank(&[&table, &half, &table]));

    let histories = buyers(100_000);
    let fit = timed("BG/NBD fit, 100,000 distinct rows, 2,000,000 customers", || bgnbd::fit(&histories));
    let Ok(fit) = fit else { return };
    println!("             {:?}, {} iterations", fit.model, fit.iterations);
    let forecast = |model: &BgNbd| -> f64 {
        let one =
            |h: &PurchaseHistory| model.conditional_expected_purchases(h.frequency, h.recency, h.age, 365.0);
        histories.iter().map(one).sum()
    };
    timed("365-day forecast of 100,000 rows", || forecast(&fit.model));
    let draws = fit.draws(20, &mut Pcg64::seed_from_u64(2)).unwrap_or_default();
    timed("the same for 20 draws", || draws.iter().map(forecast).sum::<f64>());

    let spends: Vec<SpendHistory> = histories
        .iter()
        .map(|h| SpendHistory { transactions: h.frequency, mean_value: 5.0 + h.age % 60.0, customers: 20 })
        .collect();
    let _ = timed("Gamma-Gamma fit, 100,000 rows", || gamma_gamma::fit(&spends));
}

/// The alarm's work of a day and of an alarm.
fn alarm() {
    let counts =
        |due: u64| (0..104).flat_map(move |t: u64| Count::new(due - due / 20 - t * 7919 % (due / 60), due));
    let (Ok(share), Ok(rho), Ok(threshold)) =
        (Share::new(0.94), Overdispersion::new(5e-4), Threshold::one_false_alarm_in(5.0, 365.0))
    else {
        return;
    };
    let null = Null { share, rho };
    let law = BetaBinomial::new(share, rho);
    for due in [2000, 200_000] {
        let today: Vec<Count> = counts(due).cycle().take(1000).collect();
        let mut detectors = vec![EDetector::new(); 1000];
        let ranked =
            timed(&format!("alarm: a day of 1,000 segments of {due}: evidence, global, ranking"), || {
                let evidence: Vec<f64> = detectors
                    .iter_mut()
                    .zip(&today)
                    .map(|(detector, count)| detector.update(&null, *count))
                    .collect();
                (segments::global(&evidence), segments::rank(&evidence, threshold))
            });
        black_box(ranked);
        let _ = timed("alarm: their normal scores", || {
            today.iter().map(|count| law.normal_score(*count)).sum::<f64>()
        });
        let past: Vec<(Share, Count)> = counts(due).map(|count| (share, count)).collect();
        let _ = timed("alarm: overdispersion of 104 periods, level known", || {
            overdispersion::fit(&past, Level::Known, Confidence::P90)
        });
        let _ = timed("alarm: the same, level estimated", || {
            overdispersion::fit(&past, Level::Shifted, Confidence::P90)
        });
        let judged: Vec<JudgedPeriod> = counts(due).map(|count| JudgedPeriod { null, count }).collect();
        let _ = timed("alarm: onset of a fall in 104 periods", || locate(&judged));
        let _ = timed("alarm: its shape", || classify(&judged));
    }
    let closed = vec![ClosedPeriod { due: 2000, lost_by_delay: vec![40, 30, 20, 10] }; 26];
    let Ok(curve) = CompletionCurve::fit(&closed) else { return };
    let detector = EDetector::new();
    let so_far = Count::new(1930, 2000);
    let _ = timed("alarm: provisional evidence of 1,000 segments", || {
        (0..1000)
            .filter_map(|_| {
                let running = RunningPeriod { delay: 1, so_far: so_far.ok()? };
                Some(detector.provisional(curve.ln_ratios(&null, running, rho)))
            })
            .sum::<f64>()
    });
}
