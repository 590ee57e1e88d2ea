//! The schema, as the sum of its migrations: one file each, forward only, never changed once released.
//!
//! The runner is SeaORM's. All pending migrations are applied in one transaction of ours, on both back ends, so that a
//! crash leaves the old schema. A store that has had a migration this program does not know is refused before that.

use sea_orm::DbBackend;
use sea_orm_migration::{
    MigrationTrait, MigratorTrait, SchemaManager,
    sea_query::{ColumnDef, Table, TableCreateStatement},
};

use crate::{StoreError, session::Tx};

mod m0001_settings;
mod m0002_sources_and_keys;
mod m0003_inbox;
mod m0004_people;
mod m0005_dead_letters;
mod m0006_erasures;
mod m0007_consent_counts;
mod m0008_audit;
mod m0009_lake_batches;
mod m0010_api_calls;
mod m0011_alarms;
mod m0012_incidents;
mod m0013_affected;
mod m0014_notices;
mod m0015_who_of_alarms;

const TABLE: &str = "seaql_migrations";

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_settings::Step),
            Box::new(m0002_sources_and_keys::Step),
            Box::new(m0003_inbox::Step),
            Box::new(m0004_people::Step),
            Box::new(m0005_dead_letters::Step),
            Box::new(m0006_erasures::Step),
            Box::new(m0007_consent_counts::Step),
            Box::new(m0008_audit::Step),
            Box::new(m0009_lake_batches::Step),
            Box::new(m0010_api_calls::Step),
            Box::new(m0011_alarms::Step),
            Box::new(m0012_incidents::Step),
            Box::new(m0013_affected::Step),
            Box::new(m0014_notices::Step),
            Box::new(m0015_who_of_alarms::Step),
        ]
    }
}

/// The names of all migrations that this program knows, in their order.
pub(crate) fn names() -> [&'static str; 15] {
    [
        m0001_settings::NAME,
        m0002_sources_and_keys::NAME,
        m0003_inbox::NAME,
        m0004_people::NAME,
        m0005_dead_letters::NAME,
        m0006_erasures::NAME,
        m0007_consent_counts::NAME,
        m0008_audit::NAME,
        m0009_lake_batches::NAME,
        m0010_api_calls::NAME,
        m0011_alarms::NAME,
        m0012_incidents::NAME,
        m0013_affected::NAME,
        m0014_notices::NAME,
        m0015_who_of_alarms::NAME,
    ]
}

/// The names of the migrations that a store has had, in their order.
pub(crate) async fn applied(tx: &Tx) -> Result<Vec<String>, StoreError> {
    let failed = |error| StoreError::database(&tx.place, TABLE, error);
    if !SchemaManager::new(&tx.inner).has_table(TABLE).await.map_err(failed)? {
        return Ok(Vec::new());
    }
    let rows = tx.all(TABLE, "SELECT version FROM seaql_migrations ORDER BY version", vec![]).await?;
    rows.iter().map(|row| row.get("version")).collect()
}

/// Applies what is pending.
pub(crate) async fn up(tx: &Tx) -> Result<(), StoreError> {
    Migrator::up(&tx.inner, None).await.map_err(|error| StoreError::database(&tx.place, TABLE, error))
}

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

/// The number that a row goes by, and where it lies: SQLite keeps rows in the order of an `integer` key only.
fn id(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if manager.get_database_backend() == DbBackend::Sqlite {
        column.integer();
    } else {
        column.big_integer();
    }
    column.not_null().primary_key().to_owned()
}

/// A number, an instant or a day.
fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().to_owned()
}

fn optional_number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().to_owned()
}

/// A number that begins at 0.
fn counter(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().default(0).to_owned()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().to_owned()
}

fn optional_text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().to_owned()
}

fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_names_is_that_of_the_migrations() {
        let migrations = Migrator::migrations();
        let listed: Vec<_> = migrations.iter().map(|migration| migration.name().to_owned()).collect();
        assert_eq!(listed, names());
        assert!(listed.is_sorted());
    }
}
