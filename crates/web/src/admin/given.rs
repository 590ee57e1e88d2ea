//! What a call brings, read once at the edge: every wrong thing in it is a [`Problem`], never an empty answer.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::problem::Problem;

/// A client that takes longer to send its body is cut off.
const PATIENCE: Duration = Duration::from_secs(30);
/// Items of a page, unless asked otherwise, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;

/// Reads the whole body within limits of bytes and time, before anything is done with it.
pub(super) async fn gather(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut reading = Request::new(body);
    // The limit of bytes is an extension of the request.
    reading.extensions_mut().clone_from(&parts.extensions);
    match timeout(PATIENCE, Bytes::from_request(reading, &())).await {
        Err(_) => Problem::Slow.into_response(),
        Ok(Err(wrong)) => Problem::from(wrong).into_response(),
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
    }
}

/// The number in a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id(pub(super) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = Path::<String>::from_request_parts(parts, state).await;
        let number = given.ok().and_then(|Path(text)| positive(&text));
        number.map(Self).ok_or_else(|| Problem::Bad("the id in the path is a number from 1 on".to_owned()))
    }
}

/// Digits alone: no sign, no zero before them.
fn positive(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The parameters of a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Query::from_request_parts(parts, state).await?.0))
    }
}

/// A body of JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Ok(Self(Json::from_request(request, state).await?.0))
    }
}

/// A body that is kept as it came.
#[derive(Debug, Clone)]
pub(super) struct Message(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for Message {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
        let kind = media.map(|media| media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        if kind.is_some_and(|kind| !matches!(kind.as_str(), "application/json" | "application/octet-stream"))
        {
            return Err(Problem::Media("application/octet-stream"));
        }
        let bytes = Bytes::from_request(request, state).await?;
        if bytes.is_empty() {
            return Err(Problem::Bad("the body is the repaired message; it is empty".to_owned()));
        }
        Ok(Self(bytes))
    }
}

/// Where a page begins: what the page before gave as `next`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Cursor(pub(super) i64);

impl TryFrom<String> for Cursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        positive(&text).map(Self).ok_or("the cursor is none that was given as `next`")
    }
}

/// How many items a page has at most.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Limit(usize);

impl TryFrom<String> for Limit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = positive(&text).and_then(|number| usize::try_from(number).ok());
        let in_range = number.filter(|number| *number <= LARGEST_PAGE);
        in_range.map(Self).ok_or_else(|| format!("the limit is a number from 1 to {LARGEST_PAGE}"))
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is on the page.
    items: Vec<T>,
    /// The `cursor` of the next page; null where this is the last one.
    #[schema(required, examples("50"))]
    next: Option<String>,
}

impl<T> Page<T> {
    /// How many items to ask for: one more than a page has tells whether another follows.
    pub(super) fn ask(limit: Option<Limit>) -> usize {
        limit.map_or(PAGE, |limit| limit.0) + 1
    }

    /// From what was found when asked for so many; `shown` gives an item and its number, or what stands for it.
    pub(super) fn of<F, N: ToString>(
        mut found: Vec<F>,
        asked: usize,
        shown: impl Fn(&F) -> (N, T),
    ) -> Json<Self> {
        let has_more = found.len() >= asked;
        found.truncate(asked - 1);
        let (numbers, items): (Vec<N>, Vec<T>) = found.iter().map(shown).unzip();
        let next = numbers.last().filter(|_| has_more).map(ToString::to_string);
        Json(Self { items, next })
    }
}

/// What is answered where there is nothing to say.
pub(super) const DONE: StatusCode = StatusCode::NO_CONTENT;
