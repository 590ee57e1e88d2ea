//! Rejected rows: counted by reason, and written to a file where they can be looked at.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use crate::error::IntakeError;

/// Rows rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectCount {
    /// Machine word, such as `unreadable_date`.
    pub reason: &'static str,
    /// Number of rows.
    pub rows: u64,
    /// The file of the first one.
    pub first_file: String,
    /// Its line (row number in formats without lines), from 1.
    pub first_line: u64,
}

/// Counts rejected rows and writes them as CSV, creating the file with the first of them.
#[derive(Debug)]
pub(crate) struct Rejects {
    path: Option<PathBuf>,
    writer: Option<BufWriter<File>>,
    counts: Vec<RejectCount>,
}

impl Rejects {
    pub(crate) const fn new(path: Option<PathBuf>) -> Self {
        Self { path, writer: None, counts: Vec::new() }
    }

    /// Counts a row; `content` is asked for only where it is written.
    pub(crate) fn add(
        &mut self,
        file: &str,
        line: u64,
        reason: &'static str,
        content: impl FnOnce() -> String,
    ) -> Result<(), IntakeError> {
        match self.counts.iter_mut().find(|count| count.reason == reason) {
            Some(count) => count.rows += 1,
            None => self.counts.push(RejectCount {
                reason,
                rows: 1,
                first_file: file.to_owned(),
                first_line: line,
            }),
        }
        if self.path.is_none() {
            return Ok(());
        }
        self.write(file, line, reason, &content()).map_err(|source| self.failed(source))
    }

    fn write(&mut self, file: &str, line: u64, reason: &str, content: &str) -> io::Result<()> {
        if self.writer.is_none()
            && let Some(path) = &self.path
        {
            let mut writer = BufWriter::new(File::create(path)?);
            writeln!(writer, "file,line,reason,content")?;
            self.writer = Some(writer);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writeln!(writer, "{},{line},{reason},{}", quoted(file), quoted(content))
    }

    fn failed(&self, source: io::Error) -> IntakeError {
        let file = self.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        IntakeError::RejectsFile { file, source }
    }

    /// Number of rejected rows.
    pub(crate) fn rows(&self) -> u64 {
        self.counts.iter().map(|count| count.rows).sum()
    }

    /// Writes what is still held back and gives the counts, the most frequent reason first.
    pub(crate) fn finish(&mut self) -> Result<Vec<RejectCount>, IntakeError> {
        let flushed = self.writer.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|source| self.failed(source))?;
        let mut counts = self.counts.clone();
        counts.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.reason.cmp(b.reason)));
        Ok(counts)
    }
}

/// A CSV cell; one that a spreadsheet would run as a formula is disarmed.
fn quoted(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@']);
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
