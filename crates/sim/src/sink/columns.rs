//! Events in columns, for a writer that the caller opens.

use std::path::{Path, PathBuf};

use fidance_domain::table::{Batch, Column, ColumnKind, TableWriter, TextColumn};

use crate::{error::SimError, event::Event};

use super::{COLUMNS, EventSink, Names, OpenTable, text};

const ROWS_PER_BATCH: usize = 8_192;

/// Gathers rows until a batch is worth writing. Text columns are those of [`COLUMNS`] without `at` and
/// `order_value`, in order.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    path: PathBuf,
    writer: Box<dyn TableWriter>,
    names: Names<'a>,
    at: Vec<Option<i64>>,
    order_value: Vec<Option<f64>>,
    texts: [TextColumn; COLUMNS.len() - 2],
    rows: u64,
    buffer: Vec<u8>,
}

fn kind(column: &str) -> ColumnKind {
    match column {
        "at" => ColumnKind::Instant,
        "order_value" => ColumnKind::Float,
        _ => ColumnKind::Text,
    }
}

impl<'a> Columns<'a> {
    pub(super) fn open(open: &OpenTable<'_>, path: &Path, names: Names<'a>) -> Result<Self, SimError> {
        let columns = COLUMNS.map(|name| (name, kind(name)));
        let writer =
            open(path, &columns).map_err(|source| SimError::Table { path: path.to_owned(), source })?;
        Ok(Self {
            path: path.to_owned(),
            writer,
            names,
            at: Vec::new(),
            order_value: Vec::new(),
            texts: Default::default(),
            rows: 0,
            buffer: Vec::new(),
        })
    }

    fn flush(&mut self) -> Result<(), SimError> {
        let count = self.at.len() as u64;
        let mut texts = std::mem::take(&mut self.texts).into_iter();
        let mut at = Some(std::mem::take(&mut self.at));
        let mut value = Some(std::mem::take(&mut self.order_value));
        let column = |name: &str| match kind(name) {
            ColumnKind::Instant => Column::Instant(at.take().unwrap_or_default()),
            ColumnKind::Float => Column::Float(value.take().unwrap_or_default()),
            _ => Column::Text(texts.next().unwrap_or_default()),
        };
        let columns = COLUMNS.map(column).into();
        let batch = Batch { lines: (self.rows + 1..=self.rows + count).collect(), columns };
        self.rows += count;
        self.writer.write(&batch).map_err(|source| SimError::Table { path: self.path.clone(), source })
    }
}

/// One text cell, written by a function that writes bytes.
fn push(column: &mut TextColumn, buffer: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    buffer.clear();
    write(buffer);
    column.push(str::from_utf8(buffer).unwrap_or(""));
}

impl EventSink for Columns<'_> {
    fn write(&mut self, event: &Event) -> Result<(), SimError> {
        let (seed, table) = (self.names.seed, self.names.table);
        self.at.push(Some(event.at));
        let is_order = event.cents > 0;
        self.order_value.push(is_order.then(|| f64::from(event.cents) / 100.0));
        let [
            message,
            customer,
            name,
            currency,
            country,
            region,
            device,
            channel,
            tier,
            payment,
            reason,
            session,
        ] = &mut self.texts;
        push(message, &mut self.buffer, |bytes| text::hex(event.message_id(seed), bytes));
        push(customer, &mut self.buffer, |bytes| text::event_customer(event, seed, bytes));
        name.push(event.name.text());
        currency.push(if is_order { table.currency(event.profile) } else { "" });
        let segments = [country, region, device, channel, tier, payment];
        segments.into_iter().zip(table.names(event.profile)).for_each(|(column, value)| column.push(value));
        reason.push(event.reason.text());
        push(session, &mut self.buffer, |bytes| text::hex(event.session_id(seed), bytes));
        if self.at.len() >= ROWS_PER_BATCH {
            self.flush()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SimError> {
        if !self.at.is_empty() {
            self.flush()?;
        }
        let Self { writer, path, .. } = *self;
        writer.finish().map_err(|source| SimError::Table { path, source })
    }
}
