//! Serves the pages on invented reports, to look at them without any data:
//! `cargo run -p fidance-web --example preview [full|sparse|lifetimes|hostile|quiet|learning|not-separable|cannot-tell] [port]`.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]
#![allow(dead_code, reason = "the tests use more of the fixture")]

use std::sync::Arc;

use fidance_web::{Console, ServeLimits, html_report, router, serve, text::Lang};

#[path = "../tests/it/fixture/mod.rs"]
mod fixture;

use fixture::{diagnosis, watch};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "full".to_owned());
    let report = match name.as_str() {
        "sparse" => fixture::sparse(),
        "lifetimes" => fixture::lifetimes(),
        "hostile" => fixture::hostile(),
        _ => fixture::full(),
    };
    if name == "file" {
        let lang = arguments.next().and_then(|lang| lang.parse().ok()).unwrap_or(Lang::En);
        println!("{}", html_report(&report, "orders.csv", lang).unwrap());
        return;
    }
    let watched = match name.as_str() {
        "lifetimes" => None,
        "sparse" | "learning" => Some(watch::learning()),
        "quiet" => Some(watch::quiet()),
        "not-separable" => Some(watch::diagnosed(diagnosis::not_separable())),
        "cannot-tell" => Some(watch::diagnosed(diagnosis::cannot_tell())),
        _ => Some(watch::breach()),
    };
    let port = arguments.next().unwrap_or_else(|| "8321".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    println!("http://127.0.0.1:{port}/");
    let console = Console {
        source: Arc::new(fixture::Fixed(Arc::new(report))),
        watch: watched.map(|watched| Arc::new(watched) as Arc<_>),
        alarms: None,
        data_set: "orders.csv".to_owned(),
    };
    serve(listener, router(console), ServeLimits::default(), std::future::pending()).await.unwrap();
}
