//! Who explained an alarm, wrote its note and closed it, and when: until here only the log of who did what knew, which is thrown
//! away after a while. What it still knows is taken over.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    async_trait::async_trait,
    sea_orm::{ConnectionTrait as _, DbErr},
    sea_query::Table,
};

use super::{optional_number, optional_text};

pub(super) const NAME: &str = "m0015_who_of_alarms";

/// The last entry of the log for each alarm that still has what was said.
const TAKE_OVER: [&str; 3] = [
    "UPDATE alarm SET explained_at = (SELECT at FROM audit WHERE object = alarm.series || '-' || alarm.week \
     AND action = 'alarm.explain' ORDER BY id DESC LIMIT 1), explained_who = (SELECT actor FROM audit \
     WHERE object = alarm.series || '-' || alarm.week AND action = 'alarm.explain' ORDER BY id DESC LIMIT 1) \
     WHERE explained_by IS NOT NULL",
    "UPDATE alarm SET noted_at = (SELECT at FROM audit WHERE object = alarm.series || '-' || alarm.week \
     AND action = 'alarm.note' ORDER BY id DESC LIMIT 1), noted_who = (SELECT actor FROM audit \
     WHERE object = alarm.series || '-' || alarm.week AND action = 'alarm.note' ORDER BY id DESC LIMIT 1) \
     WHERE note IS NOT NULL",
    "UPDATE alarm SET closed_who = (SELECT actor FROM audit WHERE object = alarm.series || '-' || alarm.week \
     AND action = 'alarm.close' ORDER BY id DESC LIMIT 1) WHERE closed_at IS NOT NULL",
];

pub(super) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            optional_number("explained_at"),
            optional_text("explained_who"),
            optional_number("noted_at"),
            optional_text("noted_who"),
            optional_text("closed_who"),
        ];
        // One statement each: SQLite adds no two columns at a time.
        for column in columns {
            manager.alter_table(Table::alter().table("alarm").add_column(column).to_owned()).await?;
        }
        for sql in TAKE_OVER {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
