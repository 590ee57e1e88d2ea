//! A running server finds a fall in what it was sent, keeps the alarm, and takes what people say of it.

use std::time::{Duration, Instant};

use fidance_store::{OpenOptions, Store, StoreLocation};
use jiff::{ToSpan as _, civil::date};
use serde_json::{Value, json};

use crate::serve_support::{Server, ask, configure, key_of};

const CUSTOMERS: u64 = 300;
const WEEKS: i32 = 73;
/// From here on, half of those who would come back stay away.
const FALL: i32 = 66;

/// Whether a customer orders in a week: every other time, spread by a hash that is the same in every run.
fn orders(customer: u64, week: i32) -> bool {
    let mixed = (customer * 1_000 + u64::from(week.unsigned_abs()) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 33) % 100 < if week < FALL { 50 } else { 25 }
}

/// A shop whose customers order every other week, until a fall in April 2025.
fn shop() -> Vec<Value> {
    let mut sent = Vec::new();
    for week in 0..WEEKS {
        for customer in (0..CUSTOMERS).filter(|customer| orders(*customer, week)) {
            let day = date(2024, 1, 1) + week.weeks() + ((customer % 7) as i32).days();
            sent.push(json!({
                "type": "track",
                "event": "Order Completed",
                "messageId": format!("{customer}-{week}"),
                "userId": format!("customer-{customer}"),
                "timestamp": format!("{day}T10:00:00Z"),
                "properties": { "revenue": 20 }
            }));
        }
    }
    sent
}

fn alarms(server: &Server) -> Vec<Value> {
    let page = server.api("GET", "/api/v1/alarms", b"").json();
    page["items"].as_array().unwrap().clone()
}

/// The alarms, once they are as wanted.
fn until(server: &Server, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let end = Instant::now() + Duration::from_mins(2);
    loop {
        let found = alarms(server);
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < end, "{found:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn put(server: &Server, id: &str, entry: &Value) {
    let answer = server.api("PUT", &format!("/api/v1/incidents/{id}"), entry.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The ids of the events that the diagnosis of an alarm names, once this one is among them.
fn causes_with(server: &Server, cookie: &str, alarm: &str, event: &str) -> Vec<String> {
    let path = format!("/api/v1/diagnosis/{alarm}");
    let end = Instant::now() + Duration::from_mins(2);
    loop {
        let answer = ask(server.console, "GET", &path, &[("cookie", cookie)], b"");
        assert_eq!(answer.status, 200, "{answer:?}");
        let diagnosis = answer.json();
        let causes = diagnosis["causes"].as_array().unwrap().iter();
        let ids: Vec<_> = causes.map(|cause| cause["event"]["id"].as_str().unwrap().to_owned()).collect();
        if ids.iter().any(|id| id == event) {
            return ids;
        }
        assert!(Instant::now() < end, "{diagnosis}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_fall_becomes_an_alarm_that_people_see_explain_and_close() {
    let folder = tempfile::tempdir().unwrap();
    configure(
        folder.path(),
        "[alarm]\nyears = 2\nrecipients = [\"ops@shop.example\"]\n\
         [mail]\nhost = \"127.0.0.1\"\nsecurity = \"none\"\nfrom = \"fidance@shop.example\"\n",
    );
    let server = Server::start(folder.path());
    let key = key_of(folder.path());
    let leak = json!({ "type": "data_breach", "title": "The leak", "disclosed": "2025-04-07" });
    put(&server, "leak", &leak);
    for batch in shop().chunks(1_500) {
        assert_eq!(server.batch(&key, &json!(batch)).status, 200);
    }
    server.drained();
    let found = until(&server, |found| found.iter().any(|alarm| alarm["series"] == "returns"));
    let alarm = found.iter().find(|alarm| alarm["series"] == "returns").unwrap();
    let id = alarm["id"].as_str().unwrap().to_owned();
    assert_eq!((&alarm["state"], &alarm["closed_at"]), (&"raised".into(), &Value::Null));
    assert_eq!(alarm["found"]["onset"]["week"], "2025-04-07", "{alarm}");
    assert!(alarm["found"]["fall"]["relative"]["high"].as_f64().unwrap() < -0.3, "{alarm}");

    // The diagnosis names what was known of before the fall, and what is put into the register later.
    let opened = ask(server.console, "GET", &server.link, &[], b"");
    let cookie = opened.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let found = alarm["found"]["id"].as_str().unwrap();
    causes_with(&server, &cookie, found, "leak");
    put(&server, "prices", &json!({ "type": "price_change", "from": "2025-04-08" }));
    let both = causes_with(&server, &cookie, found, "prices");
    assert!(both.iter().any(|id| id == "leak"), "{both:?}");

    // What people say at the console, in forms that need no script.
    let say = |what: &str, form: &str, site: &str| {
        let headers = [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", site),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        ask(server.console, "POST", &format!("/alarm/{id}/{what}"), &headers, form.as_bytes())
    };
    let page = || ask(server.console, "GET", &format!("/alarm/{id}"), &[("cookie", &cookie)], b"").body;
    assert!(page().contains("Nobody has said that they saw it."));
    assert_eq!(say("acknowledge", "", "cross-site").status, 403);
    assert!(page().contains("Nobody has said that they saw it."));
    let sent = say("acknowledge", "", "same-origin");
    assert_eq!((sent.status, sent.header("location").unwrap()), (303, format!("/alarm/{id}#said").as_str()));
    assert!(page().contains("Seen at the console on "));
    for (form, status, told) in [
        ("event=&note=+", 422, "choose an event"),
        ("event=nothing&note=x", 422, "no longer has this event"),
        ("event=&note=a%00b", 422, "cannot be shown"),
        ("event=&note=A+strike%0D%0Aof+the+post", 303, ""),
    ] {
        let answer = say("explain", form, "same-origin");
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.contains(told), "{answer:?}");
    }
    let long = format!("event=leak&note={}", "a".repeat(2_001));
    assert!(say("explain", &long, "same-origin").body.contains("at most 2,000 characters"));
    assert!(
        page().contains("Explained by the note, at the console on ") && page().contains("<p>of the post</p>")
    );
    let shown = server.api("GET", &format!("/api/v1/alarms/{id}"), b"").json();
    assert_eq!((&shown["state"], &shown["explained_by"]), (&"explained".into(), &Value::Null));
    assert_eq!(
        (&shown["note"], &shown["acknowledged_by"]),
        (&"A strike\nof the post".into(), &"console".into())
    );
    for who in ["explained_who", "noted_who"] {
        assert_eq!(shown[who], "console", "{shown}");
    }
    assert!(shown["explained_at"].is_string() && shown["noted_at"].is_string(), "{shown}");
    assert_eq!(say("explain", "event=leak&note=", "same-origin").status, 303);
    assert!(page().contains("Explained by “The leak”, at the console on "));

    let call =
        |what: &str, body: &str| server.api("POST", &format!("/api/v1/alarms/{id}/{what}"), body.as_bytes());
    let seen = call("acknowledge", "");
    assert_eq!((seen.status, &seen.json()["state"]), (200, &"explained".into()), "{seen:?}");
    assert_eq!(seen.json()["acknowledged_by"], "console", "whoever was first stays");
    let explained = call("explain", r#"{"event":"leak","note":"in the papers"}"#).json();
    assert_eq!(
        (&explained["state"], &explained["explained_by"], &explained["note"]),
        (&"explained".into(), &"leak".into(), &"in the papers".into())
    );
    let closed = call("close", "{}").json();
    assert_eq!((&closed["state"], &closed["closed_as"]), (&"closed".into(), &"person".into()));
    let who = [&closed["explained_who"], &closed["noted_who"], &closed["closed_who"]];
    assert_eq!(who, ["console", "api", "api"], "the event was named at the console first");
    assert_eq!(call("acknowledge", "").status, 409);
    assert!(page().contains("Closed by a program, over the API, on ") && !page().contains("/acknowledge"));
    let again = say("acknowledge", "", "same-origin");
    assert!(again.status == 409 && again.body.contains("closed meanwhile"), "{again:?}");
    for (body, status) in [("{}", 400), (r#"{"event":" "}"#, 400), (r#"{"event":"a\u0000"}"#, 400)] {
        assert_eq!(call("explain", body).status, status, "{body}");
    }
    for id in ["returns-2020-01-06", "Returns-2025-04-07", "x", "%00-2025-04-07", "%ff"] {
        assert_eq!(server.api("GET", &format!("/api/v1/alarms/{id}"), b"").status, 404, "{id}");
    }
    assert_eq!(server.api("GET", "/api/v1/alarms?cursor=x", b"").status, 400);
    server.stop();

    // It is known after a restart, and does not come back; nor is anybody told of what is this old.
    let server = Server::start(folder.path());
    let known = until(&server, |found| !found.is_empty());
    let again = known.iter().find(|alarm| alarm["id"] == id.as_str()).unwrap();
    assert_eq!(again["state"], "closed");
    server.stop();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let location = StoreLocation::sqlite(folder.path().join("fidance.db"));
    let store = runtime.block_on(Store::open(&location, OpenOptions::new(0))).unwrap();
    assert_eq!(runtime.block_on(store.notices(None, 9)).unwrap(), []);
}
