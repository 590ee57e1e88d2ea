//! The lake against the plain model: whatever order events come in, however often, whoever they belong to.

use std::{num::NonZeroUsize, path::PathBuf};

use fidance_domain::{
    retention::group::EVERYBODY,
    testing::plain,
    time::{Every, Window},
};
use fidance_lake::{Lake, Reading};
use jiff::tz::TimeZone;

use crate::world::{COUNTRIES, Found, KINDS, Model, Step, clocks, find, lake, plain_flows, play, steps};

const WORLDS: u64 = 40;
pub(crate) const CUSTOMERS: u64 = 40;

fn compare(found: &Found, model: &Model, zone: &TimeZone, window: Window, what: &str) {
    assert_eq!(found.customers, model.persons.len() as u64, "{what}: persons");
    assert_eq!(found.flows.flows(EVERYBODY), plain_flows(model, found, zone, window), "{what}: flows");
    let instants = model.instants();
    let date = |edge| found.days.date(found.edges.day(edge));
    for cohort in 0..found.edges.periods() {
        let range = |period: usize| (date(period), date(period + 1));
        for (k, count) in found.cohorts.n_day(cohort).iter().enumerate() {
            let expected = plain::cohort(&instants, zone, range(cohort), &[range(cohort + k)], true);
            assert_eq!(*count, expected, "{what}: cohort {cohort}, bucket {k}");
        }
    }
}

/// Compares what a lake says with what the definitions say of the steps it has taken; how often masks answered.
pub(crate) fn agrees(lake: &mut Lake, seed: u64, steps: &[Step], activity: &[&str]) -> u64 {
    let zones = ["Europe/Paris", "UTC", "America/New_York", "Asia/Kathmandu"]
        .map(|name| TimeZone::get(name).unwrap());
    let windows: [Window; 3] = ["30d", "90d", "2mo"].map(|text| text.parse().unwrap());
    let every = [Every::Month, Every::Week, Every::Quarter];
    let mut by_masks = 0;
    let checked = lake.check(NonZeroUsize::MIN).unwrap();
    assert_eq!(checked.problems, [], "world {seed}");
    assert_eq!(checked.foreign, Vec::<PathBuf>::new());
    let model = Model::new(steps, activity);
    assert_eq!(checked.rows, model.rows, "world {seed}: events");
    assert_eq!(clocks(lake), model.rows, "world {seed}: clocks");
    let zone = &zones[seed as usize % 4];
    let (window, every) = (windows[seed as usize % 3], every[seed as usize / 2 % 3]);
    for reading in [Reading::Masks, Reading::Events] {
        let source = lake.histories(reading).unwrap();
        let what = format!("world {seed}, {reading:?}");
        let Some(found) = find(&source, zone, every, window) else {
            assert!(model.persons.is_empty());
            continue;
        };
        by_masks += u64::from(found.used_masks);
        compare(&found, &model, zone, window, &what);
        assert_eq!(found.amount, model.total(), "{what}: amounts");
        let countries: Vec<u64> =
            COUNTRIES.iter().map(|name| found.by_profile.get(*name).copied().unwrap_or(0)).collect();
        let expected: Vec<u64> = (0..3).map(|n| model.countries.get(&n).copied().unwrap_or(0)).collect();
        assert_eq!(countries, expected, "{what}: countries");
    }
    by_masks
}

/// The activity that counts in a world.
pub(crate) fn activity_of(seed: u64) -> &'static [&'static str] {
    if seed.is_multiple_of(2) { &KINDS[..1] } else { &[] }
}

#[test]
fn events_and_masks_give_what_the_definitions_say() {
    let mut by_masks = 0;
    for seed in 0..WORLDS {
        let folder = tempfile::tempdir().unwrap();
        // Some worlds are one small batch: a single file with customers of all buckets.
        let steps = steps(seed, CUSTOMERS, 1 + seed as usize % 6);
        let mut lake = lake(&folder.path().join("lake"), activity_of(seed));
        play(&mut lake, &steps);
        by_masks += agrees(&mut lake, seed, &steps, activity_of(seed));
    }
    assert!(by_masks > 0, "no world was answered from masks");
}
