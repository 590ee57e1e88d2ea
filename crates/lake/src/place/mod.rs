//! Where a lake is: a folder, or an object store with a folder beside it that holds copies.
//!
//! The folder beside a store (the cache) looks exactly like a lake in a folder, so everything else reads and writes
//! local files. Files never change once a log names them: a copy does not become stale. What may change (logs,
//! settings, the secret, the lease) is not kept here. Nothing in this module knows what a file holds.

mod background;
mod lease;
mod remote;
mod s3;
mod url;

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use object_store::ObjectStore;

pub(crate) use self::{
    background::Background,
    lease::Lease,
    remote::{FETCHING, Remote, Uploaded},
};
pub use self::{
    s3::S3Settings,
    url::{BadUrl, StoreUrl},
};
use crate::error::LakeError;

/// Files that are fetched at the same time.
const AT_ONCE: usize = 8;
/// How long a writer's lease lasts unless it is renewed.
const LEASE: Duration = Duration::from_mins(1);

/// Where a lake is.
#[derive(Debug, Clone)]
pub enum Location {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In an object store.
    Store(Store),
}

impl From<&Path> for Location {
    fn from(folder: &Path) -> Self {
        Self::Folder(folder.to_owned())
    }
}

impl From<&PathBuf> for Location {
    fn from(folder: &PathBuf) -> Self {
        Self::Folder(folder.clone())
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Store(store) => write!(f, "{}", store.url),
        }
    }
}

/// Is told how many of how many files have been fetched.
pub type Fetching = dyn Fn(u64, u64) + Send + Sync;

/// A lake's place in an object store.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    url: StoreUrl,
    cache: PathBuf,
    lease: Duration,
    fetching: Option<Arc<Fetching>>,
    /// One for all lakes that are opened here: the connections of `objects` end with the runtime they began in.
    runtime: Arc<OnceLock<Arc<Background>>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store itself knows credentials.
        f.debug_struct("Store").field("url", &self.url).field("cache", &self.cache).finish_non_exhaustive()
    }
}

impl Store {
    /// A place in a store that speaks S3; copies are kept in `cache`.
    ///
    /// # Errors
    /// Where the settings contradict each other.
    pub fn s3(url: StoreUrl, settings: &S3Settings, cache: PathBuf) -> Result<Self, LakeError> {
        Ok(Self::new(settings.open(&url)?, url, cache))
    }

    /// A place in any store that can put an object only if it is not there, or is as it was.
    pub fn new(objects: Arc<dyn ObjectStore>, url: StoreUrl, cache: PathBuf) -> Self {
        Self { objects, url, cache, lease: LEASE, fetching: None, runtime: Arc::default() }
    }

    /// With another time after which the lease of a writer that does not renew it may be taken over.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// With somebody to tell how far fetching is.
    #[must_use]
    pub fn with_fetching(self, fetching: Arc<Fetching>) -> Self {
        Self { fetching: Some(fetching), ..self }
    }
}

/// A lake's place while it is open. Paths within it have `/` between folders.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The lake's folder, or the cache.
    pub(crate) root: PathBuf,
    pub(crate) remote: Option<Arc<Remote>>,
    pub(crate) runtime: Arc<Background>,
}

impl Place {
    pub(crate) fn new(location: &Location) -> Result<Self, LakeError> {
        let runtime = |root: &Path| {
            let failed = LakeError::io("start the threads that read the logs of", root);
            Background::new().map(Arc::new).map_err(failed)
        };
        match location {
            Location::Folder(root) => Ok(Self { root: root.clone(), remote: None, runtime: runtime(root)? }),
            Location::Store(store) => {
                let root = store.cache.clone();
                let runtime = if let Some(runtime) = store.runtime.get() {
                    runtime.clone()
                } else {
                    let made = runtime(&root)?;
                    store.runtime.get_or_init(|| made).clone()
                };
                fs::create_dir_all(&root).map_err(LakeError::io("make the folder", &root))?;
                let remote = Some(Arc::new(Remote::new(store, runtime.clone())));
                Ok(Self { root, remote, runtime })
            }
        }
    }

    /// A path as people know it: in the folder, or in the store.
    pub(crate) fn shown(&self, relative: &str) -> PathBuf {
        match &self.remote {
            None if relative.is_empty() => self.root.clone(),
            None => self.root.join(relative),
            Some(remote) => PathBuf::from(remote.shown(relative)),
        }
    }

    /// Where the file is, or its copy would be, on this machine.
    pub(crate) fn local(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The file on this machine, fetched if it is not there.
    pub(crate) fn fetch(&self, relative: &str, bytes: u64) -> Result<PathBuf, LakeError> {
        let local = self.local(relative);
        if let Some(remote) = &self.remote {
            remote.fetch(relative, &local, bytes)?;
        }
        Ok(local)
    }

    /// The file as it is in the store now. A copy is replaced at once: others may be reading it.
    pub(crate) fn fetch_anew(&self, relative: &str) -> Result<PathBuf, LakeError> {
        let local = self.local(relative);
        if let Some(remote) = &self.remote {
            remote.download(relative, &local)?;
        }
        Ok(local)
    }

    /// Fetches files of these sizes, several at a time. What cannot be fetched now fails when it is needed.
    pub(crate) fn fetch_all(&self, files: &[(String, u64)]) {
        let Some(remote) = &self.remote else { return };
        let here = |path: &str, bytes: u64| fs::metadata(self.local(path)).is_ok_and(|f| f.len() == bytes);
        let missing: Vec<_> = files.iter().filter(|(path, bytes)| !here(path, *bytes)).collect();
        let left = Mutex::new((missing.iter(), 0));
        let work = || {
            loop {
                let next = left.lock().ok().and_then(|mut left| left.0.next());
                let Some((path, bytes)) = next else { return };
                if self.fetch(path, *bytes).is_err() {
                    return;
                }
                if let Ok(mut left) = left.lock() {
                    left.1 += 1;
                    remote.tell(left.1, missing.len() as u64);
                }
            }
        };
        std::thread::scope(|scope| {
            (0..AT_ONCE.min(missing.len())).for_each(|_| {
                scope.spawn(work);
            });
        });
    }

    /// Brings a file that was written on this machine to the store; no log names it yet.
    pub(crate) fn push(&self, relative: &str) -> Result<(), LakeError> {
        match &self.remote {
            None => Ok(()),
            Some(remote) => remote.upload(relative, &self.local(relative)).map(drop),
        }
    }

    /// Removes the copy of a file.
    pub(crate) fn forget(&self, relative: &str) {
        if self.remote.is_some() {
            let _ = fs::remove_file(self.local(relative));
        }
    }

    /// Removes a file. One that is not there any more is removed.
    pub(crate) fn remove(&self, relative: &str) -> Result<(), LakeError> {
        if let Some(remote) = &self.remote {
            remote.delete(relative)?;
        }
        let path = self.local(relative);
        match fs::remove_file(&path) {
            Err(error) if self.remote.is_none() || error.kind() != ErrorKind::NotFound => {
                Err(LakeError::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// A small file that may change, as it is now.
    pub(crate) fn read(&self, relative: &str) -> Result<Option<Vec<u8>>, LakeError> {
        if let Some(remote) = &self.remote {
            return Ok(remote.get(relative)?.map(|object| object.bytes));
        }
        let path = self.local(relative);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(LakeError::io("read", &path)(error)),
        }
    }

    /// Fails where another writer has taken this one's place. Asked before each commit.
    pub(crate) fn may_commit(&self) -> Result<(), LakeError> {
        self.remote.as_ref().map_or(Ok(()), |remote| remote.may_commit())
    }

    /// What is in the lake's folder or in the store.
    pub(crate) fn listing(&self) -> Result<Listing<'_>, LakeError> {
        let objects = match &self.remote {
            None => None,
            Some(remote) => {
                Some(remote.list("")?.into_iter().map(|object| (object.path, object.bytes)).collect())
            }
        };
        Ok(Listing { place: self, objects })
    }
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
    pub(crate) bytes: u64,
}

/// What is in a lake's place, folder by folder.
pub(crate) struct Listing<'a> {
    place: &'a Place,
    /// All of it with sizes, where it is a store.
    objects: Option<BTreeMap<String, u64>>,
}

impl Listing<'_> {
    /// The entries of a folder in order; none where it is not there.
    pub(crate) fn entries(&self, folder: &str) -> Result<Vec<Entry>, LakeError> {
        match &self.objects {
            Some(objects) => Ok(entries_of(objects, folder)),
            None => entries_in(&self.place.local(folder)),
        }
    }

    /// The size of a file; `None` where it is not there.
    pub(crate) fn bytes(&self, relative: &str) -> Option<u64> {
        match &self.objects {
            Some(objects) => objects.get(relative).copied(),
            None => fs::metadata(self.place.local(relative)).ok().map(|facts| facts.len()),
        }
    }
}

fn entries_of(objects: &BTreeMap<String, u64>, folder: &str) -> Vec<Entry> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut entries: Vec<Entry> = Vec::new();
    for (path, bytes) in objects.range(prefix.clone()..) {
        let Some(rest) = path.strip_prefix(&prefix) else { break };
        let (name, is_folder) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
        if entries.last().is_none_or(|last| last.name != name) {
            let bytes = if is_folder { 0 } else { *bytes };
            entries.push(Entry { name: name.to_owned(), is_folder, bytes });
        }
    }
    entries
}

/// The entries of a folder of this machine.
pub(crate) fn entries_in(folder: &Path) -> Result<Vec<Entry>, LakeError> {
    let list = match fs::read_dir(folder) {
        Ok(list) => list,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LakeError::io("read", folder)(error)),
    };
    let mut entries = Vec::new();
    for entry in list {
        let entry = entry.map_err(LakeError::io("read", folder))?;
        let facts = fs::metadata(entry.path()).ok();
        entries.push(Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            is_folder: facts.as_ref().is_some_and(fs::Metadata::is_dir),
            bytes: facts.map_or(0, |facts| facts.len()),
        });
    }
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_store_are_what_its_paths_begin_with() {
        let paths = ["a.b", "a/1", "a/2/x", "a/2/y", "b"];
        let objects = paths.iter().map(|path| ((*path).to_owned(), 7)).collect();
        let names = |folder: &str| -> Vec<(String, bool)> {
            entries_of(&objects, folder).into_iter().map(|e| (e.name, e.is_folder)).collect()
        };
        let own = |list: &[(&str, bool)]| -> Vec<(String, bool)> {
            list.iter().map(|(name, folder)| ((*name).to_owned(), *folder)).collect()
        };
        assert_eq!(names(""), own(&[("a.b", false), ("a", true), ("b", false)]));
        assert_eq!(names("a"), own(&[("1", false), ("2", true)]));
        assert_eq!(names("a/2"), own(&[("x", false), ("y", false)]));
        assert_eq!(names("c"), []);
    }
}
