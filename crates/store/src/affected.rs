//! Whom an incident has affected, as far as the business knows: a list of pseudonyms for each.
//!
//! A list is replaced as a whole. A person's erasure takes them off every list; who is put on one afterwards is, as
//! everywhere in the store, a new customer with the same id.

use std::collections::{BTreeMap, BTreeSet};

use fidance_domain::{history::Micros, list::MOST_LISTS};

use crate::{
    Sid, Store, StoreError,
    incident::{self, note},
    session::list,
};

const TABLE: &str = "affected";
/// Pseudonyms of one look-up.
const LOOK: usize = 512;

impl Store {
    /// Says whom an incident affected, in place of whatever was said before; how many people that are.
    /// [`StoreError::Absent`] if the register does not have it, [`StoreError::State`] if [`MOST_LISTS`] others have a list.
    pub async fn set_affected(
        &self,
        incident: &str,
        people: &[Sid],
        by: &str,
        now: Micros,
    ) -> Result<u64, StoreError> {
        let people: BTreeSet<Sid> = people.iter().copied().collect();
        let tx = self.begin(TABLE).await?;
        let sql = "SELECT id FROM incident WHERE id = $1";
        if tx.first(incident::TABLE, sql, vec![incident.into()]).await?.is_none() {
            return Err(StoreError::Absent { table: incident::TABLE, id: incident.to_owned() });
        }
        let sql = "SELECT count(DISTINCT incident) AS n FROM affected WHERE incident <> $1";
        if tx.one(TABLE, sql, vec![incident.into()]).await?.count("n")? >= MOST_LISTS as u64 {
            let what = "have a list of customers: 64 others have one, which is the most";
            return Err(StoreError::State { table: incident::TABLE, id: incident.to_owned(), what });
        }
        tx.execute(TABLE, "DELETE FROM affected WHERE incident = $1", vec![incident.into()]).await?;
        let rows = people.iter().map(|sid| vec![incident.into(), (*sid).into()]).collect();
        tx.insert_rows(TABLE, ("INSERT INTO affected (incident, sid)", ""), 2, rows).await?;
        note(&tx, incident, "incident.affected", &people.len().to_string(), by, now).await?;
        tx.commit(TABLE).await?;
        Ok(people.len() as u64)
    }

    /// Takes the list of an incident away. [`StoreError::Absent`] if it has none.
    pub async fn delete_affected(&self, incident: &str, by: &str, now: Micros) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        if tx.execute(TABLE, "DELETE FROM affected WHERE incident = $1", vec![incident.into()]).await? == 0 {
            return Err(StoreError::Absent { table: TABLE, id: incident.to_owned() });
        }
        note(&tx, incident, "incident.unaffected", "", by, now).await?;
        tx.commit(TABLE).await
    }

    /// How many people are on each list, by incident; an incident without a list is not there.
    pub async fn affected_counts(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let sql = "SELECT incident, count(*) AS n FROM affected GROUP BY incident";
        let rows = self.reader().all(TABLE, sql, vec![]).await?;
        rows.iter().map(|row| Ok((row.get("incident")?, row.count("n")?))).collect()
    }

    /// Whom an incident affected, in order.
    pub async fn affected(&self, incident: &str) -> Result<Vec<Sid>, StoreError> {
        let sql = "SELECT sid FROM affected WHERE incident = $1 ORDER BY sid";
        let rows = self.reader().all(TABLE, sql, vec![incident.into()]).await?;
        rows.iter().map(|row| row.get("sid").map(Sid::new)).collect()
    }

    /// The incidents that affected any of these pseudonyms, in the order of their ids.
    pub async fn incidents_of(&self, people: &[Sid]) -> Result<BTreeSet<String>, StoreError> {
        let mut incidents = BTreeSet::new();
        for some in people.chunks(LOOK) {
            let values = some.iter().map(|sid| (*sid).into()).collect();
            let sql =
                format!("SELECT DISTINCT incident FROM affected WHERE sid IN ({})", list(1, some.len()));
            for row in self.reader().all(TABLE, sql, values).await? {
                incidents.insert(row.get("incident")?);
            }
        }
        Ok(incidents)
    }
}
