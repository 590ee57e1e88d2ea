//! Keys that sources sign in with. The store keeps a key's SHA-256 only: a random key of 160 bits needs no slow hash.

use std::fmt;

use fidance_domain::history::Micros;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    KeyId, SourceId, Store, StoreError,
    seal::{hex, random},
    session::{Conditions, Row, stored},
    source,
};

const TABLE: &str = "key";
const RANDOM_BYTES: usize = 20;
/// Of a plain key, so that people can tell keys apart: `fk_` and six of forty digits.
const SHOWN: usize = 9;

const COLUMNS: &str = "SELECT key.id, key.source, key.origins, key.hash, key.shown, key.created_at, key.revoked_at, key.last_used_day \
     FROM key";

/// Where a key may be used from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// In pages, where everybody can read it: it may only add events.
    Browser {
        /// The origins of those pages, as `https://shop.example`. Empty: any.
        origins: Vec<String>,
    },
    /// On servers.
    Server,
}

impl KeyKind {
    const fn prefix(&self) -> &'static str {
        match self {
            Self::Browser { .. } => "fk_",
            Self::Server => "fs_",
        }
    }
}

/// A key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub source: SourceId,
    /// Where it may be used from.
    pub kind: KeyKind,
    /// Its beginning, for people to know it by.
    pub shown: String,
    /// When it was made.
    pub created_at: Micros,
    /// Since when it is refused.
    pub revoked_at: Option<Micros>,
    /// The last day it was used, counted from 1970-01-01.
    pub last_used_day: Option<i32>,
}

/// A key just made. The plain text is nowhere else, and cannot be had again.
#[derive(Clone)]
pub struct NewKey {
    /// Its id.
    pub id: KeyId,
    /// What the source has to send: `fk_` (browser) or `fs_` (server) and 40 hexadecimal digits.
    pub plain: String,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Store {
    /// Makes a key for a source.
    pub async fn create_key(
        &self,
        source: SourceId,
        kind: &KeyKind,
        now: Micros,
    ) -> Result<NewKey, StoreError> {
        let digits = hex(&random::<RANDOM_BYTES>()?);
        let plain = format!("{}{digits}", kind.prefix());
        let origins = match kind {
            KeyKind::Browser { origins } => Some(serde_json::Value::from(origins.clone()).to_string()),
            KeyKind::Server => None,
        };
        let tx = self.begin(TABLE).await?;
        source::require(&tx, source).await?;
        let next = tx.one(TABLE, "SELECT coalesce(max(id), 0) + 1 AS id FROM key", vec![]).await?;
        let id = KeyId::new(next.get("id")?);
        let sql =
            "INSERT INTO key (id, source, origins, hash, shown, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
        let shown = plain.get(..SHOWN).unwrap_or_default();
        let values = vec![
            id.into(),
            source.into(),
            origins.into(),
            hash(&plain).to_vec().into(),
            shown.into(),
            now.into(),
        ];
        tx.execute(TABLE, sql, values).await?;
        tx.commit(TABLE).await?;
        Ok(NewKey { id, plain })
    }

    /// The key of this plain text, if it is neither revoked nor its source disabled.
    pub async fn find_key(&self, plain: &str) -> Result<Option<Key>, StoreError> {
        let wanted = hash(plain);
        let sql = format!(
            "{COLUMNS} JOIN source ON source.id = key.source \
             WHERE key.hash = $1 AND key.revoked_at IS NULL AND source.disabled_at IS NULL"
        );
        let Some(row) = self.reader().first(TABLE, sql, vec![wanted.to_vec().into()]).await? else {
            return Ok(None);
        };
        // The index has compared hashes, which tells nothing of the key; this does not depend on how it did.
        let found: Vec<u8> = row.get("hash")?;
        if !bool::from(found.as_slice().ct_eq(wanted.as_slice())) {
            return Ok(None);
        }
        key(&row).map(Some)
    }

    /// The keys of a source, or of all, the revoked ones too, in order of their making.
    pub async fn keys(&self, of: Option<SourceId>) -> Result<Vec<Key>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("key.source =", of);
        let (wanted, values) = conditions.finish();
        let rows = self.reader().all(TABLE, format!("{COLUMNS}{wanted} ORDER BY key.id"), values).await?;
        rows.iter().map(key).collect()
    }

    /// The keys made after one, or the first, in order of their making: at most `limit`.
    pub async fn key_page(&self, after: Option<KeyId>, limit: usize) -> Result<Vec<Key>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("key.id >", after);
        let (wanted, values) = conditions.finish();
        let sql = format!("{COLUMNS}{wanted} ORDER BY key.id LIMIT {}", stored(limit));
        self.reader().all(TABLE, sql, values).await?.iter().map(key).collect()
    }

    /// Refuses a key from now on. Revoking a revoked key keeps its first date.
    pub async fn revoke_key(&self, id: KeyId, now: Micros) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let sql = "UPDATE key SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1";
        if tx.execute(TABLE, sql, vec![id.into(), now.into()]).await? == 0 {
            return Err(StoreError::Absent { table: TABLE, id: id.to_string() });
        }
        tx.commit(TABLE).await
    }

    /// Notes the day (counted from 1970-01-01) that keys were used on; an earlier day than the noted one is ignored.
    pub async fn mark_keys_used(&self, keys: &[KeyId], day: i32) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        for id in keys {
            let sql = "UPDATE key SET last_used_day = $2 \
                       WHERE id = $1 AND (last_used_day IS NULL OR last_used_day < $2)";
            tx.execute(TABLE, sql, vec![(*id).into(), i64::from(day).into()]).await?;
        }
        tx.commit(TABLE).await
    }
}

fn hash(plain: &str) -> [u8; 32] {
    Sha256::digest(plain.as_bytes()).into()
}

fn key(row: &Row) -> Result<Key, StoreError> {
    let origins: Option<String> = row.get("origins")?;
    let kind = match origins {
        None => KeyKind::Server,
        Some(text) => KeyKind::Browser {
            origins: serde_json::from_str(&text).map_err(|_| row.damaged("origins are no list".into()))?,
        },
    };
    let day: Option<i64> = row.get("last_used_day")?;
    Ok(Key {
        id: KeyId::new(row.get("id")?),
        source: SourceId::new(row.get("source")?),
        kind,
        shown: row.get("shown")?,
        created_at: row.get("created_at")?,
        revoked_at: row.get("revoked_at")?,
        last_used_day: day.and_then(|day| day.try_into().ok()),
    })
}
