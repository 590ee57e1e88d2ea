//! Erasures, of all ids of a person, sealed, and how far each is.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr, sea_query::Index,
};

use super::{counter, number, optional_number, table, text};

pub(super) const NAME: &str = "m0006_erasures";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut erasures = table("erasure");
        erasures
            .col(text("id").primary_key())
            .col(number("number"))
            .col(text("ids"))
            .col(number("requested_at"))
            .col(text("requested_by"))
            .col(optional_number("store_at"))
            .col(counter("people"))
            .col(counter("letters"))
            .col(optional_number("lake_at"))
            .col(counter("lake_rows"))
            .col(optional_number("verified_at"));
        manager.create_table(erasures).await?;
        let mut by_number = Index::create();
        by_number.name("erasure_number").table("erasure").col("number").unique();
        manager.create_index(by_number).await
    }
}
