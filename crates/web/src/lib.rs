//! The console: pages on loopback, and the same report as one self-contained file.
//!
//! Nothing here counts or estimates: a [`ReportSource`] answers a question with a report, a [`WatchSource`] with
//! alarms and diagnoses, `view` turns them into words, numbers and chart data in the reader's language,
//! templates lay them out. What is absent on
//! purpose: accounts, other hosts than this machine (see [`guard`]), and writing, but for what people say of the alarms that
//! a server keeps (see `pages::said`).

mod access;
pub mod admin;
mod api;
mod assets;
mod choices;
mod document;
mod guard;
pub mod ingest;
mod manual;
mod pages;
mod problem;
mod problem_json;
mod server;
pub mod text;
mod view;
mod visitor;

use std::sync::Arc;

use axum::{Router, middleware};
use fidance_app::{alarms::AlarmBook, report::ReportSource, watch::WatchSource};
use tower_http::compression::CompressionLayer;

pub use self::access::Access;
pub use self::document::{DocumentError, html_report};
pub use self::server::{ServeLimits, serve};
pub use self::view::{AlarmMails, words};
use self::{
    assets::Assets,
    text::{Lang, Text},
};

/// What the console shows.
#[derive(Debug, Clone)]
pub struct Console {
    /// Answers the questions.
    pub source: Arc<dyn ReportSource>,
    /// Answers about the alarm; absent where the data have no weekly returns to watch.
    pub watch: Option<Arc<dyn WatchSource>>,
    /// Keeps the alarms, and takes what people say of them; absent where no server keeps any. For routes behind an
    /// [`Access`] alone.
    pub alarms: Option<Arc<dyn AlarmBook>>,
    /// What the data set is called, such as its file name.
    pub data_set: String,
}

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) source: Arc<dyn ReportSource>,
    pub(crate) watch: Option<Arc<dyn WatchSource>>,
    pub(crate) alarms: Option<Arc<dyn AlarmBook>>,
    pub(crate) data_set: String,
    pub(crate) assets: Assets,
    french: Text,
    english: Text,
}

impl App {
    pub(crate) fn text(&self, lang: Lang) -> &Text {
        match lang {
            Lang::Fr => &self.french,
            Lang::En => &self.english,
        }
    }
}

/// The pages, the files behind them and the JSON, guarded as [`guard`] says.
pub fn router(console: Console) -> Router {
    build(console, None)
}

/// The same, for browsers that have opened a link only.
pub fn router_behind(console: Console, access: Arc<Access>) -> Router {
    build(console, Some(access))
}

fn build(console: Console, access: Option<Arc<Access>>) -> Router {
    let app = Arc::new(App {
        source: console.source,
        watch: console.watch,
        // Nobody writes who is not known.
        alarms: console.alarms.filter(|_| access.is_some()),
        data_set: console.data_set,
        assets: Assets::new(),
        french: Text::new(Lang::Fr),
        english: Text::new(Lang::En),
    });
    let mut routes = Router::new()
        .merge(pages::router())
        .merge(api::router())
        .merge(assets::router())
        .fallback(problem::not_found)
        .with_state(Arc::clone(&app));
    if let Some(access) = access {
        let known = (Arc::clone(&app), access);
        routes = routes.layer(middleware::from_fn_with_state(known, access::check));
    }
    routes.layer(middleware::from_fn_with_state(app, guard::check)).layer(CompressionLayer::new())
}
