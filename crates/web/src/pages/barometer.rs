//! The first page: the retention rate now, where it comes from, and what it is worth.

use std::{collections::BTreeMap, sync::Arc};

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
    let watch = if_activities(look(app, |source| source.watch()).await).unwrap_or_else(|error| {
        log(&error);
        None
    })?;
    let Some(book) = &app.alarms else { return Some(watch) };
    let kept = book.kept(Arc::clone(&watch)).await.unwrap_or_else(|error| {
        log(&error);
        BTreeMap::new()
    });
    let is_closed = |id: &str| kept.get(id).is_some_and(|kept| kept.closed.is_some());
    if !watch.alarms.iter().any(|alarm| is_closed(&alarm.id)) {
        return Some(watch);
    }
    // What a person has closed is announced no more.
    let mut left = Watch::clone(&watch);
    left.alarms.retain(|alarm| !is_closed(&alarm.id));
    Some(Arc::new(left))
}
