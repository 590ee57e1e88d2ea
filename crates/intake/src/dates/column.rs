//! One column of dates being read: format, zone, range, and whether there are times of day.

use fidance_domain::{history::Micros, table::Column};

use super::{AtFormat, DAY, Written, ZoneCache, parse};

/// 1900-01-01: no business has older customers, and exports write absurd years for "unknown".
const EARLIEST: Micros = -25_567 * DAY;

/// Why a date was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateProblem {
    /// It cannot be read in the column's format.
    Unreadable,
    /// It is before 1900 or after what the caller allows.
    OutOfRange,
}

/// Reads the dates of a column.
#[derive(Debug)]
pub(crate) struct DateColumn {
    format: AtFormat,
    zone: ZoneCache,
    latest: Micros,
    /// Whether any date had a time other than midnight.
    pub(crate) has_time_of_day: bool,
    /// Whether any date had an offset, or was an instant.
    pub(crate) has_offset: bool,
    /// Dates that only the opposite order of day and month could read.
    pub(crate) swapped: Swapped,
}

/// Dates that do not fit the order of day and month of the others.
#[derive(Debug, Default)]
pub(crate) struct Swapped {
    /// How many.
    pub(crate) rows: u64,
    /// The first of them.
    pub(crate) example: String,
}

impl DateColumn {
    /// A column in a format, with dates up to `latest`.
    pub(crate) fn new(format: AtFormat, zone: ZoneCache, latest: Micros) -> Self {
        Self { format, zone, latest, has_time_of_day: false, has_offset: false, swapped: Swapped::default() }
    }

    /// Goes on with the next file's format.
    pub(crate) fn set_format(&mut self, format: AtFormat) {
        self.format = format;
    }

    /// The zone.
    pub(crate) fn zone(&mut self) -> &mut ZoneCache {
        &mut self.zone
    }

    /// The instant in a row; `Ok(None)` where the cell is empty.
    pub(crate) fn read(&mut self, column: &Column, row: usize) -> Result<Option<Micros>, DateProblem> {
        let written = match column {
            Column::Text(text) => {
                let text = text.get(row).trim_ascii();
                if text.is_empty() {
                    return Ok(None);
                }
                parse::parse(&self.format, text).ok_or_else(|| self.unreadable(text))?
            }
            typed => match self.typed(typed, row) {
                Some(written) => written.ok_or(DateProblem::Unreadable)?,
                None => return Ok(None),
            },
        };
        let (has_time, has_offset) = (written.time != 0, written.offset.is_some());
        let instant = self.zone.instant(written).ok_or(DateProblem::OutOfRange)?;
        if !(EARLIEST..=self.latest).contains(&instant) {
            return Err(DateProblem::OutOfRange);
        }
        // Only dates that are taken say how precise the column is: `9999-12-31 23:59:59` means never.
        self.has_time_of_day |= has_time;
        self.has_offset |= has_offset;
        Ok(Some(instant))
    }

    /// A typed cell; `None` where it is missing, `Some(None)` where it is no date.
    #[expect(clippy::option_option, reason = "a missing date and an unreadable one are two things")]
    fn typed(&self, column: &Column, row: usize) -> Option<Option<Written>> {
        let cell = |cells: &Vec<Option<i64>>| cells.get(row).copied().flatten();
        match column {
            Column::Date(days) => {
                let day = days.get(row).copied().flatten()?;
                Some(Some(Written { day, time: 0, offset: None }))
            }
            Column::Instant(cells) => Some(Written::utc(cell(cells)?)),
            Column::Local(cells) => Some(Written::local(cell(cells)?)),
            Column::Int(cells) => Some(self.number(cell(cells)?)),
            Column::Float(cells) => {
                let number = cells.get(row).copied().flatten().filter(|number| !number.is_nan())?;
                Some(parse::parse(&self.format, &number.to_string()))
            }
            Column::Bool(_) | Column::Text(_) => Some(None),
        }
    }

    fn number(&self, number: i64) -> Option<Written> {
        match &self.format {
            AtFormat::Yyyymmdd if number < 100_000_000 => parse::compact_number(number),
            format if format.epoch_steps().is_some() => parse::epoch(format, number),
            format => parse::parse(format, &number.to_string()),
        }
    }

    #[cold]
    fn unreadable(&mut self, text: &str) -> DateProblem {
        let other = match self.format {
            AtFormat::Dmy => AtFormat::Mdy,
            AtFormat::Mdy => AtFormat::Dmy,
            _ => return DateProblem::Unreadable,
        };
        if parse::parse(&other, text).is_some() {
            if self.swapped.rows == 0 {
                text.clone_into(&mut self.swapped.example);
            }
            self.swapped.rows += 1;
        }
        DateProblem::Unreadable
    }
}
