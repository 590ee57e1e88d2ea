//! Bodies are lent, not copied, where nothing had to be undone.

use std::borrow::Cow;

use fidance_wire::{Endpoint, read, unpack};

use crate::support::post;

#[test]
fn a_plain_body_is_lent_up_to_the_message() {
    let body = br#"{"batch":[{"type":"track","event":"e","userId":" u1 ","properties":{"a":1}}]}"#;
    let head = post("/v1/batch");
    let unpacked = unpack(&head, body, 1_000).unwrap();
    assert!(matches!(unpacked, Cow::Borrowed(_)));
    let inbound = read(Endpoint::SegmentBatch, &head, &unpacked).unwrap();
    let message = inbound.messages[0].as_ref().unwrap();
    assert!(matches!(message.user, Some(Cow::Borrowed("u1"))));
    assert!(matches!(message.call, fidance_wire::Call::Track { event: Cow::Borrowed("e") }));
    assert_eq!(message.properties.raw(), Some("{\"a\":1}"));
}
