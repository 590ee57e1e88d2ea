//! Ids: visitors known only later and customers taken for another are recorded as a shop would, and
//! `links.csv` with `truth.json` tell who they were.

use std::collections::{BTreeMap, BTreeSet};

use fidance_sim::{Detail, Scenario};
use jiff::Timestamp;

use crate::folder::{Folder, run};

fn clean_bench(customers: u32) -> Scenario {
    let mut scenario = Scenario::bench().unwrap().with_customers(customers).unwrap();
    scenario.dirt = fidance_sim::scenario::Dirt::default();
    scenario
}

struct Link {
    at: Timestamp,
    merge: bool,
    from: String,
    into: String,
}

fn links(folder: &Folder) -> Vec<Link> {
    let text = folder.text("links.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("at,action,from,into"));
    let link = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(["merge", "split"].contains(&cells[1]), "{line}");
        Link {
            at: cells[0].parse().unwrap(),
            merge: cells[1] == "merge",
            from: cells[2].to_owned(),
            into: cells[3].to_owned(),
        }
    };
    lines.map(link).collect()
}

#[test]
fn anonymous_visits_come_first_and_are_merged_within_a_month() {
    let scenario = clean_bench(6_000);
    let folder = run(&scenario, 61);
    let (rows, links, truth) = (folder.events(), links(&folder), folder.json("truth.json"));
    let merges: BTreeMap<&str, &Link> = links
        .iter()
        .filter(|link| link.from.starts_with('A'))
        .map(|link| (link.from.as_str(), link))
        .collect();
    assert!(merges.values().all(|link| link.merge && link.into.starts_with('C')));
    let mut first = BTreeMap::new();
    for row in &rows {
        first.entry(row.customer.as_str()).or_insert(row.at);
        if row.customer.starts_with('A') {
            let link = merges[row.customer.as_str()];
            assert!(row.at <= link.at, "{}", row.line);
        }
    }
    for (id, link) in &merges {
        assert!(link.at.as_second() - first[id].as_second() <= 30 * 86_400, "{id}");
        // Known from the merge on.
        assert!(first.get(link.into.as_str()).is_none_or(|at| *at >= link.at), "{id}");
    }
    // With every anonymous id merged, the ids of the file are the persons of the truth.
    let ids: BTreeSet<&str> = first.keys().copied().collect();
    let person = |id: &&str| merges.get(id).map_or((*id).to_owned(), |link| link.into.clone());
    let persons: BTreeSet<String> = ids.iter().map(person).collect();
    let told = |key: &str| usize::try_from(truth["identities"][key].as_u64().unwrap()).unwrap();
    assert_eq!((told("persons"), told("ids")), (persons.len(), ids.len()));
    assert_eq!(told("merges"), merges.len());
    let share = merges.len() as f64 / persons.len() as f64;
    assert!((0.07..0.09).contains(&share), "{share}");
}

#[test]
fn wrong_merges_are_split_later() {
    let folder = run(&clean_bench(20_000).with_detail(Detail::Orders), 62);
    let links = links(&folder);
    assert!(links.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let mut merged = BTreeMap::new();
    let mut splits = 0;
    for link in links.iter().filter(|link| link.from.starts_with('C')) {
        assert_ne!(link.from, link.into);
        if link.merge {
            assert!(merged.insert(&link.from, (&link.into, link.at)).is_none());
        } else {
            let (into, at) = merged[&link.from];
            assert!(*into == link.into && at < link.at);
            splits += 1;
        }
    }
    let identities = &folder.json("truth.json")["identities"];
    assert_eq!(identities["wrong_merges"], splits);
    assert_eq!(merged.len(), splits);
    let share = splits as f64 / identities["persons"].as_f64().unwrap();
    assert!((0.003..0.007).contains(&share), "{share}");
}

/// Ids change nothing of what happened: not the times, not the orders, not the truth.
#[test]
fn the_truth_counts_persons_whatever_their_ids() {
    let scenario = clean_bench(800);
    let mut plain = scenario.clone();
    plain.identity = fidance_sim::scenario::Identity::default();
    let (with, without) = (run(&scenario, 63), run(&plain, 63));
    assert_eq!(with.json("truth.json")["as_it_was"], without.json("truth.json")["as_it_was"]);
    let rows = |folder: &Folder| -> BTreeSet<_> {
        folder.events().into_iter().map(|row| (row.message, row.at, row.event)).collect()
    };
    assert_eq!(rows(&with), rows(&without));
    assert!(!without.path().join("links.csv").exists());
    assert!(without.json("truth.json")["identities"].is_null());
}

#[test]
fn the_benchmark_records_sixteen_events_most_of_them_views() {
    let rows = run(&clean_bench(3_000), 64).events();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *names.entry(&row.event).or_default() += 1);
    assert_eq!(names.len(), 16, "{names:?}");
    let views = names["Product Viewed"] as f64 / rows.len() as f64;
    assert!((0.65..0.75).contains(&views), "{views}");
}
