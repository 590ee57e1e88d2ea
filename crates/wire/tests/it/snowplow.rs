//! Snowplow's events, as a POST and as a picture.

use fidance_wire::{Head, json::Value};

use crate::support::{TEN, ask, post, with};

const TP2: &str = "/com.snowplowanalytics.snowplow/tp2";

fn one(fields: &str) -> String {
    let body =
        format!(r#"{{"schema":"iglu:s/payload_data/jsonschema/1-0-4","data":[{{"eid":"i",{fields}}}]}}"#);
    ask(post(TP2), body.as_bytes()).unwrap().join("; ")
}

const DESCRIBED: &str = r#"{\"schema\":\"iglu:s/unstruct_event/jsonschema/1-0-0\",\"data\":{\"schema\":\"iglu:com.acme/order_completed/jsonschema/1-0-0\",\"data\":{\"revenue\":9.5,\"currency\":\"EUR\",\"plan\":\"pro\"}}}"#;

#[test]
fn events_become_calls() {
    for (fields, expected) in [
        (r#""e":"pv","page":"Home","uid":"u1","duid":"v1""#, "page \"Home\" user=u1 anonymous=v1 id=i"),
        (
            r#""e":"se","se_ac":"Signed In","se_va":"3","uid":"u1""#,
            "track \"Signed In\" user=u1 id=i amount=3",
        ),
        (
            r#""e":"tr","tr_tt":"12.50","tr_cu":"EUR","uid":"u1""#,
            "track \"Order Completed\" user=u1 id=i amount=12.5 currency=EUR",
        ),
        (r#""e":"tr","tr_tt":"x","uid":"u1""#, "0 refused: bad_amount tr_tt"),
        (
            r#""e":"pv","nuid":"n1","dtm":"1795255200000""#,
            "page \"\" anonymous=n1 at=2026-11-21T10:00:00Z id=i",
        ),
        (
            r#""e":"pv","uid":"u1","dtm":"1","ttm":"1795255200000""#,
            "page \"\" user=u1 at=2026-11-21T10:00:00Z id=i",
        ),
        (r#""e":"se","uid":"u1""#, "0 refused: no_event se_ac"),
        (r#""e":"zz","uid":"u1""#, "0 refused: unsupported_type e"),
        (r#""uid":"u1""#, "0 refused: unsupported_type e"),
        (r#""e":"ue","uid":"u1""#, "0 refused: incomplete ue_px"),
        (r#""e":"ue","uid":"u1","ue_pr":"{""#, "0 refused: not_json ue_pr"),
        (r#""e":"pp","uid":"u1""#, ""),
        (r#""e":"ti","uid":"u1""#, ""),
    ] {
        assert_eq!(one(fields), expected, "{fields}");
    }
    let plain = one(&format!(r#""e":"ue","uid":"u1","ue_pr":"{DESCRIBED}""#));
    assert_eq!(plain, "track \"order_completed\" user=u1 id=i amount=9.5 currency=EUR");
}

#[test]
fn a_self_describing_event_may_be_base64() {
    let json = DESCRIBED.replace("\\\"", "\"");
    let encoded = base64_url(json.as_bytes());
    let body = format!(
        r#"{{"data":[{{"e":"ue","eid":"i","uid":"u1","ue_px":"{encoded}","stm":"1795255201000"}}]}}"#
    );
    assert_eq!(
        ask(post(TP2), body.as_bytes()).unwrap(),
        ["track \"order_completed\" user=u1 id=i amount=9.5 currency=EUR"]
    );
    with(post(TP2), body.as_bytes(), |inbound| {
        let message = inbound.messages[0].as_ref().unwrap();
        assert_eq!(message.properties.get("plan"), Some(Value::Text("pro".into())));
        assert_eq!(message.times.sent, Some(TEN + 1_000_000));
    })
    .unwrap();
}

#[test]
fn the_picture_has_one_event_in_its_query() {
    let head = Head {
        method: "GET",
        path: "/i",
        query: "e=pv&page=A+%26%20B&uid=u1&eid=i&dtm=1795255200000&aid=shop",
        ..Head::default()
    };
    assert_eq!(ask(head, b"").unwrap(), ["page \"A & B\" user=u1 at=2026-11-21T10:00:00Z id=i"]);
    let key = with(head, b"", |inbound| inbound.key.as_ref().map(|key| key.text.clone().into_owned()));
    assert_eq!(key.unwrap().as_deref(), Some("shop"));
    assert!(ask(Head { query: "", ..head }, b"").is_err());
}

fn base64_url(bytes: &[u8]) -> String {
    let alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain([b'-', b'_']).collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(alphabet[(word >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}
