//! The objects of a lake in a store: fetched to and brought from files of this machine.
//!
//! Requests that fail on the way are repeated by the library, with pauses. One that puts an object only under a
//! condition may have been heard although its answer was lost; callers look what is there then.

use std::{
    collections::HashMap,
    fmt, fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures::TryStreamExt as _;
use object_store::{
    Error, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, UpdateVersion,
    path::Path as ObjectPath,
};

use super::{Background, Fetching, Store, StoreUrl, lease::Lease};
use crate::error::LakeError;

/// Files up to this size are put in one request, larger ones in parts of it.
const PART: usize = 16 << 20;
/// Files that must not be there yet are put in one request up to this size: only that can be made conditional.
const ATOMIC: u64 = 64 << 20;
/// The folder of the cache for files that are being fetched.
pub(crate) const FETCHING: &str = "fetching";

/// A store while a lake in it is open.
pub(crate) struct Remote {
    pub(super) objects: Arc<dyn ObjectStore>,
    url: StoreUrl,
    runtime: Arc<Background>,
    pub(super) lease_time: Duration,
    /// Of the writer of this process, while it writes.
    lease: Mutex<Option<Arc<Lease>>>,
    /// One lock per file that is being fetched, so that none is fetched twice.
    under_way: Mutex<HashMap<String, Arc<Mutex<()>>>>,
    parts: PathBuf,
    fetching: Option<Arc<Fetching>>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store itself knows credentials.
        f.debug_struct("Remote").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A small object as it was at one instant.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) version: UpdateVersion,
    /// By the clock of the store.
    pub(crate) modified: SystemTime,
}

/// An object in a list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Within the lake.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// What changes with the content.
    pub(crate) tag: Option<String>,
}

/// What became of a file that must not be in the store yet.
#[derive(Debug)]
pub(crate) enum Uploaded {
    /// It is there now, with this tag.
    Done(Option<String>),
    /// Another one was there.
    WasThere,
}

enum Failure {
    Store(Error),
    Disk(PathBuf, std::io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Remote {
    pub(super) fn new(store: &Store, runtime: Arc<Background>) -> Self {
        Self {
            objects: store.objects.clone(),
            url: store.url.clone(),
            runtime,
            lease_time: store.lease,
            lease: Mutex::default(),
            under_way: Mutex::default(),
            parts: store.cache.join(FETCHING),
            fetching: store.fetching.clone(),
        }
    }

    /// The store, with the bucket as its root.
    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        self.objects.clone()
    }

    pub(crate) fn path(&self, relative: &str) -> ObjectPath {
        ObjectPath::from(format!("{}/{relative}", self.url.prefix()))
    }

    pub(crate) fn shown(&self, relative: &str) -> String {
        if relative.is_empty() { self.url.to_string() } else { format!("{}/{relative}", self.url) }
    }

    pub(super) fn tell(&self, done: u64, all: u64) {
        if let Some(fetching) = &self.fetching {
            fetching(done, all);
        }
    }

    /// Makes this the lease under which this process writes, or says that it writes no more.
    pub(crate) fn set_lease(&self, lease: Option<Arc<Lease>>) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = lease;
    }

    /// Fails where this process does not hold the lease, as far as it knows.
    pub(crate) fn may_commit(&self) -> Result<(), LakeError> {
        let lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        if lease.as_ref().is_some_and(|lease| lease.is_held()) {
            return Ok(());
        }
        Err(LakeError::LeaseLost { url: self.shown("") })
    }

    fn failed(&self, doing: &'static str, relative: &str, error: &Error) -> LakeError {
        let text = error.to_string();
        if doing == "fetch" && matches!(error, Error::NotFound { .. }) && !text.contains("NoSuchBucket") {
            return LakeError::Missing { path: PathBuf::from(self.shown(relative)) };
        }
        LakeError::Store { doing, url: self.shown(relative), reason: reason(error) }
    }

    /// A small object; `None` where it is not there.
    pub(crate) fn get(&self, relative: &str) -> Result<Option<Object>, LakeError> {
        let (objects, path) = (self.objects(), self.path(relative));
        let found = self.runtime.run(async move {
            let found = objects.get(&path).await?;
            let version = version(&found.meta);
            let modified = SystemTime::from(found.meta.last_modified);
            Ok(Object { bytes: found.bytes().await?.to_vec(), version, modified })
        })?;
        match found {
            Ok(object) => Ok(Some(object)),
            Err(error @ Error::NotFound { .. }) if !error.to_string().contains("NoSuchBucket") => Ok(None),
            Err(error) => Err(self.failed("read", relative, &error)),
        }
    }

    /// Puts a small object; `None` where the condition does not hold.
    pub(crate) fn put(
        &self,
        relative: &str,
        bytes: Vec<u8>,
        mode: PutMode,
    ) -> Result<Option<UpdateVersion>, LakeError> {
        let (objects, path) = (self.objects(), self.path(relative));
        let put = async move { objects.put_opts(&path, bytes.into(), mode.into()).await };
        match self.runtime.run(put)? {
            Ok(done) => Ok(Some(done.into())),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
            Err(error) => Err(self.failed("write", relative, &error)),
        }
    }

    /// When the object was put, by the clock of the store.
    pub(super) fn modified(&self, relative: &str) -> Result<SystemTime, LakeError> {
        let (objects, path) = (self.objects(), self.path(relative));
        let found = self.runtime.run(async move { objects.head(&path).await })?;
        let found = found.map_err(|error| self.failed("read", relative, &error))?;
        Ok(SystemTime::from(found.last_modified))
    }

    /// All objects of a folder and its folders, in order of their paths.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<Listed>, LakeError> {
        let (objects, path) = (self.objects(), self.path(folder));
        let found: Result<Vec<ObjectMeta>, Error> =
            self.runtime.run(async move { objects.list(Some(&path)).try_collect().await })?;
        let found = found.map_err(|error| self.failed("list", folder, &error))?;
        let prefix = format!("{}/", self.url.prefix());
        let listed = |meta: ObjectMeta| {
            let path = meta.location.as_ref().strip_prefix(&prefix)?.to_owned();
            Some(Listed { path, bytes: meta.size, tag: meta.e_tag })
        };
        let mut listed: Vec<Listed> = found.into_iter().filter_map(listed).collect();
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listed)
    }

    pub(crate) fn delete(&self, relative: &str) -> Result<(), LakeError> {
        let (objects, path) = (self.objects(), self.path(relative));
        match self.runtime.run(async move { objects.delete(&path).await })? {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed("remove", relative, &error)),
        }
    }

    /// Makes sure that a file of this size is at a place of this machine.
    pub(super) fn fetch(&self, relative: &str, local: &Path, bytes: u64) -> Result<(), LakeError> {
        let is_here = || fs::metadata(local).is_ok_and(|facts| facts.len() == bytes);
        if is_here() {
            return Ok(());
        }
        let under_way =
            |map: &mut HashMap<String, Arc<Mutex<()>>>| map.entry(relative.to_owned()).or_default().clone();
        let turn = under_way(&mut self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = if is_here() { Ok(()) } else { self.download(relative, local).map(drop) };
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(relative);
        outcome
    }

    /// Fetches a file, which has its name only when it is whole and on the disk; gives its tag.
    pub(crate) fn download(&self, relative: &str, local: &Path) -> Result<Option<String>, LakeError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let part =
            self.parts.join(format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        for folder in [Some(self.parts.as_path()), local.parent()].into_iter().flatten() {
            fs::create_dir_all(folder).map_err(LakeError::io("make the folder", folder))?;
        }
        let (objects, path, to) = (self.objects(), self.path(relative), part.clone());
        let fetched = self.runtime.run(async move {
            let disk = |error| Failure::Disk(to.clone(), error);
            let found = objects.get(&path).await?;
            let tag = found.meta.e_tag.clone();
            let mut file = fs::File::create(&to).map_err(disk)?;
            let mut stream = found.into_stream();
            while let Some(bytes) = stream.try_next().await? {
                file.write_all(&bytes).map_err(disk)?;
            }
            file.sync_all().map_err(disk)?;
            Ok(tag)
        })?;
        let outcome = match fetched {
            Ok(tag) => fs::rename(&part, local).map(|()| tag).map_err(LakeError::io("write", local)),
            Err(Failure::Store(error)) => Err(self.failed("fetch", relative, &error)),
            Err(Failure::Disk(path, error)) => Err(LakeError::io("write", &path)(error)),
        };
        if outcome.is_err() {
            let _ = fs::remove_file(&part);
        }
        outcome
    }

    /// Brings a file to the store; gives its tag.
    pub(crate) fn upload(&self, relative: &str, local: &Path) -> Result<Option<String>, LakeError> {
        let bytes = fs::metadata(local).map_err(LakeError::io("read", local))?.len();
        if bytes > PART as u64 {
            return self.upload_in_parts(relative, local);
        }
        let content = fs::read(local).map_err(LakeError::io("read", local))?;
        Ok(self.put(relative, content, PutMode::Overwrite)?.and_then(|done| done.e_tag))
    }

    /// Brings a file to the store that must not be there yet.
    pub(crate) fn upload_new(&self, relative: &str, local: &Path) -> Result<Uploaded, LakeError> {
        let bytes = fs::metadata(local).map_err(LakeError::io("read", local))?.len();
        if bytes > ATOMIC {
            return self.upload_in_parts(relative, local).map(Uploaded::Done);
        }
        let content = fs::read(local).map_err(LakeError::io("read", local))?;
        let done = self.put(relative, content, PutMode::Create)?;
        Ok(done.map_or(Uploaded::WasThere, |done| Uploaded::Done(done.e_tag)))
    }

    fn upload_in_parts(&self, relative: &str, local: &Path) -> Result<Option<String>, LakeError> {
        let failed = |error: Error| self.failed("write", relative, &error);
        let mut file = fs::File::open(local).map_err(LakeError::io("read", local))?;
        let (objects, path) = (self.objects(), self.path(relative));
        let begun = self.runtime.run(async move { objects.put_multipart(&path).await })?;
        let mut upload = begun.map_err(failed)?;
        let mut send = || -> Result<bool, LakeError> {
            let mut part = Vec::with_capacity(PART);
            let taken = (&mut file).take(PART as u64).read_to_end(&mut part);
            if taken.map_err(LakeError::io("read", local))? == 0 {
                return Ok(false);
            }
            let sent = upload.put_part(PutPayload::from(part));
            self.runtime.run(sent)?.map_err(failed)?;
            Ok(true)
        };
        let sent = loop {
            match send() {
                Ok(true) => {}
                Ok(false) => break self.may_commit(),
                Err(error) => break Err(error),
            }
        };
        let whole = sent.is_ok();
        let ended = self.runtime.run(async move {
            if whole {
                upload.complete().await.map(|done| done.e_tag)
            } else {
                upload.abort().await.map(|()| None)
            }
        });
        sent?;
        ended?.map_err(failed)
    }
}

fn version(meta: &ObjectMeta) -> UpdateVersion {
    UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
}

/// Why a store refused, in a few words: what it says itself, else the innermost cause. An answer may hold the id of
/// the access key, so only its code and its message are taken.
pub(super) fn reason(error: &Error) -> String {
    let text = error.to_string();
    let field = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(value, _)| value.trim().to_owned())
    };
    if let Some(code) = field("Code") {
        let message = field("Message").unwrap_or_default();
        return first_line(&if message.is_empty() { code } else { format!("{message} ({code})") });
    }
    match error {
        Error::NotFound { .. } => "it is not there".to_owned(),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            "the store refuses access with this key".to_owned()
        }
        _ => {
            let mut cause: &dyn std::error::Error = error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            first_line(&cause.to_string())
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches('.').chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;
    use crate::place::{Location, Place};

    #[test]
    fn a_large_file_goes_there_and_back_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let url = "s3://bucket/shop".parse().unwrap();
        let store = Store::new(Arc::new(InMemory::new()), url, folder.path().join("cache"));
        let place = Place::new(&Location::Store(store)).unwrap();
        let remote = place.remote.clone().unwrap();
        let content: Vec<u8> = (0..2 * PART + 7).map(|at| at.to_le_bytes()[0]).collect();
        fs::write(place.local("large"), &content).unwrap();
        // Without a lease the last step, which makes it an object, is not made.
        assert!(matches!(place.push("large"), Err(LakeError::LeaseLost { .. })));
        assert_eq!(remote.list("").unwrap().len(), 0);
        let lease = Lease::take(&remote, &place.root).unwrap();
        remote.set_lease(Some(lease.clone()));
        place.push("large").unwrap();
        place.forget("large");
        assert_eq!(fs::read(place.fetch("large", content.len() as u64).unwrap()).unwrap(), content);
        remote.set_lease(None);
        lease.give_back();
    }
}
