//! The three pages. Handlers read the choices, ask for the report, build the view, and render.

mod barometer;
mod cohorts;
mod survival;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use fidance_app::report::{ReportError, model::Report, question::Question};

use crate::{
    App,
    choices::{BadChoice, Choices},
    problem::{PageError, Problem},
    view::shell::{Page, Shell},
    visitor::Visitor,
};

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().merge(barometer::router()).merge(cohorts::router()).merge(survival::router())
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("the report did not finish")]
    Task(#[from] tokio::task::JoinError),
}

/// Asks the source away from the threads that serve.
pub(crate) async fn ask(app: &Arc<App>, question: Question) -> Result<Arc<Report>, AskError> {
    let source = Arc::clone(&app.source);
    Ok(tokio::task::spawn_blocking(move || source.report(question)).await??)
}

impl From<BadChoice> for Problem {
    fn from(bad: BadChoice) -> Self {
        Self::BadChoice(bad)
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Report(ReportError::Empty) => Self::NothingToCount,
            AskError::Report(ReportError::TooLong { days }) => Self::TooLong { days },
            error @ (AskError::Report(_) | AskError::Task(_)) => Self::Failed(Box::new(error)),
        }
    }
}

/// One request for one page, before the report is there.
struct Visit {
    app: Arc<App>,
    visitor: Visitor,
    page: Page,
}

impl Visit {
    /// Answers with what `body` makes of the report.
    async fn answer<'a, B, F>(&'a self, body: F) -> Response
    where
        B: Template,
        F: FnOnce(&'a App, &Report, &Choices, &Visitor) -> B,
    {
        match self.html(body).await {
            Ok(html) => {
                let mut response = Html(html).into_response();
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.visitor.lang.tag()));
                headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
                if let Some(cookie) = self.visitor.cookie() {
                    headers.insert(header::SET_COOKIE, cookie);
                }
                response
            }
            Err(problem) => PageError::new(&self.app, &self.visitor, &problem).into_response(),
        }
    }

    async fn html<'a, B, F>(&'a self, body: F) -> Result<String, Problem>
    where
        B: Template,
        F: FnOnce(&'a App, &Report, &Choices, &Visitor) -> B,
    {
        let choices = Choices::read(self.visitor.uri.query(), self.app.source.default_question())?;
        let report = ask(&self.app, choices.question).await?;
        let body = body(&self.app, &report, &choices, &self.visitor);
        let text = self.app.text(self.visitor.lang);
        let shell =
            Shell::new(text, &self.app, &self.visitor, self.page, body).with_controls(&report, &choices);
        shell.render().map_err(|error| Problem::Failed(Box::new(error)))
    }
}
