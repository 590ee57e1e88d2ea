//! Who did what, in the order in which it happened: entries are added, never changed.

use fidance_domain::history::Micros;

use crate::{
    AuditId, Store, StoreError,
    session::{Conditions, Row, Tx, stored},
};

const TABLE: &str = "audit";

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// When.
    pub at: Micros,
    /// Who: a person of the console, a key, a command.
    pub actor: String,
    /// What, as a verb: `key.revoke`.
    pub action: String,
    /// On what.
    pub object: String,
    /// What else a reader needs; no personal data.
    pub detail: String,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the log.
    pub id: AuditId,
    /// What was done.
    pub entry: NewAuditEntry,
}

impl Store {
    /// Adds an entry.
    pub async fn add_audit(&self, entry: &NewAuditEntry) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        add(&tx, entry).await?;
        tx.commit(TABLE).await
    }

    /// The newest entries, at most `limit`; those older than the entry `before`, if it is given.
    pub async fn audit(&self, before: Option<AuditId>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("id <", before);
        let (wanted, values) = conditions.finish();
        let sql = format!(
            "SELECT id, at, actor, action, object, detail FROM audit{wanted} ORDER BY id DESC LIMIT {}",
            stored(limit)
        );
        self.reader().all(TABLE, sql, values).await?.iter().map(entry).collect()
    }

    /// Throws away entries from before an instant; how many.
    pub async fn purge_audit(&self, before: Micros) -> Result<u64, StoreError> {
        let tx = self.begin(TABLE).await?;
        // Ids are given after the last one, which therefore stays.
        let sql = "DELETE FROM audit WHERE at < $1 AND id < (SELECT max(id) FROM audit)";
        let purged = tx.execute(TABLE, sql, vec![before.into()]).await?;
        tx.commit(TABLE).await?;
        Ok(purged)
    }
}

pub(crate) async fn add(tx: &Tx, entry: &NewAuditEntry) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (id, at, actor, action, object, detail) \
               SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5 FROM audit";
    let NewAuditEntry { at, actor, action, object, detail } = entry;
    let values = vec![(*at).into(), actor.into(), action.into(), object.into(), detail.into()];
    tx.execute(TABLE, sql, values).await.map(drop)
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: AuditId::new(row.get("id")?),
        entry: NewAuditEntry {
            at: row.get("at")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            object: row.get("object")?,
            detail: row.get("detail")?,
        },
    })
}
