//! The index of message ids of a lake in a store: its runs on this machine made the same as those in the store.
//!
//! The index itself knows a folder only ([`crate::keys`]). Under the lease the folder is first made what the store
//! holds; what the index adds and deletes is then repeated in the store, additions first, so that each key is always
//! in one of the runs. Runs that were sent before their batch's commit do not count, there as here.
//!
//! A run is named after its batch, so two writers, of whom one failed, may have given the same name to different
//! keys. A file of this machine is the store's only if it was noted with the tag that the store's object has now.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::{
    config::write_durably,
    error::LakeError,
    import::KEY_FOLDER,
    place::{Place, Uploaded, entries_in},
};

/// The notes on which objects the files of this machine are copies of.
const NOTES: &str = "keys.notes";
const RUN: &str = ".keys";

/// What the store has of the index.
#[derive(Debug)]
pub(crate) struct KeyMirror {
    place: Place,
    /// By name, with the tag of the object; nothing where the lake is in a folder.
    stored: BTreeMap<String, Option<String>>,
}

impl KeyMirror {
    /// Makes the folder of this machine what the store holds. Only under the lease.
    pub(crate) fn bring(place: &Place) -> Result<Self, LakeError> {
        let mut mirror = Self { place: place.clone(), stored: BTreeMap::new() };
        let Some(remote) = &place.remote else { return Ok(mirror) };
        let noted = notes(place);
        let mut sizes = BTreeMap::new();
        for object in remote.list(KEY_FOLDER)? {
            if let Some(name) = run_of(&object.path) {
                sizes.insert(name.to_owned(), object.bytes);
                mirror.stored.insert(name.to_owned(), object.tag);
            }
        }
        let folder = place.local(KEY_FOLDER);
        let mut here = BTreeSet::new();
        for entry in entries_in(&folder)? {
            let tag = mirror.stored.get(&entry.name).and_then(Option::as_ref);
            let same = tag.is_some() && tag == noted.get(&entry.name);
            if same && sizes.get(&entry.name) == Some(&entry.bytes) {
                here.insert(entry.name);
            } else {
                let path = folder.join(&entry.name);
                fs::remove_file(&path).map_err(LakeError::io("remove", &path))?;
            }
        }
        let missing = sizes.into_iter().filter(|(name, _)| !here.contains(name));
        let missing: Vec<_> = missing.map(|(name, bytes)| (within(&name), bytes)).collect();
        place.fetch_all(&missing);
        for (path, bytes) in missing {
            place.fetch(&path, bytes)?;
        }
        mirror.note()?;
        Ok(mirror)
    }

    /// Makes the store hold what the folder of this machine does.
    pub(crate) fn send(&mut self) -> Result<(), LakeError> {
        let Some(remote) = self.place.remote.clone() else { return Ok(()) };
        let folder = self.place.local(KEY_FOLDER);
        let entries = entries_in(&folder)?;
        let here: BTreeSet<&str> =
            entries.iter().map(|entry| entry.name.as_str()).filter(|name| name.ends_with(RUN)).collect();
        let before = self.stored.len();
        let mut sent = 0;
        for name in &here {
            if self.stored.contains_key(*name) {
                continue;
            }
            remote.may_commit()?;
            let (path, file) = (within(name), folder.join(name));
            let mut done = remote.upload_new(&path, &file)?;
            if matches!(done, Uploaded::WasThere) {
                // Of a writer that was interrupted, or ours, of which no answer came.
                remote.may_commit()?;
                remote.delete(&path)?;
                done = remote.upload_new(&path, &file)?;
            }
            let Uploaded::Done(tag) = done else {
                return Err(LakeError::Busy {
                    path: self.place.shown(""),
                    holder: "another process".to_owned(),
                });
            };
            self.stored.insert((*name).to_owned(), tag);
            sent += 1;
        }
        let gone: Vec<String> =
            self.stored.keys().filter(|name| !here.contains(name.as_str())).cloned().collect();
        for name in &gone {
            remote.may_commit()?;
            remote.delete(&within(name))?;
            self.stored.remove(name);
        }
        if sent > 0 || self.stored.len() != before { self.note() } else { Ok(()) }
    }

    fn note(&self) -> Result<(), LakeError> {
        let line = |(name, tag): (&String, &Option<String>)| Some(format!("{name} {}\n", tag.as_ref()?));
        let text: String = self.stored.iter().filter_map(line).collect();
        write_durably(&self.place.local(NOTES), text.as_bytes())
    }
}

/// Fetches all runs of a store into a folder, anew.
pub(crate) fn fetch_into(place: &Place, folder: &Path) -> Result<(), LakeError> {
    let Some(remote) = &place.remote else { return Ok(()) };
    for entry in entries_in(folder)? {
        let path = folder.join(entry.name);
        fs::remove_file(&path).map_err(LakeError::io("remove", &path))?;
    }
    for object in remote.list(KEY_FOLDER)? {
        let name = object.path.rsplit('/').next().unwrap_or_default();
        if run_of(&object.path).is_some() {
            remote.download(&object.path, &folder.join(name))?;
        } else {
            // What is not of the index is named, not read.
            let path = folder.join(name);
            fs::write(&path, "").map_err(LakeError::io("write", &path))?;
        }
    }
    Ok(())
}

fn notes(place: &Place) -> BTreeMap<String, String> {
    let text = fs::read_to_string(place.local(NOTES)).unwrap_or_default();
    let pair = |line: &str| line.split_once(' ').map(|(name, tag)| (name.to_owned(), tag.to_owned()));
    text.lines().filter_map(pair).collect()
}

fn within(name: &str) -> String {
    format!("{KEY_FOLDER}/{name}")
}

fn run_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(KEY_FOLDER)?.strip_prefix('/')?;
    (name.ends_with(RUN) && !name.contains('/')).then_some(name)
}
