//! Copies, and what happens when an old one takes the place of a newer store.

use std::{fs, path::Path};

use fidance_store::{ErasureState, OpenOptions, Sid, Store, StoreError, StoreLocation};
use serde_json::json;

use crate::{
    inbox::parcel,
    people::patch,
    site::{NOW, Site},
};

on_both!(an_older_copy_does_not_bring_erased_people_back, a_copy_is_made_while_the_store_works);

async fn an_older_copy_does_not_bring_erased_people_back(site: Site) {
    let store = site.open().await;
    let people = [1, 2].map(|sid| patch(sid, &json!({ "email": format!("p{sid}@example.org") })));
    store.upsert_people(&people, NOW).await.unwrap();
    store.append(&[parcel(1, b"waits")]).await.unwrap();
    let before = site.path().join("before");
    copy(&site, &store, &before).await;

    let id = store.erase_person(Sid::new(1), "person", NOW + 1).await.unwrap();
    store.mark_lake_erased(id, NOW + 2).await.unwrap();
    store.close().await.unwrap();

    let location = restore(&site, &before);
    let store = Store::open(&location, OpenOptions::new(NOW + 9)).await.unwrap();
    assert_eq!(store.person(Sid::new(1)).await.unwrap(), None);
    assert_eq!(store.person(Sid::new(2)).await.unwrap().unwrap().traits.len(), 1);
    assert_eq!(store.depth().await.unwrap().parcels, 1);
    let pending = store.pending_erasures().await.unwrap();
    assert_eq!(pending[0].id, id);
    assert!(
        matches!(pending[0].state, ErasureState::StoreDone(part) if part.people == 1 && part.at == NOW + 9)
    );
}

async fn a_copy_is_made_while_the_store_works(site: Site) {
    let store = site.open().await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..200 {
                store.append(&[parcel(1, &[9; 3000]), parcel(1, b"two")]).await.unwrap();
            }
        }
    });
    let target = site.path().join("copy");
    for _ in 0..3 {
        copy(&site, &store, &target).await;
    }
    writing.await.unwrap();
    assert_eq!(store.depth().await.unwrap().parcels, 400);
    store.close().await.unwrap();
    let copied = Store::open(&restore(&site, &target), OpenOptions::new(NOW)).await.unwrap();
    // Whatever it has, it has whole: both parcels of an append, and the counters that go with them.
    let depth = copied.depth().await.unwrap();
    assert_eq!(depth.parcels % 2, 0);
    let claimed = copied.claim(u64::MAX).await.unwrap().map_or(0, |batch| batch.parcels.len());
    assert_eq!(claimed as u64, depth.parcels);
}

async fn copy(site: &Site, store: &Store, to: &Path) {
    match (site.server, &site.url) {
        (Some(server), Some(url)) => {
            let unsupported = store.backup_to(to).await;
            assert!(matches!(unsupported, Err(StoreError::Unsupported { .. })));
            server.dump(url, to);
        }
        _ => store.backup_to(to).await.unwrap(),
    }
}

/// As an operator does it.
fn restore(site: &Site, from: &Path) -> StoreLocation {
    if let Some(server) = site.server {
        return StoreLocation::postgres(&server.restore(from), site.path()).unwrap();
    }
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(site.path().join(format!("store.sqlite{ending}")));
    }
    fs::copy(from, site.path().join("store.sqlite")).unwrap();
    site.location.clone()
}
