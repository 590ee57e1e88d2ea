//! Sends events to a server at a rate of its own, whatever the answers take, and prints what it saw as JSON.
//!
//! ```text
//! cargo run --release -p fidance --example load -- 127.0.0.1:8318 KEY EVENTS_PER_SECOND SECONDS [BATCH [CONNECTIONS]]
//! ```
//! Open loop: every request has an instant at which it should be sent, and its latency counts from there, so that a server that
//! stalls is not excused from the requests it kept waiting.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measurement, not the product"
)]

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

struct Load {
    address: String,
    key: String,
    /// Between two requests of one connection.
    every: Duration,
    requests: u64,
    batch: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: u64| arguments.get(at).map_or(usual, |text| text.parse().unwrap());
    let (address, key) = (arguments[0].clone(), arguments[1].clone());
    let (rate, seconds, batch, connections) =
        (number(2, 1_000), number(3, 10), number(4, 100), number(5, 16));
    let per_connection = rate as f64 / batch as f64 / connections as f64;
    let every = Duration::from_secs_f64(1.0 / per_connection);
    let requests = (per_connection * seconds as f64).round() as u64;
    let began = Instant::now();
    let senders: Vec<_> = (0..connections)
        .map(|connection| {
            let load = Load { address: address.clone(), key: key.clone(), every, requests, batch };
            // Spread over the interval, so that they do not all send at once.
            let first =
                began + Duration::from_millis(200) + every.mul_f64(connection as f64 / connections as f64);
            thread::spawn(move || run(&load, connection, first))
        })
        .collect();
    let (mut latencies, mut failed) = (Vec::new(), 0);
    for sender in senders {
        let (seen, wrong) = sender.join().unwrap();
        latencies.extend(seen);
        failed += wrong;
    }
    let took = began.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| {
        let place = (latencies.len().saturating_sub(1) as f64 * share) as usize;
        latencies.get(place).map_or(0.0, |latency: &Duration| latency.as_secs_f64() * 1e3)
    };
    let result = serde_json::json!({
        "connections": connections,
        "batch": batch,
        "events_per_second_wanted": rate,
        "events_per_second_acknowledged": (latencies.len() as u64 * batch) as f64 / took,
        "requests_acknowledged": latencies.len(),
        "requests_failed": failed,
        "milliseconds": { "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": at(1.0) },
    });
    println!("{result:#}");
}

fn run(load: &Load, connection: u64, first: Instant) -> (Vec<Duration>, u64) {
    let (mut latencies, mut failed) = (Vec::new(), 0);
    let mut stream = connect(load);
    for n in 0..load.requests {
        let due = first + load.every.mul_f64(n as f64);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let body = body(load, connection, n);
        match exchange(&mut stream, load, &body) {
            Some(200..300) => latencies.push(due.elapsed()),
            Some(_) => failed += 1,
            None => {
                failed += 1;
                stream = connect(load);
            }
        }
    }
    (latencies, failed)
}

fn connect(load: &Load) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(&load.address).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}

/// Events as an official client sends them, of some 300 bytes each.
fn body(load: &Load, connection: u64, request: u64) -> String {
    let mut text = format!("{{\"writeKey\":\"{}\",\"batch\":[", load.key);
    for n in 0..load.batch {
        let id = (connection * load.requests + request) * load.batch + n;
        let comma = if n == 0 { "" } else { "," };
        write!(
            text,
            "{comma}{{\"type\":\"track\",\"event\":\"Order Completed\",\"messageId\":\"load-{}-{id}\",\"userId\":\"customer-{}\",\
             \"timestamp\":\"2026-0{}-1{}T10:{:02}:00.000Z\",\"context\":{{\"library\":{{\"name\":\"load\",\"version\":\"1.0.0\"}},\
             \"locale\":\"fr-FR\"}},\"properties\":{{\"order_id\":\"o-{id}\",\"revenue\":{}.5,\"currency\":\"EUR\",\"country\":\"FR\"}}}}",
            std::process::id(),
            id.wrapping_mul(2_654_435_761) % 100_000,
            1 + id % 9,
            id % 10,
            id % 60,
            id % 90
        )
        .unwrap();
    }
    text + "]}"
}

/// The status of the answer; `None` where the connection broke.
fn exchange(stream: &mut BufReader<TcpStream>, load: &Load, body: &str) -> Option<u16> {
    let head = format!(
        "POST /v1/batch HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        load.address,
        body.len()
    );
    stream.get_mut().write_all((head + body).as_bytes()).ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).ok()?;
    Some(status)
}
