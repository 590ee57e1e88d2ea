//! Who asks, as far as a page must know: in which language, and whether it was chosen just now.
//!
//! The language is the one of `?lang=`, else of the cookie that remembers the last choice, else the best of
//! `Accept-Language`, else English.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Uri, header, request::Parts},
};

use crate::{choices::first_value, text::Lang};

const COOKIE: &str = "fidance_lang";

/// The reader of one page.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// The language of the answer.
    pub(crate) lang: Lang,
    /// Whether the address bar chose it: then a cookie remembers it.
    chosen: bool,
    /// Path and query, from which the links to the other language are made.
    pub(crate) uri: Uri,
}

impl Visitor {
    pub(crate) fn from_request(uri: &Uri, headers: &HeaderMap) -> Self {
        let asked = first_value(uri.query(), "lang").and_then(|tag| tag.parse().ok());
        let lang = asked.or_else(|| from_cookie(headers)).or_else(|| from_preferences(headers));
        Self { lang: lang.unwrap_or(Lang::En), chosen: asked.is_some(), uri: uri.clone() }
    }

    /// The same reader, of another page with the same choices.
    pub(crate) fn at(self, path: &str) -> Self {
        let query = self.uri.query().map_or_else(String::new, |query| format!("?{query}"));
        Self { uri: format!("{path}{query}").parse().unwrap_or_default(), ..self }
    }

    /// The cookie that remembers a choice made in this request.
    pub(crate) fn cookie(&self) -> Option<HeaderValue> {
        let cookie = match self.lang {
            Lang::Fr => "fidance_lang=fr; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
            Lang::En => "fidance_lang=en; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        };
        self.chosen.then_some(HeaderValue::from_static(cookie))
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::from_request(&parts.uri, &parts.headers))
    }
}

fn from_cookie(headers: &HeaderMap) -> Option<Lang> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| if name == COOKIE { value.parse().ok() } else { None })
}

/// The language of `Accept-Language` with the greatest weight; the first one where weights tie.
fn from_preferences(headers: &HeaderMap) -> Option<Lang> {
    let mut best: Option<(Lang, f32)> = None;
    let wishes = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    for wish in wishes.flat_map(|value| value.split(',')) {
        let (tag, parameters) = wish.split_once(';').unwrap_or((wish, ""));
        let Ok(lang) = tag.parse::<Lang>() else { continue };
        let weight = match parameters.trim().strip_prefix("q=") {
            Some(weight) => weight.parse().unwrap_or(0.0),
            None => 1.0,
        };
        if weight > 0.0 && best.is_none_or(|(_, least)| weight > least) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lang_of(uri: &str, headers: &[(header::HeaderName, &'static str)]) -> Lang {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect::<HeaderMap>();
        Visitor::from_request(&uri.parse().unwrap(), &headers).lang
    }

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_preferences() {
        let cookie = (header::COOKIE, "a=b; fidance_lang=fr");
        let wish = (header::ACCEPT_LANGUAGE, "en-GB,en;q=0.8");
        assert_eq!(lang_of("/?lang=en", &[cookie.clone(), wish.clone()]), Lang::En);
        assert_eq!(lang_of("/", &[cookie, wish.clone()]), Lang::Fr);
        assert_eq!(lang_of("/", &[wish]), Lang::En);
        assert_eq!(lang_of("/", &[]), Lang::En);
    }

    #[test]
    fn preferences_are_weighted() {
        for (wish, lang) in [
            ("de,fr;q=0.5,en;q=0.4", Lang::Fr),
            ("fr;q=0, en;q=0.1", Lang::En),
            ("fr-CA", Lang::Fr),
            ("en;q=0.5, fr;q=0.9", Lang::Fr),
            ("*", Lang::En),
            ("fr;q=abc", Lang::En),
        ] {
            assert_eq!(lang_of("/", &[(header::ACCEPT_LANGUAGE, wish)]), lang, "{wish}");
        }
    }
}
