//! Properties of the alarm that hold for any share, overdispersion and count.

use fidance_stats::change::completion::{ClosedPeriod, CompletionCurve};
use fidance_stats::change::onset::{JudgedPeriod, locate};
use fidance_stats::change::segments::{global, rank};
use fidance_stats::change::shape::classify;
use fidance_stats::change::{
    BetaBinomial, Count, EDetector, Null, Overdispersion, Share, Threshold, edetector::FALLS,
};
use fidance_stats::interval::Confidence;
use proptest::collection::vec;
use proptest::prelude::*;

fn share() -> impl Strategy<Value = Share> {
    (-3.0..8.0_f64).prop_map(|logit| Share::from_logit(logit).unwrap())
}

fn rho() -> impl Strategy<Value = Overdispersion> {
    (-14.0..-0.7_f64).prop_map(|ln_rho| Overdispersion::new(ln_rho.exp()).unwrap())
}

fn null() -> impl Strategy<Value = Null> {
    (share(), rho()).prop_map(|(share, rho)| Null { share, rho })
}

fn count() -> impl Strategy<Value = Count> {
    (0_u64..3000, 0.0..=1.0_f64).prop_map(|(due, part)| {
        let kept = (due as f64 * part.powf(0.2)).round();
        Count::new(format!("{kept}").parse::<u64>().unwrap().min(due), due).unwrap()
    })
}

fn judged() -> impl Strategy<Value = JudgedPeriod> {
    (null(), count()).prop_map(|(null, count)| JudgedPeriod { null, count })
}

/// E over x of each L at a true share, by adding up every count.
pub(crate) fn mean_ratios(null: &Null, truth: Share, due: u64) -> [f64; FALLS.len()] {
    let law = BetaBinomial::new(truth, null.rho);
    let mut means = [0.0; FALLS.len()];
    for kept in 0..=due {
        let count = Count::new(kept, due).unwrap();
        let ln_p = law.ln_pmf(count);
        for (mean, ln_ratio) in means.iter_mut().zip(null.ln_ratios(count)) {
            *mean += (ln_p + ln_ratio).exp();
        }
    }
    means
}

/// The grid of the published derivation: at p₀ the mean is 1, above it is less.
#[test]
fn the_likelihood_ratio_has_a_mean_of_at_most_one() {
    let rho = Overdispersion::new(5e-4).unwrap();
    for due in [50, 500, 3000] {
        for p0 in [0.9, 0.96] {
            let null = Null { share: Share::new(p0).unwrap(), rho };
            for above in [0.0, 0.005, 0.03] {
                for mean in mean_ratios(&null, Share::new(p0 + above).unwrap(), due) {
                    let exact = if above > 0.0 { mean < 1.0 } else { (mean - 1.0).abs() < 1e-9 };
                    assert!(exact, "{due} {p0} {above}: {mean}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_mean_of_the_ratio_is_at_most_one(null in null(), above in 0.0..3.0_f64, due in 0_u64..400) {
        for mean in mean_ratios(&null, null.share.shifted(above), due) {
            prop_assert!(mean <= 1.0 + 1e-9, "{}", mean);
        }
    }

    #[test]
    fn the_ratio_falls_with_every_customer_kept(null in null(), due in 1_u64..3000, kept in 0_u64..3000) {
        let kept = kept % due;
        let fewer = null.ln_ratios(Count::new(kept, due).unwrap());
        let more = null.ln_ratios(Count::new(kept + 1, due).unwrap());
        for (fewer, more) in fewer.into_iter().zip(more) {
            prop_assert!(more <= fewer + 1e-9, "{} {}", fewer, more);
        }
    }

    #[test]
    fn tails_and_scores_are_in_order(null in null(), count in count()) {
        let law = BetaBinomial::new(null.share, null.rho);
        let tails = law.tails(count);
        for p in [tails.fewer, tails.equal, tails.more] {
            prop_assert!((0.0..=1.0).contains(&p), "{:?}", tails);
        }
        prop_assert!((tails.fewer + tails.equal + tails.more - 1.0).abs() < 1e-9, "{:?}", tails);
        prop_assert!(law.normal_score(count).is_finite());
        if count.kept() > 0 {
            let fewer = Count::new(count.kept() - 1, count.due()).unwrap();
            prop_assert!(law.normal_score(fewer) <= law.normal_score(count) + 1e-9);
        }
    }

    #[test]
    fn the_state_stored_and_restored_goes_on_alike(periods in vec(judged(), 1..60), cut in 0_usize..60) {
        let mut whole = EDetector::new();
        let mut parts = EDetector::new();
        for (index, period) in periods.iter().enumerate() {
            if index == cut {
                // Through text, as a store would.
                let state = parts.state();
                let mut read = state;
                read.ln_one_plus = state.ln_one_plus.map(|u| format!("{u}").parse().unwrap());
                parts = EDetector::restore(read).unwrap();
            }
            let one = whole.update(&period.null, period.count);
            prop_assert_eq!(one.to_bits(), parts.update(&period.null, period.count).to_bits());
        }
        prop_assert_eq!(whole.state(), parts.state());
    }

    #[test]
    fn the_evidence_is_the_recursion_in_plain_numbers(periods in vec(judged(), 1..40)) {
        let mut detector = EDetector::new();
        let mut plain = [0.0_f64; FALLS.len()];
        for period in &periods {
            let ln_evidence = detector.update(&period.null, period.count);
            if period.count.due() > 0 {
                for (m, ln_ratio) in plain.iter_mut().zip(period.null.ln_ratios(period.count)) {
                    *m = ln_ratio.exp() * (*m + 1.0);
                }
            }
            let mean = plain.iter().sum::<f64>() / 4.0;
            prop_assert!(!ln_evidence.is_nan() && ln_evidence < f64::INFINITY);
            if mean > 1e-200 && mean < 1e200 {
                prop_assert!((ln_evidence - mean.ln()).abs() < 1e-9 * mean.ln().abs().max(1.0), "{} {}", ln_evidence, mean.ln());
            }
        }
    }

    #[test]
    fn segments_do_not_depend_on_their_order(ln_evidence in vec(-5.0..15.0_f64, 1..40), turn in 0_usize..40) {
        let threshold = Threshold::one_false_alarm_in(5.0, 52.0).unwrap();
        let mut turned = ln_evidence.clone();
        turned.rotate_left(turn % ln_evidence.len());
        let (one, other) = (global(&ln_evidence).unwrap(), global(&turned).unwrap());
        prop_assert!((one - other).abs() < 1e-12);
        let values = |named: Vec<usize>, of: &[f64]| named.into_iter().map(|i| of[i]).collect::<Vec<_>>();
        prop_assert_eq!(
            values(rank(&ln_evidence, threshold), &ln_evidence),
            values(rank(&turned, threshold), &turned)
        );
        // Where the mean calls, some segment is named, and never one weaker than the threshold.
        if threshold.is_reached_by(one) {
            let largest = ln_evidence.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(largest >= one);
        }
        for i in rank(&ln_evidence, threshold) {
            prop_assert!(threshold.is_reached_by(ln_evidence[i]));
        }
    }

    #[test]
    fn the_onset_is_the_best_of_all(periods in vec(judged(), 1..30)) {
        let onset = locate(&periods).unwrap();
        let mut best = f64::NEG_INFINITY;
        for start in 0..periods.len() {
            for fall in FALLS {
                best = best.max(periods[start..].iter().map(|p| p.null.ln_ratio(fall, p.count)).sum());
            }
        }
        prop_assert!((onset.ln_likelihood_ratio - best).abs() < 1e-7 * best.abs().max(1.0));
        prop_assert!((onset.weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let inside: f64 = {
            let (from, to) = onset.candidates(Confidence::P90);
            onset.weights[from..=to].iter().sum()
        };
        prop_assert!(inside >= 0.9 - 1e-9);
    }

    #[test]
    fn the_shape_is_the_best_of_all(periods in vec(judged(), 1..14)) {
        let fit = classify(&periods).unwrap();
        let sum = |start: usize, fall: f64, length: usize| -> f64 {
            let at = |k: usize| fall * (k as f64 / length as f64).min(1.0);
            periods[start..].iter().enumerate().map(|(k, p)| p.null.ln_ratio(at(k + 1), p.count)).sum()
        };
        let best = |lengths: &[usize]| {
            let mut best = f64::NEG_INFINITY;
            for start in 0..periods.len() {
                for fall in 1..=19_u8 {
                    for &length in lengths {
                        best = best.max(sum(start, f64::from(fall) / 20.0, length));
                    }
                }
            }
            best
        };
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-7 * expected.abs().max(1.0);
        prop_assert!(close(fit.step, best(&[1])) && close(fit.ramp, best(&[8, 13, 26])), "{:?}", fit);
    }

    #[test]
    fn completion_of_periods_closed_alike_is_the_pooled_part(lost in vec(vec(0_u64..50, 5), 1..10)) {
        let closed: Vec<ClosedPeriod> =
            lost.iter().map(|lost| ClosedPeriod { due: 1000, lost_by_delay: lost.clone() }).collect();
        let total: u64 = lost.iter().flatten().sum();
        let Ok(curve) = CompletionCurve::fit(&closed) else {
            prop_assert_eq!(total, 0);
            return Ok(());
        };
        for delay in 0..5 {
            let known: u64 = lost.iter().map(|lost| lost[..=delay].iter().sum::<u64>()).sum();
            prop_assert!((curve.part(delay) - known as f64 / total as f64).abs() < 1e-12);
        }
    }
}
