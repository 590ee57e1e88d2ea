//! PostHog's events: which field becomes what, and every way to send them.

use fidance_wire::{Head, json::Value};

use crate::support::{TEN, ask, gzip, post, with};

fn events(body: &str) -> Vec<String> {
    ask(post("/batch/"), body.as_bytes()).unwrap()
}

#[test]
fn events_become_calls() {
    for (event, expected) in [
        (r#"{"event":"Signed In","distinct_id":"u1","uuid":"i"}"#, "track \"Signed In\" user=u1 id=i"),
        (
            r#"{"event":"Signed In","properties":{"distinct_id":"u1","$insert_id":"i"}}"#,
            "track \"Signed In\" user=u1 id=i",
        ),
        (
            r#"{"event":"$pageview","distinct_id":"u1","properties":{"title":"Home"}}"#,
            "page \"Home\" user=u1",
        ),
        (
            r#"{"event":"$screen","distinct_id":"u1","properties":{"$screen_name":"Start"}}"#,
            "screen \"Start\" user=u1",
        ),
        (
            r#"{"event":"$identify","distinct_id":"u1","properties":{"$anon_distinct_id":"v1","$device_id":"d"}}"#,
            "identify user=u1 anonymous=v1",
        ),
        (r#"{"event":"$set","distinct_id":"u1","$set":{"plan":"pro"}}"#, "identify user=u1"),
        (
            r#"{"event":"$create_alias","distinct_id":"u1","properties":{"alias":"v1"}}"#,
            "alias of v1 user=u1",
        ),
        (
            r#"{"event":"$groupidentify","distinct_id":"$company_acme","properties":{"$group_type":"company","$group_key":"acme"}}"#,
            "group account=acme",
        ),
        (
            r#"{"event":"e","distinct_id":"u1","properties":{"$groups":{"company":"acme","team":"x"}}}"#,
            "track \"e\" user=u1 account=acme",
        ),
        (r#"{"event":"$rageclick","distinct_id":"u1"}"#, "track \"$rageclick\" user=u1"),
        (
            r#"{"event":"e","distinct_id":"v1","properties":{"$is_identified":false}}"#,
            "track \"e\" anonymous=v1",
        ),
        (r#"{"event":"e","distinct_id":"v1","properties":{"$device_id":"v1"}}"#, "track \"e\" anonymous=v1"),
        (
            r#"{"event":"e","distinct_id":"u1","properties":{"$device_id":"v1"}}"#,
            "track \"e\" user=u1 anonymous=v1",
        ),
        (
            r#"{"event":"e","distinct_id":"u1","properties":{"revenue":9.9,"currency":"EUR"}}"#,
            "track \"e\" user=u1 amount=9.9 currency=EUR",
        ),
        (r#"{"event":"e","distinct_id":"distinct_id"}"#, "0 refused: reserved_id distinct_id"),
        (r#"{"event":"e"}"#, "0 refused: no_customer distinct_id"),
        (r#"{"distinct_id":"u1"}"#, "0 refused: no_event event"),
        (r#"{"event":"e","distinct_id":"u1","timestamp":"x"}"#, "0 refused: bad_time timestamp"),
    ] {
        assert_eq!(events(&format!("{{\"batch\":[{event}]}}")), [expected], "{event}");
        assert_eq!(events(event), [expected], "{event}");
        assert_eq!(events(&format!("[{event}]")), [expected], "{event}");
    }
}

#[test]
fn every_way_to_send_an_event() {
    let event = br#"{"event":"e","properties":{"distinct_id":"u1","token":"phc_x"}}"#;
    // The same bytes as the browser's library puts them: base64, alone or around gzip.
    let base64 = "eyJldmVudCI6ImUiLCJwcm9wZXJ0aWVzIjp7ImRpc3RpbmN0X2lkIjoidTEiLCJ0b2tlbiI6InBoY194In19";
    let encoded: String = form_urlencoded_of(event);
    let form = format!("data={base64}");
    let plain_form = format!("ip=1&data={encoded}");
    let gzipped = gzip(event);
    for (what, head, body) in [
        ("JSON", post("/e/"), event.to_vec()),
        ("gzip without a header", Head { query: "compression=gzip-js", ..post("/e/") }, gzipped.clone()),
        ("gzip with a header", Head { content_encoding: Some("gzip"), ..post("/capture") }, gzipped),
        (
            "base64 in a form",
            Head { query: "compression=base64", ..post("/track/") },
            form.clone().into_bytes(),
        ),
        ("JSON in a form", post("/e"), plain_form.into_bytes()),
        ("base64 alone", post("/i/v0/e/"), base64.as_bytes().to_vec()),
        ("in the query", Head { method: "GET", query: &form, ..post("/e/") }, Vec::new()),
    ] {
        assert_eq!(ask(head, &body).unwrap(), ["track \"e\" user=u1"], "{what}");
        let key = with(head, &body, |inbound| inbound.key.as_ref().map(|key| key.text.clone().into_owned()));
        assert_eq!(key.unwrap().as_deref(), Some("phc_x"), "{what}");
    }
}

fn form_urlencoded_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn persons_and_their_properties() {
    let head = post("/engage/");
    let body = br#"[{"$token":"t","$distinct_id":"u1","$set":{"plan":"pro"}},{"$distinct_id":"u2","$set_once":{"plan":"free"}}]"#;
    assert_eq!(ask(head, body).unwrap(), ["identify user=u1", "identify user=u2"]);
    let plans = with(head, body, |inbound| {
        let plan = |n: usize| inbound.messages[n].as_ref().unwrap().traits.get("plan").map(Value::into_owned);
        (plan(0), plan(1))
    });
    assert_eq!(plans.unwrap(), (Some(Value::Text("pro".into())), Some(Value::Text("free".into()))));
}

#[test]
fn times_of_a_batch() {
    let times = |head, body: &str| {
        with(head, body.as_bytes(), |inbound| inbound.messages[0].as_ref().unwrap().times).unwrap()
    };
    let event = r#""event":"e","distinct_id":"u1""#;
    let batch = times(
        post("/batch"),
        &format!(
            r#"{{"batch":[{{{event},"timestamp":"2026-11-21T10:00:00Z"}}],"sent_at":"2026-11-21T10:00:05Z","historical_migration":true}}"#
        ),
    );
    assert_eq!((batch.original, batch.sent, batch.historical), (Some(TEN), Some(TEN + 5_000_000), true));
    let browser = Head { query: "ip=1&_=1795255205000", ..post("/e/") };
    assert_eq!(times(browser, &format!("{{{event}}}")).sent, Some(TEN + 5_000_000));
    let ago = times(post("/e"), &format!(r#"{{{event},"offset":90000}}"#));
    assert_eq!(ago.correct(TEN).at, TEN - 90_000_000);
}
