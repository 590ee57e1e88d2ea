//! Every way a call can fail, and with which status.

use axum::{
    extract::rejection::{BytesRejection, JsonRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fidance_app::ingest::Refusal;
use fidance_store::StoreError;

use crate::problem_json;

/// Every way a call can fail.
#[derive(Debug)]
pub(super) enum Problem {
    /// The request was meant for another name.
    ForeignHost,
    /// The token is missing or wrong.
    Unauthorised,
    /// A parameter or a field is wrong.
    Bad(String),
    /// There is no such path.
    NoPath,
    /// There is no such thing.
    Absent(&'static str),
    /// The path takes other methods.
    Method,
    /// The body did not come in time.
    Slow,
    /// It is there already, or not in a state for this.
    Conflict(String),
    /// The body is longer than this.
    TooLarge(usize),
    /// The body is of another kind.
    Media(&'static str),
    /// It is understood, but cannot be done.
    Refused(String),
    /// More comes in than is taken; seconds after which to come again.
    TooMany(u32),
    /// Nothing can be taken at the moment; seconds after which to come again.
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

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooMany { retry_after } => Self::TooMany(retry_after),
            Refusal::Unavailable { retry_after } => Self::Later(retry_after),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(wrong: QueryRejection) -> Self {
        Self::Bad(wrong.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(wrong: BytesRejection) -> Self {
        if wrong.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge(super::LARGEST_BODY);
        }
        Self::Bad("the body broke off".to_owned())
    }
}

impl From<JsonRejection> for Problem {
    fn from(wrong: JsonRejection) -> Self {
        match wrong {
            JsonRejection::MissingJsonContentType(_) => Self::Media("application/json"),
            JsonRejection::BytesRejection(wrong) => wrong.into(),
            wrong => Self::Bad(wrong.body_text()),
        }
    }
}

impl Problem {
    fn told(&self) -> (StatusCode, String) {
        match self {
            Self::ForeignHost => {
                (StatusCode::MISDIRECTED_REQUEST, "this answers only at localhost or 127.0.0.1".to_owned())
            }
            Self::Unauthorised => (
                StatusCode::UNAUTHORIZED,
                "send the token of [api] in the configuration as `Authorization: Bearer`".to_owned(),
            ),
            Self::Bad(what) => (StatusCode::BAD_REQUEST, what.clone()),
            Self::NoPath => {
                (StatusCode::NOT_FOUND, "there is nothing under this path; see /api/openapi.json".to_owned())
            }
            Self::Absent(table) => {
                (StatusCode::NOT_FOUND, format!("there is no such {}", table.replace('_', " ")))
            }
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "this path takes the methods in `Allow`".to_owned())
            }
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "the body did not come in time".to_owned()),
            Self::Conflict(what) => (StatusCode::CONFLICT, what.clone()),
            Self::TooLarge(limit) => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("a body has at most {limit} bytes"))
            }
            Self::Media(wanted) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("send the body with `Content-Type: {wanted}`"))
            }
            Self::Refused(what) => (StatusCode::UNPROCESSABLE_ENTITY, what.clone()),
            Self::TooMany(_) => {
                (StatusCode::TOO_MANY_REQUESTS, "more comes in than the lake takes".to_owned())
            }
            Self::Later(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "nothing can be taken at the moment".to_owned())
            }
            Self::Failed(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "the call failed; the log says why".to_owned())
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Failed(error) = &self {
            tracing::error!(error = error.as_ref() as &dyn std::error::Error, "a call failed");
        }
        let (status, detail) = self.told();
        let mut response = problem_json::response(status, detail);
        let headers = response.headers_mut();
        match self {
            Self::TooMany(seconds) | Self::Later(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::Unauthorised => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}
