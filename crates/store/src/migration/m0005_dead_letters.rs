//! Dead letters, and the keys of days that seal those of nobody known.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    async_trait::async_trait,
    sea_orm::DbErr,
    sea_query::{ForeignKey, Index},
};

use super::{bytes, id, number, optional_number, optional_text, table, text};

pub(super) const NAME: &str = "m0005_dead_letters";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut keys = table("day_key");
        keys.col(id(manager, "day")).col(bytes("key"));
        manager.create_table(keys).await?;
        let mut letters = table("dead_letter");
        letters
            .col(id(manager, "id"))
            .col(number("source"))
            .col(number("received_at"))
            .col(text("protocol"))
            .col(text("reason"))
            .col(optional_text("field"))
            .col(optional_text("message_id"))
            // Sealed with the key of the one or of the other.
            .col(optional_number("person"))
            .col(optional_number("day"))
            .col(bytes("payload"))
            .col(number("expires_at"))
            .col(optional_number("replayed_at"))
            .foreign_key(ForeignKey::create().from("dead_letter", "person").to("person", "sid"))
            .foreign_key(ForeignKey::create().from("dead_letter", "day").to("day_key", "day"));
        manager.create_table(letters).await?;
        for (name, column) in [
            ("dead_letter_person", "person"),
            ("dead_letter_day", "day"),
            ("dead_letter_expires_at", "expires_at"),
            ("dead_letter_reason", "reason"),
        ] {
            let mut index = Index::create();
            index.name(name).table("dead_letter").col(column);
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
