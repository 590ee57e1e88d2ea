//! How much waits in the inbox, for the door to say stop before memory or disk grow. Exact after every batch.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use fidance_domain::history::Micros;
use fidance_store::Depth;
use tokio::sync::Notify;

/// Shared by the door, which adds, and the drain, which counts anew.
#[derive(Debug, Clone, Default)]
pub struct Backlog(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    events: AtomicU64,
    parcels: AtomicU64,
    /// When the oldest was received; 0 where nothing waits.
    oldest: AtomicI64,
    appended: Notify,
}

impl Backlog {
    /// Events that wait.
    pub fn events(&self) -> u64 {
        self.0.events.load(Ordering::Relaxed)
    }

    /// Parcels that wait.
    pub fn parcels(&self) -> u64 {
        self.0.parcels.load(Ordering::Relaxed)
    }

    /// How long the oldest has waited, in microseconds.
    pub fn age(&self, now: Micros) -> Micros {
        match self.0.oldest.load(Ordering::Relaxed) {
            0 => 0,
            oldest => now.saturating_sub(oldest).max(0),
        }
    }

    /// Something was appended.
    pub(super) fn add(&self, parcels: u64, events: u64, received: Micros) {
        self.0.parcels.fetch_add(parcels, Ordering::Relaxed);
        self.0.events.fetch_add(events, Ordering::Relaxed);
        let _ = self.0.oldest.compare_exchange(0, received, Ordering::Relaxed, Ordering::Relaxed);
        self.0.appended.notify_one();
    }

    /// What the store says.
    pub(super) fn set(&self, depth: Depth) {
        self.0.parcels.store(depth.parcels, Ordering::Relaxed);
        self.0.events.store(depth.events, Ordering::Relaxed);
        self.0.oldest.store(depth.oldest.unwrap_or(0), Ordering::Relaxed);
    }

    /// Until something is appended.
    pub(super) async fn appended(&self) {
        self.0.appended.notified().await;
    }

    /// Wakes who waits, for another reason than an append.
    pub(crate) fn wake(&self) {
        self.0.appended.notify_one();
    }
}
