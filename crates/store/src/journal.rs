//! The journal of erasures: a text file beside the database, so that restoring an older backup forgets no erasure.
//!
//! One line per step of an erasure: 16 hexadecimal digits of a checksum, a space, JSON. Lines are added and synchronised,
//! never changed. A last line that was torn by a crash was never acknowledged; it is cut off before the next is added.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{StoreError, seal::hex, store::restricted};

/// A step of an erasure, with all that was known then. The database has the same columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) number: i64,
    /// The pseudonyms, sealed: hexadecimal digits.
    pub(crate) ids: String,
    pub(crate) requested_at: i64,
    pub(crate) requested_by: String,
    pub(crate) store_at: Option<i64>,
    pub(crate) people: i64,
    pub(crate) letters: i64,
    pub(crate) lake_at: Option<i64>,
    pub(crate) lake_rows: i64,
    pub(crate) verified_at: Option<i64>,
}

impl Entry {
    /// How far the erasure is: 0 requested, 1 gone from the store, 2 from the lake, 3 verified.
    pub(crate) fn rank(&self) -> usize {
        [self.store_at, self.lake_at, self.verified_at].iter().take_while(|at| at.is_some()).count()
    }
}

#[derive(Debug)]
pub(crate) struct Journal {
    file: PathBuf,
}

impl Journal {
    pub(crate) const fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Adds an entry; when this returns, it is on disk.
    pub(crate) fn add(&self, entry: &Entry) -> Result<(), StoreError> {
        let at = |error| StoreError::io(&self.file, error);
        let is_new = !self.file.exists();
        let mut file = restricted().create(true).read(true).append(true).open(&self.file).map_err(at)?;
        // Another process may add an erasure at the same moment.
        file.lock().map_err(at)?;
        let length = whole_lines(&mut file).map_err(at)?;
        file.set_len(length).map_err(at)?;
        let json = serde_json::to_string(entry).map_err(|error| at(error.into()))?;
        let line = format!("{} {json}\n", checksum(&json));
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // No half line stays in the way of the next; if even that fails, the next one cuts it off.
            let _ = file.set_len(length);
            return Err(at(error));
        }
        if is_new {
            sync_folder(&self.file).map_err(at)?;
        }
        Ok(())
    }

    /// The furthest step of each erasure, by id, as it was noted last.
    pub(crate) fn read(&self) -> Result<BTreeMap<String, Entry>, StoreError> {
        let mut text = Vec::new();
        match File::open(&self.file).and_then(|mut file| file.read_to_end(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(StoreError::io(&self.file, error)),
        }
        let mut furthest: BTreeMap<String, Entry> = BTreeMap::new();
        for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let Some(whole) = line.strip_suffix(b"\n") else { break };
            let damaged = || StoreError::Journal { file: self.file.clone(), line: number + 1 };
            let entry = parse(whole).ok_or_else(damaged)?;
            let is_further = furthest.get(&entry.id).is_none_or(|known| known.rank() <= entry.rank());
            if is_further {
                furthest.insert(entry.id.clone(), entry);
            }
        }
        Ok(furthest)
    }
}

fn parse(line: &[u8]) -> Option<Entry> {
    let (sum, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    (checksum(json) == sum).then(|| serde_json::from_str(json).ok()).flatten()
}

fn checksum(json: &str) -> String {
    hex(Sha256::digest(json.as_bytes()).get(..8).unwrap_or_default())
}

/// The length of the file up to the end of its last whole line.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    const LONGEST: u64 = 64 << 10;
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(LONGEST);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(tail.iter().rposition(|byte| *byte == b'\n').map_or(from, |position| from + position as u64 + 1))
}

fn sync_folder(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u32, store_at: Option<i64>) -> Entry {
        Entry {
            id: format!("{id:032x}"),
            number: 7,
            ids: String::new(),
            requested_at: 1,
            requested_by: "the person".into(),
            store_at,
            people: 1,
            letters: 0,
            lake_at: None,
            lake_rows: 0,
            verified_at: None,
        }
    }

    #[test]
    fn a_torn_last_line_is_forgotten_and_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("erasures.journal");
        let journal = Journal::new(file.clone());
        journal.add(&entry(1, None)).unwrap();
        let whole = std::fs::read(&file).unwrap();
        journal.add(&entry(2, None)).unwrap();
        let both = std::fs::read(&file).unwrap();
        for length in whole.len()..both.len() {
            std::fs::write(&file, &both[..length]).unwrap();
            assert_eq!(journal.read().unwrap().len(), 1, "cut at {length}");
            journal.add(&entry(3, Some(5))).unwrap();
            let read = journal.read().unwrap();
            assert_eq!(read.values().map(Entry::rank).collect::<Vec<_>>(), [0, 1], "cut at {length}");
        }
    }

    #[test]
    fn a_changed_line_is_an_error_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("erasures.journal");
        let journal = Journal::new(file.clone());
        journal.add(&entry(1, None)).unwrap();
        journal.add(&entry(2, None)).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen("\"number\":7", "\"number\":8", 1)).unwrap();
        assert!(matches!(journal.read(), Err(StoreError::Journal { line: 1, .. })));
    }
}
