//! The report as JSON, for scripts on the same machine.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use fidance_app::report::ReportError;

use crate::{
    App,
    choices::Choices,
    pages::{AskError, ask},
    problem::log,
    problem_json,
};

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().route("/api/v1/report", get(report)).route("/healthz", get(health))
}

async fn health() -> &'static str {
    "ok\n"
}

async fn report(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let choices = Choices::read(query.as_deref(), app.source.default_question())?;
    let report = ask(&app, choices.question).await?;
    Ok(Json(report.as_ref()).into_response())
}

/// An RFC 9457 problem.
#[derive(Debug)]
struct ApiError {
    status: StatusCode,
    detail: String,
}

impl From<crate::choices::BadChoice> for ApiError {
    fn from(bad: crate::choices::BadChoice) -> Self {
        Self { status: StatusCode::BAD_REQUEST, detail: bad.to_string() }
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Report(error @ (ReportError::Empty | ReportError::TooLong { .. })) => {
                Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail: error.to_string() }
            }
            error @ (AskError::Report(_) | AskError::Task(_)) => {
                log(&error);
                let detail = "the report failed; the log of the program says why".to_owned();
                Self { status: StatusCode::INTERNAL_SERVER_ERROR, detail }
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        problem_json::response(self.status, self.detail)
    }
}
