//! The first page: the retention rate now, where it comes from, and what it is worth.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};
use fidance_app::watch::model::Watch;

use super::{Visit, if_activities, look};
use crate::{App, problem::log, view::barometer::Barometer, view::shell::Page, visitor::Visitor};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/", get(show))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let watch = watch(&app).await;
    let visit = Visit { app, visitor, page: Page::Barometer };
    visit
        .answer(|app, report, choices, visitor| {
            let query = visitor.uri.query();
            Barometer::new(app.text(visitor.lang), report, choices, query).with_alarm(watch.as_deref(), query)
        })
        .await
}

/// The watch, where there is one. The rate does not depend on it, so its failure goes to the log alone.
async fn watch(app: &Arc<App>) -> Option<Arc<Watch>> {
    if_activities(look(app, |source| source.watch()).await).unwrap_or_else(|error| {
        log(&error);
        None
    })
}
