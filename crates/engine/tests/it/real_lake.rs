//! The real lake behind SQL and the cluster: the same integers as from its events and masks on one machine, with late,
//! repeated, merged and split customers. That these are what the definitions say is tested where the lake is.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use fidance_domain::{
    amount::Amount,
    history::{Histories as _, Segments},
    id::CustomerKey,
    retention::{Groups, group::EVERYBODY},
    time::Every,
};
use fidance_engine::{
    cluster::{Cluster, summaries},
    lake::Lakes,
    question::{Bounds, Counting, Question, Summaries},
    source::{Open as _, Reading},
    sql::{Limits, query},
};
use fidance_lake::{Batch, ImportOptions, Lake, LakeConfig, LinkAction, NewEvent, Thoroughness};

use crate::member;

const LAKES: u64 = 5;
const CUSTOMERS: u64 = 220;
const DAY: i64 = 86_400_000_000;

/// A number that looks random and is the same every time.
fn mixed(n: u64) -> u64 {
    let n = (n ^ n >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (n ^ n >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ n >> 32
}

/// A lake of three batches, links, and a compaction in between.
fn make(root: &Path, seed: u64) {
    let config = LakeConfig { bucket_bits: 3, ..LakeConfig::new("Europe/Paris", vec!["order".to_owned()]) };
    let mut lake = Lake::create(root, &config).unwrap();
    let options = ImportOptions {
        fresh_rows: 400,
        ..ImportOptions::new(1 << 20, std::env::temp_dir(), NonZeroUsize::MIN)
    };
    let pseudonyms = lake.pseudonyms().unwrap();
    let of = |customer: u64| pseudonyms.of(CustomerKey::from_hash(u128::from(customer) << 64));
    for batch in 0..3_u64 {
        let mut import = lake.import(options.clone()).unwrap();
        for n in 0..CUSTOMERS * (3 - batch) {
            // Every third event of a later batch was in the batch before; others reach far back.
            let number = if n % 3 == 0 { n } else { n + batch * 10_000 };
            let dice = mixed(number ^ seed << 40);
            let event = NewEvent {
                customer: of(dice % CUSTOMERS),
                at: 1_700_000_000_000_000 + (dice >> 20) as i64 % 400 * DAY + (dice >> 10) as i64 % 1_000_000,
                clock: None,
                kind: u16::from((dice >> 50).is_multiple_of(4)),
                amount: Some(Amount::from_steps((dice >> 30) as i64 % 1_000_000)),
                profile: 0,
                message: Some(u128::from(number) << 64 | 1),
            };
            import.push(event).unwrap();
        }
        let segments = Segments { profiles: vec![Vec::new()], ..Segments::default() };
        let kinds = ["order".to_owned(), "view".to_owned()];
        let transaction = Some(("test".to_owned(), batch as i64));
        import
            .commit(&mut lake, Batch { kinds: &kinds, segments: &segments, until: None, transaction })
            .unwrap();
        let pair = |n: u64| (of(mixed(n + seed) % CUSTOMERS), of(mixed(n * 7 + seed) % CUSTOMERS));
        let merges = (0..20).map(|n| pair(n + batch * 20)).filter(|(a, b)| a != b);
        let mut statements: Vec<_> = merges.map(|(a, b)| (batch as i64, LinkAction::Merge, a, b)).collect();
        let splits: Vec<_> =
            statements.iter().step_by(4).map(|s| (s.0 + 1, LinkAction::Split, s.2, s.3)).collect();
        statements.extend(splits);
        lake.link(&statements, ("test".to_owned(), batch as i64)).unwrap();
        if batch == 1 {
            lake.compact(&options, Thoroughness::Everything).unwrap();
        }
    }
}

fn question() -> Question {
    Question {
        flows: Some((Every::Month, "90d".parse().unwrap())),
        cohorts: Some((Every::Month, Vec::new())),
        by_segment: false,
    }
}

fn here(root: &Path, reading: fidance_lake::Reading) -> Summaries {
    let mut lake = Lake::open(root).unwrap();
    let zone = lake.zone().clone();
    let histories = lake.histories(reading).unwrap();
    let bounds = Bounds::from(histories.extent().unwrap());
    let groups = Groups::new(&Segments::default());
    Counting::new(question(), &zone, bounds, groups)
        .unwrap()
        .all(&histories, 2, &AtomicBool::new(false))
        .unwrap()
}

#[test]
fn sql_and_cluster_count_what_one_machine_counts() {
    let folder = tempfile::tempdir().unwrap();
    let lakes = folder.path().join("lakes");
    let roots: Vec<_> = (0..LAKES).map(|seed| lakes.join(format!("shop{seed}"))).collect();
    for (seed, root) in (0..).zip(&roots) {
        make(root, seed);
    }
    let members = member::start_real(&lakes, &folder.path().join("work"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for root in &roots {
        let masks = here(root, fidance_lake::Reading::Masks);
        assert_eq!(masks, here(root, fidance_lake::Reading::Events));
        let cluster = Cluster { scheduler: members.url.clone(), open: Arc::new(Lakes) };
        let answer =
            runtime.block_on(summaries(&cluster, root.clone(), Reading::Masks, &question())).unwrap();
        assert_eq!(answer.summaries, masks);
        let source = Lakes.open(root, None).unwrap();
        let found = query(
            source,
            "SELECT sum(s), sum(e), sum(k), sum(n), sum(r) FROM retained('month', '90d')",
            &Limits::default(),
        );
        let mut text = Vec::new();
        found.unwrap().write(fidance_engine::sql::Format::Csv, &mut text).unwrap();
        let flows = masks.flows.unwrap().flows(EVERYBODY);
        let sum = |of: fn(&fidance_domain::retention::flows::Flows) -> u64| flows.iter().map(of).sum::<u64>();
        let expected =
            format!("{},{},{},{},{}", sum(|f| f.s), sum(|f| f.e), sum(|f| f.k), sum(|f| f.n), sum(|f| f.r));
        assert_eq!(String::from_utf8(text).unwrap().lines().nth(1).unwrap(), expected);
    }
}
