//! What every answer must carry, and who gets none.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};

use crate::{ask, console, fixture, get, page, text};

const PAGES: [&str; 5] = ["/", "/alarm", "/events", "/cohorts", "/survival"];

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = console(fixture::full());
    let others = [
        "/nowhere",
        "/alarm/nothing",
        "/?every=year",
        "/api/v1/report",
        "/api/v1/watch",
        "/healthz",
        "/assets/app.js",
        "/assets/none",
    ];
    for uri in PAGES.into_iter().chain(others) {
        let response = ask(&app, get(uri)).await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{uri}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(response.headers()[name], value, "{uri}");
        }
        assert!(response.headers().contains_key("permissions-policy"), "{uri}");
    }
}

#[tokio::test]
async fn pages_are_not_stored_and_assets_are() {
    let app = console(fixture::full());
    for uri in PAGES.into_iter().chain(["/api/v1/report", "/nowhere"]) {
        assert_eq!(ask(&app, get(uri)).await.headers()[header::CACHE_CONTROL], "no-store", "{uri}");
    }
    let html = page(&app, "/").await;
    for part in ["/assets/app.css?v=", "/assets/app.js?v="] {
        let from = html.find(part).unwrap();
        let uri = html[from..].split('"').next().unwrap();
        let response = ask(&app, get(uri)).await;
        assert_eq!(response.status(), 200);
        assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }
}

#[tokio::test]
async fn other_names_than_this_machine_get_nothing() {
    let app = console(fixture::full());
    for host in ["evil.example", "evil.example:8319", "localhost.evil.example", "10.0.0.1", "0.0.0.0"] {
        for uri in ["/", "/api/v1/report"] {
            let request = Request::get(uri).header(header::HOST, host).body(Body::empty()).unwrap();
            let response = ask(&app, request).await;
            assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
            assert!(!text(response).await.contains("orders.csv"), "{host}");
        }
    }
    let none = ask(&app, Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(none.status(), StatusCode::MISDIRECTED_REQUEST);
    for host in ["localhost:8319", "[::1]:8319"] {
        let request = Request::get("/").header(header::HOST, host).body(Body::empty()).unwrap();
        assert_eq!(ask(&app, request).await.status(), 200, "{host}");
    }
}

#[tokio::test]
async fn nothing_but_reading() {
    let app = console(fixture::full());
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let request = Request::builder()
            .method(method.clone())
            .uri("/")
            .header(header::HOST, "localhost")
            .body(Body::empty())
            .unwrap();
        let response = ask(&app, request).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(response.headers()[header::ALLOW], "GET, HEAD");
    }
    let head = Request::head("/").header(header::HOST, "localhost").body(Body::empty()).unwrap();
    let response = ask(&app, head).await;
    assert_eq!(response.status(), 200);
    assert!(text(response).await.is_empty());
}

#[tokio::test]
async fn programs_are_told_no_in_what_they_can_read() {
    let app = console(fixture::full());
    let post = Request::post("/api/v1/report").header(header::HOST, "localhost").body(Body::empty()).unwrap();
    let foreign =
        Request::get("/api/v1/report").header(header::HOST, "evil.example").body(Body::empty()).unwrap();
    for (request, status) in [(post, 405), (foreign, 421), (get("/api/v1/nothing"), 404), (get("/api"), 404)]
    {
        let response = ask(&app, request).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!((&problem["status"], &problem["type"]), (&status.into(), &"about:blank".into()));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    }
}
