//! Keycloak and OCSF: what becomes an event, and what is passed over.

use crate::support::{ask, post, with};

fn keycloak(event: &str) -> String {
    let what = with(post("/v1/keycloak"), event.as_bytes(), |inbound| {
        inbound.passed.iter().map(|passed| format!("passed: {}", passed.what)).collect::<Vec<_>>()
    });
    [what.unwrap(), ask(post("/v1/keycloak"), event.as_bytes()).unwrap()].concat().join("; ")
}

#[test]
fn events_of_users_become_ours() {
    for (kind, expected) in [
        ("LOGIN", "Authentication Succeeded"),
        ("access.LOGIN", "Authentication Succeeded"),
        ("LOGIN_ERROR", "Authentication Failed"),
        ("LOGOUT", "Signed Out"),
        ("REGISTER", "Account Created"),
        ("SEND_RESET_PASSWORD", "Password Reset Requested"),
        ("RESET_PASSWORD", "Password Changed"),
        ("UPDATE_PASSWORD", "Password Changed"),
        ("UPDATE_CREDENTIAL", "Password Changed"),
        ("UPDATE_TOTP", "Second Factor Added"),
        ("REMOVE_TOTP", "Second Factor Removed"),
        ("DELETE_ACCOUNT", "Account Deleted"),
    ] {
        let event = format!(r#"{{"id":"i","time":1795255200000,"type":"{kind}","userId":"u1"}}"#);
        assert_eq!(
            keycloak(&event),
            format!("track \"{expected}\" user=u1 at=2026-11-21T10:00:00Z id=i"),
            "{kind}"
        );
    }
    for kind in
        ["CODE_TO_TOKEN", "REFRESH_TOKEN", "CLIENT_LOGIN", "REGISTER_ERROR", "VERIFY_EMAIL", "ANYTHING"]
    {
        assert_eq!(keycloak(&format!(r#"{{"type":"{kind}","userId":"u1"}}"#)), format!("passed: {kind}"));
    }
    let credential = |kind: &str| {
        keycloak(&format!(
            r#"{{"id":"i","type":"UPDATE_CREDENTIAL","userId":"u1","details":{{"credential_type":"{kind}"}}}}"#
        ))
    };
    assert_eq!(credential("webauthn-passwordless"), "track \"Passkey Registered\" user=u1 id=i");
    assert_eq!(credential("otp"), "track \"Second Factor Added\" user=u1 id=i");
}

#[test]
fn a_name_without_an_account_is_no_customer() {
    let failed = r#"{"id":"i","type":"LOGIN_ERROR","error":"user_not_found","details":{"username":"jane"}}"#;
    assert_eq!(keycloak(failed), "track \"Authentication Failed\" anonymous=jane id=i reason=user_not_found");
    assert_eq!(keycloak(r#"{"id":"i","type":"LOGIN"}"#), "0 refused: no_customer userId");
    assert_eq!(keycloak(r#"{"id":"i","userId":"u1"}"#), "0 refused: unsupported_type type");
}

#[test]
fn webhooks_put_the_user_elsewhere() {
    let event = r#"{"uid":"i","type":"access.LOGIN","time":1795255200000,"authDetails":{"userId":"u1","ipAddress":"192.0.2.1","username":"jane"}}"#;
    assert_eq!(keycloak(event), "track \"Authentication Succeeded\" user=u1 at=2026-11-21T10:00:00Z id=i");
}

#[test]
fn what_administrators_do_to_a_user_is_the_user_s() {
    let admin = |operation: &str, resource: &str, path: &str| {
        keycloak(&format!(
            r#"{{"id":"i","time":1795255200000,"operationType":"{operation}","resourceType":"{resource}","resourcePath":"{path}","authDetails":{{"userId":"admin1"}}}}"#
        ))
    };
    assert_eq!(
        admin("CREATE", "USER", "users/u1"),
        "track \"Account Created\" user=u1 at=2026-11-21T10:00:00Z id=i"
    );
    assert_eq!(
        admin("DELETE", "USER", "users/u1"),
        "track \"Account Deleted\" user=u1 at=2026-11-21T10:00:00Z id=i"
    );
    assert_eq!(
        admin("ACTION", "USER", "users/u1/reset-password"),
        "track \"Password Changed\" user=u1 at=2026-11-21T10:00:00Z id=i"
    );
    assert_eq!(admin("UPDATE", "USER", "users/u1"), "passed: UPDATE USER");
    assert_eq!(
        admin("CREATE", "REALM_ROLE_MAPPING", "users/u1/role-mappings/realm"),
        "passed: CREATE REALM_ROLE_MAPPING"
    );
}

#[test]
fn an_event_without_an_id_has_one_of_its_content() {
    let ids = |body: &str| {
        with(post("/v1/keycloak"), body.as_bytes(), |inbound| {
            let ids = inbound
                .messages
                .iter()
                .map(|message| message.as_ref().unwrap().id.clone().unwrap().into_owned());
            ids.collect::<Vec<_>>()
        })
        .unwrap()
    };
    let found = ids(
        r#"[{"type":"LOGIN","userId":"u1","time":1},{"type":"LOGIN","userId":"u1","time":1},{"type":"LOGIN","userId":"u1","time":2}]"#,
    );
    assert_eq!(found[0], found[1]);
    assert_ne!(found[0], found[2]);
}

fn ocsf(event: &str) -> String {
    let what = with(post("/v1/ocsf"), event.as_bytes(), |inbound| {
        inbound.passed.iter().map(|passed| format!("passed: {}", passed.what)).collect::<Vec<_>>()
    });
    [what.unwrap(), ask(post("/v1/ocsf"), event.as_bytes()).unwrap()].concat().join("; ")
}

#[test]
fn authentication_in_ocsf() {
    for (fields, expected) in [
        (
            r#""activity_id":1,"status_id":1"#,
            "track \"Authentication Succeeded\" user=u1 at=2026-11-21T10:00:00Z id=i",
        ),
        (
            r#""activity_id":1,"status":"Success""#,
            "track \"Authentication Succeeded\" user=u1 at=2026-11-21T10:00:00Z id=i",
        ),
        (
            r#""activity_id":3,"status_id":1"#,
            "track \"Authentication Succeeded\" user=u1 at=2026-11-21T10:00:00Z id=i",
        ),
        (
            r#""activity_id":1,"status_id":2,"status":"Failure","status_code":"otp_timeout""#,
            "track \"Authentication Failed\" user=u1 at=2026-11-21T10:00:00Z id=i reason=otp_timeout",
        ),
        (r#""activity_id":2"#, "track \"Signed Out\" user=u1 at=2026-11-21T10:00:00Z id=i"),
        (r#""activity_id":1"#, "passed: activity 1"),
        (r#""activity_id":4,"status_id":1"#, "passed: activity 4"),
        (r#""status_id":1"#, "passed: activity unknown"),
    ] {
        let event = format!(
            r#"{{"class_uid":3002,{fields},"time":1795255200000,"metadata":{{"uid":"i"}},"user":{{"uid":"u1","name":"Jane"}}}}"#
        );
        assert_eq!(ocsf(&event), expected, "{fields}");
    }
}

#[test]
fn users_in_ocsf() {
    for (user, expected) in [
        (r#"{"uid":"u1","name":"Jane"}"#, "track \"Signed Out\" user=u1 id=i"),
        (r#"{"uid":"NULL SID","name":"Jane"}"#, "track \"Signed Out\" user=Jane id=i"),
        (r#"{"uid":"-","email_addr":"j@a.fr"}"#, "track \"Signed Out\" user=j@a.fr id=i"),
        (r#"{"uid":"-","name":"-"}"#, "0 refused: reserved_id user.uid"),
        ("null", "0 refused: no_customer user.uid"),
    ] {
        let event = format!(r#"{{"class_uid":3002,"activity_id":2,"metadata":{{"uid":"i"}},"user":{user}}}"#);
        assert_eq!(ocsf(&event), expected, "{user}");
    }
}

#[test]
fn ocsf_comes_one_by_one_in_arrays_and_in_lines() {
    let event = r#"{"class_uid":3002,"activity_id":2,"metadata":{"uid":"i"},"user":{"uid":"u1"}}"#;
    let expected = "track \"Signed Out\" user=u1 id=i";
    assert_eq!(ocsf(&event.replace(',', ",\n")), expected);
    assert_eq!(ocsf(&format!("[{event},{{\"class_uid\":4001}}]")), format!("passed: class 4001; {expected}"));
    assert_eq!(
        ocsf(&format!("{event}\n{{\"class_uid\"\n{event}\n")),
        format!("{expected}; 1 refused: not_json ; {expected}")
    );
}
