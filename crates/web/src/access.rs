//! Who may look at a console that runs for long: a browser that has opened a link, which works once.
//!
//! The link's token is exchanged for a cookie that scripts cannot read and other sites cannot make the browser send.
//! Neither is ever written to a log. Both are forgotten when the server ends.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use subtle::ConstantTimeEq as _;

use crate::{
    App,
    problem::{Problem, refuse},
};

const COOKIE: &str = "fidance_session";
const LINK: &str = "/open/";
/// How long a browser is known.
const KNOWN: Duration = Duration::from_hours(12);
/// Links and browsers, each; the oldest are forgotten.
const MOST: usize = 32;

/// Gives a text that nobody can guess.
type Secret = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Links that were given and browsers that are known.
pub struct Access {
    secret: Secret,
    given: Mutex<Given>,
}

#[derive(Default)]
struct Given {
    links: Vec<String>,
    browsers: Vec<(String, Instant)>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// Nobody is known yet; `secret` gives texts that nobody can guess, or nothing where the system has no randomness.
    pub fn new(secret: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self { secret: Box::new(secret), given: Mutex::default() }
    }

    /// The path of a new link.
    pub fn link(&self) -> Option<String> {
        let token = (self.secret)()?;
        let mut given = self.given();
        if given.links.len() >= MOST {
            given.links.remove(0);
        }
        let path = format!("{LINK}{token}");
        given.links.push(token);
        Some(path)
    }

    /// Exchanges a link's token, once, for the secret that a browser is known by.
    fn exchange(&self, token: &str) -> Option<String> {
        let browser = (self.secret)()?;
        let mut given = self.given();
        let found = given.links.iter().position(|link| same(link, token))?;
        given.links.remove(found);
        given.browsers.retain(|(_, since)| since.elapsed() < KNOWN);
        if given.browsers.len() >= MOST {
            given.browsers.remove(0);
        }
        given.browsers.push((browser.clone(), Instant::now()));
        Some(browser)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let given = self.given();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| {
            name == COOKIE
                && given.browsers.iter().any(|(known, since)| same(known, value) && since.elapsed() < KNOWN)
        })
    }

    fn given(&self) -> std::sync::MutexGuard<'_, Given> {
        // Each change is whole or absent, so a poisoned lock hides nothing broken.
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same(known: &str, said: &str) -> bool {
    known.as_bytes().ct_eq(said.as_bytes()).into()
}

/// Lets in who is known, and whoever opens a link.
pub(crate) async fn check(
    State((app, access)): State<(Arc<App>, Arc<Access>)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if let Some(token) = path.strip_prefix(LINK) {
        if let Some(browser) = access.exchange(token) {
            return welcome(&browser);
        }
    } else if path.starts_with("/assets/") || access.knows(request.headers()) {
        // The style of the page that asks for the link is nobody's secret.
        return next.run(request).await;
    }
    refuse(&app, request.uri(), request.headers(), &Problem::NeedsLink)
}

fn welcome(browser: &str) -> Response {
    let seconds = KNOWN.as_secs();
    let cookie = format!("{COOKIE}={browser}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    let Ok(cookie) = HeaderValue::from_str(&cookie) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, HeaderValue::from_static("/"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}
