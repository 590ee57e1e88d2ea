//! A copy of a lake in a folder, made while nobody writes: the index of message ids has to fit the log of the events, and no
//! order of copying a lake in use gives that. It does not wait for a writer; whoever asks may ask again.

use std::{
    fs::{self, File},
    path::Path,
};

use crate::{error::LakeError, lake::Lake, lock::LOCK};

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Files.
    pub files: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Lake {
    /// Copies the lake, with its secret, to a folder that must not be there yet; it appears there when it is whole and on
    /// disk. Others may read meanwhile, but not write.
    ///
    /// # Errors
    /// [`LakeError::Busy`] where another process writes, [`LakeError::NotEmpty`] where the folder is there, and where
    /// the disk fails. A lake in an object store is copied with the tools of that.
    pub fn copy_to(&mut self, target: &Path) -> Result<Copied, LakeError> {
        if self.place.remote.is_some() {
            let reason = "copies of a lake in a store are made with the tools of the store".to_owned();
            return Err(LakeError::Store {
                doing: "copy",
                url: self.place.shown("").display().to_string(),
                reason,
            });
        }
        if target.exists() {
            return Err(LakeError::NotEmpty { path: target.to_owned() });
        }
        let lock = self.lock()?;
        let mut part = target.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        let mut copied = Copied::default();
        let done = copy_folder(&self.place.root, part, &mut copied)
            .and_then(|()| fs::rename(part, target).map_err(LakeError::io("write", target)))
            .and_then(|()| match target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                Some(folder) => sync(folder),
                None => sync(Path::new(".")),
            });
        drop(lock);
        if done.is_err() {
            let _ = fs::remove_dir_all(part);
        }
        done.map(|()| copied)
    }
}

fn copy_folder(from: &Path, to: &Path, copied: &mut Copied) -> Result<(), LakeError> {
    fs::create_dir_all(to).map_err(LakeError::io("make the folder", to))?;
    for entry in fs::read_dir(from).map_err(LakeError::io("read", from))? {
        let entry = entry.map_err(LakeError::io("read", from))?;
        if entry.file_name() == LOCK {
            continue;
        }
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(LakeError::io("read", &source))?.is_dir() {
            copy_folder(&source, &target, copied)?;
            continue;
        }
        // With its permissions: the secret stays one.
        copied.bytes += fs::copy(&source, &target).map_err(LakeError::io("copy", &source))?;
        copied.files += 1;
        sync(&target)?;
    }
    let permissions = fs::metadata(from).map_err(LakeError::io("read", from))?.permissions();
    fs::set_permissions(to, permissions).map_err(LakeError::io("write", to))?;
    sync(to)
}

fn sync(path: &Path) -> Result<(), LakeError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(LakeError::io("write", path))
}
