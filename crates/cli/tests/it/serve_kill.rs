//! Kills the server under load, again and again: what was acknowledged counts once, what was not at most once.
//!
//! Commits and compactions follow each other quickly here, and half of the rounds wait for one of them to begin and kill it
//! within the time that one takes. `FIDANCE_KILL_ROUNDS` sets the number of rounds, `FIDANCE_KILL_SEED` the instants,
//! `FIDANCE_BIN` the program.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    serve_support::{Backend, Server, exported, key_of, try_ask},
    support::run,
};

const CONNECTIONS: usize = 6;
/// What the log says of a step, and of its end.
const COMMIT: [&str; 2] = ["a batch is offered to the lake", "the batch is in the lake"];
const COMPACTION: [&str; 2] = ["the lake is being compacted", "the compaction has ended"];
/// With fewer small files a compaction has nothing to do.
const WORTH_IT: u64 = 17;

on_both!(what_was_acknowledged_counts_once_whatever_is_killed);

fn what_was_acknowledged_counts_once_whatever_is_killed(backend: &Backend) {
    let folder = tempfile::tempdir().unwrap();
    backend.configure(
        folder.path(),
        "[lake]\ncommit_seconds = 0.05\ncompact_seconds = 0.3\n[log]\nlevel = \"debug\"\n",
    );
    rounds(folder.path(), backend.name());
}

/// Messages by their amount, each another one: sent, and acknowledged.
#[derive(Default)]
struct Ledger {
    sent: Vec<u64>,
    acknowledged: Vec<u64>,
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn given(name: &str) -> Option<u64> {
    std::env::var_os(name).and_then(|n| n.to_str()?.parse().ok())
}

/// What the log of a round says: the step that was under way at its end, and the last one of a kind that began.
struct Said(String);

impl Said {
    /// Of this round only.
    fn read(log: &Path, from: usize) -> Self {
        Self(fs::read_to_string(log).unwrap().get(from..).unwrap_or_default().to_owned())
    }

    /// Whether a step had begun and not ended.
    fn is_in(&self, step: [&str; 2]) -> bool {
        let last =
            |holds: &dyn Fn(&str) -> bool| self.0.lines().enumerate().filter(|(_, line)| holds(line)).last();
        let began = last(&|line| begins(line, step)).map(|(n, _)| n);
        began.is_some() && began > last(&|line| line.contains(step[1])).map(|(n, _)| n)
    }

    fn count(&self, step: [&str; 2]) -> usize {
        self.0.lines().filter(|line| begins(line, step)).count()
    }
}

/// Whether a line says that a step begins which has something to do.
fn begins(line: &str, step: [&str; 2]) -> bool {
    let files = line.split("fresh_files=").nth(1).and_then(|files| files.trim().parse().ok());
    line.contains(step[0]) && files.is_none_or(|files: u64| files >= WORTH_IT)
}

fn rounds(folder: &Path, what: &str) {
    let began = Instant::now();
    let wanted = given("FIDANCE_KILL_ROUNDS").unwrap_or(1);
    let seed = given("FIDANCE_KILL_SEED").unwrap_or(u64::from(std::process::id()));
    let mut dice = Dice(0x2545_f491_4f6c_dd1d ^ seed);
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let log = folder.join("serve.log");
    let (mut in_commit, mut in_compaction, mut compactions) = (0, 0, 0);
    for round in 0..wanted {
        let from = fs::metadata(&log).map_or(0, |log| usize::try_from(log.len()).unwrap());
        let mut server = Server::start(folder);
        let senders = Senders::start(&server, folder, round, &ledger);
        match round % 4 {
            0 => wait_for(&log, from, COMPACTION, dice.below(500)),
            2 => wait_for(&log, from, COMMIT, dice.below(60)),
            _ => thread::sleep(Duration::from_millis(100 + dice.below(2_500))),
        }
        server.kill();
        senders.stop();
        let said = Said::read(&log, from);
        in_commit += u64::from(said.is_in(COMMIT));
        in_compaction += u64::from(said.is_in(COMPACTION));
        compactions += said.count(COMPACTION);
    }
    let server = Server::start(folder);
    // Half of what was acknowledged comes again, as from clients that did not hear the answer.
    let ledger = ledger.lock().unwrap();
    let key = key_of(folder);
    for numbers in ledger.acknowledged.chunks(200).step_by(2) {
        let batch = json!(numbers.iter().map(|n| message(*n)).collect::<Vec<_>>());
        // After many rounds it is much for one address: told to come later, clients do.
        let until = Instant::now() + Duration::from_mins(2);
        let mut status = server.batch(&key, &batch).status;
        while status == 429 && Instant::now() < until {
            thread::sleep(Duration::from_millis(200));
            status = server.batch(&key, &batch).status;
        }
        assert_eq!(status, 200);
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
        "{what}: {wanted} rounds in {:.0} s, seed {seed}; killed in a commit {in_commit}, in a compaction {in_compaction} (of \
         {compactions} begun), between {}; {} sent, {} acknowledged, {} counted, {lost} lost, {twice} twice, {invented} invented",
        began.elapsed().as_secs_f64(),
        wanted - in_commit - in_compaction,
        ledger.sent.len(),
        ledger.acknowledged.len(),
        counted.len()
    );
    assert!(!ledger.acknowledged.is_empty());
    assert_eq!((lost, twice, invented), (0, 0, 0));
    let (code, told, error) = run(folder, &["check", "lake", "lake"]);
    assert_eq!(code, 0, "{told}{error}");
}

/// Until the log says that a step begins, though not forever, and so many milliseconds more.
fn wait_for(log: &Path, from: usize, step: [&str; 2], more: u64) {
    let until = Instant::now() + Duration::from_secs(6);
    let before = Said::read(log, from).count(step);
    while Instant::now() < until && Said::read(log, from).count(step) <= before {
        thread::sleep(Duration::from_millis(3));
    }
    thread::sleep(Duration::from_millis(more));
}

/// Clients that send as fast as they are answered.
struct Senders {
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Senders {
    fn start(server: &Server, folder: &Path, round: u64, ledger: &Arc<Mutex<Ledger>>) -> Self {
        let (key, to) = (key_of(folder), server.intake);
        let stop = Arc::new(AtomicBool::new(false));
        let send = |connection: usize| {
            let (ledger, stop, key) = (Arc::clone(ledger), Arc::clone(&stop), key.clone());
            thread::spawn(move || {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let first = ((round * CONNECTIONS as u64 + connection as u64) * 1_000_000 + n) * 4;
                    let numbers: Vec<u64> = (first..first + 1 + n % 4).collect();
                    let batch: Vec<_> = numbers.iter().map(|n| message(*n)).collect();
                    let body = json!({ "batch": batch, "writeKey": key }).to_string();
                    ledger.lock().unwrap().sent.extend(&numbers);
                    match try_ask(to, "POST", "/v1/batch", &[], body.as_bytes()) {
                        Ok(answer) if answer.status == 200 => {
                            ledger.lock().unwrap().acknowledged.extend(&numbers);
                        }
                        // It was killed: the client sends again later, which is what counting once is for.
                        Ok(_) | Err(_) => thread::sleep(Duration::from_millis(5)),
                    }
                }
            })
        };
        let threads = (0..CONNECTIONS).map(send).collect();
        Self { stop, threads }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

fn message(n: u64) -> serde_json::Value {
    json!({ "type": "track", "event": "Order Completed", "messageId": format!("m{n}"), "userId": format!("c{}", n % 97),
            "timestamp": "2026-01-01T10:00:00Z", "properties": { "revenue": n } })
}
