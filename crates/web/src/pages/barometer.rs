//! The first page: the retention rate now, where it comes from, and what it is worth.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};

use super::Visit;
use crate::{App, view::barometer::Barometer, view::shell::Page, visitor::Visitor};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/", get(show))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Barometer };
    visit
        .answer(|app, report, choices, visitor| {
            Barometer::new(app.text(visitor.lang), report, choices, visitor.uri.query())
        })
        .await
}
