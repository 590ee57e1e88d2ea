//! Tallies of what people did who refused to be recorded: a number per day, source and event, and nobody's name.

use std::collections::BTreeMap;

use crate::{
    SourceId, Store, StoreError,
    session::{Tx, stored},
};

const TABLE: &str = "consent_count";

/// Events of one day (days since 1970-01-01) to be counted without saying whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCount {
    /// The day, counted from 1970-01-01.
    pub day: i32,
    /// Where they came from.
    pub source: SourceId,
    /// The event's name.
    pub event: String,
    /// How many.
    pub count: u64,
}

impl Store {
    /// Adds to the tallies; see [`Store::append_with`] for doing it along with the parcels of the same requests.
    pub async fn add_counts(&self, counts: &[EventCount]) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        add(&tx, counts).await?;
        tx.commit(TABLE).await
    }

    /// The tallies of the days `from..until`, in order of day, source and event.
    pub async fn counts(&self, from: i32, until: i32) -> Result<Vec<EventCount>, StoreError> {
        let sql = "SELECT day, source, event, n FROM consent_count WHERE day >= $1 AND day < $2 \
                   ORDER BY day, source, event";
        let values = vec![i64::from(from).into(), i64::from(until).into()];
        let rows = self.reader().all(TABLE, sql, values).await?;
        let read = |row: &crate::session::Row| {
            let day: i64 = row.get("day")?;
            Ok(EventCount {
                day: day.try_into().map_err(|_| row.damaged(format!("day is {day}")))?,
                source: SourceId::new(row.get("source")?),
                event: row.get("event")?,
                count: row.count("n")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

pub(crate) async fn add(tx: &Tx, counts: &[EventCount]) -> Result<(), StoreError> {
    // One statement may touch a row only once.
    let mut sums = BTreeMap::new();
    for EventCount { day, source, event, count } in counts {
        *sums.entry((*day, *source, event.as_str())).or_insert(0u64) += count;
    }
    let row = |((day, source, event), count): ((i32, SourceId, &str), u64)| {
        vec![i64::from(day).into(), source.into(), event.into(), stored(count).into()]
    };
    let into = "INSERT INTO consent_count (day, source, event, n)";
    let after = "ON CONFLICT (day, source, event) DO UPDATE SET n = consent_count.n + excluded.n";
    tx.insert_rows(TABLE, (into, after), 4, sums.into_iter().map(row).collect()).await
}
