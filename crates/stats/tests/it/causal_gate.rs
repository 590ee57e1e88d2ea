//! The gate and the verdict on panels where the right answer is known without a calculation, and properties that
//! hold for any panel.

use fidance_stats::causal::did::{gap, group_time, logit, matching};
use fidance_stats::causal::gate::{FakeDates, Gated, check, in_space, in_time};
use fidance_stats::causal::synthetic::weighted::{self, Weighting};
use fidance_stats::causal::synthetic::{PlaceboError, control};
use fidance_stats::causal::verdict::{Sampling, State, Wanted, customers_needed, judge, smallest_effect};
use fidance_stats::causal::{CausalError, Cell, EffectEstimate, Panel};
use fidance_stats::interval::Confidence;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::data::assert_close;

const DATES: FakeDates = FakeDates { first: 10, step: 1 };

/// A small fixed disturbance, different for each unit.
fn disturbance(unit: usize, period: usize) -> f64 {
    0.001 * ((unit * 31 + period * 17 + unit * period * 7) % 11) as f64
}

fn panel(trend: f64, effect: f64) -> Panel {
    let units: Vec<Vec<f64>> = (0..7)
        .map(|unit| {
            let of_unit = |period: usize| {
                let hit = if unit == 0 {
                    trend * period as f64 + if period >= 30 { effect } else { 0.0 }
                } else {
                    0.0
                };
                0.8 + 0.01 * unit as f64 + disturbance(unit, period) + hit
            };
            (0..36).map(of_unit).collect()
        })
        .collect();
    let treated: Vec<bool> = (0..7).map(|unit| unit == 0).collect();
    Panel::from_values(&units, &treated, 30).unwrap()
}

fn by_gap(panel: &Panel) -> Result<EffectEstimate, CausalError> {
    Ok(gap::fit(panel, 2, Confidence::P95)?.effect)
}

fn wanted(effect: f64) -> Wanted {
    Wanted { effect, power: Confidence::new(0.8).unwrap(), confidence: Confidence::P95 }
}

fn state(gated: &Gated, wanted_effect: f64, overlapping: &[String]) -> State {
    let sampling = Sampling { customers: 1000, variance: gated.standard_error.powi(2) };
    judge(gated, wanted(wanted_effect), sampling, overlapping)
}

#[test]
fn an_effect_is_told_and_a_trend_is_not() {
    let effect = check(&by_gap, &panel(0.0, -0.03), DATES, Confidence::P95).unwrap();
    assert_eq!(state(&effect, 0.01, &[]), State::Effect);
    assert_close(effect.model.value, -0.03, 0.002);

    let trend = check(&by_gap, &panel(-0.001, 0.0), DATES, Confidence::P95).unwrap();
    assert!(trend.model.interval.high < 0.0, "the model alone is fooled: {trend:?}");
    assert!(matches!(state(&trend, 0.01, &[]), State::Biased { bias, .. } if bias < -0.01), "{trend:?}");
    // The widened interval holds the truth although the model's does not.
    assert!(trend.interval.contains(0.0));
}

#[test]
fn nothing_seen_is_told_with_its_power() {
    let nothing = check(&by_gap, &panel(0.0, 0.0), DATES, Confidence::P95).unwrap();
    let smallest = smallest_effect(nothing.standard_error, wanted(0.0).power, Confidence::P95);
    assert_eq!(state(&nothing, 0.05, &[]), State::NoEffectSeen { smallest_effect: smallest });
    let State::TooFew { customers_needed: Some(needed) } = state(&nothing, smallest / 2.0, &[]) else {
        panic!("{nothing:?}")
    };
    // Half the effect, four times the customers.
    assert!(needed.abs_diff(4000) <= 1, "{needed}");
    let outage = ["outage".to_owned()];
    assert_eq!(state(&nothing, 0.05, &outage), State::NotSeparable { with: outage.to_vec() });
}

#[test]
fn no_number_of_customers_helps_against_weeks_that_vary() {
    let sampling = Sampling { customers: 1000, variance: 0.1 };
    // Of the variance 1, customers carry 0.1: an error of 0.95 stays whatever their number.
    assert_eq!(customers_needed(1.0, wanted(2.0), sampling), None);
    assert_eq!(customers_needed(1.0, wanted(2.8), sampling), Some(1012));
    assert_eq!(customers_needed(1.0, wanted(0.0), sampling), None);
}

#[test]
fn no_probability_is_finer_than_the_placebos() {
    let gated = check(&by_gap, &panel(0.0, -0.3), DATES, Confidence::P95).unwrap();
    assert!(gated.model.p_value < 1e-10);
    assert_close(gated.p_value.value, 1.0 / 7.0, 1e-12);
    assert!(gated.p_value.is_at_resolution());
    let space = gated.in_space.unwrap();
    assert_eq!(space.effects.len(), 6);
    assert_close(space.p_value, 1.0 / 7.0, 1e-12);
    assert_eq!(gated.in_time.windows, 3);
}

#[test]
fn an_effect_that_cannot_be_checked_is_not_given() {
    let short = panel(0.0, -0.03).as_if_at(8, 14).unwrap();
    let found = check(&by_gap, &short, FakeDates { first: 4, step: 2 }, Confidence::P95);
    assert_eq!(found.unwrap_err(), CausalError::TooFewPlacebos { found: 0, needed: 3 });
}

#[test]
fn several_affected_units_take_as_many_placebos_together() {
    let base = panel(0.0, 0.0);
    let units: Vec<Vec<f64>> =
        (0..7).map(|unit| (0..36).map(|period| base.value(unit, period)).collect()).collect();
    let treated = [true, true, false, false, false, false, false];
    let two = Panel::from_values(&units, &treated, 30).unwrap();
    let placebos = in_space(&by_gap, &two, 0.0).unwrap();
    assert_eq!(placebos.effects.len(), 5);
    assert_close(placebos.p_value, 1.0, 1e-12);
    let alone = two.as_if_treated(&[2, 3]).unwrap();
    assert_close(placebos.effects[0], by_gap(&alone).unwrap().value, 1e-15);
}

fn shares(units: usize, periods: usize) -> impl Strategy<Value = Vec<Vec<f64>>> {
    vec(vec(0.5..1.0_f64, periods), units)
}

fn counts() -> impl Strategy<Value = Vec<Vec<Cell>>> {
    let cell = (40_u64..400, 200_u64..800)
        .prop_map(|(customers, permille)| Cell { customers, retained: customers * permille / 1000 });
    vec(vec(cell, 12), 4)
}

const FIRST: [bool; 4] = [true, false, false, false];

fn points(panel: &Panel) -> [f64; 6] {
    let weighted = |weighting| weighted::fit(panel, weighting).unwrap().effect;
    [
        gap::fit(panel, 2, Confidence::P95).unwrap().effect.value,
        control::fit(panel).unwrap().effect,
        control::fit_demeaned(panel).unwrap().effect,
        weighted(Weighting::Uniform),
        weighted(Weighting::SyntheticDid),
        weighted(Weighting::SyntheticControl),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_constant_added_to_all_units_changes_nothing(units in shares(4, 12), constant in -3.0..3.0_f64) {
        let moved: Vec<Vec<f64>> =
            units.iter().map(|unit| unit.iter().map(|value| value + constant).collect()).collect();
        let before = points(&Panel::from_values(&units, &FIRST, 8).unwrap());
        let after = points(&Panel::from_values(&moved, &FIRST, 8).unwrap());
        for (before, after) in before.iter().zip(after) {
            prop_assert!((before - after).abs() < 1e-6, "{before} {after}");
        }
    }

    #[test]
    fn the_order_of_units_does_not_matter(units in shares(4, 12), cells in counts()) {
        let order = [2, 0, 3, 1];
        let turned: Vec<Vec<f64>> = order.iter().map(|&unit| units[unit].clone()).collect();
        let flags = order.map(|unit| FIRST[unit]);
        let before = points(&Panel::from_values(&units, &FIRST, 8).unwrap());
        let after = points(&Panel::from_values(&turned, &flags, 8).unwrap());
        for (before, after) in before.iter().zip(after) {
            prop_assert!((before - after).abs() < 1e-9, "{before} {after}");
        }
        let turned: Vec<Vec<Cell>> = order.iter().map(|&unit| cells[unit].clone()).collect();
        let one = logit::fit(&Panel::from_counts(&cells, &FIRST, 8).unwrap(), Confidence::P95).unwrap();
        let other = logit::fit(&Panel::from_counts(&turned, &flags, 8).unwrap(), Confidence::P95).unwrap();
        prop_assert!((one.log_odds.value - other.log_odds.value).abs() < 1e-9);
        prop_assert!((one.customers_lost.interval.low - other.customers_lost.interval.low).abs() < 1e-6);
    }

    #[test]
    fn weights_are_shares(units in shares(5, 10)) {
        let panel = Panel::from_values(&units, &[true, false, false, false, false], 7).unwrap();
        let exact = control::fit(&panel).unwrap().weights;
        let weighted = weighted::fit(&panel, Weighting::SyntheticDid).unwrap();
        for weights in [exact, weighted.units, weighted.periods.into_iter().enumerate().collect()] {
            prop_assert!((weights.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(weights.iter().all(|(_, weight)| (0.0..=1.0 + 1e-12).contains(weight)));
        }
    }

    #[test]
    fn the_gate_only_widens(units in shares(4, 20)) {
        let panel = Panel::from_values(&units, &FIRST, 16).unwrap();
        let estimator = PlaceboError::new(|panel: &Panel| Ok(control::fit(panel)?.effect), Confidence::P95);
        let gated = check(&estimator, &panel, FakeDates { first: 5, step: 1 }, Confidence::P95).unwrap();
        prop_assert!(gated.interval.low <= gated.model.interval.low);
        prop_assert!(gated.interval.high >= gated.model.interval.high);
        prop_assert!(gated.p_value.value >= gated.p_value.resolution && gated.p_value.value <= 1.0);
        prop_assert!(gated.in_time.error >= gated.in_time.bias.abs() - 1e-15);
        // A placebo in time never sees what came after the disclosure.
        let mut other = units.clone();
        other[0][17] = -40.0;
        let changed = Panel::from_values(&other, &FIRST, 16).unwrap();
        let dates = FakeDates { first: 5, step: 1 };
        prop_assert_eq!(in_time(&estimator, &changed, dates).unwrap(), gated.in_time);
    }

    #[test]
    fn two_groups_and_two_periods_are_one_difference(units in shares(6, 2)) {
        let first = [Some(1), Some(1), Some(1), None, None, None];
        let flags = first.map(|first| first.is_some());
        let staggered = group_time::fit(&units, &first, Confidence::P95).unwrap();
        let wide: Vec<Vec<f64>> = units.iter().map(|unit| vec![unit[0], unit[0], unit[1]]).collect();
        let plain = gap::fit(&Panel::from_values(&wide, &flags, 2).unwrap(), 0, Confidence::P95).unwrap();
        prop_assert!((staggered.simple().overall.value - plain.effect.value).abs() < 1e-12);
    }

    #[test]
    fn matched_controls_have_the_composition_of_the_affected(
        strata in vec((0_u64..50, 0_u64..50), 1..8),
    ) {
        let cell = |customers: u64| Cell { customers, retained: customers / 2 };
        let strata: Vec<matching::Stratum> = strata.into_iter()
            .map(|(a, u)| matching::Stratum { affected: cell(a), unaffected: cell(u) })
            .collect();
        let Some(weights) = matching::weights(&strata) else { return Ok(()) };
        let mut matched = 0;
        for (stratum, weight) in strata.iter().zip(&weights.weights) {
            let both = stratum.affected.customers > 0 && stratum.unaffected.customers > 0;
            let expected = if both { stratum.affected.customers } else { 0 };
            prop_assert!((weight * stratum.unaffected.customers as f64 - expected as f64).abs() < 1e-9);
            matched += expected;
        }
        prop_assert_eq!(matched, weights.matched);
        let controls: u64 = strata.iter().map(|stratum| stratum.unaffected.customers).sum();
        prop_assert!(weights.effective_controls <= controls as f64 + 1e-9);
    }
}
