//! What each client is told.

use fidance_wire::{
    Endpoint, Head, Kind, WireError, read,
    reply::{Outcome, PIXEL, Reply, reply},
};

use crate::support::post;

fn body(reply: &Reply) -> String {
    String::from_utf8(reply.body.to_vec()).unwrap()
}

/// The answer to a body, all of whose good messages are new.
fn answer(endpoint: Endpoint, path: &str, body: &[u8]) -> Reply {
    let head = Head { method: "POST", path, ..Head::default() };
    let inbound = read(endpoint, &head, body).unwrap();
    reply(endpoint, path, &Outcome::Taken { inbound: &inbound, duplicates: 0 })
}

#[test]
fn taken_requests_are_answered_as_clients_know_it() {
    let event =
        br#"{"event":"e","userId":"u1","distinct_id":"u1","customer":"u1","type":"LOGIN","class_uid":1}"#;
    let batch = [b"{\"batch\":[".as_slice(), event, b"]}"].concat();
    let cloud = br#"{"specversion":"1.0","id":"1","source":"s","type":"e","subject":"u"}"#;
    let verdict = r#""fidance":{"taken":1,"duplicates":0,"passed":0,"refused":0}"#;
    let passed = r#""fidance":{"taken":0,"duplicates":0,"passed":1,"refused":0}"#;
    for (endpoint, path, sent, status, expected) in [
        (
            Endpoint::SegmentOne(Kind::Track),
            "/v1/track",
            event.to_vec(),
            200,
            format!("{{\"success\":true,{verdict}}}"),
        ),
        (Endpoint::SegmentBatch, "/beacon/v1/batch", batch, 200, "OK".to_owned()),
        (Endpoint::PostHogCapture, "/e/", event.to_vec(), 200, format!("{{\"status\":1,{verdict}}}")),
        (
            Endpoint::PostHogEvents,
            "/i/v0/e/",
            event.to_vec(),
            200,
            format!("{{\"status\":\"Ok\",{verdict}}}"),
        ),
        (Endpoint::Ndjson, "/v1/ndjson", event.to_vec(), 200, format!("{{{verdict}}}")),
        (Endpoint::Ocsf, "/v1/ocsf", event.to_vec(), 200, format!("{{{passed}}}")),
        (Endpoint::CloudEvents, "/v1/cloudevents", cloud.to_vec(), 204, String::new()),
        (Endpoint::SnowplowTp2, "/", b"{\"data\":[]}".to_vec(), 200, String::new()),
    ] {
        let reply = answer(endpoint, path, &sent);
        assert_eq!((reply.status, body(&reply)), (status, expected), "{path}");
        assert_eq!(reply.content_type.is_empty(), reply.body.is_empty(), "{path}");
    }
    let inbound =
        read(Endpoint::SnowplowPixel, &Head { method: "GET", ..post("/i") }, b"{\"data\":[]}").unwrap();
    let pixel = reply(Endpoint::SnowplowPixel, "/i", &Outcome::Taken { inbound: &inbound, duplicates: 0 });
    assert_eq!((pixel.status, pixel.content_type, pixel.body.as_ref()), (200, "image/gif", PIXEL.as_slice()));
}

#[test]
fn refused_messages_are_listed_and_counted() {
    let reply = answer(
        Endpoint::SegmentBatch,
        "/v1/batch",
        br#"{"batch":[{"type":"track","event":"e","userId":"u1"},{"type":"track","event":"e","messageId":"m\"1"}]}"#,
    );
    assert_eq!(reply.status, 200);
    assert_eq!(
        body(&reply),
        r#"{"success":true,"fidance":{"taken":1,"duplicates":0,"passed":0,"refused":1,"refusals":[{"index":1,"reason":"no_customer","field":"userId","id":"m\"1"}]}}"#
    );
    let lines = answer(Endpoint::Ndjson, "/v1/ndjson", "\n{\n".repeat(200).as_bytes());
    let said: serde_json::Value = serde_json::from_str(&body(&lines)).unwrap();
    assert_eq!(said["fidance"]["refused"], 200);
    assert_eq!(said["fidance"]["refusals"].as_array().unwrap().len(), 100);
    assert_eq!(said["fidance"]["refusals"][0]["line"], 2);
    let cloud = answer(Endpoint::CloudEvents, "/v1/cloudevents", b"[1]");
    assert_eq!(cloud.status, 200);
    assert!(body(&cloud).contains("not_an_object"));
}

#[test]
fn failures_have_the_status_that_makes_clients_do_the_right_thing() {
    let large = WireError::TooLarge { limit: 5 };
    let json = WireError::NotJson { at: 5 };
    let method = WireError::Method { allowed: "POST" };
    for (endpoint, outcome, status) in [
        (Endpoint::SegmentBatch, Outcome::Unreadable(&large), 400),
        (Endpoint::PostHogCapture, Outcome::Unreadable(&large), 413),
        (Endpoint::PostHogCapture, Outcome::Unreadable(&json), 400),
        (Endpoint::Ndjson, Outcome::Unreadable(&method), 405),
        (Endpoint::Keycloak, Outcome::Unauthorised, 401),
        (Endpoint::SegmentBatch, Outcome::TooMany { retry_after: 7 }, 429),
        (Endpoint::SnowplowTp2, Outcome::Unavailable { retry_after: 7 }, 503),
    ] {
        let reply = reply(endpoint, "/", &outcome);
        assert_eq!(reply.status, status);
        assert_eq!(reply.retry_after.is_some(), status == 429 || status == 503);
        assert_eq!(reply.allow.is_some(), status == 405);
        assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok(), "{}", body(&reply));
    }
    // Clients of Segment's protocol look for both; RudderStack's for Python sends again where `code` is missing.
    assert_eq!(
        body(&reply(Endpoint::SegmentBatch, "/v1/batch", &Outcome::Unauthorised)),
        r#"{"success":false,"code":"unauthorized","message":"the write key is missing or unknown"}"#
    );
    let pixel = reply(Endpoint::SnowplowPixel, "/i", &Outcome::Unauthorised);
    assert_eq!((pixel.status, pixel.body.as_ref()), (401, PIXEL.as_slice()));
}
