//! Problems as RFC 9457 says them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fidance_store::StoreError;
use serde_json::json;

/// Every way a call can fail.
#[derive(Debug)]
pub(super) enum Problem {
    /// The request was meant for another name.
    ForeignHost,
    /// The token is missing or wrong.
    Unauthorised,
    /// A parameter or a field is wrong.
    Bad(String),
    /// There is no such thing.
    Absent(&'static str),
    /// It is there already, or not in a state for this.
    Conflict(String),
    /// The message still cannot be used.
    Refused(String),
    /// Nothing can be taken at the moment.
    Later(u32),
    /// A failure of ours.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Absent { table, .. } => Self::Absent(table),
            StoreError::Taken { .. } | StoreError::State { .. } => Self::Conflict(error.to_string()),
            error => Self::Failed(Box::new(error)),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, detail) = match &self {
            Self::ForeignHost => {
                (StatusCode::MISDIRECTED_REQUEST, "this answers only at localhost or 127.0.0.1".to_owned())
            }
            Self::Unauthorised => (
                StatusCode::UNAUTHORIZED,
                "send the token of [api] in the configuration as `Authorization: Bearer`".to_owned(),
            ),
            Self::Bad(what) => (StatusCode::BAD_REQUEST, what.clone()),
            Self::Absent(table) => {
                (StatusCode::NOT_FOUND, format!("there is no such {}", table.replace('_', " ")))
            }
            Self::Conflict(what) => (StatusCode::CONFLICT, what.clone()),
            Self::Refused(what) => (StatusCode::UNPROCESSABLE_ENTITY, what.clone()),
            Self::Later(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "nothing can be taken at the moment".to_owned())
            }
            Self::Failed(error) => {
                tracing::error!(error = error.as_ref() as &dyn std::error::Error, "a call failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "the call failed; the log says why".to_owned())
            }
        };
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": detail,
        });
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response();
        if let Self::Later(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
