//! The threads on which logs and objects are read and written.
//!
//! Readers of a lake may sit within a runtime of their own (a server, a query engine), where waiting for another
//! one or ending it panics. So work is handed over and its outcome waited for as for another thread's, and the
//! runtime is left to itself when the lake is closed.

use std::{future::Future, io, sync::mpsc};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::LakeError;

/// A runtime of one's own.
#[derive(Debug)]
pub(crate) struct Background {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Background {
    pub(crate) fn new() -> Result<Self, io::Error> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Waits for work that borrows. Not from within a runtime.
    pub(crate) fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.handle.block_on(work)
    }

    /// Waits for work, wherever the caller is.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, LakeError> {
        let (done, outcome) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            let _ = done.send(work.await);
        });
        outcome.recv().map_err(|_| LakeError::WorkerLost)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
