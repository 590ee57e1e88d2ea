//! The register of a running server: put, shown, corrected and deleted over its API, refused with the field named.

use fidance_store::{OpenOptions, Store, StoreLocation};
use serde_json::{Value, json};

use crate::{
    serve_support::{Answer, Server, configure},
    support::run,
};

fn put(server: &Server, id: &str, entry: &Value) -> Answer {
    server.api("PUT", &format!("/api/v1/incidents/{id}"), entry.to_string().as_bytes())
}

fn register(server: &Server) -> Value {
    let answer = server.api("GET", "/api/v1/incidents", b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[test]
fn the_register_is_put_shown_corrected_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "[business]\ntime_zone = \"Europe/Paris\"\n");
    let server = Server::start(folder.path());
    assert_eq!(register(&server), json!({ "time_zone": "Europe/Paris", "incidents": [], "changes": [] }));
    let breach = json!({
        "id": "breach", "type": "data_breach", "title": "Mots de passe", "severity": "high", "started": "2024-02",
        "disclosed": "2024-04-02", "data": ["password"], "communication": { "wording": "vague", "remedy": ["reset"] }
    });
    let kept = put(&server, "breach", &breach);
    assert_eq!((kept.status, kept.json()), (200, breach.clone()), "{kept:?}");
    // The id may be in the path alone, and has any characters there.
    let prices = json!({ "type": "price_change", "title": "Prix", "from": "2024-06-03" });
    assert_eq!(put(&server, "prix%202024%2F06", &prices).status, 200);
    let logo = json!({ "id": "logo", "type": "new logo", "from": "2024-05-03", "until": "2024-05-04" });
    assert_eq!(put(&server, "logo", &logo).status, 200);
    let mut named = prices;
    named["id"] = "prix 2024/06".into();
    let whole = json!({ "time_zone": "Europe/Paris", "incidents": [breach], "changes": [logo, named] });
    assert_eq!(register(&server), whole);

    // What is shown is what `fidance incidents` reads and writes.
    std::fs::write(folder.path().join("register.json"), whole.to_string()).unwrap();
    let (code, written, stderr) = run(folder.path(), &["incidents", "register.json", "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), whole);

    for (id, body, status, field) in [
        ("breach", r#"{"type":"data_breach","disclosed":"2024-02-31"}"#, 422, "disclosed"),
        ("breach", r#"{"type":"data_breach","disclozed":"2024-02-03"}"#, 422, "disclozed"),
        ("breach", r#"{"type":"flood"}"#, 422, "type"),
        ("breach", r#"{"id":"other","type":"outage"}"#, 422, "id"),
        ("new", r#"{"type":"release"}"#, 422, "from"),
        ("new", r#"{"type":"data_breach","communication":{"wording":"loud"}}"#, 422, "communication.wording"),
        ("%00", r#"{"type":"outage"}"#, 422, "id"),
        ("%20a", r#"{"type":"outage"}"#, 422, "id"),
        ("%ff", r#"{"type":"outage"}"#, 422, "id"),
        ("new", "[]", 400, ""),
        ("new", "{", 400, ""),
    ] {
        let answer = server.api("PUT", &format!("/api/v1/incidents/{id}"), body.as_bytes());
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(field), "{body}: {answer:?}");
    }
    assert_eq!(register(&server), whole, "nothing of what was refused is kept");

    let mut corrected = json!({ "id": "breach", "type": "data_breach", "disclosed": "2024-04-03" });
    let kept = put(&server, "breach", &corrected).json();
    // What the type alone says is written out, as in files.
    corrected["data_loss"] = "confirmed".into();
    assert_eq!(kept, corrected);
    assert_eq!(server.api("DELETE", "/api/v1/incidents/logo", b"").status, 204);
    for id in ["logo", "%00", "%ff"] {
        assert_eq!(server.api("DELETE", &format!("/api/v1/incidents/{id}"), b"").status, 404, "{id}");
    }
    assert_eq!(server.api("POST", "/api/v1/incidents", b"{}").status, 405);
    server.stop();

    // It outlives a restart, and who did what is noted.
    let server = Server::start(folder.path());
    let known = register(&server);
    assert_eq!((&known["incidents"], &known["changes"]), (&json!([corrected]), &json!([named])));
    server.stop();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let location = StoreLocation::sqlite(folder.path().join("fidance.db"));
    let store = runtime.block_on(Store::open(&location, OpenOptions::new(0))).unwrap();
    let noted = runtime.block_on(store.audit(None, 99)).unwrap().into_iter().map(|noted| noted.entry);
    let noted: Vec<_> = noted.filter(|entry| entry.action.starts_with("incident.")).collect();
    assert!(noted.iter().all(|entry| entry.actor == "api"));
    let done: Vec<_> = noted.iter().map(|entry| (entry.action.as_str(), entry.object.as_str())).collect();
    assert_eq!(
        done,
        [
            ("incident.delete", "logo"),
            ("incident.put", "breach"),
            ("incident.put", "logo"),
            ("incident.put", "prix 2024/06"),
            ("incident.put", "breach"),
        ]
    );
}
