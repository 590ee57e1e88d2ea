//! The alarm against an independent implementation: a series of 130 weeks with a fall of two points in week
//! 104, ln L, evidence, CUSUM, EWMA, onset, shape, Laney's limits and the fitted overdispersion.

use fidance_stats::change::cusum::Cusum;
use fidance_stats::change::ewma::Ewma;
use fidance_stats::change::laney::ControlLimits;
use fidance_stats::change::onset::{JudgedPeriod, locate};
use fidance_stats::change::overdispersion::{Level, fit};
use fidance_stats::change::shape::{Shape, classify};
use fidance_stats::change::{BetaBinomial, Count, EDetector, Null, Overdispersion, Share, Threshold};
use fidance_stats::interval::Confidence;
use statrs::function::gamma::ln_gamma;

use crate::data::{assert_close, read};

pub(crate) struct Week {
    pub(crate) period: JudgedPeriod,
    pub(crate) z: f64,
    ln_ratios: [f64; 4],
    evidence: f64,
    cusum: f64,
    ewma: f64,
}

pub(crate) fn weeks() -> Option<Vec<Week>> {
    let text = read("statistics/alarm/test_vector.csv")?;
    let rho = Overdispersion::new(5e-4).unwrap();
    let week = |line: &str| {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let whole = |at: usize| line.split(',').nth(at).unwrap().parse::<u64>().unwrap();
        let count = Count::new(whole(2), whole(1)).unwrap();
        Week {
            period: JudgedPeriod { null: Null { share: Share::new(cells[3]).unwrap(), rho }, count },
            z: cells[5],
            ln_ratios: [cells[6], cells[7], cells[8], cells[9]],
            evidence: cells[10],
            cusum: cells[11],
            ewma: cells[12],
        }
    };
    Some(text.lines().skip(1).map(week).collect())
}

pub(crate) fn periods(weeks: &[Week]) -> Vec<JudgedPeriod> {
    weeks.iter().map(|week| week.period).collect()
}

/// Relative to the value, or absolute below 1.
#[track_caller]
fn assert_relative(actual: f64, expected: f64, tolerance: f64) {
    assert_close(actual, expected, tolerance * expected.abs().max(1.0));
}

/// The file prints twelve digits of p₀, which is what limits the agreement.
#[test]
fn every_column_of_the_series_is_reproduced() {
    let Some(weeks) = weeks() else { return };
    assert_eq!(weeks.len(), 130);
    let (mut detector, mut cusum) = (EDetector::new(), Cusum::new(0.5, 4.39).unwrap());
    let mut ewma = Ewma::new(0.1, 2.7).unwrap();
    let (mut largest_before, mut first_alarm, mut first_low) = ((0.0, 0), None, None);
    let threshold = Threshold::one_false_alarm_in(500.0, 1.0).unwrap();
    for (t, week) in weeks.iter().enumerate() {
        let JudgedPeriod { null, count } = week.period;
        let law = BetaBinomial::new(null.share, null.rho);
        assert_relative(law.pearson_score(count), week.z, 1e-8);
        for (found, expected) in null.ln_ratios(count).into_iter().zip(week.ln_ratios) {
            assert_relative(found, expected, 1e-8);
        }
        let ln_evidence = detector.update(&null, count);
        assert_close(ln_evidence.exp() / week.evidence, 1.0, 1e-8);
        cusum.update(week.z);
        assert_relative(cusum.value(), week.cusum, 1e-8);
        if ewma.update(week.z) && t >= 104 {
            first_low = first_low.or(Some(t));
        }
        assert_relative(ewma.value(), week.ewma, 1e-8);
        if t < 104 && ln_evidence.exp() > largest_before.0 {
            largest_before = (ln_evidence.exp(), t);
        }
        if threshold.is_reached_by(ln_evidence) {
            first_alarm = first_alarm.or(Some(t));
        }
    }
    assert_relative(largest_before.0, 15.493_829_376_2, 1e-8);
    assert_eq!(largest_before.1, 24);
    assert_eq!((first_alarm, first_low), (Some(104), Some(105)));
}

#[test]
fn the_fall_is_dated_to_its_week() {
    let Some(weeks) = weeks() else { return };
    for (last, sum) in [(106, 16.480_57), (107, 25.457_67), (110, 37.234_58)] {
        let onset = locate(&periods(&weeks[..=last])).unwrap();
        assert_eq!((onset.period, onset.fall), (104, 0.4));
        assert_close(onset.ln_likelihood_ratio, sum, 1e-5);
        let (from, to) = onset.candidates(Confidence::P90);
        assert!((100..=104).contains(&from) && (104..=105).contains(&to), "{from} {to}");
    }
}

#[test]
fn the_fall_is_called_sudden() {
    let Some(weeks) = weeks() else { return };
    for (last, step, ramp, ratio) in [(107, 27.149_09, 25.140_50, 7.45), (110, 38.046_16, 33.750_06, 73.4)] {
        let fit = classify(&periods(&weeks[..=last])).unwrap();
        assert_close(fit.step, step, 1e-5);
        assert_close(fit.ramp, ramp, 1e-5);
        assert_close(fit.likelihood_ratio(), ratio, 0.05);
        assert_eq!(fit.shape(), Shape::Sudden);
    }
    assert!(classify(&[]).is_none());
}

#[test]
fn laney_limits_and_overdispersion_of_the_stable_weeks() {
    let Some(weeks) = weeks() else { return };
    let stable = periods(&weeks[..104]);
    let counts: Vec<Count> = stable.iter().map(|period| period.count).collect();
    let limits = ControlLimits::laney(&counts).unwrap();
    assert_close(limits.mean, 0.949_674_387_744_436_5, 1e-8);
    assert_close(limits.sigma_z, 1.452_670_353_184_565_7, 1e-8);
    let lower = [
        0.922_009_565_769_767_1,
        0.928_859_301_690_949_2,
        0.931_093_137_541_112_1,
        0.928_678_122_475_809_4,
        0.931_036_335_726_706_8,
    ];
    for (count, expected) in counts.iter().zip(lower) {
        assert_close(limits.lower(3.0, count.due()), expected, 1e-8);
    }

    let judged: Vec<_> = stable.iter().map(|period| (period.null.share, period.count)).collect();
    let fitted = fit(&judged, Level::Shifted, Confidence::P90).unwrap();
    assert_close(fitted.rho.value() / 4.760_924_900_378_502_6e-4, 1.0, 1e-4);
    assert_close(fitted.shift / 0.010_231_178_230_255_555, 1.0, 1e-4);
    let choose = |n: u64, k: u64| {
        let ln_factorial = |m: u64| ln_gamma(m as f64 + 1.0);
        ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
    };
    let coefficients: f64 = counts.iter().map(|count| choose(count.due(), count.kept())).sum();
    assert_close(coefficients - fitted.log_likelihood, 43_809.432_694_897_296, 1e-5);
    // The truth, 0.0005, lies below the bound, and a higher level gives a higher bound.
    assert!(fitted.upper.value() > 5e-4 && fitted.upper.value() < 1e-3, "{fitted:?}");
    assert!(fit(&judged, Level::Shifted, Confidence::P99).unwrap().upper > fitted.upper);
}
