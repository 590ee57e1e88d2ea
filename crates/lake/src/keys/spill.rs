//! What did not fit into memory while keys are sorted: one file that has no name, so that nothing is left behind
//! whatever happens. It does not know what the entries mean.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::KeyError;
use super::names;

/// Entries are turned into bytes in pieces of this many.
const PIECE: usize = 4096;

/// Entries that lie one after the other in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    offset: u64,
    entries: u64,
}

/// A file of entries.
#[derive(Debug)]
pub(super) struct Spill {
    file: File,
    folder: PathBuf,
    length: u64,
    bytes: Vec<u8>,
}

impl Spill {
    /// Makes a file in the folder and takes its name away.
    pub(super) fn create(folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join(names::temporary("sort"));
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(KeyError::io(&path, "create"))?;
        fs::remove_file(&path).map_err(KeyError::io(&path, "take away the name of"))?;
        Ok(Self { file, folder: folder.to_path_buf(), length: 0, bytes: Vec::new() })
    }

    /// Writes blocks of entries one after the other at the end.
    pub(super) fn append(&mut self, blocks: &[Vec<u128>]) -> Result<Extent, KeyError> {
        let mut extent = Extent { offset: self.length, entries: 0 };
        for block in blocks {
            for piece in block.chunks(PIECE) {
                self.bytes.clear();
                piece.iter().for_each(|entry| self.bytes.extend_from_slice(&entry.to_le_bytes()));
                let written = self.file.write_all(&self.bytes);
                written.map_err(KeyError::io(&self.folder, "write a temporary file in"))?;
                self.length += self.bytes.len() as u64;
                extent.entries += piece.len() as u64;
            }
        }
        Ok(extent)
    }

    /// Hands the entries of an extent to `take`, piece by piece.
    pub(super) fn read(
        &self,
        extent: Extent,
        take: &mut dyn FnMut(&mut dyn Iterator<Item = u128>),
    ) -> Result<(), KeyError> {
        let mut bytes = vec![0; PIECE * 16];
        let (mut offset, mut left) = (extent.offset, extent.entries);
        while left > 0 {
            let entries = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let piece = bytes.get_mut(..entries * 16).unwrap_or_default();
            let read = self.file.read_exact_at(piece, offset);
            read.map_err(KeyError::io(&self.folder, "read a temporary file in"))?;
            take(&mut piece.as_chunks::<16>().0.iter().map(|entry| u128::from_le_bytes(*entry)));
            offset += piece.len() as u64;
            left -= entries as u64;
        }
        Ok(())
    }
}
