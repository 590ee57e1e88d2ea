//! The register of incidents: what happened to the business, as its people write it down.
//!
//! What an entry says is text in the format of the register, which this crate does not read.

use fidance_domain::history::Micros;
use jiff::civil::Date;

use crate::{
    NewAuditEntry, Store, StoreError, audit,
    session::{Row, Tx},
};

pub(crate) const TABLE: &str = "incident";
const COLUMNS: &str = "SELECT id, kind, event_date, document, updated_at FROM incident";

/// An entry as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIncident {
    /// The name that the business gave it.
    pub id: String,
    /// What it is, in the words of the register.
    pub kind: String,
    /// When it happened, where that is known.
    pub date: Option<Date>,
    /// The whole entry, JSON in the format of the register.
    pub document: String,
}

/// An entry of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// What was written.
    pub content: NewIncident,
    /// When.
    pub updated_at: Micros,
}

impl Store {
    /// Writes an entry, over the one that has its id.
    pub async fn put_incident(
        &self,
        incident: &NewIncident,
        by: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO incident (id, kind, event_date, document, updated_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, event_date = excluded.event_date, \
                   document = excluded.document, updated_at = excluded.updated_at";
        let values = vec![
            incident.id.as_str().into(),
            incident.kind.as_str().into(),
            incident.date.map(|date| date.to_string()).into(),
            incident.document.as_str().into(),
            now.into(),
        ];
        let tx = self.begin(TABLE).await?;
        tx.execute(TABLE, sql, values).await?;
        note(&tx, &incident.id, "incident.put", "", by, now).await?;
        tx.commit(TABLE).await
    }

    /// Deletes an entry, with the list of whom it affected. An alarm that it explains goes on naming it.
    pub async fn delete_incident(&self, id: &str, by: &str, now: Micros) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        tx.execute("affected", "DELETE FROM affected WHERE incident = $1", vec![id.into()]).await?;
        if tx.execute(TABLE, "DELETE FROM incident WHERE id = $1", vec![id.into()]).await? == 0 {
            return Err(StoreError::Absent { table: TABLE, id: id.to_owned() });
        }
        note(&tx, id, "incident.delete", "", by, now).await?;
        tx.commit(TABLE).await
    }

    /// An entry of the register.
    pub async fn incident(&self, id: &str) -> Result<Option<Incident>, StoreError> {
        let sql = format!("{COLUMNS} WHERE id = $1");
        self.reader().first(TABLE, sql, vec![id.into()]).await?.as_ref().map(incident).transpose()
    }

    /// The whole register in the order of dates; what has none comes last.
    pub async fn incidents(&self) -> Result<Vec<Incident>, StoreError> {
        let sql = format!("{COLUMNS} ORDER BY event_date IS NULL, event_date, id");
        self.reader().all(TABLE, sql, vec![]).await?.iter().map(incident).collect()
    }
}

pub(crate) async fn note(
    tx: &Tx,
    id: &str,
    action: &str,
    detail: &str,
    by: &str,
    now: Micros,
) -> Result<(), StoreError> {
    let entry = NewAuditEntry {
        at: now,
        actor: by.to_owned(),
        action: action.to_owned(),
        object: id.to_owned(),
        detail: detail.to_owned(),
    };
    audit::add(tx, &entry).await
}

fn incident(row: &Row) -> Result<Incident, StoreError> {
    let date: Option<String> = row.get("event_date")?;
    let date = date.map(|text| text.parse().map_err(|_| row.damaged(format!("event_date is {text}"))));
    Ok(Incident {
        content: NewIncident {
            id: row.get("id")?,
            kind: row.get("kind")?,
            date: date.transpose()?,
            document: row.get("document")?,
        },
        updated_at: row.get("updated_at")?,
    })
}
