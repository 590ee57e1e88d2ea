//! How fast the inbox is: the numbers of docs/adr/0011-operational-store.md.
//!
//! ```text
//! cargo run --release -p fidance-store --example inbox_speed -- FOLDER [postgres://…]
//! ```
//! A new folder is made within the given one, which should be on the disk that is to be measured; with a URL, the tables
//! are made in that empty database.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, not the product")]

use std::time::{Duration, Instant};

use fidance_store::{NewParcel, OpenOptions, PersonPatch, Sid, SourceId, Store, StoreLocation};

const NOW: i64 = 1_795_000_000_000_000;
const PARCEL_BYTES: usize = 5_000;
const PARCEL_EVENTS: u32 = 100;
const AT_LEAST: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir_in(arguments.next().unwrap_or_else(|| ".".to_owned())).unwrap();
    let location = match arguments.next() {
        Some(url) => StoreLocation::postgres(&url, folder.path()).unwrap(),
        None => StoreLocation::sqlite(folder.path().join("store.sqlite")),
    };
    let store = Store::open(&location, OpenOptions::new(NOW)).await.unwrap();
    for per_commit in [1, 10, 100, 1000] {
        append(&store, per_commit).await;
        drain(&store).await;
    }
    people(&store).await;
    store.close().await.unwrap();
}

async fn append(store: &Store, per_commit: usize) {
    let mut state = 1u64;
    let parcels: Vec<NewParcel> = (0..per_commit).map(|_| parcel(&mut state)).collect();
    let (mut commits, mut slowest) = (0usize, Duration::ZERO);
    let begun = Instant::now();
    while begun.elapsed() < AT_LEAST {
        let one = Instant::now();
        store.append(&parcels).await.unwrap();
        slowest = slowest.max(one.elapsed());
        commits += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "append, {per_commit} parcels of {PARCEL_BYTES} bytes per commit: {:.0} parcels/s, {:.0} commits/s, slowest commit {:.0} ms",
        (commits * per_commit) as f64 / seconds,
        commits as f64 / seconds,
        slowest.as_secs_f64() * 1000.0,
    );
}

async fn drain(store: &Store) {
    let (mut parcels, begun) = (0, Instant::now());
    let (mut claiming, mut finishing) = (Duration::ZERO, Duration::ZERO);
    loop {
        let one = Instant::now();
        let Some(batch) = store.claim(100_000).await.unwrap() else { break };
        claiming += one.elapsed();
        parcels += batch.parcels.len();
        let one = Instant::now();
        store.finish(batch.number).await.unwrap();
        finishing += one.elapsed();
    }
    println!(
        "claim and finish, batches of 100,000 events: {:.0} parcels/s ({parcels} parcels, claim {:.1} s, finish {:.1} s)",
        f64::from(u32::try_from(parcels).unwrap()) / begun.elapsed().as_secs_f64(),
        claiming.as_secs_f64(),
        finishing.as_secs_f64(),
    );
}

async fn people(store: &Store) {
    for what in ["new", "known"] {
        let begun = Instant::now();
        for chunk in 0..20 {
            let patches: Vec<PersonPatch> =
                (0..1000).map(|number| patch(chunk * 1000 + number, what)).collect();
            store.upsert_people(&patches, NOW).await.unwrap();
        }
        println!(
            "upsert of {what} people, 1000 per commit: {:.0} people/s",
            20_000.0 / begun.elapsed().as_secs_f64()
        );
    }
}

/// Bytes that do not compress, as payloads that clients have compressed.
fn parcel(state: &mut u64) -> NewParcel {
    let mut byte = || {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        state.to_le_bytes()[3]
    };
    let payload = (0..PARCEL_BYTES).map(|_| byte()).collect();
    NewParcel { source: SourceId::new(1), received_at: NOW, events: PARCEL_EVENTS, payload }
}

fn patch(sid: i64, plan: &str) -> PersonPatch {
    let mut traits = serde_json::Map::new();
    for (name, value) in
        [("email", format!("p{sid}@example.org")), ("plan", plan.to_owned()), ("city", "Lyon".to_owned())]
    {
        traits.insert(name.to_owned(), value.into());
    }
    PersonPatch { sid: Sid::new(sid), traits, lang: Some("fr".to_owned()) }
}
