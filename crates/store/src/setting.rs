//! Small values by name: the ids of the store and of its lake, and whatever a job must remember.

use fidance_domain::history::Micros;

use crate::{Store, StoreError, seal::random, session::Tx};

const TABLE: &str = "setting";
const STORE_ID: &str = "store_id";

impl Store {
    /// The value of a setting.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM setting WHERE name = $1";
        let row = self.reader().first(TABLE, sql, vec![name.into()]).await?;
        row.map(|row| row.get("value")).transpose()
    }

    /// Gives a setting a value, over the one it may have.
    pub async fn set_setting(&self, name: &str, value: &str, now: Micros) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        write(&tx, name, value, now).await?;
        tx.commit(TABLE).await
    }

    /// The id that the store was given when it was made: a random UUID. A restored backup keeps it.
    pub async fn id(&self) -> Result<String, StoreError> {
        let absent = || StoreError::Absent { table: TABLE, id: STORE_ID.into() };
        self.setting(STORE_ID).await?.ok_or_else(absent)
    }
}

pub(crate) async fn write(tx: &Tx, name: &str, value: &str, now: Micros) -> Result<(), StoreError> {
    let sql = "INSERT INTO setting (name, value, updated_at) VALUES ($1, $2, $3) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
    tx.execute(TABLE, sql, vec![name.into(), value.into(), now.into()]).await.map(drop)
}

/// Gives a new store its id.
pub(crate) async fn make_id(tx: &Tx, now: Micros) -> Result<(), StoreError> {
    let sql = "SELECT value FROM setting WHERE name = $1";
    if tx.first(TABLE, sql, vec![STORE_ID.into()]).await?.is_none() {
        write(tx, STORE_ID, &uuid(random()?), now).await?;
    }
    Ok(())
}

/// Random bits as a UUID of version 4.
fn uuid(bytes: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_random_uuids() {
        assert_eq!(super::uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(super::uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
