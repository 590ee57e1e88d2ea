//! Segment's and RudderStack's messages: which field becomes what.

use fidance_wire::{Agreement, Head, Inbound, json::Value};

use crate::support::{TEN, ask, gzip, post, with};

/// The one message of a body, shown.
fn one(path: &str, body: &str) -> String {
    ask(post(path), body.as_bytes()).unwrap().join("; ")
}

#[test]
fn every_call_is_read_on_its_own_path_and_in_a_batch() {
    for (kind, short, fields, expected) in [
        ("track", "t", r#""event":"Signed In","userId":"u1""#, "track \"Signed In\" user=u1"),
        ("page", "p", r#""name":"Home","anonymousId":"v1""#, "page \"Home\" anonymous=v1"),
        ("screen", "s", r#""name":"Start","userId":7"#, "screen \"Start\" user=7"),
        (
            "identify",
            "i",
            r#""userId":"u1","anonymousId":"v1","traits":{"plan":"pro"}"#,
            "identify user=u1 anonymous=v1",
        ),
        ("group", "g", r#""userId":"u1","groupId":"acme""#, "group user=u1 account=acme"),
        ("alias", "a", r#""userId":"u1","previousId":"v1""#, "alias of v1 user=u1"),
    ] {
        let single = format!("{{{fields}}}");
        for path in [format!("/v1/{kind}"), format!("/v1/{short}"), format!("/v1/{kind}/")] {
            assert_eq!(one(&path, &single), expected, "{path}");
        }
        let batch = format!("{{\"batch\":[{{\"type\":\"{kind}\",{fields}}}]}}");
        for path in ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"] {
            assert_eq!(one(path, &batch), expected, "{path}");
        }
    }
}

#[test]
fn amounts_are_those_of_shopping() {
    for (properties, amount) in [
        (r#"{"revenue":12.5,"total":99,"value":98}"#, " amount=12.5"),
        (r#"{"total":"99.90","value":98}"#, " amount=99.9"),
        (r#"{"revenue":null,"total":"","value":98}"#, " amount=98"),
        (r#"{"value":"blue"}"#, ""),
        (r#"{"products":[{"revenue":5}]}"#, ""),
        (r#"{"revenue":-3,"currency":"EUR","reason":"returned"}"#, " amount=-3 currency=EUR reason=returned"),
        ("null", ""),
        ("[]", ""),
    ] {
        let body = format!(r#"{{"event":"e","userId":"u1","properties":{properties}}}"#);
        assert_eq!(one("/v1/track", &body), format!("track \"e\" user=u1{amount}"), "{properties}");
    }
}

#[test]
fn customers_are_cleaned_as_files_are() {
    for (ids, expected) in [
        (r#""userId":" u1\u00a0""#, "track \"e\" user=u1"),
        (r#""userId":42"#, "track \"e\" user=42"),
        (r#""userId":42.0"#, "track \"e\" user=42"),
        (r#""userId":"00042""#, "track \"e\" user=00042"),
        (r#""userId":null,"anonymousId":"v1""#, "track \"e\" anonymous=v1"),
        (r#""userId":"","anonymousId":"v1""#, "track \"e\" anonymous=v1"),
        (r#""userId":"u1","anonymousId":"undefined""#, "track \"e\" user=u1"),
        (r#""userId":"null","anonymousId":"v1""#, "0 refused: reserved_id userId"),
        (r#""anonymousId":"[object Object]""#, "0 refused: reserved_id anonymousId"),
        (r#""userId":true"#, "0 refused: reserved_id userId"),
        (r#""userId":0"#, "0 refused: reserved_id userId"),
        (r#""userId":{"id":1}"#, "0 refused: wrong_type userId"),
        (r#""userId":null"#, "0 refused: no_customer userId"),
        (r#""x":1"#, "0 refused: no_customer userId"),
    ] {
        assert_eq!(one("/v1/track", &format!(r#"{{"event":"e",{ids}}}"#)), expected, "{ids}");
    }
}

#[test]
fn times_are_told_apart() {
    let times = |fields: &str| {
        let body = format!(
            r#"{{"batch":[{{"type":"track","event":"e","userId":"u1"{fields}}}],"sentAt":"2026-11-21T10:00:01Z"}}"#
        );
        with(post("/v1/batch"), body.as_bytes(), |inbound| inbound.messages[0].as_ref().unwrap().times)
            .unwrap()
    };
    let second = 1_000_000;
    let client = times(r#","timestamp":"2026-11-21T10:00:00Z""#);
    assert_eq!((client.original, client.stamped, client.sent), (Some(TEN), None, Some(TEN + second)));
    // The client's clock is an hour slow: found out, since it also says when it sent.
    assert_eq!(client.correct(TEN + 3_601 * second).at, TEN + 3_600 * second);
    let rudder = times(r#","originalTimestamp":"2026-11-21T10:00:00Z","sentAt":"2026-11-21T10:00:02Z""#);
    assert_eq!((rudder.original, rudder.stamped, rudder.sent), (Some(TEN), None, Some(TEN + 2 * second)));
    let forwarded = times(r#","originalTimestamp":"2020-01-01","timestamp":"2026-11-21T10:00:00Z""#);
    assert_eq!(forwarded.stamped, Some(TEN));
    assert_eq!(times("").original, None);
    let import =
        r#"{"batch":[{"type":"track","event":"e","userId":"u1","timestamp":"2020-01-01T00:00:00Z"}]}"#;
    let historical = with(post("/v1/import"), import.as_bytes(), |inbound| {
        inbound.messages[0].as_ref().unwrap().times.historical
    });
    assert_eq!(historical, Ok(true));
}

#[test]
fn what_was_received_before_is_dated_as_it_was_then() {
    let second = 1_000_000;
    let year = 365 * 86_400 * second;
    let at = |path: &str, fields: &str, received: i64| {
        let body = format!(
            r#"{{"batch":[{{"type":"track","event":"e","userId":"u1","timestamp":"2027-11-21T09:00:00Z"{fields}}}],"sentAt":"2027-11-21T10:00:00Z"}}"#
        );
        let corrected = |inbound: &Inbound<'_>| inbound.messages[0].as_ref().unwrap().times.correct(received);
        with(post(path), body.as_bytes(), corrected).unwrap()
    };
    // A clock a year fast, an hour before it sent: the same on the day, and years later with the time of receipt.
    let on_the_day = at("/v1/batch", "", TEN + 1);
    let years_later = at("/v1/import", r#","receivedAt":"2026-11-21T10:00:00.000001Z""#, TEN + 9 * year);
    assert_eq!(on_the_day.at, TEN + 1 - 3_600 * second);
    assert_eq!(years_later, on_the_day);
    // Without it a message of the past is taken as it is; nor does a client decide when we received it.
    assert_eq!(at("/v1/import", "", TEN + 9 * year).at, TEN + year - 3_600 * second);
    let told = r#","receivedAt":"2020-01-01T00:00:00Z""#;
    assert_eq!(at("/v1/batch", told, TEN + 1), on_the_day);
    // Received later than now: that cannot be, and now is what is known.
    let later = r#","receivedAt":"2035-01-01T00:00:00Z""#;
    assert_eq!(at("/v1/import", later, TEN + 1), on_the_day);
    // What was corrected before is not corrected again.
    let stamped = r#","originalTimestamp":"2029-01-01T09:00:00Z","receivedAt":"2027-11-21T09:30:00Z""#;
    assert_eq!(at("/v1/import", stamped, TEN + 9 * year).at, TEN + year - 3_600 * second);
}

#[test]
fn context_and_consent_are_read() {
    let body = r#"{"event":"e","userId":"u1","traits":{"plan":"pro","address":{"city":"Lyon"}},"properties":{"device":{"kind":"phone"}},
        "context":{"ip":"192.0.2.1","userAgent":"Mozilla","groupId":"acme","traits":{"plan":"free"},
        "consent":{"categoryPreferences":{"Analytics":true,"Ads.x":false}}}}"#;
    with(post("/v1/track"), body.as_bytes(), |inbound| {
        let message = inbound.messages[0].as_ref().unwrap();
        assert_eq!(message.ip.as_deref(), Some("192.0.2.1"));
        assert_eq!(message.user_agent.as_deref(), Some("Mozilla"));
        assert_eq!(message.account.as_deref(), Some("acme"));
        assert_eq!(message.traits.get("address.city"), Some(Value::Text("Lyon".into())));
        assert_eq!(message.properties.get("device.kind"), Some(Value::Text("phone".into())));
        assert_eq!(message.properties.get("device.size"), None);
        assert_eq!(message.consent.agreement, Agreement::Partial);
        assert_eq!(message.consent.to("Analytics"), Some(true));
        assert_eq!(message.consent.to("Ads.x"), Some(false));
        assert_eq!(message.consent.to("Other"), None);
        assert_eq!(message.raw, body);
    })
    .unwrap();
}

#[test]
fn a_browser_that_objects_counts_as_a_refusal_where_nothing_is_said() {
    let body = br#"{"batch":[{"type":"track","event":"e","userId":"u1"},
        {"type":"track","event":"e","userId":"u2","context":{"consent":{"categoryPreferences":{"A":true}}}}]}"#;
    let agreements = |head| {
        with(head, body, |inbound| {
            inbound
                .messages
                .iter()
                .map(|message| message.as_ref().unwrap().consent.agreement)
                .collect::<Vec<_>>()
        })
        .unwrap()
    };
    let head = post("/v1/batch");
    assert_eq!(agreements(head), [Agreement::Unknown, Agreement::Given]);
    assert_eq!(agreements(Head { sec_gpc: Some("1"), ..head }), [Agreement::Refused, Agreement::Given]);
    assert_eq!(agreements(Head { dnt: Some("0"), ..head }), [Agreement::Unknown, Agreement::Given]);
}

#[test]
fn wrong_messages_stand_among_the_others() {
    let long = "x".repeat(33 << 10);
    let body = format!(
        r#"{{"batch":[{{"type":"track","event":"e","userId":"u1","messageId":"m0"}},
        7,{{"type":"track","userId":"u1","messageId":"m2"}},{{"type":"pge","userId":"u1"}},{{"userId":"u1"}},
        {{"type":"track","event":"e","userId":"u1","timestamp":"soon"}},
        {{"type":"track","event":"e","userId":"u1","properties":{{"revenue":"free"}}}},
        {{"type":"track","event":["e"],"userId":"u1"}},{{"type":"alias","userId":"u1"}},{{"type":"alias","previousId":"u1"}},
        {{"type":"group","userId":"u1"}},{{"type":"track","event":"e","userId":"u1","properties":{{"x":"{long}"}}}}]}}"#
    );
    assert_eq!(
        ask(post("/v1/batch"), &gzip(body.as_bytes())).unwrap(),
        [
            "track \"e\" user=u1 id=m0",
            "1 refused: not_an_object ",
            "2 refused: no_event event",
            "3 refused: unsupported_type type",
            "4 refused: unsupported_type type",
            "5 refused: bad_time timestamp",
            "6 refused: bad_amount revenue",
            "7 refused: wrong_type event",
            "8 refused: incomplete previousId",
            "9 refused: no_customer userId",
            "10 refused: incomplete groupId",
            "11 refused: too_large ",
        ]
    );
    with(post("/v1/batch"), body.as_bytes(), |inbound| {
        let refused = inbound.messages[2].as_ref().unwrap_err();
        assert_eq!(refused.id.as_deref(), Some("m2"));
        assert_eq!(refused.raw, r#"{"type":"track","userId":"u1","messageId":"m2"}"#);
    })
    .unwrap();
}
