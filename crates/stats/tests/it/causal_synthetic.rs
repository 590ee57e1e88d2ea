//! Synthetic controls against published numbers.
//!
//! Proposition 99: `synthdid` @70c1ce3 (paper: −15.6, −19.6, −27.3). Basque country and Texas prisons with
//! predictors: R `Synth` as quoted by the tests of pysyncon @34350ca, to their tolerance of 2.5 %. Exact simplex
//! weights and outcome-only Basque: a quadratic program, recomputed.

use std::collections::BTreeMap;

use fidance_stats::causal::gate::{Estimator, FakeDates};
use fidance_stats::causal::gate::{effects_in_space, in_space, in_time};
use fidance_stats::causal::synthetic::control::SyntheticControl;
use fidance_stats::causal::synthetic::predictors::PredictorControl;
use fidance_stats::causal::synthetic::season::Season;
use fidance_stats::causal::synthetic::weighted::{self, Weighting};
use fidance_stats::causal::synthetic::{PlaceboError, control, past, predictors};
use fidance_stats::causal::{CausalError, Panel};
use fidance_stats::interval::Confidence;
use nalgebra::DMatrix;

use crate::causal_did::retention_panel;
use crate::data::{assert_close, read};

pub(crate) struct Table {
    pub(crate) panel: Panel,
    names: Vec<String>,
}

impl Table {
    pub(crate) fn unit(&self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap()
    }

    #[track_caller]
    fn assert_weights(&self, weights: &[(usize, f64)], expected: &[(&str, f64)], tolerance: f64) {
        assert_close(weights.iter().map(|(_, weight)| weight).sum(), 1.0, 1e-12);
        for &(name, weight) in expected {
            let unit = self.unit(name);
            let found = weights.iter().find(|(of, _)| *of == unit).unwrap().1;
            assert!((found - weight).abs() <= tolerance, "{name}: {found} is not {weight}");
        }
    }
}

type Rows = BTreeMap<String, BTreeMap<usize, Vec<String>>>;

fn rows(path: &str, separator: char, unit: usize, period: usize) -> Option<(Vec<String>, Rows)> {
    let text = read(path)?;
    let mut lines = text.lines().map(|line| line.trim_end().split(separator).map(str::to_owned).collect());
    let header: Vec<String> = lines.next().unwrap();
    let mut rows = Rows::new();
    for line in lines {
        let line: Vec<String> = line;
        let year: usize = line[period].trim_end_matches(".0").parse().unwrap();
        rows.entry(line[unit].clone()).or_default().insert(year, line);
    }
    Some((header, rows))
}

fn table(rows: &Rows, column: usize, treated: &str, start: usize) -> Table {
    let names: Vec<String> = rows.keys().cloned().collect();
    let values: Vec<Vec<f64>> =
        rows.values().map(|years| years.values().map(|row| row[column].parse().unwrap()).collect()).collect();
    let flags: Vec<bool> = names.iter().map(|name| name == treated).collect();
    Table { panel: Panel::from_values(&values, &flags, start).unwrap(), names }
}

pub(crate) fn prop99() -> Option<Table> {
    let (_, rows) = rows("statistics/synth/california_prop99.csv", ';', 0, 1)?;
    Some(table(&rows, 2, "California", 19))
}

#[test]
fn proposition_99_matches_synthdid() {
    let Some(smoking) = prop99() else { return };
    for (weighting, effect, placebo_error, p_value) in [
        (Weighting::SyntheticDid, -15.603_827_872_733_9, 9.494_589_801_728_76, 2.0 / 39.0),
        (Weighting::SyntheticControl, -19.619_663_470_944, 10.762_095_822_825_6, 3.0 / 39.0),
        (Weighting::Uniform, -27.349_111_083_615, 17.518_848_047_596_3, 4.0 / 39.0),
    ] {
        let point = |panel: &Panel| Ok(weighted::fit(panel, weighting)?.effect);
        let found = weighted::fit(&smoking.panel, weighting).unwrap();
        assert_close(found.effect, effect, 1e-4);
        let estimator = PlaceboError::new(point, Confidence::P95);
        let placebos = in_space(&estimator, &smoking.panel, found.effect).unwrap();
        assert_eq!(placebos.effects.len(), 38);
        assert_close(placebos.p_value, p_value, 1e-12);
        let estimate = estimator.estimate(&smoking.panel).unwrap();
        // Student's t with 37 degrees of freedom.
        assert_close(estimate.interval.width() / 2.0 / 2.026_192_463, placebo_error, 1e-3);
    }
}

#[test]
fn proposition_99_weights_match_synthdid() {
    let Some(smoking) = prop99() else { return };
    let found = weighted::fit(&smoking.panel, Weighting::SyntheticDid).unwrap();
    let units =
        [("Nevada", 0.124_49), ("New Hampshire", 0.105_05), ("Connecticut", 0.078_29), ("Alabama", 0.0)];
    smoking.assert_weights(&found.units, &units, 1e-4);
    assert_close(found.periods.iter().sum(), 1.0, 1e-12);
    for (period, weight) in [(15, 0.0), (16, 0.366_47), (17, 0.206_45), (18, 0.427_08)] {
        assert_close(found.periods[period], weight, 1e-4);
    }
    let found = weighted::fit(&smoking.panel, Weighting::SyntheticControl).unwrap();
    let units = [("Utah", 0.396_1), ("Montana", 0.232_27), ("Nevada", 0.204_43), ("Delaware", 0.004_05)];
    smoking.assert_weights(&found.units, &units, 1e-4);
}

#[test]
fn proposition_99_exact_weights() {
    let Some(smoking) = prop99() else { return };
    let found = control::fit(&smoking.panel).unwrap();
    assert_close(found.effect, -19.513_631_010_5, 1e-3);
    assert_close(found.rmspe, 1.656_400_210_33, 1e-6);
    let units = [
        ("Utah", 0.393_91),
        ("Montana", 0.231_84),
        ("Nevada", 0.204_92),
        ("Connecticut", 0.109_09),
        ("New Hampshire", 0.045_43),
        ("Colorado", 0.014_81),
        ("Delaware", 0.0),
    ];
    smoking.assert_weights(&found.weights, &units, 1e-4);
    for (period, gap) in [(19, -8.440_5), (20, -9.207), (24, -22.049_1), (30, -26.596_6)] {
        assert_close(found.gap[period], gap, 1e-3);
    }
}

const BASQUE: &str = "Basque Country (Pais Vasco)";

fn basque(keep_spain: bool) -> Option<(Vec<String>, Rows)> {
    let (header, mut rows) = rows("statistics/synth/basque.csv", ',', 1, 2)?;
    if !keep_spain {
        rows.remove("Spain (Espana)");
    }
    Some((header, rows))
}

/// 1955 to 1969 before, 1970 to 1997 after; without Spain as a whole.
pub(crate) fn basque_outcomes() -> Option<Table> {
    let (header, rows) = basque(false)?;
    let column = header.iter().position(|name| name == "gdpcap").unwrap();
    Some(table(&rows, column, BASQUE, 15))
}

#[test]
fn basque_outcomes_only() {
    let Some(basque) = basque_outcomes() else { return };
    let found = control::fit(&basque.panel).unwrap();
    let expected =
        [("Madrid (Comunidad De)", 0.483_13), ("Baleares (Islas)", 0.311_08), ("Rioja (La)", 0.205_8)];
    basque.assert_weights(&found.weights, &expected, 1e-4);
    assert_close(found.rmspe, 0.075_557_4, 1e-6);
    assert_close(found.effect, -0.894_588_548, 1e-3);
    let from_1975: f64 = found.gap[20..].iter().sum::<f64>() / 23.0;
    assert_close(from_1975, -1.035_160_174, 1e-3);
}

/// Mean of a column over the years in which it is known.
fn predictor(header: &[String], rows: &Rows, name: &str, years: &[usize]) -> Vec<f64> {
    let column = header.iter().position(|known| known == name).unwrap();
    let of_unit = |of_year: &BTreeMap<usize, Vec<String>>| {
        let known: Vec<f64> = years.iter().filter_map(|year| of_year[year][column].parse().ok()).collect();
        known.iter().sum::<f64>() / known.len() as f64
    };
    rows.values().map(of_unit).collect()
}

/// With the predictors of Abadie and Gardeazabal (2003).
pub(crate) fn basque_predictors() -> Option<(Table, PredictorControl)> {
    let (header, rows) = basque(true)?;
    let column = header.iter().position(|name| name == "gdpcap").unwrap();
    let basque = table(&rows, column, BASQUE, 15);
    let sixties: Vec<usize> = (1960..1970).collect();
    let odd: Vec<usize> = (1961..1970).step_by(2).collect();
    let late: Vec<usize> = (1964..1970).collect();
    let mut taken: Vec<Vec<f64>> =
        ["school.illit", "school.prim", "school.med", "school.high", "school.post.high", "invest"]
            .map(|name| predictor(&header, &rows, name, &late))
            .to_vec();
    taken.push(predictor(&header, &rows, "gdpcap", &sixties));
    for sector in ["agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa"]
    {
        taken.push(predictor(&header, &rows, &format!("sec.{sector}"), &odd));
    }
    taken.push(predictor(&header, &rows, "popdens", &[1969]));
    let matrix = DMatrix::from_fn(taken.len(), basque.names.len(), |row, unit| taken[row][unit]);
    let found = predictors::fit(&basque.panel, &matrix, 5..15).unwrap();
    Some((basque, found))
}

#[test]
fn basque_with_predictors_matches_r_synth() {
    let Some((basque, found)) = basque_predictors() else { return };
    let expected = [("Cataluna", 0.850_816), ("Madrid (Comunidad De)", 0.149_184)];
    basque.assert_weights(&found.control.weights, &expected, 0.025);
    let after = &found.control.gap[20..];
    let effect = after.iter().sum::<f64>() / after.len() as f64;
    assert_close(effect, -0.699_565, 0.025 * 0.699_565);
    assert_close(found.mspe, 0.008_864_5, 0.025 * 0.008_864_5);
    assert_close(found.importance.iter().sum(), 1.0, 1e-12);
}

/// Prison capacity in Texas (Cunningham, Causal Inference: The Mixtape).
pub(crate) struct Texas {
    pub(crate) ours: PredictorControl,
    /// With the published weights.
    pub(crate) theirs: SyntheticControl,
}

impl Texas {
    /// Mean gap from 1993 on, the last year fitted: so the published effect is counted.
    pub(crate) fn effect(gap: &[f64]) -> f64 {
        gap[8..].iter().sum::<f64>() / 8.0
    }

    /// Standard error of the mean of these gaps, taken as independent.
    pub(crate) fn error(gap: &[f64]) -> f64 {
        let squares: f64 = gap[8..].iter().map(|value| (value - Self::effect(gap)).powi(2)).sum();
        (squares / 7.0 / 8.0).sqrt()
    }
}

pub(crate) fn texas() -> Option<Texas> {
    let (header, mut rows) = rows("statistics/synth/texas.csv", ',', 16, 1)?;
    rows.retain(|_, years| years.len() == 16);
    let column = header.iter().position(|name| name == "bmprison").unwrap();
    let texas = table(&rows, column, "Texas", 9);
    let past: Vec<usize> = (1985..1994).collect();
    let mut taken: Vec<Vec<f64>> =
        ["income", "ur", "poverty"].map(|name| predictor(&header, &rows, name, &past)).to_vec();
    for (name, year) in [
        ("bmprison", 1988),
        ("bmprison", 1990),
        ("bmprison", 1991),
        ("bmprison", 1992),
        ("alcohol", 1990),
        ("aidscapita", 1990),
        ("aidscapita", 1991),
        ("black", 1990),
        ("black", 1991),
        ("black", 1992),
        ("perc1519", 1990),
    ] {
        taken.push(predictor(&header, &rows, name, &[year]));
    }
    let matrix = DMatrix::from_fn(taken.len(), texas.names.len(), |row, unit| taken[row][unit]);
    let ours = predictors::fit(&texas.panel, &matrix, 0..9).unwrap();
    let published = [
        ("California", 0.407_651_414),
        ("Illinois", 0.360_274_34),
        ("Louisiana", 0.121_530_698),
        ("Florida", 0.110_543_548),
    ];
    let theirs = published.map(|(name, weight)| (texas.unit(name), weight)).to_vec();
    Some(Texas { ours, theirs: control::with_weights(&texas.panel, theirs) })
}

/// The published weights come from a search that stopped early: with the same predictors ours fits better, and the
/// effect differs by 2.8 %. The rest of the arithmetic is checked on the published weights; the published effect is of
/// another run than they are.
#[test]
fn texas_prisons_with_predictors_match_r_synth() {
    let Some(Texas { ours, theirs }) = texas() else { return };
    assert_close(Texas::effect(&theirs.gap), 20_339.375_838, 2.0);
    assert_close(Texas::error(&theirs.gap), 3_190.494_679, 2.0);
    assert!(ours.mspe < 0.5 * theirs.rmspe.powi(2), "{} against {}", ours.mspe, theirs.rmspe.powi(2));
    assert_close(Texas::effect(&ours.control.gap), 20_339.4, 0.03 * 20_339.4);
}

#[test]
fn the_seasonal_panel_matches_and_is_repaired() {
    let Some(panel) = retention_panel() else { return };
    let sdid = |panel: &Panel| Ok(weighted::fit(panel, Weighting::SyntheticDid)?.effect);
    assert_close(100.0 * sdid(&panel).unwrap(), -3.380_250_372_424, 1e-4);
    let sc = weighted::fit(&panel, Weighting::SyntheticControl).unwrap();
    assert_close(100.0 * sc.effect, -2.924_828_221_762, 1e-4);
    let estimator = PlaceboError::new(sdid, Confidence::P95);
    let placebos = effects_in_space(&estimator, &panel).unwrap();
    let expected = [-0.241_17, -0.064_21, -0.033_88, -0.584_84, -0.329_07, -0.046_56, -0.099_82, 0.171_29];
    for (placebo, expected) in placebos.iter().zip(expected) {
        assert_close(100.0 * placebo, expected, 1e-4);
    }
    // The reference rolled nine dates, 60 to 76; 78 is the last that fits.
    let time = in_time(&estimator, &panel, FakeDates { first: 60, step: 2 }).unwrap();
    let nine: Vec<f64> = time.effects.iter().take(9).map(|(_, effect)| 100.0 * effect).collect();
    let mean = nine.iter().sum::<f64>() / 9.0;
    assert_close(mean, 0.421_861_269_634_444, 1e-6);
    let squares = nine.iter().map(|effect| (effect - mean).powi(2)).sum::<f64>();
    assert_close((squares / 8.0).sqrt(), 0.159_343_732_939_037, 1e-6);
    assert!(time.bias.abs() > time.spread);
    let flat = Season::WEEKS_OF_A_YEAR.remove(&panel).unwrap();
    // Without the season the estimate is nearer to the truth of −2.7125.
    let repaired = 100.0 * sdid(&flat).unwrap();
    assert!((repaired + 2.7125).abs() < 0.3, "{repaired}");
}

/// On the seasonal panel, whose truth is −2.7125 points: the estimates are those of the fits, intervals hold the truth, and the
/// affected unit's own past tells more than eight others.
#[test]
fn its_own_past_gives_the_error_of_a_synthetic_estimate() {
    let Some(panel) = retention_panel() else { return };
    let season = Season::WEEKS_OF_A_YEAR;
    let demeaned = |panel: &Panel| Ok(control::fit_demeaned(panel)?.effect);
    let did = |panel: &Panel| Ok(weighted::fit(&season.remove(panel)?, Weighting::SyntheticDid)?.effect);
    let by_past = [
        past::control(&panel, Confidence::P95).unwrap(),
        past::control_demeaned(&panel, Confidence::P95).unwrap(),
        past::synthetic_did(&panel, Some(season), Confidence::P95).unwrap(),
    ];
    let by_others = [
        PlaceboError::new(|panel: &Panel| Ok(control::fit(panel)?.effect), Confidence::P95).estimate(&panel),
        PlaceboError::new(demeaned, Confidence::P95).estimate(&panel),
        PlaceboError::new(did, Confidence::P95).estimate(&panel),
    ];
    for (past, others) in by_past.iter().zip(by_others) {
        let others = others.unwrap();
        assert_close(past.value, others.value, 1e-12);
        assert!(past.interval.contains(-0.027_125), "{past:?}");
        assert!(past.interval.width() < others.interval.width(), "{past:?}, {others:?}");
    }
    // Without a season the estimate is the published one, far off, and its interval says nothing of that: the gate does.
    let seasonal = past::synthetic_did(&panel, None, Confidence::P95).unwrap();
    assert_close(100.0 * seasonal.value, -3.380_250_372_424, 1e-4);
}

#[test]
fn a_unit_that_no_mean_of_others_reaches_has_a_wide_interval() {
    let unit = |level: f64, phase: i32| -> Vec<f64> {
        (0..60).map(|t| level + 0.002 * f64::from((t * 7 + phase) % 5)).collect()
    };
    let units = [unit(0.90, 0), unit(0.80, 1), unit(0.85, 2), unit(0.82, 3)];
    let panel = Panel::from_values(&units, &[true, false, false, false], 48).unwrap();
    let outside = past::control(&panel, Confidence::P95).unwrap();
    // It lies 5 points above the highest, and nothing happened.
    assert!(outside.value > 0.04 && outside.interval.contains(0.0), "{outside:?}");
    let demeaned = past::control_demeaned(&panel, Confidence::P95).unwrap();
    assert!(demeaned.interval.width() < 0.1 * outside.interval.width(), "{demeaned:?}");
    let short = panel.as_if_at(3, 6).unwrap();
    assert!(past::synthetic_did(&short, Some(Season::WEEKS_OF_A_YEAR), Confidence::P95).is_err());
}

#[test]
fn one_control_is_not_enough() {
    let panel = Panel::from_values(&[vec![1.0; 6], vec![2.0; 6]], &[true, false], 4).unwrap();
    assert_eq!(
        weighted::fit(&panel, Weighting::SyntheticDid).map(|found| found.effect),
        Err(CausalError::TooFewControls { controls: 1, needed: 2 })
    );
    assert!(effects_in_space(&PlaceboError::new(|_: &Panel| Ok(0.0), Confidence::P95), &panel).is_err());
}
