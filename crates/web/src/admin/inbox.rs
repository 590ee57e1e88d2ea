//! What waits to come into the lake.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Admin, INBOX, problem::Problem};

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/inbox", get(show))
}

/// What was acknowledged and is not in the lake yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Inbox {
    /// Requests.
    parcels: u64,
    /// Their events.
    events: u64,
    /// Their bytes.
    bytes: u64,
    /// How long the oldest has waited.
    #[schema(minimum = 0.0)]
    age_seconds: f64,
}

/// What waits
#[utoipa::path(
    get, path = "/api/v1/inbox", operation_id = "show_inbox", tag = INBOX,
    responses((status = 200, description = "How much it is.", body = Inbox))
)]
pub(super) async fn show(State(admin): State<Arc<Admin>>) -> Result<Json<Inbox>, Problem> {
    let depth = admin.store.depth().await?;
    let age = admin.backlog.age(admin.clock.now());
    Ok(Json(Inbox {
        parcels: depth.parcels,
        events: depth.events,
        bytes: depth.bytes,
        age_seconds: age as f64 / 1e6,
    }))
}
