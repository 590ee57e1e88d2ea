//! What every request and every answer must have, whatever the route.
//!
//! A console on loopback is reachable from any page open in the same browser. Three rules keep strangers
//! out: only reading methods, but for forms that one of our own pages sent to a server that keeps alarms; only a loopback
//! name in `Host`, so that a foreign name which was rebound to 127.0.0.1 gets nothing; and headers that forbid other
//! sites to frame, load or read the pages, and the pages to load anything that is not from here.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::Response,
};

use crate::{
    App,
    problem::{Problem, refuse},
};

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
];

/// Refuses what may not come in, and adds the headers to whatever goes out.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let refusal = refusal(app.alarms.is_some(), &request);
    let mut response = match refusal {
        Some(problem) => refuse(&app, request.uri(), request.headers(), &problem),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.alarms.is_some() {
        // Our forms then say where they come from; other sites are told as little as before.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(takes_forms: bool, request: &Request) -> Option<Problem> {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    if !names_loopback(uri, headers) {
        return Some(Problem::ForeignHost);
    }
    match *method {
        Method::GET | Method::HEAD => None,
        Method::POST if takes_forms && is_form(uri.path()) => {
            (!is_from_here(headers)).then_some(Problem::Elsewhere)
        }
        _ => Some(Problem::ReadOnly),
    }
}

/// Whether a path takes what people say of an alarm.
fn is_form(path: &str) -> bool {
    path.starts_with("/alarm/")
        && ["/acknowledge", "/explain", "/close"].iter().any(|end| path.ends_with(end))
}

/// Whether a browser says that one of our own pages sent it. Other sites cannot make it say so, nor can another program's
/// pages on this machine, which are of the same site but of another port.
fn is_from_here(headers: &HeaderMap) -> bool {
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none())
    };
    let origin = one(header::ORIGIN.as_str()).filter(|origin| *origin != "null");
    let is_ours = origin.map(|origin| {
        origin.strip_prefix("http://").is_some_and(|origin| one(header::HOST.as_str()) == Some(origin))
    });
    match one("sec-fetch-site") {
        Some(site) => site == "same-origin" && is_ours != Some(false),
        // Browsers from before 2023, which say the origin alone.
        None => !headers.contains_key("sec-fetch-site") && is_ours == Some(true),
    }
}

/// Whether the request was meant for this machine by a name that no DNS answer can forge.
pub(crate) fn names_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = hosts.next().and_then(|host| host.to_str().ok());
    let one_only = hosts.next().is_none();
    let authority = uri.authority().map(axum::http::uri::Authority::as_str);
    one_only
        && match (named, authority) {
            (Some(host), None) | (None, Some(host)) => is_loopback(host),
            (Some(host), Some(authority)) => is_loopback(host) && is_loopback(authority),
            (None, None) => false,
        }
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<axum::http::uri::Authority>() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host();
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "LOCALHOST:8319", "127.0.0.1", "127.0.0.1:80", "127.1.2.3:1", "[::1]:8319"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.example:8319",
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "[::2]",
            "2130706433",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
