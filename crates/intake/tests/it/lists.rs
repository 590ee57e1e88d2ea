//! Lists of customers: how files of them are read, what is refused, and who is found in the histories.

use std::path::{Path, PathBuf};

use fidance_domain::{
    amount::Amount,
    history::{Histories, HistoryVisitor, Micros, Profile, Segments},
    id::CustomerKey,
    list::{CustomerList, CustomerLists},
};
use fidance_intake::{
    ListColumns, SortedHistories, Sorter, TextOptions, customers::customer_key, read_lists,
};
use proptest::prelude::*;

use crate::tools::no_parquet;

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn read(name: &str, text: &str, columns: &ListColumns) -> Result<Vec<CustomerList>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), name, text);
    let lists = read_lists(&path, columns, &TextOptions::default(), &no_parquet);
    lists.map_err(|e| e.to_string().replace(&path.display().to_string(), name))
}

fn list(name: &str, ids: &[&str]) -> CustomerList {
    CustomerList::new(name, ids.iter().map(|id| customer_key(id)).collect())
}

#[test]
fn a_list_is_read_however_it_is_written() {
    let by_name = ListColumns::default();
    let breach = || vec![list("breach", &["c1", "c2"])];
    let shops = || vec![list("b-2", &["c1", "00042"]), list("a-1", &["c1"])];
    for (name, text, expected) in [
        ("affected.csv", "incident,customer_id\nb-2,c1\na-1,c1\nb-2,00042\nb-2,c1\n", shops()),
        ("a.csv", "\u{feff}Client;Incident\r\nc1;b-2\r\n\"00042\";b-2\r\nc1;a-1\r\n", shops()),
        ("a.csv", "customer_id,email,incident_id\nc1,x@y.fr,b-2\n00042,,b-2\nc1,x@y.fr,a-1\n", shops()),
        (
            "a.jsonl",
            "{\"userId\":\"c1\",\"incident\":\"b-2\"}\n{\"userId\":\"c1\",\"incident\":\"a-1\"}\n{\"userId\":\"00042\",\"incident\":\"b-2\"}\n",
            vec![list("b-2", &["c1", "00042"]), list("a-1", &["c1"])],
        ),
        ("breach.txt", "c1\nc2\n", breach()),
        ("breach.txt", "c1\r\n\r\nc2", breach()),
        ("breach.csv", "customer_id\nc1\nc2\nc1\n", breach()),
        ("breach.csv", "\"Code client\"\n\"c1\"\n\"c2\"\n", breach()),
        ("breach.csv", "date;customer\n2024-01-02;c1\n2024-01-02;c2\n", breach()),
        ("breach.txt", "Anne Martin\nBo Li\nCy\n", vec![list("breach", &["Anne Martin", "Bo Li", "Cy"])]),
        ("breach.txt", "a@b.fr\nc@d.fr\n", vec![list("breach", &["a@b.fr", "c@d.fr"])]),
        ("breach.txt", "19970101\n19970102\n", vec![list("breach", &["19970101", "19970102"])]),
        ("breach.jsonl", "{\"incident\":\"c1\"}\n", vec![list("breach", &["c1"])]),
        ("breach.txt", "c1", vec![list("breach", &["c1"])]),
    ] {
        assert_eq!(read(name, text, &by_name), Ok(expected), "{text:?}");
    }
    let given = ListColumns { customer: Some("who".into()), incident: Some("why".into()) };
    assert_eq!(read("x.csv", "why,who\nb,c1\n", &given), Ok(vec![list("b", &["c1"])]));
}

#[test]
fn what_is_wrong_with_a_list_is_said_with_its_place() {
    let by_name = ListColumns::default();
    let customer = |name: &str| ListColumns { customer: Some(name.into()), incident: None };
    let incident = |name: &str| ListColumns { customer: None, incident: Some(name.into()) };
    for (text, columns, expected) in [
        ("incident,customer\nb,c1\nb,\n", &by_name, "a.csv: line 3: \"customer\" is empty"),
        ("incident,customer\nb,c1\n\n,c2\n", &by_name, "a.csv: line 4: \"incident\" is empty"),
        (
            "customer\nc1\nNULL\n",
            &by_name,
            "a.csv: line 3: \"customer\" is \"NULL\", which stands for nobody",
        ),
        (
            "incident,customer\nb,c1\nb,c2\nb,c3,x\n",
            &by_name,
            "a.csv: line 4: wrong_field_count in \"[3 fields instead of 2] b,c3,x\"",
        ),
        ("incident,customer\n", &by_name, "a.csv: there is a header but no row below it"),
        ("customer\n", &by_name, "a.csv: there is a header but no row below it"),
        ("", &by_name, "a.csv: the file is empty"),
        ("who,why\nx,b\n", &by_name, "a.csv: which column is the customer? Give it with --customer."),
        ("c1,b\nc2,b\n", &by_name, "a.csv: which column is the customer? Give it with --customer."),
        ("customer,why\nx,b\n", &customer("who"), "a.csv: there is no column \"who\" (customer)"),
        ("customer,why\nx,b\n", &incident("what"), "a.csv: there is no column \"what\" (incident)"),
        ("customer,client\nx,b\n", &by_name, "a.csv: several columns may be the customer"),
        ("customer,incident,incident_id\nx,b,1\n", &by_name, "a.csv: several columns may be the incident"),
    ] {
        let message = read("a.csv", text, columns).unwrap_err();
        assert!(message.starts_with(expected), "{text:?}: {message}");
    }
    let many = (0..1_001).map(|n| format!("i{n},c{n}")).collect::<Vec<_>>().join("\n");
    let message = read("a.csv", &format!("incident,customer\n{many}"), &by_name).unwrap_err();
    assert!(message.starts_with("a.csv: \"incident\" has more than 1000 different values"), "{message}");
}

/// Few customers, so that lists hit them, some only at one end of the key.
fn key() -> impl Strategy<Value = CustomerKey> {
    (prop::sample::select(vec![0, 1, 1 << 56, (1 << 56) + 1, u64::MAX]), 0_u32..3)
        .prop_map(|(high, low)| CustomerKey { high, low })
}

type Row = (CustomerKey, Micros, u32);

fn sorted(rows: &[Row], budget: usize) -> SortedHistories {
    let mut sorter = Sorter::new(budget, std::env::temp_dir());
    for &(customer, at, profile) in rows {
        sorter.push(customer, at, Profile(profile), Amount::ZERO).unwrap();
    }
    let segments = Segments {
        dimensions: vec!["colour".into()],
        values: vec![vec!["red".into(), "blue".into()]],
        profiles: vec![vec![0], vec![1]],
        ..Segments::default()
    };
    sorter.finish(segments, true, 100)
}

/// Of each customer in order: the values, the lists, and the instants.
fn found(histories: &SortedHistories) -> Vec<(Vec<u32>, u64, Vec<Micros>)> {
    struct Collect<'a>(&'a Segments, Vec<(Vec<u32>, u64, Vec<Micros>)>);
    impl HistoryVisitor for Collect<'_> {
        fn begin(&mut self, profile: Profile) {
            let at = profile.0 as usize;
            let lists = self.0.memberships.get(at).copied().unwrap_or(0);
            self.1.push((self.0.profiles[at].clone(), lists, Vec::new()));
        }
        fn activities(&mut self, at: &[Micros], _: &[Amount]) {
            self.1.last_mut().unwrap().2.extend(at);
        }
        fn end(&mut self) {}
    }
    let mut collect = Collect(histories.segments(), Vec::new());
    (0..histories.parts()).for_each(|part| histories.visit(part, &mut collect).unwrap());
    collect.1
}

proptest! {
    #[test]
    fn members_are_found_in_memory_and_on_disk(
        rows in prop::collection::vec((key(), 0_i64..50, 0_u32..2), 0..300),
        listed in prop::collection::vec(prop::collection::vec(key(), 0..8), 0..4),
        budget in prop::sample::select(vec![1_usize, 1_000, 1 << 20]),
    ) {
        let plain = sorted(&rows, budget);
        let lists: Vec<_> =
            (0..).zip(&listed).map(|(n, keys): (u32, _)| CustomerList::new(n.to_string(), keys.clone())).collect();
        let with = sorted(&rows, budget).with_lists(&CustomerLists::new(lists).unwrap()).unwrap();

        let mut customers: Vec<CustomerKey> = rows.iter().map(|row| row.0).collect();
        customers.sort_unstable();
        customers.dedup();
        let on = |key: &CustomerKey| {
            (0..).zip(&listed).filter(|(_, keys)| keys.contains(key)).map(|(n, _): (u32, _)| 1_u64 << n).sum()
        };
        let mut expected = found(&plain);
        prop_assert_eq!(expected.len(), customers.len());
        for (customer, key) in expected.iter_mut().zip(&customers) {
            prop_assert_eq!(customer.1, 0);
            customer.1 = on(key);
        }
        prop_assert_eq!(found(&with), expected);

        let segments = with.segments();
        prop_assert_eq!(segments.lists.len(), listed.len());
        for (keys, unknown) in listed.iter().zip(&segments.unknown) {
            let mut strangers: Vec<_> = keys.iter().filter(|key| !customers.contains(key)).collect();
            strangers.sort_unstable();
            strangers.dedup();
            prop_assert_eq!(*unknown, strangers.len() as u64);
        }
        // The order of the rows does not show in the numbers of the profiles.
        let mut turned = rows.clone();
        turned.reverse();
        let lists: Vec<_> =
            (0..).zip(&listed).map(|(n, keys): (u32, _)| CustomerList::new(n.to_string(), keys.clone())).collect();
        let turned = sorted(&turned, budget).with_lists(&CustomerLists::new(lists).unwrap()).unwrap();
        prop_assert_eq!(turned.segments(), segments);
    }
}
