//! The console: read-only pages on loopback, and the same report as one self-contained file.
//!
//! Nothing here counts or estimates: a [`ReportSource`] answers a question with a report, `view` turns it
//! into words, numbers and chart data in the reader's language, templates lay it out. What is absent on
//! purpose: writing, accounts and other hosts than this machine (see [`guard`]).

mod api;
mod assets;
mod choices;
mod document;
mod guard;
mod pages;
mod problem;
pub mod text;
mod view;
mod visitor;

use std::{future::Future, io, sync::Arc};

use axum::{Router, middleware};
use fidance_app::report::ReportSource;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;

pub use self::document::{DocumentError, html_report};
pub use self::view::words;
use self::{
    assets::Assets,
    text::{Lang, Text},
};

/// What the console shows.
#[derive(Debug, Clone)]
pub struct Console {
    /// Answers the questions.
    pub source: Arc<dyn ReportSource>,
    /// What the data set is called, such as its file name.
    pub data_set: String,
}

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) source: Arc<dyn ReportSource>,
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
    let app = Arc::new(App {
        source: console.source,
        data_set: console.data_set,
        assets: Assets::new(),
        french: Text::new(Lang::Fr),
        english: Text::new(Lang::En),
    });
    Router::new()
        .merge(pages::router())
        .merge(api::router())
        .merge(assets::router())
        .fallback(problem::not_found)
        .with_state(Arc::clone(&app))
        .layer(middleware::from_fn_with_state(app, guard::check))
        .layer(CompressionLayer::new())
}

/// Serves the pages until `shutdown` is done.
///
/// # Errors
/// Where the socket fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}
