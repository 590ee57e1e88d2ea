//! The one way to write: a transaction on the one connection that writes.
//!
//! Transactions of all processes come one after the other on both back ends: SQLite has one writer by itself, PostgreSQL
//! takes turns by an advisory lock. So nothing here can deadlock or has to be tried again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait as _};

use crate::{
    StoreError,
    connect::{LOCK_CLASS, OWNER, WRITER},
    session::{Pool, Session, Tx},
};

/// The connection that writes, and whether it lacks the claim that it should have.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) pool: Pool,
    /// Set by every new session of an owner's connection to PostgreSQL that finds another process to have the claim.
    pub(crate) taken: Arc<AtomicBool>,
}

impl Writer {
    /// Begins a transaction; [`StoreError::Busy`] if the claim was lost to another process.
    pub(crate) async fn begin(&self, table: &'static str) -> Result<Tx, StoreError> {
        let mode = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let place = &self.pool.place;
        let begun = self.pool.inner.begin_with_options(mode).await;
        let inner = begun.map_err(|error| StoreError::database(place, table, error))?;
        let tx = Session { inner, place: place.clone() };
        if tx.is_sqlite() {
            return Ok(tx);
        }
        if self.taken.load(Ordering::Relaxed) {
            let sql = "SELECT pg_try_advisory_lock($1, $2) AS won";
            let row = tx.one(table, sql, vec![LOCK_CLASS.into(), OWNER.into()]).await?;
            if !row.get::<bool>("won")? {
                return Err(StoreError::Busy { place: place.clone() });
            }
            self.taken.store(false, Ordering::Relaxed);
        }
        let sql = "SELECT pg_advisory_xact_lock($1, $2)";
        tx.execute(table, sql, vec![LOCK_CLASS.into(), WRITER.into()]).await?;
        Ok(tx)
    }

    /// Waits up to two seconds for the claim: the session of a process that was killed takes a moment to go.
    pub(crate) async fn wait_for_claim(&self, table: &'static str) -> Result<(), StoreError> {
        const ATTEMPTS: usize = 20;
        for _ in 1..ATTEMPTS {
            match self.begin(table).await {
                Err(StoreError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(100)).await,
                begun => return begun.map(drop),
            }
        }
        self.begin(table).await.map(drop)
    }
}
