//! The door for clients, in HTTP: every path of `fidance-wire`, and what keeps a server healthy.
//!
//! Nothing is decided here: `wire` reads requests and words answers, `app` says what becomes of messages. This
//! module keeps the limits of time and memory, and what browsers need to be allowed to send.

mod body;
mod browser;
mod health;
mod take;

use std::sync::Arc;

use axum::{Router, routing::get};
use fidance_app::ingest::{Acceptor, Backlog, Clock, Door, DrainState, Gate, Keys, Metrics};
use fidance_store::Store;
use tokio::sync::Semaphore;

/// KiB of bodies that are held at the same time.
const BODIES: usize = 256 << 10;

/// What the routes need.
#[derive(Debug)]
pub struct Intake {
    /// Decides what becomes of messages.
    pub acceptor: Arc<Acceptor>,
    /// Makes it durable.
    pub door: Door,
    /// Says who may send how much.
    pub gate: Arc<Gate>,
    /// Which key belongs to which source.
    pub keys: Arc<Keys>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What waits.
    pub backlog: Backlog,
    /// How the way into the lake is.
    pub drain: Arc<DrainState>,
    /// The store, for its health.
    pub store: Store,
    /// The present.
    pub clock: Clock,
    /// Whether the last address in `X-Forwarded-For` is the client's: there is a proxy before this server.
    pub trust_forwarded: bool,
}

/// What the handlers share.
#[derive(Debug)]
struct Shared {
    intake: Intake,
    bodies: Arc<Semaphore>,
}

/// The routes. To be served by [`serve`](crate::serve), which tells them clients' addresses.
pub fn router(intake: Intake) -> Router {
    let shared = Arc::new(Shared { intake, bodies: Arc::new(Semaphore::new(BODIES)) });
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(take::take)
        .with_state(shared)
}
