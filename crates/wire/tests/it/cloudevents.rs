//! CloudEvents in their three modes, and JSON lines, which use the same words.

use fidance_wire::{Head, Inbound};

use crate::support::{ask, post, with};

const PATH: &str = "/v1/cloudevents";

#[test]
fn an_event_is_read_in_all_three_modes() {
    let event = r#"{"specversion":"1.0","id":"7","source":"/shop","type":"Order Completed","time":"2026-11-21T10:00:00Z","subject":"s1","data":{"customer":"u1","amount":9.5,"currency":"EUR"}}"#;
    let expected =
        "track \"Order Completed\" user=u1 at=2026-11-21T10:00:00Z id=/shop|7 amount=9.5 currency=EUR";
    let structured = Head { content_type: Some("application/cloudevents+json"), ..post(PATH) };
    assert_eq!(ask(structured, event.as_bytes()).unwrap(), [expected]);
    let batch = Head { content_type: Some("application/cloudevents-batch+json"), ..post(PATH) };
    assert_eq!(ask(batch, format!("[{event},{event}]").as_bytes()).unwrap(), [expected, expected]);
    assert_eq!(ask(batch, b"[]").unwrap(), [""; 0]);
    let headers = [
        ("Ce-Specversion", "1.0"),
        ("ce-id", "7"),
        ("ce-source", "/shop"),
        ("ce-type", "Order%20Completed"),
        ("ce-time", "2026-11-21T10:00:00Z"),
        ("ce-subject", "s1"),
    ];
    let binary = Head { content_type: Some("application/json"), ce: &headers, ..post(PATH) };
    assert_eq!(ask(binary, br#"{"customer":"u1","amount":9.5,"currency":"EUR"}"#).unwrap(), [expected]);
    assert_eq!(
        ask(binary, b"").unwrap(),
        ["track \"Order Completed\" user=s1 at=2026-11-21T10:00:00Z id=/shop|7"]
    );
    assert!(ask(binary, b"{\"a\":1} 2").is_err());
}

#[test]
fn what_an_event_must_have() {
    for (fields, expected) in [
        (r#""id":"1","source":"s","type":"e","subject":"u1""#, "track \"e\" user=u1 id=s|1"),
        (
            r#""id":"1","source":"s","type":"e","subject":"u1","data":{"userId":"u2"}"#,
            "track \"e\" user=u2 id=s|1",
        ),
        (r#""id":"1","source":"s","type":"e","subject":"u1","data":"text""#, "track \"e\" user=u1 id=s|1"),
        (
            r#""id":"1","source":"s","type":"e","data_base64":"eyJjdXN0b21lciI6InU5IiwiYW1vdW50IjozfQ==""#,
            "track \"e\" user=u9 id=s|1 amount=3",
        ),
        (r#""id":"1","source":"s","type":"e""#, "0 refused: no_customer subject"),
        (r#""id":"1","source":"s","subject":"u1""#, "0 refused: no_event type"),
        (r#""id":"1","type":"e","subject":"u1""#, "0 refused: incomplete source"),
        (r#""source":"s","type":"e","subject":"u1""#, "0 refused: incomplete id"),
        (r#""id":"1","source":"s","type":"e","data":{"customer":"null"}"#, "0 refused: reserved_id customer"),
        (
            r#""id":"1","source":"s","type":"e","data":{"customer":"a","amount":"x"}"#,
            "0 refused: bad_amount amount",
        ),
    ] {
        let event = format!(r#"{{"specversion":"1.0",{fields}}}"#);
        assert_eq!(ask(post(PATH), event.as_bytes()).unwrap(), [expected], "{fields}");
    }
    let old = br#"{"specversion":"0.2","id":"1","source":"s","type":"e","subject":"u1"}"#;
    assert_eq!(ask(post(PATH), old).unwrap(), ["0 refused: unsupported_type specversion"]);
}

#[test]
fn lines_are_wrong_one_by_one() {
    let body = b"\xef\xbb\xbf{\"customer\":\"u1\",\"event\":\"Order Completed\",\"at\":\"2026-11-21\",\"amount\":\"9.50\",\"message_id\":\"m1\"}\r\n\
        \n{\"userId\":7,\"event\":\"Signed In\",\"timestamp\":1795255200,\"id\":9}\n{broken\n{\"customer\":\"\xff\"}\n[1]\n\
        {\"customer\":\"u1\"}\n{\"event\":\"e\"}\n{\"customer\":\"u1\",\"event\":\"e\",\"at\":\"x\"} \n{\"customer\":\"u1\",\"event\":\"e\"} {}";
    assert_eq!(
        ask(post("/v1/ndjson"), body).unwrap(),
        [
            "track \"Order Completed\" user=u1 at=2026-11-21T00:00:00Z id=m1 amount=9.5",
            "track \"Signed In\" user=7 at=2026-11-21T10:00:00Z id=9",
            "3 refused: not_json ",
            "4 refused: not_json ",
            "5 refused: not_an_object ",
            "6 refused: no_event event",
            "7 refused: no_customer customer",
            "8 refused: bad_time at",
            "9 refused: not_json ",
        ]
    );
    let index = |inbound: &Inbound<'_>| inbound.messages[1].as_ref().unwrap().index;
    assert_eq!(with(post("/v1/ndjson"), body, index), Ok(2));
}
