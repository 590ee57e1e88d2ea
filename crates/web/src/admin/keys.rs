//! Keys that sources send with. A key is shown once, when it is made.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use fidance_store::{Key, KeyId, KeyKind, SourceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Admin, KEYS,
    given::{Cursor, DONE, Given, Id, Page, Params},
    instant,
    problem::Problem,
    sources::Wanted,
};

/// In characters.
const LONGEST_ORIGIN: usize = 300;
const MOST_ORIGINS: usize = 100;

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/sources/{id}/keys", post(create))
        .route("/api/v1/keys", get(list))
        .route("/api/v1/keys/{id}", delete(revoke))
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
#[schema(examples(json!({ "kind": "browser", "origins": ["https://shop.example"] })))]
pub(super) enum NewKey {
    /// For servers, who can keep a secret.
    Server {},
    /// For pages, where everybody can read it: it may only add events.
    Browser {
        /// The origins of those pages; none allows any.
        #[schema(max_items = 100)]
        origins: Vec<Origin>,
    },
}

/// The origin of pages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    max_length = 300,
    pattern = r"^[A-Za-z][A-Za-z0-9+.\-]*://[^\s/?#\u0000-\u001f\u007f-\u009f]+$",
    examples("https://shop.example")
)]
pub(super) struct Origin(String);

impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wanted = "origins: each as `https://shop.example`, without a path";
        if is_origin(&text) { Ok(Self(text)) } else { Err(wanted) }
    }
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(is_scheme)
        && !host.is_empty()
        && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#".contains(c))
        && text.chars().count() <= LONGEST_ORIGIN
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
struct MadeKey {
    /// Its number.
    #[schema(minimum = 1, examples(3))]
    id: i64,
    /// The key itself, which is shown this once.
    #[schema(examples("fs_0123456789abcdef0123456789abcdef01234567"))]
    key: String,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Server,
    Browser,
}

/// A key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct Shown {
    /// Its number.
    #[schema(minimum = 1, examples(3))]
    id: i64,
    /// The number of its source.
    #[schema(minimum = 1, examples(1))]
    source: i64,
    kind: Kind,
    /// The origins of pages that may send with it; null for servers.
    #[schema(required, examples("https://shop.example"))]
    origins: Option<Vec<String>>,
    /// How it begins, to know it by.
    #[schema(examples("fk_012345"))]
    begins: String,
    /// When it was made.
    created_at: Timestamp,
    /// Since when it is refused; null while it is not.
    #[schema(required)]
    revoked_at: Option<Timestamp>,
    /// The last day it was used, counted from 1970-01-01; null where it never was.
    #[schema(required, examples(20_775))]
    last_used_day: Option<i32>,
}

/// All keys
///
/// In order of their making, the revoked ones too, without the keys themselves.
#[utoipa::path(
    get, path = "/api/v1/keys", operation_id = "list_keys", tag = KEYS, params(Wanted),
    responses((status = 200, description = "A page of them.", body = Page<Shown>), (status = 400))
)]
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page<Shown>>, Problem> {
    let asked = Page::<Shown>::ask(wanted.limit);
    let after = wanted.cursor.map(|Cursor(id)| KeyId::new(id));
    let found = admin.store.key_page(after, asked).await?;
    Ok(Page::of(found, asked, |key| (key.id.get(), shown(key))))
}

/// Make a key for a source
///
/// The answer alone holds the key. Call with an `Idempotency-Key`, so that a lost answer can be asked for again.
#[utoipa::path(
    post, path = "/api/v1/sources/{id}/keys", operation_id = "create_key", tag = KEYS,
    params(("id" = i64, Path, minimum = 1, description = "The number of the source.")), request_body = NewKey,
    responses(
        (status = 201, description = "It was made, and is valid at once.", body = MadeKey),
        (status = 400),
        (status = 404, description = "There is no such source."),
        (status = 415)
    )
)]
pub(super) async fn create(
    State(admin): State<Arc<Admin>>,
    Id(source): Id,
    Given(kind): Given<NewKey>,
) -> Result<Response, Problem> {
    let kind = match kind {
        NewKey::Server {} => KeyKind::Server,
        NewKey::Browser { origins } if origins.len() > MOST_ORIGINS => {
            return Err(Problem::Bad(format!("origins: at most {MOST_ORIGINS}")));
        }
        NewKey::Browser { origins } => {
            KeyKind::Browser { origins: origins.into_iter().map(|Origin(origin)| origin).collect() }
        }
    };
    let key = admin.store.create_key(SourceId::new(source), &kind, admin.clock.now()).await?;
    admin.note("key.create", key.id.to_string()).await?;
    admin.keys.forget();
    Ok((StatusCode::CREATED, Json(MadeKey { id: key.id.get(), key: key.plain })).into_response())
}

/// Revoke a key
///
/// It is refused at once. A revoked key can be revoked again, which changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", operation_id = "revoke_key", tag = KEYS,
    params(("id" = i64, Path, minimum = 1, description = "The number of the key.")),
    responses(
        (status = 204, description = "It is refused."),
        (status = 400),
        (status = 404, description = "There is no such key.")
    )
)]
pub(super) async fn revoke(State(admin): State<Arc<Admin>>, Id(id): Id) -> Result<StatusCode, Problem> {
    admin.store.revoke_key(KeyId::new(id), admin.clock.now()).await?;
    admin.note("key.revoke", id.to_string()).await?;
    admin.keys.forget();
    Ok(DONE)
}

fn shown(key: &Key) -> Shown {
    let (kind, origins) = match &key.kind {
        KeyKind::Server => (Kind::Server, None),
        KeyKind::Browser { origins } => (Kind::Browser, Some(origins.clone())),
    };
    Shown {
        id: key.id.get(),
        source: key.source.get(),
        kind,
        origins,
        begins: key.shown.clone(),
        created_at: instant(key.created_at),
        revoked_at: key.revoked_at.map(instant),
        last_used_day: key.last_used_day,
    }
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn what_an_origin_is() {
        for right in ["https://shop.example", "http://localhost:3000", "app://shop", "HTTPS://[::1]:8443"] {
            assert!(is_origin(right), "{right}");
        }
        for wrong in
            ["", "shop.example", "https://", "https://shop.example/", "https://a b", "://a", "1a://b"]
        {
            assert!(!is_origin(wrong), "{wrong}");
        }
        assert!(!is_origin(&format!("https://{}", "a".repeat(300))));
        assert!(!is_origin("https://shop\0.example"));
    }
}
