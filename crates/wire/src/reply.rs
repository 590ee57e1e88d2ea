//! The answers that clients expect: a wrong one makes them send everything again, or never again.
//!
//! Clients look at the status first: 2xx is taken, 429 and 5xx are sent again later, other 4xx are thrown away. Segment
//! answers 200 to everything but unreadable bodies, and so do we; which messages were refused is said in the body, in a
//! field that clients do not know and skip. RudderStack's server answers `OK` as plain text, and its clients look at the
//! status alone; the path that only they use answers as they know it.

use std::borrow::Cow;

use serde::Serialize;

use crate::{
    endpoint::{Endpoint, Protocol},
    error::WireError,
    message::{Inbound, Refused},
};

/// Refused messages that one answer lists; all of them are counted.
pub const LISTED: usize = 100;

/// A transparent picture of one pixel.
pub const PIXEL: &[u8; 43] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// What to answer. No header but these is needed by any client, besides CORS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `content-type`; empty where there is no body.
    pub content_type: &'static str,
    /// The body.
    pub body: Cow<'static, [u8]>,
    /// `retry-after`, in seconds.
    pub retry_after: Option<u32>,
    /// `allow`, where the method was wrong.
    pub allow: Option<&'static str>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'r> {
    /// Its good messages are safe; `duplicates` of them were there before.
    Taken {
        /// What was read.
        inbound: &'r Inbound<'r>,
        /// Messages that had come before, and do not count again.
        duplicates: usize,
    },
    /// The key is missing or unknown.
    Unauthorised,
    /// The key is right but may not be used from where it was.
    Forbidden,
    /// The body could not be read.
    Unreadable(&'r WireError),
    /// The source sends faster than it may.
    TooMany {
        /// Seconds after which it may send again.
        retry_after: u32,
    },
    /// Nothing can be taken at the moment; nothing was.
    Unavailable {
        /// Seconds after which to try again.
        retry_after: u32,
    },
}

/// The answer to a request.
pub fn reply(endpoint: Endpoint, path: &str, outcome: &Outcome<'_>) -> Reply {
    match *outcome {
        Outcome::Taken { inbound, duplicates } => {
            taken(endpoint, path, &Verdicts::of(endpoint, inbound, duplicates))
        }
        Outcome::Unauthorised => problem(endpoint, 401, "the write key is missing or unknown"),
        Outcome::Forbidden => problem(endpoint, 403, "this key may not be used from this origin"),
        Outcome::Unreadable(error) => Reply {
            allow: if let WireError::Method { allowed } = error { Some(allowed) } else { None },
            ..problem(endpoint, status(endpoint, error), &error.to_string())
        },
        Outcome::TooMany { retry_after } => Reply {
            retry_after: Some(retry_after),
            ..problem(endpoint, 429, "too many requests: send again later")
        },
        Outcome::Unavailable { retry_after } => Reply {
            retry_after: Some(retry_after),
            ..problem(endpoint, 503, "nothing can be taken at the moment: send again later")
        },
    }
}

/// The status of a body that cannot be read: never one that makes a client repeat it.
const fn status(endpoint: Endpoint, error: &WireError) -> u16 {
    match error {
        WireError::Method { .. } => 405,
        // Segment's own answer; its clients know no 413.
        WireError::TooLarge { .. } | WireError::TooMany { .. }
            if matches!(endpoint.protocol(), Protocol::Segment) =>
        {
            400
        }
        WireError::TooLarge { .. } | WireError::TooMany { .. } => 413,
        WireError::Encoding(_) => 415,
        WireError::Compressed
        | WireError::Empty
        | WireError::NotBase64
        | WireError::NotUtf8 { .. }
        | WireError::NotJson { .. }
        | WireError::Shape { .. } => 400,
    }
}

/// The part of an answer that clients do not know.
#[derive(Debug, Serialize)]
struct Verdicts<'r> {
    taken: usize,
    duplicates: usize,
    passed: usize,
    refused: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refusals: Vec<Refusal<'r>>,
}

#[derive(Debug, Serialize)]
struct Refusal<'r> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    reason: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    field: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'r str>,
}

impl<'r> Verdicts<'r> {
    fn of(endpoint: Endpoint, inbound: &'r Inbound<'r>, duplicates: usize) -> Self {
        let refused = || inbound.messages.iter().filter_map(|message| message.as_ref().err());
        let count = refused().count();
        let refusal = |refused: &'r Refused<'r>| Refusal {
            index: refused.index,
            line: (endpoint == Endpoint::Ndjson).then_some(refused.index + 1),
            reason: refused.reason.word(),
            field: &refused.field,
            id: refused.id.as_deref(),
        };
        Self {
            taken: (inbound.messages.len() - count).saturating_sub(duplicates),
            duplicates,
            passed: inbound.passed.len(),
            refused: count,
            refusals: refused().take(LISTED).map(refusal).collect(),
        }
    }
}

fn taken(endpoint: Endpoint, path: &str, verdicts: &Verdicts<'_>) -> Reply {
    let ours = |known: &str| {
        let verdicts = serde_json::to_string(verdicts).unwrap_or_else(|_| "{}".to_owned());
        json(200, format!("{{{known}\"fidance\":{verdicts}}}"))
    };
    match endpoint {
        Endpoint::SegmentBatch if path.starts_with("/beacon") => {
            Reply { content_type: "text/plain; charset=utf-8", ..json(200, "OK") }
        }
        Endpoint::SegmentBatch | Endpoint::SegmentImport | Endpoint::SegmentOne(_) => {
            ours("\"success\":true,")
        }
        Endpoint::PostHogCapture | Endpoint::PostHogEngage => ours("\"status\":1,"),
        Endpoint::PostHogEvents => ours("\"status\":\"Ok\","),
        Endpoint::SnowplowTp2 => empty(200),
        Endpoint::SnowplowPixel => pixel(200),
        // Delivered; only a refusal has something to say.
        Endpoint::CloudEvents if verdicts.refused == 0 => empty(204),
        Endpoint::CloudEvents | Endpoint::Ndjson | Endpoint::Keycloak | Endpoint::Ocsf => ours(""),
    }
}

fn problem(endpoint: Endpoint, status: u16, text: &str) -> Reply {
    let text = serde_json::Value::from(text);
    match endpoint.protocol() {
        // Without `code` RudderStack's client for Python fails in reading the answer, and sends again what was refused.
        Protocol::Segment => {
            let code = code(status);
            json(status, format!("{{\"success\":false,\"code\":\"{code}\",\"message\":{text}}}"))
        }
        Protocol::PostHog => json(status, format!("{{\"status\":0,\"detail\":{text}}}")),
        // A picture that is broken shows on the page.
        Protocol::Snowplow if endpoint == Endpoint::SnowplowPixel => pixel(status),
        _ => json(status, format!("{{\"error\":{text}}}")),
    }
}

/// Segment's word for a status; its own server says `invalid_request` to most.
const fn code(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        403 => "forbidden",
        429 => "too_many_requests",
        503 => "unavailable",
        _ => "invalid_request",
    }
}

fn json(status: u16, body: impl Into<String>) -> Reply {
    let body = Cow::Owned(body.into().into_bytes());
    Reply { status, content_type: "application/json", body, retry_after: None, allow: None }
}

const fn empty(status: u16) -> Reply {
    Reply { status, content_type: "", body: Cow::Borrowed(&[]), retry_after: None, allow: None }
}

const fn pixel(status: u16) -> Reply {
    Reply { status, content_type: "image/gif", body: Cow::Borrowed(PIXEL), retry_after: None, allow: None }
}
