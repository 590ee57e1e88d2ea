//! One alarm: what fell, which events come into question, and what can be said.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};

use super::{Visit, currency, if_activities, look, render};
use crate::{App, problem::Problem, view::diagnosis::DiagnosisView, view::shell::Page, visitor::Visitor};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/alarm/{id}", get(show))
}

async fn show(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Diagnosis };
    visit.respond(html(&visit, id).await)
}

async fn html(visit: &Visit, id: String) -> Result<String, Problem> {
    visit.choices()?;
    let Visit { app, visitor, .. } = visit;
    let diagnosis = if_activities(look(app, move |source| source.diagnosis(&id)).await)?;
    let diagnosis = diagnosis.flatten().ok_or(Problem::UnknownAlarm)?;
    let currency = currency(app).await?;
    let query = visitor.uri.query();
    render(&visit.shell(DiagnosisView::new(app.text(visitor.lang), &diagnosis, currency.as_deref(), query)))
}
