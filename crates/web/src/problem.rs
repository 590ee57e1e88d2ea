//! The pages that say no, in the reader's language: what went wrong, and what to do.
//!
//! A program that asked for JSON is told the same as a problem of RFC 9457. One type lists every way a page can fail, with
//! its status. The text of a failure of ours goes to the log, never to the page.

use std::{error::Error, fmt::Write as _, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use i18n_embed_fl::fl;

use crate::{
    App,
    choices::BadChoice,
    problem_json,
    text::{Lang, Text},
    view::shell::{Page, Shell},
    visitor::Visitor,
};

/// Every way a page can fail.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A parameter of the address has a wrong value.
    BadChoice(BadChoice),
    /// No such page.
    NotFound,
    /// No alarm has the name in the address.
    UnknownAlarm,
    /// The request was meant for another name.
    ForeignHost,
    /// The browser has not opened the link that lets it in.
    NeedsLink,
    /// The form was not sent from one of our pages.
    Elsewhere,
    /// The console only reads.
    ReadOnly,
    /// The data set has no activity.
    NothingToCount,
    /// The data set spans more than can be reported.
    TooLong { days: i64 },
    /// A failure of ours.
    Failed(Box<dyn Error + Send + Sync>),
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadChoice(_) => StatusCode::BAD_REQUEST,
            Self::NotFound | Self::UnknownAlarm => StatusCode::NOT_FOUND,
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::NeedsLink => StatusCode::UNAUTHORIZED,
            Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::ReadOnly => StatusCode::METHOD_NOT_ALLOWED,
            Self::NothingToCount | Self::TooLong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(&self, t: &Text) -> (String, String) {
        match self {
            Self::BadChoice(bad) => (fl!(t, "problem-choice-title"), bad_choice(t, bad)),
            Self::NotFound => (fl!(t, "problem-not-found-title"), fl!(t, "problem-not-found")),
            Self::UnknownAlarm => (fl!(t, "problem-alarm-title"), fl!(t, "problem-alarm")),
            Self::ForeignHost => (fl!(t, "problem-host-title"), fl!(t, "problem-host")),
            Self::NeedsLink => (fl!(t, "problem-link-title"), fl!(t, "problem-link")),
            Self::Elsewhere => (fl!(t, "problem-elsewhere-title"), fl!(t, "problem-elsewhere")),
            Self::ReadOnly => (fl!(t, "problem-read-only-title"), fl!(t, "problem-read-only")),
            Self::NothingToCount => (fl!(t, "problem-empty-title"), fl!(t, "problem-empty")),
            Self::TooLong { days } => {
                let days = t.lang().count(days.unsigned_abs());
                (fl!(t, "problem-too-long-title"), fl!(t, "problem-too-long", days = days))
            }
            Self::Failed(_) => (fl!(t, "problem-failed-title"), fl!(t, "problem-failed")),
        }
    }
}

fn bad_choice(t: &Text, bad: &BadChoice) -> String {
    let value = shortened(&bad.value);
    match bad.parameter {
        "window" => fl!(t, "problem-choice-window", value = value),
        "every" => fl!(t, "problem-choice-every", value = value),
        parameter => fl!(t, "problem-choice-other", parameter = parameter, value = value),
    }
}

/// A value from the address, cut so that nobody can fill the page with it.
fn shortened(value: &str) -> String {
    const MOST: usize = 40;
    match value.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}

/// A problem as a page.
#[derive(Debug)]
pub(crate) struct PageError {
    status: StatusCode,
    html: String,
    language: &'static str,
}

impl PageError {
    pub(crate) fn new(app: &App, visitor: &Visitor, problem: &Problem) -> Self {
        if let Problem::Failed(error) = problem {
            log(error.as_ref());
        }
        let t = app.text(visitor.lang);
        let status = problem.status();
        let (title, message) = problem.words(t);
        let body = ProblemBody { t, status: status.as_u16(), title, message };
        let html = Shell::new(t, app, visitor, Page::Problem, body).render().unwrap_or_else(|error| {
            log(&error);
            format!("{status}\n")
        });
        Self { status, html, language: visitor.lang.tag() }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Html(self.html)).into_response();
        response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language));
        allow(&mut response);
        response
    }
}

#[derive(Debug, Template)]
#[template(path = "problem.html")]
struct ProblemBody<'a> {
    t: &'a Text,
    status: u16,
    title: String,
    message: String,
}

pub(crate) async fn not_found(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    refuse(&app, &uri, &headers, &Problem::NotFound)
}

/// Says no: to a person with a page, to a program with what it can read.
pub(crate) fn refuse(app: &App, uri: &Uri, headers: &HeaderMap, problem: &Problem) -> Response {
    if !problem_json::is_for_programs(uri.path()) {
        let visitor = Visitor::from_request(uri, headers);
        return PageError::new(app, &visitor, problem).into_response();
    }
    let (_, message) = problem.words(app.text(Lang::En));
    let mut response = problem_json::response(problem.status(), message);
    allow(&mut response);
    response
}

/// A refused method has to be told which ones are not.
fn allow(response: &mut Response) {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
}

/// Writes an error and its causes to the log of the program.
pub(crate) fn log(error: &(dyn Error + 'static)) {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(chain, ": {error}");
        cause = error.source();
    }
    eprintln!("fidance: a page failed: {chain}");
}
