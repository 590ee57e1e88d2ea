//! A dirty stream through the real server gives the figures of the clean truth, integer for integer.
//!
//! The same shop is simulated twice: as it was, into a file that is imported; and as clients would send it, with double and
//! late messages, wrong clocks, visitors who become customers and customers taken for each other, over HTTP into another
//! lake. What became of it is asked in several ways, and held against the simulator's own truth.
//!
//! `FIDANCE_DIRTY_CUSTOMERS` sets the size of the shop; 49000 is that of the demo.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    serve_connection::Connection,
    serve_support::{Server, configure, exported, key_of},
    support::{report, run},
};

const CONNECTIONS: usize = 3;
const SEED: &str = "23";
const SEGMENTS: [&str; 6] = ["country", "region", "device", "channel", "tier", "payment_method"];
/// The report as known on this day is asked for again at the end.
const CUT: &str = "2025-09-01T00:00:00Z";
const LAST_DAY: &str = "2026-06-30";
const QUESTIONS: [&[&str]; 6] = [
    &["--every", "month", "--window", "90d"],
    &["--every", "week", "--window", "60d"],
    &["--every", "day", "--window", "30d"],
    &["--every", "quarter", "--window", "3mo", "--brackets", "1-2,3-4"],
    &["--every", "month", "--window", "auto"],
    &["--every", "week", "--window", "2mo", "--time-zone", "America/New_York"],
];
/// More than any limit of a test's machine.
const NO_LIMITS: [(&str, &str); 4] = [
    ("FIDANCE_INTAKE_KEY_RATE", "10000000"),
    ("FIDANCE_INTAKE_KEY_BURST", "10000000"),
    ("FIDANCE_INTAKE_ADDRESS_RATE", "10000000"),
    ("FIDANCE_INTAKE_ADDRESS_BURST", "10000000"),
];

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let (code, told, error) = run(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {error}");
    told
}

/// The shop as it was in `clean`, imported into `clean.lake`; as clients send it in `dirty`.
fn simulate(folder: &Path, customers: &str) {
    let shop = ["simulate", "--customers", customers, "--seed", SEED];
    succeed(folder, &[&shop[..], &["--faults", "none", "--events", "csv", "--out", "clean"]].concat());
    succeed(folder, &[&shop[..], &["--faults", "many", "--events", "messages", "--out", "dirty"]].concat());
    let columns = ["--customer", "customer_id", "--at", "at", "--event", "event", "--value", "order_value"];
    let segments: Vec<&str> = SEGMENTS.iter().flat_map(|name| ["--segment", name]).collect();
    let import = ["import", "clean/events.csv", "--lake", "clean.lake", "--time-zone", "Europe/Paris"];
    succeed(folder, &[&import[..], &columns, &segments, &["--activity", "Order Completed"]].concat());
}

fn configured(folder: &Path) {
    let segments: String = SEGMENTS.iter().map(|name| format!("{name} = [\"{name}\"]\n")).collect();
    let business = "[business]\ntime_zone = \"Europe/Paris\"\ncurrency = \"EUR\"\n";
    configure(folder, &format!("{business}[segments]\n{segments}"));
}

/// The figures of a lake on one question, in an order that does not hang on the order of arrival.
fn figures(folder: &Path, lake: &str, question: &[&str]) -> Value {
    let mut figures = report(folder, &[&["--lake", lake, "--until", LAST_DAY], question].concat());
    let by_name = |row: &Value| {
        let segment = row.get("segment").unwrap_or(row);
        (segment["by"].to_string(), segment["value"].to_string())
    };
    for part in ["segments", "survival", "log_rank"] {
        figures[part].as_array_mut().unwrap().sort_by_key(by_name);
    }
    let input = figures["input"].as_object_mut().unwrap();
    for name in ["files", "version"] {
        input.remove(name).unwrap();
    }
    // A server is told its currency; an import of files is not.
    figures["definition"].as_object_mut().unwrap().remove("currency").unwrap();
    figures
}

/// Where two reports differ: the first places, for people.
fn differences(a: &Value, b: &Value, place: &str, found: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            a.iter().for_each(|(key, value)| {
                let other = b.get(key).unwrap_or(&Value::Null);
                differences(value, other, &format!("{place}.{key}"), found);
            });
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.for_each(|(n, (a, b))| differences(a, b, &format!("{place}[{n}]"), found));
        }
        _ if a == b => {}
        _ => found.push(format!("{place}: {:.200} and {:.200}", a.to_string(), b.to_string())),
    }
}

fn differ(folder: &Path, question: &[&str]) -> Vec<String> {
    let (clean, dirty) = (figures(folder, "clean.lake", question), figures(folder, "lake", question));
    let mut found = Vec::new();
    differences(&clean, &dirty, "", &mut found);
    found
}

/// What the stream holds, counted in the stream itself.
#[derive(Debug, Default)]
struct Dirt {
    requests: usize,
    messages: usize,
    events: usize,
    duplicates: usize,
    late: usize,
    very_late: usize,
    wrong_clocks: usize,
    wrong_by_most: i64,
    identified: usize,
    known_by_events: usize,
    wrong_merges: usize,
    persons: usize,
    /// Events by a wrong clock so close before midnight that their way to the receiver takes them into another day.
    other_day: usize,
}

fn instant(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// Counts the dirt, and holds what a receiver can know of each event's instant against the clean file.
fn look(folder: &Path, lines: &[String]) -> Dirt {
    let clean = fs::read_to_string(folder.join("clean/events.csv")).unwrap();
    let truth: HashMap<&str, (&str, Timestamp)> = clean
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.splitn(4, ',').collect();
            (cells[0], (cells[1], cells[2].parse().unwrap()))
        })
        .collect();
    let zones = ["Europe/Paris", "America/New_York"].map(|name| TimeZone::get(name).unwrap());
    let mut dirt = Dirt { requests: lines.len(), ..Dirt::default() };
    let (mut ids, mut both) = (HashSet::new(), HashSet::new());
    let day = SignedDuration::from_hours(24);
    for line in lines {
        let request: Value = serde_json::from_str(line).unwrap();
        let mut inside = HashSet::new();
        for message in request["batch"].as_array().unwrap() {
            dirt.messages += 1;
            let id = message["messageId"].as_str().unwrap().to_owned();
            assert!(inside.insert(id.clone()), "a message twice in one request");
            let is_track = message["type"] == "track";
            if !ids.insert(id.clone()) {
                dirt.duplicates += 1;
                continue;
            }
            let [said, sent, received] =
                ["timestamp", "sentAt", "receivedAt"].map(|field| instant(&message[field]));
            let (under_way, error) = (sent.duration_since(said), sent.duration_since(received));
            dirt.late += usize::from(under_way > SignedDuration::ZERO && under_way <= day * 7);
            dirt.very_late += usize::from(under_way >= day * 30);
            let is_wrong = error.abs() > SignedDuration::from_secs(150);
            dirt.wrong_clocks += usize::from(is_wrong);
            dirt.wrong_by_most = dirt.wrong_by_most.max(error.abs().as_secs() / 86_400);
            match message["type"].as_str().unwrap() {
                "identify" => dirt.identified += 1,
                "alias" => dirt.wrong_merges += 1,
                _ => {}
            }
            if is_track && message["anonymousId"].is_string() && message["userId"].is_string() {
                both.insert(message["userId"].to_string());
            }
            let Some((_, at)) = truth.get(id.as_str()).filter(|_| is_track) else {
                assert!(!is_track, "{message}");
                continue;
            };
            dirt.events += 1;
            let found = if is_wrong { received - under_way } else { said };
            let off = found.duration_since(*at);
            assert!(off >= SignedDuration::ZERO && off < SignedDuration::from_secs(1), "{off}: {message}");
            assert!(is_wrong || off.is_zero());
            let moved = |zone: &TimeZone| zone.to_datetime(found).date() != zone.to_datetime(*at).date();
            dirt.other_day += usize::from(zones.iter().any(moved));
        }
    }
    assert_eq!(dirt.events, truth.len(), "every event is sent");
    dirt.known_by_events = both.len();
    dirt.persons = truth.values().map(|(customer, _)| customer).collect::<HashSet<_>>().len();
    dirt
}

/// Each kind really occurs, about as often as it should: within five standard errors of its share.
fn occurs(dirt: &Dirt) {
    println!(
        "{} requests, {} messages, {} events, {} persons",
        dirt.requests, dirt.messages, dirt.events, dirt.persons
    );
    let (sent, persons) = ((dirt.messages - dirt.duplicates) as f64, dirt.persons as f64);
    for (what, count, of, share) in [
        ("double", dirt.duplicates, sent, 0.03),
        ("late", dirt.late, sent, 0.12),
        ("very late", dirt.very_late, sent, 0.01),
        ("by a wrong clock", dirt.wrong_clocks, sent, 0.005),
        ("merged", dirt.identified + dirt.known_by_events, persons, 0.08),
        ("merged wrongly", dirt.wrong_merges, persons, 0.005),
    ] {
        let found = count as f64 / of;
        println!("{what}: {count} of {of}, {:.3} %", 100.0 * found);
        let tolerance = 5.0 * (share * (1.0 - share) / of).sqrt();
        assert!(count > 0 && (found - share).abs() < tolerance, "{what}: {found} instead of {share}");
    }
    assert!(dirt.identified > 0 && dirt.known_by_events > 0 && dirt.wrong_by_most > 365, "{dirt:?}");
}

/// Sends requests over several connections at once, every third one compressed.
fn send(server: &Server, key: &str, lines: &[String]) {
    thread::scope(|scope| {
        for first in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut connection = Connection::open(server.intake, key);
                for line in lines.iter().skip(first).step_by(CONNECTIONS) {
                    connection.send_until_taken("/v1/import", line.as_bytes(), first == 0);
                }
            });
        }
    });
    let until = Instant::now() + Duration::from_mins(10);
    while server.api("GET", "/api/v1/inbox", b"").json()["parcels"] != 0 {
        assert!(Instant::now() < until, "the inbox does not empty");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The statements of `links.csv` that undo wrong merges, which no client can say.
fn splits(folder: &Path) -> usize {
    let links = fs::read_to_string(folder.join("dirty/links.csv")).unwrap();
    let splits: Vec<&str> = links.lines().filter(|line| line.contains(",split,")).collect();
    fs::write(folder.join("splits.csv"), format!("at,action,from,into\n{}\n", splits.join("\n"))).unwrap();
    splits.len()
}

#[test]
fn a_dirty_stream_gives_the_figures_of_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let customers = std::env::var_os("FIDANCE_DIRTY_CUSTOMERS").unwrap_or_else(|| "3000".into());
    let customers = customers.to_str().unwrap();
    simulate(folder, customers);
    let text = fs::read_to_string(folder.join("dirty/messages.ndjson")).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    drop(text);
    let dirt = look(folder, &lines);
    occurs(&dirt);
    assert_eq!(dirt.other_day, 0, "such an event belongs to the next day, as its device cannot tell better");

    configured(folder);
    let server = Server::start_with(folder, &NO_LIMITS);
    let key = key_of(folder);
    let began = Instant::now();
    let is_later = |line: &String| {
        instant(&serde_json::from_str::<Value>(line).unwrap()["batch"][0]["receivedAt"])
            >= CUT.parse().unwrap()
    };
    let cut = lines.partition_point(|line| !is_later(line));
    let (before, after) = lines.split_at(cut);
    send(&server, &key, before);
    let then = ["--lake", "lake", "--every", "month", "--window", "90d", "--until", "2025-08-31"];
    let known_then = report(folder, &then);
    send(&server, &key, after);
    println!("sent and in the lake after {:.1} s", began.elapsed().as_secs_f64());
    let metrics = server.send("GET", "/metrics", &[], b"").body;
    assert!(metrics.contains(&format!("fidance_events_accepted_total {}", sent_events(&lines))), "{metrics}");
    server.stop();

    late_events_change_the_past(folder, &then, &known_then);
    assert!(!differ(folder, QUESTIONS[0]).is_empty(), "wrong merges change the figures until they are split");
    assert_eq!(splits(folder), dirt.wrong_merges);
    succeed(folder, &["link", "splits.csv", "--lake", "lake"]);
    equal(folder);
    truth(folder);
    succeed(folder, &["check", "lake", "lake"]);
    succeed(folder, &["compact", "--lake", "lake", "--everything"]);
    equal(folder);
    without_care(folder, &lines);
}

fn sent_events(lines: &[String]) -> usize {
    lines.iter().map(|line| line.matches("\"type\":\"track\"").count()).sum()
}

/// Every figure of every question is that of the clean lake.
fn equal(folder: &Path) {
    for question in QUESTIONS {
        let found = differ(folder, question);
        assert!(
            found.is_empty(),
            "{question:?}: {} differences: {:#?}",
            found.len(),
            &found[..found.len().min(20)]
        );
    }
}

/// As known on: what was known before the late events came is another report, and can be had again.
fn late_events_change_the_past(folder: &Path, question: &[&str], known_then: &Value) {
    let known_now = report(folder, question);
    assert_ne!(known_then["periods"], known_now["periods"], "late events change the past");
    let version = known_then["input"]["version"].as_str().unwrap();
    let again = report(folder, &[question, &["--as-known-on", version]].concat());
    let mut found = Vec::new();
    differences(known_then, &again, "", &mut found);
    assert_eq!(found, [""; 0]);
}

/// What the simulator counted itself, of persons, before anything was spoiled.
fn truth(folder: &Path) {
    let truth = fs::read_to_string(folder.join("dirty/truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let counted = truth["as_it_was"]["months"].as_array().unwrap();
    let report = figures(folder, "lake", QUESTIONS[0]);
    let found = report["periods"].as_array().unwrap();
    assert_eq!((found.len(), counted.len()), (30, 30));
    for (found, counted) in found.iter().zip(counted) {
        for field in ["start", "end", "complete", "s", "e", "k", "n", "r", "l"] {
            assert_eq!(found[field], counted[field], "{field} of {}", found["start"]);
        }
        let cents = |value: &Value| (value.as_f64().unwrap() * 100.0).round();
        assert!((cents(&found["revenue"]) - cents(&counted["value"])).abs() < 0.5, "{}", found["start"]);
    }
}

/// With duplicates counted, or merges ignored, the figures would be others: the comparison sees it.
fn without_care(folder: &Path, lines: &[String]) {
    let mut seen = HashSet::new();
    let mut doubled = Vec::new();
    for line in lines {
        let request: Value = serde_json::from_str(line).unwrap();
        for message in request["batch"].as_array().unwrap() {
            let is_order = message["event"] == "Order Completed";
            if !seen.insert(message["messageId"].to_string()) && is_order && doubled.len() < 300 {
                let mut message = message.clone();
                message["messageId"] = json!(format!("again {}", doubled.len()));
                doubled.push(message);
            }
        }
    }
    let anonymous: Vec<String> = fs::read_to_string(folder.join("dirty/links.csv"))
        .unwrap()
        .lines()
        .filter(|line| line.contains(",merge,A"))
        .map(|line| format!("2027-01-01T00:00:00Z,split{}", line.split_once(",merge").unwrap().1))
        .collect();
    fs::write(folder.join("apart.csv"), format!("at,action,from,into\n{}\n", anonymous.join("\n"))).unwrap();
    let server = Server::start_with(folder, &NO_LIMITS);
    send(&server, &key_of(folder), &[json!({ "batch": doubled }).to_string()]);
    server.stop();
    let counted_twice = differ(folder, QUESTIONS[0]);
    assert!(counted_twice.iter().any(|place| place.contains("revenue")), "{counted_twice:?}");
    succeed(folder, &["link", "apart.csv", "--lake", "lake"]);
    let merges_ignored = differ(folder, QUESTIONS[0]);
    assert!(merges_ignored.iter().any(|place| place.contains("customers")), "{merges_ignored:?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a client has a clock")]
fn a_device_a_year_ahead_is_put_right_as_it_sends() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configured(folder);
    let server = Server::start(folder);
    let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
    let (ahead, age) = (hour * 24 * 365, hour * 24 * 3);
    let order = json!({ "type": "track", "event": "Order Completed", "messageId": "1", "userId": "ada",
        "timestamp": (now + ahead - age).to_string(), "sentAt": (now + ahead).to_string() });
    assert_eq!(server.batch(&key_of(folder), &json!([order])).status, 200);
    server.drained();
    server.stop();
    let events = exported(folder);
    let at: Timestamp = events[0][1].parse().unwrap();
    let off = at.duration_since(now - age);
    assert!(off >= SignedDuration::ZERO && off < SignedDuration::from_secs(10), "{off}");
    let clock: Date = (now + ahead - age).to_zoned(TimeZone::UTC).date();
    assert!(events[0].iter().any(|cell| cell.starts_with(&clock.to_string())), "{events:?}");
}
