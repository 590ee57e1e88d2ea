//! What the lake took of each batch: for figures "as known on" a day, and for metrics.

use fidance_domain::history::Micros;

use crate::{
    BatchNumber, Store, StoreError,
    session::{Conditions, Row, Tx, stored},
};

pub(crate) const TABLE: &str = "lake_batch";

/// A batch that the lake has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LakeBatch {
    /// Its number.
    pub number: BatchNumber,
    /// Its parcels.
    pub parcels: u64,
    /// The events in them.
    pub events: u64,
    /// Those that were new to the lake.
    pub added: u64,
    /// Those that it had.
    pub duplicates: u64,
    /// When the lake had them.
    pub finished_at: Micros,
    /// The version of the lake's events that holds them.
    pub lake_version: u64,
}

impl Store {
    /// The last batches that the lake took, newest first, at most `limit`; those before the batch `before`, if given.
    pub async fn lake_batches(
        &self,
        before: Option<BatchNumber>,
        limit: usize,
    ) -> Result<Vec<LakeBatch>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("number <", before);
        let (wanted, values) = conditions.finish();
        let sql = format!(
            "SELECT number, parcels, events, added, duplicates, finished_at, lake_version FROM lake_batch{wanted} \
             ORDER BY number DESC LIMIT {}",
            stored(limit)
        );
        self.reader().all(TABLE, sql, values).await?.iter().map(batch).collect()
    }
}

/// Notes a batch. A second time, after a crash between this and what followed, changes nothing.
pub(crate) async fn add(tx: &Tx, batch: &LakeBatch) -> Result<(), StoreError> {
    let sql = "INSERT INTO lake_batch (number, parcels, events, added, duplicates, finished_at, lake_version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (number) DO NOTHING";
    let values = vec![
        batch.number.into(),
        stored(batch.parcels).into(),
        stored(batch.events).into(),
        stored(batch.added).into(),
        stored(batch.duplicates).into(),
        batch.finished_at.into(),
        stored(batch.lake_version).into(),
    ];
    tx.execute(TABLE, sql, values).await.map(drop)
}

fn batch(row: &Row) -> Result<LakeBatch, StoreError> {
    Ok(LakeBatch {
        number: BatchNumber::new(row.get("number")?),
        parcels: row.count("parcels")?,
        events: row.count("events")?,
        added: row.count("added")?,
        duplicates: row.count("duplicates")?,
        finished_at: row.get("finished_at")?,
        lake_version: row.count("lake_version")?,
    })
}
