//! Sources and their keys. A key is shown once, when it is made.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use fidance_store::{ConsentRule, Key, KeyId, KeyKind, Source, SourceId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Admin, letters::instant, problem::Problem};

const LONGEST_NAME: usize = 100;

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/sources", get(list).post(create))
        .route("/api/v1/sources/{id}/keys", post(create_key))
        .route("/api/v1/keys", get(keys))
        .route("/api/v1/keys/{id}", delete(revoke))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSource {
    name: String,
    #[serde(default)]
    consent: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
enum NewKind {
    Server,
    Browser { origins: Vec<String> },
}

fn body<T>(given: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    given.map(|Json(value)| value).map_err(|wrong| Problem::Bad(wrong.body_text()))
}

async fn list(State(admin): State<Arc<Admin>>) -> Result<Response, Problem> {
    let items: Vec<Value> = admin.store.sources().await?.iter().map(shown).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

async fn create(
    State(admin): State<Arc<Admin>>,
    given: Result<Json<NewSource>, JsonRejection>,
) -> Result<Response, Problem> {
    let NewSource { name, consent } = body(given)?;
    if name.trim() != name || name.is_empty() || name.len() > LONGEST_NAME {
        return Err(Problem::Bad(format!("name: 1 to {LONGEST_NAME} bytes without white space around")));
    }
    let consent = match consent.as_deref() {
        None => ConsentRule::UnlessRefused,
        Some(word) => ConsentRule::parse(word)
            .ok_or_else(|| Problem::Bad("consent: unless_refused, if_given or count_only".to_owned()))?,
    };
    let id = admin.store.create_source(&name, consent, admin.clock.now()).await?;
    admin.note("source.create", id.to_string()).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id.get(), "name": name }))).into_response())
}

async fn create_key(
    State(admin): State<Arc<Admin>>,
    Path(source): Path<i64>,
    given: Result<Json<NewKind>, JsonRejection>,
) -> Result<Response, Problem> {
    let kind = match body(given)? {
        NewKind::Server => KeyKind::Server,
        NewKind::Browser { origins } => KeyKind::Browser { origins },
    };
    let key = admin.store.create_key(SourceId::new(source), &kind, admin.clock.now()).await?;
    admin.note("key.create", key.id.to_string()).await?;
    admin.keys.forget();
    Ok((StatusCode::CREATED, Json(json!({ "id": key.id.get(), "key": key.plain }))).into_response())
}

async fn keys(State(admin): State<Arc<Admin>>) -> Result<Response, Problem> {
    let items: Vec<Value> = admin.store.keys(None).await?.iter().map(shown_key).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

async fn revoke(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Result<Response, Problem> {
    admin.store.revoke_key(KeyId::new(id), admin.clock.now()).await?;
    admin.note("key.revoke", id.to_string()).await?;
    admin.keys.forget();
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn shown(source: &Source) -> Value {
    json!({
        "id": source.id.get(),
        "name": source.name,
        "consent": source.consent.as_str(),
        "created_at": instant(source.created_at),
        "disabled_at": source.disabled_at.and_then(instant),
    })
}

fn shown_key(key: &Key) -> Value {
    let origins = match &key.kind {
        KeyKind::Server => None,
        KeyKind::Browser { origins } => Some(origins),
    };
    json!({
        "id": key.id.get(),
        "source": key.source.get(),
        "kind": if origins.is_some() { "browser" } else { "server" },
        "origins": origins,
        "begins": key.shown,
        "created_at": instant(key.created_at),
        "revoked_at": key.revoked_at.and_then(instant),
        "last_used_day": key.last_used_day,
    })
}
