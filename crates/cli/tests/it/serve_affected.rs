//! Whom an incident affected, over the API: a running server compares the listed with the others as `fidance diagnose` does,
//! keeps pseudonyms alone, follows merges and forgets the erased.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use fidance_store::{OpenOptions, Store, StoreLocation};
use jiff::{ToSpan as _, civil::date};
use serde_json::{Value, json};

use crate::{
    serve_support::{Answer, Backend, Server, TOKEN, ask, configure, key_of},
    support::run,
};

const CUSTOMERS: u64 = 300;
const WEEKS: i32 = 73;
/// From here on, two of three listed customers who would come back stay away.
const FALL: i32 = 66;
const LEAK: &str = r#"{"type":"data_breach","title":"The leak","disclosed":"2025-04-07"}"#;

/// Whether a customer orders in a week, spread by a hash that is the same in every run.
fn orders(customer: u64, week: i32) -> bool {
    let mixed = (customer * 1_000 + u64::from(week.unsigned_abs()) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let is_listed = customer.is_multiple_of(2);
    (mixed >> 33) % 100 < if week >= FALL && is_listed { 15 } else { 50 }
}

/// The orders of a shop: customer, and the instant.
fn shop() -> Vec<(String, String)> {
    let all = (0..WEEKS).flat_map(|week| (0..CUSTOMERS).map(move |customer| (week, customer)));
    all.filter(|(week, customer)| orders(*customer, *week))
        .map(|(week, customer)| {
            let day = date(2024, 1, 1) + week.weeks() + ((customer % 7) as i32).days();
            (format!("customer-{customer}"), format!("{day}T10:00:00Z"))
        })
        .collect()
}

/// The listed: every other customer, and two who never bought.
fn listed() -> Vec<String> {
    let others = ["never-bought-1", "never-bought-2"].map(str::to_owned);
    (0..CUSTOMERS).step_by(2).map(|customer| format!("customer-{customer}")).chain(others).collect()
}

fn send(server: &Server, folder: &Path, messages: &[Value]) {
    let key = key_of(folder);
    for batch in messages.chunks(1_500) {
        assert_eq!(server.batch(&key, &json!(batch)).status, 200);
    }
    server.drained();
}

fn order((number, (customer, at)): (usize, &(String, String))) -> Value {
    json!({
        "type": "track", "event": "Order Completed", "messageId": format!("order-{number}"), "userId": customer,
        "timestamp": at, "properties": { "revenue": 20 }
    })
}

fn put(server: &Server, incident: &str, media: &str, list: &str) -> Answer {
    let token = format!("Bearer {TOKEN}");
    let path = format!("/api/v1/incidents/{incident}/affected");
    let headers = [("authorization", token.as_str()), ("content-type", media)];
    ask(server.console, "PUT", &path, &headers, list.as_bytes())
}

fn count(server: &Server, incident: &str) -> Answer {
    server.api("GET", &format!("/api/v1/incidents/{incident}/affected"), b"")
}

/// What a diagnosis says of the listed customers of an event.
fn exposed<'a>(diagnosis: &'a Value, event: &str) -> Option<&'a Value> {
    let cause = diagnosis["causes"].as_array()?.iter().find(|cause| cause["event"]["id"] == event)?;
    Some(&cause["exposed"]).filter(|exposed| !exposed.is_null())
}

#[test]
fn the_server_says_of_the_listed_what_the_command_says() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "[business]\ntime_zone = \"Europe/Paris\"\n[alarm]\nyears = 0.5\n");
    let server = Server::start(folder.path());
    let shop = shop();
    let messages: Vec<Value> = shop.iter().enumerate().map(order).collect();
    send(&server, folder.path(), &messages);
    assert_eq!(server.api("PUT", "/api/v1/incidents/leak", LEAK.as_bytes()).status, 200);
    let kept = put(&server, "leak", "application/json", &json!(listed()).to_string());
    assert_eq!(
        (kept.status, kept.json()),
        (200, json!({ "listed": 152, "known": 150, "unknown": 2 })),
        "{kept:?}"
    );

    // The same rows and the same list, in files.
    let rows = shop.iter().map(|(customer, at)| format!("{customer},{at},20\n")).collect::<String>();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("orders.csv", format!("customer_id,at,amount\n{rows}"));
    write("affected.csv", format!("customer_id,incident\n{}\n", listed().join(",leak\n") + ",leak"));
    write("register.json", server.api("GET", "/api/v1/incidents", b"").body);
    let options =
        ["--events", "register.json", "--affected", "affected.csv", "--years", "0.5", "--format", "json"];
    let diagnose = |source: &[&str]| -> Value {
        let (code, out, stderr) = run(folder.path(), &[&["diagnose"], source, &options].concat());
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str(&out).unwrap()
    };
    let of_files = diagnose(&["orders.csv", "--time-zone", "Europe/Paris"]);
    let of_lake = diagnose(&["--lake", "lake"]);

    let opened = ask(server.console, "GET", &server.link, &[], b"");
    let cookie = opened.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let compared = of_files["diagnoses"].as_array().unwrap();
    assert!(!compared.is_empty(), "{of_files}");
    for (from_files, from_lake) in compared.iter().zip(of_lake["diagnoses"].as_array().unwrap()) {
        let path = format!("/api/v1/diagnosis/{}", from_files["alarm"]["id"].as_str().unwrap());
        let end = Instant::now() + Duration::from_mins(2);
        let from_server = loop {
            let answer = ask(server.console, "GET", &path, &[("cookie", &cookie)], b"");
            if answer.status == 200 && exposed(&answer.json(), "leak").is_some() {
                break answer.json();
            }
            assert!(Instant::now() < end, "{answer:?}");
            std::thread::sleep(Duration::from_millis(200));
        };
        let wanted = exposed(from_files, "leak").unwrap();
        assert_eq!(exposed(from_lake, "leak"), Some(wanted));
        assert_eq!(exposed(&from_server, "leak"), Some(wanted));
    }
    server.stop();
}

fn lists_outlive_a_restart_and_forget_the_erased(backend: &Backend) {
    let folder = tempfile::tempdir().unwrap();
    backend.configure(folder.path(), "");
    let server = Server::start(folder.path());
    let mut messages: Vec<Value> = (1..=6)
        .map(|n| (format!("customer-{n}"), format!("2024-03-0{n}T10:00:00Z")))
        .enumerate()
        .map(|(number, one)| order((number, &one)))
        .collect();
    messages.push(json!({
        "type": "alias", "messageId": "merge", "previousId": "customer-4-before", "userId": "customer-4",
        "timestamp": "2024-03-08T10:00:00Z"
    }));
    send(&server, folder.path(), &messages);
    for id in ["leak", "outage"] {
        let entry = LEAK.as_bytes();
        assert_eq!(server.api("PUT", &format!("/api/v1/incidents/{id}"), entry).status, 200);
    }
    assert_eq!(count(&server, "leak").status, 404);
    // One under the id of before a merge, and one whom nobody knows.
    let list = "customer_id\ncustomer-1\ncustomer-2\ncustomer-4-before\nsecret-of-the-list\ncustomer-1\n";
    let wanted = json!({ "listed": 4, "known": 3, "unknown": 1 });
    for _ in 0..2 {
        let kept = put(&server, "leak", "text/csv; charset=utf-8", list);
        assert_eq!((kept.status, kept.json()), (200, wanted.clone()), "{kept:?}");
    }
    assert_eq!(put(&server, "outage", "application/json", r#"["customer-2"]"#).status, 200);
    for (incident, media, list, status, told) in [
        ("leak", "text/csv", "customer_id,incident\ncustomer-1,leak\ncustomer-2,outage\n", 422, "\"outage\""),
        ("leak", "text/csv", "customer_id\ncustomer-1\n\"\"\n", 422, "line 3: \"customer_id\""),
        ("leak", "application/json", r#"["customer-1", ""]"#, 422, "item 2"),
        ("leak", "application/json", "[]", 422, "no customer"),
        ("leak", "application/xml", "<a/>", 415, "text/csv"),
        ("nothing", "text/csv", "customer_id\ncustomer-1\n", 404, "no such incident"),
        ("%ff", "text/csv", "customer_id\ncustomer-1\n", 404, "no such incident"),
    ] {
        let answer = put(&server, incident, media, list);
        assert_eq!(answer.status, status, "{list}: {answer:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(told), "{list}: {answer:?}");
    }
    let large = format!("customer_id\n{}", "customer-1\n".repeat(7 << 20));
    assert_eq!(put(&server, "leak", "text/csv", &large).status, 413);
    assert_eq!(count(&server, "leak").json(), wanted, "nothing of what was refused is kept");
    server.stop();

    let server = Server::start(folder.path());
    assert_eq!(count(&server, "leak").json(), wanted);
    let asked = server.api("POST", "/api/v1/erasures", br#"{"customer":"customer-2"}"#);
    assert!(asked.status < 300, "{asked:?}");
    let end = Instant::now() + Duration::from_mins(1);
    while server.api("GET", "/api/v1/erasures", b"").json()["items"][0]["state"] != "done" {
        assert!(Instant::now() < end, "the erasure does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(count(&server, "leak").json(), json!({ "listed": 3, "known": 2, "unknown": 1 }));
    assert_eq!(count(&server, "outage").status, 404, "an empty list is none");
    let delete = || server.api("DELETE", "/api/v1/incidents/leak/affected", b"").status;
    assert_eq!((delete(), delete(), count(&server, "leak").status), (204, 404, 404));
    server.stop();

    let location = match backend {
        Backend::Sqlite => StoreLocation::sqlite(folder.path().join("fidance.db")),
        Backend::Postgres(..) => return,
    };
    for entry in fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = if entry.is_file() { fs::read(&entry).unwrap() } else { Vec::new() };
        let wanted = b"secret-of-the-list";
        assert!(!bytes.windows(wanted.len()).any(|part| part == wanted), "{}", entry.display());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(Store::open(&location, OpenOptions::new(0))).unwrap();
    let noted = runtime.block_on(store.audit(None, 99)).unwrap().into_iter().map(|noted| noted.entry);
    let done: Vec<_> = noted
        .filter(|entry| entry.action.ends_with("affected"))
        .map(|entry| (entry.actor, entry.action, entry.object, entry.detail))
        .collect();
    let noted = |action: &str, object: &str, detail: &str| {
        ("api".to_owned(), format!("incident.{action}"), object.to_owned(), detail.to_owned())
    };
    assert_eq!(
        done,
        [
            noted("unaffected", "leak", ""),
            noted("affected", "outage", "1"),
            noted("affected", "leak", "4"),
            noted("affected", "leak", "4"),
        ]
    );
}

#[test]
fn lists_on_sqlite() {
    lists_outlive_a_restart_and_forget_the_erased(&Backend::Sqlite);
}

#[test]
fn lists_on_postgresql() {
    if let Some(backend) = Backend::postgres() {
        lists_outlive_a_restart_and_forget_the_erased(&backend);
    }
}
