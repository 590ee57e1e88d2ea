//! Connections: how each back end is opened so that what is committed is on disk, and only one process owns the store.
//!
//! All writing goes through one connection; reading has connections of its own. On PostgreSQL the claim on the store is
//! an advisory lock of the session that writes: whoever loses the session loses the claim with it, and a new session
//! has to win the claim before it writes.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        self, Connection as _,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use url::Url;

/// The two numbers of the advisory lock of the owner, and of whoever is writing.
pub(crate) const LOCK_CLASS: i32 = 0x0f1d_a9ce;
pub(crate) const OWNER: i32 = 1;
pub(crate) const WRITER: i32 = 2;

const READERS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(30);
/// SQLite waits this long for another process that writes.
const BUSY: Duration = Duration::from_secs(10);
/// Pages of the write-ahead log after which it is carried over: 16 MiB, so that a stream of large parcels is not slowed by
/// a synchronisation of both files every few commits.
const CHECKPOINT_PAGES: &str = "4096";

/// What a connection to SQLite is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Writing,
    Reading,
    /// A look at a finished copy, which must not change a byte of it.
    Checking,
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(PATIENCE).sqlx_logging(false);
    options
}

pub(crate) async fn sqlite(file: &Path, purpose: Use) -> Result<DatabaseConnection, DbErr> {
    let mut options = options("sqlite:store", if purpose == Use::Reading { READERS } else { 1 });
    let file = file.to_owned();
    options.map_sqlx_sqlite_opts(move |given| sqlite_options(given.filename(&file), purpose));
    options.map_sqlx_sqlite_before_acquire(|connection, _| {
        // SQLite itself rolls back when there is no room, after which the library's count of transactions is wrong for good.
        // Such a connection is thrown away and replaced.
        Box::pin(async move { Ok(!connection.is_in_transaction()) })
    });
    // The claim of a SQLite store is a file; a connection that idles costs nothing and keeps its prepared statements.
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    Database::connect(options).await
}

fn sqlite_options(given: SqliteConnectOptions, purpose: Use) -> SqliteConnectOptions {
    let options = given.create_if_missing(false).busy_timeout(BUSY);
    if purpose == Use::Checking {
        return options.read_only(true).immutable(true);
    }
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted is overwritten, and nothing is put into temporary files.
        .pragma("secure_delete", "on")
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
    if purpose == Use::Reading { options.pragma("query_only", "on") } else { options }
}

pub(crate) async fn postgres_reader(url: &Url) -> Result<DatabaseConnection, DbErr> {
    Database::connect(options(url.as_str(), READERS)).await
}

/// The one connection that writes. With `taken`, each of its sessions tries for the claim on the store and sets the flag
/// if another process has it; [`crate::writer::Writer`] then refuses to write.
pub(crate) async fn postgres_writer(
    url: &Url,
    taken: Option<Arc<AtomicBool>>,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = options(url.as_str(), 1);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    if let Some(taken) = taken {
        options.map_sqlx_postgres_pool_opts(move |pool| {
            let taken = Arc::clone(&taken);
            pool.after_connect(move |connection, _| {
                let taken = Arc::clone(&taken);
                Box::pin(async move {
                    let won: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1, $2)")
                        .bind(LOCK_CLASS)
                        .bind(OWNER)
                        .fetch_one(connection)
                        .await?;
                    taken.store(!won, Ordering::Relaxed);
                    Ok(())
                })
            })
        });
    }
    Database::connect(options).await
}
