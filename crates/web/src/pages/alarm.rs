//! The watch: whether an alarm is open, what was promised, and every alarm so far.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};

use super::{Visit, currency, if_activities, look, render, said};
use crate::{App, problem::Problem, view::alarm::Alarms, view::shell::Page, visitor::Visitor};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/alarm", get(show))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Alarm };
    visit.respond(html(&visit).await)
}

async fn html(visit: &Visit) -> Result<String, Problem> {
    visit.choices()?;
    let Visit { app, visitor, .. } = visit;
    let watch = if_activities(look(app, |source| source.watch()).await)?;
    let currency = currency(app).await?;
    let query = visitor.uri.query();
    let alarms = Alarms::new(app.text(visitor.lang), watch.as_deref(), currency.as_deref(), query);
    let kept = said::kept(app).await?;
    let body = match &watch {
        Some(watch) if !kept.is_empty() => alarms.with_kept(watch, &kept, &said::events(app).await?, query),
        _ => alarms,
    };
    render(&visit.shell(body))
}
