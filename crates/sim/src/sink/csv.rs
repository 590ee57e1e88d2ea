//! Events as comma-separated values. Nothing needs quotes: scenarios refuse names that would.

use std::path::Path;

use crate::{error::SimError, event::Event};

use super::{
    COLUMNS, EventSink, Names,
    text::{self, TextFile},
};

#[derive(Debug)]
pub(super) struct Csv<'a> {
    file: TextFile,
    names: Names<'a>,
}

impl<'a> Csv<'a> {
    pub(super) fn create(path: &Path, names: Names<'a>) -> Result<Self, SimError> {
        let mut file = TextFile::create(path)?;
        file.text(&COLUMNS.join(","));
        file.end_line()?;
        Ok(Self { file, names })
    }
}

impl EventSink for Csv<'_> {
    fn write(&mut self, event: &Event) -> Result<(), SimError> {
        let names = &self.names;
        let line = self.file.bytes();
        text::hex(event.message_id(names.seed), line);
        line.push(b',');
        text::event_customer(event, names.seed, line);
        line.push(b',');
        text::time(names, event.at, line);
        line.push(b',');
        line.extend_from_slice(event.name.text().as_bytes());
        line.push(b',');
        if event.cents > 0 {
            text::amount(event.cents, line);
            line.push(b',');
            line.extend_from_slice(names.table.currency(event.profile).as_bytes());
        } else {
            line.push(b',');
        }
        for value in names.table.names(event.profile) {
            line.push(b',');
            line.extend_from_slice(value.as_bytes());
        }
        line.push(b',');
        line.extend_from_slice(event.reason.text().as_bytes());
        line.push(b',');
        text::hex(event.session_id(names.seed), line);
        self.file.end_line()
    }

    fn finish(self: Box<Self>) -> Result<(), SimError> {
        self.file.finish()
    }
}
