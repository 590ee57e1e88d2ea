//! The alarm per segment: who is named, who is not, since when and until when.

#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of customers")]

use fidance_stats::change::Threshold;
use fidance_stats::change::panel::{Panel, PartState, Reading};
use fidance_stats::change::part::PartWeek;
use fidance_stats::interval::Confidence;
use proptest::collection::vec;
use proptest::prelude::*;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;

use super::segment_shop::{CHANCE, CUSTOMERS, Change, World, weeks};

const WORLD: World = World { name: "ordinary", drift: 0.003, scatter: 0.03, common: 0.05, error: 0.01 };
const FALL: usize = 104;

fn ten_years() -> Threshold {
    Threshold::one_false_alarm_in(10.0, 52.18).unwrap()
}

fn shop(change: Change, weeks_after: usize, seed: u64) -> Vec<Vec<PartWeek>> {
    weeks(WORLD, &[CUSTOMERS / 20; 20], FALL + weeks_after, Some(change), &mut Pcg64::seed_from_u64(seed))
}

/// Who is newly named in which week, and how all stand at the end.
fn watched(shop: &[Vec<PartWeek>], reading: Reading) -> (Vec<(usize, usize)>, Vec<PartState>) {
    let mut panel = Panel::new(shop[0].len(), ten_years(), reading);
    let mut named = Vec::new();
    for (at, week) in shop.iter().enumerate() {
        named.extend(panel.step(week).into_iter().map(|segment| (at, segment)));
    }
    assert_eq!(panel.times().sum::<usize>(), named.len());
    (named, panel.states())
}

#[test]
fn a_segment_that_falls_alone_is_named_dated_and_measured() {
    for seed in 0..5 {
        let change = Change { week: FALL, segments: 1, factor: 0.7 };
        let (named, states) = watched(&shop(change, 12, seed), Reading::Both);
        assert!(matches!(named[..], [(at, 0)] if (FALL..FALL + 10).contains(&at)), "{seed}: {named:?}");
        let fallen = &states[0];
        let since = fallen.named.unwrap().onset;
        assert!(since.abs_diff(FALL) <= 2, "{seed}: since {since}");
        let ratio = fallen.run.unwrap().ratio(Confidence::P99);
        assert!(ratio.interval.low < 0.7 && ratio.interval.high < 1.0, "{seed}: {ratio:?}");
        assert!(ratio.interval.high > 0.7, "{seed}: {ratio:?}");
    }
}

#[test]
fn a_fall_of_everybody_names_nobody() {
    for seed in 0..5 {
        let change = Change { week: FALL, segments: 20, factor: 0.8 };
        let (named, _) = watched(&shop(change, 26, seed), Reading::Both);
        assert!(named.is_empty(), "{seed}: {named:?}");
    }
}

/// Half of the customers come more often. Their share of the returns takes from everybody else's; nobody else fell.
#[test]
fn hardly_anybody_is_named_because_others_came_more_often() {
    let sizes: Vec<u64> = std::iter::once(CUSTOMERS / 2).chain([CUSTOMERS / 20; 10]).collect();
    let calm = World { common: 0.0, error: 0.0, ..WORLD };
    let change = Change { week: FALL, segments: 1, factor: 1.4 };
    let (mut both, mut others) = (0, 0);
    for seed in 0..8 {
        let shop = weeks(calm, &sizes, FALL + 26, Some(change), &mut Pcg64::seed_from_u64(seed));
        both += watched(&shop, Reading::Both).0.len();
        others += watched(&shop, Reading::Others).0.len();
    }
    assert!(others > 40 && both * 20 <= others, "{both} of {others}");
}

/// The segment has four times the customers within half a year, another one half of them: chances stay what they were.
#[test]
fn growth_and_a_shift_of_the_mix_name_nobody() {
    let returns = |customers: f64, factor: f64| (customers * CHANCE * factor).round() as u64;
    let shop: Vec<Vec<PartWeek>> = (0..150_u32)
        .map(|at| {
            let grown = f64::from(at.saturating_sub(100).min(26)) / 26.0;
            let sizes = [4_000.0 * (1.0 + 3.0 * grown), 20_000.0 * (1.0 - 0.5 * grown), 30_000.0];
            let returned = [returns(sizes[0], 0.8), returns(sizes[1], 1.0), returns(sizes[2], 1.03)];
            let (all, customers): (u64, f64) = (returned.iter().sum(), sizes.iter().sum());
            let week = |(size, returned): (f64, u64)| PartWeek {
                at_risk: size.round() as u64,
                returned,
                expected: size * CHANCE,
                others_returned: all - returned,
                others_expected: (customers - size) * CHANCE,
                common_variance: 0.0,
                teaches: true,
            };
            sizes.into_iter().zip(returned).map(week).collect()
        })
        .collect();
    let (named, states) = watched(&shop, Reading::Both);
    assert!(named.is_empty(), "{named:?}");
    for state in states {
        let ratio = state.run.unwrap().ratio(Confidence::P95);
        assert!((ratio.value - 1.0).abs() < 0.02, "{ratio:?}");
    }
}

#[test]
fn a_fall_that_is_over_is_no_longer_named_and_one_that_lasts_becomes_normal() {
    let change = Change { week: FALL, segments: 1, factor: 0.6 };
    let mut passing = shop(change, 40, 7);
    let back = shop(Change { factor: 1.0, ..change }, 40, 7);
    passing[FALL + 10..].clone_from_slice(&back[FALL + 10..]);
    let (named, states) = watched(&passing, Reading::Both);
    assert!(matches!(named[..], [(_, 0)]), "{named:?}");
    assert!(states[0].named.is_none());
    let (named, states) = watched(&shop(change, 60, 7), Reading::Both);
    assert!(matches!(named[..], [(_, 0)]), "{named:?}");
    assert!(states[0].named.is_none());
    let ratio = states[0].run.unwrap().ratio(Confidence::P99);
    assert!(ratio.interval.low < 1.0 && ratio.interval.high > 1.0, "{ratio:?}");
}

/// While everybody's alarm is open nothing is learned, so what happens then is measured against what was before.
#[test]
fn weeks_that_do_not_teach_are_judged_and_not_learned() {
    let change = Change { week: FALL, segments: 1, factor: 0.85 };
    let mut shop = shop(change, 16, 3);
    for week in &mut shop[FALL..] {
        week.iter_mut().for_each(|segment| segment.teaches = false);
    }
    let (_, states) = watched(&shop, Reading::Both);
    let ratio = states[0].run.unwrap().ratio(Confidence::P99);
    assert!(ratio.interval.low < 0.85 && ratio.interval.high > 0.85 && ratio.value < 0.93, "{ratio:?}");
}

fn any_week() -> impl Strategy<Value = PartWeek> {
    let counts = (0_u64..2000, 0.0..=1.0_f64, 0_u64..300, 0.0..300.0_f64);
    (counts, 0.0..40.0_f64, 0.0..0.1_f64, any::<bool>()).prop_map(
        |((at_risk, part, others_returned, others_expected), expected, common_variance, teaches)| PartWeek {
            at_risk,
            returned: (at_risk as f64 * part.powi(4)).floor() as u64,
            expected: expected.min(at_risk as f64),
            others_returned,
            others_expected: if others_expected < 30.0 { 0.0 } else { others_expected },
            common_variance,
            teaches,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the counts: no figure is not a number, and the order of segments changes nothing.
    #[test]
    fn any_counts_give_numbers_and_the_order_of_segments_does_not_matter(
        shop in vec(vec(any_week(), 6), 40..60),
        by in 1_usize..6,
    ) {
        let (named, states) = watched(&shop, Reading::Both);
        for state in &states {
            prop_assert!(!state.ln_evidence.is_nan());
            if let Some(run) = state.run {
                let ratio = run.ratio(Confidence::P95);
                prop_assert!(ratio.interval.low <= ratio.value && ratio.value <= ratio.interval.high);
            }
        }
        let turned: Vec<Vec<PartWeek>> = shop
            .iter()
            .map(|week| {
                let mut week = week.clone();
                week.rotate_left(by);
                week
            })
            .collect();
        let (mut named_turned, mut states_turned) = watched(&turned, Reading::Both);
        states_turned.rotate_right(by);
        prop_assert_eq!(states, states_turned);
        named_turned.iter_mut().for_each(|(_, segment)| *segment = (*segment + by) % 6);
        let mut named = named;
        named.sort_unstable();
        named_turned.sort_unstable();
        prop_assert_eq!(named, named_turned);
    }
}
