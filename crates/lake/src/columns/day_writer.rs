//! Writing days of activity.

use std::{fmt, io::Write};

use super::{
    days::{COLUMNS, DayColumns, LAST_QUARTER},
    error::ColumnsError,
    values::push_run,
    write::{GROUP_ROWS, LONGEST_GROUP, Order, TableWriter, Written, as_deltas, as_dictionary, unfit},
};

/// Writes a file of days.
pub struct DayWriter<W: Write + Send> {
    table: TableWriter<W>,
    order: Order,
    /// Rows that are not yet a row group.
    held: DayColumns,
}

impl<W: Write + Send> fmt::Debug for DayWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DayWriter").field("held", &self.held.rows()).finish_non_exhaustive()
    }
}

impl<W: Write + Send> DayWriter<W> {
    /// Starts a file.
    pub fn new(sink: W) -> Result<Self, ColumnsError> {
        let table = TableWriter::new(sink, &COLUMNS, &[], 2, |properties| {
            let properties = as_dictionary(properties, "customer", 1 << 26);
            let properties = as_deltas(properties, "day");
            let properties = as_dictionary(properties, "first", 1 << 16);
            let properties = as_dictionary(properties, "last", 1 << 16);
            let properties = as_dictionary(properties, "events", 1 << 16);
            as_dictionary(properties, "amount", 1 << 17)
        })?;
        Ok(Self { table, order: Order::default(), held: DayColumns::default() })
    }

    /// Appends rows, which must not belong before those that are there.
    pub fn write(&mut self, rows: &DayColumns) -> Result<(), ColumnsError> {
        check(rows)?;
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

    fn hold(&mut self, rows: &DayColumns, customer: i64, from: usize, count: usize) {
        let range = from..from + count;
        push_run(&mut self.held.runs, customer, count);
        self.held.day.extend_from_slice(rows.day.get(range.clone()).unwrap_or_default());
        self.held.first.extend_from_slice(rows.first.get(range.clone()).unwrap_or_default());
        self.held.last.extend_from_slice(rows.last.get(range.clone()).unwrap_or_default());
        self.held.events.extend_from_slice(rows.events.get(range.clone()).unwrap_or_default());
        self.held.amount.extend_from_slice(rows.amount.get(range).unwrap_or_default());
    }

    fn flush(&mut self) -> Result<(), ColumnsError> {
        if self.held.rows() == 0 {
            return Ok(());
        }
        let held = &self.held;
        let mut numbers: Vec<i32> = Vec::with_capacity(held.rows());
        self.table.group(held.rows(), |columns| {
            columns.customers(&held.runs)?;
            columns.short(&held.day)?;
            for quarters in [&held.first, &held.last] {
                numbers.clear();
                numbers.extend(quarters.iter().map(|quarter| i32::from(*quarter)));
                columns.short(&numbers)?;
            }
            numbers.clear();
            numbers.extend(held.events.iter().map(|events| events.cast_signed()));
            columns.short(&numbers)?;
            columns.long(&held.amount)
        })?;
        self.held.clear();
        Ok(())
    }
}

fn check(rows: &DayColumns) -> Result<(), ColumnsError> {
    let count: usize = rows.runs.iter().map(|run| run.rows as usize).sum();
    let lengths = [
        ("day", rows.day.len()),
        ("first", rows.first.len()),
        ("last", rows.last.len()),
        ("events", rows.events.len()),
        ("amount", rows.amount.len()),
    ];
    for (column, length) in lengths {
        if length != count {
            return Err(unfit(column, format!("has {length} values for {count} rows")));
        }
    }
    for (column, quarters) in [("first", &rows.first), ("last", &rows.last)] {
        if let Some(wrong) = quarters.iter().find(|quarter| **quarter > LAST_QUARTER) {
            return Err(unfit(column, format!("{wrong} is no quarter-hour of a day")));
        }
    }
    match rows.events.iter().find(|events| i32::try_from(**events).map_or(true, |events| events < 1)) {
        Some(wrong) => Err(unfit("events", format!("{wrong} is not 1 to {}", i32::MAX))),
        None => Ok(()),
    }
}
