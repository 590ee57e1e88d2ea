//! `/api/v1/`: what programs of the business may ask of a running server and change in it.
//!
//! On the console's address, which is this machine; with the secret token of the configuration as `Bearer`, and without
//! cookies, so that no page in a browser can call it. Errors are problems of RFC 9457. What each call takes and answers is
//! described at `/api/openapi.json`, which needs no token.
//!
//! A new call: a handler with `#[utoipa::path]` in a file of its noun, its route in that file's `router`, its name in the
//! list in `openapi`; then `make schema`.

mod affected;
mod alarms;
mod erasures;
mod given;
mod inbox;
mod incidents;
mod keys;
mod letters;
mod links;
mod once;
mod openapi;
mod people;
mod problem;
mod sources;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use fidance_app::{
    ingest::{Acceptor, Backlog, Clock, Door, Keys},
    people::People,
    register::Book,
};
use fidance_store::{NewAuditEntry, Store, StoreError};
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

pub use self::openapi::document;
use self::problem::Problem;
use crate::{access::Access, guard::names_loopback};

const INBOX: &str = "inbox";
const LETTERS: &str = "dead letters";
const SOURCES: &str = "sources";
const KEYS: &str = "keys";
const ALARMS: &str = "alarms";
const INCIDENTS: &str = "incidents";
const PEOPLE: &str = "people";
const CONSOLE: &str = "console";

/// Where the description of the API is.
const DESCRIPTION: &str = "/api/openapi.json";
/// A body has at most this many bytes.
const LARGEST_BODY: usize = 1 << 20;

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
    /// The register of incidents and changes.
    pub book: Arc<Book>,
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
    let small = Router::new()
        .merge(alarms::router())
        .merge(erasures::router())
        .merge(inbox::router())
        .merge(incidents::router())
        .merge(links::router())
        .merge(letters::router())
        .merge(people::router())
        .merge(sources::router())
        .merge(keys::router())
        .route(DESCRIPTION, get(openapi::show))
        .method_not_allowed_fallback(no_method)
        .route("/api", any(nothing))
        .route("/api/", any(nothing))
        .route("/api/{*path}", any(nothing))
        .with_state(Arc::clone(&admin))
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), once::once))
        .layer(middleware::from_fn(given::gather))
        .layer(DefaultBodyLimit::max(LARGEST_BODY));
    // Lists are read as they come.
    let large = affected::router().method_not_allowed_fallback(no_method).with_state(Arc::clone(&admin));
    small.merge(large).layer(middleware::from_fn_with_state(admin, check))
}

async fn no_method() -> Problem {
    Problem::Method
}

async fn nothing() -> Problem {
    Problem::NoPath
}

async fn check(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let is_public = request.uri().path() == DESCRIPTION;
    let mut response = if !names_loopback(request.uri(), request.headers()) {
        Problem::ForeignHost.into_response()
    } else if !is_public && !is_allowed(&admin, request.headers()) {
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
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    // The scheme's name is in any case (RFC 9110).
    let said = said
        .and_then(|said| said.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"));
    match (&admin.token, said) {
        (Some(token), Some((_, said))) => token.as_bytes().ct_eq(said.trim().as_bytes()).into(),
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

/// A stored instant; one that no calendar has is the nearest that it has.
fn instant(at: i64) -> Timestamp {
    let nearest = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(at).unwrap_or(nearest)
}
