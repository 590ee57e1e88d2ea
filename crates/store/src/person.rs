//! What is known of people, each sealed with a key of their own.
//!
//! A person's row holds their key, itself sealed with the master key, and their traits, sealed with that key. Erasing a
//! person deletes the row: what a copy of the traits still holds somewhere, in a backup or in a log, can then only be read
//! by whoever has an older copy of that row and the master key.

use std::collections::{BTreeMap, HashMap};

use fidance_domain::history::Micros;
use sea_orm::Value as Bound;
use serde_json::{Map, Value};

use crate::{
    Sid, Store, StoreError,
    seal::{Label, SealingKey},
    session::{Row, Session, Tx, list},
};

pub(crate) const TABLE: &str = "person";

/// People of one look-up: SQLite and PostgreSQL both bind many more values.
const LOOK: usize = 512;

/// What a message says of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonPatch {
    /// Whose; later patches of the same person win.
    pub sid: Sid,
    /// Traits to be set; `null` removes one. Values replace, they are not merged deeper.
    pub traits: Map<String, Value>,
    /// The language to write to the person in, as `fr`; `None` leaves what is known.
    pub lang: Option<String>,
}

/// What is known of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonData {
    /// Whose.
    pub sid: Sid,
    /// Their traits.
    pub traits: Map<String, Value>,
    /// The language to write to them in.
    pub lang: Option<String>,
    /// When they were first known.
    pub created_at: Micros,
    /// When something was last said of them.
    pub updated_at: Micros,
}

impl Store {
    /// Merges patches into what is known; see [`Store::append_with`] for doing it along with the parcels.
    pub async fn upsert_people(&self, patches: &[PersonPatch], now: Micros) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        upsert(&tx, self.master(), patches, now).await?;
        tx.commit(TABLE).await
    }

    /// What is known of a person.
    pub async fn person(&self, sid: Sid) -> Result<Option<PersonData>, StoreError> {
        let sql = "SELECT sid, key, data, lang, created_at, updated_at FROM person WHERE sid = $1";
        let Some(row) = self.reader().first(TABLE, sql, vec![sid.into()]).await? else { return Ok(None) };
        let known = Known::read(&row, self.master())?;
        Ok(Some(PersonData {
            sid,
            traits: known.traits,
            lang: known.lang,
            created_at: known.created_at,
            updated_at: row.get("updated_at")?,
        }))
    }

    /// How many people something is known of.
    pub async fn count_people(&self) -> Result<u64, StoreError> {
        self.reader().one(TABLE, "SELECT count(*) AS n FROM person", vec![]).await?.count("n")
    }

    /// Whoever something is known of and nothing was said of since `before`, in order.
    pub async fn people_not_heard_of(&self, before: Micros) -> Result<Vec<Sid>, StoreError> {
        let sql = "SELECT sid FROM person WHERE updated_at < $1 ORDER BY sid";
        let rows = self.reader().all(TABLE, sql, vec![before.into()]).await?;
        rows.iter().map(|row| row.get("sid").map(Sid::new)).collect()
    }

    /// Those of these people of whom something was said at `since` or later.
    pub async fn people_heard_of(&self, people: &[Sid], since: Micros) -> Result<Vec<Sid>, StoreError> {
        let mut heard = Vec::new();
        let sids: Vec<i64> = people.iter().map(|sid| sid.get()).collect();
        for some in sids.chunks(LOOK) {
            for row in look_up(self.reader(), "sid, updated_at", some).await? {
                if row.get::<i64>("updated_at")? >= since {
                    heard.push(Sid::new(row.get("sid")?));
                }
            }
        }
        Ok(heard)
    }
}

/// A stored person, opened.
struct Known {
    wrapped: Vec<u8>,
    key: SealingKey,
    traits: Map<String, Value>,
    lang: Option<String>,
    created_at: Micros,
}

impl Known {
    fn new(sid: i64, master: &SealingKey, now: Micros) -> Result<Self, StoreError> {
        let key = SealingKey::random()?;
        let wrapped = master.wrap(Label::PersonKey(sid), &key)?;
        Ok(Self { wrapped, key, traits: Map::new(), lang: None, created_at: now })
    }

    fn read(row: &Row, master: &SealingKey) -> Result<Self, StoreError> {
        let (sid, wrapped, data): (i64, Vec<u8>, Vec<u8>) =
            (row.get("sid")?, row.get("key")?, row.get("data")?);
        let damaged = || StoreError::Sealed { table: TABLE, id: sid.to_string() };
        let key = master.unwrap(Label::PersonKey(sid), &wrapped).ok_or_else(damaged)?;
        let plain = key.open(Label::Person(sid), &data).ok_or_else(damaged)?;
        let traits = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        Ok(Self { wrapped, key, traits, lang: row.get("lang")?, created_at: row.get("created_at")? })
    }

    fn merge(&mut self, patch: &PersonPatch) {
        for (name, value) in &patch.traits {
            if value.is_null() {
                self.traits.remove(name);
            } else {
                self.traits.insert(name.clone(), value.clone());
            }
        }
        if patch.lang.is_some() {
            self.lang.clone_from(&patch.lang);
        }
    }

    fn row(self, sid: i64, now: Micros) -> Result<Vec<Bound>, StoreError> {
        let plain = Value::Object(self.traits).to_string();
        let data = self.key.seal(Label::Person(sid), plain.as_bytes())?;
        Ok(vec![
            sid.into(),
            self.wrapped.into(),
            data.into(),
            self.lang.into(),
            self.created_at.into(),
            now.into(),
        ])
    }
}

pub(crate) async fn upsert(
    tx: &Tx,
    master: &SealingKey,
    patches: &[PersonPatch],
    now: Micros,
) -> Result<(), StoreError> {
    let mut of_person: BTreeMap<i64, Vec<&PersonPatch>> = BTreeMap::new();
    for patch in patches {
        of_person.entry(patch.sid.get()).or_default().push(patch);
    }
    let sids: Vec<i64> = of_person.keys().copied().collect();
    let mut rows = Vec::with_capacity(sids.len());
    for some in sids.chunks(LOOK) {
        let mut known = HashMap::with_capacity(some.len());
        for row in look_up(tx, "sid, key, data, lang, created_at", some).await? {
            known.insert(row.get::<i64>("sid")?, Known::read(&row, master)?);
        }
        for sid in some {
            let mut person = match known.remove(sid) {
                Some(person) => person,
                None => Known::new(*sid, master, now)?,
            };
            of_person.get(sid).into_iter().flatten().for_each(|patch| person.merge(patch));
            rows.push(person.row(*sid, now)?);
        }
    }
    let into = "INSERT INTO person (sid, key, data, lang, created_at, updated_at)";
    let after = "ON CONFLICT (sid) DO UPDATE SET key = excluded.key, data = excluded.data, lang = excluded.lang, \
                 updated_at = excluded.updated_at";
    tx.insert_rows(TABLE, (into, after), 6, rows).await
}

/// The keys of these people. Who has none yet gets one, with nothing known: a letter of theirs is then erased with them.
pub(crate) async fn keys(
    tx: &Tx,
    master: &SealingKey,
    sids: &[i64],
    now: Micros,
) -> Result<HashMap<i64, SealingKey>, StoreError> {
    let mut keys = HashMap::with_capacity(sids.len());
    let mut rows = Vec::new();
    for some in sids.chunks(LOOK) {
        read_keys(tx, master, some, &mut keys).await?;
        for sid in some {
            if !keys.contains_key(sid) {
                let person = Known::new(*sid, master, now)?;
                keys.insert(*sid, person.key.clone());
                rows.push(person.row(*sid, now)?);
            }
        }
    }
    let into = "INSERT INTO person (sid, key, data, lang, created_at, updated_at)";
    tx.insert_rows(TABLE, (into, ""), 6, rows).await?;
    Ok(keys)
}

/// Adds the keys of those of these people who have one.
pub(crate) async fn read_keys<C: sea_orm::ConnectionTrait>(
    session: &Session<C>,
    master: &SealingKey,
    sids: &[i64],
    keys: &mut HashMap<i64, SealingKey>,
) -> Result<(), StoreError> {
    for row in look_up(session, "sid, key", sids).await? {
        let (sid, wrapped): (i64, Vec<u8>) = (row.get("sid")?, row.get("key")?);
        let damaged = || StoreError::Sealed { table: TABLE, id: sid.to_string() };
        keys.insert(sid, master.unwrap(Label::PersonKey(sid), &wrapped).ok_or_else(damaged)?);
    }
    Ok(())
}

/// The rows of these people. The list is filled up to a power of two, so that few statements are prepared.
async fn look_up<C: sea_orm::ConnectionTrait>(
    session: &Session<C>,
    columns: &str,
    sids: &[i64],
) -> Result<Vec<Row>, StoreError> {
    let Some(last) = sids.last() else { return Ok(Vec::new()) };
    let count = sids.len().next_power_of_two();
    let filled = sids.iter().chain(std::iter::repeat(last)).take(count);
    let values = filled.map(|sid| (*sid).into()).collect();
    let sql = format!("SELECT {columns} FROM person WHERE sid IN ({})", list(1, count));
    session.all(TABLE, sql, values).await
}
