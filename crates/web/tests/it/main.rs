//! The console as a browser sees it, without a socket: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod fixture;
mod guard;
mod mails;
mod method;
mod pages;
mod said;
mod sentences;
mod server;
mod watch;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, header},
};
use fidance_app::report::model::Report;
use fidance_web::{Console, router};
use tower::ServiceExt;

/// The console on a report.
fn console(report: Report) -> Router {
    router(Console {
        source: Arc::new(fixture::Fixed(Arc::new(report))),
        watch: None,
        alarms: None,
        data_set: "orders.csv".to_owned(),
    })
}

/// The console on the full report and what is watched.
fn watching(watched: fixture::watch::Watched) -> Router {
    router(Console {
        source: Arc::new(fixture::Fixed(Arc::new(fixture::full()))),
        watch: Some(Arc::new(watched)),
        alarms: None,
        data_set: "orders.csv".to_owned(),
    })
}

/// A request as a browser on this machine sends it.
fn get(uri: &str) -> Request<Body> {
    Request::get(uri).header(header::HOST, "127.0.0.1:8319").body(Body::empty()).unwrap()
}

async fn ask(app: &Router, request: Request<Body>) -> Response<Body> {
    app.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 4 << 20).await.unwrap();
    String::from_utf8(bytes.into()).unwrap()
}

async fn page(app: &Router, uri: &str) -> String {
    let response = ask(app, get(uri)).await;
    assert_eq!(response.status(), 200, "{uri}");
    text(response).await
}
