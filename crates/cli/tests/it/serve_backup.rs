//! Copies of a running server's store and lake, and what holds when they are put back: together, or one older than the other.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::json;

use crate::{
    serve_support::{Backend, Server, exported, key_of},
    support::run,
};

on_both!(
    a_copy_of_a_running_server_has_what_was_acknowledged_before,
    an_older_store_loses_and_doubles_nothing,
    an_older_lake_takes_again_what_it_lacks,
);

fn message(n: u64) -> serde_json::Value {
    json!({ "type": "track", "event": "Order Completed", "messageId": format!("m{n}"), "userId": format!("c{}", n % 7),
            "timestamp": "2026-01-01T10:00:00Z", "properties": { "revenue": n } })
}

fn send(server: &Server, folder: &Path, numbers: std::ops::Range<u64>) {
    let batch: Vec<_> = numbers.map(message).collect();
    assert_eq!(server.batch(&key_of(folder), &json!(batch)).status, 200);
}

/// How often each event counts.
fn counted(folder: &Path) -> BTreeMap<u64, u32> {
    let mut counted = BTreeMap::new();
    for row in exported(folder) {
        #[expect(clippy::cast_possible_truncation, reason = "amounts of the test are whole and positive")]
        let number = row[3].parse::<f64>().unwrap() as u64;
        *counted.entry(number).or_default() += 1;
    }
    counted
}

fn once(numbers: std::ops::Range<u64>) -> BTreeMap<u64, u32> {
    numbers.map(|n| (n, 1)).collect()
}

/// Copies store and lake as the guide says.
fn back_up(backend: &Backend, folder: &Path) {
    if let Backend::Postgres(server, _) = backend {
        server.dump(&backend.url(), &folder.join("store.dump"));
    }
    let (code, told, error) = run(folder, &["backup", "copy"]);
    assert_eq!(code, 0, "{told}{error}");
    assert!(told.contains("The lake:") && told.contains("master key"), "{told}");
}

fn restore_store(backend: &Backend, folder: &Path) {
    match backend {
        Backend::Sqlite => {
            for ending in ["-wal", "-shm"] {
                let _ = fs::remove_file(folder.join(format!("fidance.db{ending}")));
            }
            fs::copy(folder.join("copy/store.sqlite"), folder.join("fidance.db")).unwrap();
        }
        Backend::Postgres(server, _) => {
            let old = backend.url();
            let text = fs::read_to_string(folder.join("fidance.toml")).unwrap();
            let new = server.restore(&folder.join("store.dump"));
            fs::write(folder.join("fidance.toml"), text.replace(&old, &new)).unwrap();
        }
    }
}

fn restore_lake(folder: &Path) {
    fs::remove_dir_all(folder.join("lake")).unwrap();
    assert!(
        std::process::Command::new("cp")
            .args(["-a", "copy/lake", "lake"])
            .current_dir(folder)
            .status()
            .unwrap()
            .success()
    );
    let (code, told, error) = run(folder, &["check", "lake", "lake"]);
    assert_eq!(code, 0, "{told}{error}");
}

fn a_copy_of_a_running_server_has_what_was_acknowledged_before(backend: &Backend) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    backend.configure(folder, "[lake]\ncommit_seconds = 0.05\ncompact_seconds = 0.3\n");
    let server = Arc::new(Server::start(folder));
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(0)));
    let sending = {
        let (server, stop, acknowledged) =
            (Arc::clone(&server), Arc::clone(&stop), Arc::clone(&acknowledged));
        let folder = folder.to_owned();
        thread::spawn(move || {
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                send(&server, &folder, n..n + 3);
                n += 3;
                *acknowledged.lock().unwrap() = n;
            }
        })
    };
    let so_far = || *acknowledged.lock().unwrap();
    while so_far() < 200 {
        thread::sleep(std::time::Duration::from_millis(10));
    }
    let before = so_far();
    back_up(backend, folder);
    let during = so_far();
    // It goes on, and all is lost.
    while so_far() < during + 100 {
        thread::sleep(std::time::Duration::from_millis(10));
    }
    stop.store(true, Ordering::Relaxed);
    sending.join().unwrap();
    let all = so_far();
    Arc::into_inner(server).unwrap().kill();
    fs::write(folder.join("fidance.db"), "lost").unwrap();
    restore_store(backend, folder);
    restore_lake(folder);
    let server = Server::start(folder);
    server.drained();
    let found = counted(folder);
    assert!(found.values().all(|count| *count == 1), "{found:?}");
    assert!((0..before).all(|n| found.contains_key(&n)), "{before} acknowledged, {} counted", found.len());
    println!(
        "{}: {before} acknowledged before the copy, {} in it, {all} in all",
        backend.name(),
        found.len()
    );
    // Clients send again what came since: nothing counts twice.
    for first in (0..all).step_by(100) {
        send(&server, folder, first..(first + 100).min(all));
    }
    server.drained();
    assert_eq!(counted(folder), once(0..all));
    server.stop();
}

fn an_older_store_loses_and_doubles_nothing(backend: &Backend) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    backend.configure(folder, "[lake]\ncommit_seconds = 0.05\n");
    let server = Server::start(folder);
    for first in (0..30).step_by(10) {
        send(&server, folder, first..first + 10);
        server.drained();
    }
    // Some wait in the copy and are in the lake all the same.
    send(&server, folder, 30..40);
    back_up(backend, folder);
    for first in (40..80).step_by(10) {
        send(&server, folder, first..first + 10);
        server.drained();
    }
    server.stop();
    restore_store(backend, folder);
    // Its batches have numbers that the lake knows: they come in all the same.
    let server = Server::start(folder);
    for first in (80..160).step_by(10) {
        send(&server, folder, first..first + 10);
        server.drained();
    }
    send(&server, folder, 20..50);
    server.drained();
    server.stop();
    assert_eq!(counted(folder), once(0..160));
}

fn an_older_lake_takes_again_what_it_lacks(backend: &Backend) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    backend.configure(folder, "[lake]\ncommit_seconds = 0.05\n");
    let server = Server::start(folder);
    send(&server, folder, 0..20);
    server.drained();
    back_up(backend, folder);
    send(&server, folder, 20..40);
    server.drained();
    server.stop();
    restore_lake(folder);
    let server = Server::start(folder);
    send(&server, folder, 40..60);
    server.drained();
    // What the store had handed over since the copy is missing, as the guide says, until it comes again.
    let missing: BTreeMap<u64, u32> =
        once(0..60).into_iter().filter(|(n, _)| !(20..40).contains(n)).collect();
    assert_eq!(counted(folder), missing);
    send(&server, folder, 10..50);
    server.drained();
    server.stop();
    assert_eq!(counted(folder), once(0..60));
}
