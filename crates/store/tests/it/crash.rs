//! `kill -9` at any instant: a process that appends and claims is killed again and again, and every parcel that it was told
//! to be safe reaches the lake once.
//!
//! The process is this test binary itself, which runs one "test" when told so by its environment. The lake is a file of lines:
//! a number and the parcels taken under it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    fs::OpenOptions as FileOptions,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use fidance_store::{Batch, OpenOptions, Store, StoreLocation};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use crate::{
    inbox::parcel,
    postgres::Durability,
    site::{Backend, NOW, Site, run_durably, runtime},
};

const TELL: &str = "FIDANCE_STORE_CRASH_CHILD";
const ROUNDS: u64 = 20;

mod sqlite {
    #[test]
    fn acknowledged_parcels_reach_the_lake_once() {
        super::run_durably(super::Backend::Sqlite, super::Durability::On, super::kill_and_count);
    }
}

mod postgres {
    #[test]
    fn acknowledged_parcels_reach_the_lake_once() {
        super::run_durably(super::Backend::Postgres, super::Durability::On, super::kill_and_count);
    }
}

/// Not a test: what the killed process does.
#[test]
fn child() {
    let Some(told) = env::var_os(TELL) else { return };
    let told = told.into_string().unwrap();
    let [place, folder, first] = told.split('\n').collect::<Vec<_>>()[..] else { panic!("{told}") };
    let location = StoreLocation::parse(place, folder).unwrap();
    runtime().block_on(work(&location, Path::new(folder), first.parse().unwrap()));
}

async fn work(location: &StoreLocation, folder: &Path, first: u64) {
    let store = Store::open(location, OpenOptions::new(NOW)).await.unwrap();
    let taking = tokio::spawn({
        let (store, lake) = (store.clone(), folder.join("lake"));
        async move {
            loop {
                match store.claim(25).await.unwrap() {
                    Some(batch) => {
                        take(&lake, &batch);
                        store.finish(batch.number).await.unwrap();
                    }
                    None => tokio::task::yield_now().await,
                }
            }
        }
    });
    let mut serial = first;
    loop {
        let serials = [serial, serial + 1, serial + 2];
        serial += 3;
        store.append(&serials.map(|serial| parcel(3, &serial.to_le_bytes()))).await.unwrap();
        let [one, two, three] = serials;
        let told = format!("{one}\n{two}\n{three}\n");
        add_line(&folder.join("acknowledged"), &told);
        assert!(!taking.is_finished());
    }
}

/// What the lake does: a number that it has is not taken again.
fn take(lake: &Path, batch: &Batch) {
    let serials: BTreeSet<u64> = batch
        .parcels
        .iter()
        .map(|parcel| u64::from_le_bytes(parcel.content.payload.as_slice().try_into().unwrap()))
        .collect();
    if let Some(had) = taken(lake).get(&batch.number.get()) {
        assert_eq!(*had, serials, "batch {} came again with other parcels", batch.number);
        return;
    }
    let serials: Vec<String> = serials.iter().map(u64::to_string).collect();
    add_line(lake, &format!("{} {}\n", batch.number, serials.join(" ")));
}

fn taken(lake: &Path) -> BTreeMap<i64, BTreeSet<u64>> {
    let text = fs::read_to_string(lake).unwrap_or_default();
    let line = |line: &str| {
        let (number, serials) = line.split_once(' ').unwrap();
        (number.parse().unwrap(), serials.split(' ').map(|serial| serial.parse().unwrap()).collect())
    };
    let batches: Vec<(i64, BTreeSet<u64>)> = text.lines().map(line).collect();
    assert!(batches.is_sorted_by(|one, next| one.0 < next.0), "numbers do not increase");
    batches.into_iter().collect()
}

fn add_line(file: &Path, text: &str) {
    FileOptions::new().create(true).append(true).open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

async fn kill_and_count(site: Site) {
    let mut random = Pcg64Mcg::seed_from_u64(3);
    let folder: PathBuf = site.path().to_owned();
    let place = site.url.clone().unwrap_or_else(|| folder.join("store.sqlite").display().to_string());
    for round in 0..ROUNDS {
        let first = round * 1_000_000;
        let seen = fs::metadata(folder.join("acknowledged")).map_or(0, |file| file.len());
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture"])
            .env(TELL, format!("{place}\n{}\n{first}", folder.display()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It works; then it is killed some moment later.
        while fs::metadata(folder.join("acknowledged")).map_or(0, |file| file.len()) == seen {
            assert!(child.try_wait().unwrap().is_none(), "the process ended by itself");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_micros(random.random_range(0..120_000))).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let store = site.open().await;
    let lake = folder.join("lake");
    while let Some(batch) = store.claim(1000).await.unwrap() {
        take(&lake, &batch);
        store.finish(batch.number).await.unwrap();
    }
    let mut reached = BTreeSet::new();
    for (number, serials) in taken(&lake) {
        for serial in serials {
            assert!(reached.insert(serial), "parcel {serial} came twice, at last in batch {number}");
        }
    }
    let acknowledged = fs::read_to_string(folder.join("acknowledged")).unwrap();
    let acknowledged: BTreeSet<u64> = acknowledged.lines().map(|line| line.parse().unwrap()).collect();
    let lost: Vec<_> = acknowledged.difference(&reached).collect();
    assert_eq!(lost, Vec::<&u64>::new());
    assert!(acknowledged.len() as u64 > 3 * ROUNDS);
    println!("{} acknowledged, {} reached the lake", acknowledged.len(), reached.len());
}
