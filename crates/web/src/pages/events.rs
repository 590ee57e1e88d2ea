//! What every event of the register did, alarm or not.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};

use super::{Visit, currency, if_activities, look, render};
use crate::{App, problem::Problem, view::events::Events, view::shell::Page, visitor::Visitor};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/events", get(show))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Events };
    visit.respond(html(&visit).await)
}

async fn html(visit: &Visit) -> Result<String, Problem> {
    visit.choices()?;
    let Visit { app, visitor, .. } = visit;
    let effects = if_activities(look(app, |source| source.effects()).await)?;
    let currency = currency(app).await?;
    render(&visit.shell(Events::new(app.text(visitor.lang), effects.as_deref(), currency.as_deref())))
}
