//! Sources of messages, and the keys they sign in with.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr,
    sea_query::ForeignKey,
};

use super::{bytes, id, number, optional_number, optional_text, table, text};

pub(super) const NAME: &str = "m0002_sources_and_keys";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut sources = table("source");
        sources
            .col(id(manager, "id"))
            .col(text("name").unique_key())
            .col(number("created_at"))
            .col(text("consent"))
            .col(optional_number("disabled_at"));
        manager.create_table(sources).await?;
        let mut keys = table("key");
        keys.col(id(manager, "id"))
            .col(number("source"))
            // A list in JSON for keys of browsers; absent for keys of servers.
            .col(optional_text("origins"))
            .col(bytes("hash").unique_key())
            .col(text("shown"))
            .col(number("created_at"))
            .col(optional_number("revoked_at"))
            .col(optional_number("last_used_day"))
            .foreign_key(ForeignKey::create().from("key", "source").to("source", "id"));
        manager.create_table(keys).await
    }
}
