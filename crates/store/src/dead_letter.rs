//! Messages that could not be used, kept for a while so that they can be looked at, repaired and sent again.
//!
//! The payload is sealed: with the person's key where the person is known, so that an erasure covers it; otherwise
//! with a key of the day, which is thrown away with that day's last letter.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fidance_domain::history::Micros;
use sea_orm::ConnectionTrait;

use crate::{
    LetterId, Sid, SourceId, Store, StoreError, person,
    seal::{Label, SealingKey},
    session::{Conditions, Row, Session, Tx, list, stored},
};

const TABLE: &str = "dead_letter";
const DAY_KEY: &str = "day_key";
const COLUMNS: &str = "SELECT id, source, received_at, protocol, reason, field, message_id, person, day, payload, \
                       expires_at, replayed_at FROM dead_letter";
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A message that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// Where it came from.
    pub source: SourceId,
    /// When.
    pub received_at: Micros,
    /// In which protocol: `segment`, `posthog`, …
    pub protocol: String,
    /// Why it could not be used, as a stable word.
    pub reason: String,
    /// The field at fault.
    pub field: Option<String>,
    /// The message's own id, where it has one.
    pub message_id: Option<String>,
    /// Whom it is about, where that is known.
    pub person: Option<Sid>,
    /// The message itself.
    pub payload: Vec<u8>,
    /// When it may be thrown away.
    pub expires_at: Micros,
}

/// A dead letter, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: LetterId,
    /// What was kept.
    pub letter: NewLetter,
    /// When it was sent again.
    pub replayed_at: Option<Micros>,
}

/// Which letters are wanted: those that match every given value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letters {
    /// Of this source.
    pub source: Option<SourceId>,
    /// With this reason.
    pub reason: Option<String>,
    /// About this person.
    pub person: Option<Sid>,
    /// Of the message with this id.
    pub message_id: Option<String>,
    /// Received at this instant or later.
    pub since: Option<Micros>,
    /// Received before this instant.
    pub until: Option<Micros>,
    /// Sent again (`Some(true)`), still to be (`Some(false)`), or both.
    pub replayed: Option<bool>,
    /// Older than this letter: the last one of the page before.
    pub before: Option<LetterId>,
}

/// How many letters of a source have a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonCount {
    /// The source.
    pub source: SourceId,
    /// The reason.
    pub reason: String,
    /// Letters not sent again yet.
    pub waiting: u64,
    /// All letters.
    pub total: u64,
}

impl Store {
    /// Keeps letters; see [`Store::append_with`] for doing it along with the parcels of the same requests.
    pub async fn add_letters(&self, letters: &[NewLetter], now: Micros) -> Result<Vec<LetterId>, StoreError> {
        let tx = self.begin(TABLE).await?;
        let ids = add(&tx, self.master(), letters, now).await?;
        tx.commit(TABLE).await?;
        Ok(ids)
    }

    /// The newest of the wanted letters, at most `limit`. The last one's id is [`Letters::before`] of the next page.
    pub async fn letters(&self, wanted: &Letters, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let (conditions, values) = wanted.conditions();
        let sql = format!("{COLUMNS}{conditions} ORDER BY id DESC LIMIT {}", stored(limit));
        let rows = self.reader().all(TABLE, sql, values).await?;
        open(self.reader(), self.master(), &rows).await
    }

    /// One letter.
    pub async fn letter(&self, id: LetterId) -> Result<Option<DeadLetter>, StoreError> {
        let rows = self.reader().all(TABLE, format!("{COLUMNS} WHERE id = $1"), vec![id.into()]).await?;
        Ok(open(self.reader(), self.master(), &rows).await?.pop())
    }

    /// Puts a repaired message in the place of a letter's.
    pub async fn replace_letter(&self, id: LetterId, payload: &[u8]) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let row = tx.first(TABLE, format!("{COLUMNS} WHERE id = $1"), vec![id.into()]).await?;
        let row = row.ok_or_else(|| absent(id))?;
        let keys = Keys::read(&tx, self.master(), std::slice::from_ref(&row)).await?;
        let sealed = keys.of(&row)?.seal(Label::Letter(id.get()), payload)?;
        let sql = "UPDATE dead_letter SET payload = $2 WHERE id = $1";
        tx.execute(TABLE, sql, vec![id.into(), sealed.into()]).await?;
        tx.commit(TABLE).await
    }

    /// Notes that a letter was sent again.
    pub async fn mark_replayed(&self, id: LetterId, now: Micros) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let sql = "UPDATE dead_letter SET replayed_at = $2 WHERE id = $1";
        if tx.execute(TABLE, sql, vec![id.into(), now.into()]).await? == 0 {
            return Err(absent(id));
        }
        tx.commit(TABLE).await
    }

    /// Throws letters away; how many there were.
    pub async fn delete_letters(&self, ids: &[LetterId]) -> Result<u64, StoreError> {
        let tx = self.begin(TABLE).await?;
        let mut deleted = 0;
        for some in ids.chunks(512) {
            let values = some.iter().map(|id| (*id).into()).collect();
            let sql = format!("DELETE FROM dead_letter WHERE id IN ({})", list(1, some.len()));
            deleted += tx.execute(TABLE, sql, values).await?;
        }
        tx.commit(TABLE).await?;
        Ok(deleted)
    }

    /// Throws away what has expired, and the keys of days that no letter needs any more; how many letters.
    /// Call [`Store::scrub`] afterwards.
    pub async fn purge_letters(&self, now: Micros) -> Result<u64, StoreError> {
        let tx = self.begin(TABLE).await?;
        let deleted =
            tx.execute(TABLE, "DELETE FROM dead_letter WHERE expires_at <= $1", vec![now.into()]).await?;
        let sql = "DELETE FROM day_key WHERE NOT EXISTS (SELECT 1 FROM dead_letter WHERE dead_letter.day = day_key.day)";
        tx.execute(DAY_KEY, sql, vec![]).await?;
        tx.commit(TABLE).await?;
        Ok(deleted)
    }

    /// How many letters each source has of each reason, most first.
    pub async fn letter_counts(&self) -> Result<Vec<ReasonCount>, StoreError> {
        let sql = "SELECT source, reason, count(*) AS total, \
                   CAST(sum(CASE WHEN replayed_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS waiting FROM dead_letter \
                   GROUP BY source, reason ORDER BY total DESC, source, reason";
        let read = |row: &Row| {
            Ok(ReasonCount {
                source: SourceId::new(row.get("source")?),
                reason: row.get("reason")?,
                waiting: row.count("waiting")?,
                total: row.count("total")?,
            })
        };
        self.reader().all(TABLE, sql, vec![]).await?.iter().map(read).collect()
    }
}

impl Letters {
    fn conditions(&self) -> (String, Vec<sea_orm::Value>) {
        let mut conditions = Conditions::default();
        conditions.add("source =", self.source);
        conditions.add("reason =", self.reason.as_deref());
        conditions.add("person =", self.person);
        conditions.add("message_id =", self.message_id.as_deref());
        conditions.add("received_at >=", self.since);
        conditions.add("received_at <", self.until);
        conditions.add("id <", self.before);
        match self.replayed {
            Some(true) => conditions.add_plain("replayed_at IS NOT NULL"),
            Some(false) => conditions.add_plain("replayed_at IS NULL"),
            None => {}
        }
        conditions.finish()
    }
}

pub(crate) async fn add(
    tx: &Tx,
    master: &SealingKey,
    letters: &[NewLetter],
    now: Micros,
) -> Result<Vec<LetterId>, StoreError> {
    if letters.is_empty() {
        return Ok(Vec::new());
    }
    let people: BTreeSet<i64> = letters.iter().filter_map(|letter| letter.person.map(Sid::get)).collect();
    let people: Vec<i64> = people.into_iter().collect();
    let of_person = person::keys(tx, master, &people, now).await?;
    let mut of_day = BTreeMap::new();
    for letter in letters.iter().filter(|letter| letter.person.is_none()) {
        let day = day_of(letter.received_at);
        if let std::collections::btree_map::Entry::Vacant(entry) = of_day.entry(day) {
            entry.insert(day_key(tx, master, day).await?);
        }
    }
    let count = stored(letters.len());
    let sql = "UPDATE inbox_counter SET last_letter = last_letter + $1 RETURNING last_letter";
    let last: i64 = tx.one(TABLE, sql, vec![count.into()]).await?.get("last_letter")?;
    let ids: Vec<LetterId> = (last - count + 1..=last).map(LetterId::new).collect();
    let mut rows = Vec::with_capacity(letters.len());
    for (id, letter) in ids.iter().zip(letters) {
        let day = letter.person.is_none().then(|| day_of(letter.received_at));
        let key = match (letter.person, day) {
            (Some(sid), _) => of_person.get(&sid.get()),
            (None, day) => day.and_then(|day| of_day.get(&day)),
        };
        let key = key.ok_or_else(|| StoreError::Sealed { table: TABLE, id: id.to_string() })?;
        rows.push(vec![
            (*id).into(),
            letter.source.into(),
            letter.received_at.into(),
            letter.protocol.as_str().into(),
            letter.reason.as_str().into(),
            letter.field.clone().into(),
            letter.message_id.clone().into(),
            letter.person.map(Sid::get).into(),
            day.into(),
            key.seal(Label::Letter(id.get()), &letter.payload)?.into(),
            letter.expires_at.into(),
        ]);
    }
    let into = "INSERT INTO dead_letter (id, source, received_at, protocol, reason, field, message_id, person, day, \
                payload, expires_at)";
    tx.insert_rows(TABLE, (into, ""), 11, rows).await?;
    Ok(ids)
}

/// The keys that some letters are sealed with.
struct Keys {
    of_person: HashMap<i64, SealingKey>,
    of_day: HashMap<i64, SealingKey>,
}

impl Keys {
    async fn read<C: ConnectionTrait>(
        session: &Session<C>,
        master: &SealingKey,
        letters: &[Row],
    ) -> Result<Self, StoreError> {
        let (mut people, mut days) = (BTreeSet::new(), BTreeSet::new());
        for row in letters {
            people.extend(row.get::<Option<i64>>("person")?);
            days.extend(row.get::<Option<i64>>("day")?);
        }
        let (mut of_person, mut of_day) = (HashMap::new(), HashMap::new());
        for some in people.into_iter().collect::<Vec<_>>().chunks(512) {
            person::read_keys(session, master, some, &mut of_person).await?;
        }
        for day in days {
            of_day.extend(stored_day_key(session, master, day).await?.map(|key| (day, key)));
        }
        Ok(Self { of_person, of_day })
    }

    fn of(&self, row: &Row) -> Result<&SealingKey, StoreError> {
        let (id, person, day): (i64, Option<i64>, Option<i64>) =
            (row.get("id")?, row.get("person")?, row.get("day")?);
        let key = match person {
            Some(sid) => self.of_person.get(&sid),
            None => day.and_then(|day| self.of_day.get(&day)),
        };
        key.ok_or_else(|| StoreError::Sealed { table: TABLE, id: id.to_string() })
    }
}

async fn open<C: ConnectionTrait>(
    session: &Session<C>,
    master: &SealingKey,
    rows: &[Row],
) -> Result<Vec<DeadLetter>, StoreError> {
    let keys = Keys::read(session, master, rows).await?;
    rows.iter().map(|row| letter(row, keys.of(row)?)).collect()
}

fn letter(row: &Row, key: &SealingKey) -> Result<DeadLetter, StoreError> {
    let id = LetterId::new(row.get("id")?);
    let sealed: Vec<u8> = row.get("payload")?;
    let damaged = || StoreError::Sealed { table: TABLE, id: id.to_string() };
    let letter = NewLetter {
        source: SourceId::new(row.get("source")?),
        received_at: row.get("received_at")?,
        protocol: row.get("protocol")?,
        reason: row.get("reason")?,
        field: row.get("field")?,
        message_id: row.get("message_id")?,
        person: row.get::<Option<i64>>("person")?.map(Sid::new),
        payload: key.open(Label::Letter(id.get()), &sealed).ok_or_else(damaged)?,
        expires_at: row.get("expires_at")?,
    };
    Ok(DeadLetter { id, letter, replayed_at: row.get("replayed_at")? })
}

/// The key of a day, made with the day's first letter.
async fn day_key(tx: &Tx, master: &SealingKey, day: i64) -> Result<SealingKey, StoreError> {
    if let Some(key) = stored_day_key(tx, master, day).await? {
        return Ok(key);
    }
    let key = SealingKey::random()?;
    let wrapped = master.wrap(Label::DayKey(day), &key)?;
    let sql = "INSERT INTO day_key (day, key) VALUES ($1, $2)";
    tx.execute(DAY_KEY, sql, vec![day.into(), wrapped.into()]).await?;
    Ok(key)
}

async fn stored_day_key<C: ConnectionTrait>(
    session: &Session<C>,
    master: &SealingKey,
    day: i64,
) -> Result<Option<SealingKey>, StoreError> {
    let sql = "SELECT key FROM day_key WHERE day = $1";
    let Some(row) = session.first(DAY_KEY, sql, vec![day.into()]).await? else { return Ok(None) };
    let wrapped: Vec<u8> = row.get("key")?;
    let damaged = || StoreError::Sealed { table: DAY_KEY, id: day.to_string() };
    master.unwrap(Label::DayKey(day), &wrapped).ok_or_else(damaged).map(Some)
}

const fn day_of(at: Micros) -> i64 {
    at.div_euclid(MICROS_PER_DAY)
}

fn absent(id: LetterId) -> StoreError {
    StoreError::Absent { table: TABLE, id: id.to_string() }
}
