//! Dead letters that are sent again: a letter has one message, its protocol a body to put it in.

use fidance_domain::history::Micros;
use fidance_store::{DeadLetter, Source};
use fidance_wire::{Endpoint, Head, Kind, Message, Refused, WireError, read};

use super::accept::{Accepted, Acceptor};

/// Why a letter cannot be sent again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No program that this one knows has written it.
    #[error("the protocol {0} is not known")]
    Protocol(String),
    /// It cannot be read at all.
    #[error("the message cannot be read: {0}")]
    Unreadable(#[from] WireError),
    /// It still is wrong.
    #[error("the message is still refused: {reason}{}", if field.is_empty() { String::new() } else { format!(" in {field}") })]
    Refused {
        /// Why.
        reason: String,
        /// The field at fault.
        field: String,
    },
}

/// The word for an endpoint in a letter.
pub fn protocol_of(endpoint: Endpoint) -> &'static str {
    ALL.iter().find(|(known, _, _)| *known == endpoint).map_or("unknown", |(_, word, _)| word)
}

/// Each endpoint, its word, and a path that leads to it.
const ALL: [(Endpoint, &str, &str); 17] = [
    (Endpoint::SegmentBatch, "segment", "/v1/batch"),
    (Endpoint::SegmentImport, "segment-import", "/v1/import"),
    (Endpoint::SegmentOne(Kind::Track), "segment-track", "/v1/track"),
    (Endpoint::SegmentOne(Kind::Page), "segment-page", "/v1/page"),
    (Endpoint::SegmentOne(Kind::Screen), "segment-screen", "/v1/screen"),
    (Endpoint::SegmentOne(Kind::Identify), "segment-identify", "/v1/identify"),
    (Endpoint::SegmentOne(Kind::Group), "segment-group", "/v1/group"),
    (Endpoint::SegmentOne(Kind::Alias), "segment-alias", "/v1/alias"),
    (Endpoint::PostHogCapture, "posthog", "/capture"),
    (Endpoint::PostHogEvents, "posthog-events", "/i/v0/e"),
    (Endpoint::PostHogEngage, "posthog-engage", "/engage"),
    (Endpoint::CloudEvents, "cloudevents", "/v1/cloudevents"),
    (Endpoint::SnowplowTp2, "snowplow", "/com.snowplowanalytics.snowplow/tp2"),
    // The same objects, read from a query.
    (Endpoint::SnowplowPixel, "snowplow", "/com.snowplowanalytics.snowplow/tp2"),
    (Endpoint::Ndjson, "ndjson", "/v1/ndjson"),
    (Endpoint::Keycloak, "keycloak", "/v1/keycloak"),
    (Endpoint::Ocsf, "ocsf", "/v1/ocsf"),
];

/// What a letter brings when it is read again as of the day it came.
///
/// # Errors
/// Where it still cannot be used.
pub fn replay(acceptor: &Acceptor, source: &Source, letter: &DeadLetter) -> Result<Accepted, ReplayError> {
    let found = &letter.letter;

    let Some((endpoint, _, path)) = ALL.iter().find(|(_, known, _)| *known == found.protocol) else {
        return Err(ReplayError::Protocol(found.protocol.clone()));
    };
    let body = wrapped(*endpoint, &found.payload);
    let head = Head { method: "POST", path, ..Head::default() };
    let inbound = read(*endpoint, &head, &body)?;
    let wrong =
        inbound.messages.iter().find_map(|message: &Result<Message<'_>, Refused<'_>>| message.as_ref().err());
    if let Some(wrong) = wrong {
        return Err(ReplayError::Refused {
            reason: wrong.reason.word().to_owned(),
            field: wrong.field.to_string(),
        });
    }
    let received: Micros = found.received_at;
    let accepted = acceptor.accept(source, *endpoint, &inbound, received);
    match accepted.reasons.first() {
        None => Ok(accepted),
        Some((reason, _)) => {
            Err(ReplayError::Refused { reason: (*reason).to_owned(), field: "event".to_owned() })
        }
    }
}

/// A body with one message.
fn wrapped(endpoint: Endpoint, message: &[u8]) -> Vec<u8> {
    let around: (&[u8], &[u8]) = match endpoint {
        Endpoint::SegmentBatch | Endpoint::SegmentImport => (b"{\"batch\":[", b"]}"),
        Endpoint::SnowplowTp2 | Endpoint::SnowplowPixel => (b"{\"data\":[", b"]}"),
        _ => (b"", b""),
    };
    [around.0, message, around.1].concat()
}
