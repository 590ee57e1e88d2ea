//! Tallies of what people did who refused to be recorded.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr, sea_query::Index,
};

use super::{number, table, text};

pub(super) const NAME: &str = "m0007_consent_counts";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut counts = table("consent_count");
        counts
            .col(number("day"))
            .col(number("source"))
            .col(text("event"))
            .col(number("n"))
            .primary_key(Index::create().col("day").col("source").col("event"));
        manager.create_table(counts).await
    }
}
