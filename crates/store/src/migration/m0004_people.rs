//! People: a wrapped key each, and what it seals.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait::async_trait, sea_orm::DbErr, sea_query::Index,
};

use super::{bytes, id, number, optional_text, table};

pub(super) const NAME: &str = "m0004_people";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut people = table("person");
        people
            .col(id(manager, "sid"))
            .col(bytes("key"))
            .col(bytes("data"))
            .col(optional_text("lang"))
            .col(number("created_at"))
            .col(number("updated_at"));
        manager.create_table(people).await?;
        let mut by_age = Index::create();
        by_age.name("person_updated_at").table("person").col("updated_at");
        manager.create_index(by_age).await
    }
}
