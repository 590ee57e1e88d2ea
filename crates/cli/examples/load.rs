//! Sends events to a server at a rate of its own, whatever the answers take, and prints what it saw as JSON.
//!
//! ```text
//! cargo run --release -p fidance --example load -- 127.0.0.1:8318 KEY EVENTS_PER_SECOND SECONDS [BATCH [CONNECTIONS]]
//!     [--pid PID] [--console ADDRESS --cookie COOKIE]
//! ```
//! Open loop: every request has an instant at which it should be sent, and its latency counts from there, so that a server that
//! stalls is not excused from the requests it kept waiting. Bodies are made once and only their ids are changed, as the
//! generator shares the processors with what it measures. With `--pid` it reports what memory and processor time that
//! process took (Linux), with `--console` how long after its answer an event is in the barometer.
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
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
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
    /// Makes ids of one run differ from those of another.
    run: u64,
    acknowledged: AtomicU64,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    latencies: Vec<Duration>,
    /// Answers other than 2xx by status; 0 where the connection broke.
    failed: BTreeMap<u16, u64>,
    /// How late the generator itself sent a request for which nothing waited.
    late: Duration,
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.remove(at);
        Some(arguments.remove(at))
    };
    let (pid, console, cookie) = (option("--pid"), option("--console"), option("--cookie"));
    let number = |at: usize, usual: u64| arguments.get(at).map_or(usual, |text| text.parse().unwrap());
    let (address, key) = (arguments[0].clone(), arguments[1].clone());
    let (rate, seconds, batch, connections) =
        (number(2, 1_000), number(3, 10), number(4, 100), number(5, 16));
    let per_connection = rate as f64 / batch as f64 / connections as f64;
    let every = Duration::from_secs_f64(1.0 / per_connection);
    let requests = (per_connection * seconds as f64).round() as u64;
    let (run, acknowledged) = (u64::from(std::process::id()), AtomicU64::new(0));
    let load = Arc::new(Load { address, key, every, requests, batch, run, acknowledged });
    let before = pid.as_deref().map(processor_seconds);
    let done = Arc::new(AtomicBool::new(false));
    let watching = console.zip(cookie).map(|(console, cookie)| {
        let (load, done) = (Arc::clone(&load), Arc::clone(&done));
        let base = counted(&console, &cookie);
        thread::spawn(move || watch(&load, &console, &cookie, base, &done))
    });
    let began = Instant::now();
    let senders: Vec<_> = (0..connections)
        .map(|connection| {
            let load = Arc::clone(&load);
            // Spread over the interval, so that they do not all send at once.
            let first =
                began + Duration::from_millis(200) + every.mul_f64(connection as f64 / connections as f64);
            thread::spawn(move || send(&load, connection, first))
        })
        .collect();
    let (mut latencies, mut failed, mut late) = (Vec::new(), BTreeMap::<u16, u64>::new(), Duration::ZERO);
    for sender in senders {
        let seen = sender.join().unwrap();
        latencies.extend(seen.latencies);
        seen.failed.into_iter().for_each(|(status, count)| *failed.entry(status).or_default() += count);
        late = late.max(seen.late);
    }
    let took = began.elapsed().as_secs_f64() - 0.2;
    // Before the barometer has caught up: what the server needs for that comes after.
    let at_the_end = pid.as_deref().map(processor_seconds);
    done.store(true, Ordering::Relaxed);
    let lags = watching.map(|watching| watching.join().unwrap());
    latencies.sort_unstable();
    let sent = latencies.len() as u64 * batch;
    let server = pid.as_deref().zip(before).zip(at_the_end).map(|((pid, before), at_the_end)| {
        serde_json::json!({
            "processor_microseconds_per_event": (processor_seconds(pid) - before) * 1e6 / sent.max(1) as f64,
            "processors_during_load": (at_the_end - before) / took,
            "resident_mib": status(pid, "VmRSS:") / 1024,
            "resident_peak_mib": status(pid, "VmHWM:") / 1024,
        })
    });
    let milliseconds = |sorted: &[Duration]| {
        let at = |share: f64| {
            let place = (sorted.len().saturating_sub(1) as f64 * share) as usize;
            sorted.get(place).map_or(0.0, |latency| (latency.as_secs_f64() * 1e5).round() / 1e2)
        };
        serde_json::json!({ "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": at(1.0) })
    };
    let result = serde_json::json!({
        "connections": connections,
        "batch": batch,
        "events_per_second_wanted": rate,
        "events_per_second_acknowledged": (sent as f64 / took).round(),
        "requests_acknowledged": latencies.len(),
        "requests_failed_by_status": failed,
        "milliseconds": milliseconds(&latencies),
        "generator_late_milliseconds": late.as_millis() as u64,
        "generator_processors": (own_processor_seconds() / took * 100.0).round() / 100.0,
        "milliseconds_to_barometer": lags.map(|mut lags| {
            lags.sort_unstable();
            milliseconds(&lags)
        }),
        "server": server,
    });
    println!("{result:#}");
}

fn send(load: &Load, connection: u64, first: Instant) -> Seen {
    let mut seen = Seen { latencies: Vec::with_capacity(load.requests as usize), ..Seen::default() };
    let mut stream = connect(load);
    let mut body = Body::new(load);
    for n in 0..load.requests {
        let due = first + load.every.mul_f64(n as f64);
        let early = due.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            thread::sleep(early);
            seen.late = seen.late.max(due.elapsed());
        }
        body.number((connection * load.requests + n) * load.batch);
        match exchange(&mut stream, &body.text) {
            Some(200..300) => {
                seen.latencies.push(due.elapsed());
                load.acknowledged.fetch_add(load.batch, Ordering::Relaxed);
            }
            Some(status) => *seen.failed.entry(status).or_default() += 1,
            None => {
                *seen.failed.entry(0).or_default() += 1;
                stream = connect(load);
            }
        }
    }
    seen
}

fn connect(load: &Load) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(&load.address).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}

/// A request with events as an official client sends them, of some 300 bytes each.
struct Body {
    text: Vec<u8>,
    /// Where the number of an event stands, and where its customer's.
    places: Vec<(usize, usize)>,
}

const ID: usize = 10;
const CUSTOMER: usize = 6;

impl Body {
    fn new(load: &Load) -> Self {
        let mut body = format!("{{\"writeKey\":\"{}\",\"batch\":[", load.key);
        let mut places = Vec::new();
        for n in 0..load.batch {
            let comma = if n == 0 { "" } else { "," };
            write!(
                body,
                "{comma}{{\"type\":\"track\",\"event\":\"Order Completed\",\"messageId\":\"load-{}-",
                load.run
            )
            .unwrap();
            let id = body.len();
            write!(body, "{:0ID$}\",\"userId\":\"customer-", 0).unwrap();
            places.push((id, body.len()));
            write!(
                body,
                "{:0CUSTOMER$}\",\"timestamp\":\"2026-0{}-1{}T10:{:02}:00.000Z\",\"context\":{{\"library\":{{\"name\":\"load\",\"version\":\"1.0.0\"}},\
                 \"locale\":\"fr-FR\"}},\"properties\":{{\"order_id\":\"o-{n}\",\"revenue\":{}.5,\"currency\":\"EUR\",\"country\":\"FR\"}}}}",
                0,
                1 + n % 9,
                n % 10,
                n % 60,
                n % 90
            )
            .unwrap();
        }
        body += "]}";
        let head = format!(
            "POST /v1/batch HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            load.address,
            body.len()
        );
        let shift = head.len();
        places.iter_mut().for_each(|(id, customer)| {
            *id += shift;
            *customer += shift;
        });
        Self { text: (head + &body).into_bytes(), places }
    }

    /// Numbers the events, from this one on.
    fn number(&mut self, first: u64) {
        for (n, (id, customer)) in self.places.iter().enumerate() {
            let number = first + n as u64;
            digits(&mut self.text[*id..*id + ID], number);
            digits(
                &mut self.text[*customer..*customer + CUSTOMER],
                number.wrapping_mul(2_654_435_761) % 100_000,
            );
        }
    }
}

fn digits(into: &mut [u8], mut number: u64) {
    for digit in into.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The status of the answer; `None` where the connection broke.
fn exchange(stream: &mut BufReader<TcpStream>, request: &[u8]) -> Option<u16> {
    stream.get_mut().write_all(request).ok()?;
    answer(stream).map(|(status, _)| status)
}

fn answer(stream: &mut BufReader<TcpStream>) -> Option<(u16, Vec<u8>)> {
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
        if line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:") {
            length = line[15..].trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((status, body))
}

/// How long after their answers events are in the barometer: notes every half second what was acknowledged, and when the
/// barometer has as much.
fn watch(load: &Load, console: &str, cookie: &str, base: u64, done: &AtomicBool) -> Vec<Duration> {
    let (mut waiting, mut lags) = (Vec::new(), Vec::new());
    let mut last = 0;
    let until = Instant::now() + Duration::from_mins(10);
    loop {
        let (is_done, now) = (done.load(Ordering::Relaxed), load.acknowledged.load(Ordering::Relaxed));
        if now > last {
            waiting.push((Instant::now(), now));
            last = now;
        }
        if (is_done && waiting.is_empty()) || Instant::now() > until {
            return lags;
        }
        thread::sleep(Duration::from_millis(500));
        let counted = counted(console, cookie) - base;
        waiting.retain(|(since, events)| {
            if *events <= counted {
                lags.push(since.elapsed());
            }
            *events > counted
        });
    }
}

/// The events in the barometer.
fn counted(console: &str, cookie: &str) -> u64 {
    let mut stream = BufReader::new(TcpStream::connect(console).unwrap());
    let request = format!(
        "GET /api/v1/report HTTP/1.1\r\nhost: {console}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
    );
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let found = text.split("\"rows_used\":").nth(1).unwrap_or_default().trim_start();
    let end = found.find(|c: char| !c.is_ascii_digit()).unwrap_or(found.len());
    found[..end].parse().unwrap_or(0)
}

/// A line of a process's status, in KiB.
fn status(pid: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn processor_seconds(pid: &str) -> f64 {
    /// Of the kernel's clock, a second.
    const TICKS: f64 = 100.0;
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    let spent: u64 =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    spent as f64 / TICKS
}

fn own_processor_seconds() -> f64 {
    processor_seconds("self")
}
