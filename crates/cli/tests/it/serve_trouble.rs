//! What a server does while something it stands on is in trouble: a full disk, a lake that another process holds, an object
//! store that cannot be reached. Nothing that was acknowledged is lost, `/readyz` says why, and it recovers by itself.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    s3_server,
    serve_support::{Answer, Server, configure, exported, exported_with, key_of},
};

/// A small disk of its own, unmounted when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=700");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: a small disk can be mounted by root only");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let _ = fs::write(self.filler(), vec![1; 64 << 20]);
    }

    fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> std::path::PathBuf {
        self.path().join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn send(server: &Server, folder: &Path, n: u64) -> Answer {
    let events: Vec<_> = (0..100)
        .map(|event| {
            json!({ "type": "track", "event": "Order Completed", "messageId": format!("m{n}-{event}"), "userId": format!("c{event}"),
                    "timestamp": "2026-01-01T10:00:00Z", "properties": { "revenue": n } })
        })
        .collect();
    server.batch(&key_of(folder), &json!(events))
}

fn ready(server: &Server) -> Answer {
    server.send("GET", "/readyz", &[], b"")
}

/// Until something holds.
#[track_caller]
fn within(seconds: u64, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < until, "not within {seconds} s");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The requests of which the lake has all events, each once.
#[track_caller]
fn requests_in(rows: &[Vec<String>], acknowledged: &BTreeSet<u64>) {
    let mut counts = std::collections::BTreeMap::<u64, usize>::new();
    for row in rows {
        #[expect(clippy::cast_possible_truncation, reason = "amounts of the test are whole and positive")]
        let number = row[3].parse::<f64>().unwrap() as u64;
        *counts.entry(number).or_default() += 1;
    }
    let wrong: Vec<_> = acknowledged.iter().filter(|n| counts.get(n) != Some(&100)).collect();
    assert!(wrong.is_empty(), "{wrong:?} of {counts:?}");
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("serve.log")).unwrap()
}

#[test]
fn a_full_disk_of_the_store_is_said_and_survived() {
    let Some(disk) = Disk::mount("24m") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configure(folder, &format!("[store]\nurl = \"{}\"\n", disk.path().join("fidance.db").display()));
    let server = Server::start(folder);
    let mut acknowledged = BTreeSet::new();
    for round in 0..3_u64 {
        let first = round * 10_000;
        assert_eq!(send(&server, folder, first).status, 200);
        acknowledged.insert(first);
        server.drained();
        disk.fill();
        let mut refused = 0;
        for n in first + 1..first + 4_000 {
            let answer = send(&server, folder, n);
            if answer.status == 200 {
                acknowledged.insert(n);
                continue;
            }
            assert_eq!(answer.status, 503, "{answer:?}");
            assert!(
                answer.header("retry-after").is_some_and(|wait| wait.parse::<u32>().unwrap() > 0),
                "{answer:?}"
            );
            refused += 1;
            if refused == 5 {
                break;
            }
        }
        assert_eq!(refused, 5, "the disk never was full");
        let said = ready(&server);
        assert!(said.status == 503 && said.body.contains("no room is left for the store"), "{said:?}");
        disk.make_room();
        within(60, || ready(&server).status == 200);
        let n = first + 9_999;
        assert_eq!(send(&server, folder, n).status, 200);
        acknowledged.insert(n);
        server.drained();
    }
    let told = log(folder);
    assert_eq!(told.matches("the store cannot take requests").count(), 3, "{told}");
    assert_eq!(told.matches("the store takes requests again").count(), 3, "{told}");
    server.stop();
    requests_in(&exported(folder), &acknowledged);
}

#[test]
fn a_full_disk_of_the_lake_is_said_and_survived() {
    let Some(disk) = Disk::mount("16m") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configure(folder, "[lake]\ncommit_seconds = 0.05\n");
    std::os::unix::fs::symlink(disk.path().join("lake"), folder.join("lake")).unwrap();
    fs::create_dir(disk.path().join("lake")).unwrap();
    let server = Server::start(folder);
    let mut acknowledged = BTreeSet::new();
    for round in 0..2_u64 {
        assert_eq!(send(&server, folder, round * 100).status, 200);
        acknowledged.insert(round * 100);
        server.drained();
        disk.fill();
        // Acknowledged all the same: it is in the store.
        for n in round * 100 + 1..round * 100 + 20 {
            assert_eq!(send(&server, folder, n).status, 200);
            acknowledged.insert(n);
        }
        within(20, || {
            let said = ready(&server);
            said.status == 503 && said.body.contains("no room is left for it")
        });
        assert_eq!(send(&server, folder, round * 100 + 50).status, 200);
        acknowledged.insert(round * 100 + 50);
        disk.make_room();
        within(60, || ready(&server).status == 200);
        server.drained();
    }
    let told = log(folder);
    assert_eq!(told.matches("cannot be brought into the lake").count(), 2, "{told}");
    assert_eq!(told.matches("comes into the lake again").count(), 2, "{told}");
    server.stop();
    requests_in(&exported(folder), &acknowledged);
}

#[test]
fn a_lake_that_another_process_holds_is_no_trouble_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configure(folder, "");
    let server = Server::start(folder);
    assert_eq!(send(&server, folder, 1).status, 200);
    server.drained();
    let lock = fs::File::options().write(true).open(folder.join("lake/writer.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(send(&server, folder, 2).status, 200);
    within(20, || log(folder).contains("what waits comes into the lake later"));
    for _ in 0..20 {
        assert_eq!(ready(&server).status, 200);
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(server.api("GET", "/api/v1/inbox", b"").json()["parcels"], 1);
    drop(lock);
    server.drained();
    let told = log(folder);
    assert_eq!(told.matches("comes into the lake later").count(), 1, "{told}");
    assert!(!told.contains("ERROR"), "{told}");
    server.stop();
    requests_in(&exported(folder), &[1, 2].into());
}

#[test]
fn events_reach_a_lake_in_an_object_store_once() {
    const LAKE: &str = "s3://bucket/lakes/shop";
    let (store, folder) = (s3_server::Server::start(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    configure(folder, &format!("[lake]\nurl = \"{LAKE}\"\ncache = \"cache\"\ncommit_seconds = 0.1\n"));
    let environment = [
        ("AWS_ACCESS_KEY_ID", s3_server::KEY),
        ("AWS_SECRET_ACCESS_KEY", "a-secret-that-nobody-sees"),
        ("AWS_ENDPOINT_URL", &store.url),
        ("AWS_REGION", "us-east-1"),
    ];
    let mut acknowledged = BTreeSet::new();
    for round in 0..6_u64 {
        let mut server = Server::start_with(folder, &environment);
        for n in round * 10..round * 10 + 8 {
            assert_eq!(send(&server, folder, n).status, 200);
            acknowledged.insert(n);
            thread::sleep(Duration::from_millis(40 * (round % 3)));
        }
        thread::sleep(Duration::from_millis(130 * round));
        server.kill();
    }
    let server = Server::start_with(folder, &environment);
    server.drained();
    // Nobody answers for a while.
    store.set_down(true);
    for n in 100..110 {
        assert_eq!(send(&server, folder, n).status, 200);
        acknowledged.insert(n);
    }
    within(90, || {
        let said = ready(&server);
        said.status == 503 && said.body.contains("what waits does not come into the lake")
    });
    store.set_down(false);
    within(60, || ready(&server).status == 200);
    server.drained();
    let told = log(folder);
    assert!(told.contains("comes into the lake again") && !told.contains("a-secret"), "{told}");
    // What comes a second time is known there as well.
    assert_eq!(send(&server, folder, 3).status, 200);
    server.drained();
    server.stop();
    requests_in(&exported_with(folder, LAKE, &environment), &acknowledged);
}
