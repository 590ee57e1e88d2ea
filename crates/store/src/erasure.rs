//! Erasures: from the person's request to the proof that nothing is left, each step dated.
//!
//! The journal is written before the database where a step begins and after it where one ends, so that the two can
//! differ by one step only: what the journal has and the database has not is done again when the store is opened, what the
//! database has and the journal has not is added to it. Only the restore of an older backup makes them differ by more.
//!
//! Whom an erasure is of has to be known, or it could not be done again. The pseudonyms are sealed with the master key, so
//! that no search of the disk finds them.

use std::collections::{BTreeMap, BTreeSet};

use fidance_domain::history::Micros;

use crate::{
    ErasureId, LetterId, Place, Sid, Store, StoreError,
    journal::Entry,
    seal::{Label, SealingKey, bytes, hex, random},
    session::{Conditions, Row, Tx, list, stored},
};

const TABLE: &str = "erasure";
const COLUMNS: &str = "SELECT id, number, ids, requested_at, requested_by, store_at, people, letters, lake_at, lake_rows, \
                       verified_at FROM erasure";
/// Ids of one statement.
const AT_ONCE: usize = 512;

/// A person's erasure, or that of all who were silent for too long. Its id is the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The receipt.
    pub id: ErasureId,
    /// Its place in the order in which erasures were asked for: 1, 2, 3, …
    pub number: i64,
    /// Whose: all pseudonyms that are known to be theirs, in order.
    pub ids: Vec<Sid>,
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
    /// Notes that whoever has these pseudonyms is to be erased; when this returns, neither a crash nor a restored backup
    /// loses it.
    pub async fn request_erasure(
        &self,
        ids: &[Sid],
        requested_by: &str,
        now: Micros,
    ) -> Result<ErasureId, StoreError> {
        let id = ErasureId::new(u128::from_be_bytes(random()?));
        let tx = self.begin(TABLE).await?;
        let sql = "SELECT coalesce(max(number), 0) AS last FROM erasure";
        let in_database: i64 = tx.one(TABLE, sql, vec![]).await?.get("last")?;
        // What only the journal has counts too: no number is given twice.
        let in_journal = self.journal().read()?.values().map(|entry| entry.number).max().unwrap_or(0);
        let number = in_database.max(in_journal) + 1;
        let ids: BTreeSet<i64> = ids.iter().map(|id| id.get()).collect();
        let entry = Entry {
            id: id.to_string(),
            number,
            ids: seal_ids(self.master(), number, &ids)?,
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
        write(&tx, &entry).await?;
        tx.commit(TABLE).await?;
        Ok(id)
    }

    /// Notes what is known of an erasure before anything is erased: further pseudonyms of the person, and the rows that the
    /// lake has of them. Both are needed when it has to be done again and the lake does not know any more.
    pub async fn note_found(&self, id: ErasureId, ids: &[Sid], rows: u64) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let mut entry = find(&tx, id).await?;
        let mut all = open_ids(self.master(), &entry, self.place())?;
        let before = (all.len(), entry.lake_rows);
        all.extend(ids.iter().map(|id| id.get()));
        entry.lake_rows = entry.lake_rows.max(stored(rows));
        if (all.len(), entry.lake_rows) == before {
            return Ok(());
        }
        entry.ids = seal_ids(self.master(), entry.number, &all)?;
        self.journal().add(&entry)?;
        write(&tx, &entry).await?;
        tx.commit(TABLE).await
    }

    /// Erases the person from the store: their keys, what these sealed, the lists of whom an incident affected, and their dead
    /// letters, to which those belong that are named here. Parcels in the inbox are opaque and may still hold the person's events: let the lake take them
    /// before. Done again, this adds what was found then.
    pub async fn erase(
        &self,
        id: ErasureId,
        letters: &[LetterId],
        now: Micros,
    ) -> Result<StorePart, StoreError> {
        let tx = self.begin(TABLE).await?;
        let mut entry = find(&tx, id).await?;
        let before = entry.clone();
        shred(&tx, self.master(), self.place(), &mut entry, letters, now).await?;
        write(&tx, &entry).await?;
        tx.commit(TABLE).await?;
        if entry != before {
            self.journal().add(&entry)?;
        }
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
        let id = self.request_erasure(&[sid], requested_by, now).await?;
        self.erase(id, &[], now).await?;
        Ok(id)
    }

    /// Notes that the lake has erased the person: rewritten and vacuumed. How many rows that were stands in
    /// [`Store::note_found`].
    pub async fn mark_lake_erased(&self, id: ErasureId, now: Micros) -> Result<(), StoreError> {
        self.advance(id, 1, "mark as erased from the lake", |entry| entry.lake_at = Some(now)).await
    }

    /// Notes that the person was looked for everywhere and not found.
    pub async fn mark_verified(&self, id: ErasureId, now: Micros) -> Result<(), StoreError> {
        self.advance(id, 2, "mark as verified", |entry| entry.verified_at = Some(now)).await
    }

    /// The erasure of a receipt.
    pub async fn erasure(&self, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
        let sql = format!("{COLUMNS} WHERE id = $1");
        let row = self.reader().first(TABLE, sql, vec![id.to_string().into()]).await?;
        row.as_ref().map(|row| self.shown(row)).transpose()
    }

    /// The newest erasures, at most `limit`; those before the number `before`, if it is given.
    pub async fn erasures(&self, before: Option<i64>, limit: usize) -> Result<Vec<Erasure>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("number <", before);
        let (wanted, values) = conditions.finish();
        let sql = format!("{COLUMNS}{wanted} ORDER BY number DESC LIMIT {}", stored(limit));
        self.reader().all(TABLE, sql, values).await?.iter().map(|row| self.shown(row)).collect()
    }

    /// Erasures beyond a number that are verified, in order: what has to be done again in a lake that is an older copy.
    pub async fn erasures_beyond(&self, number: i64) -> Result<Vec<Erasure>, StoreError> {
        let sql = format!("{COLUMNS} WHERE number > $1 AND verified_at IS NOT NULL ORDER BY number");
        let rows = self.reader().all(TABLE, sql, vec![number.into()]).await?;
        rows.iter().map(|row| self.shown(row)).collect()
    }

    /// All pseudonyms that were ever erased, each with when that was last asked for.
    pub async fn erased(&self) -> Result<BTreeMap<Sid, Micros>, StoreError> {
        let mut all = BTreeMap::new();
        for row in self.reader().all(TABLE, COLUMNS, vec![]).await? {
            let erasure = self.shown(&row)?;
            for id in erasure.ids {
                let at = all.entry(id).or_insert(erasure.requested_at);
                *at = erasure.requested_at.max(*at);
            }
        }
        Ok(all)
    }

    /// Erasures that are not verified, in the order of their numbers: what remains to be done, and after the restore of an
    /// older backup what has to be done again.
    pub async fn pending_erasures(&self) -> Result<Vec<Erasure>, StoreError> {
        let sql = format!("{COLUMNS} WHERE verified_at IS NULL ORDER BY number");
        let rows = self.reader().all(TABLE, sql, vec![]).await?;
        rows.iter().map(|row| self.shown(row)).collect()
    }

    fn shown(&self, row: &Row) -> Result<Erasure, StoreError> {
        let entry = entry(row)?;
        let ids = open_ids(self.master(), &entry, self.place())?;
        erasure(&entry, ids, row)
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
    let (master, place) = (store.master(), store.place());
    let mut journal = store.journal().read()?;
    let tx = store.begin(TABLE).await?;
    let mut unwritten = Vec::new();
    for row in tx.all(TABLE, COLUMNS, vec![]).await? {
        let mut known = entry(&row)?;
        let Some(noted) = journal.remove(&known.id) else {
            unwritten.push(known);
            continue;
        };
        if noted.ids != known.ids {
            // Ids that were found later than this copy of the database is old.
            let mut ids = open_ids(master, &known, place)?;
            ids.extend(open_ids(master, &noted, place)?);
            known.ids = seal_ids(master, known.number, &ids)?;
            known.lake_rows = known.lake_rows.max(noted.lake_rows);
            write(&tx, &known).await?;
        }
        if known.rank() == 0 && noted.rank() > 0 {
            // An older copy of the database, from before the person was erased from it.
            unwritten.push(erase_again(store, &tx, known, now).await?);
        } else if noted.rank() < known.rank() {
            unwritten.push(known);
        }
    }
    // An older copy still, from before the erasure was asked for; or a crash right after it was.
    for noted in journal.into_values() {
        let was_erased = noted.rank() > 0;
        let request =
            Entry { store_at: None, people: 0, letters: 0, lake_at: None, verified_at: None, ..noted };
        if was_erased {
            unwritten.push(erase_again(store, &tx, request, now).await?);
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

async fn erase_again(store: &Store, tx: &Tx, mut entry: Entry, now: Micros) -> Result<Entry, StoreError> {
    shred(tx, store.master(), store.place(), &mut entry, &[], now).await?;
    write(tx, &entry).await?;
    Ok(entry)
}

/// Deletes the person's keys and all that they sealed, the letters that are named, and the person from all lists.
async fn shred(
    tx: &Tx,
    master: &SealingKey,
    place: &Place,
    entry: &mut Entry,
    letters: &[LetterId],
    now: Micros,
) -> Result<(), StoreError> {
    let ids: Vec<i64> = open_ids(master, entry, place)?.into_iter().collect();
    let named: Vec<i64> = letters.iter().map(|letter| letter.get()).collect();
    let letters =
        delete(tx, "dead_letter", "id", &named).await? + delete(tx, "dead_letter", "person", &ids).await?;
    let people = delete(tx, "person", "sid", &ids).await?;
    delete(tx, "affected", "sid", &ids).await?;
    entry.store_at = entry.store_at.or(Some(now));
    entry.people += stored(people);
    entry.letters += stored(letters);
    Ok(())
}

async fn delete(tx: &Tx, table: &'static str, column: &str, ids: &[i64]) -> Result<u64, StoreError> {
    let mut deleted = 0;
    for some in ids.chunks(AT_ONCE) {
        let values = some.iter().map(|id| (*id).into()).collect();
        let sql = format!("DELETE FROM {table} WHERE {column} IN ({})", list(1, some.len()));
        deleted += tx.execute(table, sql, values).await?;
    }
    Ok(deleted)
}

fn seal_ids(master: &SealingKey, number: i64, ids: &BTreeSet<i64>) -> Result<String, StoreError> {
    let plain: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    Ok(hex(&master.seal(Label::Erasure(number), &plain)?))
}

fn open_ids(master: &SealingKey, entry: &Entry, place: &Place) -> Result<BTreeSet<i64>, StoreError> {
    let opened = bytes(&entry.ids).and_then(|sealed| master.open(Label::Erasure(entry.number), &sealed));
    let (ids, rest) = opened.as_deref().unwrap_or(&[0]).as_chunks::<8>();
    if !rest.is_empty() {
        let what = format!("whom erasure {} is of cannot be read", entry.number);
        return Err(StoreError::Damaged { place: place.clone(), table: TABLE, what });
    }
    Ok(ids.iter().map(|id| i64::from_le_bytes(*id)).collect())
}

async fn find(tx: &Tx, id: ErasureId) -> Result<Entry, StoreError> {
    let row = tx.first(TABLE, format!("{COLUMNS} WHERE id = $1"), vec![id.to_string().into()]).await?;
    row.as_ref().map(entry).ok_or_else(|| StoreError::Absent { table: TABLE, id: id.to_string() })?
}

async fn write(tx: &Tx, entry: &Entry) -> Result<(), StoreError> {
    let sql = "INSERT INTO erasure (id, number, ids, requested_at, requested_by, store_at, people, letters, lake_at, \
               lake_rows, verified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
               ON CONFLICT (id) DO UPDATE SET ids = excluded.ids, store_at = excluded.store_at, people = excluded.people, letters = excluded.letters, \
               lake_at = excluded.lake_at, lake_rows = excluded.lake_rows, verified_at = excluded.verified_at";
    let values = vec![
        entry.id.as_str().into(),
        entry.number.into(),
        entry.ids.as_str().into(),
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
        number: row.get("number")?,
        ids: row.get("ids")?,
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

fn erasure(entry: &Entry, ids: BTreeSet<i64>, row: &Row) -> Result<Erasure, StoreError> {
    let lake = entry.lake_at.map(|at| LakePart { at, rows: entry.lake_rows.unsigned_abs() });
    let state = match (store_part(entry), lake, entry.verified_at) {
        (None, ..) => ErasureState::Requested,
        (Some(store), None, _) => ErasureState::StoreDone(store),
        (Some(store), Some(lake), None) => ErasureState::LakeDone(store, lake),
        (Some(store), Some(lake), Some(at)) => ErasureState::Verified(store, lake, at),
    };
    Ok(Erasure {
        id: ErasureId::parse(&entry.id).ok_or_else(|| row.damaged(format!("id is {}", entry.id)))?,
        number: entry.number,
        ids: ids.into_iter().map(Sid::new).collect(),
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
