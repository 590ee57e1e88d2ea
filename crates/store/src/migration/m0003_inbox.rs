//! The inbox: parcels, the open claim, and one row of counters.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    async_trait::async_trait,
    sea_orm::{ConnectionTrait as _, DbBackend, DbErr},
};

use super::{bytes, counter, id, number, table};

pub(super) const NAME: &str = "m0003_inbox";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut parcels = table("inbox");
        parcels
            .col(id(manager, "id"))
            .col(number("source"))
            .col(number("received_at"))
            .col(number("events"))
            .col(number("bytes"))
            // Last: what is read without it does not touch its pages.
            .col(bytes("payload"));
        manager.create_table(parcels).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // Clients send compressed payloads; trying once more costs time and gains nothing.
            let sql = "ALTER TABLE inbox ALTER COLUMN payload SET STORAGE EXTERNAL";
            manager.get_connection().execute_unprepared(sql).await?;
        }
        let mut claims = table("claim");
        claims
            .col(id(manager, "number"))
            .col(number("first_parcel"))
            .col(number("last_parcel"))
            .col(number("parcels"))
            .col(number("events"))
            .col(number("bytes"));
        manager.create_table(claims).await?;
        let mut counters = table("inbox_counter");
        counters
            .col(id(manager, "id"))
            .col(counter("last_parcel"))
            .col(counter("last_batch"))
            .col(counter("last_letter"))
            .col(counter("parcels"))
            .col(counter("events"))
            .col(counter("bytes"));
        manager.create_table(counters).await?;
        let first = "INSERT INTO inbox_counter (id) VALUES (1)";
        manager.get_connection().execute_unprepared(first).await.map(drop)
    }
}
