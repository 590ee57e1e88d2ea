//! The register of incidents and changes: what may explain a fall, as people write it down.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, State, rejection::PathRejection},
    http::{StatusCode, request::Parts},
    routing::{get, put as put_method},
};
use fidance_app::register::BookError;
use serde_json::{Map, Value};

use super::{
    Admin, INCIDENTS,
    alarms::EventName,
    given::{DONE, Given},
    problem::Problem,
};

/// Who does it, for the log of who did what.
pub(super) const API: &str = "api";

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/incidents", get(list))
        .route("/api/v1/incidents/{id}", put_method(put).delete(delete))
}

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Wrong(wrong) => Self::Refused(wrong.to_string()),
            BookError::Store(error) => error.into(),
            error @ BookError::Json(_) => Self::Failed(Box::new(error)),
        }
    }
}

/// The register
///
/// All of it in one document, of the form that docs/register.schema.json describes and `fidance incidents` reads and writes.
#[utoipa::path(
    get, path = "/api/v1/incidents", operation_id = "show_register", tag = INCIDENTS,
    responses((status = 200, description = "`incidents` and `changes`, each in the order of dates.", body = Object))
)]
pub(super) async fn list(State(admin): State<Arc<Admin>>) -> Result<Json<Value>, Problem> {
    Ok(Json(admin.book.document().await?))
}

/// Put an incident or a change into the register
///
/// In place of the one that has its id. The diagnoses know it as soon as they are made anew, which begins at once.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}", operation_id = "put_incident", tag = INCIDENTS,
    params(("id" = String, Path, description = "What it is known by.", min_length = 1, max_length = 200)),
    request_body(
        content = Object,
        description = "`IncidentForm` or `ChangeForm` of docs/register.schema.json; `id` may be left out.",
        example = json!({ "type": "data_breach", "title": "Passwords stolen", "severity": "high", "disclosed": "2026-11-03" })
    ),
    responses(
        (status = 200, description = "It is kept, as it is answered.", body = Object),
        (status = 400),
        (status = 415),
        (status = 422, description = "A field is wrong; it is named. Nothing was changed.")
    )
)]
pub(super) async fn put(
    State(admin): State<Arc<Admin>>,
    given: Result<Path<String>, PathRejection>,
    Given(fields): Given<Map<String, Value>>,
) -> Result<Json<Value>, Problem> {
    let id = id(given).ok_or_else(|| {
        let wanted = "1 to 200 characters, without control characters and white space around";
        Problem::Refused(format!("id: {wanted}"))
    })?;
    let kept = admin.book.put(&id, fields, API, admin.clock.now()).await?;
    Ok(Json(kept))
}

/// Take an entry out of the register
///
/// With the list of whom it affected. An alarm that it explains goes on naming it.
#[utoipa::path(
    delete, path = "/api/v1/incidents/{id}", operation_id = "delete_incident", tag = INCIDENTS,
    params(("id" = String, Path, description = "What it is known by.", min_length = 1, max_length = 200)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such entry.")
    )
)]
pub(super) async fn delete(
    State(admin): State<Arc<Admin>>,
    Incident(id): Incident,
) -> Result<StatusCode, Problem> {
    admin.book.delete(&id, API, admin.clock.now()).await?;
    Ok(DONE)
}

/// An id that an alarm can be explained with.
fn id(given: Result<Path<String>, PathRejection>) -> Option<String> {
    given.ok().map(|Path(id)| id).filter(|id| EventName::is_one(id))
}

/// The incident of a path. What can be no id is none that there is.
#[derive(Debug)]
pub(super) struct Incident(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Incident {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = Path::from_request_parts(parts, state).await;
        id(given).map(Self).ok_or(Problem::Absent("incident"))
    }
}
