//! Change-point comparators against ruptures, the benchmark's published scores and a plain implementation.

use fidance_stats::change::comparator::{
    Bocpd, NormalInverseGamma, ProportionBeta, RunLengths, Segmentation, SegmentationError,
    binary_segmentation, pelt, score,
};
use proptest::prelude::*;

use crate::data::{assert_close, read};
use crate::expected::Expected;

pub(crate) const SERIES: [&str; 9] = [
    "nile",
    "quality_control_1",
    "quality_control_2",
    "quality_control_3",
    "ozone",
    "well_log",
    "gdp_japan",
    "rail_lines",
    "homeruns",
];

/// A series of the benchmark with mean 0 and standard deviation 1 (ddof 1).
pub(crate) fn standardised(name: &str) -> Option<Vec<f64>> {
    let series = Expected::read(&format!("statistics/tcpd/{name}.json"))?.numbers(&["series", "raw"]);
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let sd = (series.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    Some(series.iter().map(|x| (x - mean) / sd).collect())
}

#[test]
fn segmentations_of_the_benchmark_series() {
    let Some(expected) = Expected::read("statistics/cpd/pelt_binseg_zscored_expected.json") else { return };
    for name in SERIES {
        let Some(series) = standardised(name) else { return };
        for (factor, label) in [(2.0, "2logT"), (3.0, "3logT")] {
            let settings = Segmentation { penalty: factor * (series.len() as f64).ln(), shortest: 2 };
            let numbers =
                |method: &str| expected.lists(&[name, &format!("{method}_l2_{label}")]).swap_remove(0);
            assert_eq!(pelt(&series, settings).unwrap(), numbers("pelt"), "{name} {label}");
            assert_eq!(binary_segmentation(&series, settings).unwrap(), numbers("binseg"), "{name} {label}");
        }
    }
}

#[test]
fn scores_of_the_benchmark() {
    let (Some(expected), Some(found), Some(annotations)) = (
        Expected::read("statistics/cpd/tcpd_metric_expected.json"),
        Expected::read("statistics/cpd/pelt_binseg_zscored_expected.json"),
        Expected::read("statistics/tcpd/annotations.json"),
    ) else {
        return;
    };
    for name in SERIES {
        let Some(series) = standardised(name) else { return };
        let (people, n) = (annotations.lists(&[name]), series.len());
        let silence = score(&people, &[], n, 5).unwrap();
        assert_close(silence.f1, expected.number(&[name, "zero_f1"]), 1e-9);
        assert_close(silence.cover, expected.number(&[name, "zero_cover"]), 1e-9);
        let changes = found.lists(&[name, "pelt_l2_3logT"]).swap_remove(0);
        let pelt = score(&people, &changes, n, 5).unwrap();
        assert_close(pelt.f1, expected.number(&[name, "pelt3_f1"]), 1e-9);
        assert_close(pelt.cover, expected.number(&[name, "pelt3_cover"]), 1e-9);
        println!(
            "{name}: silence {:.3}/{:.3}, PELT {:.3}/{:.3}",
            silence.f1, silence.cover, pelt.f1, pelt.cover
        );
    }
}

#[track_caller]
fn assert_runs(found: &[RunLengths], expected: &Expected, name: &str, tail: (&str, usize)) {
    let longest: Vec<f64> = found.iter().map(|runs| runs.most_probable().0 as f64).collect();
    assert_eq!(longest, expected.numbers(&[name, "map_run_length"]));
    for (runs, number) in found.iter().zip(expected.numbers(&[name, tail.0])) {
        assert_close(runs.at_most(tail.1), number, 1e-6);
        assert_close(runs.0.iter().sum(), 1.0, 1e-9);
    }
}

/// BOCPD of a standardised series with the prior (0, 1, 1, 1) and 250 observations between changes.
pub(crate) fn normal_runs(series: &[f64]) -> Vec<RunLengths> {
    let mut detector = Bocpd::new(NormalInverseGamma::new(0.0, 1.0, 1.0, 1.0).unwrap(), 250.0).unwrap();
    series.iter().map(|value| detector.observe(value)).collect()
}

#[test]
fn run_lengths_of_the_nile() {
    let (Some(series), Some(expected)) =
        (standardised("nile"), Expected::read("statistics/cpd/bocpd_expected.json"))
    else {
        return;
    };
    let found = normal_runs(&series);
    assert_runs(&found, &expected, "nile", ("P_runlen_le10", 10));
    assert_close(found[99].most_probable().1, expected.number(&["nile", "last_max"]), 1e-6);
}

/// Weeks (kept, customers) of the alarm's test vector.
pub(crate) fn weeks() -> Option<Vec<(u64, u64)>> {
    let text = read("statistics/alarm/test_vector.csv")?;
    let row = |line: &str| {
        let mut fields = line.split(',').skip(1).map(|field| field.parse().unwrap_or(0));
        let customers = fields.next().unwrap();
        (fields.next().unwrap(), customers)
    };
    Some(text.lines().skip(1).map(row).collect())
}

pub(crate) fn resets(found: &[RunLengths]) -> Vec<usize> {
    let longest: Vec<usize> = found.iter().map(|runs| runs.most_probable().0).collect();
    (1..longest.len()).filter(|&at| longest[at] < longest[at - 1]).collect()
}

/// BOCPD of shares kept, prior Beta(95, 5).
pub(crate) fn binomial_runs(weeks: &[(u64, u64)], overdispersion: f64) -> Vec<RunLengths> {
    let mut detector = Bocpd::new(ProportionBeta::new(95.0, 5.0, overdispersion).unwrap(), 250.0).unwrap();
    weeks.iter().map(|week| detector.observe(week)).collect()
}

#[test]
fn run_lengths_of_the_alarm_vector() {
    let (Some(weeks), Some(expected)) = (weeks(), Expected::read("statistics/cpd/bocpd_expected.json"))
    else {
        return;
    };
    let binomial = binomial_runs(&weeks, 0.0);
    assert_runs(&binomial, &expected, "test_vector_betabinom", ("P_runlen_le4", 4));
    assert_eq!(resets(&binomial).iter().filter(|&&at| at < 104).count(), 8);
    assert!(resets(&binomial).contains(&104));
    // Told the overdispersion, it is never sure of a change before there is one; the season it does not know still
    // moves the most probable length.
    let told = binomial_runs(&weeks, 0.0005);
    let surest = |found: &[RunLengths]| found[10..104].iter().map(|runs| runs.at_most(4)).fold(0.0, f64::max);
    println!("resets: binomial {:?}, overdispersed {:?}", resets(&binomial), resets(&told));
    println!(
        "surest of a change within 4 weeks before week 104: {} and {}",
        surest(&binomial),
        surest(&told)
    );
    println!("after: {:?}", told[104..110].iter().map(|runs| runs.at_most(4)).collect::<Vec<_>>());
    assert!(surest(&binomial) > 0.95 && surest(&told) < 0.6);
}

#[test]
fn unusable_input_is_refused() {
    let settings = Segmentation { penalty: 1.0, shortest: 2 };
    assert!(matches!(pelt(&[1.0, f64::NAN], settings), Err(SegmentationError::Value { index: 1, .. })));
    assert!(pelt(&[1.0], Segmentation { penalty: -1.0, ..settings }).is_err());
    assert_eq!(pelt(&[], settings), Ok(vec![]));
    assert_eq!(binary_segmentation(&[1.0], settings), Ok(vec![]));
    assert!(score(&[], &[], 10, 5).is_err());
    assert!(score(&[vec![10]], &[], 10, 5).is_err());
    assert!(ProportionBeta::new(1.0, 0.0, 0.0).is_err());
    assert!(NormalInverseGamma::new(0.0, 1.0, -1.0, 1.0).is_err());
    assert!(Bocpd::new(ProportionBeta::new(1.0, 1.0, 0.0).unwrap(), 1.0).is_err());
}

proptest! {
    /// Pruning changes nothing: the whole dynamic programme has the same least cost.
    #[test]
    fn pelt_is_exact(
        series in proptest::collection::vec(-3.0..3.0_f64, 4..40), penalty in 0.1..8.0_f64, shortest in 1..4_usize,
    ) {
        let cost = |from: usize, to: usize| {
            let mean = series[from..to].iter().sum::<f64>() / (to - from) as f64;
            series[from..to].iter().map(|x| (x - mean).powi(2)).sum::<f64>()
        };
        let n = series.len();
        let mut least = vec![f64::INFINITY; n + 1];
        least[0] = -penalty;
        for end in shortest..=n {
            least[end] = (0..=end - shortest)
                .map(|start| least[start] + cost(start, end) + penalty)
                .fold(f64::INFINITY, f64::min);
        }
        let changes = pelt(&series, Segmentation { penalty, shortest }).unwrap();
        let ends: Vec<usize> = [0].into_iter().chain(changes.iter().copied()).chain([n]).collect();
        let total: f64 = ends.windows(2).map(|pair| cost(pair[0], pair[1])).sum();
        prop_assert!((total + penalty * changes.len() as f64 - least[n]).abs() < 1e-9);
    }
}
