//! Rows as CSV (RFC 4180), for exports.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use fidance_domain::table::{Batch, Column, ColumnKind, TableWriter, WriteError};

/// A CSV file being written.
#[derive(Debug)]
pub(crate) struct CsvWriter {
    file: BufWriter<File>,
    line: String,
}

impl CsvWriter {
    /// Makes the file and writes its first line.
    pub(crate) fn create(path: &Path, columns: &[(&str, ColumnKind)]) -> Result<Self, WriteError> {
        let mut writer =
            Self { file: BufWriter::with_capacity(1 << 18, File::create_new(path)?), line: String::new() };
        for (at, (name, _)) in columns.iter().enumerate() {
            writer.separate(at);
            push_text(&mut writer.line, name);
        }
        writer.end_line()?;
        Ok(writer)
    }

    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.line.push(',');
        }
    }

    fn end_line(&mut self) -> std::io::Result<()> {
        self.line.push('\n');
        self.file.write_all(self.line.as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

impl TableWriter for CsvWriter {
    fn write(&mut self, batch: &Batch) -> Result<(), WriteError> {
        for row in 0..batch.rows() {
            for (at, column) in batch.columns.iter().enumerate() {
                self.separate(at);
                push_cell(&mut self.line, column, row);
            }
            self.end_line()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), WriteError> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(())
    }
}

fn push_cell(line: &mut String, column: &Column, row: usize) {
    fn at<T: Copy>(values: &[Option<T>], row: usize) -> Option<T> {
        values.get(row).copied().flatten()
    }
    let text = match column {
        Column::Text(text) => return push_text(line, text.get(row)),
        Column::Int(values) => at(values, row).map(|value| value.to_string()),
        Column::Float(values) => at(values, row).map(|value| value.to_string()),
        Column::Bool(values) => at(values, row).map(|value| value.to_string()),
        Column::Date(values) => {
            at(values, row).map(|days| instant(i64::from(days) * 86_400_000_000, "%Y-%m-%d"))
        }
        Column::Instant(values) => at(values, row).map(|micros| instant(micros, "%Y-%m-%dT%H:%M:%S%.fZ")),
        Column::Local(values) => at(values, row).map(|micros| instant(micros, "%Y-%m-%dT%H:%M:%S%.f")),
    };
    line.push_str(&text.unwrap_or_default());
}

fn instant(micros: i64, format: &str) -> String {
    jiff::Timestamp::from_microsecond(micros).map(|at| at.strftime(format).to_string()).unwrap_or_default()
}

fn push_text(line: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_hold_signs_are_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let columns = [("name", ColumnKind::Text), ("at", ColumnKind::Instant), ("n", ColumnKind::Int)];
        let mut writer = Box::new(CsvWriter::create(&path, &columns).unwrap());
        let batch = Batch {
            lines: vec![1, 2],
            columns: vec![
                Column::Text(["a \"b\", c", "plain"].into_iter().collect()),
                Column::Instant(vec![Some(1_700_000_000_500_000), None]),
                Column::Int(vec![None, Some(-3)]),
            ],
        };
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "name,at,n\n\"a \"\"b\"\", c\",2023-11-14T22:13:20.5Z,\nplain,,-3\n");
    }
}
