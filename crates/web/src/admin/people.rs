//! What is held on a person, for that person: one archive. The id is in the body, so that no log of addresses has it.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::post,
};
use fidance_app::people::GatherError;
use utoipa::ToSchema;

use super::{Admin, PEOPLE, erasures::OfCustomer, given::Given, problem::Problem};

/// Nothing is made, and what is answered must not be kept: a key changes nothing here.
pub(super) const PATH: &str = "/api/v1/people/export";

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route(PATH, post(export))
}

/// The bytes of a ZIP.
#[derive(ToSchema)]
#[schema(as = Archive, content_media_type = "application/zip")]
struct Archive(#[expect(dead_code, reason = "it is there to be described")] String);

/// Everything that is held on a customer
///
/// The archive has a README in French and English, what is known of the person, their events, ids and messages.
#[utoipa::path(
    post, path = PATH, operation_id = "export_person", tag = PEOPLE, request_body = OfCustomer,
    responses(
        (status = 200, description = "The archive.", body = Archive, content_type = "application/zip"),
        (status = 400),
        (status = 404, description = "Nothing is held on such a customer."),
        (status = 415)
    )
)]
pub(super) async fn export(
    State(admin): State<Arc<Admin>>,
    Given(of): Given<OfCustomer>,
) -> Result<Response, Problem> {
    let customer = of.id()?;
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
