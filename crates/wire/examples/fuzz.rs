//! Throws broken requests at the readers: `cargo run --release -p fidance-wire --example fuzz -- --seconds 120`.
//!
//! `--format all|segment|posthog|…`, `--seconds N` for each format, `--seed S`. Begins with requests as clients send
//! them, and changes them: bytes, cuts, splices, JSON values and fields doubled, dropped and exchanged, extreme numbers,
//! deep nesting, invalid UTF-8, compression. On a panic it prints the request in hexadecimal and exits with 1; on
//! stable Rust, without a coverage-guided fuzzer, so that anybody can run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::print_stdout,
    clippy::exit,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "an example that fails should say so and stop"
)]

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use fidance_wire::{
    Endpoint, Head, json, read,
    reply::{Outcome, reply},
    unpack,
};

/// Requests are let grow up to this many bytes.
const LONGEST: usize = 64 << 10;

/// Name, method, path, query, and bodies in the shape that clients send.
type Format = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const FORMATS: &[Format] = &[
    (
        "segment",
        "POST",
        "/v1/batch",
        "writeKey=k",
        &[
            r#"{"batch":[{"timestamp":"2026-11-21T10:00:00.128Z","integrations":{},"event":"Order Completed","type":"track","properties":{"revenue":9.9,"total":"12.50","value":3,"currency":"EUR","reason":"x","products":[{"id":1,"price":1e2}]},"context":{"library":{"name":"node","version":"3.1.0"},"ip":"192.0.2.1","userAgent":"UA","groupId":"g","traits":{"plan":"pro"},"consent":{"categoryPreferences":{"A":true,"B":false}}},"userId":"u1","anonymousId":"v1","messageId":"node-next-1-2","_metadata":{"nodeVersion":"v20"}},{"type":"identify","userId":7,"traits":{"email":"a@b.fr"}},{"type":"alias","userId":"u1","previousId":"v1"},{"type":"group","userId":"u1","groupId":"acme"},{"type":"page","anonymousId":"v1","name":"Home"}],"writeKey":"WK","sentAt":"2026-11-21T10:00:00.134Z"}"#,
            r#"{"batch":[{"userId":"u1","event":"Signed In","type":"track","channel":"server","originalTimestamp":"2026-11-21T10:00:00.664Z","messageId":"m","sentAt":"2026-11-21T10:00:00.665+02:00"}],"timestamp":"2026-11-21T10:00:00Z","sentAt":"2026-11-21T10:00:00Z"}"#,
        ],
    ),
    (
        "segment-one",
        "POST",
        "/v1/track",
        "",
        &[
            r#"{"event":"Signed In","userId":"u\u00e91 \ud83d\ude00","anonymousId":null,"timestamp":1795255200.123,"writeKey":"WK","properties":{"a":[1,-2.5e-3,true,false,null,"\n"]}}"#,
        ],
    ),
    (
        "posthog",
        "POST",
        "/batch/",
        "sent_at=1795255200000",
        &[
            r#"{"api_key":"phc_x","batch":[{"event":"Order Completed","properties":{"revenue":9.9,"$lib":"n","$groups":{"company":"acme"},"$set":{"plan":"pro"},"$device_id":"d"},"timestamp":"2026-11-21T10:00:00.453Z","uuid":"01a1","distinct_id":"u1","offset":5},{"event":"$identify","distinct_id":"u1","properties":{"$anon_distinct_id":"v1"}},{"event":"$create_alias","distinct_id":"u1","properties":{"alias":"v1"}},{"event":"$groupidentify","distinct_id":"$company_acme","properties":{"$group_type":"company","$group_key":"acme","$group_set":{"a":1}}},{"event":"$pageview","distinct_id":"v1","properties":{"$is_identified":false,"title":"Home"}}],"historical_migration":false,"sent_at":"2026-11-21T10:00:00Z"}"#,
            "data=eyJldmVudCI6ImUiLCJwcm9wZXJ0aWVzIjp7ImRpc3RpbmN0X2lkIjoidTEiLCJ0b2tlbiI6InBoY194In19&ip=1",
            r#"[{"event":"e","properties":{"distinct_id":"u1","token":"phc_x","time":1795255200}}]"#,
        ],
    ),
    (
        "posthog-get",
        "GET",
        "/e/",
        "data=eyJldmVudCI6ImUiLCJwcm9wZXJ0aWVzIjp7ImRpc3RpbmN0X2lkIjoidTEifX0%3D&_=1795255200000",
        &[""],
    ),
    (
        "engage",
        "POST",
        "/engage/",
        "",
        &[r#"[{"$token":"t","$distinct_id":"u1","$set":{"plan":"pro"},"$set_once":{"a":{"b":[1]}}}]"#],
    ),
    (
        "cloudevents",
        "POST",
        "/v1/cloudevents",
        "",
        &[
            r#"[{"specversion":"1.0","id":"7","source":"/shop","type":"Order Completed","time":"2026-11-21T10:00:00Z","subject":"s1","data":{"customer":"u1","amount":9.5,"currency":"EUR","traits":{"a":1}}},{"specversion":"1.0","id":"8","source":"s","type":"e","data_base64":"eyJjdXN0b21lciI6InU5IiwiYW1vdW50IjozfQ=="}]"#,
        ],
    ),
    (
        "cloudevents-binary",
        "POST",
        "/v1/cloudevents",
        "",
        &[r#"{"customer":"u1","amount":9.5,"currency":"EUR"}"#],
    ),
    (
        "snowplow",
        "POST",
        "/com.snowplowanalytics.snowplow/tp2",
        "",
        &[
            r#"{"schema":"iglu:s/payload_data/jsonschema/1-0-4","data":[{"e":"tr","tr_tt":"12.5","tr_cu":"EUR","eid":"i","uid":"u1","duid":"v1","dtm":"1795255200000","stm":"1795255201000","ttm":"1795255200000","aid":"a","ip":"192.0.2.1"},{"e":"ue","uid":"u1","ue_pr":"{\"data\":{\"schema\":\"iglu:com.acme/order_completed/jsonschema/1-0-0\",\"data\":{\"revenue\":9.5}}}"},{"e":"ue","uid":"u1","ue_px":"eyJkYXRhIjp7InNjaGVtYSI6ImlnbHU6YS9iL2MvZCIsImRhdGEiOnsiYSI6MX19fQ"},{"e":"se","se_ac":"a","se_va":"3","nuid":"n"},{"e":"pp"},{"e":"pv","page":"Home","uid":"u"}]}"#,
        ],
    ),
    (
        "snowplow-pixel",
        "GET",
        "/i",
        "e=pv&page=A+%26%20B&uid=u1&eid=i&dtm=1795255200000&aid=shop&ue_px=eyJhIjoxfQ",
        &[""],
    ),
    (
        "ndjson",
        "POST",
        "/v1/ndjson",
        "",
        &[
            "{\"customer\":\"u1\",\"event\":\"Order Completed\",\"at\":\"2026-11-21\",\"amount\":\"9.50\",\"message_id\":\"m1\"}\r\n\n{\"userId\":7,\"event\":\"e\",\"timestamp\":1795255200,\"id\":9,\"traits\":{\"a\":1}}\n{broken\n[1]\n",
        ],
    ),
    (
        "keycloak",
        "POST",
        "/v1/keycloak",
        "",
        &[
            r#"[{"time":1795255200000,"type":"LOGIN","realmId":"r","userId":"u2","ipAddress":"10.0.0.2","details":{"username":"bob"}},{"type":"LOGIN_ERROR","error":"user_not_found","username":"x"},{"uid":"i","type":"access.UPDATE_CREDENTIAL","authDetails":{"userId":"u1","username":"j"},"details":{"credential_type":"otp"}},{"id":"j","operationType":"ACTION","resourceType":"USER","resourcePath":"users/u1/reset-password","authDetails":{"userId":"a"}},{"type":"CODE_TO_TOKEN"}]"#,
        ],
    ),
    (
        "ocsf",
        "POST",
        "/v1/ocsf",
        "",
        &[
            r#"[{"class_uid":3002,"activity_id":1,"status_id":2,"status":"Failure","status_detail":"bad password","time":1795255200000,"metadata":{"uid":"i"},"user":{"uid":"NULL SID","name":"Jane","email_addr":"j@a.fr"},"src_endpoint":{"ip":"-"},"http_request":{"user_agent":"UA"}},{"class_uid":4001}]"#,
            "{\"class_uid\":3002,\"activity_id\":2,\"metadata\":{\"uid\":\"i\"},\"user\":{\"uid\":\"u1\"}}\n{\"class_uid\":3002}\n",
        ],
    ),
];

/// Pieces that are put anywhere.
const PIECES: &[&[u8]] = &[
    b"null",
    b"true",
    b"\"\"",
    b"0",
    b"-0",
    b"1e999",
    b"-1e-999",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"0.00000000000000000000001",
    b"123456789012345678901234567890",
    b"\"\\ud800\"",
    b"\"\\u0000\"",
    b"\"9999-12-31T23:59:59.999999999Z\"",
    b"\"0000-00-00T00:00:00Z\"",
    b"\"-271821-04-20T00:00:00Z\"",
    b"\"2026-11-21T10:00:00+99:99\"",
    b"{}",
    b"[]",
    b"{\"a\":",
    b"[[[[[[[[",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\0",
    b"\\",
    b"\"",
    b",",
    b":",
    b"data=",
    b"%",
    b"%zz",
    b"+",
    b"&",
    b"=",
    b"\n",
    b"\r",
    b"\x1f\x8b",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"undefined",
    b"users/",
    b"access.",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str, default: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or_else(|| default.to_owned(), Clone::clone)
    };
    let wanted = value("--format", "all");
    let seconds: f64 = value("--seconds", "10").parse().expect("--seconds takes a number");
    let seed: u64 = value("--seed", "1").parse().expect("--seed takes a number");
    // A panic is reported with its input; the default hook would print each of them.
    std::panic::set_hook(Box::new(|_| {}));
    let mut known = false;
    for (number, format) in
        FORMATS.iter().enumerate().filter(|(_, format)| wanted == "all" || format.0 == wanted)
    {
        known = true;
        run(format, seconds, seed ^ (number as u64 + 1) << 32);
    }
    assert!(known, "no such format: {wanted}");
}

fn run(format: &Format, seconds: f64, seed: u64) {
    let (name, method, path, query, bodies) = *format;
    let mut random = Random(seed | 1);
    let seeds: Vec<(Vec<u8>, Vec<u8>)> =
        bodies.iter().map(|body| (query.as_bytes().to_vec(), body.as_bytes().to_vec())).collect();
    let mut pool = seeds.clone();
    let (start, mut runs, mut readable, mut messages) = (Instant::now(), 0_u64, 0_u64, 0_u64);
    while !runs.is_multiple_of(256) || start.elapsed().as_secs_f64() < seconds {
        let (mut query, mut body) = pool[random.below(pool.len())].clone();
        let other = pool[random.below(pool.len())].1.clone();
        let other = other.as_slice();
        for _ in 0..=random.below(4) {
            if bodies == [""] || random.below(12) == 0 {
                mutate(&mut query, &seeds[0].0, &mut random);
            } else {
                mutate(&mut body, other, &mut random);
            }
        }
        body.truncate(LONGEST);
        query.truncate(LONGEST);
        let sent = match random.below(16) {
            0 => gzip(&body),
            1 => {
                let mut sent = gzip(&body);
                mutate(&mut sent, other, &mut random);
                sent
            }
            _ => body.clone(),
        };
        let query_text = String::from_utf8_lossy(&query);
        let encoding = ["gzip", "deflate", "br"].get(random.below(40)).copied();
        let outcome =
            catch_unwind(AssertUnwindSafe(|| ask(name, method, path, &query_text, encoding, &sent)));
        match outcome {
            Ok(None) => {}
            Ok(Some(found)) => {
                readable += 1;
                messages += found;
                // What can still be read is changed further; fresh seeds keep the pool from drifting away.
                if random.below(20) == 0 {
                    pool.push((query, body));
                }
                if pool.len() > 256 {
                    pool.truncate(seeds.len());
                }
            }
            Err(_) => {
                println!("panic in {name} (seed {seed}), query {query_text:?}, encoding {encoding:?}, body:");
                println!("{}", sent.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
                std::process::exit(1);
            }
        }
        runs += 1;
    }
    let rate = runs as f64 / start.elapsed().as_secs_f64();
    println!(
        "{name:<20} {runs:>10} executions, {rate:>8.0}/s, {readable:>9} readable, {messages:>10} messages, no panic"
    );
}

/// Reads a request as a server would, looks at everything, and answers; how many messages there were, if it was readable.
fn ask(
    name: &str,
    method: &str,
    path: &str,
    query: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> Option<u64> {
    let ce = [
        ("ce-specversion", "1.0"),
        ("ce-id", query),
        ("CE-Source", "s"),
        ("ce-type", "e%20f"),
        ("ce-", query),
        ("ce", ""),
    ];
    let head = Head {
        method,
        path,
        query,
        content_encoding: encoding,
        authorization: Some(query),
        ce: if name == "cloudevents-binary" { &ce } else { &[] },
        ..Head::default()
    };
    let endpoint = Endpoint::of(method, path).unwrap();
    let limits = endpoint.limits();
    let unpacked = unpack(&head, body, limits.body);
    if let Ok(bytes) = &unpacked {
        assert!(bytes.len() <= 4 * limits.body);
    }
    let result = unpacked.and_then(|bytes| {
        if let Ok(text) = std::str::from_utf8(&bytes) {
            // Two readers must agree on what is JSON, but for the depth that only one of them bounds.
            let ours = json::check(text).is_ok();
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            assert!(ours == theirs || !ours && is_deep(text), "not of one mind");
        }
        let inbound = read(endpoint, &head, &bytes)?;
        for message in inbound.messages.iter().flatten() {
            let _ =
                (message.identity(), message.times.correct(0), message.consent.to("A"), message.raw.len());
            let _ = (message.traits.get("plan"), message.properties.get("a.b.c"), message.properties.list());
            assert!(message.user.is_some() || message.anonymous.is_some() || message.account.is_some());
        }
        let answer = reply(endpoint, path, &Outcome::Taken { inbound: &inbound, duplicates: 0 });
        assert!(answer.status < 300);
        Ok((inbound.messages.len() + inbound.passed.len()) as u64)
    });
    match result {
        Ok(count) => Some(count),
        Err(error) => {
            let answer = reply(endpoint, path, &Outcome::Unreadable(&error));
            assert!((400..500).contains(&answer.status));
            None
        }
    }
}

fn is_deep(text: &str) -> bool {
    text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count() > json::DEPTH as usize
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    match random.below(14) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = random.next() as u8,
        2 => bytes.truncate(at),
        3 => insert(bytes, at, random.piece()),
        4 if at < bytes.len() => {
            let end = (at + 1 + random.below(8)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => {
            let from = random.below(other.len() + 1);
            let part = other[from..(from + random.below(200)).min(other.len())].to_vec();
            insert(bytes, at, &part);
        }
        6 => {
            bytes.truncate(at);
            bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        // The JSON values: exchange one for a piece, for another value, double it, drop it, nest it.
        7..=11 => values(bytes, other, random),
        12 => {
            let most = if random.below(50) == 0 { 20_000 } else { 200 };
            let deep = 1 + random.below(most);
            let open: &[u8] = if random.below(2) == 0 { b"[" } else { b"{\"a\":" };
            insert(bytes, at, &open.repeat(deep));
        }
        _ => {
            let part = bytes[at..(at + random.below(400)).min(bytes.len())].to_vec();
            let times = 1 + random.below(4);
            insert(bytes, at, &part.repeat(times));
        }
    }
}

fn values(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let Some((start, end)) = value(bytes, random) else { return };
    let own = bytes[start..end].to_vec();
    let new = match random.below(6) {
        0 => random.piece().to_vec(),
        1 => value(other, random).map(|(start, end)| other[start..end].to_vec()).unwrap_or_default(),
        2 => [own.as_slice(), b",", &own].concat(),
        3 => Vec::new(),
        4 => [b"[".as_slice(), &own, b"]"].concat(),
        _ => [b"{\"revenue\":".as_slice(), &own, b"}"].concat(),
    };
    bytes.splice(start..end, new);
}

/// A value somewhere in a text: a string, a number or a whole object.
fn value(bytes: &[u8], random: &mut Random) -> Option<(usize, usize)> {
    let from = random.below(bytes.len() + 1);
    let start =
        from + bytes[from..].iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'0'..=b'9'))?;
    let rest = &bytes[start..];
    let length = match rest[0] {
        b'"' => rest[1..].iter().position(|byte| *byte == b'"')? + 2,
        b'{' | b'[' => {
            let mut depth = 0_i32;
            let closes = |byte: &u8| {
                depth += i32::from(matches!(byte, b'{' | b'[')) - i32::from(matches!(byte, b'}' | b']'));
                depth == 0
            };
            rest.iter().position(closes)? + 1
        }
        _ => rest.iter().take_while(|byte| byte.is_ascii_digit() || b".eE+-".contains(byte)).count(),
    };
    Some((start, start + length))
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `SplitMix64`: enough, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn piece(&mut self) -> &'static [u8] {
        PIECES[self.below(PIECES.len())]
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
