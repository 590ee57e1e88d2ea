//! How figures are computed: a list of pages, and each of them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};

use super::{Visit, render};
use crate::{
    App,
    manual::PATH,
    problem::Problem,
    view::{
        method::{MethodPage, Methods},
        shell::Page,
    },
    visitor::Visitor,
};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route(PATH, get(list)).route(&format!("{PATH}/{{*name}}"), get(show))
}

async fn list(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Method };
    let body = Methods::new(visit.app.text(visit.visitor.lang));
    visit.respond(render(&visit.shell(body)))
}

async fn show(State(app): State<Arc<App>>, Path(name): Path<String>, visitor: Visitor) -> Response {
    let visit = Visit { app, visitor, page: Page::Method };
    let html = match MethodPage::new(visit.app.text(visit.visitor.lang), &name) {
        Some(body) => {
            let title = body.title().to_owned();
            render(&visit.shell(body).titled(title))
        }
        None => Err(Problem::NotFound),
    };
    visit.respond(html)
}
