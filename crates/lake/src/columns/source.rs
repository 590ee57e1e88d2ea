//! Bytes of a file that several threads read at once. The parquet crate's own reading of `File` moves a cursor
//! that all its copies share, so that two threads would get each other's bytes. Buffers are used again: memory
//! fresh from the system costs as much as decoding what is read into it.

use std::{
    fs::File,
    io::{self, Read},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};

/// Bytes read ahead for the header of a page, which has some tens of them.
const AHEAD: usize = 256;
/// Buffers that are kept for the next page, and how large they may be.
const KEPT: usize = 32;
const KEPT_BYTES: usize = 1 << 21;

/// A file that is read at positions.
#[derive(Debug, Clone)]
pub struct SharedFile {
    file: Arc<File>,
    length: u64,
    spare: Arc<Spare>,
}

/// Buffers that no page uses any more.
type Spare = Mutex<Vec<Vec<u8>>>;

/// Bytes of a page, whose buffer goes back when the page is done.
struct Lent {
    bytes: Vec<u8>,
    length: usize,
    home: Arc<Spare>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.bytes.len() <= KEPT_BYTES
            && let Ok(mut spare) = self.home.lock()
            && spare.len() < KEPT
        {
            spare.push(std::mem::take(&mut self.bytes));
        }
    }
}

impl SharedFile {
    /// Takes a file as long as it is now.
    pub fn new(file: File) -> io::Result<Self> {
        Ok(Self { length: file.metadata()?.len(), file: Arc::new(file), spare: Arc::default() })
    }

    /// A buffer of at least so many bytes, whatever they are.
    fn buffer(&self, length: usize) -> Vec<u8> {
        let kept = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut bytes = kept.unwrap_or_default();
        if bytes.len() < length {
            bytes.resize(length, 0);
        }
        bytes
    }
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SharedFile {
    type T = ReadAhead;

    fn get_read(&self, start: u64) -> Result<ReadAhead> {
        Ok(ReadAhead { file: Arc::clone(&self.file), at: start, ahead: [0; AHEAD], used: 0, filled: 0 })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF("the file ends too early".to_owned()));
        }
        let mut bytes = self.buffer(length);
        let mut done = 0;
        while let Some(rest) = bytes.get_mut(done..length)
            && !rest.is_empty()
        {
            match read_at(&self.file, rest, start + done as u64) {
                Ok(0) => return Err(ParquetError::EOF("the file became shorter".to_owned())),
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Bytes::from_owner(Lent { bytes, length, home: Arc::clone(&self.spare) }))
    }
}

/// The bytes from a position on.
#[derive(Debug)]
pub struct ReadAhead {
    file: Arc<File>,
    at: u64,
    ahead: [u8; AHEAD],
    used: usize,
    filled: usize,
}

impl Read for ReadAhead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.used == self.filled {
            self.filled = read_at(&self.file, &mut self.ahead, self.at)?;
            self.used = 0;
            self.at += self.filled as u64;
        }
        let held = self.ahead.get(self.used..self.filled).unwrap_or_default();
        let count = held.len().min(out.len());
        let (out, _) = out.split_at_mut(count);
        out.copy_from_slice(held.get(..count).unwrap_or_default());
        self.used += count;
        Ok(count)
    }
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, out, at)
}

#[cfg(windows)]
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, out, at)
}
