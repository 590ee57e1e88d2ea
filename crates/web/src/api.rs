//! The report, the watch and the diagnoses as JSON, for scripts on the same machine.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use fidance_app::{report::ReportError, watch::WatchError};

use crate::{
    App,
    choices::Choices,
    pages::{AskError, ask, look},
    problem::log,
    problem_json,
};

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/report", get(report))
        .route("/api/v1/watch", get(watch))
        .route("/api/v1/diagnosis/{id}", get(diagnosis))
        .route("/api/v1/events", get(events))
        .route("/healthz", get(health))
}

async fn health() -> &'static str {
    "ok\n"
}

async fn report(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let choices = Choices::read(query.as_deref(), app.source.default_question())?;
    let report = ask(&app, choices.question).await?;
    Ok(Json(report.as_ref()).into_response())
}

async fn watch(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let watch = look(&app, |source| source.watch()).await?;
    Ok(Json(watch.as_ref()).into_response())
}

async fn diagnosis(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let diagnosis = look(&app, move |source| source.diagnosis(&id)).await?.ok_or(ApiError {
        status: StatusCode::NOT_FOUND,
        detail: "no alarm has this id; `/api/v1/watch` lists them".to_owned(),
    })?;
    Ok(Json(diagnosis.as_ref()).into_response())
}

async fn events(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let effects = look(&app, |source| source.effects()).await?;
    Ok(Json(effects.as_ref()).into_response())
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
            error @ (AskError::Report(ReportError::Empty | ReportError::TooLong { .. })
            | AskError::Watch(
                WatchError::Empty | WatchError::TooLong { .. } | WatchError::NotActivities,
            )) => Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail: error.to_string() },
            error @ (AskError::Report(_) | AskError::Watch(_) | AskError::Task(_)) => {
                log(&error);
                let detail = "the computation failed; the log of the program says why".to_owned();
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
