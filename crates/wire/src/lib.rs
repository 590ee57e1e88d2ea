//! Requests of analytics clients, taken apart into typed messages.
//!
//! Official clients of Segment, RudderStack, PostHog and Snowplow, and whatever sends CloudEvents, JSON lines, Keycloak
//! events or OCSF, work unchanged. A request goes through three functions: [`Endpoint::of`] its path, [`unpack`] its
//! body, [`read`] the JSON in it; [`reply`] gives the answer that its client expects.
//!
//! Pure: no IO, no clock, no environment. Nothing panics, whatever the bytes, and memory is bounded by the endpoint's
//! [`Limits`]. What is not here: whether a key is valid, whether a message came before, where messages go.
#![warn(missing_docs)]

mod amount;
pub mod clock;
mod content;
mod draft;
mod endpoint;
mod error;
mod formats;
mod head;
pub mod json;
mod message;
mod read;
pub mod reply;
mod unpack;

pub use self::{
    content::content_id,
    endpoint::{Endpoint, Kind, Limits, Protocol},
    error::WireError,
    head::{Head, Key, KeyPlace, base64},
    message::{Agreement, Call, Consent, Fields, Inbound, Message, Passed, Reason, Refused},
    read::read,
    unpack::unpack,
};
