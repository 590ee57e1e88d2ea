//! The durable queue between the door and the lake.
//!
//! Parcels are appended in one transaction, claimed in order under a number, and deleted when the lake has them. The
//! number is written before a parcel is handed over and never given twice. Whatever dies when: a claim that was not finished
//! is handed over again with the same parcels under the same number, so that the lake, which knows its numbers, takes
//! each parcel once.
//!
//! A claim is a range of ids rather than a mark on each parcel: ids are given inside the transaction that appends, and these
//! come one after the other, so no parcel can appear later within a range. What waits is counted as it comes and goes.

use fidance_domain::history::Micros;
use sea_orm::Value;

use crate::{
    BatchNumber, EventCount, LakeBatch, NewLetter, ParcelId, PersonPatch, SourceId, Store, StoreError,
    consent_count, dead_letter, lake_batch, person,
    session::{Row, Tx, stored},
};

const TABLE: &str = "inbox";
const CLAIM: &str = "claim";

/// A batch ends before it exceeds this many bytes of payload, whatever number of events was asked for.
pub const CLAIM_BYTES: u64 = 256 << 20;

/// Parcels that a claim looks at in one go.
const LOOK: i64 = 4096;

/// What one accepted request brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParcel {
    /// Where it came from.
    pub source: SourceId,
    /// When.
    pub received_at: Micros,
    /// The number of events in it.
    pub events: u32,
    /// Whatever the reader of the inbox understands.
    pub payload: Vec<u8>,
}

/// A parcel as it is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its id.
    pub id: ParcelId,
    /// What was appended.
    pub content: NewParcel,
}

/// Parcels that belong together under one number until they are finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The number.
    pub number: BatchNumber,
    /// The parcels, in the order in which they were appended.
    pub parcels: Vec<Parcel>,
}

/// What waits in the inbox, claimed parcels included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Parcels.
    pub parcels: u64,
    /// Events in them.
    pub events: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// When the first of them was received.
    pub oldest: Option<Micros>,
}

/// What is to be written together: all of it or, where it fails, nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Append<'a> {
    /// Parcels for the inbox.
    pub parcels: &'a [NewParcel],
    /// What the same requests say of people.
    pub people: &'a [PersonPatch],
    /// What in them could not be used.
    pub letters: &'a [NewLetter],
    /// Events of people who refused.
    pub counts: &'a [EventCount],
}

impl Store {
    /// Appends parcels in one transaction. When this returns, they are on disk.
    pub async fn append(&self, parcels: &[NewParcel]) -> Result<Vec<ParcelId>, StoreError> {
        self.require_owner("append")?;
        let tx = self.begin(TABLE).await?;
        let ids = append_parcels(&tx, parcels).await?;
        tx.commit(TABLE).await?;
        Ok(ids)
    }

    /// Appends parcels together with what else the same requests bring.
    pub async fn append_with(&self, append: &Append<'_>, now: Micros) -> Result<Vec<ParcelId>, StoreError> {
        self.require_owner("append")?;
        let tx = self.begin(TABLE).await?;
        let ids = append_parcels(&tx, append.parcels).await?;
        person::upsert(&tx, self.master(), append.people, now).await?;
        dead_letter::add(&tx, self.master(), append.letters, now).await?;
        consent_count::add(&tx, append.counts).await?;
        tx.commit(TABLE).await?;
        Ok(ids)
    }

    /// Hands over the oldest parcels, up to `max_events` and [`CLAIM_BYTES`] but at least one, under a new number; or
    /// again those of a batch that was claimed and not finished. `None` if nothing waits.
    pub async fn claim(&self, max_events: u64) -> Result<Option<Batch>, StoreError> {
        self.require_owner("claim")?;
        let tx = self.begin(CLAIM).await?;
        let claim = match open_claim(&tx).await? {
            Some(claim) => claim,
            None => match new_claim(&tx, max_events).await? {
                Some(claim) => claim,
                None => return Ok(None),
            },
        };
        tx.commit(CLAIM).await?;
        // Outside the transaction, so that appending goes on meanwhile.
        let sql = "SELECT id, source, received_at, events, payload FROM inbox WHERE id >= $1 AND id <= $2 ORDER BY id";
        let rows = self.reader().all(TABLE, sql, vec![claim.first.into(), claim.last.into()]).await?;
        if rows.len() as u64 != claim.parcels {
            let what = format!(
                "batch {} was claimed with {} parcels, {} are there",
                claim.number,
                claim.parcels,
                rows.len()
            );
            return Err(StoreError::Damaged { place: self.place().clone(), table: TABLE, what });
        }
        let parcels = rows.iter().map(parcel).collect::<Result<_, _>>()?;
        Ok(Some(Batch { number: claim.number, parcels }))
    }

    /// Deletes the parcels of a batch. For one that is finished already this does nothing.
    pub async fn finish(&self, number: BatchNumber) -> Result<(), StoreError> {
        self.require_owner("finish")?;
        let tx = self.begin(CLAIM).await?;
        finish(&tx, number).await?;
        tx.commit(CLAIM).await
    }

    /// Deletes the parcels of a batch and notes what the lake took of it, in one transaction.
    pub async fn finish_with(&self, batch: &LakeBatch) -> Result<(), StoreError> {
        self.require_owner("finish")?;
        let tx = self.begin(CLAIM).await?;
        finish(&tx, batch.number).await?;
        lake_batch::add(&tx, batch).await?;
        tx.commit(CLAIM).await
    }

    /// The parcel that was appended last; 0 before the first.
    pub async fn last_parcel(&self) -> Result<ParcelId, StoreError> {
        let row = self.reader().one(TABLE, "SELECT last_parcel FROM inbox_counter", vec![]).await?;
        row.get("last_parcel").map(ParcelId::new)
    }

    /// What waits. Takes the same short time however much that is.
    pub async fn depth(&self) -> Result<Depth, StoreError> {
        let sql = "SELECT parcels, events, bytes, (SELECT received_at FROM inbox ORDER BY id LIMIT 1) AS oldest \
                   FROM inbox_counter";
        let row = self.reader().one(TABLE, sql, vec![]).await?;
        Ok(Depth {
            parcels: row.count("parcels")?,
            events: row.count("events")?,
            bytes: row.count("bytes")?,
            oldest: row.get("oldest")?,
        })
    }
}

async fn append_parcels(tx: &Tx, parcels: &[NewParcel]) -> Result<Vec<ParcelId>, StoreError> {
    if parcels.is_empty() {
        return Ok(Vec::new());
    }
    let count = stored(parcels.len());
    let events: u64 = parcels.iter().map(|parcel| u64::from(parcel.events)).sum();
    let bytes: usize = parcels.iter().map(|parcel| parcel.payload.len()).sum();
    let sql = "UPDATE inbox_counter SET last_parcel = last_parcel + $1, parcels = parcels + $1, events = events + $2, \
               bytes = bytes + $3 RETURNING last_parcel";
    let row = tx.one(TABLE, sql, vec![count.into(), stored(events).into(), stored(bytes).into()]).await?;
    let last: i64 = row.get("last_parcel")?;
    let ids: Vec<ParcelId> = (last - count + 1..=last).map(ParcelId::new).collect();
    let row = |(id, parcel): (&ParcelId, &NewParcel)| -> Vec<Value> {
        vec![
            (*id).into(),
            parcel.source.into(),
            parcel.received_at.into(),
            i64::from(parcel.events).into(),
            stored(parcel.payload.len()).into(),
            parcel.payload.clone().into(),
        ]
    };
    let into = "INSERT INTO inbox (id, source, received_at, events, bytes, payload)";
    tx.insert_rows(TABLE, (into, ""), 6, ids.iter().zip(parcels).map(row).collect()).await?;
    Ok(ids)
}

/// A claimed range of parcels.
struct Claim {
    number: BatchNumber,
    first: i64,
    last: i64,
    parcels: u64,
    events: u64,
    bytes: u64,
}

async fn open_claim(tx: &Tx) -> Result<Option<Claim>, StoreError> {
    let sql =
        "SELECT number, first_parcel, last_parcel, parcels, events, bytes FROM claim ORDER BY number LIMIT 1";
    let Some(row) = tx.first(CLAIM, sql, vec![]).await? else { return Ok(None) };
    Ok(Some(Claim {
        number: BatchNumber::new(row.get("number")?),
        first: row.get("first_parcel")?,
        last: row.get("last_parcel")?,
        parcels: row.count("parcels")?,
        events: row.count("events")?,
        bytes: row.count("bytes")?,
    }))
}

/// Claims the oldest parcels. Only called while nothing else is claimed.
async fn new_claim(tx: &Tx, max_events: u64) -> Result<Option<Claim>, StoreError> {
    let Some(mut claim) = oldest(tx, max_events).await? else { return Ok(None) };
    let sql = "UPDATE inbox_counter SET last_batch = last_batch + 1 RETURNING last_batch";
    claim.number = BatchNumber::new(tx.one(CLAIM, sql, vec![]).await?.get("last_batch")?);
    let sql = "INSERT INTO claim (number, first_parcel, last_parcel, parcels, events, bytes) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        claim.number.into(),
        claim.first.into(),
        claim.last.into(),
        stored(claim.parcels).into(),
        stored(claim.events).into(),
        stored(claim.bytes).into(),
    ];
    tx.execute(CLAIM, sql, values).await?;
    Ok(Some(claim))
}

/// The range of the oldest parcels within the limits, still without a number.
async fn oldest(tx: &Tx, max_events: u64) -> Result<Option<Claim>, StoreError> {
    let mut claim: Option<Claim> = None;
    loop {
        let after = claim.as_ref().map_or(0, |claim| claim.last);
        let sql = "SELECT id, events, bytes FROM inbox WHERE id > $1 ORDER BY id LIMIT $2";
        let rows = tx.all(TABLE, sql, vec![after.into(), LOOK.into()]).await?;
        if rows.is_empty() {
            return Ok(claim);
        }
        for row in rows {
            let (id, events, bytes) = (row.get("id")?, row.count("events")?, row.count("bytes")?);
            match &mut claim {
                None => {
                    let number = BatchNumber::new(0);
                    claim = Some(Claim { number, first: id, last: id, parcels: 1, events, bytes });
                }
                Some(claim) if claim.events + events <= max_events && claim.bytes + bytes <= CLAIM_BYTES => {
                    claim.last = id;
                    claim.parcels += 1;
                    claim.events += events;
                    claim.bytes += bytes;
                }
                Some(_) => return Ok(claim),
            }
        }
    }
}

async fn finish(tx: &Tx, number: BatchNumber) -> Result<(), StoreError> {
    match open_claim(tx).await? {
        Some(claim) if claim.number == number => {
            let range = vec![claim.first.into(), claim.last.into()];
            tx.execute(TABLE, "DELETE FROM inbox WHERE id >= $1 AND id <= $2", range).await?;
            let sql =
                "UPDATE inbox_counter SET parcels = parcels - $1, events = events - $2, bytes = bytes - $3";
            let less = [claim.parcels, claim.events, claim.bytes].map(|count| stored(count).into());
            tx.execute(TABLE, sql, less.to_vec()).await?;
            tx.execute(CLAIM, "DELETE FROM claim WHERE number = $1", vec![number.into()]).await?;
            Ok(())
        }
        _ => {
            let row = tx.one(TABLE, "SELECT last_batch FROM inbox_counter", vec![]).await?;
            let last: i64 = row.get("last_batch")?;
            if (1..=last).contains(&number.get()) {
                return Ok(());
            }
            Err(StoreError::Absent { table: CLAIM, id: number.to_string() })
        }
    }
}

fn parcel(row: &Row) -> Result<Parcel, StoreError> {
    let events: i64 = row.get("events")?;
    Ok(Parcel {
        id: ParcelId::new(row.get("id")?),
        content: NewParcel {
            source: SourceId::new(row.get("source")?),
            received_at: row.get("received_at")?,
            events: events.try_into().map_err(|_| row.damaged(format!("events is {events}")))?,
            payload: row.get("payload")?,
        },
    })
}
