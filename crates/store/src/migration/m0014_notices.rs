//! What is to be sent, and what became of it.
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr, sea_query::Index,
};

use super::{counter, number, optional_number, optional_text, table, text};

pub(super) const NAME: &str = "m0014_notices";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut notices = table("notice");
        notices
            .col(text("id").primary_key())
            .col(text("dedupe").unique_key())
            .col(text("kind"))
            .col(text("recipient"))
            .col(text("subject"))
            .col(text("payload"))
            .col(number("created_at"))
            .col(counter("attempts"))
            // Until then it is left alone: somebody is sending it, or it has failed just now.
            .col(number("next_at"))
            .col(optional_number("sent_at"))
            .col(optional_number("given_up_at"))
            .col(optional_text("last_error"));
        manager.create_table(notices).await?;
        let mut by_next = Index::create();
        by_next.name("notice_next_at").table("notice").col("next_at");
        manager.create_index(by_next).await
    }
}
