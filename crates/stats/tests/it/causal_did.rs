//! Difference in differences against published numbers.
//!
//! mpdta (county teen employment): R `did` 2.5.0, `att_gt(yname = "lemp", tname = "year", idname = "countyreal",
//! gname = "first.treat", control_group = "nevertreated")`, then `aggte` by type; analytic standard errors.
//! The retention panel is synthetic; its references are statsmodels 0.15 OLS with HAC (4 lags) and a binomial GLM,
//! the dispersion recomputed by hand.

use std::collections::BTreeMap;

use fidance_stats::causal::did::{event_time, gap, group_time, logit};
use fidance_stats::causal::{CausalError, Cell, Panel};
use fidance_stats::interval::Confidence;

use crate::data::{assert_close, read};

/// One breached segment and eight others, 130 weeks, incident at week 104.
pub(crate) fn retention_panel() -> Option<Panel> {
    let text = read("statistics/eventstudy/retention_panel.csv")?;
    let mut units: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let cell = Cell { customers: fields[2].parse().unwrap(), retained: fields[3].parse().unwrap() };
        units.entry(fields[1].to_owned()).or_default().push(cell);
    }
    let treated: Vec<bool> = units.keys().map(|name| name == "breached").collect();
    let cells: Vec<Vec<Cell>> = units.into_values().collect();
    Some(Panel::from_counts(&cells, &treated, 104).unwrap())
}

pub(crate) fn mpdta() -> Option<group_time::GroupTime> {
    let text = read("statistics/did/mpdta.csv")?;
    let mut counties: BTreeMap<String, (Option<usize>, [f64; 5])> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let year: usize = fields[0].parse().unwrap();
        let first: usize = fields[4].parse().unwrap();
        let entry = counties.entry(fields[1].to_owned()).or_default();
        entry.0 = (first > 0).then(|| first - 2003);
        entry.1[year - 2003] = fields[3].parse().unwrap();
    }
    let first: Vec<Option<usize>> = counties.values().map(|county| county.0).collect();
    let outcomes: Vec<Vec<f64>> = counties.values().map(|county| county.1.to_vec()).collect();
    Some(group_time::fit(&outcomes, &first, Confidence::P95).unwrap())
}

#[test]
fn group_time_effects_match_r() {
    let Some(found) = mpdta() else { return };
    let expected = [
        (2004, 2004, -0.010_503_246_220_962_4, 0.023_251_036_368_166_4),
        (2004, 2005, -0.070_423_158_103_146_7, 0.030_984_766_757_276_7),
        (2004, 2006, -0.137_258_738_889_403, 0.036_435_664_287_687_6),
        (2004, 2007, -0.100_811_363_085_404, 0.034_359_225_834_673_2),
        (2006, 2004, 0.006_520_112_424_233_01, 0.023_326_805_141_804_7),
        (2006, 2005, -0.002_750_818_750_518_82, 0.019_558_561_035_881_7),
        (2006, 2006, -0.004_594_606_952_863_04, 0.017_755_196_659_276_3),
        (2006, 2007, -0.041_224_471_546_217_5, 0.020_229_180_704_106_8),
        (2007, 2004, 0.030_506_655_583_292_8, 0.015_033_560_280_13),
        (2007, 2005, -0.002_725_892_886_116_25, 0.016_395_832_895_534_4),
        (2007, 2006, -0.031_087_119_389_688_9, 0.017_877_511_313_343_5),
        (2007, 2007, -0.026_054_410_719_196_6, 0.016_655_435_349_252_2),
    ];
    assert_eq!(found.effects().len(), expected.len());
    for (effect, (group, year, att, standard_error)) in found.effects().iter().zip(expected) {
        assert_eq!((effect.group + 2003, effect.period + 2003), (group, year));
        assert_close(effect.effect.value, att, 1e-9);
        assert_close(effect.standard_error, standard_error, 1e-9);
    }
}

#[test]
fn averages_of_group_time_effects_match_r() {
    let Some(found) = mpdta() else { return };
    let cases = [
        (found.simple(), 0, -0.039_951_275_155_176_3, 0.012_034_012_770_185_4, vec![]),
        (
            found.dynamic(),
            0,
            -0.077_239_821_457_315_1,
            0.019_964_989_061_849_4,
            vec![
                (-3, 0.030_506_655_583_292_8, 0.015_033_560_280_13),
                (-2, -0.000_563_084_626_385_429, 0.013_291_644_736_55),
                (-1, -0.024_458_744_971_169_6, 0.014_236_402_210_519_3),
                (0, -0.019_931_816_789_259_3, 0.011_826_364_058_058_2),
                (1, -0.050_957_367_065_193_9, 0.016_893_476_268_678),
                (2, -0.137_258_738_889_403, 0.036_435_664_287_686_6),
                (3, -0.100_811_363_085_404, 0.034_359_225_834_673_3),
            ],
        ),
        (
            found.by_group(),
            2003,
            -0.031_018_282_228_748_4,
            0.012_446_059_320_997_9,
            vec![
                (2004, -0.079_749_126_574_729_1, 0.026_367_799_435_027_3),
                (2006, -0.022_909_539_249_540_3, 0.016_703_330_255_161_9),
                (2007, -0.026_054_410_719_196_6, 0.016_655_435_349_252_2),
            ],
        ),
        (
            found.calendar(),
            2003,
            -0.041_700_432_131_282_2,
            0.015_971_851_884_56,
            vec![
                (2004, -0.010_503_246_220_962_4, 0.023_251_036_368_166_4),
                (2005, -0.070_423_158_103_146_7, 0.030_984_766_757_276_7),
                (2006, -0.048_815_984_265_043_1, 0.020_125_861_260_500_3),
                (2007, -0.037_059_339_935_976_7, 0.013_747_079_141_118_5),
            ],
        ),
    ];
    for (aggregate, shift, overall, standard_error, points) in cases {
        assert_close(aggregate.overall.value, overall, 1e-9);
        assert_close(aggregate.standard_error, standard_error, 1e-9);
        assert_eq!(aggregate.points.len(), points.len());
        for (point, (at, value, standard_error)) in aggregate.points.iter().zip(points) {
            assert_eq!(point.at + shift, at);
            assert_close(point.effect.value, value, 1e-9);
            assert_close(point.standard_error, standard_error, 1e-9);
        }
    }
}

#[test]
fn the_gap_matches_least_squares_with_newey_west() {
    let Some(panel) = retention_panel() else { return };
    let found = gap::fit(&panel, gap::DEFAULT_LAGS, Confidence::P95).unwrap();
    assert_close(100.0 * found.effect.value, -2.903_371_604_648_73, 1e-9);
    assert_close(100.0 * found.newey_west_error, 0.201_603_875_358_543, 1e-9);
    assert!(found.standard_error >= found.newey_west_error);
}

#[test]
fn the_logit_matches_the_binomial_model() {
    let Some(panel) = retention_panel() else { return };
    let found = logit::fit(&panel, Confidence::P95).unwrap();
    assert_close(found.log_odds.value, -0.464_332_114_183_327, 1e-8);
    assert_close(found.dispersion, 1.791_739_696_029_01, 1e-8);
    // 9 segments + 129 weeks + 1 effect of 1170 cells.
    let t = 1.962_3;
    assert_close(found.log_odds.interval.width() / 2.0 / t, 0.022_138_752_607_017, 1e-5);
    assert_close(100.0 * found.average_marginal_effect.value, -2.922_943_978_074_64, 1e-7);
    assert_close(found.customers_lost.value, 2_359.868_369_021_06, 1e-4);
    assert_close(found.customers, 80_818.0, 0.0);
    // The truth of the simulation: −2.7125 points, 2196 customers.
    assert!(found.average_marginal_effect.interval.contains(-0.027_125), "{found:?}");
    assert!(found.customers_lost.interval.contains(2_195.9), "{found:?}");
}

#[test]
fn event_time_is_flat_before_and_low_after() {
    let Some(panel) = retention_panel() else { return };
    let found = event_time::fit(&panel, 4, Confidence::P95).unwrap();
    assert_eq!(found.points.len(), 25 + 7);
    assert_eq!((found.points[0].first, found.points[24].last), (-104, -5));
    assert_eq!((found.points[25].first, found.points[31].first, found.points[31].last), (0, 24, 25));
    assert!(found.pre_trend.bins == 25 && found.pre_trend.p_value > 0.01, "{:?}", found.pre_trend);
    for point in &found.points[25..] {
        assert!(point.share.interval.high < 0.0 && point.log_odds.interval.high < 0.0, "{point:?}");
    }
    assert!(event_time::fit(&panel, 60, Confidence::P95).is_err());
}

#[test]
fn one_bin_after_is_the_single_effect_against_the_reference() {
    // Two bins before and one after: taking the earlier bin's periods away gives the plain estimate.
    let Some(panel) = retention_panel() else { return };
    let short = panel.as_if_at(26, 52).unwrap();
    let by_time = event_time::fit(&short, 26, Confidence::P95);
    assert!(matches!(by_time, Err(CausalError::TooFewPeriods { before: 26, needed: 52, .. })));
    let plain = logit::fit(&short, Confidence::P95).unwrap();
    let halves = event_time::fit(&short, 13, Confidence::P95).unwrap();
    // The mean of the two later bins less half the earlier one is close to the plain effect.
    let [before, first, second] = [0, 1, 2].map(|bin| halves.points[bin].log_odds.value);
    assert_close(f64::midpoint(first, second) - before / 2.0, plain.log_odds.value, 0.01);
}

#[test]
fn a_unit_that_nobody_leaves_is_not_estimated() {
    let full = vec![Cell { customers: 50, retained: 50 }; 6];
    let usual: Vec<Cell> = (0..6).map(|t| Cell { customers: 50, retained: 40 + t }).collect();
    let panel = Panel::from_counts(&[full, usual.clone(), usual], &[true, false, false], 4).unwrap();
    let found = logit::fit(&panel, Confidence::P95);
    assert!(
        matches!(found, Err(CausalError::NotIdentified | CausalError::NoConvergence { .. })),
        "{found:?}"
    );
    let shares = Panel::from_values(&[vec![0.9; 4], vec![0.8; 4]], &[true, false], 2).unwrap();
    assert_eq!(logit::fit(&shares, Confidence::P95), Err(CausalError::NoCounts));
}
