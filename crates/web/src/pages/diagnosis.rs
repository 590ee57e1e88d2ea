//! One alarm: what fell, which events come into question, what can be said, and what people say.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};

use super::{Visit, currency, if_activities, look, render, said};
use crate::{
    App,
    problem::Problem,
    view::{
        diagnosis::DiagnosisView,
        said::{Refused, Saying},
        shell::Page,
    },
    visitor::Visitor,
};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/alarm/{id}", get(show))
}

async fn show(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Diagnosis };
    visit.respond(html(&visit, id, None).await)
}

/// The page; with what was just sent and not taken, if anything was.
pub(super) async fn html(visit: &Visit, id: String, refused: Option<Refused>) -> Result<String, Problem> {
    visit.choices()?;
    let Visit { app, visitor, .. } = visit;
    // People know an alarm by the name that is kept, which data that came late do not change.
    let mut kept = said::kept(app).await?;
    let named = kept.iter().find(|(_, kept)| kept.name == id).map(|(found, _)| found.clone());
    let id = named.unwrap_or(id);
    let kept = kept.remove(&id);
    let diagnosis = if_activities(look(app, move |source| source.diagnosis(&id)).await)?;
    let diagnosis = diagnosis.flatten().ok_or(Problem::UnknownAlarm)?;
    let currency = currency(app).await?;
    let (t, query) = (app.text(visitor.lang), visitor.uri.query());
    let mut body = DiagnosisView::new(t, &diagnosis, currency.as_deref(), query);
    if let Some(kept) = kept {
        body.saying = Some(Saying::new(t, &kept, &said::events(app).await?, refused, query));
    }
    render(&visit.shell(body))
}
