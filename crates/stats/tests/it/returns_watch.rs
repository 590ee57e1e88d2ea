//! The alarm on returns: evidence from the past only, soon after a fall, seldom without one.

use fidance_stats::change::{Falls, Threshold};
use fidance_stats::hazard::{ExposureTable, HazardError, Settings, WatchedWeek, watch};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::expected_returns::{Shop, settings};

const FALL: usize = 90;

fn shop(weeks: usize, change: Option<(usize, f64)>) -> Shop {
    Shop { size: 2300.0, scatter: 0.01, wander: 0.003, season: 0.15, weeks, change }
}

fn watched(shop: &Shop, seed: u64, from: usize) -> Vec<WatchedWeek> {
    watch(&shop.table(&mut Pcg64::seed_from_u64(seed)), &settings(2), Falls::RETURNS, from).unwrap()
}

fn alarm(weeks: &[WatchedWeek], periods: f64) -> Option<WatchedWeek> {
    let threshold = Threshold::one_false_alarm_in(periods, 1.0).unwrap();
    weeks.iter().find(|week| threshold.is_reached_by(week.ln_evidence)).copied()
}

/// One false alarm in 100 weeks is promised: 48 weeks may see one in at most 48 % of shops.
#[test]
fn false_alarms_keep_the_promise() {
    let seeds = 50;
    let alarms: Vec<usize> = (0..seeds)
        .filter_map(|seed| alarm(&watched(&shop(107, None), seed, 0), 100.0))
        .map(|week| week.week)
        .collect();
    println!("{} false alarms in {seeds} shops of 48 weeks, weeks {alarms:?}", alarms.len());
    assert!(alarms.len() <= 17, "{alarms:?}");
}

#[test]
fn a_fall_of_eight_percent_is_found_and_dated() {
    let (mut delays, mut dated) = (Vec::new(), 0);
    for seed in 0..21 {
        let weeks = watched(&shop(FALL + 30, Some((FALL, 0.92))), seed, FALL - 20);
        let found = alarm(&weeks, 520.0).unwrap();
        delays.push(found.week as i64 - FALL as i64 + 1);
        dated += i32::from(found.onset.abs_diff(FALL) <= 2);
    }
    delays.sort_unstable();
    println!("delays {delays:?}, onset within two weeks in {dated} of 21");
    assert!(delays[0] >= 1 && delays[10] <= 4, "{delays:?}");
    assert!(dated >= 16, "{dated}");
}

#[test]
fn the_future_is_not_used_and_a_restart_begins_anew() {
    let table = |weeks| shop(weeks, Some((FALL, 0.9))).table(&mut Pcg64::seed_from_u64(5));
    let all = |table: &ExposureTable, from: usize| watch(table, &settings(2), Falls::RETURNS, from).unwrap();
    let (whole, cut) = (all(&table(110), 0), all(&table(100), 0));
    assert_eq!(whole[..cut.len()], cut[..]);
    let after = all(&table(110), 95);
    assert_eq!(after[0].week, 95);
    assert!(after.iter().all(|week| week.onset >= 95));
    let before = whole.iter().find(|week| week.week == 95).unwrap();
    assert!(before.ln_evidence > after[0].ln_evidence);
    let short = table(59);
    let refused = watch(&short, &Settings::default(), Falls::RETURNS, 0);
    assert_eq!(refused, Err(HazardError::TooFewWeeks { weeks: 59, needed: 60 }));
}
