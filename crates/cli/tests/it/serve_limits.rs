//! What is over a limit is told to come again, and nothing of it is taken; who obeys gets everything in.

use std::{
    collections::BTreeSet,
    io::Write as _,
    net::TcpStream,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::serve_support::{Answer, Server, configure, exported, key_of};

/// A batch of so many events, each at an instant of its own.
fn batch(number: usize, events: usize) -> Value {
    let event = |n: usize| {
        let second = number * events + n;
        let at = format!(
            "2026-01-{:02}T{:02}:{:02}:{:02}Z",
            1 + second / 86_400,
            second / 3_600 % 24,
            second / 60 % 60,
            second % 60
        );
        json!({ "type": "track", "event": "Order Completed", "messageId": at, "userId": format!("user {n}"), "timestamp": at })
    };
    (0..events).map(event).collect()
}

fn retry_after(answer: &Answer) -> Duration {
    assert_eq!(answer.status, 429, "{answer:?}");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{answer:?}");
    Duration::from_secs(seconds)
}

/// Sends batches at once, then those that were refused as they were told to; what the lake has in between and in the end.
fn obey(environment: &[(&str, &str)], batches: usize, events: usize) {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "");
    let server = Server::start_with(folder.path(), environment);
    let key = key_of(folder.path());
    let mut refused = Vec::new();
    for number in 0..batches {
        let answer = server.batch(&key, &batch(number, events));
        if answer.status != 200 {
            retry_after(&answer);
            refused.push(number);
        }
    }
    assert!((1..batches).contains(&refused.len()), "{environment:?}: {refused:?}");
    server.drained();
    let lake: BTreeSet<String> = exported(folder.path()).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(
        lake.len(),
        (batches - refused.len()) * events,
        "{environment:?}: what was taken is what was acknowledged"
    );
    for number in refused {
        let began = Instant::now();
        loop {
            let answer = server.batch(&key, &batch(number, events));
            if answer.status == 200 {
                break;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{environment:?}: it never comes in");
            sleep(retry_after(&answer));
        }
    }
    server.drained();
    assert_eq!(exported(folder.path()).len(), batches * events, "{environment:?}");
    let metrics = server.send("GET", "/metrics", &[], b"").body;
    assert!(metrics.contains("status=\"429\""), "{metrics}");
}

#[test]
fn a_burst_of_a_key_is_told_to_come_again() {
    obey(&[("FIDANCE_INTAKE_KEY_RATE", "100"), ("FIDANCE_INTAKE_KEY_BURST", "100")], 20, 20);
}

#[test]
fn a_burst_from_an_address_is_told_to_come_again() {
    obey(&[("FIDANCE_INTAKE_ADDRESS_RATE", "100"), ("FIDANCE_INTAKE_ADDRESS_BURST", "100")], 20, 20);
}

#[test]
fn a_full_inbox_is_told_to_come_again() {
    obey(&[("FIDANCE_INTAKE_MAX_INBOX_EVENTS", "100")], 4, 60);
}

/// The most memory that a process has had, in MB.
fn peak(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1_000
}

/// What 200 clients that each send 480 KB at once are answered: how many 200, 429, 503. Nothing else, and memory stays bounded.
fn many_large_bodies(environment: &[(&str, &str)]) -> (usize, usize, usize) {
    const CLIENTS: usize = 200;
    const EVENTS: usize = 3_600;
    // Bodies and what waits for the disk have 256 and 64 MB; unpacked messages and the way into the lake come on top.
    const MOST_MB: usize = 500;
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "");
    let server = Server::start_with(folder.path(), environment);
    let key = key_of(folder.path());
    let began = peak(&server);
    let bodies: Vec<Value> = (0..CLIENTS).map(|number| batch(number, EVENTS)).collect();
    let length = bodies[0].to_string().len();
    assert!((450_000..500_000).contains(&length), "{length}");
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let (server, key) = (&server, &key);
        let clients: Vec<_> =
            bodies.iter().map(|body| scope.spawn(move || server.batch(key, body))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    let (taken, later, unavailable) = (of(200), of(429), of(503));
    let statuses: BTreeSet<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(taken + later + unavailable, CLIENTS, "{statuses:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    let at_the_door = peak(&server);
    server.drained();
    let peak = peak(&server);
    println!("{environment:?}: {taken} taken, {later} told 429, {unavailable} told 503");
    println!("from {began} to {at_the_door} MB, with the way into the lake {peak} MB");
    assert!(peak < MOST_MB, "{peak} MB");
    assert_eq!(exported(folder.path()).len(), taken * EVENTS);
    (taken, later, unavailable)
}

#[test]
fn many_large_bodies_beyond_the_rate_take_bounded_memory() {
    let (taken, later, _) = many_large_bodies(&[]);
    assert!(taken > 0 && later > 0, "the key's burst is 100,000 events");
}

#[test]
fn many_large_bodies_within_the_rate_take_bounded_memory() {
    let rates = ["KEY_RATE", "KEY_BURST", "ADDRESS_RATE", "ADDRESS_BURST"];
    let rates = rates.map(|name| (format!("FIDANCE_INTAKE_{name}"), "10000000"));
    let (taken, _, _) = many_large_bodies(&rates.each_ref().map(|(name, most)| (name.as_str(), *most)));
    assert!(taken > 0);
}

#[test]
fn idle_connections_do_not_stop_others() {
    const IDLE: u64 = 1_000;
    let limit = rlimit::increase_nofile_limit(IDLE + 500).unwrap();
    assert!(limit >= IDLE + 500, "the test needs {} open files, the system allows {limit}", IDLE + 500);
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "");
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    let idle: Vec<TcpStream> = (0..IDLE)
        .map(|number| {
            let mut stream = TcpStream::connect(server.intake).unwrap();
            if number % 2 == 0 {
                stream.write_all(b"POST /v1/batch HTTP/1.1\r\nhost: localhost\r\n").unwrap();
            }
            stream
        })
        .collect();
    let began = Instant::now();
    for number in 0..10 {
        assert_eq!(server.batch(&key, &batch(number, 10)).status, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    server.drained();
    assert_eq!(exported(folder.path()).len(), 100);
    drop(idle);
    server.stop();
}
