//! For whoever watches the server: whether it lives, whether it can take requests, and its counters.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use super::Shared;

/// A store that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Says what is wrong, one line each.
pub(super) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let intake = &shared.intake;
    let mut wrong = Vec::new();
    if !matches!(timeout(PATIENCE, intake.store.ping()).await, Ok(Ok(()))) {
        wrong.push("the store does not answer");
    } else if intake.metrics.is_store_failing() {
        // No request may come while this says no: so it has to find out by itself whether writing works again.
        let now = intake.clock.now();
        let said = now.to_string();
        let probe = intake.store.set_setting("ready_probe", &said, now);
        match timeout(PATIENCE, probe).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.is_full() => wrong.push("no room is left for the store"),
            Ok(Err(_)) | Err(_) => wrong.push("the store cannot write"),
        }
    }
    wrong.extend(intake.drain.wrong(intake.backlog.age(intake.clock.now())));
    if wrong.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, wrong.join("\n") + "\n").into_response()
}

pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let intake = &shared.intake;
    let text = intake.metrics.render(&intake.backlog, intake.clock.now());
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        .into_response()
}
