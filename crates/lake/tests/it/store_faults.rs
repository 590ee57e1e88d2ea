//! A store in memory that fails, dies or stands still where a test says so.

use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use futures::{StreamExt as _, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory,
    path::Path,
};

/// How the store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One request does nothing.
    Refused,
    /// One request is done, but its answer is lost.
    Unanswered,
    /// From some request on nothing is done any more, as if the process had been killed before it.
    Dead,
    /// The same, but that request is still done.
    DeadAfter,
}

#[derive(Debug, Default)]
struct Gate {
    /// Puts to paths that contain this wait.
    at: Option<String>,
    /// Whether one waits.
    waits: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    requests: AtomicU64,
    fault: Mutex<Option<(u64, Fault)>>,
    /// Puts to paths that contain this fail.
    refused: Mutex<Option<String>>,
    gate: Mutex<Gate>,
    moved: Condvar,
    open: AtomicBool,
}

impl Faults {
    /// Lets the n-th request from now fail.
    pub(crate) fn at(&self, n: u64, fault: Fault) {
        self.requests.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap() = Some((n, fault));
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn refuse(&self, path: &str) {
        *self.refused.lock().unwrap() = Some(path.to_owned());
    }

    /// Lets puts to paths that contain this wait.
    pub(crate) fn stop_at(&self, path: &str) {
        self.gate.lock().unwrap().at = Some(path.to_owned());
    }

    /// Waits until a put waits.
    pub(crate) fn wait(&self) {
        let gate = self.gate.lock().unwrap();
        drop(self.moved.wait_while(gate, |gate| !gate.waits).unwrap());
    }

    /// Lets all go on.
    pub(crate) fn go(&self) {
        self.gate.lock().unwrap().at = None;
        self.open.store(true, Ordering::SeqCst);
        self.moved.notify_all();
    }

    fn pass(&self, path: &str) {
        let mut gate = self.gate.lock().unwrap();
        if gate.at.as_ref().is_some_and(|at| path.contains(at)) {
            gate.waits = true;
            self.moved.notify_all();
            drop(self.moved.wait_while(gate, |gate| gate.at.is_some()).unwrap());
        }
    }
}

/// The store.
#[derive(Debug, Clone)]
pub(crate) struct Faulty {
    inner: Arc<InMemory>,
    pub(crate) faults: Arc<Faults>,
}

impl Faulty {
    pub(crate) fn new(inner: Arc<InMemory>) -> Self {
        Self { inner, faults: Arc::default() }
    }

    /// Whether to do a request, and whether to answer it.
    fn decide(&self) -> (bool, bool) {
        let n = self.faults.requests.fetch_add(1, Ordering::SeqCst) + 1;
        match *self.faults.fault.lock().unwrap() {
            Some((at, Fault::Refused)) if n == at => (false, false),
            Some((at, Fault::Unanswered)) if n == at => (true, false),
            Some((at, Fault::Dead)) if n >= at => (false, false),
            Some((at, Fault::DeadAfter)) if n >= at => (n == at, false),
            _ => (true, true),
        }
    }

    async fn step<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (done, answered) = self.decide();
        let outcome = if done { Some(work.await) } else { None };
        match outcome {
            Some(outcome) if answered => outcome,
            _ => Err(failure()),
        }
    }
}

fn failure() -> Error {
    Error::Generic { store: "faulty", source: "planted".into() }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let refused = self.faults.refused.lock().unwrap().clone();
        if refused.is_some_and(|path| location.as_ref().contains(&path)) {
            return Err(failure());
        }
        let (faults, path) = (self.faults.clone(), location.to_string());
        tokio::task::spawn_blocking(move || faults.pass(&path)).await.unwrap();
        self.step(self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.step(self.inner.put_multipart_opts(location, opts)).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.step(self.inner.get_opts(location, options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let delete = move |location: Result<Path>| {
            let store = store.clone();
            async move {
                let path = location?;
                store.step(store.inner.delete(&path)).await.map(|()| path)
            }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.decide() {
            (true, true) => self.inner.list(prefix),
            _ => futures::stream::once(async { Err(failure()) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.step(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.step(self.inner.copy_opts(from, to, options)).await
    }
}
