//! The pages. Handlers read the choices, ask for the report or the watch, build the view, and render.

mod alarm;
mod barometer;
mod cohorts;
mod diagnosis;
mod events;
mod method;
mod said;
mod survival;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use fidance_app::{
    report::{ReportError, model::Report, question::Question},
    watch::{WatchError, WatchSource},
};

use crate::{
    App,
    choices::{BadChoice, Choices},
    problem::{PageError, Problem},
    view::shell::{Page, Shell},
    visitor::Visitor,
};

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .merge(barometer::router())
        .merge(alarm::router())
        .merge(diagnosis::router())
        .merge(said::router())
        .merge(events::router())
        .merge(cohorts::router())
        .merge(survival::router())
        .merge(method::router())
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Watch(#[from] WatchError),
    #[error("the computation did not finish")]
    Task(#[from] tokio::task::JoinError),
}

/// Asks the source away from the threads that serve.
pub(crate) async fn ask(app: &Arc<App>, question: Question) -> Result<Arc<Report>, AskError> {
    let source = Arc::clone(&app.source);
    Ok(tokio::task::spawn_blocking(move || source.report(question)).await??)
}

/// Asks the watch away from the threads that serve.
pub(crate) async fn look<T, F>(app: &Arc<App>, question: F) -> Result<T, AskError>
where
    T: Send + 'static,
    F: FnOnce(&dyn WatchSource) -> Result<T, WatchError> + Send + 'static,
{
    let source = app.watch.clone().ok_or(WatchError::NotActivities)?;
    Ok(tokio::task::spawn_blocking(move || question(source.as_ref())).await??)
}

/// The currency of the amounts, which the report knows.
async fn currency(app: &Arc<App>) -> Result<Option<String>, AskError> {
    let report = ask(app, app.source.default_question()).await?;
    Ok(report.definition.currency.clone())
}

/// Nothing instead of an error where the data cannot be watched at all: pages say so in their own words.
fn if_activities<T>(answer: Result<T, AskError>) -> Result<Option<T>, AskError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(AskError::Watch(WatchError::NotActivities)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl From<BadChoice> for Problem {
    fn from(bad: BadChoice) -> Self {
        Self::BadChoice(bad)
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Report(ReportError::Empty) | AskError::Watch(WatchError::Empty) => Self::NothingToCount,
            AskError::Report(ReportError::TooLong { days })
            | AskError::Watch(WatchError::TooLong { days }) => Self::TooLong { days },
            error @ (AskError::Report(_) | AskError::Watch(_) | AskError::Task(_)) => {
                Self::Failed(Box::new(error))
            }
        }
    }
}

/// One request for one page, before the answer is there.
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
        self.respond(self.html(body).await)
    }

    async fn html<'a, B, F>(&'a self, body: F) -> Result<String, Problem>
    where
        B: Template,
        F: FnOnce(&'a App, &Report, &Choices, &Visitor) -> B,
    {
        let choices = self.choices()?;
        let report = ask(&self.app, choices.question).await?;
        let body = body(&self.app, &report, &choices, &self.visitor);
        let shell = self.shell(body).with_controls(&report, &choices);
        render(&shell)
    }

    /// What the address asks for; pages without controls only refuse what is wrong.
    fn choices(&self) -> Result<Choices, BadChoice> {
        Choices::read(self.visitor.uri.query(), self.app.source.default_question())
    }

    fn shell<B: Template>(&self, body: B) -> Shell<'_, B> {
        Shell::new(self.app.text(self.visitor.lang), &self.app, &self.visitor, self.page, body)
    }

    fn respond(&self, html: Result<String, Problem>) -> Response {
        match html {
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
}

fn render<B: Template>(shell: &Shell<'_, B>) -> Result<String, Problem> {
    shell.render().map_err(|error| Problem::Failed(Box::new(error)))
}
