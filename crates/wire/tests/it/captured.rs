//! Bodies recorded from official clients, and events of identity providers, where the reference data are at hand.

use fidance_wire::{Head, KeyPlace};
use serde_json::Value;

use crate::support::{ask, data, gzip, post, with};

/// File, key and its place, and the one message of each request.
const CLIENTS: &[(&str, &str, KeyPlace, &str)] = &[
    (
        "segment-node",
        "WK",
        KeyPlace::Authorization,
        "track \"Order Completed\" user=u1 at=2026-11-21T16:58:29.128Z id=node-next-1795280309128-ed34a6ad-bf3c-4210-850a-4e7e762bfb89",
    ),
    (
        "segment-python",
        "WK",
        KeyPlace::Authorization,
        "track \"Order Completed\" user=u1 at=2026-11-21T16:58:16.003Z id=d264e8e9-771c-4e39-a2bd-a3b5eb1e8fdc",
    ),
    (
        "rudder-node",
        "WK",
        KeyPlace::Authorization,
        "track \"Order Completed\" user=u1 at=2026-11-21T16:58:29.664Z id=de7acfb9-44b5-4b94-8fb9-421e2a3ebc1d",
    ),
    (
        "rudder-python",
        "WK",
        KeyPlace::Authorization,
        "track \"Order Completed\" user=u1 at=2026-11-21T16:58:17.403234Z id=7205f5ec-1d0f-46a8-b54e-46f84466dd5f",
    ),
    (
        "posthog-node",
        "phc_x",
        KeyPlace::Body,
        "track \"Order Completed\" user=u1 at=2026-11-21T16:58:29.453Z id=01a1ff0b-8ccd-7a2c-968e-1ff47830ec8a",
    ),
    (
        "posthog-python",
        "phc_x",
        KeyPlace::Body,
        "track \"Order Completed\" user=u1 at=2026-11-21T16:58:17.326908Z id=99c6bf64-fe44-4e74-8730-e381984ca366",
    ),
    // Recorded without a user: right in form, of nobody.
    ("snowplow-node", "a", KeyPlace::Body, "0 refused: no_customer uid"),
    ("snowplow-python", "a", KeyPlace::Body, "0 refused: no_customer uid"),
    // Not promised, but its shape is PostHog's, key and all.
    (
        "mixpanel-python",
        "TOK",
        KeyPlace::Body,
        "track \"Order Completed\" user=u1 at=2026-11-21T16:58:18.030014Z id=b17c0c6196924a1b864d754633381f45",
    ),
    ("mixpanel-node", "TOK", KeyPlace::Body, "track \"Order\" user=u1"),
];

#[test]
fn recorded_requests_give_their_message() {
    for (client, key, place, expected) in CLIENTS {
        let Some(text) = data(&format!("sdk-requests/{client}.json")) else { continue };
        let recorded: Value = serde_json::from_str(&text).unwrap();
        for request in recorded["requests"].as_array().unwrap() {
            let header = |name: &str| request["headers"][name].as_str();
            let whole = request["path"].as_str().unwrap();
            let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
            let head = Head {
                method: request["method"].as_str().unwrap(),
                path,
                query,
                content_type: header("content-type"),
                content_encoding: header("content-encoding"),
                authorization: header("authorization"),
                ..Head::default()
            };
            let body = request["body"].as_str().unwrap().as_bytes();
            let sent = if head.content_encoding == Some("gzip") { gzip(body) } else { body.to_vec() };
            assert_eq!(ask(head, &sent).unwrap(), [*expected], "{client}");
            let found = with(head, &sent, |inbound| {
                let key = inbound.key.as_ref().unwrap();
                (key.text.clone().into_owned(), key.place)
            });
            assert_eq!(found.unwrap(), ((*key).to_owned(), *place), "{client}");
        }
    }
}

#[test]
fn events_of_keycloak_are_read_in_both_forms() {
    let Some(text) = data("events-keycloak/events.json") else { return };
    let events: Value = serde_json::from_str(&text).unwrap();
    let log = ask(post("/v1/keycloak"), events["log_line_event"].to_string().as_bytes()).unwrap();
    // The name that was typed is `test`, which stands for nobody.
    assert_eq!(log, ["0 refused: reserved_id username"]);
    let rest = ask(post("/v1/keycloak"), events["admin_rest_events"].to_string().as_bytes()).unwrap();
    assert!(
        rest[0].starts_with("track \"Authentication Succeeded\" user=u2 at=2023-11-14T22:13:22Z id=content:")
    );
    assert!(
        rest[1].starts_with("track \"Authentication Failed\" user=u1 at=2023-11-14T22:13:21Z id=content:")
    );
    assert!(rest[1].ends_with(" reason=invalid_user_credentials"), "{rest:?}");
}

#[test]
fn ocsf_events_of_other_programs_are_read_or_passed_over() {
    let folder = "events-ocsf/mappings_";
    for (file, expected) in [
        (
            "bloblang_AWS_CloudTrail_v1.0.0_Authentication_samples_OCSF_authentication",
            "track \"Authentication Succeeded\" user=arn:aws:iam::111122223333:user/anaya at=2023-11-10T16:24:34Z id=fed06f42-cb12-4764-8c69-example",
        ),
        (
            "bloblang_AWS_CloudTrail_v1.1.0_Authentication_OCSF_authentication",
            "track \"Authentication Succeeded\" user=arn:aws:iam::111122223333:user/anaya at=2023-11-10T16:24:34Z id=fed06f42-cb12-4764-8c69-example",
        ),
        (
            "markdown_Microsoft_Windows_Events_4624_4624_0",
            "track \"Authentication Succeeded\" user=NT AUTHORITY\\SYSTEM at=2021-03-12T15:48:14Z id=ce139867-ced1-4742-9bb0-ad1926b8bbe1",
        ),
        (
            "markdown_Microsoft_Windows_Events_4625_4625_0",
            "track \"Authentication Failed\" user=Administrator at=2020-10-08T16:41:47Z id=a738d6e6-4ebd-49bb-805e-45d0604a1bef reason=Unknown user name or bad password.",
        ),
        ("bloblang_AWS_CloudTrail_v1.0.0_Account_Chanage_samples_OCSF_account_change", "class 3001"),
        ("bloblang_AWS_CloudTrail_v1.0.0_Api_Activity_samples_OCSF_api_activity", "class 6003"),
        ("bloblang_AWS_eks_v1.2.0_samples_eks", "0 refused: unsupported_type class_uid"),
        ("bloblang_AWS_eks_v1.2.0_samples_ocsf_eks", "class 6003"),
        ("bloblang_AWS_route53_v1.0.0_samples_OCSF_dns_activity", "class 4003"),
        ("markdown_CERT-NetSA_at_CMU-SEI_SiLK_Network_Flow_Data_samples_SampleOCSF_FCCX", "class 4001"),
        ("markdown_Microsoft_Windows_Events_4688_4688_0", "class 1007"),
    ] {
        let Some(text) = data(&format!("{folder}{file}.json")) else { continue };
        let seen = with(post("/v1/ocsf"), text.as_bytes(), |inbound| {
            inbound.passed.iter().map(|passed| passed.what.clone().into_owned()).collect::<Vec<_>>()
        });
        let messages = ask(post("/v1/ocsf"), text.as_bytes()).unwrap();
        assert_eq!([seen.unwrap(), messages].concat(), [expected], "{file}");
    }
    if let Some(empty) =
        data("events-ocsf/mappings_bloblang_AWS_route53_v1.1.0_samples_OCSF_dns_activity.json")
    {
        assert_eq!(ask(post("/v1/ocsf"), empty.as_bytes()), Err(fidance_wire::WireError::Empty));
    }
}
