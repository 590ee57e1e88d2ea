//! What the lake took of each batch.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr,
};

use super::{id, number, table};

pub(super) const NAME: &str = "m0009_lake_batches";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut batches = table("lake_batch");
        batches
            .col(id(manager, "number"))
            .col(number("parcels"))
            .col(number("events"))
            .col(number("added"))
            .col(number("duplicates"))
            .col(number("finished_at"))
            .col(number("lake_version"));
        manager.create_table(batches).await
    }
}
