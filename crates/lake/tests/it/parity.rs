//! The lake against the plain model: whatever order events come in, however often, whoever they belong to.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    path::PathBuf,
};

use fidance_domain::{
    history::Histories as _,
    list::{CustomerList, CustomerLists},
    retention::group::EVERYBODY,
    testing::plain,
    time::{Every, Window},
};
use fidance_lake::{Lake, Reading};
use jiff::tz::TimeZone;

use rand::{RngExt as _, SeedableRng as _};

use crate::world::{
    COUNTRIES, Found, KINDS, Model, Step, clocks, find, key, lake, plain_flows, plain_flows_of, play, steps,
};

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

/// Three lists: some customers, some others, and ids that nobody has as well.
fn lists(seed: u64) -> Vec<BTreeSet<u64>> {
    let mut random = rand_pcg::Pcg64::seed_from_u64(seed ^ 0x11575);
    let sizes = [random.random_range(0..4), 10, 25];
    let mut list = |size: usize| (0..size).map(|_| random.random_range(0..CUSTOMERS + 10)).collect();
    sizes.map(&mut list).to_vec()
}

/// Compares what a lake says of the customers on lists with what the definitions say of them.
fn lists_agree(
    lake: &mut Lake,
    seed: u64,
    reading: Reading,
    model: &Model,
    (zone, window, every): (&TimeZone, Window, Every),
) {
    let lists = lists(seed);
    let named = (0..)
        .zip(&lists)
        .map(|(n, ids): (u32, _)| CustomerList::new(n.to_string(), ids.iter().map(|id| key(*id)).collect()));
    let named = CustomerLists::new(named.collect()).unwrap();
    let pseudonyms = lake.pseudonyms().unwrap();
    let source = lake.histories(reading).unwrap().with_lists(&named, &pseudonyms).unwrap();
    let what = format!("world {seed}, {reading:?}, with lists");
    let known: BTreeSet<u64> = model.ids.iter().flat_map(|(ids, _)| ids).copied().collect();
    let unknown: Vec<u64> = lists.iter().map(|ids| ids.difference(&known).count() as u64).collect();
    assert_eq!(source.segments().unknown, unknown, "{what}: ids that are no customer");
    assert_eq!(source.segments().lists, ["0", "1", "2"]);
    let Some(found) = find(&source, zone, every, window) else { return };
    compare(&found, model, zone, window, &what);
    assert_eq!(found.amount, model.total(), "{what}: amounts");
    let is_on = |list: &BTreeSet<u64>, ids: &[u64]| ids.iter().any(|id| list.contains(id));
    let (persons, instants) = (&model.ids, model.instants());
    for (group, list) in (1..).zip(&lists) {
        let members = persons.iter().zip(&instants).filter(|((ids, _), _)| is_on(list, ids));
        let members: Vec<_> = members.map(|(_, instants)| instants.clone()).collect();
        let expected = plain_flows_of(&members, &found, zone, window);
        assert_eq!(found.listed.flows(group), expected, "{what}: flows of list {group}");
        assert_eq!(found.listed.customers(group), members.len() as u64, "{what}: members of list {group}");
    }
    let mut by_lists: BTreeMap<(String, u64), u64> = BTreeMap::new();
    for (ids, country) in persons {
        let on = (0..).zip(&lists).filter(|(_, list)| is_on(list, ids)).map(|(n, _): (u32, _)| 1 << n).sum();
        *by_lists.entry((COUNTRIES[*country as usize].to_owned(), on)).or_default() += 1;
    }
    assert_eq!(found.by_lists, by_lists, "{what}: countries and lists");
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
        if seed.is_multiple_of(3) {
            lists_agree(lake, seed, reading, &model, (zone, window, every));
        }
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
