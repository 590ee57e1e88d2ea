//! The bytes of a file, decompressed, behind a buffer that shows what comes next without taking it.
//!
//! Sniffing a format and reading it must see the same bytes, also from a pipe that can be read only once;
//! and a line of ten gigabytes must not be held. Both follow from one buffer that the readers fill on demand.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::utf16::Utf16Reader;
use crate::error::IntakeError;

/// How much is asked of the source at a time.
const BLOCK: usize = 256 * 1024;

/// How the bytes were packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are.
    Plain,
    /// Gzip, one or several members.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Packing {
    /// The packing as shown to people; empty for none.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Counts the bytes taken from the file itself, for the progress bar.
struct Counting {
    file: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A file's decompressed bytes.
pub(crate) struct Input {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    packing: Packing,
    utf16: bool,
    taken: Arc<AtomicU64>,
    total: Option<u64>,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("packing", &self.packing)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl Input {
    /// Opens a path, or the standard input for `-`, and sees through compression and byte-order marks.
    pub(crate) fn open(path: &Path) -> Result<Self, IntakeError> {
        let name = super::shown_path(path);
        if path.as_os_str() == "-" {
            return Self::from_source(Box::new(io::stdin()), None, &name);
        }
        let meta = std::fs::metadata(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => IntakeError::Absent { file: name.clone() },
            _ => IntakeError::Unopenable { file: name.clone(), source },
        })?;
        if meta.is_dir() {
            return Err(IntakeError::Directory { file: name });
        }
        let file =
            File::open(path).map_err(|source| IntakeError::Unopenable { file: name.clone(), source })?;
        let total = meta.is_file().then_some(meta.len());
        Self::from_source(Box::new(file), total, &name)
    }

    /// From any source of bytes.
    pub(crate) fn from_source(
        source: Box<dyn Read + Send>,
        total: Option<u64>,
        name: &str,
    ) -> Result<Self, IntakeError> {
        let taken = Arc::new(AtomicU64::new(0));
        let counting = Counting { file: source, taken: Arc::clone(&taken) };
        let mut input = Self {
            source: Box::new(counting),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            packing: Packing::Plain,
            utf16: false,
            taken,
            total,
        };
        let failed = |source: io::Error| IntakeError::Unopenable { file: name.to_owned(), source };
        input.fill_to(4).map_err(failed)?;
        input.unpack().map_err(failed)?;
        input.fill_to(4).map_err(|e| IntakeError::Read {
            file: name.to_owned(),
            source: Box::new(input.explain(e, 1)),
        })?;
        input.skip_mark();
        Ok(input)
    }

    fn unpack(&mut self) -> io::Result<()> {
        match self.data() {
            [0x1f, 0x8b, ..] => {
                let rest = self.take_source();
                self.source = Box::new(flate2::read::MultiGzDecoder::new(rest));
                self.packing = Packing::Gzip;
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let rest = self.take_source();
                self.source = Box::new(zstd::stream::read::Decoder::new(rest)?);
                self.packing = Packing::Zstd;
            }
            _ => {}
        }
        Ok(())
    }

    fn skip_mark(&mut self) {
        match self.data() {
            [0xef, 0xbb, 0xbf, ..] => self.consume(3),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                let rest = self.take_source();
                self.source = Box::new(Utf16Reader::new(rest));
                self.utf16 = true;
            }
            _ => {}
        }
    }

    /// The source with what was already read put back in front of it.
    fn take_source(&mut self) -> Box<dyn Read + Send> {
        let seen = self.data().to_vec();
        (self.start, self.end, self.ended) = (0, 0, false);
        let source = std::mem::replace(&mut self.source, Box::new(io::empty()));
        Box::new(io::Cursor::new(seen).chain(source))
    }

    /// What has been read and not yet consumed.
    pub(crate) fn data(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or(&[])
    }

    /// Takes the first `n` bytes away.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
    }

    /// Whether the source has nothing more than [`Input::data`].
    pub(crate) const fn ended(&self) -> bool {
        self.ended
    }

    /// Reads at least one more byte behind what is there; `false` at the end.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() < self.end + BLOCK {
            self.buffer.resize(self.end + BLOCK, 0);
        }
        loop {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.source.read(room) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(n) => {
                    self.end += n;
                    return Ok(true);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Reads until `n` bytes are there or the source ends.
    pub(crate) fn fill_to(&mut self, n: usize) -> io::Result<()> {
        while self.end - self.start < n && self.fill()? {}
        Ok(())
    }

    /// (bytes of the file taken, its length) where the length is known.
    pub(crate) fn progress(&self) -> Option<(u64, u64)> {
        self.total.map(|total| (self.taken.load(Ordering::Relaxed).min(total), total))
    }

    /// How the bytes were packed.
    pub(crate) const fn packing(&self) -> Packing {
        self.packing
    }

    /// Whether the text was UTF-16.
    pub(crate) const fn was_utf16(&self) -> bool {
        self.utf16
    }

    /// Says in which line and why reading stopped.
    pub(crate) fn explain(&self, source: io::Error, line: u64) -> StoppedReading {
        let packing = self.packing.word();
        let cut = source.kind() == io::ErrorKind::UnexpectedEof
            || (self.packing == Packing::Zstd && source.to_string().contains("incomplete"));
        match (packing.is_empty(), cut) {
            (false, true) => StoppedReading::Truncated { packing, line },
            (false, false) => StoppedReading::Damaged { packing, line, source },
            (true, _) => StoppedReading::Failed { line, source },
        }
    }
}

/// Why a file cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoppedReading {
    #[error(
        "line {line}: the {packing} data end too early, so the file is incomplete; nothing was computed from it, \
         fetch or export it again"
    )]
    Truncated { packing: &'static str, line: u64 },
    #[error("line {line}: the {packing} data are damaged ({source}); fetch or export the file again")]
    Damaged { packing: &'static str, line: u64, source: io::Error },
    #[error("line {line}: reading stopped: {source}")]
    Failed { line: u64, source: io::Error },
    #[error(
        "line {line}: a quote (\") is opened here and never closed, so {lines} lines up to the end of the file \
         are read as one value; close or remove that quote"
    )]
    UnclosedQuote { line: u64, lines: u64 },
}
