//! From a request that was read to rows in the lake: what the server does between the two.
//!
//! [`Acceptor`] decides what becomes of each message, [`Door`] makes it durable before the request is answered, a
//! [`drain`] carries what is durable into the lake, exactly once. [`Gate`] says who may send how much, [`Keys`] which
//! key belongs to which source. HTTP is not known here, and the lake only as the port [`EventLake`].

pub mod accept;
mod backlog;
pub mod door;
pub mod drain;
pub mod gate;
pub mod keys;
pub mod metrics;
pub mod parcel;
pub mod port;
pub mod replay;
mod seen;
mod state;

use std::{fmt, sync::Arc};

use fidance_domain::history::Micros;

pub use self::{
    accept::{Accepted, Acceptor, Privacy, SegmentPaths, Unit},
    backlog::Backlog,
    door::{Door, DoorLimits, Refusal},
    drain::{Drain, DrainLimits},
    gate::{Gate, GateLimits},
    keys::{Keys, KnownKey},
    metrics::Metrics,
    parcel::{Event, Join, Parcel, ParcelError},
    port::{EventLake, LakeFault, Names, Taken},
    state::{DrainState, Hindrance},
};

/// The present, in microseconds since 1970: time is given by whoever reads clocks.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Micros + Send + Sync>);

impl Clock {
    /// A clock that asks this.
    pub fn new(now: impl Fn() -> Micros + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present.
    pub fn now(&self) -> Micros {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
