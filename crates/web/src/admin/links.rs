//! Links to the console.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Admin, CONSOLE, problem::Problem};

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/console-links", post(create))
}

/// A link to the console.
#[derive(Serialize, ToSchema)]
pub(super) struct ConsoleLink {
    /// Its path, at the address of this API.
    #[schema(examples("/open/0123456789abcdef0123456789abcdef0123456789abcdef"))]
    path: String,
}

/// Make a link to the console
///
/// It works once, and makes the browser that opens it known for twelve hours.
#[utoipa::path(
    post, path = "/api/v1/console-links", operation_id = "create_console_link", tag = CONSOLE,
    responses((status = 201, description = "It was made.", body = ConsoleLink))
)]
pub(super) async fn create(State(admin): State<Arc<Admin>>) -> Result<Response, Problem> {
    admin.note("console.link", String::new()).await?;
    let path = admin.access.link().ok_or(Problem::Failed("the system gives no random bytes".into()))?;
    Ok((StatusCode::CREATED, Json(ConsoleLink { path })).into_response())
}
