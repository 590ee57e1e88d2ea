//! Cells of any type as text, for ids, conditions and groups, which compare text.

use std::fmt::Write;

use fidance_domain::table::Column;

/// The text of a cell, empty where it is missing; `scratch` is used for cells that are not text.
pub(crate) fn text<'a>(column: &'a Column, row: usize, scratch: &'a mut String) -> &'a str {
    scratch.clear();
    let written = match column {
        Column::Text(text) => return text.get(row).trim_ascii(),
        Column::Int(cells) => cell(cells, row).map(|value| write!(scratch, "{value}")),
        Column::Float(cells) => cell(cells, row).map(|value| write!(scratch, "{value}")),
        Column::Bool(cells) => cell(cells, row).map(|value| write!(scratch, "{value}")),
        Column::Date(cells) => cell(cells, row)
            .and_then(|day| date_time(i64::from(day) * super::dates::DAY))
            .map(|at| write!(scratch, "{}", at.date())),
        Column::Local(cells) => cell(cells, row).and_then(date_time).map(|at| write!(scratch, "{at}")),
        Column::Instant(cells) => cell(cells, row).and_then(date_time).map(|at| write!(scratch, "{at}Z")),
    };
    // Writing to a string does not fail.
    let _ = written;
    scratch
}

fn cell<T: Copy>(cells: &[Option<T>], row: usize) -> Option<T> {
    cells.get(row).copied().flatten()
}

fn date_time(micros: i64) -> Option<jiff::civil::DateTime> {
    let instant = jiff::Timestamp::from_microsecond(micros).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(instant))
}

/// A cell as a number, where its column has numbers or its text is one.
pub(crate) fn number(column: &Column, row: usize) -> Option<f64> {
    match column {
        Column::Int(cells) => cell(cells, row).map(|value| value as f64),
        Column::Float(cells) => cell(cells, row),
        Column::Text(text) => {
            text.get(row).trim_ascii().parse().ok().filter(|number: &f64| number.is_finite())
        }
        _ => None,
    }
}

/// All cells of a row in one line, for the rejects file.
pub(crate) fn row_text(columns: &[Column], row: usize) -> String {
    let mut scratch = String::new();
    let cells: Vec<String> =
        columns.iter().map(|column| text(column, row, &mut scratch).to_owned()).collect();
    crate::reader::beginning(&cells.join(" | "))
}
