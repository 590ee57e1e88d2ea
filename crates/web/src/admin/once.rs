//! `Idempotency-Key`: a client that heard no answer calls again and is told what it would have been, without anything
//! being done twice.
//!
//! As the IETF's draft says (draft-ietf-httpapi-idempotency-key-header-07). An answer is kept for a day, sealed, in the
//! store. An answer that only says "later" or that is a failure of ours is not kept: the same call may be made again.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest as _, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use fidance_store::{CallName, Claim};
use serde::{Deserialize, Serialize};

use super::{Admin, people, problem::Problem};

pub(super) const KEY: &str = "idempotency-key";
const REPEATED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST: usize = 200;
/// A day, in microseconds.
const KEPT: i64 = 86_400_000_000;

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    media: Option<String>,
    body: String,
}

/// Does what has a key once. What has none goes on.
pub(super) async fn once(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let is_one_that_makes = request.method() == Method::POST && request.uri().path() != people::PATH;
    if !is_one_that_makes || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    answer(admin, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(admin: Arc<Admin>, request: Request, next: Next) -> Result<Response, Problem> {
    let name = name(request.headers())?;
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::new(body), &()).await?;
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let media = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let call = CallName::new(&name, &[parts.method.as_str().as_bytes(), path.as_bytes(), media, &body]);
    let now = admin.clock.now();
    match admin.store.claim_call(&call, now.saturating_add(KEPT), now).await? {
        Claim::New => {}
        Claim::Begun => {
            let what = "a call with this Idempotency-Key has begun and has no answer yet; if the server was stopped meanwhile \
                        it will have none: look whether it was done";
            return Err(Problem::Conflict(what.to_owned()));
        }
        Claim::Answered(kept) => return repeat(&kept),
        Claim::OfAnother => {
            let what = "this Idempotency-Key was given to another request; take a new one";
            return Err(Problem::Refused(what.to_owned()));
        }
    }
    let request = Request::from_parts(parts, Body::from(body));
    // A task of its own: it ends although the client goes away, which is when its answer will be asked for again.
    let task = tokio::spawn(async move {
        let response = next.run(request).await;
        keep(&admin, &call, response).await
    });
    task.await.map_err(|error| Problem::Failed(Box::new(error)))
}

/// The key: a string as structured fields write it (RFC 8941).
fn name(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(KEY).iter();
    let text = values.next().and_then(|value| value.to_str().ok());
    let parsed = text.filter(|_| values.next().is_none()).and_then(unquoted);
    let wanted = || format!("Idempotency-Key: one text of 1 to {LONGEST} characters in double quotes");
    parsed.filter(|name| (1..=LONGEST).contains(&name.len())).ok_or_else(|| Problem::Bad(wanted()))
}

fn unquoted(text: &str) -> Option<String> {
    let inner = text.trim_matches(' ').strip_prefix('"')?.strip_suffix('"')?;
    let mut name = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => name.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            ' '..='~' if character != '"' => name.push(character),
            _ => return None,
        }
    }
    Some(name)
}

/// Keeps an answer, where it is one that a repeated call should have.
async fn keep(admin: &Admin, call: &CallName, response: Response) -> Response {
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        // If this fails, the key stays taken for a day: the client is told to look.
        if let Err(error) = admin.store.release_call(call).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "an Idempotency-Key stays taken");
        }
        return response;
    }
    let (parts, body) = response.into_parts();
    // Our own answers, which are in memory: they cannot break off.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let media = parts.headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let text = String::from_utf8_lossy(&body).into_owned();
    let kept = Kept { status: status.as_u16(), media: media.map(str::to_owned), body: text };
    let kept = serde_json::to_vec(&kept).unwrap_or_default();
    if let Err(error) = admin.store.answer_call(call, &kept).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "an answer could not be kept for a repeated call"
        );
    }
    Response::from_parts(parts, Body::from(body))
}

fn repeat(kept: &[u8]) -> Result<Response, Problem> {
    let Kept { status, media, body } =
        serde_json::from_slice(kept).map_err(|error| Problem::Failed(Box::new(error)))?;
    let status = StatusCode::from_u16(status).map_err(|error| Problem::Failed(Box::new(error)))?;
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    if let Some(media) = media.and_then(|media| HeaderValue::from_str(&media).ok()) {
        headers.insert(header::CONTENT_TYPE, media);
    }
    headers.insert(REPEATED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_quoted_string() {
        assert_eq!(unquoted("\"8e03978e-40d5\"").as_deref(), Some("8e03978e-40d5"));
        assert_eq!(unquoted(r#" "a \"b\" \\" "#).as_deref(), Some(r#"a "b" \"#));
        for wrong in
            ["", "\"", "abc", "\"abc", "abc\"", r#""a"b""#, r#""a\b""#, r#""a\""#, "\"é\"", "\"a\tb\""]
        {
            assert_eq!(unquoted(wrong), None, "{wrong}");
        }
        let mut headers = HeaderMap::new();
        headers.append(KEY, HeaderValue::from_static("\"one\""));
        assert_eq!(name(&headers).unwrap(), "one");
        headers.append(KEY, HeaderValue::from_static("\"two\""));
        assert!(name(&headers).is_err(), "one key");
        for length in [0, 201] {
            let text = format!("\"{}\"", "a".repeat(length));
            headers.insert(KEY, HeaderValue::from_str(&text).unwrap());
            assert!(name(&headers).is_err(), "{length}");
        }
    }
}
