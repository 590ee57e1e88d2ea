//! The queue against a plain model, and what its callers rely on.

use std::collections::VecDeque;

use fidance_store::{
    Append, BatchNumber, CLAIM_BYTES, Depth, EventCount, LakeBatch, Letters, NewParcel, PersonPatch, Sid,
    SourceId, Store, StoreError,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use crate::site::{NOW, Site};

on_both!(
    a_random_walk_agrees_with_a_plain_model,
    an_empty_inbox_gives_nothing,
    numbers_go_on_after_the_inbox_was_empty,
    appending_goes_on_beside_claims,
    what_comes_with_parcels_is_written_with_them,
    a_claim_ends_before_its_limits,
    finishing_twice_is_finishing_once,
);

pub(crate) fn parcel(events: u32, payload: &[u8]) -> NewParcel {
    NewParcel {
        source: SourceId::new(1),
        received_at: NOW + i64::from(events),
        events,
        payload: payload.to_vec(),
    }
}

/// What the inbox is: parcels in a row, of which the first so many may be claimed.
#[derive(Default)]
struct Model {
    waiting: VecDeque<(i64, NewParcel)>,
    claimed: Option<(i64, usize)>,
    last_id: i64,
    last_number: i64,
}

impl Model {
    fn depth(&self) -> Depth {
        Depth {
            parcels: self.waiting.len() as u64,
            events: self.waiting.iter().map(|(_, parcel)| u64::from(parcel.events)).sum(),
            bytes: self.waiting.iter().map(|(_, parcel)| parcel.payload.len() as u64).sum(),
            oldest: self.waiting.front().map(|(_, parcel)| parcel.received_at),
        }
    }

    fn claim(&mut self, max: u64) -> Option<(i64, Vec<(i64, NewParcel)>)> {
        if self.claimed.is_none() && !self.waiting.is_empty() {
            let (mut events, mut parcels) = (0, 0);
            for (_, parcel) in &self.waiting {
                events += u64::from(parcel.events);
                if parcels > 0 && events > max {
                    break;
                }
                parcels += 1;
            }
            self.last_number += 1;
            self.claimed = Some((self.last_number, parcels));
        }
        self.claimed.map(|(number, parcels)| (number, self.waiting.iter().take(parcels).cloned().collect()))
    }

    fn finish(&mut self) {
        let (_, parcels) = self.claimed.take().unwrap();
        self.waiting.drain(..parcels);
    }
}

async fn a_random_walk_agrees_with_a_plain_model(site: Site) {
    let mut random = Pcg64Mcg::seed_from_u64(11);
    let mut model = Model::default();
    let mut store = site.open().await;
    for step in 0..400 {
        match random.random_range(0..10) {
            0..4 => {
                let count = random.random_range(0..12);
                let parcels: Vec<NewParcel> = (0..count)
                    .map(|_| {
                        let length = random.random_range(0..9000);
                        let payload: Vec<u8> = (0..length).map(|_| random.random()).collect();
                        parcel(random.random_range(0..200), &payload)
                    })
                    .collect();
                let ids = store.append(&parcels).await.unwrap();
                for (id, parcel) in ids.iter().zip(parcels) {
                    model.last_id += 1;
                    assert_eq!(id.get(), model.last_id);
                    model.waiting.push_back((id.get(), parcel));
                }
            }
            4..7 => {
                let max = random.random_range(0..1500);
                let claimed = store.claim(max).await.unwrap();
                let claimed = claimed.map(|batch| {
                    let parcels = batch.parcels.into_iter().map(|parcel| (parcel.id.get(), parcel.content));
                    (batch.number.get(), parcels.collect::<Vec<_>>())
                });
                assert_eq!(claimed, model.claim(max), "step {step}");
            }
            7..9 => {
                if let Some((number, _)) = model.claimed {
                    store.finish(BatchNumber::new(number)).await.unwrap();
                    model.finish();
                }
            }
            _ => {
                store.close().await.unwrap();
                store = site.open().await;
            }
        }
        assert_eq!(store.depth().await.unwrap(), model.depth(), "step {step}");
    }
    assert!(model.last_number > 30, "{}", model.last_number);
}

async fn an_empty_inbox_gives_nothing(site: Site) {
    let store = site.open().await;
    assert_eq!(store.append(&[]).await.unwrap(), []);
    assert_eq!(store.claim(100).await.unwrap(), None);
    assert_eq!(store.depth().await.unwrap(), Depth::default());
}

async fn numbers_go_on_after_the_inbox_was_empty(site: Site) {
    for number in 1..4 {
        let store = site.open().await;
        let ids = store.append(&[parcel(1, b"a"), parcel(1, b"b")]).await.unwrap();
        assert_eq!(ids.iter().map(|id| id.get()).collect::<Vec<_>>(), [2 * number - 1, 2 * number]);
        let batch = store.claim(100).await.unwrap().unwrap();
        assert_eq!(batch.number.get(), number);
        store.finish(batch.number).await.unwrap();
        assert_eq!(store.depth().await.unwrap(), Depth::default());
        store.close().await.unwrap();
    }
}

async fn appending_goes_on_beside_claims(site: Site) {
    let store = site.open().await;
    let append = |store: Store, from: u32| async move {
        for serial in from..from + 60 {
            store.append(&[parcel(1, &serial.to_le_bytes())]).await.unwrap();
        }
    };
    let appending = [0, 1000, 2000].map(|from| tokio::spawn(append(store.clone(), from)));
    let mut taken = Vec::new();
    while taken.len() < 180 {
        let Some(batch) = store.claim(7).await.unwrap() else {
            tokio::task::yield_now().await;
            continue;
        };
        // Unfinished, it comes again as it was, whatever was appended meanwhile.
        assert_eq!(store.claim(1000).await.unwrap().unwrap(), batch);
        taken.extend(batch.parcels.into_iter().map(|parcel| parcel.content.payload));
        store.finish(batch.number).await.unwrap();
    }
    for task in appending {
        task.await.unwrap();
    }
    taken.sort();
    let expected = [0u32, 1000, 2000].into_iter().flat_map(|from| from..from + 60).map(u32::to_le_bytes);
    let mut expected: Vec<_> = expected.map(|bytes| bytes.to_vec()).collect();
    expected.sort();
    assert_eq!(taken, expected);
    assert_eq!(store.depth().await.unwrap(), Depth::default());
}

async fn what_comes_with_parcels_is_written_with_them(site: Site) {
    let store = site.open().await;
    let traits = serde_json::json!({ "plan": "gold" }).as_object().unwrap().clone();
    let person = PersonPatch { sid: Sid::new(-5), traits: traits.clone(), lang: Some("fr".into()) };
    let count = EventCount { day: 20_775, source: SourceId::new(1), event: "view".into(), count: 3 };
    let letter = crate::letters::letter("bad_time", Some(Sid::new(-5)));
    let append = Append {
        parcels: &[parcel(2, b"x")],
        people: &[person],
        letters: &[letter],
        counts: std::slice::from_ref(&count),
    };
    store.append_with(&append, NOW).await.unwrap();
    assert_eq!(store.depth().await.unwrap().events, 2);
    assert_eq!(store.person(Sid::new(-5)).await.unwrap().unwrap().traits, traits);
    assert_eq!(store.letters(&Letters::default(), 10).await.unwrap().len(), 1);
    assert_eq!(store.counts(20_775, 20_776).await.unwrap(), std::slice::from_ref(&count));

    // Where one part fails, nothing of it is there: a tally too great for its column.
    let twice = EventCount { count: i64::MAX as u64, day: 1, source: SourceId::new(1), event: "view".into() };
    site.sql("INSERT INTO consent_count (day, source, event, n) VALUES (1, 1, 'view', 9223372036854775807)")
        .await;
    let broken = Append { counts: &[twice], ..append };
    let failed = store.append_with(&broken, NOW).await;
    if site.url.is_some() {
        assert!(matches!(failed, Err(StoreError::Database { table: "consent_count", .. })), "{failed:?}");
        assert_eq!(store.depth().await.unwrap().parcels, 1);
        assert_eq!(store.letters(&Letters::default(), 10).await.unwrap().len(), 1);
    }
}

async fn a_claim_ends_before_its_limits(site: Site) {
    let store = site.open().await;
    // More than the store looks at in one go, and one greater than the limit on its own.
    let mut parcels = vec![parcel(1, b""); 5000];
    parcels.push(parcel(20_000, b""));
    parcels.push(parcel(1, b""));
    store.append(&parcels).await.unwrap();
    let mut sizes = Vec::new();
    while let Some(batch) = store.claim(4500).await.unwrap() {
        sizes.push(batch.parcels.len());
        store.finish(batch.number).await.unwrap();
    }
    assert_eq!(sizes, [4500, 500, 1, 1]);

    let big = vec![7; CLAIM_BYTES as usize / 4 + 1];
    for _ in 0..5 {
        store.append(&[parcel(1, &big)]).await.unwrap();
    }
    let batch = store.claim(u64::MAX).await.unwrap().unwrap();
    assert_eq!(batch.parcels.len(), 3);
}

async fn finishing_twice_is_finishing_once(site: Site) {
    let store = site.open().await;
    assert!(matches!(store.finish(BatchNumber::new(1)).await, Err(StoreError::Absent { .. })));
    store.append(&[parcel(1, b"a"), parcel(1, b"b")]).await.unwrap();
    let first = store.claim(1).await.unwrap().unwrap().number;
    let taken = LakeBatch {
        number: first,
        parcels: 1,
        events: 1,
        added: 1,
        duplicates: 0,
        finished_at: NOW,
        lake_version: 7,
    };
    store.finish_with(&taken).await.unwrap();
    let second = store.claim(1).await.unwrap().unwrap();
    store.finish_with(&taken).await.unwrap();
    store.finish(first).await.unwrap();
    assert_eq!(store.claim(1).await.unwrap().unwrap(), second);
    assert_eq!(store.depth().await.unwrap().parcels, 1);
    assert_eq!(store.lake_batches(None, 10).await.unwrap(), [taken]);
    assert_eq!(store.lake_batches(Some(first), 10).await.unwrap(), []);
    assert!(matches!(store.finish(BatchNumber::new(3)).await, Err(StoreError::Absent { .. })));
}
