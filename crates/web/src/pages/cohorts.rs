//! The cohort table: who came back, by the period of the first activity.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};

use super::Visit;
use crate::{App, view::cohorts::Cohorts, view::shell::Page, visitor::Visitor};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/cohorts", get(show))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Cohorts };
    visit
        .answer(|app, report, choices, visitor| {
            Cohorts::new(app.text(visitor.lang), report, choices, visitor.uri.query())
        })
        .await
}
