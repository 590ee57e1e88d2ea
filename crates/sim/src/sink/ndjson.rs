//! Events as Segment `track` calls, one per line.

use std::path::Path;

use crate::{
    error::SimError,
    event::{ANONYMOUS, Event},
    scenario::DIMENSIONS,
};

use super::{
    EventSink, Names,
    text::{self, TextFile, field},
};

#[derive(Debug)]
pub(super) struct Ndjson<'a> {
    file: TextFile,
    names: Names<'a>,
}

impl<'a> Ndjson<'a> {
    pub(super) fn create(path: &Path, names: Names<'a>) -> Result<Self, SimError> {
        Ok(Self { file: TextFile::create(path)?, names })
    }
}

impl EventSink for Ndjson<'_> {
    fn write(&mut self, event: &Event) -> Result<(), SimError> {
        let names = &self.names;
        let line = self.file.bytes();
        line.extend_from_slice(b"{\"type\":\"track\",\"messageId\":\"");
        text::hex(event.message_id(names.seed), line);
        let field_of_id = if event.id == ANONYMOUS { "anonymousId" } else { "userId" };
        line.extend_from_slice(b"\",\"");
        line.extend_from_slice(field_of_id.as_bytes());
        line.extend_from_slice(b"\":");
        // Clients that know no user leave the field null.
        if event.id == 1 {
            line.extend_from_slice(b"null");
        } else {
            line.push(b'"');
            text::event_customer(event, names.seed, line);
            line.push(b'"');
        }
        line.extend_from_slice(b",\"timestamp\":\"");
        text::time(names, event.at, line);
        line.extend_from_slice(b"\",\"event\":\"");
        line.extend_from_slice(event.name.text().as_bytes());
        line.extend_from_slice(b"\",\"properties\":{");
        if event.cents > 0 {
            line.extend_from_slice(b"\"order_value\":");
            text::amount(event.cents, line);
            field(line, ",\"currency\":\"", names.table.currency(event.profile));
            line.push(b',');
        }
        line.extend_from_slice(b"\"session_id\":\"");
        text::hex(event.session_id(names.seed), line);
        line.push(b'"');
        field(line, ",\"reason\":\"", event.reason.text());
        for (dimension, value) in DIMENSIONS.into_iter().zip(names.table.names(event.profile)) {
            if !value.is_empty() {
                line.extend_from_slice(b",\"");
                line.extend_from_slice(dimension.as_bytes());
                field(line, "\":\"", value);
            }
        }
        line.extend_from_slice(b"}}");
        self.file.end_line()
    }

    fn finish(self: Box<Self>) -> Result<(), SimError> {
        self.file.finish()
    }
}
