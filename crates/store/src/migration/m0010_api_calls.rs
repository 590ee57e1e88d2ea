//! Calls of the API that a client named, and what they were answered.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    async_trait::async_trait,
    sea_orm::DbErr,
    sea_query::{ColumnDef, Index},
};

use super::{bytes, number, table};

pub(super) const NAME: &str = "m0010_api_calls";

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut calls = table("api_call");
        calls
            // SHA-256 of the client's name for the call.
            .col(ColumnDef::new("name").blob().not_null().primary_key())
            // SHA-256 of the request.
            .col(bytes("request"))
            // Sealed; absent until there is one.
            .col(ColumnDef::new("answer").blob())
            .col(number("expires_at"));
        manager.create_table(calls).await?;
        let mut index = Index::create();
        index.name("api_call_expires_at").table("api_call").col("expires_at");
        manager.create_index(index).await
    }
}
