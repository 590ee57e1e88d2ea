//! The shop is believable: seasons, gaps, values, segments, a barometer worth looking at.

use std::collections::{BTreeMap, BTreeSet};

use fidance_sim::{Detail, Scenario};
use jiff::Unit;

use crate::folder::{Row, run, small};

fn quiet_orders(customers: u32) -> Vec<Row> {
    let scenario = Scenario::quiet().unwrap().with_customers(customers).unwrap().with_detail(Detail::Orders);
    let mut rows = run(&scenario, 41).orders();
    rows.retain(|row| !row.customer.is_empty());
    rows
}

#[test]
fn years_weeks_and_days_have_their_seasons() {
    let rows = quiet_orders(5_000);
    let per_day = |from: &str, to: &str| {
        let (from, to): (jiff::civil::Date, jiff::civil::Date) = (from.parse().unwrap(), to.parse().unwrap());
        let days = f64::from(from.until((Unit::Day, to)).unwrap().get_days()) + 1.0;
        rows.iter().filter(|row| (from..=to).contains(&row.day())).count() as f64 / days
    };
    let (august, christmas) = (per_day("2025-08-01", "2025-08-31"), per_day("2025-12-05", "2025-12-20"));
    assert!((1.4..2.4).contains(&(christmas / august)), "{christmas} {august}");
    let at = |wanted: i8| rows.iter().filter(|row| row.civil.hour() == wanted).count() as f64;
    assert!((40.0..150.0).contains(&(at(20) / at(4))), "{} {}", at(20), at(4));
    let weekday = |wanted: i8| {
        rows.iter().filter(|row| row.day().weekday().to_monday_zero_offset() == wanted).count() as f64
    };
    assert!((1.08..1.32).contains(&(weekday(6) / weekday(4))), "{} {}", weekday(6), weekday(4));
}

#[test]
fn values_are_lognormal_around_their_median() {
    let rows = quiet_orders(4_000);
    let mut logs: Vec<f64> = rows.iter().map(|row| row.value.unwrap().ln()).collect();
    logs.sort_by(f64::total_cmp);
    let median = logs[logs.len() / 2].exp();
    assert!((40.0..54.0).contains(&median), "{median}");
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let deviation = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / logs.len() as f64).sqrt();
    // Two spreads of 0.45 and 0.50, and the segments.
    assert!((0.64..0.76).contains(&deviation), "{deviation}");
    assert!(rows.iter().all(|row| row.value.unwrap() >= 1.0));
}

#[test]
fn customers_come_back_after_long_gaps() {
    let rows = quiet_orders(3_000);
    let mut last: BTreeMap<&str, jiff::Timestamp> = BTreeMap::new();
    let (mut gaps, mut long) = (0.0, 0.0);
    for row in &rows {
        if let Some(before) = last.insert(&row.customer, row.at) {
            gaps += 1.0;
            long += f64::from(row.at.as_second() - before.as_second() > 90 * 86_400);
        }
    }
    assert!((0.02..0.15).contains(&(long / gaps)), "{}", long / gaps);
}

#[test]
fn rates_follow_tiers_and_regions_belong_to_france() {
    let folder = run(&small(3_000).with_detail(Detail::Orders), 42);
    let rows = folder.orders();
    let rate = |tier: &str| {
        let own = rows.iter().filter(|row| row.tier == tier);
        let customers: BTreeSet<_> = own.clone().map(|row| &row.customer).collect();
        own.count() as f64 / customers.len() as f64
    };
    assert!(rate("gold") > 1.6 * rate("none"), "{} {}", rate("gold"), rate("none"));
    for row in &rows {
        let cells: Vec<&str> = row.line.split(',').collect();
        assert_eq!(cells[6] == "FR", !cells[7].is_empty(), "{}", row.line);
        assert_eq!(cells[5], "EUR");
    }
}

#[test]
fn the_demo_is_a_barometer_that_moves() {
    let folder = run(&small(8_000).with_detail(Detail::Orders), 43);
    let truth = folder.json("truth.json");
    let months = truth["as_it_was"]["months"].as_array().unwrap().clone();
    let trc = |start: &str| {
        let month = months.iter().find(|month| month["start"] == start).unwrap();
        month["trc"].as_f64().unwrap()
    };
    // The first three months warm the window up.
    for month in &months[3..] {
        let rate = month["trc"].as_f64().unwrap();
        assert!((0.74..0.89).contains(&rate), "{} {rate}", month["start"]);
    }
    let usual = f64::midpoint(trc("2024-05-01"), trc("2026-05-01"));
    assert!(usual - trc("2025-05-01") > 0.03, "{usual} {}", trc("2025-05-01"));
    let reactivated = months[12..].iter().filter(|month| {
        let count = |key: &str| month[key].as_i64().unwrap();
        count("e") > count("k")
    });
    assert_eq!(reactivated.count(), months.len() - 12);
}
