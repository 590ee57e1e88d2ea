//! What is read of a request besides its body: plain fields, so that no HTTP library is needed here.

use std::borrow::Cow;

use base64::{Engine, engine::GeneralPurposeConfig, engine::general_purpose::GeneralPurpose};

/// Method, path, query and the headers that matter. Absent headers are `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path without its query.
    pub path: &'a str,
    /// What stands behind `?`, still encoded.
    pub query: &'a str,
    /// `content-type`: only CloudEvents' binary mode depends on it, all other bodies are known by their first bytes.
    pub content_type: Option<&'a str>,
    /// `content-encoding`.
    pub content_encoding: Option<&'a str>,
    /// `authorization`: the key as the user of `Basic`, or as `Bearer`.
    pub authorization: Option<&'a str>,
    /// `x-write-key`.
    pub x_write_key: Option<&'a str>,
    /// `x-api-key`.
    pub x_api_key: Option<&'a str>,
    /// `user-agent`, of a browser or of a library.
    pub user_agent: Option<&'a str>,
    /// `sec-gpc`: Global Privacy Control.
    pub sec_gpc: Option<&'a str>,
    /// `dnt`: Do Not Track.
    pub dnt: Option<&'a str>,
    /// All headers whose name begins with `ce-`, names in any case.
    pub ce: &'a [(&'a str, &'a str)],
}

impl<'a> Head<'a> {
    /// Whether the browser says that its user does not want to be followed.
    pub fn objects(&self) -> bool {
        [self.sec_gpc, self.dnt].iter().flatten().any(|value| value.trim() == "1")
    }

    /// The first value of a name in the query.
    pub(crate) fn query_value(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs
            .find(|(name, value)| names.contains(&name.as_ref()) && !value.is_empty())
            .map(|(_, value)| value)
    }

    /// A header of CloudEvents by its name without `ce-`.
    pub(crate) fn ce(&self, name: &str) -> Option<&'a str> {
        let is_it = |header: &str| {
            header.split_at_checked(3).is_some_and(|(prefix, rest)| {
                prefix.eq_ignore_ascii_case("ce-") && rest.eq_ignore_ascii_case(name)
            })
        };
        self.ce.iter().find(|(header, _)| is_it(header)).map(|(_, value)| *value)
    }
}

/// Where a key was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlace {
    /// `authorization`.
    Authorization,
    /// `x-write-key` or `x-api-key`.
    Header,
    /// A field of the body.
    Body,
    /// The query.
    Query,
}

/// The key by which a client says which source it is. It has not been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Key<'a> {
    /// As it was sent, without white space around it.
    pub text: Cow<'a, str>,
    /// Where it was.
    pub place: KeyPlace,
}

/// A key is a secret of sorts: it is not printed.
impl std::fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} bytes, {:?})", self.text.len(), self.place)
    }
}

/// The key of a request: headers before the body (some clients mask it there), the body before the query.
pub(crate) fn key<'a>(head: &Head<'a>, in_body: Option<Cow<'a, str>>) -> Option<Key<'a>> {
    let found = |place| move |text: Cow<'a, str>| Some(Key { text: trimmed(text), place });
    let authorization = head.authorization.and_then(authorization);
    let header = head.x_write_key.or(head.x_api_key).map(Cow::Borrowed);
    let filled = |text: &Cow<'a, str>| !text.trim().is_empty();
    authorization
        .filter(filled)
        .and_then(found(KeyPlace::Authorization))
        .or_else(|| header.filter(filled).and_then(found(KeyPlace::Header)))
        .or_else(|| in_body.filter(filled).and_then(found(KeyPlace::Body)))
        .or_else(|| {
            let names = ["writeKey", "write_key", "api_key", "token", "key"];
            head.query_value(&names).filter(filled).and_then(found(KeyPlace::Query))
        })
}

/// The user of `Basic`, or what stands behind `Bearer`.
fn authorization(header: &str) -> Option<Cow<'_, str>> {
    let (scheme, value) = header.trim().split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Cow::Borrowed(value));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(base64(value)?).ok()?;
    Some(Cow::Owned(pair.split(':').next().unwrap_or("").to_owned()))
}

/// White space around a text is no part of it.
pub(crate) fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Both alphabets become the standard one; the table is made by the compiler.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Base64 of either alphabet, with or without padding; a `+` that a form made a space is one again.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let standard: Vec<u8> = text
        .trim()
        .bytes()
        .map(|byte| match byte {
            b' ' | b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    BASE64.decode(standard).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_wherever_clients_put_them() {
        let shown = |head: &Head<'_>, body: Option<&'static str>| {
            key(head, body.map(Cow::Borrowed)).map(|key| (key.text.into_owned(), key.place))
        };
        let of = |text: &str, place| Some((text.to_owned(), place));
        let head = Head::default();
        for (authorization, expected) in [
            ("Basic V0s6", of("WK", KeyPlace::Authorization)),
            ("basic V0s6", of("WK", KeyPlace::Authorization)),
            ("Basic V0s", of("WK", KeyPlace::Authorization)),
            ("Bearer  WK ", of("WK", KeyPlace::Authorization)),
            ("Digest V0s6", None),
            ("Basic !!", None),
            ("Basic", None),
            ("", None),
        ] {
            assert_eq!(
                shown(&Head { authorization: Some(authorization), ..head }, None),
                expected,
                "{authorization}"
            );
        }
        let header = Head { x_write_key: Some("k:s"), query: "writeKey=q", ..head };
        assert_eq!(shown(&header, Some("k:***")), of("k:s", KeyPlace::Header));
        assert_eq!(shown(&Head { query: "writeKey=q", ..head }, Some("b")), of("b", KeyPlace::Body));
        assert_eq!(shown(&Head { query: "a=1&writeKey=q%2B", ..head }, Some(" ")), of("q+", KeyPlace::Query));
        assert_eq!(shown(&head, None), None);
    }
}
