//! A disk that is full: nothing is half-written, and the same handle works again once there is room.

use std::{fs, path::Path, process::Command};

use fidance_store::{OpenOptions, Store, StoreLocation};

use crate::{
    inbox::parcel,
    site::{NOW, runtime},
};

/// A small disk of its own, unmounted when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs"])
            .arg(folder.path())
            .output();
        mount.is_ok_and(|done| done.status.success()).then_some(Self(folder))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let Some(disk) = Disk::mount() else {
        println!("skipped: a small disk can be mounted by root only");
        return;
    };
    runtime().block_on(fill_and_make_room(disk.0.path()));
}

async fn fill_and_make_room(folder: &Path) {
    let location = StoreLocation::sqlite(folder.join("store.sqlite"));
    let store = Store::open(&location, OpenOptions::new(NOW)).await.unwrap();
    let filler = folder.join("filler");
    let mut acknowledged = 0u64;
    let mut refused = 0;
    for round in 0..6usize {
        // As much as there is room for.
        let _ = fs::write(&filler, vec![1; (3 << 20) - round * 70_000]);
        loop {
            // From one page to many, so that room ends within statements and at the commit.
            let size =
                if (acknowledged + round as u64).is_multiple_of(2) { 900 } else { 60_000 + round * 9000 };
            let parcels = [parcel(1, &vec![3; size]), parcel(1, &vec![4; size])];
            match store.append(&parcels).await {
                Ok(_) => acknowledged += 2,
                Err(error) => {
                    assert!(error.is_full(), "{error:?}");
                    refused += 1;
                    break;
                }
            }
        }
        assert!(store.append(&[parcel(1, &vec![5; 400_000])]).await.is_err_and(|error| error.is_full()));
        store.ping().await.unwrap();
        fs::remove_file(&filler).unwrap();
        // With room, the same handle goes on; and makes room of its own for the next round.
        store.append(&[parcel(1, b"room")]).await.unwrap();
        // Deleting needs room too: in the log, which on a disk this small has to be carried over on demand.
        store.scrub().await.unwrap();
        acknowledged += 1;
        let batch = store.claim(u64::MAX).await.unwrap().unwrap();
        assert_eq!(batch.parcels.len() as u64, acknowledged, "round {round}");
        store.finish(batch.number).await.unwrap();
        acknowledged = 0;
    }
    assert_eq!(refused, 6);
    store.close().await.unwrap();
    let store = Store::open(&location, OpenOptions::new(NOW)).await.unwrap();
    assert_eq!(store.depth().await.unwrap().parcels, 0);
}
