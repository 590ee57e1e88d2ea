//! One process writes at a time, on whichever machine: an object that says who, and that is renewed while it holds.
//!
//! A lease that was not renewed for its time may be taken over. Whether it was is asked of the store alone: the age
//! of the lease is the difference between two times that the store itself noted, so no two clocks need to agree.
//! A lease of the very cache whose lock this process holds was left by a process that has ended, and is free at
//! once.
//!
//! A process that was paused may believe that it still holds a lease that somebody has taken over. It is asked
//! before each commit; and who takes over first makes a commit to the log of events, so that a commit prepared before
//! fails, whatever the other believes.

use std::{
    path::Path,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use object_store::{PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};

use super::Remote;
use crate::error::LakeError;

/// The lease.
const LEASE: &str = "writer.lease";
/// Put to learn the store's time.
const CLOCK: &str = "writer.clock";
/// How often taking is tried where others try at the same time.
const TRIES: usize = 4;

/// What the object says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    /// For people.
    holder: String,
    /// Which cache on which machine.
    cache: String,
    /// Which taking.
    id: String,
    /// Changes with every renewal, so that the object does.
    renewals: u64,
    /// Whether the holder has given it back.
    free: bool,
    /// Whether an earlier holder may still be about to commit: it did not give the lease back, and nobody has made
    /// the commit that keeps it from that.
    unfenced: bool,
}

impl Note {
    fn bytes(&self) -> Vec<u8> {
        toml::to_string(self).unwrap_or_default().into_bytes()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        toml::from_str(std::str::from_utf8(bytes).ok()?).ok()
    }
}

/// A lease that was taken; given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    remote: Arc<Remote>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    note: Note,
    version: UpdateVersion,
    /// When the last renewal that succeeded was begun.
    renewed: Instant,
    lost: bool,
    ended: bool,
}

impl Lease {
    /// Takes the lease for a process that holds the lock of its cache.
    ///
    /// # Errors
    /// [`LakeError::Busy`] where another process has it.
    pub(crate) fn take(remote: &Arc<Remote>, cache: &Path) -> Result<Arc<Self>, LakeError> {
        let mut note = Note {
            holder: format!("process {} on {}", std::process::id(), host()),
            cache: identity(cache)?,
            id: crate::stored::new_id()?,
            renewals: 0,
            free: false,
            unfenced: false,
        };
        let mut holder = "another process".to_owned();
        for _ in 0..TRIES {
            note.renewals += 1;
            let began = Instant::now();
            let Some(found) = remote.get(LEASE)? else {
                if let Some(version) = remote.put(LEASE, note.bytes(), PutMode::Create)? {
                    return Ok(Self::hold(remote, note, version, began));
                }
                continue;
            };
            let theirs = Note::read(&found.bytes);
            let free = theirs.as_ref().is_some_and(|theirs| theirs.free);
            let ours = theirs.as_ref().is_some_and(|theirs| theirs.cache == note.cache);
            if !free && !ours && !expired(remote, found.modified)? {
                holder = theirs.map_or(holder, |theirs| theirs.holder);
                break;
            }
            note.unfenced = !free || theirs.is_none_or(|theirs| theirs.unfenced);
            if let Some(version) = remote.put(LEASE, note.bytes(), PutMode::Update(found.version))? {
                return Ok(Self::hold(remote, note, version, began));
            }
        }
        Err(LakeError::Busy { path: remote.shown("").into(), holder })
    }

    fn hold(remote: &Arc<Remote>, note: Note, version: UpdateVersion, renewed: Instant) -> Arc<Self> {
        let state = State { note, version, renewed, lost: false, ended: false };
        let (remote, changed) = (remote.clone(), Condvar::new());
        let lease = Arc::new(Self { remote, state: Mutex::new(state), changed });
        let renewing = lease.clone();
        std::thread::spawn(move || renewing.renew());
        lease
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the lease is held, as far as this process can know.
    pub(crate) fn is_held(&self) -> bool {
        let state = self.state();
        !state.lost && !state.ended && state.renewed.elapsed() < self.remote.lease_time
    }

    /// Whether an earlier holder must be kept from committing first.
    pub(crate) fn is_unfenced(&self) -> bool {
        self.state().note.unfenced
    }

    /// Notes that no earlier holder can commit any more.
    pub(crate) fn set_fenced(&self) {
        self.state().note.unfenced = false;
    }

    /// Renews the lease until it ends.
    fn renew(&self) {
        let mut state = self.state();
        loop {
            let pause = self.changed.wait_timeout(state, self.remote.lease_time / 3);
            state = pause.unwrap_or_else(PoisonError::into_inner).0;
            if state.ended || state.lost {
                return;
            }
            let mut note = state.note.clone();
            note.renewals += 1;
            let (began, version) = (Instant::now(), state.version.clone());
            drop(state);
            let put = self.remote.put(LEASE, note.bytes(), PutMode::Update(version));
            let now = match put {
                Ok(Some(version)) => Renewal::Done(version),
                // An earlier renewal may have been heard although its answer was lost.
                Ok(None) => match self.remote.get(LEASE) {
                    Ok(Some(found))
                        if Note::read(&found.bytes).is_some_and(|it| it.id == note.id && !it.free) =>
                    {
                        Renewal::Done(found.version)
                    }
                    Ok(_) => Renewal::Lost,
                    Err(_) => Renewal::Failed,
                },
                Err(_) => Renewal::Failed,
            };
            state = self.state();
            match now {
                Renewal::Done(version) => {
                    state.version = version;
                    state.note.renewals = note.renewals;
                    state.renewed = began;
                }
                Renewal::Lost => state.lost = true,
                // Tried again until the time is over, which `is_held` sees.
                Renewal::Failed => {}
            }
        }
    }

    /// Gives the lease back, if it is still this process's: the object stays and says that it is free.
    pub(crate) fn give_back(&self) {
        let (note, version, held) = {
            let mut state = self.state();
            let held = !state.lost && !state.ended;
            state.ended = true;
            (
                Note { free: true, renewals: state.note.renewals + 2, ..state.note.clone() },
                state.version.clone(),
                held,
            )
        };
        self.changed.notify_all();
        if !held {
            return;
        }
        // A renewal may be under way; then the version is another one by now.
        if let Ok(None) = self.remote.put(LEASE, note.bytes(), PutMode::Update(version))
            && let Ok(Some(found)) = self.remote.get(LEASE)
            && Note::read(&found.bytes).is_some_and(|found| found.id == note.id)
        {
            let _ = self.remote.put(LEASE, note.bytes(), PutMode::Update(found.version));
        }
    }
}

enum Renewal {
    Done(UpdateVersion),
    Lost,
    Failed,
}

/// Whether an object was put longer ago than a lease lasts, by the clock of the store.
fn expired(remote: &Remote, put: std::time::SystemTime) -> Result<bool, LakeError> {
    remote.put(CLOCK, crate::stored::new_id()?.into_bytes(), PutMode::Overwrite)?;
    let now = remote.modified(CLOCK)?;
    Ok(now.duration_since(put).unwrap_or(Duration::ZERO) > remote.lease_time)
}

/// What tells this cache from all others: chance, and what a copy of the folder does not have in common with it.
fn identity(cache: &Path) -> Result<String, LakeError> {
    let path = cache.join("cache.id");
    let mut id = std::fs::read_to_string(&path).unwrap_or_default();
    if id.trim().len() != 32 {
        id = crate::stored::new_id()?;
        crate::config::write_durably(&path, id.as_bytes())?;
    }
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let whole = format!("{} {} {}", id.trim(), boot.trim(), of_file(&path)?);
    Ok(format!("{:032x}", xxhash_rust::xxh3::xxh3_128(whole.as_bytes())))
}

fn of_file(path: &Path) -> Result<String, LakeError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let facts = std::fs::metadata(path).map_err(LakeError::io("read", path))?;
        Ok(format!("{} {}", facts.dev(), facts.ino()))
    }
    #[cfg(not(unix))]
    Ok(path.display().to_string())
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "another machine".to_owned() } else { name.trim().to_owned() }
}
