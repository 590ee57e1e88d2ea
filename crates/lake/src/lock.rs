//! One process writes at a time: a lock on a file of the lake that the system releases when the process ends,
//! however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use crate::error::LakeError;

const LOCK: &str = "writer.lock";

/// Held while tables are changed.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`LakeError::Busy`] where another process has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, LakeError> {
        let path = folder.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LakeError::io("write", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.is_empty() { "another process" } else { holder.trim() };
                return Err(LakeError::Busy { path: folder.to_owned(), holder: holder.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(LakeError::io("lock", &path)(source)),
        }
        // Only for the message to whoever comes next.
        let note = format!("process {}\n", std::process::id());
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(note.as_bytes()));
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_told_who_writes() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WriterLock::take(folder.path()).unwrap();
        let error = WriterLock::take(folder.path()).unwrap_err();
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        drop(lock);
        WriterLock::take(folder.path()).unwrap();
    }
}
