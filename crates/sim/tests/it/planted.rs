//! What is planted happens, as strongly as said, and `truth.json` says exactly what happened.

use std::collections::{BTreeMap, BTreeSet};

use fidance_sim::{Detail, Scenario, scenario::Shock};
use jiff::{ToSpan, civil::Date};
use serde_json::Value;

use crate::folder::{Folder, effect, period, run, small};

fn orders_only(customers: u32) -> Scenario {
    small(customers).with_detail(Detail::Orders)
}

/// Days of orders by customer, from the events file.
fn days(folder: &Folder) -> BTreeMap<String, Vec<Date>> {
    let mut days: BTreeMap<String, Vec<Date>> = BTreeMap::new();
    folder.orders().into_iter().for_each(|row| days.entry(row.customer.clone()).or_default().push(row.day()));
    days
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn the_truth_counts_what_stands_in_the_events() {
    let folder = run(&orders_only(1_500), 11);
    let (truth, days) = (folder.json("truth.json"), days(&folder));
    for month in truth["as_it_was"]["months"].as_array().unwrap() {
        let date = |key: &str| month[key].as_str().unwrap().parse::<Date>().unwrap();
        let (start, end) = (date("start"), date("end"));
        let active = |own: &[Date], at: Date| own.iter().any(|day| at - 90.days() <= *day && *day < at);
        let inside = |own: &[Date]| own.iter().filter(|day| start <= **day && **day < end).count();
        let of = |fits: &dyn Fn(&[Date]) -> bool| days.values().filter(|own| fits(own)).count();
        assert_eq!(count(&month["orders"]), days.values().map(|own| inside(own)).sum::<usize>(), "{start}");
        assert_eq!(count(&month["customers"]), of(&|own| inside(own) > 0), "{start}");
        assert_eq!(count(&month["returning"]), of(&|own| inside(own) > 0 && own[0] < start), "{start}");
        assert_eq!(count(&month["s"]), of(&|own| active(own, start)), "{start}");
        assert_eq!(count(&month["e"]), of(&|own| active(own, end)), "{start}");
        assert_eq!(count(&month["k"]), of(&|own| active(own, start) && active(own, end)), "{start}");
    }
    let value: f64 = folder.orders().iter().filter_map(|row| row.value).sum();
    let months = truth["as_it_was"]["months"].as_array().unwrap();
    let told: f64 = months.iter().map(|month| month["value"].as_f64().unwrap()).sum();
    assert!((value - told).abs() < 0.01, "{value} {told}");
}

/// The counterfactual is no estimate: it is what the same seed gives without the change.
#[test]
fn the_world_without_a_change_is_what_a_run_without_it_gives() {
    let scenario = orders_only(1_200);
    let truth = run(&scenario, 12).json("truth.json");
    for id in scenario.change_ids() {
        let without = run(&scenario.clone().without(id), 12).json("truth.json");
        for length in ["months", "weeks"] {
            let told = effect(&truth, id)["without"][length].as_array().unwrap();
            let ran = without["as_it_was"][length].as_array().unwrap();
            for (told, ran) in told.iter().zip(ran) {
                for (key, value) in ran.as_object().unwrap() {
                    assert_eq!(&told[key], value, "{id} {length} {key} {}", ran["start"]);
                }
            }
        }
    }
    let quiet = scenario.change_ids().into_iter().fold(scenario.clone(), Scenario::without);
    let told = &truth["without_any"]["months"];
    for ran in run(&quiet, 12).json("truth.json")["as_it_was"]["months"].as_array().unwrap() {
        assert_eq!(period(told, ran["start"].as_str().unwrap())["orders"], ran["orders"]);
    }
}

#[test]
fn nothing_differs_before_a_change_begins_nor_by_a_change_that_does_nothing() {
    let mut scenario = orders_only(1_000);
    scenario.breaches[1].effect = Shock { log_hazard: 0.0, half_life_days: 30.0, leaving: 0.0 };
    scenario.breaches[1].bystanders = Shock::default();
    let truth = run(&scenario, 13).json("truth.json");
    let differences = |id: &str, before: &str| {
        let months = effect(&truth, id)["without"]["months"].as_array().unwrap().clone();
        let early = months.into_iter().filter(|month| month["end"].as_str().unwrap() <= before);
        early.map(|month| month["difference"]["orders"].as_i64().unwrap().abs()).sum::<i64>()
    };
    assert_eq!(differences("harmless_price_change", "2026-07-01"), 0);
    assert_eq!(differences("expired_certificate", "2024-11-01"), 0);
    assert!(differences("expired_certificate", "2024-12-01") > 0);
    assert_eq!(differences("well_communicated_breach", "2026-07-01"), 0);
    assert_eq!(differences("badly_communicated_breach", "2025-03-01"), 0);
    assert!(differences("badly_communicated_breach", "2025-07-01") > 0);
    assert_eq!(differences("added_authentication_step", "2026-02-01"), 0);
    assert!(differences("added_authentication_step", "2026-07-01") > 0);
}

/// Share of a group's customers active before who order within 90 days after.
fn returned(days: &BTreeMap<String, Vec<Date>>, on: Date, among: impl Fn(&str) -> bool) -> f64 {
    let (mut active, mut back) = (0.0, 0.0);
    for (_, own) in days.iter().filter(|(customer, _)| among(customer)) {
        if own.iter().any(|day| on - 90.days() <= *day && *day < on) {
            active += 1.0;
            back += f64::from(own.iter().any(|day| on < *day && *day <= on + 90.days()));
        }
    }
    back / active
}

#[test]
fn a_badly_told_breach_costs_more_than_a_well_told_one_and_an_announcement_nothing() {
    for seed in 20..24 {
        let folder = run(&orders_only(4_000), seed);
        let days = days(&folder);
        let listed = folder.text("affected.csv");
        let affected = |id: &str| {
            let own = listed.lines().filter_map(|line| line.split_once(','));
            own.filter(|(incident, _)| *incident == id)
                .map(|(_, customer)| customer.to_owned())
                .collect::<Vec<_>>()
        };
        let gap = |id: &str, on: &str| {
            let (list, on): (_, Date) = (affected(id), on.parse().unwrap());
            let is = |customer: &str| list.binary_search(&customer.to_owned()).is_ok();
            let difference = |on| returned(&days, on, is) - returned(&days, on, |customer| !is(customer));
            difference(on) - difference(on - 180.days())
        };
        let bad = gap("badly_communicated_breach", "2025-03-13");
        let well = gap("well_communicated_breach", "2025-10-08");
        assert!((-0.34..-0.10).contains(&bad), "seed {seed}: {bad}");
        assert!((-0.10..0.06).contains(&well), "seed {seed}: {well}");
        // The same comparison with lists of a breach that had not yet happened finds nothing.
        let placebo = gap("badly_communicated_breach", "2024-10-01");
        assert!(placebo.abs() < 0.08, "seed {seed}: {placebo}");
    }
}

#[test]
fn the_truth_about_those_exposed_has_the_planted_size() {
    let truth = run(&orders_only(6_000), 30).json("truth.json");
    let rate = |id: &str, group: &str, world: &str| {
        let within = effect(&truth, id)[group]["within"].as_array().unwrap().clone();
        within[2][world]["rate"].as_f64().unwrap()
    };
    let cost = |id, group| rate(id, group, "without") - rate(id, group, "as_it_was");
    assert!((0.14..0.26).contains(&cost("badly_communicated_breach", "exposed")));
    assert!((0.0..0.06).contains(&cost("badly_communicated_breach", "unexposed")));
    assert!((0.0..0.06).contains(&cost("well_communicated_breach", "exposed")));
    assert!((0.005..0.12).contains(&cost("expired_certificate", "exposed")));
    // Seven weeks before the end.
    let prices = &effect(&truth, "harmless_price_change")["exposed"];
    let first = &prices["within"][0];
    assert!(
        first["customers"].as_u64().unwrap() > 1_000 && first["as_it_was"] == first["without"],
        "{first}"
    );
    let breach = effect(&truth, "badly_communicated_breach");
    let (left, exposed) =
        (breach["exposed"]["left_for_good"].as_f64(), breach["exposed"]["customers"].as_f64());
    let share = left.unwrap() / exposed.unwrap();
    assert!((0.08..0.12).contains(&share), "{share}");
    assert_eq!(breach["parameters"]["effect"]["leaving"], 0.10);
}

#[test]
fn warnings_and_codes_are_seen_in_the_journeys() {
    let folder = run(&small(2_500), 31);
    let rows = folder.events();
    let on = |name: &str| rows.iter().filter(|row| row.event == name).cloned().collect::<Vec<_>>();
    let warnings = on("Security Warning Shown");
    assert!(warnings.len() > 20);
    // The visit of someone who came at midnight began a little before the ninth.
    let window = Date::constant(2024, 11, 8)..=Date::constant(2024, 11, 12);
    assert!(warnings.iter().all(|row| window.contains(&row.day()) && row.device == "mobile"));
    let codes = on("Authentication Challenged").into_iter().filter(|row| row.reason == "sms_code");
    let first: Date = codes.map(|row| row.day()).min().unwrap();
    assert!(first >= Date::constant(2026, 2, 1), "{first}");
    let abandoned = on("Authentication Abandoned");
    let monthly = |from: Date, months: i32| {
        let until = from + months.months();
        abandoned.iter().filter(|row| from <= row.day() && row.day() < until).count() as f64
            / f64::from(months)
    };
    let (before, after) = (monthly(Date::constant(2025, 2, 1), 12), monthly(Date::constant(2026, 2, 1), 5));
    assert!(after > 5.0 * before, "{before} {after}");
}

#[test]
fn a_certificate_of_all_sites_warns_everybody_and_concerns_those_who_saw_it() {
    let mut scenario = small(2_500);
    scenario.certificates[0].who.clear();
    let folder = run(&scenario, 33);
    let rows = folder.events();
    let warnings = || rows.iter().filter(|row| row.event == "Security Warning Shown");
    let devices: BTreeSet<&str> = warnings().map(|row| row.device.as_str()).collect();
    assert_eq!(devices.len(), 4, "{devices:?}");
    let scope = |folder: &Folder| {
        let register = folder.json("incidents.json");
        let incidents = register["incidents"].as_array().unwrap().clone();
        incidents.into_iter().find(|one| one["id"] == "expired_certificate").unwrap()["scope"].clone()
    };
    assert!(scope(&folder).is_null());
    let exposed = |folder: &Folder| {
        let truth = folder.json("truth.json");
        count(&effect(&truth, "expired_certificate")["exposed"]["customers"])
    };
    let saw: BTreeSet<&str> = warnings().map(|row| row.customer.as_str()).collect();
    assert!(exposed(&folder) <= saw.len() && 2 * exposed(&folder) > saw.len(), "{}", saw.len());
    // Of a site for phones all who use it are concerned, as the register says; whoever was not there saw nothing.
    let phones = run(&small(2_500), 33);
    assert_eq!(scope(&phones)["device"][0], "mobile");
    assert!(exposed(&phones) > 4 * exposed(&folder), "{} {}", exposed(&phones), exposed(&folder));
}

#[test]
fn weeks_of_the_truth_are_whole_that_of_the_exposure_too() {
    let folder = run(&orders_only(3_000), 34);
    let (truth, days) = (folder.json("truth.json"), days(&folder));
    let listed = folder.text("affected.csv");
    let bad = listed.lines().filter_map(|line| line.strip_prefix("badly_communicated_breach,"));
    // Told on Thursday 13 March.
    let monday = Date::constant(2025, 3, 10);
    let known: Vec<&Vec<Date>> = bad.filter_map(|who| days.get(who)).filter(|own| own[0] < monday).collect();
    let group = &effect(&truth, "badly_communicated_breach")["exposed"];
    assert_eq!(count(&group["bought_before"]), known.len());
    for (place, week) in (0..).zip(group["weeks"].as_array().unwrap()) {
        let start = monday + (7 * place).days();
        assert_eq!(week["start"], start.to_string());
        let within = |own: &&&Vec<Date>| own.iter().any(|day| start <= *day && *day < start + 7.days());
        assert_eq!(count(&week["as_it_was"]), known.iter().filter(within).count(), "{start}");
    }
}

#[test]
fn a_shop_with_nothing_planted_has_nothing_in_its_truth() {
    let folder = run(&Scenario::quiet().unwrap().with_customers(300).unwrap(), 32);
    let truth = folder.json("truth.json");
    assert_eq!(truth["effects"].as_array().unwrap().len(), 0);
    let months = truth["without_any"]["months"].as_array().unwrap().clone();
    assert!(months.iter().all(|month| month["difference"]["orders"] == 0));
}
