//! Events as clients send them: requests of Segment's protocol, one a line, with what clients say of who is who.
//!
//! A relay has gathered what devices sent and noted of each message when it was received: `receivedAt`. What a device says
//! itself, `timestamp` and `sentAt`, is by its own clock. A message never comes twice in one request.

use std::{collections::HashSet, io::Write as _, path::Path};

use crate::{
    calendar::{Micros, SECOND},
    draw::mix,
    error::SimError,
    event::{ANONYMOUS, Event, KNOWN},
    identity::{Said, Subject},
    scenario::DIMENSIONS,
};

use super::{
    EventSink, Names,
    text::{self, TextFile},
};

/// Messages of a request: with some 600 bytes each, well under the 500 KB that a body may have.
const MOST: usize = 400;
const MILLISECOND: Micros = 1_000;

#[derive(Debug)]
pub(super) struct Messages<'a> {
    file: TextFile,
    names: Names<'a>,
    /// The messages of the request that is being written.
    inside: HashSet<u64>,
}

/// When a message happened and reached its receiver.
#[derive(Debug, Clone, Copy)]
struct Way {
    at: Micros,
    received: Micros,
    ahead: i32,
}

impl<'a> Messages<'a> {
    pub(super) fn create(path: &Path, names: Names<'a>) -> Result<Self, SimError> {
        Ok(Self { file: TextFile::create(path)?, names, inside: HashSet::new() })
    }

    fn begin(&mut self, kind: &str, id: u64, way: Way) -> Result<(), SimError> {
        if self.inside.len() >= MOST || self.inside.contains(&id) {
            self.end_request()?;
        }
        let line = self.file.bytes();
        let opening = if self.inside.is_empty() { "{\"batch\":[{" } else { ",{" };
        line.extend_from_slice(opening.as_bytes());
        self.inside.insert(id);
        line.extend_from_slice(b"\"type\":\"");
        line.extend_from_slice(kind.as_bytes());
        line.extend_from_slice(b"\",\"messageId\":\"");
        text::hex(id, line);
        line.push(b'"');
        let (ahead, sent) = (i64::from(way.ahead) * SECOND, whole(way.received));
        time(line, "timestamp", whole(way.at) + ahead);
        time(line, "sentAt", sent + ahead);
        time(line, "receivedAt", sent + transit(id, sent));
        Ok(())
    }

    fn end_request(&mut self) -> Result<(), SimError> {
        if self.inside.is_empty() {
            return Ok(());
        }
        self.inside.clear();
        self.file.text("]}");
        self.file.end_line()
    }
}

impl EventSink for Messages<'_> {
    fn write(&mut self, event: &Event) -> Result<(), SimError> {
        let way = Way { at: event.at, received: event.received, ahead: event.ahead };
        self.begin("track", event.message_id(self.names.seed), way)?;
        let (names, line) = (&self.names, self.file.bytes());
        if matches!(event.id, ANONYMOUS | KNOWN) {
            line.extend_from_slice(b",\"anonymousId\":\"");
            text::anonymous_id(event.customer, names.seed, line);
            line.push(b'"');
        }
        if event.id != ANONYMOUS {
            line.extend_from_slice(b",\"userId\":");
            // Clients that know no user leave the field null.
            if event.id == 1 {
                line.extend_from_slice(b"null");
            } else {
                line.push(b'"');
                text::event_customer(event, names.seed, line);
                line.push(b'"');
            }
        }
        text::field(line, ",\"event\":\"", event.name.text());
        line.extend_from_slice(b",\"properties\":{");
        if event.cents > 0 {
            line.extend_from_slice(b"\"revenue\":");
            text::amount(event.cents, line);
            text::field(line, ",\"currency\":\"", names.table.currency(event.profile));
            line.push(b',');
        }
        line.extend_from_slice(b"\"session_id\":\"");
        text::hex(event.session_id(names.seed), line);
        line.push(b'"');
        text::field(line, ",\"reason\":\"", event.reason.text());
        for (dimension, value) in DIMENSIONS.into_iter().zip(names.table.names(event.profile)) {
            if !value.is_empty() {
                line.extend_from_slice(b",\"");
                line.extend_from_slice(dimension.as_bytes());
                text::field(line, "\":\"", value);
            }
        }
        line.extend_from_slice(b"}}");
        Ok(())
    }

    fn say(&mut self, said: &Said) -> Result<(), SimError> {
        let way = Way { at: said.at, received: said.received, ahead: said.ahead };
        let (kind, field) = match said.from {
            Subject::Anonymous(_) => ("identify", ",\"anonymousId\":\""),
            Subject::Customer(_) => ("alias", ",\"previousId\":\""),
        };
        self.begin(kind, said.message, way)?;
        let (seed, line) = (self.names.seed, self.file.bytes());
        line.extend_from_slice(field.as_bytes());
        match said.from {
            Subject::Anonymous(customer) => text::anonymous_id(customer, seed, line),
            Subject::Customer(customer) => text::customer_id(customer, line),
        }
        line.extend_from_slice(b"\",\"userId\":\"");
        text::customer_id(said.into, line);
        line.extend_from_slice(b"\"}");
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SimError> {
        self.end_request()?;
        self.file.finish()
    }
}

/// Clients of the shop know whole seconds, as its tables do.
const fn whole(at: Micros) -> Micros {
    at - at.rem_euclid(SECOND)
}

/// How long a message was on its way: less than a second.
fn transit(id: u64, sent: Micros) -> Micros {
    (20 + i64::try_from(mix(id ^ mix(sent.unsigned_abs())) % 900).unwrap_or(0)) * MILLISECOND
}

/// Clocks may be wrong by years, so the days of the shop's calendar do not suffice.
fn time(line: &mut Vec<u8>, field: &str, at: Micros) {
    if let Ok(at) = jiff::Timestamp::from_microsecond(at) {
        // Writing to memory does not fail.
        let _ = write!(line, ",\"{field}\":\"{at}\"");
    }
}
