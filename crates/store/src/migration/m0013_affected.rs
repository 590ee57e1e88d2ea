//! Whom an incident has affected.
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    async_trait::async_trait,
    sea_orm::DbErr,
    sea_query::{ForeignKey, Index},
};

use super::{number, table, text};

pub(super) const NAME: &str = "m0013_affected";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut affected = table("affected");
        affected
            .col(text("incident"))
            .col(number("sid"))
            .primary_key(Index::create().col("incident").col("sid"))
            .foreign_key(ForeignKey::create().from("affected", "incident").to("incident", "id"));
        manager.create_table(affected).await?;
        // A person is erased from all lists at once.
        let mut by_person = Index::create();
        by_person.name("affected_sid").table("affected").col("sid");
        manager.create_index(by_person).await
    }
}
