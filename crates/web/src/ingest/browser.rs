//! What pages in browsers need: leave to send to another origin, and to read the answer.
//!
//! Nothing here depends on cookies, so that every origin may ask; whether a key may be used from it is asked where the
//! key is known.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Longer lists of headers are not sent by clients.
const LONGEST: usize = 1_000;
const VARY: HeaderValue = HeaderValue::from_static("Origin");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// The answer to a browser that asks before it sends.
pub(super) fn preflight(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let into = response.headers_mut();
    into.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    into.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    if let Some(asked) =
        headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).filter(|asked| asked.len() < LONGEST)
    {
        into.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    allow(headers, &mut response);
    response
}

/// Lets the page that asked read the answer. Some clients send with credentials, so the origin is named.
pub(super) fn allow(headers: &HeaderMap, response: &mut Response) {
    let Some(origin) = headers.get(header::ORIGIN) else { return };
    let into = response.headers_mut();
    into.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    into.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    into.insert(header::VARY, VARY);
}

/// The origin of the page: as the browser says, or, for pictures, that of the page's address.
pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    text(header::ORIGIN).or_else(|| origin_of(text(header::REFERER)?))
}

fn origin_of(address: &str) -> Option<&str> {
    let begin = address.find("://")? + 3;
    let length = address.get(begin..)?.find(['/', '?', '#']).unwrap_or(address.len() - begin);
    address.get(..begin + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_an_address() {
        assert_eq!(origin_of("https://shop.example/cart?x=1"), Some("https://shop.example"));
        assert_eq!(origin_of("https://shop.example:8443"), Some("https://shop.example:8443"));
        assert_eq!(origin_of("https://shop.example?x=https://evil.example/"), Some("https://shop.example"));
        assert_eq!(origin_of("shop.example/"), None);
    }
}
