//! Sorted runs in a temporary file, and reading a part of them back.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Mutex, PoisonError},
};

use super::record::{PARTS, RECORD, Record};

/// Bytes of a run's slice that are read at a time.
const BLOCK: usize = 2048 * RECORD;

/// Where a part of a run lies.
#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    offset: u64,
    records: u64,
}

/// The runs that were written so far.
#[derive(Debug)]
pub(crate) struct Runs {
    /// An unnamed file: the system removes it when the process ends, however it ends.
    file: Mutex<File>,
    written: u64,
    /// By run, by part.
    slices: Vec<Vec<Slice>>,
}

impl Runs {
    pub(crate) fn create(folder: &std::path::Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        Ok(Self { file: Mutex::new(file), written: 0, slices: Vec::new() })
    }

    /// Writes one run: all parts, each sorted.
    pub(crate) fn add(&mut self, parts: &[Vec<Record>]) -> io::Result<()> {
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.written))?;
        let mut slices = Vec::with_capacity(PARTS);
        let mut block = Vec::with_capacity(BLOCK * 16);
        let mut offset = self.written;
        for part in parts {
            for records in part.chunks(BLOCK * 16 / RECORD) {
                block.clear();
                records.iter().for_each(|record| record.write(&mut block));
                file.write_all(&block)?;
            }
            slices.push(Slice { offset, records: part.len() as u64 });
            offset += (part.len() * RECORD) as u64;
        }
        self.written = offset;
        self.slices.push(slices);
        Ok(())
    }

    /// One cursor per run over its slice of a part.
    pub(crate) fn cursors(&self, part: usize) -> Vec<Cursor<'_>> {
        let slices = self.slices.iter().filter_map(|slices| slices.get(part));
        slices.filter(|slice| slice.records > 0).map(|slice| Cursor::new(&self.file, *slice)).collect()
    }
}

/// Reads a slice in order, a block at a time.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    file: &'a Mutex<File>,
    rest: Slice,
    block: Vec<u8>,
    at: usize,
}

impl<'a> Cursor<'a> {
    const fn new(file: &'a Mutex<File>, slice: Slice) -> Self {
        Self { file, rest: slice, block: Vec::new(), at: 0 }
    }

    /// The next record, `None` at the end of the slice.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record>> {
        if self.at == self.block.len() && !self.read_block()? {
            return Ok(None);
        }
        let bytes = self.block.get(self.at..).and_then(|rest| rest.first_chunk::<RECORD>());
        self.at += RECORD;
        Ok(bytes.map(Record::read))
    }

    fn read_block(&mut self) -> io::Result<bool> {
        if self.rest.records == 0 {
            return Ok(false);
        }
        let records = self.rest.records.min((BLOCK / RECORD) as u64);
        let bytes = usize::try_from(records).unwrap_or(0) * RECORD;
        self.block.resize(bytes, 0);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.rest.offset))?;
        file.read_exact(&mut self.block)?;
        drop(file);
        self.rest = Slice { offset: self.rest.offset + bytes as u64, records: self.rest.records - records };
        self.at = 0;
        Ok(true)
    }
}
