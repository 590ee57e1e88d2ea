//! `/api/v1/`: what programs of the business may ask of a running server and change in it.
//!
//! On the console's address, which is this machine; with the secret token of the configuration as `Bearer`, and without
//! cookies, so that no page in a browser can call it. Errors are problems of RFC 9457.

mod erasures;
mod letters;
mod people;
mod problem;
mod sources;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use fidance_app::{
    ingest::{Acceptor, Backlog, Clock, Door, Keys},
    people::People,
};
use fidance_store::{NewAuditEntry, Store, StoreError};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use self::problem::Problem;
use crate::{access::Access, guard::names_loopback};

/// What the routes need.
#[derive(Debug)]
pub struct Admin {
    /// The store.
    pub store: Store,
    /// The memory of keys, to be told of changes.
    pub keys: Arc<Keys>,
    /// Where repaired messages go in.
    pub door: Door,
    /// Decides what becomes of them.
    pub acceptor: Arc<Acceptor>,
    /// Takes people's wishes.
    pub people: Arc<People>,
    /// What waits.
    pub backlog: Backlog,
    /// The present.
    pub clock: Clock,
    /// Whom the console knows.
    pub access: Arc<Access>,
    /// The secret token; nobody may come in where there is none.
    pub token: Option<String>,
}

/// The routes, to be merged into the console's.
pub fn router(admin: Admin) -> Router {
    let admin = Arc::new(admin);
    Router::new()
        .route("/api/v1/inbox", get(inbox))
        .route("/api/v1/console-links", post(link))
        .merge(erasures::router())
        .merge(letters::router())
        .merge(people::router())
        .merge(sources::router())
        .with_state(Arc::clone(&admin))
        .layer(middleware::from_fn_with_state(admin, check))
}

async fn check(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let mut response = if !names_loopback(request.uri(), request.headers()) {
        Problem::ForeignHost.into_response()
    } else if !is_allowed(&admin, request.headers()) {
        Problem::Unauthorised.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn is_allowed(admin: &Admin, headers: &HeaderMap) -> bool {
    let said =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match (&admin.token, said) {
        (Some(token), Some(said)) => token.as_bytes().ct_eq(said.trim().as_bytes()).into(),
        _ => false,
    }
}

impl Admin {
    /// Notes who did what, for whoever asks later.
    async fn note(&self, action: &str, object: String) -> Result<(), StoreError> {
        let at = self.clock.now();
        let (actor, action) = ("api".to_owned(), action.to_owned());
        self.store.add_audit(&NewAuditEntry { at, actor, action, object, detail: String::new() }).await
    }
}

async fn inbox(State(admin): State<Arc<Admin>>) -> Result<Response, Problem> {
    let depth = admin.store.depth().await?;
    let age = admin.backlog.age(admin.clock.now());
    let depth = json!({
        "parcels": depth.parcels,
        "events": depth.events,
        "bytes": depth.bytes,
        "age_seconds": age as f64 / 1e6,
    });
    Ok(Json(depth).into_response())
}

async fn link(State(admin): State<Arc<Admin>>) -> Result<Response, Problem> {
    admin.note("console.link", String::new()).await?;
    let path = admin.access.link().ok_or(Problem::Failed("the system gives no random bytes".into()))?;
    Ok(Json(json!({ "path": path })).into_response())
}
