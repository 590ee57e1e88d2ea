//! The operational store: what a running Fidance must not forget between two instants, in SQLite or PostgreSQL.
//!
//! The only crate that names SeaORM. It knows how to keep things, not what they are for: no rule of retention, no
//! format of events, no HTTP. Time is an argument (`now`, in microseconds since 1970) everywhere, and no type of SeaORM
//! leaves the crate.
//!
//! - [`Store`] opens, migrates, watches over who may write, and closes.
//! - the **inbox** is a durable queue of [`NewParcel`]s: what was acknowledged is handed over exactly once as part
//!   of a numbered [`Batch`], whatever process dies when.
//! - **people** and **dead letters** are sealed, each person with a key of their own, so that throwing that key away
//!   erases them; the [`Erasure`]s are kept in a journal beside the database, which survives the restore of an
//!   older backup.
//! - **notices** wait in an outbox until they are sent or given up; each is queued once, whoever asks how often.
//! - alarms, incidents and whom these affected, sources, keys, tallies, settings, the audit log and what the lake took are
//!   plain tables.
//!
//! Why it is made as it is stands in docs/adr/0011-operational-store.md.
#![warn(missing_docs)]

mod affected;
mod alarm;
mod api_call;
mod audit;
mod backup;
mod connect;
mod consent_count;
mod dead_letter;
mod erasure;
mod error;
mod id;
mod inbox;
mod incident;
mod journal;
mod key;
mod lake_batch;
mod location;
mod migration;
mod notice;
mod person;
mod seal;
mod session;
mod setting;
mod source;
mod store;
mod writer;

pub use alarm::{Alarm, AlarmKey, AlarmState, Closed, Closing, Explanation, Raising, Signed};
pub use api_call::{CallName, Claim};
pub use audit::{AuditEntry, NewAuditEntry};
pub use consent_count::EventCount;
pub use dead_letter::{DeadLetter, Letters, NewLetter, ReasonCount};
pub use erasure::{Erasure, ErasureState, LakePart, StorePart};
pub use error::StoreError;
pub use id::{AuditId, BatchNumber, ErasureId, KeyId, LetterId, NoticeId, ParcelId, Sid, SourceId};
pub use inbox::{Append, Batch, CLAIM_BYTES, Depth, NewParcel, Parcel};
pub use incident::{Incident, NewIncident};
pub use key::{Key, KeyKind, NewKey};
pub use lake_batch::LakeBatch;
pub use location::{Place, StoreLocation};
pub use notice::{NOTICE_LEASE, NewNotice, Notice, NoticeKind, NoticeState};
pub use person::{PersonData, PersonPatch};
pub use source::{ConsentRule, Source};
pub use store::{Access, OpenOptions, Scrub, Store};
