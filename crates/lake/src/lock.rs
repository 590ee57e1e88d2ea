//! One process writes at a time: a lock on a file of the lake that the system releases when the process ends,
//! however it ends. Where the lake is in a store, that file is in the cache, which has one writer too, and the
//! lake itself has a lease.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    sync::Arc,
};

use crate::{
    error::LakeError,
    place::{Lease, Place},
};

pub(crate) const LOCK: &str = "writer.lock";

/// Held while tables are changed.
#[derive(Debug)]
pub(crate) struct WriterLock {
    place: Place,
    lease: Option<Arc<Lease>>,
    // Released last: who has it next finds a lease that was given back.
    _file: File,
}

impl WriterLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`LakeError::Busy`] where another process has it.
    pub(crate) fn take(place: &Place) -> Result<Self, LakeError> {
        let path = place.root.join(LOCK);
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
                return Err(LakeError::Busy { path: place.shown(""), holder: holder.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(LakeError::io("lock", &path)(source)),
        }
        // Only for the message to whoever comes next.
        let note = format!("process {}\n", std::process::id());
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(note.as_bytes()));
        let lease = match &place.remote {
            None => None,
            Some(remote) => {
                let lease = Lease::take(remote, &place.root)?;
                remote.set_lease(Some(lease.clone()));
                Some(lease)
            }
        };
        Ok(Self { place: place.clone(), lease, _file: file })
    }

    /// Whether a writer before may not have ended, so that it must be kept from committing.
    pub(crate) fn is_unfenced(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.is_unfenced())
    }

    /// Notes that it was.
    pub(crate) fn set_fenced(&self) {
        if let Some(lease) = &self.lease {
            lease.set_fenced();
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        if let Some(remote) = &self.place.remote {
            remote.set_lease(None);
        }
        if let Some(lease) = &self.lease {
            lease.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_told_who_writes() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().into()).unwrap();
        let lock = WriterLock::take(&place).unwrap();
        let error = WriterLock::take(&place).unwrap_err();
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        drop(lock);
        WriterLock::take(&place).unwrap();
    }
}
