//! Left truncation and competing risks against R 4.2, survival 3.5-3 and etm 1.1.1.
//!
//! The same 200 lifetimes are built here and in R:
//! `i <- 0:199; x <- (i*7919+104729) %% 1009; entry <- x %% 11`
//! `duration <- entry + 1 + (x %/% 11) %% 23; cause <- ((i*31) %/% 7) %% 3 # 0 is censored`
//! `group <- (i %/% 5) %% 3`

use fidance_stats::interval::Confidence;
use fidance_stats::survival::{CumulativeIncidence, KaplanMeier, Lifetime, LifetimeTable, log_rank};

use crate::data::assert_close;

fn lifetimes(keep: impl Fn(u32) -> bool, truncated: bool) -> LifetimeTable {
    let kept = (0..200).filter(|&i| keep(i)).map(|i: u32| {
        let x = (i * 7919 + 104_729) % 1009;
        let entry = x % 11;
        let cause = u16::try_from((i * 31) / 7 % 3).unwrap();
        Lifetime {
            entry: if truncated { entry } else { 0 },
            duration: entry + 1 + (x / 11) % 23,
            cause: (cause > 0).then_some(cause),
            count: 1,
        }
    });
    kept.collect()
}

/// `summary(survfit(Surv(entry, duration, cause > 0) ~ 1, conf.type = "log-log"), times = ...)`
#[test]
fn left_truncated_survival() {
    let curve = KaplanMeier::fit(&lifetimes(|_| true, true), Confidence::P95).unwrap();
    for (time, at_risk, survival, error, low, high) in [
        (1, 17, 0.941_176_470_588, 0.057_067_205_890_9, 0.650_178_901_855_6, 0.991_499_105_566),
        (5, 83, 0.845_226_699_053, 0.064_507_089_327_9, 0.664_117_893_166_9, 0.933_251_061_831),
        (10, 149, 0.697_637_854_195, 0.059_950_675_688_7, 0.562_812_043_309_0, 0.798_089_079_628),
        (20, 79, 0.408_023_607_450, 0.045_833_787_166_7, 0.317_909_617_950_5, 0.495_980_978_025),
        (30, 6, 0.077_146_916_029, 0.027_077_998_661_0, 0.035_042_724_683_5, 0.141_037_560_460),
    ] {
        let point = curve.points().iter().find(|point| point.time == time).unwrap();
        assert_eq!(point.at_risk, at_risk, "time {time}");
        assert_close(point.survival, survival, 1e-11);
        assert_close(point.variance.sqrt(), error, 1e-11);
        assert_close(point.interval.low, low, 1e-11);
        assert_close(point.interval.high, high, 1e-11);
    }
    let median = curve.median();
    assert_eq!((median.value, median.low, median.high), (Some(18), Some(14), Some(20)));
}

/// The log-rank statistic is the score test of the exact partial likelihood, which takes entry times:
/// `coxph(Surv(entry, duration, cause > 0) ~ factor(group), ties = "exact", subset = i < 60)$score`
#[test]
fn left_truncated_log_rank() {
    let group = |wanted: u32| lifetimes(|i| i < 60 && i / 5 % 3 == wanted, true);
    let three = log_rank(&[&group(0), &group(1), &group(2)]).unwrap();
    assert_close(three.chi_square, 0.080_836_786_683_6, 1e-10);
    assert_eq!(three.degrees_of_freedom, 2);
    // pchisq(0.0808367866836, 2, lower.tail = FALSE)
    assert_close(three.p_value, (-0.080_836_786_683_6_f64 / 2.0).exp(), 1e-10);
    let rest = lifetimes(|i| i < 60 && i / 5 % 3 != 0, true);
    assert_close(log_rank(&[&group(0), &rest]).unwrap().chi_square, 0.077_879_184_758, 1e-10);
}

/// `etm(data, c("0", "1", "2"), tra, "cens", s = 0)`, then `trprob` and `trcov` for "0 1" and "0 2".
#[test]
fn left_truncated_incidence() {
    let incidence = CumulativeIncidence::fit(&lifetimes(|_| true, true), Confidence::P95).unwrap();
    for (cause, time, value, variance) in [
        (1, 1, 0.058_823_529_411_8, 0.003_256_665_988_19),
        (1, 5, 0.127_102_652_301, 0.004_025_337_671_05),
        (1, 10, 0.208_687_859_956, 0.003_786_221_252_06),
        (1, 20, 0.352_209_095_561, 0.003_147_961_969_22),
        (1, 30, 0.498_635_564_701, 0.002_763_473_903_3),
        (2, 5, 0.027_670_648_645_4, 0.000_395_856_100_336),
        (2, 20, 0.239_767_296_989, 0.001_383_210_234_13),
        (2, 30, 0.424_217_519_27, 0.002_574_491_817_92),
    ] {
        let curve = incidence.curves().iter().find(|curve| curve.cause == cause).unwrap();
        let point = curve.points.iter().find(|point| point.time == time).unwrap();
        assert_close(point.incidence, value, 1e-10);
        assert_close(point.variance, variance, 1e-10);
    }
}

/// The same with every entry at 0; `summary(fit, ci.fun = "log-log")[["0 1"]]`.
#[test]
fn incidence_interval() {
    let incidence = CumulativeIncidence::fit(&lifetimes(|_| true, false), Confidence::P95).unwrap();
    for (time, value, low, high) in [
        (5, 0.025_051_813_471_5, 0.009_444_355_825_19, 0.054_182_575_851_1),
        (10, 0.092_411_610_028, 0.056_969_138_398_82, 0.138_147_870_695_7),
        (20, 0.265_294_477_76, 0.201_957_608_907_58, 0.332_655_626_976_8),
        (30, 0.441_676_932_872, 0.356_686_167_643_89, 0.523_215_222_850_4),
    ] {
        let estimate = incidence.at(1, time).unwrap();
        assert_close(estimate.value, value, 1e-10);
        assert_close(estimate.interval.low, low, 1e-10);
        assert_close(estimate.interval.high, high, 1e-10);
    }
}

/// Two million lifetimes: the cost is the bincount, not the estimator.
#[test]
fn two_million_lifetimes() {
    let row = |i: u32| Lifetime {
        entry: if i.is_multiple_of(5) { i % 90 } else { 0 },
        duration: 1 + i.wrapping_mul(2_654_435_761) % 730,
        cause: u16::try_from(i % 3).ok().filter(|&cause| cause > 0),
        count: 1,
    };
    let table: LifetimeTable = (0..2_000_000).map(row).collect();
    let curve = KaplanMeier::fit(&table, Confidence::P95).unwrap();
    let incidence = CumulativeIncidence::fit(&table, Confidence::P95).unwrap();
    assert_eq!(table.customers() + table.never_at_risk(), 2_000_000);
    for point in curve.points() {
        let left: f64 = incidence
            .curves()
            .iter()
            .map(|c| c.points.iter().find(|p| p.time == point.time).unwrap().incidence)
            .sum();
        assert_close(left + point.survival, 1.0, 1e-9);
    }
}
