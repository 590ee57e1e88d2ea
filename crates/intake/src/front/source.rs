//! A file that may be opened several times, and a pipe that cannot.

use std::path::{Path, PathBuf};

use fidance_domain::table::{Batch, TableReader};

use crate::{
    error::IntakeError,
    reader::{Opened, ParquetOpener, Replay, TextOptions, open, shown_path},
};

/// Rows of the first file that are looked at, and bytes of them at most.
const SAMPLE: (usize, usize) = (20_000, 16 << 20);
/// The same for the files behind it, of which there may be many.
const SAMPLE_OF_OTHERS: (usize, usize) = (2_000, 1 << 20);
/// The same for what can be read only once: more, because nothing can be looked at again.
const SAMPLE_OF_PIPE: (usize, usize) = (100_000, 64 << 20);

/// How files are opened.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) text: &'a TextOptions,
    pub(crate) parquet: ParquetOpener<'a>,
}

/// A file to be read.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    /// The name shown to people.
    pub(crate) name: String,
    /// The columns, in file order.
    pub(crate) columns: Vec<String>,
    /// The format, for people.
    pub(crate) format: String,
    /// What was done to the header.
    pub(crate) notes: Vec<String>,
    /// Whether there is no row.
    pub(crate) header_only: bool,
    /// The reader of a pipe, with the rows looked at still inside.
    kept: Option<Replay>,
}

impl Source {
    /// Opens a file and gives its first rows, all columns of them.
    pub(crate) fn open(
        path: &Path,
        opening: Opening<'_>,
        is_first: bool,
    ) -> Result<(Self, Vec<Batch>), IntakeError> {
        let is_pipe = path.as_os_str() == "-" || !std::fs::metadata(path).is_ok_and(|meta| meta.is_file());
        let name = shown_path(path);
        let Opened { reader, description, notes, header_only, .. } =
            open(path, opening.text, opening.parquet)?;
        let columns = reader.columns().to_vec();
        let (rows, bytes) = match (is_pipe, is_first) {
            (true, _) => SAMPLE_OF_PIPE,
            (false, true) => SAMPLE,
            (false, false) => SAMPLE_OF_OTHERS,
        };
        let replay = Replay::new(reader, rows, bytes)
            .map_err(|source| IntakeError::Read { file: name.clone(), source })?;
        let nothing = replay.head().next().is_none();
        if let (true, Some(broken)) = (nothing, replay.first_broken()) {
            let (line, reason, content) = (broken.line, broken.reason, broken.content.clone());
            return Err(IntakeError::AllBroken { file: name, line, reason, content });
        }
        let header_only = header_only || nothing;
        let (sample, kept) = if is_pipe {
            (replay.head().cloned().collect(), Some(replay))
        } else {
            (replay.into_head(), None)
        };
        let source =
            Self { path: path.to_owned(), name, columns, format: description, notes, header_only, kept };
        Ok((source, sample))
    }

    /// Whether the file can be opened again.
    pub(crate) const fn is_rereadable(&self) -> bool {
        self.kept.is_none()
    }

    /// A reader from the first row; of a pipe, only once.
    pub(crate) fn reader(&mut self, opening: Opening<'_>) -> Result<Box<dyn TableReader>, IntakeError> {
        match self.kept.take() {
            Some(replay) => Ok(Box::new(replay)),
            None => Ok(open(&self.path, opening.text, opening.parquet)?.reader),
        }
    }
}
