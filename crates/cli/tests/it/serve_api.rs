//! The API as programs meet it: what is wrong is told as a problem, lists have pages, a named call is done once.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::serve_support::{Answer, Server, TOKEN, ask, configure};

fn started() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "");
    let server = Server::start(folder.path());
    (folder, server)
}

/// A call with a name.
fn named(server: &Server, name: &str, method: &str, path: &str, body: &str) -> Answer {
    let token = format!("Bearer {TOKEN}");
    let headers =
        [("authorization", token.as_str()), ("content-type", "application/json"), ("idempotency-key", name)];
    ask(server.console, method, path, &headers, body.as_bytes())
}

#[test]
fn everything_malformed_is_a_problem() {
    let (_folder, server) = started();
    let token = format!("Bearer {TOKEN}");
    let json = ("content-type", "application/json");
    let check = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8], status: u16| {
        let place =
            format!("{method} {path} {headers:?} {}", String::from_utf8_lossy(&body[..body.len().min(80)]));
        let answer = ask(server.console, method, path, headers, body);
        assert_eq!(answer.status, status, "{place}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{place}");
        if method == "HEAD" {
            return;
        }
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{place}");
        for field in ["type", "title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{place}: {problem}");
        }
        if status == 405 {
            assert!(answer.header("allow").is_some_and(|allow| !allow.is_empty()), "{place}: {answer:?}");
        }
    };
    let auth = ("authorization", token.as_str());
    let call =
        |method: &str, path: &str, body: &[u8], status| check(method, path, &[auth, json], body, status);

    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/inbox",
        "/api/v1/inbox/",
        "/api/%ff",
    ] {
        call("GET", path, b"", 404);
        call("POST", path, b"{}", 404);
        check("GET", path, &[], b"", 401);
    }
    let letter = "/api/v1/dead-letters";
    for id in
        ["x", "0", "-1", "1.5", "01", "+1", "99999999999999999999999", "%00", "%ff", "1%2F2", "%F0%9F%92%A9"]
    {
        call("GET", &format!("{letter}/{id}"), b"", 400);
        call("DELETE", &format!("/api/v1/keys/{id}"), b"", 400);
        call("POST", &format!("/api/v1/sources/{id}/keys"), br#"{"kind":"server"}"#, 400);
    }
    call("GET", &format!("{letter}/9223372036854775807"), b"", 404);
    call("POST", &format!("{letter}/9223372036854775807/replay"), b"", 404);
    call("POST", "/api/v1/sources/9/keys", br#"{"kind":"server"}"#, 404);
    for query in [
        "x=1",
        "limit=0",
        "limit=501",
        "limit=ten",
        "limit=99999999999999999999",
        "limit=",
        "cursor=x",
        "cursor=0",
        "cursor=-1",
        "cursor=",
        "cursor=1&cursor=2",
        "cursor=99999999999999999999",
        "replayed=perhaps",
        "reason=%00",
        "message_id=a%00b",
        "source=%00",
    ] {
        call("GET", &format!("{letter}?{query}"), b"", 400);
    }
    for list in ["sources", "keys"] {
        call("GET", &format!("/api/v1/{list}?cursor=x"), b"", 400);
        call("GET", &format!("/api/v1/{list}?page=2"), b"", 400);
    }
    call("GET", &format!("{letter}?source=nobody"), b"", 404);
    for body in [
        &b""[..],
        b"{",
        b"null",
        b"[]",
        b"7",
        b"{}",
        br#"{"name":1}"#,
        br#"{"name":null}"#,
        br#"{"name":""}"#,
        br#"{"name":" a"}"#,
        br#"{"name":"a\u0000b"}"#,
        br#"{"name":"a\nb"}"#,
        br#"{"name":"\ud800"}"#,
        b"{\"name\":\"\xff\"}",
        br#"{"name":"a","name":"b"}"#,
        br#"{"name":"a","more":1}"#,
        br#"{"name":"a","consent":"never"}"#,
        br#"{"name":"a","consent":1e999}"#,
        br#"{"name":1e400}"#,
        br#"{"name":"a"} {}"#,
    ] {
        call("POST", "/api/v1/sources", body, 400);
    }
    call("POST", "/api/v1/sources", json!({ "name": "é".repeat(101) }).to_string().as_bytes(), 400);
    call("POST", "/api/v1/sources", "[".repeat(100_000).as_bytes(), 400);
    call("POST", "/api/v1/sources", br#"{"name":"default"}"#, 409);
    for body in [
        &br#"{"kind":"other"}"#[..],
        br#"{"kind":"server","origins":[]}"#,
        br#"{"kind":"browser"}"#,
        b"{}",
        br#"{"kind":"browser","origins":"https://a.example"}"#,
        br#"{"kind":"browser","origins":["shop"]}"#,
        br#"{"kind":"browser","origins":["https://a\u0000"]}"#,
        br#"{"kind":"browser","origins":[1]}"#,
        br#"{"kind":["server"]}"#,
    ] {
        call("POST", "/api/v1/sources/1/keys", body, 400);
    }
    for (media, status) in [("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("", 415)] {
        check("POST", "/api/v1/sources", &[auth, ("content-type", media)], br#"{"name":"b"}"#, status);
    }
    check("POST", "/api/v1/sources", &[auth], br#"{"name":"b"}"#, 415);
    check("PUT", "/api/v1/dead-letters/1", &[auth, ("content-type", "text/html")], b"x", 415);
    let large = vec![b' '; (1 << 20) + 1];
    call("POST", "/api/v1/sources", &large, 413);
    call("PUT", "/api/v1/dead-letters/1", &large, 413);
    check("POST", "/api/v1/console-links", &[auth, ("idempotency-key", "\"a\"")], &large, 413);
    call("PUT", "/api/v1/dead-letters/1", b"", 400);
    for (method, path) in [
        ("DELETE", "/api/v1/inbox"),
        ("POST", "/api/v1/dead-letters"),
        ("PATCH", "/api/v1/dead-letters/1"),
        ("GET", "/api/v1/dead-letters/1/replay"),
        ("PUT", "/api/v1/sources"),
        ("GET", "/api/v1/sources/1/keys"),
        ("POST", "/api/v1/keys"),
        ("GET", "/api/v1/keys/1"),
        ("OPTIONS", "/api/v1/keys"),
        ("TRACE", "/api/v1/keys"),
        ("BREW", "/api/v1/keys"),
        ("POST", "/api/openapi.json"),
        ("HEAD", "/api/v1/console-links"),
    ] {
        call(method, path, b"", 405);
    }
    // The report is the console's: known browsers alone have it.
    call("POST", "/api/v1/report", b"", 405);
    call("GET", "/api/v1/report", b"", 401);
    check("GET", "/api/v1/report", &[("host", "evil.example")], b"", 421);
    for wrong in ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", TOKEN] {
        check("GET", "/api/v1/inbox", &[("authorization", wrong)], b"", 401);
    }
    check("GET", "/api/v1/inbox", &[auth, ("host", "evil.example")], b"", 421);
    for name in ["abc", "\"\"", "\"a", "a\"", "\"a\" \"b\""] {
        check("POST", "/api/v1/console-links", &[auth, ("idempotency-key", name)], b"", 400);
    }
    check(
        "POST",
        "/api/v1/console-links",
        &[auth, ("idempotency-key", &format!("\"{}\"", "a".repeat(201)))],
        b"",
        400,
    );
    assert_eq!(server.api("GET", "/api/v1/sources", b"").json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(server.api("GET", "/api/v1/keys", b"").json()["items"].as_array().unwrap().len(), 1);
}

#[test]
fn the_description_is_served_to_anybody_here_and_to_nobody_else() {
    let (_folder, server) = started();
    let served = ask(server.console, "GET", "/api/openapi.json", &[], b"");
    assert_eq!((served.status, served.header("content-type")), (200, Some("application/json")));
    assert_eq!(served.json(), fidance_web::admin::document());
    assert_eq!(ask(server.console, "GET", "/api/openapi.json", &[("host", "evil.example")], b"").status, 421);
}

/// All items of a list, read in pages of so many.
fn all(server: &Server, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.api("GET", &format!("{path}?limit={limit}{cursor}"), b"").json();
        let found = page["items"].as_array().unwrap().clone();
        assert!(!found.is_empty() && found.len() <= limit, "{page}");
        items.extend(found);
        let Some(next) = page["next"].as_str() else { return items };
        assert_eq!(items.len() % limit, 0);
        cursor = format!("&cursor={next}");
    }
}

#[test]
fn lists_are_read_page_by_page() {
    let (_folder, server) = started();
    for number in 0..6 {
        let made = server.api(
            "POST",
            "/api/v1/sources",
            json!({ "name": format!("s{number}") }).to_string().as_bytes(),
        );
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json()["id"].as_i64().unwrap();
        let origins = br#"{"kind":"browser","origins":["https://shop.example"]}"#;
        assert_eq!(server.api("POST", &format!("/api/v1/sources/{id}/keys"), origins).status, 201);
    }
    let key = server.key.clone().unwrap();
    let wrong: Vec<Value> = (0..7).map(|n| json!({ "type": "track", "messageId": n.to_string() })).collect();
    assert_eq!(server.batch(&key, &json!(wrong)).status, 200);
    for (path, newest_first) in
        [("/api/v1/sources", false), ("/api/v1/keys", false), ("/api/v1/dead-letters", true)]
    {
        for limit in [1, 2, 3, 7, 500] {
            let items = all(&server, path, limit);
            let mut ids: Vec<i64> = items.iter().map(|item| item["id"].as_i64().unwrap()).collect();
            if newest_first {
                ids.reverse();
            }
            assert!(ids.len() == 7 && ids.is_sorted_by(|a, b| a < b), "{path}, {limit}: {ids:?}");
        }
        let page = server.api("GET", path, b"").json();
        assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (7, &Value::Null));
    }
}

#[test]
fn a_named_call_is_done_once() {
    let (folder, server) = started();
    let key = r#"{"kind":"server"}"#;
    let path = "/api/v1/sources/1/keys";
    let first = named(&server, "\"k1\"", "POST", path, key);
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, None), "{first:?}");
    let again = named(&server, "\"k1\"", "POST", path, key);
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!((&again.body, again.header("content-type")), (&first.body, Some("application/json")));
    for (path, body) in
        [(path, r#"{"kind":"browser","origins":[]}"#), ("/api/v1/sources", r#"{"name":"a"}"#), (path, "")]
    {
        let other = named(&server, "\"k1\"", "POST", path, body);
        assert_eq!((other.status, other.header("content-type")), (422, Some("application/problem+json")));
    }
    // A refusal is an answer as well.
    let (absent, source) = ("/api/v1/sources/2/keys", r#"{"name":"second"}"#);
    assert_eq!(named(&server, "\"k2\"", "POST", absent, key).status, 404);
    let made = named(&server, "\"s\"", "POST", "/api/v1/sources", source);
    assert_eq!((made.status, made.json()["id"].as_i64()), (201, Some(2)));
    assert_eq!(named(&server, "\"k2\"", "POST", absent, key).status, 404);
    assert_eq!(named(&server, "\"k3\"", "POST", absent, key).status, 201);
    let link = named(&server, "\"l\"", "POST", "/api/v1/console-links", "");
    assert_eq!(named(&server, "\"l\"", "POST", "/api/v1/console-links", "").json(), link.json());
    assert_eq!(all(&server, "/api/v1/keys", 10).len(), 3);
    // Other methods take no notice.
    assert_eq!(named(&server, "\"k1\"", "GET", "/api/v1/sources", "").status, 200);

    server.stop();
    let server = Server::start(folder.path());
    assert_eq!(named(&server, "\"k1\"", "POST", path, key).body, first.body);
    assert_eq!(named(&server, "\"s\"", "POST", "/api/v1/sources", source).json(), made.json());
    assert_eq!(all(&server, "/api/v1/keys", 10).len(), 3);
    // The key that was given twice is one, and works.
    let plain = first.json()["key"].as_str().unwrap().to_owned();
    let order = json!({ "type": "track", "event": "Order Completed", "messageId": "1", "userId": "ada" });
    assert_eq!(server.batch(&plain, &json!([order])).status, 200);
}

#[test]
fn of_calls_with_one_name_at_the_same_time_one_is_done() {
    let (_folder, server) = started();
    for round in 0..5 {
        let name = format!("\"{round}\"");
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let call = || named(&server, &name, "POST", "/api/v1/sources/1/keys", r#"{"kind":"server"}"#);
            let calls: Vec<_> = (0..8).map(|_| scope.spawn(call)).collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert!(!made.is_empty() && made.iter().all(|answer| answer.body == made[0].body), "{answers:?}");
        assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 409)), "{answers:?}");
        assert_eq!(made.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count(), 1);
    }
    assert_eq!(all(&server, "/api/v1/keys", 50).len(), 6);
}
