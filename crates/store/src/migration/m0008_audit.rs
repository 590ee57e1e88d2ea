//! Who did what.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr,
};

use super::{id, number, table, text};

pub(super) const NAME: &str = "m0008_audit";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut audit = table("audit");
        audit
            .col(id(manager, "id"))
            .col(number("at"))
            .col(text("actor"))
            .col(text("action"))
            .col(text("object"))
            .col(text("detail"));
        manager.create_table(audit).await
    }
}
