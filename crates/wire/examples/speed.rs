//! Messages per second and core, format by format: `cargo run --release -p fidance-wire --example speed`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "an example that fails should say so and stop"
)]

use std::{fmt::Write as _, hint::black_box, time::Instant};

use fidance_wire::{Endpoint, Head, Kind, json, read};

/// Messages in a body.
const BATCH: usize = 100;
/// Slices of time in which each format is measured.
const SLICES: usize = 20;
/// How long a slice is.
const SECONDS: f64 = 0.1;

fn main() {
    println!("{:<22} {:>9} {:>12} {:>12} {:>8}", "format", "bytes", "messages/s", "ns/message", "MB/s");
    let formats: [(&str, Endpoint, &str, String); 8] = [
        (
            "segment",
            Endpoint::SegmentBatch,
            "POST",
            batch(segment, "{\"batch\":[", "],\"sentAt\":\"2026-11-21T10:00:01.000Z\",\"writeKey\":\"WK\"}"),
        ),
        ("segment, one", Endpoint::SegmentOne(Kind::Track), "POST", segment(7)),
        (
            "posthog",
            Endpoint::PostHogCapture,
            "POST",
            batch(
                posthog,
                "{\"api_key\":\"phc_x\",\"batch\":[",
                "],\"sent_at\":\"2026-11-21T10:00:01.000Z\"}",
            ),
        ),
        ("cloudevents", Endpoint::CloudEvents, "POST", batch(cloudevent, "[", "]")),
        (
            "snowplow",
            Endpoint::SnowplowTp2,
            "POST",
            batch(snowplow, "{\"schema\":\"iglu:x/payload_data/jsonschema/1-0-4\",\"data\":[", "]}"),
        ),
        ("ndjson", Endpoint::Ndjson, "POST", (0..BATCH).map(|n| ndjson(n) + "\n").collect()),
        ("keycloak", Endpoint::Keycloak, "POST", batch(keycloak, "[", "]")),
        ("ocsf", Endpoint::Ocsf, "POST", batch(ocsf, "[", "]")),
    ];
    for (name, endpoint, method, body) in formats {
        let head = Head { method, authorization: Some("Basic V0s6"), ..Head::default() };
        let messages = read(endpoint, &head, body.as_bytes()).unwrap().messages;
        assert!(messages.iter().all(Result::is_ok), "{name}: {:?}", messages.iter().find(|m| m.is_err()));
        let per_body = messages.len();
        drop(messages);
        // The best of several slices: others may be at work on the same machine.
        let best = best_of(|| drop(black_box(read(endpoint, &head, black_box(body.as_bytes())).unwrap())));
        let per_message = best / per_body as f64;
        println!(
            "{name:<22} {:>9} {:>12.0} {:>12.0} {:>8.0}",
            body.len() / per_body,
            1.0 / per_message,
            per_message * 1e9,
            body.len() as f64 / best / 1e6,
        );
    }
    // What one pass over the same bytes costs: the readers make one, a library would make three.
    let body = batch(segment, "[", "]");
    let ours = best_of(|| json::check(black_box(&body)).unwrap());
    let theirs = best_of(|| {
        let _ = black_box(serde_json::from_str::<serde::de::IgnoredAny>(black_box(&body)).unwrap());
    });
    for (name, seconds) in [("checked, ours", ours), ("checked, serde_json", theirs)] {
        println!("{name:<22} {:>9} {:>12} {:>12} {:>8.0}", "", "", "", body.len() as f64 / seconds / 1e6);
    }
}

/// Seconds for one run, in the best of several slices of time.
fn best_of(run: impl Fn()) -> f64 {
    let slice = |_| {
        let (start, mut runs) = (Instant::now(), 0_u32);
        while start.elapsed().as_secs_f64() < SECONDS {
            for _ in 0..20 {
                run();
            }
            runs += 20;
        }
        start.elapsed().as_secs_f64() / f64::from(runs)
    };
    (0..SLICES).map(slice).fold(f64::INFINITY, f64::min)
}

fn batch(message: impl Fn(usize) -> String, before: &str, behind: &str) -> String {
    let mut text = before.to_owned();
    for n in 0..BATCH {
        let comma = if n == 0 { "" } else { "," };
        write!(text, "{comma}{}", message(n)).unwrap();
    }
    text + behind
}

/// About 540 bytes, as the client for Node writes it for an order.
fn segment(n: usize) -> String {
    format!(
        r#"{{"timestamp":"2026-11-21T10:00:00.{:03}Z","integrations":{{}},"event":"Order Completed","type":"track","properties":{{"order_id":"O-{n:06}","revenue":{}.90,"currency":"EUR","coupon":null,"products":[{{"product_id":"SKU-1042","name":"Running shoe, blue","price":49.9,"quantity":1,"category":"Shoes"}}]}},"context":{{"library":{{"name":"@segment/analytics-node","version":"3.1.0"}},"ip":"192.0.2.17","locale":"fr-FR"}},"userId":"user-{n:06}","messageId":"node-next-1795280309128-ed34a6ad-bf3c-4210-850a-{n:012x}","_metadata":{{"nodeVersion":"v20.20.2","jsRuntime":"node"}}}}"#,
        n % 1000,
        20 + n
    )
}

fn posthog(n: usize) -> String {
    format!(
        r#"{{"event":"Order Completed","properties":{{"revenue":{}.90,"currency":"EUR","order_id":"O-{n:06}","$lib":"posthog-node","$lib_version":"5.70.0","$is_server":true,"$geoip_disable":true,"$groups":{{"company":"acme"}},"$set":{{"plan":"pro","country":"FR"}}}},"timestamp":"2026-11-21T10:00:00.{:03}Z","uuid":"01a1ff0b-8ccd-7a2c-968e-{n:012x}","distinct_id":"user-{n:06}"}}"#,
        20 + n,
        n % 1000
    )
}

fn cloudevent(n: usize) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e-{n:08}","source":"https://shop.example/orders","type":"Order Completed","time":"2026-11-21T10:00:00Z","subject":"user-{n:06}","datacontenttype":"application/json","data":{{"customer":"user-{n:06}","amount":{}.90,"currency":"EUR","order_id":"O-{n:06}"}}}}"#,
        20 + n
    )
}

fn snowplow(n: usize) -> String {
    format!(
        r#"{{"e":"tr","tr_id":"O-{n:06}","tr_tt":"{}.90","tr_cu":"EUR","eid":"43bb8960-1ff5-4f44-82cc-{n:012x}","uid":"user-{n:06}","duid":"d-{n:06}","p":"srv","tv":"node-4.8.0","tna":"n","aid":"shop","dtm":"1795255200{:03}","stm":"1795255201233","ip":"192.0.2.17","lang":"fr-FR"}}"#,
        20 + n,
        n % 1000
    )
}

fn ndjson(n: usize) -> String {
    format!(
        r#"{{"customer":"user-{n:06}","event":"Order Completed","at":"2026-11-21T10:00:00.123Z","amount":{}.90,"currency":"EUR","message_id":"m-{n:08}","country":"FR"}}"#,
        20 + n
    )
}

fn keycloak(n: usize) -> String {
    format!(
        r#"{{"id":"7f0c1c5e-0000-4000-8000-{n:012x}","time":1795255200{:03},"type":"LOGIN","realmId":"shop","clientId":"web","userId":"user-{n:06}","sessionId":"s-{n}","ipAddress":"192.0.2.17","details":{{"auth_method":"openid-connect","redirect_uri":"https://shop.example/","username":"somebody"}}}}"#,
        n % 1000
    )
}

fn ocsf(n: usize) -> String {
    format!(
        r#"{{"activity_id":1,"activity_name":"Logon","category_uid":3,"class_uid":3002,"class_name":"Authentication","status_id":1,"status":"Success","severity_id":1,"time":1795255200{:03},"metadata":{{"uid":"o-{n:08}","version":"1.1.0","product":{{"name":"idp","vendor_name":"Acme"}}}},"user":{{"uid":"user-{n:06}","name":"somebody"}},"src_endpoint":{{"ip":"192.0.2.17"}},"type_uid":300201}}"#,
        n % 1000
    )
}
