//! What the server counts, in the text format of `OpenMetrics`. No label has a value that a client chooses.

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::{Backlog, accept::Accepted, port::Taken};
use fidance_domain::history::Micros;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    endpoint: String,
    status: u16,
}

/// The counters, and where they are listed.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    accepted: Counter,
    counted: Counter,
    refused: Family<Reason, Counter>,
    requests: Family<Answer, Counter>,
    bytes: Counter,
    added: Counter,
    duplicates: Counter,
    request: Histogram,
    append: Histogram,
    group: Histogram,
    commit: Histogram,
    inbox_events: Gauge,
    inbox_parcels: Gauge,
    inbox_age: Gauge<f64, AtomicU64>,
    lake_version: Gauge,
    fresh_files: Gauge,
    store_failing: Gauge,
}

/// From half a millisecond to half a minute.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const GROUPS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 512.0];

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(SECONDS);
        let mut metrics = Self {
            registry: Registry::with_prefix("fidance"),
            accepted: Counter::default(),
            counted: Counter::default(),
            refused: Family::default(),
            requests: Family::default(),
            bytes: Counter::default(),
            added: Counter::default(),
            duplicates: Counter::default(),
            request: seconds(),
            append: seconds(),
            group: Histogram::new(GROUPS),
            commit: seconds(),
            inbox_events: Gauge::default(),
            inbox_parcels: Gauge::default(),
            inbox_age: Gauge::default(),
            lake_version: Gauge::default(),
            fresh_files: Gauge::default(),
            store_failing: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("events_accepted", "Events that were acknowledged", self.accepted.clone());
        r.register(
            "events_counted_only",
            "Events of people who refused, counted without a name",
            self.counted.clone(),
        );
        r.register("messages_refused", "Messages that could not be used, by reason", self.refused.clone());
        r.register("requests", "Requests by endpoint and status", self.requests.clone());
        r.register_with_unit("received", "Bodies of requests", Unit::Bytes, self.bytes.clone());
        r.register("lake_events_added", "Events that came into the lake", self.added.clone());
        r.register("lake_events_duplicate", "Events that the lake had", self.duplicates.clone());
        r.register_with_unit(
            "request",
            "From a request's head to its answer",
            Unit::Seconds,
            self.request.clone(),
        );
        r.register_with_unit("append", "One commit of the inbox", Unit::Seconds, self.append.clone());
        r.register("append_requests", "Requests in one commit of the inbox", self.group.clone());
        r.register_with_unit("lake_commit", "From a claim to its end", Unit::Seconds, self.commit.clone());
        r.register("inbox_events", "Events that wait for the lake", self.inbox_events.clone());
        r.register("inbox_parcels", "Requests that wait for the lake", self.inbox_parcels.clone());
        r.register_with_unit(
            "inbox_age",
            "How long the oldest has waited",
            Unit::Seconds,
            self.inbox_age.clone(),
        );
        r.register("lake_version", "Version of the lake", self.lake_version.clone());
        r.register("lake_fresh_files", "Small files that wait for a compaction", self.fresh_files.clone());
        r.register(
            "store_failing",
            "1 where the store could not take the last requests",
            self.store_failing.clone(),
        );
    }

    /// A request was answered.
    pub fn request(&self, endpoint: &'static str, status: u16, took: Duration, bytes: usize) {
        self.requests.get_or_create(&Answer { endpoint: endpoint.to_owned(), status }).inc();
        self.request.observe(took.as_secs_f64());
        self.bytes.inc_by(bytes as u64);
    }

    /// What a request brought is on disk.
    pub(super) fn accepted(&self, accepted: &Accepted) {
        self.accepted.inc_by(accepted.verdict.events);
        self.counted.inc_by(accepted.verdict.counted);
        for (reason, count) in &accepted.reasons {
            self.refused.get_or_create(&Reason { reason: (*reason).to_owned() }).inc_by(*count);
        }
    }

    pub(super) fn appended(&self, took: Duration, requests: usize) {
        self.append.observe(took.as_secs_f64());
        self.group.observe(requests as f64);
    }

    pub(super) fn store_failing(&self, failing: bool) {
        self.store_failing.set(i64::from(failing));
    }

    /// Whether the store could not take the last requests.
    pub fn is_store_failing(&self) -> bool {
        self.store_failing.get() != 0
    }

    pub(super) fn taken(&self, took: Duration, taken: &Taken) {
        self.commit.observe(took.as_secs_f64());
        self.added.inc_by(taken.added);
        self.duplicates.inc_by(taken.duplicates);
        self.lake(taken.version, taken.fresh_files);
    }

    pub(super) fn lake(&self, version: u64, fresh: u64) {
        self.lake_version.set(version.cast_signed());
        self.fresh_files.set(fresh.cast_signed());
    }

    /// All of it as text.
    pub fn render(&self, backlog: &Backlog, now: Micros) -> String {
        self.inbox_events.set(backlog.events().cast_signed());
        self.inbox_parcels.set(backlog.parcels().cast_signed());
        self.inbox_age.set(backlog.age(now) as f64 / 1e6);
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
