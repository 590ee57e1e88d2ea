//! The store itself: opening with everything that has to be right before the first write, and closing.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use fidance_domain::history::Micros;
use sea_orm::DbErr;

use crate::{
    Place, StoreError, StoreLocation,
    connect::{self, Use},
    erasure,
    journal::Journal,
    location::{Database, lock_file},
    migration,
    seal::{Label, SealingKey, bytes, create_key, hex, read_key},
    session::{Pool, Session, Tx},
    setting,
    writer::Writer,
};

const SCHEMA: &str = "schema";
const KEY_CHECK: &str = "key_check";

/// Who opens the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// The one process that fills and empties the inbox; it migrates the store and watches over its erasures.
    #[default]
    Owner,
    /// A command beside it: everything but the inbox and migrations.
    Beside,
}

/// How a store is opened.
#[derive(Clone)]
pub struct OpenOptions {
    access: Access,
    key: Option<SealingKey>,
    now: Micros,
}

impl std::fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions").field("access", &self.access).finish_non_exhaustive()
    }
}

impl OpenOptions {
    /// As the owner, with the master key in its file, which is made along with the store. `now` dates what is written.
    pub const fn new(now: Micros) -> Self {
        Self { access: Access::Owner, key: None, now }
    }

    /// Opens as this.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Takes the master key from the caller instead of the file.
    #[must_use]
    pub const fn master_key(mut self, key: [u8; 32]) -> Self {
        self.key = Some(SealingKey::new(key));
        self
    }
}

/// Whether deleted bytes are gone from the files of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrub {
    /// They are.
    Complete,
    /// A reader stood in the way; ask again later.
    Later,
}

/// An open store. Clones are the same store.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    location: StoreLocation,
    place: Place,
    access: Access,
    writer: Writer,
    reader: Pool,
    master: SealingKey,
    journal: Journal,
    /// Locked while this process owns a SQLite store.
    lock: Mutex<Option<File>>,
}

impl Store {
    /// Opens a store; the owner makes it where there is none, migrates it, and does again what the journal of erasures
    /// has and the database has not: see [`Store::pending_erasures`].
    ///
    /// [`StoreError::Busy`] while another process owns the store, [`StoreError::NewerSchema`] where a newer program has
    /// written it, [`StoreError::WrongKey`] and [`StoreError::MissingKey`] where it could not be read.
    pub async fn open(location: &StoreLocation, options: OpenOptions) -> Result<Self, StoreError> {
        let place = location.place();
        let failed = |error| unreachable(&place, error);
        create_folder(&location.folder)?;
        let taken = Arc::new(AtomicBool::new(false));
        let is_owner = options.access == Access::Owner;
        let mut lock = None;
        let (writer, reader) = match &location.database {
            Database::Sqlite(file) => {
                if is_owner {
                    lock = Some(claim_file(file, &place)?);
                    let create = restricted().create(true).append(true).open(file);
                    create.map_err(|error| StoreError::io(file, error))?;
                }
                let writer = connect::sqlite(file, Use::Writing).await.map_err(failed)?;
                (writer, connect::sqlite(file, Use::Reading).await.map_err(failed)?)
            }
            Database::Postgres(url) => {
                let flag = is_owner.then(|| Arc::clone(&taken));
                let writer = connect::postgres_writer(url, flag).await.map_err(failed)?;
                (writer, connect::postgres_reader(url).await.map_err(failed)?)
            }
        };
        let writer = Writer { pool: Session { inner: writer, place: place.clone() }, taken };
        let reader = Session { inner: reader, place: place.clone() };
        let opening = async {
            writer.wait_for_claim(SCHEMA).await?;
            migrate(&writer, options.access).await?;
            let master = master_key(&writer, location, &options).await?;
            let journal = Journal::new(location.journal_file());
            Ok((master, journal))
        };
        let (master, journal) = match opening.await {
            Ok(opened) => opened,
            Err(error) => {
                close_both(&writer, &reader).await;
                return Err(error);
            }
        };
        let (location, access, lock) = (location.clone(), options.access, Mutex::new(lock));
        let store = Self(Arc::new(Inner { location, place, access, writer, reader, master, journal, lock }));
        if is_owner && let Err(error) = erasure::replay(&store, options.now).await {
            store.close().await?;
            return Err(error);
        }
        Ok(store)
    }

    /// Brings the schema up to date, as [`Store::open`] does for the owner.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate(&self.0.writer, self.0.access).await
    }

    /// The number of the last migration that the store has had.
    pub async fn schema_version(&self) -> Result<u32, StoreError> {
        let tx = self.begin(SCHEMA).await?;
        let applied = migration::applied(&tx).await?;
        Ok(u32::try_from(applied.len()).unwrap_or(u32::MAX))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.reader.one(SCHEMA, "SELECT 1 AS answer", vec![]).await.map(drop)
    }

    /// Ends all connections and gives up the claim, for all clones.
    pub async fn close(self) -> Result<(), StoreError> {
        close_both(&self.0.writer, &self.0.reader).await;
        self.0.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(())
    }

    /// The location as it may be shown.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// Removes what was deleted from the files of the database. SQLite has overwritten it in the database (`secure_delete`);
    /// this carries the write-ahead log over and empties it. On PostgreSQL it vacuums the tables of what is sealed.
    pub async fn scrub(&self) -> Result<Scrub, StoreError> {
        const TABLE: &str = "person";
        if self.0.writer.pool.is_sqlite() {
            let row = self.0.writer.pool.one(TABLE, "PRAGMA wal_checkpoint(TRUNCATE)", vec![]).await?;
            let is_blocked: i64 = row.get("busy")?;
            return Ok(if is_blocked == 0 { Scrub::Complete } else { Scrub::Later });
        }
        for table in ["person", "dead_letter", "day_key", "inbox", "api_call", "affected"] {
            self.0.writer.pool.run(TABLE, &format!("VACUUM {table}")).await?;
        }
        Ok(Scrub::Complete)
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self, table: &'static str) -> Result<Tx, StoreError> {
        self.0.writer.begin(table).await
    }

    pub(crate) fn reader(&self) -> &Pool {
        &self.0.reader
    }

    pub(crate) fn master(&self) -> &SealingKey {
        &self.0.master
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    pub(crate) fn location(&self) -> &StoreLocation {
        &self.0.location
    }

    pub(crate) fn require_owner(&self, what: &'static str) -> Result<(), StoreError> {
        match self.0.access {
            Access::Owner => Ok(()),
            Access::Beside => Err(StoreError::NotOwner { place: self.0.place.clone(), what }),
        }
    }
}

async fn migrate(writer: &Writer, access: Access) -> Result<(), StoreError> {
    let tx = writer.begin(SCHEMA).await?;
    let applied = migration::applied(&tx).await?;
    let known = migration::names();
    if let Some(found) = applied.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.last().copied().unwrap_or_default();
        return Err(StoreError::NewerSchema {
            place: writer.pool.place.clone(),
            found: found.clone(),
            known,
        });
    }
    if applied.len() == known.len() {
        return Ok(());
    }
    if access == Access::Beside {
        return Err(StoreError::OlderSchema { place: writer.pool.place.clone() });
    }
    // In one transaction: a schema is the old one or the new one, never something between.
    migration::up(&tx).await?;
    tx.commit(SCHEMA).await
}

/// The master key, tried on a value that was sealed when the store was made.
async fn master_key(
    writer: &Writer,
    location: &StoreLocation,
    options: &OpenOptions,
) -> Result<SealingKey, StoreError> {
    const TABLE: &str = "setting";
    let tx = writer.begin(TABLE).await?;
    let place = location.place();
    let file = location.key_file();
    let check = tx
        .first(TABLE, "SELECT value FROM setting WHERE name = $1", vec![KEY_CHECK.into()])
        .await?
        .map(|row| row.get::<String>("value"))
        .transpose()?;
    let master = match &options.key {
        Some(given) => given.clone(),
        None => match read_key(&file)? {
            Some(found) => found,
            None if check.is_none() => create_key(&file)?,
            None => return Err(StoreError::MissingKey { file, place }),
        },
    };
    if let Some(sealed) = check {
        if bytes(&sealed).and_then(|sealed| master.open(Label::Check, &sealed)).is_none() {
            let given = options.key.as_ref().map(|_| "the caller's hands".to_owned());
            let key = given.unwrap_or_else(|| file.display().to_string());
            return Err(StoreError::WrongKey { key, place });
        }
    } else {
        setting::write(&tx, KEY_CHECK, &hex(&master.seal(Label::Check, b"")?), options.now).await?;
        setting::make_id(&tx, options.now).await?;
        tx.commit(TABLE).await?;
    }
    Ok(master)
}

/// Holds a file locked for as long as it stays open.
fn claim_file(database: &Path, place: &Place) -> Result<File, StoreError> {
    let file = lock_file(database);
    let at = |error| StoreError::io(&file, error);
    let lock = restricted().create(true).append(true).open(&file).map_err(at)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy { place: place.clone() }),
        Err(TryLockError::Error(error)) => Err(at(error)),
    }
}

/// Options for files that only their owner may read.
pub(crate) fn restricted() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn create_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|error| StoreError::io(folder, error))
}

fn unreachable(place: &Place, error: DbErr) -> StoreError {
    StoreError::Unavailable { place: place.clone(), source: Box::new(error) }
}

async fn close_both(writer: &Writer, reader: &Pool) {
    // Readers first: the last connection to close empties SQLite's log. What remains is recovered at the next opening.
    for pool in [reader, &writer.pool] {
        let _ = pool.inner.close_by_ref().await;
    }
}
