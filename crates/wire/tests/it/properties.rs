//! What holds for any request: nothing panics, what was written comes back, and places add up.

use fidance_domain::amount::Amount;
use fidance_wire::{Call, Endpoint, Head, Kind, read, unpack};
use proptest::prelude::*;
use serde_json::json;

const ENDPOINTS: [(Endpoint, &str); 13] = [
    (Endpoint::SegmentBatch, "/v1/batch"),
    (Endpoint::SegmentImport, "/v1/import"),
    (Endpoint::SegmentOne(Kind::Track), "/v1/track"),
    (Endpoint::SegmentOne(Kind::Alias), "/v1/alias"),
    (Endpoint::PostHogCapture, "/e"),
    (Endpoint::PostHogEvents, "/i/v0/e"),
    (Endpoint::PostHogEngage, "/engage"),
    (Endpoint::CloudEvents, "/v1/cloudevents"),
    (Endpoint::SnowplowTp2, "/com.snowplowanalytics.snowplow/tp2"),
    (Endpoint::SnowplowPixel, "/i"),
    (Endpoint::Ndjson, "/v1/ndjson"),
    (Endpoint::Keycloak, "/v1/keycloak"),
    (Endpoint::Ocsf, "/v1/ocsf"),
];

/// JSON of the words that protocols know, in wrong places as often as in right ones.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let words = prop::sample::select(vec![
        "batch",
        "data",
        "event",
        "type",
        "userId",
        "distinct_id",
        "properties",
        "context",
        "traits",
        "revenue",
        "timestamp",
        "sentAt",
        "e",
        "uid",
        "ue_pr",
        "ue_px",
        "class_uid",
        "user",
        "metadata",
        "specversion",
        "id",
        "source",
        "$groups",
        "$set",
        "customer",
        "amount",
        "details",
        "operationType",
        "resourcePath",
        "offset",
    ]);
    let texts = prop::sample::select(vec![
        "track",
        "u1",
        "null",
        "LOGIN",
        "1.0",
        "ue",
        "se",
        "2026-11-21T10:00:00Z",
        "users/u1",
        "$identify",
        "{",
        "eyJhIjoxfQ",
        "1795255200000",
        "é\u{1f600}",
        "",
        " ",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        texts.prop_map(|t| json!(t)),
        "\\PC{0,12}".prop_map(|t| json!(t)),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|values| json!(values)),
            prop::collection::vec((words.clone(), inner), 0..6).prop_map(|fields| {
                serde_json::Value::Object(
                    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                )
            }),
        ]
    })
}

/// Reads as every endpoint would; checks what holds for all of them.
fn read_everywhere(body: &[u8], query: &str) {
    for (endpoint, path) in ENDPOINTS {
        for method in ["GET", "POST"] {
            let ce = [("ce-specversion", "1.0"), ("ce-id", query)];
            let head = Head {
                method,
                path,
                query,
                authorization: Some(query),
                ce: &ce[..body.len() % 3],
                ..Head::default()
            };
            let Ok(unpacked) = unpack(&head, body, endpoint.limits().body) else { continue };
            let Ok(inbound) = read(endpoint, &head, &unpacked) else { continue };
            let mut places: Vec<usize> = inbound
                .messages
                .iter()
                .map(|message| match message {
                    Ok(message) => message.index,
                    Err(refused) => refused.index,
                })
                .chain(inbound.passed.iter().map(|passed| passed.index))
                .collect();
            places.sort_unstable();
            let count = places.len();
            places.dedup();
            assert_eq!(places.len(), count, "each place once");
            for message in inbound.messages.iter().flatten() {
                assert!(message.user.is_some() || message.anonymous.is_some() || message.call == Call::Group);
                assert!(!matches!(&message.call, Call::Track { event } if event.trim().is_empty()));
                assert!(message.user.as_deref().is_none_or(|id| fidance_domain::id::customer(id) == Ok(id)));
                let _ =
                    (message.traits.get("a.b"), message.properties.list(), message.times.correct(i64::MAX));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..300), query in "\\PC{0,30}") {
        read_everywhere(&body, &query);
    }

    #[test]
    fn any_json_is_answered(body in any_json(), query in "[a-z=&%0-9]{0,20}") {
        read_everywhere(body.to_string().as_bytes(), &query);
    }

    #[test]
    fn a_batch_comes_back_as_it_was_written(
        messages in prop::collection::vec(
            ("[a-z\"\\\\é\u{1}]{1,8}", "[A-Za-z \"\\\\\u{1f600}]{0,10}[A-Z]", -99_999_999_i64..99_999_999, 0_i64..4_000_000_000_000, "\\PC{0,20}"),
            0..20,
        ),
    ) {
        let batch: Vec<_> = messages.iter().enumerate().map(|(n, (user, event, cents, millis, other))| json!({
            "type": "track", "userId": format!("u-{user}"), "event": event, "messageId": format!("m{n}"),
            "timestamp": jiff::Timestamp::from_millisecond(*millis).unwrap().to_string(),
            "properties": { "other": other, "revenue": *cents as f64 / 100.0, "list": [other, { "revenue": 1 }] },
        })).collect();
        let text = serde_json::to_string_pretty(&json!({ "sentAt": "2026-11-21T10:00:00Z", "batch": batch })).unwrap();
        let head = Head { method: "POST", path: "/v1/batch", ..Head::default() };
        let inbound = read(Endpoint::SegmentBatch, &head, text.as_bytes()).unwrap();
        prop_assert_eq!(inbound.messages.len(), messages.len());
        for (n, (message, (user, event, cents, millis, other))) in inbound.messages.iter().zip(&messages).enumerate() {
            let message = message.as_ref().unwrap();
            prop_assert_eq!(message.index, n);
            let user = format!("u-{user}");
            prop_assert_eq!(message.user.as_deref(), Some(user.trim()));
            let event = event.trim();
            let is_it = matches!(&message.call, Call::Track { event: read } if read == event);
            prop_assert!(is_it, "{:?}", message.call);
            prop_assert_eq!(message.times.original, Some(millis * 1000));
            prop_assert_eq!(message.amount, Some(Amount::from_steps(cents * 100)));
            let raw: serde_json::Value = serde_json::from_str(message.raw).unwrap();
            prop_assert_eq!(&raw["properties"]["other"], &json!(other));
            let found = message.properties.get("other");
            prop_assert_eq!(found.as_ref().and_then(|value| value.text()), Some(other.as_str()));
        }
    }
}
