//! Writing events.

use std::{fmt, io::Write};

use parquet::data_type::ByteArray;

use super::{
    error::{ColumnsError, MAX_KINDS},
    events::{COLUMNS, EventColumns},
    values::push_run,
    write::{GROUP_ROWS, LONGEST_GROUP, Order, TableWriter, Written, as_deltas, as_dictionary, unfit},
};

/// Writes a file of events.
pub struct EventWriter<W: Write + Send> {
    table: TableWriter<W>,
    names: Vec<ByteArray>,
    order: Order,
    /// Rows that are not yet a row group.
    held: EventColumns,
}

impl<W: Write + Send> fmt::Debug for EventWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWriter").field("held", &self.held.rows()).finish_non_exhaustive()
    }
}

impl<W: Write + Send> EventWriter<W> {
    /// Starts a file. `kinds` are the names that the numbers in [`EventColumns::kind`] stand for.
    pub fn new(sink: W, kinds: &[String]) -> Result<Self, ColumnsError> {
        if kinds.len() > MAX_KINDS {
            return Err(ColumnsError::TooManyKinds(kinds.len()));
        }
        let table = TableWriter::new(sink, &COLUMNS, &["amount", "was", "clock"], 3, |properties| {
            let properties = as_dictionary(properties, "customer", 1 << 26);
            let properties = as_deltas(properties, "second");
            let properties = as_dictionary(properties, "micro", 1 << 16);
            let properties = properties.set_dictionary_page_size_limit(1 << 30);
            let properties = as_dictionary(properties, "amount", 1 << 17);
            let properties = as_dictionary(properties, "was", 1 << 17);
            as_deltas(properties, "clock")
        })?;
        let names = kinds.iter().map(|name| ByteArray::from(name.as_str())).collect();
        Ok(Self { table, names, order: Order::default(), held: EventColumns::default() })
    }

    /// Appends rows, which must not belong before those that are there.
    pub fn write(&mut self, rows: &EventColumns) -> Result<(), ColumnsError> {
        self.check(rows)?;
        let mut from = 0;
        for run in &rows.runs {
            self.order.accept(run.customer)?;
            let new = self.held.runs.last().is_some_and(|last| last.customer != run.customer);
            if new && self.held.rows() >= GROUP_ROWS {
                self.flush()?;
            }
            let mut left = run.rows as usize;
            while left > 0 {
                let count = left.min(LONGEST_GROUP.saturating_sub(self.held.rows()));
                self.hold(rows, run.customer, from, count);
                (from, left) = (from + count, left - count);
                if self.held.rows() >= LONGEST_GROUP {
                    self.flush()?;
                }
            }
        }
        Ok(())
    }

    /// Writes what is left and the footer. The sink is flushed and dropped.
    pub fn finish(self) -> Result<Written, ColumnsError> {
        self.into_sink().map(|(written, _)| written)
    }

    /// Writes what is left and the footer, and gives the sink back.
    pub fn into_sink(mut self) -> Result<(Written, W), ColumnsError> {
        self.flush()?;
        self.table.finish()
    }

    fn check(&self, rows: &EventColumns) -> Result<(), ColumnsError> {
        let count: usize = rows.runs.iter().map(|run| run.rows as usize).sum();
        let lengths = [
            ("second", rows.second.len()),
            ("micro", rows.micro.len()),
            ("kind", rows.kind.len()),
            ("amount", rows.amount.len()),
            ("was", rows.was.len()),
            ("clock", rows.clock.len()),
        ];
        for (column, length) in lengths {
            if length != count {
                return Err(unfit(column, format!("has {length} values for {count} rows")));
            }
        }
        match rows.kind.iter().find(|kind| usize::from(**kind) >= self.names.len()) {
            Some(kind) => Err(unfit("kind", format!("{kind} has no name"))),
            None => Ok(()),
        }
    }

    fn hold(&mut self, rows: &EventColumns, customer: i64, from: usize, count: usize) {
        let range = from..from + count;
        push_run(&mut self.held.runs, customer, count);
        self.held.second.extend_from_slice(rows.second.get(range.clone()).unwrap_or_default());
        self.held.micro.extend_from_slice(rows.micro.get(range.clone()).unwrap_or_default());
        self.held.kind.extend_from_slice(rows.kind.get(range.clone()).unwrap_or_default());
        self.held.amount.extend_from_slice(rows.amount.get(range.clone()).unwrap_or_default());
        self.held.was.extend_from_slice(rows.was.get(range.clone()).unwrap_or_default());
        self.held.clock.extend_from_slice(rows.clock.get(range).unwrap_or_default());
    }

    fn flush(&mut self) -> Result<(), ColumnsError> {
        if self.held.rows() == 0 {
            return Ok(());
        }
        let (held, names) = (&self.held, &self.names);
        self.table.group(held.rows(), |columns| {
            columns.customers(&held.runs)?;
            columns.long(&held.second)?;
            columns.short(&held.micro)?;
            columns.names(names, &held.kind)?;
            columns.optional(&held.amount)?;
            columns.optional(&held.was)?;
            columns.optional(&held.clock)
        })?;
        self.held.clear();
        Ok(())
    }
}
