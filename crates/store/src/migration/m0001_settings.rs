//! Settings: small values by name.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr,
};

use super::{number, table, text};

pub(super) const NAME: &str = "m0001_settings";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut settings = table("setting");
        settings.col(text("name").primary_key()).col(text("value")).col(number("updated_at"));
        manager.create_table(settings).await
    }
}
