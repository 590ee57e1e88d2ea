//! Alarms and what became of each.
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr, sea_query::Index,
};

use super::{number, optional_number, optional_text, table, text};

pub(super) const NAME: &str = "m0011_alarms";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alarms = table("alarm");
        alarms
            // A date of the calendar, so that its order as text is that of time.
            .col(text("week"))
            .col(text("series"))
            .col(number("raised_at"))
            .col(text("evaluation"))
            .col(optional_number("acknowledged_at"))
            .col(optional_text("acknowledged_by"))
            .col(optional_text("explained_by"))
            .col(optional_text("note"))
            .col(optional_number("closed_at"))
            .col(optional_text("closed_as"))
            .col(number("updated_at"))
            .primary_key(Index::create().col("week").col("series"));
        manager.create_table(alarms).await
    }
}
