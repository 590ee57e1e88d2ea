//! The server as clients and operators meet it: the real program, on free ports, with both kinds of store.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    serve_support::{Backend, Server, TOKEN, ask, exported, key_of},
    support::{report, run},
};

on_both!(
    every_protocol_arrives_once_with_its_customer_and_time,
    a_file_and_a_client_are_one,
    visitors_become_customers_and_shared_devices_join_nobody,
    whoever_refuses_is_only_counted,
    refused_messages_can_be_repaired_and_replayed,
    strangers_are_refused,
    the_console_needs_its_link_and_this_machine,
    a_stop_loses_nothing,
    sources_and_keys_from_the_command_line,
);

fn folder(backend: &Backend, more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    backend.configure(folder.path(), more);
    folder
}

/// A Segment message of an order.
fn order(id: &str, user: &str, at: &str, value: f64) -> Value {
    json!({ "type": "track", "event": "Order Completed", "messageId": id, "userId": user, "timestamp": at,
            "properties": { "revenue": value, "country": "FR" } })
}

/// Path, headers, body.
type Request<'a> = (&'a str, Vec<(&'a str, &'a str)>, Value);

/// Rows of an event: customer, instant.
fn rows_of(events: &[Vec<String>], kind: &str) -> Vec<(String, String)> {
    events.iter().filter(|row| row[2] == kind).map(|row| (row[0].clone(), row[1].clone())).collect()
}

fn every_protocol_arrives_once_with_its_customer_and_time(backend: &Backend) {
    let folder = folder(backend, "[business]\nactivity = []\n");
    let server = Server::start(folder.path());
    let key = server.key.clone().unwrap();
    let basic = format!("Bearer {key}");
    let auth: [(&str, &str); 1] = [("authorization", &basic)];
    let tp2 = "/com.snowplowanalytics.snowplow/tp2";
    let requests: Vec<Request<'_>> = vec![
        (
            "/v1/batch",
            vec![],
            json!({ "writeKey": key, "batch": [order("s1", "ada", "2026-01-01T10:00:00Z", 12.5)] }),
        ),
        (
            "/v1/track",
            auth.to_vec(),
            json!({ "event": "Segment One", "messageId": "s2", "userId": "ada", "timestamp": "2026-01-02T10:00:00Z" }),
        ),
        (
            "/batch",
            vec![],
            json!({ "api_key": key, "batch": [{ "event": "PostHog", "uuid": "p1", "distinct_id": "ada",
                    "timestamp": "2026-01-03T10:00:00Z", "properties": {} }] }),
        ),
        (
            "/v1/cloudevents",
            [&auth[..], &[("content-type", "application/cloudevents+json")]].concat(),
            json!({ "specversion": "1.0", "id": "c1", "source": "/shop", "type": "Cloud Event", "subject": "ada",
                    "time": "2026-01-04T10:00:00Z", "data": { "userId": "ada" } }),
        ),
        (
            tp2,
            auth.to_vec(),
            json!({ "schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
                    "data": [{ "e": "pv", "eid": "7a1c1a0e-0000-4000-8000-000000000001", "uid": "ada", "p": "web",
                               "ttm": "1767607200000", "tv": "js" }] }),
        ),
        (
            "/v1/ndjson",
            auth.to_vec(),
            json!({ "event": "Line", "message_id": "n1", "user_id": "ada", "timestamp": "2026-01-06T10:00:00Z" }),
        ),
        (
            "/v1/keycloak",
            auth.to_vec(),
            json!({ "id": "k1", "time": 1_767_780_000_000_u64, "type": "LOGIN", "realmId": "shop", "userId": "ada" }),
        ),
        (
            "/v1/ocsf",
            auth.to_vec(),
            json!({ "class_uid": 3002, "activity_id": 1, "category_uid": 3, "severity_id": 1, "type_uid": 300_201,
                    "time": 1_767_866_400_000_u64, "status_id": 1, "metadata": { "uid": "o1", "version": "1.3.0" },
                    "user": { "uid": "ada" } }),
        ),
    ];
    for round in 0..2 {
        for (path, headers, body) in &requests {
            let answer = server.send("POST", path, headers, body.to_string().as_bytes());
            assert!(answer.status < 300, "round {round}, {path}: {answer:?}");
        }
    }
    server.drained();
    let events = exported(folder.path());
    let mut instants: Vec<&str> = events.iter().map(|row| &row[1][..10]).collect();
    instants.sort_unstable();
    let expected: Vec<String> = (1..=8).map(|day| format!("2026-01-0{day}")).collect();
    assert_eq!(instants, expected, "{events:?}");
    assert!(events.iter().all(|row| row[0] == events[0][0]), "one customer: {events:?}");
    let ordered = events.iter().find(|row| row[2] == "Order Completed").unwrap();
    assert_eq!(ordered[3], "12.5");
    // The same after a restart.
    server.stop();
    let server = Server::start(folder.path());
    for (path, headers, body) in &requests {
        assert!(server.send("POST", path, headers, body.to_string().as_bytes()).status < 300);
    }
    server.drained();
    assert_eq!(exported(folder.path()).len(), 8);
    server.stop();
}

fn a_file_and_a_client_are_one(backend: &Backend) {
    let folder = folder(backend, "[segments]\ncountry = [\"country\"]\n");
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    let batch = json!([
        order("m1", "ada", "2026-01-01T10:00:00Z", 1.0),
        order("m2", " ada ", "2026-01-05T10:00:00Z", 2.0)
    ]);
    assert_eq!(server.batch(&key, &batch).status, 200);
    server.drained();
    server.stop();
    let csv = "customer,at,event,value,message_id\nada,2026-01-01T10:00:00Z,Order Completed,1,m1\nada,2026-02-01T10:00:00Z,Order Completed,1,m3\n";
    fs::write(folder.path().join("orders.csv"), csv).unwrap();
    let (code, told, error) =
        run(folder.path(), &["import", "orders.csv", "--lake", "lake", "--source", "default"]);
    assert!(code == 0 && told.contains("1 had been taken in before"), "{told}{error}");
    let events = exported(folder.path());
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|row| row[0] == events[0][0]), "{events:?}");
    let report = report(folder.path(), &["--lake", "lake"]);
    assert_eq!(report["input"]["rows_used"], 3);
}

fn visitors_become_customers_and_shared_devices_join_nobody(backend: &Backend) {
    let folder = folder(backend, "[business]\nactivity = []\n");
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    let page = |id: &str, anonymous: &str| json!({ "type": "page", "messageId": id, "anonymousId": anonymous, "timestamp": "2026-01-01T10:00:00Z" });
    let identify = |anonymous: &str, user: &str| json!({ "type": "identify", "messageId": format!("{anonymous}{user}"), "anonymousId": anonymous, "userId": user, "traits": { "email": "a@example.org" } });
    let first = json!([
        page("1", "visitor-1"),
        page("2", "visitor-2"),
        identify("visitor-1", "ada"),
        order("3", "ada", "2026-01-02T10:00:00Z", 1.0)
    ]);
    assert_eq!(server.batch(&key, &first).status, 200);
    server.drained();
    // The same device, another person.
    let second = json!([identify("visitor-1", "bob"), order("4", "bob", "2026-01-03T10:00:00Z", 1.0)]);
    assert_eq!(server.batch(&key, &second).status, 200);
    server.drained();
    let events = exported(folder.path());
    let of = |kind: &str| rows_of(&events, kind);
    let (pages, orders) = (of("Page Viewed"), of("Order Completed"));
    let (ada, bob) = (
        &orders.iter().find(|row| row.1.contains("01-02")).unwrap().0,
        &orders.iter().find(|row| row.1.contains("01-03")).unwrap().0,
    );
    assert_ne!(ada, bob);
    assert_eq!(pages.iter().filter(|(customer, _)| customer == ada).count(), 1, "{events:?}");
    assert_eq!(pages.iter().filter(|(customer, _)| customer == bob).count(), 0);
}

fn whoever_refuses_is_only_counted(backend: &Backend) {
    let folder = folder(backend, "");
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    let body = json!({ "batch": [order("1", "ada", "2026-01-01T10:00:00Z", 1.0)] }).to_string();
    let auth = format!("Bearer {key}");
    let answer =
        server.send("POST", "/v1/batch", &[("authorization", &auth), ("sec-gpc", "1")], body.as_bytes());
    assert_eq!(answer.status, 200);
    let agreed = json!([order("2", "bob", "2026-01-01T10:00:00Z", 1.0)]);
    assert_eq!(server.batch(&key, &agreed).status, 200);
    server.drained();
    assert_eq!(exported(folder.path()).len(), 1);
    let metrics = server.send("GET", "/metrics", &[], b"").body;
    assert!(metrics.contains("fidance_events_counted_only_total 1"), "{metrics}");
    assert!(metrics.contains("fidance_events_accepted_total 1"), "{metrics}");
}

fn refused_messages_can_be_repaired_and_replayed(backend: &Backend) {
    let folder = folder(backend, "");
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    let mut wrong = order("1", "ada", "2026-01-01T10:00:00Z", 1.0);
    wrong["timestamp"] = json!("yesterday");
    assert_eq!(server.batch(&key, &json!([wrong, wrong])).status, 200);
    let listed = server.api("GET", "/api/v1/dead-letters?reason=bad_time&limit=1", b"").json();
    let id = listed["items"][0]["id"].as_i64().unwrap();
    assert_eq!(
        (&listed["items"][0]["field"], &listed["next"]),
        (&json!("timestamp"), &json!(id.to_string()))
    );
    let path = format!("/api/v1/dead-letters/{id}");
    assert_eq!(server.api("POST", &format!("{path}/replay"), b"").status, 422);
    let right = order("1", "ada", "2026-01-01T10:00:00Z", 1.0).to_string();
    assert_eq!(server.api("PUT", &path, right.as_bytes()).status, 204);
    assert_eq!(server.api("POST", &format!("{path}/replay"), b"").status, 204);
    server.drained();
    assert_eq!(exported(folder.path()).len(), 1);
    assert!(server.api("GET", &path, b"").json()["replayed_at"].is_string());
    assert_eq!(server.api("DELETE", &path, b"").status, 204);
    assert_eq!(server.api("GET", &path, b"").status, 404);
    // The other one from the command line, beside no server.
    server.stop();
    let (code, told, _) = run(folder.path(), &["dead-letters", "list"]);
    assert!(code == 0 && told.lines().count() == 1 && told.contains("bad_time"), "{told}");
    let id = told.split(' ').next().unwrap();
    fs::write(folder.path().join("right.json"), order("2", "ada", "2026-01-02T10:00:00Z", 1.0).to_string())
        .unwrap();
    for arguments in [vec!["repair", id, "right.json"], vec!["replay", id]] {
        let (code, told, error) = run(folder.path(), &[&["dead-letters"], &arguments[..]].concat());
        assert_eq!(code, 0, "{told}{error}");
    }
    let server = Server::start(folder.path());
    server.drained();
    assert_eq!(exported(folder.path()).len(), 2);
}

fn strangers_are_refused(backend: &Backend) {
    let folder = folder(backend, "");
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    let orders = json!([order("1", "ada", "2026-01-01T10:00:00Z", 1.0)]);
    assert_eq!(server.batch("fs_0000000000000000000000000000000000000000", &orders).status, 401);
    assert_eq!(server.batch("", &orders).status, 401);
    assert_eq!(server.send("GET", "/v1/batch", &[], b"").status, 405);
    assert_eq!(server.send("POST", "/v1/nothing", &[], b"{}").status, 404);
    let large = vec![b' '; 11 << 20];
    assert_eq!(server.send("POST", "/v1/ndjson", &[("x-write-key", &key)], &large).status, 413);
    let basic = format!("Bearer {key}");
    assert_eq!(server.send("POST", "/v1/batch", &[("authorization", &basic)], b"{\"batch\":").status, 400);
    // A key for browsers, from the right page and from another.
    let made = server.api(
        "POST",
        "/api/v1/sources/1/keys",
        b"{\"kind\":\"browser\",\"origins\":[\"https://shop.example\"]}",
    );
    assert_eq!(made.status, 201, "{made:?}");
    let key = made.json()["key"].as_str().unwrap().to_owned();
    let body = json!({ "batch": orders, "writeKey": key }).to_string();
    let from = |origin: &str| server.send("POST", "/v1/batch", &[("origin", origin)], body.as_bytes());
    assert_eq!(from("https://evil.example").status, 403);
    assert_eq!(server.send("POST", "/v1/batch", &[], body.as_bytes()).status, 403);
    let right = from("https://shop.example");
    assert_eq!(
        (right.status, right.header("access-control-allow-origin")),
        (200, Some("https://shop.example"))
    );
    let asked = [("origin", "https://shop.example"), ("access-control-request-headers", "content-type")];
    let preflight = server.send("OPTIONS", "/v1/batch", &asked, b"");
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-headers")),
        (204, Some("content-type"))
    );
    // Revoked at once.
    let id = made.json()["id"].as_i64().unwrap();
    assert_eq!(server.api("DELETE", &format!("/api/v1/keys/{id}"), b"").status, 204);
    assert_eq!(from("https://shop.example").status, 401);
    // The API needs its token, and the address of this machine.
    assert_eq!(ask(server.console, "GET", "/api/v1/sources", &[], b"").status, 401);
    let foreign = [("host", "evil.example"), ("authorization", &format!("Bearer {TOKEN}") as &str)];
    assert_eq!(ask(server.console, "GET", "/api/v1/sources", &foreign, b"").status, 421);
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 200);
}

fn the_console_needs_its_link_and_this_machine(backend: &Backend) {
    let folder = folder(backend, "");
    let server = Server::start(folder.path());
    let get = |path: &str, headers: &[(&str, &str)]| ask(server.console, "GET", path, headers, b"");
    assert_eq!(get("/", &[]).status, 401);
    assert_eq!(get("/api/v1/report", &[]).status, 401);
    assert_eq!(get("/open/0123456789", &[]).status, 401);
    assert_eq!(get(&server.link, &[("host", "evil.example")]).status, 421);
    let opened = get(&server.link, &[]);
    let cookie = opened.header("set-cookie").unwrap().to_owned();
    assert!(
        opened.status == 303 && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{opened:?}"
    );
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(get(&server.link, &[]).status, 401, "a link works once");
    assert_eq!(get("/", &[("cookie", cookie)]).status, 422, "nothing to count yet");
    assert_eq!(get("/", &[("cookie", cookie), ("host", "evil.example")]).status, 421);
    // An event that is acknowledged is in the barometer within ten seconds.
    let key = key_of(folder.path());
    let orders: Vec<Value> = (1..=28)
        .map(|day| order(&day.to_string(), "ada", &format!("2026-01-{day:02}T10:00:00Z"), 1.0))
        .collect();
    assert_eq!(server.batch(&key, &json!(orders)).status, 200);
    let began = Instant::now();
    while get("/api/v1/report", &[("cookie", cookie)]).status != 200 {
        assert!(began.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(100));
    }
    let second = get("/api/v1/report", &[("cookie", cookie)]).json();
    assert_eq!(second["input"]["rows_used"], 28);
    assert_eq!(server.batch(&key, &json!([order("29", "bob", "2026-01-29T10:00:00Z", 1.0)])).status, 200);
    let began = Instant::now();
    while get("/api/v1/report", &[("cookie", cookie)]).json()["input"]["rows_used"] != 29 {
        assert!(began.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("an acknowledged event was in the barometer after {:?}", began.elapsed());
    let log = fs::read_to_string(folder.path().join("serve.log")).unwrap();
    assert!(!log.contains(&server.link) && !log.contains("ada"), "{log}");
}

fn a_stop_loses_nothing(backend: &Backend) {
    let folder = folder(backend, "");
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    for n in 0..20 {
        assert_eq!(
            server.batch(&key, &json!([order(&n.to_string(), "ada", "2026-01-01T10:00:00Z", 1.0)])).status,
            200
        );
    }
    server.stop();
    assert_eq!(exported(folder.path()).len(), 20, "what was acknowledged was carried over before the end");
}

#[test]
fn a_wrong_configuration_is_told_with_its_key_and_line() {
    let folder = folder(&Backend::Sqlite, "[privacy]\ndead_letter_day = 3\n");
    let (code, _, told) = run(folder.path(), &["serve", "--config", "fidance.toml"]);
    assert!(code == 1 && told.contains("fidance.toml, line 8 (dead_letter_day)"), "{told}");
    let (code, printed, _) = run(folder.path(), &["config"]);
    assert!(code == 0 && printed.contains("dead_letter_days"));
}

fn sources_and_keys_from_the_command_line(backend: &Backend) {
    let folder = folder(backend, "");
    let server = Server::start(folder.path());
    let command = |arguments: &[&str]| {
        let (code, told, error) = run(folder.path(), arguments);
        assert_eq!(code, 0, "{told}{error}");
        told
    };
    command(&["source", "add", "app", "--consent", "if_given"]);
    assert!(command(&["source", "list"]).contains("app  if_given"));
    let key = command(&["key", "add", "app"]).trim().to_owned();
    let orders = json!([order("1", "ada", "2026-01-01T10:00:00Z", 1.0)]);
    assert_eq!(server.batch(&key, &orders).status, 200);
    server.drained();
    assert_eq!(exported(folder.path()).len(), 0, "without consent it is only counted");
    assert!(command(&["key", "list"]).lines().count() == 2);
    server.stop();
    assert!(command(&["migrate"]).contains("schema"));
}
