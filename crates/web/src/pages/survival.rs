//! How long customers stay, by group.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};

use super::Visit;
use crate::{App, view::shell::Page, view::survival::Survival, visitor::Visitor};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/survival", get(show))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Survival };
    visit.answer(|app, report, choices, visitor| Survival::new(app.text(visitor.lang), report, choices)).await
}
