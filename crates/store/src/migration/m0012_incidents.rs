//! The register of incidents.
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr,
};

use super::{number, optional_text, table, text};

pub(super) const NAME: &str = "m0012_incidents";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut incidents = table("incident");
        incidents
            .col(text("id").primary_key())
            .col(text("kind"))
            .col(optional_text("event_date"))
            .col(text("document"))
            .col(number("updated_at"));
        manager.create_table(incidents).await
    }
}
