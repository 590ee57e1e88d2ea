//! The bundled scripts, styles and fonts, inside the binary.
//!
//! Pages name the script and the style with the first digits of their hash, fonts carry theirs in the file
//! name: a name never changes its content, so browsers may keep it for good.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;

use crate::App;

#[derive(RustEmbed)]
#[folder = "ui/dist/"]
struct Files;

/// The addresses that pages name.
#[derive(Debug, Clone)]
pub(crate) struct Assets {
    pub(crate) script: String,
    pub(crate) style: String,
}

impl Assets {
    pub(crate) fn new() -> Self {
        Self { script: versioned("app.js"), style: versioned("app.css") }
    }
}

/// The script and the style of a self-contained file, fonts included.
pub(crate) fn inlined() -> Option<(String, String)> {
    let text = |name| Files::get(name).and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    Some((text("app.js")?, text("standalone.css")?))
}

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().route("/assets/{name}", get(show))
}

async fn show(Path(name): Path<String>) -> Response {
    let Some(file) = Files::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(&name))),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, file.data).into_response()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn versioned(name: &str) -> String {
    let hash = Files::get(name).map(|file| file.metadata.sha256_hash()).unwrap_or_default();
    let [a, b, c, d, ..] = hash;
    format!("/assets/{name}?v={a:02x}{b:02x}{c:02x}{d:02x}")
}
