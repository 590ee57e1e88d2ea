//! Erasures: from the person's request to the proof that nothing is left, each step dated.
//!
//! The journal is written before the database where a step begins and after it where one ends, so that the two can
//! differ by one step only: what the journal has and the database has not is done again when the store is opened, what the
//! database has and the journal has not is added to it. Only the restore of an older backup makes them differ by more.

use fidance_domain::history::Micros;

use crate::{
    ErasureId, Sid, Store, StoreError,
    journal::Entry,
    seal::random,
    session::{Row, Tx, stored},
};

const TABLE: &str = "erasure";
const COLUMNS: &str = "SELECT id, sid, requested_at, requested_by, store_at, people, letters, lake_at, lake_rows, \
                       verified_at FROM erasure";

/// A person's erasure. Its id is the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The receipt.
    pub id: ErasureId,
    /// Whose.
    pub sid: Sid,
    /// When it was asked for.
    pub requested_at: Micros,
    /// By whom, without personal data: `person`, `operator 3`.
    pub requested_by: String,
    /// How far it is.
    pub state: ErasureState,
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureState {
    /// Asked for.
    Requested,
    /// Gone from the store.
    StoreDone(StorePart),
    /// Gone from the lake too.
    LakeDone(StorePart, LakePart),
    /// Looked for everywhere at this instant, and not found.
    Verified(StorePart, LakePart, Micros),
}

/// What was erased from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorePart {
    /// When.
    pub at: Micros,
    /// People: 1, or 0 where nothing was known.
    pub people: u64,
    /// Their dead letters.
    pub letters: u64,
}

/// What was erased from the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LakePart {
    /// When.
    pub at: Micros,
    /// Rows.
    pub rows: u64,
}

impl Store {
    /// Notes that a person is to be erased; when this returns, neither a crash nor a restored backup loses it.
    pub async fn request_erasure(
        &self,
        sid: Sid,
        requested_by: &str,
        now: Micros,
    ) -> Result<ErasureId, StoreError> {
        let id = ErasureId::new(u128::from_be_bytes(random()?));
        let entry = Entry {
            id: id.to_string(),
            sid: sid.get(),
            requested_at: now,
            requested_by: requested_by.to_owned(),
            store_at: None,
            people: 0,
            letters: 0,
            lake_at: None,
            lake_rows: 0,
            verified_at: None,
        };
        self.journal().add(&entry)?;
        let tx = self.begin(TABLE).await?;
        write(&tx, &entry).await?;
        tx.commit(TABLE).await?;
        Ok(id)
    }

    /// Erases the person from the store: their key, what it sealed, and their dead letters. Parcels in the inbox are opaque
    /// and may still hold the person's events: let the lake take them before it erases.
    /// Done already, this returns what was done then.
    pub async fn erase(&self, id: ErasureId, now: Micros) -> Result<StorePart, StoreError> {
        let tx = self.begin(TABLE).await?;
        let mut entry = find(&tx, id).await?;
        if entry.store_at.is_none() {
            shred(&tx, &mut entry, now).await?;
            write(&tx, &entry).await?;
        }
        tx.commit(TABLE).await?;
        self.journal().add(&entry)?;
        self.scrub().await?;
        store_part(&entry).ok_or_else(|| wrong_state(&entry.id, "erase"))
    }

    /// [`Store::request_erasure`] and [`Store::erase`].
    pub async fn erase_person(
        &self,
        sid: Sid,
        requested_by: &str,
        now: Micros,
    ) -> Result<ErasureId, StoreError> {
        let id = self.request_erasure(sid, requested_by, now).await?;
        self.erase(id, now).await?;
        Ok(id)
    }

    /// Notes that the lake has erased the person: rewritten and vacuumed.
    pub async fn mark_lake_erased(&self, id: ErasureId, rows: u64, now: Micros) -> Result<(), StoreError> {
        let change = |entry: &mut Entry| {
            (entry.lake_at, entry.lake_rows) = (Some(now), stored(rows));
        };
        self.advance(id, 1, "mark as erased from the lake", change).await
    }

    /// Notes that the person was looked for everywhere and not found.
    pub async fn mark_verified(&self, id: ErasureId, now: Micros) -> Result<(), StoreError> {
        self.advance(id, 2, "mark as verified", |entry| entry.verified_at = Some(now)).await
    }

    /// The erasure of a receipt.
    pub async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
        let sql = format!("{COLUMNS} WHERE id = $1");
        let row = self.reader().first(TABLE, sql, vec![id.to_string().into()]).await?;
        row.as_ref().map(|row| entry(row).and_then(|entry| erasure(&entry, row))).transpose()
    }

    /// All erasures of a person, oldest first.
    pub async fn erasures_of(&self, sid: Sid) -> Result<Vec<Erasure>, StoreError> {
        let sql = format!("{COLUMNS} WHERE sid = $1 ORDER BY requested_at, id");
        let rows = self.reader().all(TABLE, sql, vec![sid.into()]).await?;
        rows.iter().map(|row| erasure(&entry(row)?, row)).collect()
    }

    /// Erasures that are not verified, oldest first: what remains to be done, and after the restore of an older backup what
    /// has to be done again.
    pub async fn pending_erasures(&self) -> Result<Vec<Erasure>, StoreError> {
        let sql = format!("{COLUMNS} WHERE verified_at IS NULL ORDER BY requested_at, id");
        let rows = self.reader().all(TABLE, sql, vec![]).await?;
        rows.iter().map(|row| erasure(&entry(row)?, row)).collect()
    }

    /// Takes an erasure from one step to the next. One that is further already stays as it is.
    async fn advance(
        &self,
        id: ErasureId,
        from: usize,
        what: &'static str,
        change: impl FnOnce(&mut Entry),
    ) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let mut entry = find(&tx, id).await?;
        if entry.rank() < from {
            return Err(wrong_state(&entry.id, what));
        }
        if entry.rank() == from {
            change(&mut entry);
            write(&tx, &entry).await?;
        }
        tx.commit(TABLE).await?;
        self.journal().add(&entry)
    }
}

/// Does again what the journal has and the database has not, and adds to the journal what only the database has.
pub(crate) async fn replay(store: &Store, now: Micros) -> Result<(), StoreError> {
    let mut journal = store.journal().read()?;
    let tx = store.begin(TABLE).await?;
    let mut unwritten = Vec::new();
    for row in tx.all(TABLE, COLUMNS, vec![]).await? {
        let known = entry(&row)?;
        match journal.remove(&known.id) {
            // An older copy of the database, from before the person was erased from it.
            Some(noted) if known.rank() == 0 && noted.rank() > 0 => {
                unwritten.push(erase_again(&tx, known, now).await?);
            }
            Some(noted) if noted.rank() >= known.rank() => {}
            _ => unwritten.push(known),
        }
    }
    // An older copy still, from before the erasure was asked for; or a crash right after it was.
    for noted in journal.into_values() {
        let was_erased = noted.rank() > 0;
        let request = Entry {
            store_at: None,
            people: 0,
            letters: 0,
            lake_at: None,
            lake_rows: 0,
            verified_at: None,
            ..noted
        };
        if was_erased {
            unwritten.push(erase_again(&tx, request, now).await?);
        } else {
            write(&tx, &request).await?;
        }
    }
    tx.commit(TABLE).await?;
    unwritten.iter().try_for_each(|entry| store.journal().add(entry))?;
    if !unwritten.is_empty() {
        store.scrub().await?;
    }
    Ok(())
}

async fn erase_again(tx: &Tx, mut entry: Entry, now: Micros) -> Result<Entry, StoreError> {
    shred(tx, &mut entry, now).await?;
    write(tx, &entry).await?;
    Ok(entry)
}

/// Deletes the person's key and all that it sealed.
async fn shred(tx: &Tx, entry: &mut Entry, now: Micros) -> Result<(), StoreError> {
    let sid = || vec![entry.sid.into()];
    let letters = tx.execute("dead_letter", "DELETE FROM dead_letter WHERE person = $1", sid()).await?;
    let people = tx.execute("person", "DELETE FROM person WHERE sid = $1", sid()).await?;
    entry.store_at = Some(now);
    (entry.people, entry.letters) = (stored(people), stored(letters));
    Ok(())
}

async fn find(tx: &Tx, id: ErasureId) -> Result<Entry, StoreError> {
    let row = tx.first(TABLE, format!("{COLUMNS} WHERE id = $1"), vec![id.to_string().into()]).await?;
    row.as_ref().map(entry).ok_or_else(|| StoreError::Absent { table: TABLE, id: id.to_string() })?
}

async fn write(tx: &Tx, entry: &Entry) -> Result<(), StoreError> {
    let sql = "INSERT INTO erasure (id, sid, requested_at, requested_by, store_at, people, letters, lake_at, lake_rows, \
               verified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET \
               store_at = excluded.store_at, people = excluded.people, letters = excluded.letters, \
               lake_at = excluded.lake_at, lake_rows = excluded.lake_rows, verified_at = excluded.verified_at";
    let values = vec![
        entry.id.as_str().into(),
        entry.sid.into(),
        entry.requested_at.into(),
        entry.requested_by.as_str().into(),
        entry.store_at.into(),
        entry.people.into(),
        entry.letters.into(),
        entry.lake_at.into(),
        entry.lake_rows.into(),
        entry.verified_at.into(),
    ];
    tx.execute(TABLE, sql, values).await.map(drop)
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.get("id")?,
        sid: row.get("sid")?,
        requested_at: row.get("requested_at")?,
        requested_by: row.get("requested_by")?,
        store_at: row.get("store_at")?,
        people: row.get("people")?,
        letters: row.get("letters")?,
        lake_at: row.get("lake_at")?,
        lake_rows: row.get("lake_rows")?,
        verified_at: row.get("verified_at")?,
    })
}

fn erasure(entry: &Entry, row: &Row) -> Result<Erasure, StoreError> {
    let lake = entry.lake_at.map(|at| LakePart { at, rows: entry.lake_rows.unsigned_abs() });
    let state = match (store_part(entry), lake, entry.verified_at) {
        (None, ..) => ErasureState::Requested,
        (Some(store), None, _) => ErasureState::StoreDone(store),
        (Some(store), Some(lake), None) => ErasureState::LakeDone(store, lake),
        (Some(store), Some(lake), Some(at)) => ErasureState::Verified(store, lake, at),
    };
    Ok(Erasure {
        id: ErasureId::parse(&entry.id).ok_or_else(|| row.damaged(format!("id is {}", entry.id)))?,
        sid: Sid::new(entry.sid),
        requested_at: entry.requested_at,
        requested_by: entry.requested_by.clone(),
        state,
    })
}

fn store_part(entry: &Entry) -> Option<StorePart> {
    let (people, letters) = (entry.people.unsigned_abs(), entry.letters.unsigned_abs());
    entry.store_at.map(|at| StorePart { at, people, letters })
}

fn wrong_state(id: &str, what: &'static str) -> StoreError {
    StoreError::State { table: TABLE, id: id.to_owned(), what }
}
