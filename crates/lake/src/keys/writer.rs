//! Writes a key run from keys in ascending order, in one pass, with memory for the table and one buffer. The header
//! comes last, so that a file that was cut short is none. It does not sync, and does not name files.

use std::fmt;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use super::error::KeyError;
use super::format::{Header, Layout, RunLabel, prefix_bits, slot_sum};
use super::key::MessageKey;

/// Written out when it holds this much.
const BUFFER: usize = 256 * 1024;

/// A key run being written. Nothing of it can be read before [`KeyRunWriter::finish`].
pub struct KeyRunWriter<W> {
    out: W,
    path: PathBuf,
    header: Header,
    layout: Layout,
    at_most: u64,
    last: Option<MessageKey>,
    /// Keys before each slot that has begun.
    table: Vec<u64>,
    /// Bytes not yet written; ends with the keys of the open slot.
    buffer: Vec<u8>,
    /// Where in the buffer the open slot begins.
    slot_begin: usize,
}

impl<W> fmt::Debug for KeyRunWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRunWriter")
            .field("path", &self.path)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl<W: Write + Seek> KeyRunWriter<W> {
    /// Begins a run of at most `at_most` keys at the start of `out`; `path` is only for error texts. A number far
    /// above the real one makes the table larger than it need be, nothing else.
    pub fn new(mut out: W, path: &Path, at_most: u64, label: RunLabel) -> Result<Self, KeyError> {
        let prefix_bits = prefix_bits(at_most);
        let header = Header { label, count: 0, prefix_bits, table_sum: 0 };
        let length =
            header.encode().ok_or_else(|| KeyError::HeaderTooLong { path: path.to_path_buf() })?.len();
        let layout = Layout::new(prefix_bits, length as u64);
        out.seek(SeekFrom::Start(layout.slots_at)).map_err(KeyError::io(path, "write"))?;
        Ok(Self {
            out,
            path: path.to_path_buf(),
            header,
            layout,
            at_most,
            last: None,
            table: vec![0],
            buffer: Vec::new(),
            slot_begin: 0,
        })
    }

    /// How many keys were pushed.
    pub fn count(&self) -> u64 {
        self.header.count
    }

    /// Takes the next key, which must be above the one before.
    pub fn push(&mut self, key: MessageKey) -> Result<(), KeyError> {
        if self.last.is_some_and(|last| last >= key) {
            return Err(KeyError::Unsorted { path: self.path.clone() });
        }
        if self.header.count >= self.at_most {
            return Err(KeyError::TooMany { path: self.path.clone(), at_most: self.at_most });
        }
        self.last = Some(key);
        let slot = key.slot(self.layout.prefix_bits);
        while self.open_slot() < slot {
            self.close_slot()?;
        }
        // All that follows the key is cut off again: a copy of fixed length is the quicker one.
        let length = self.buffer.len() + usize::from(self.layout.rest);
        let bytes = key.bits() << (u128::BITS - 8 * u32::from(self.layout.rest));
        self.buffer.extend_from_slice(&bytes.to_be_bytes());
        self.buffer.truncate(length);
        self.header.count += 1;
        Ok(())
    }

    /// Takes keys in ascending order.
    pub fn extend(&mut self, keys: impl IntoIterator<Item = MessageKey>) -> Result<(), KeyError> {
        keys.into_iter().try_for_each(|key| self.push(key))
    }

    /// Writes what is left, then table and header, and gives back the file; the caller syncs it.
    pub fn finish(mut self) -> Result<W, KeyError> {
        while self.open_slot() < self.layout.slots() {
            self.close_slot()?;
        }
        self.write_buffer()?;
        let mut table = Vec::with_capacity(self.table.len() * 8);
        self.table.iter().for_each(|before| table.extend_from_slice(&before.to_le_bytes()));
        let mut sum = Xxh3::new();
        sum.update(&table);
        self.header.table_sum = sum.digest();
        let header =
            self.header.encode().ok_or_else(|| KeyError::HeaderTooLong { path: self.path.clone() })?;
        let failed = || KeyError::io(&self.path, "write");
        self.out.seek(SeekFrom::Start(self.layout.table_at)).map_err(failed())?;
        self.out.write_all(&table).map_err(failed())?;
        self.out.seek(SeekFrom::Start(0)).map_err(failed())?;
        self.out.write_all(&header).map_err(failed())?;
        self.out.flush().map_err(failed())?;
        Ok(self.out)
    }

    /// The slot that takes keys; all slots are closed when it is the number of slots.
    fn open_slot(&self) -> u64 {
        self.table.len() as u64 - 1
    }

    fn close_slot(&mut self) -> Result<(), KeyError> {
        let sum = slot_sum(self.open_slot(), self.buffer.get(self.slot_begin..).unwrap_or_default());
        self.buffer.extend_from_slice(&sum);
        self.table.push(self.header.count);
        self.slot_begin = self.buffer.len();
        if self.buffer.len() >= BUFFER { self.write_buffer() } else { Ok(()) }
    }

    fn write_buffer(&mut self) -> Result<(), KeyError> {
        self.out.write_all(&self.buffer).map_err(KeyError::io(&self.path, "write"))?;
        self.buffer.clear();
        self.slot_begin = 0;
        Ok(())
    }
}
