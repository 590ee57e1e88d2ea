//! Kills the server under load, again and again: what was acknowledged counts once, what was not at most once.
//!
//! `FIDANCE_KILL_ROUNDS` sets the number of rounds.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::json;

use crate::serve_support::{Server, configure, exported, key_of, try_ask};

const CONNECTIONS: usize = 6;

#[test]
fn what_was_acknowledged_counts_once_whatever_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "");
    rounds(folder.path(), &[], "SQLite");
}

#[test]
fn what_was_acknowledged_counts_once_on_postgresql() {
    let Some(server) = crate::postgres::server(crate::postgres::Durability::Off) else {
        println!("skipped: PostgreSQL is not installed");
        return;
    };
    let url = server.database();
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "");
    rounds(folder.path(), &[("FIDANCE_STORE_URL", &url)], "PostgreSQL");
}

/// Messages by their amount, each another one: sent, and acknowledged.
#[derive(Default)]
struct Ledger {
    sent: Vec<u64>,
    acknowledged: Vec<u64>,
}

fn rounds(folder: &Path, environment: &[(&str, &str)], what: &str) {
    let given = std::env::var_os("FIDANCE_KILL_ROUNDS").and_then(|n| n.to_str()?.parse().ok());
    let wanted = given.unwrap_or(1);
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut random = 0x2545_f491_4f6c_dd1d_u64 ^ u64::from(std::process::id());
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for round in 0..wanted {
        let mut server = Server::start_with(folder, environment);
        let key = key_of(folder);
        let stop = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let (ledger, stop, key, to) =
                    (Arc::clone(&ledger), Arc::clone(&stop), key.clone(), server.intake);
                thread::spawn(move || {
                    let mut n = 0;
                    while !stop.load(Ordering::Relaxed) {
                        n += 1;
                        let first = ((round * CONNECTIONS + connection) as u64 * 1_000_000 + n) * 4;
                        let numbers: Vec<u64> = (first..first + 1 + n % 4).collect();
                        let batch: Vec<_> = numbers.iter().map(|n| message(*n)).collect();
                        let body = json!({ "batch": batch, "writeKey": key }).to_string();
                        ledger.lock().unwrap().sent.extend(&numbers);
                        let answer = try_ask(to, "POST", "/v1/batch", &[], body.as_bytes());
                        match answer {
                            Ok(answer) if answer.status == 200 => {
                                ledger.lock().unwrap().acknowledged.extend(&numbers);
                            }
                            // It was killed: the client sends again later, which is what counting once is for.
                            Ok(_) | Err(_) => thread::sleep(Duration::from_millis(5)),
                        }
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(300 + next() % 2_500));
        server.kill();
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    }
    let server = Server::start_with(folder, environment);
    // Half of what was acknowledged comes again, as from clients that did not hear the answer.
    let ledger = ledger.lock().unwrap();
    let key = key_of(folder);
    for numbers in ledger.acknowledged.chunks(200).step_by(2) {
        let batch: Vec<_> = numbers.iter().map(|n| message(*n)).collect();
        assert_eq!(server.batch(&key, &json!(batch)).status, 200);
    }
    server.drained();
    server.stop();
    let mut counted: HashMap<u64, u32> = HashMap::new();
    for row in exported(folder) {
        #[expect(clippy::cast_possible_truncation, reason = "amounts of the test are whole and positive")]
        let number = row[3].parse::<f64>().unwrap() as u64;
        *counted.entry(number).or_default() += 1;
    }
    let lost = ledger.acknowledged.iter().filter(|n| !counted.contains_key(n)).count();
    let twice = counted.values().filter(|n| **n > 1).count();
    let sent: HashSet<u64> = ledger.sent.iter().copied().collect();
    let invented = counted.keys().filter(|n| !sent.contains(n)).count();
    println!(
        "{what}: {wanted} rounds, {} sent, {} acknowledged, {} counted, {lost} lost, {twice} twice, {invented} invented",
        ledger.sent.len(),
        ledger.acknowledged.len(),
        counted.len()
    );
    assert!(!ledger.acknowledged.is_empty());
    assert_eq!((lost, twice, invented), (0, 0, 0));
}

fn message(n: u64) -> serde_json::Value {
    json!({ "type": "track", "event": "Order Completed", "messageId": format!("m{n}"), "userId": format!("c{}", n % 97),
            "timestamp": "2026-01-01T10:00:00Z", "properties": { "revenue": n } })
}
