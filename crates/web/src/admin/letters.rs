//! Dead letters: looking at them, repairing them, sending them again.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use fidance_app::ingest::{Refusal, replay::replay};
use fidance_store::{DeadLetter, LetterId, Letters, Source};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Admin, problem::Problem};

/// Letters of a page, unless asked otherwise, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;
/// A repaired message has at most this many bytes.
const LONGEST: usize = 1 << 20;

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/dead-letters", get(list))
        .route("/api/v1/dead-letters/{id}", get(show).put(repair).delete(delete))
        .route("/api/v1/dead-letters/{id}/replay", post(again))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    source: Option<String>,
    reason: Option<String>,
    message_id: Option<String>,
    replayed: Option<bool>,
    /// The cursor: what the page before gave as `next`.
    before: Option<i64>,
    limit: Option<usize>,
}

async fn list(
    State(admin): State<Arc<Admin>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(wanted)) = wanted else {
        let known = "source, reason, message_id, replayed (true or false), before, limit";
        return Err(Problem::Bad(format!("a parameter is wrong; known are {known}")));
    };
    let sources = admin.store.sources().await?;
    let source = match &wanted.source {
        None => None,
        Some(name) => Some(of_name(&sources, name).ok_or(Problem::Absent("source"))?.id),
    };
    let filter = Letters {
        source,
        reason: wanted.reason,
        message_id: wanted.message_id,
        replayed: wanted.replayed,
        before: wanted.before.map(LetterId::new),
        ..Letters::default()
    };
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let found = admin.store.letters(&filter, limit).await?;
    let next = if found.len() == limit { found.last().map(|letter| letter.id.get()) } else { None };
    let items: Vec<Value> = found.iter().map(|letter| shown(letter, &sources)).collect();
    Ok(Json(json!({ "items": items, "next": next })).into_response())
}

async fn show(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let letter = find(&admin, id).await?;
    Ok(Json(shown(&letter, &admin.store.sources().await?)).into_response())
}

/// The body is the message as it should have been.
async fn repair(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<i64>,
    body: Bytes,
) -> Result<Response, Problem> {
    if body.is_empty() || body.len() > LONGEST {
        return Err(Problem::Bad(format!("send the repaired message, of 1 to {LONGEST} bytes")));
    }
    find(&admin, id).await?;
    admin.note("dead_letter.repair", id.to_string()).await?;
    admin.store.replace_letter(LetterId::new(id), &body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn again(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let letter = find(&admin, id).await?;
    let sources = admin.store.sources().await?;
    let source =
        sources.iter().find(|source| source.id == letter.letter.source).ok_or(Problem::Absent("source"))?;
    let accepted =
        replay(&admin.acceptor, source, &letter).map_err(|error| Problem::Refused(error.to_string()))?;
    admin.note("dead_letter.replay", id.to_string()).await?;
    // Twice is no harm: the message has the same id as before.
    let taken = admin.door.take(source.id, letter.letter.received_at, accepted).await;
    taken.map_err(|refusal| match refusal {
        Refusal::TooMany { retry_after } | Refusal::Unavailable { retry_after } => {
            Problem::Later(retry_after)
        }
    })?;
    admin.store.mark_replayed(LetterId::new(id), admin.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn delete(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Result<Response, Problem> {
    admin.note("dead_letter.delete", id.to_string()).await?;
    match admin.store.delete_letters(&[LetterId::new(id)]).await? {
        0 => Err(Problem::Absent("dead_letter")),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

async fn find(admin: &Admin, id: i64) -> Result<DeadLetter, Problem> {
    admin.store.letter(LetterId::new(id)).await?.ok_or(Problem::Absent("dead_letter"))
}

fn of_name<'a>(sources: &'a [Source], name: &str) -> Option<&'a Source> {
    sources.iter().find(|source| source.name == name)
}

fn shown(letter: &DeadLetter, sources: &[Source]) -> Value {
    let content = &letter.letter;
    let source = sources.iter().find(|source| source.id == content.source).map(|source| &source.name);
    json!({
        "id": letter.id.get(),
        "source": source,
        "received_at": instant(content.received_at),
        "protocol": content.protocol,
        "reason": content.reason,
        "field": content.field,
        "message_id": content.message_id,
        "message": String::from_utf8_lossy(&content.payload),
        "expires_at": instant(content.expires_at),
        "replayed_at": letter.replayed_at.and_then(instant),
    })
}

pub(super) fn instant(at: i64) -> Option<String> {
    jiff::Timestamp::from_microsecond(at).ok().map(|at| at.to_string())
}
