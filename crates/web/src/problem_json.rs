//! A problem as RFC 9457 writes it, for programs. Which problems there are, their callers know.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type.
pub(crate) const MEDIA: &str = "application/problem+json";

/// Why a call was refused (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, examples(json!({
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "there is no such dead letter"
})))]
pub(crate) struct Body {
    /// What kind of problem: always `about:blank`, the status says it.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, for a person; its words may change.
    detail: String,
}

/// An answer that tells a problem.
pub(crate) fn response(status: StatusCode, detail: String) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = Body { kind: "about:blank", title, status: status.as_u16(), detail };
    let text = serde_json::to_string(&body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))], text).into_response()
}

/// Whether a path is one of programs, who cannot read a page.
pub(crate) fn is_for_programs(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
