//! What is held on a person, for that person: one archive. The id is in the body, so that no log of addresses has it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::post,
};
use fidance_app::people::GatherError;

use super::{Admin, erasures::OfCustomer, problem::Problem};

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/people/export", post(export))
}

async fn export(
    State(admin): State<Arc<Admin>>,
    given: Result<Json<OfCustomer>, JsonRejection>,
) -> Result<Response, Problem> {
    let customer = OfCustomer::read(given)?;
    admin.note("person.export", String::new()).await?;
    let archive = admin.people.export(&customer).await.map_err(|error| match error {
        GatherError::Store(error) => Problem::from(error),
        error => Problem::Failed(Box::new(error)),
    })?;
    let archive = archive.ok_or(Problem::Absent("customer"))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"person.zip\"")),
    ];
    Ok((headers, archive).into_response())
}
