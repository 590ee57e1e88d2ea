//! Statements and rows: the narrow way from the nouns to SeaORM.
//!
//! Statements are written in the SQL that SQLite and PostgreSQL share (`$1`, `ON CONFLICT`, `RETURNING`), always with
//! bound values. A [`Session`] is a pool or a transaction together with the place it leads to, so that every error
//! names both the place and the table.

use std::fmt::Write as _;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement, TryGetable, Value,
};

use crate::{Place, StoreError, error::is_taken};

/// Rows of one insert. With the powers of two below it, a connection prepares few statements.
const LARGEST_INSERT: usize = 256;

/// A pool or a transaction, and where it leads.
#[derive(Debug, Clone)]
pub(crate) struct Session<C> {
    pub(crate) inner: C,
    pub(crate) place: Place,
}

pub(crate) type Pool = Session<DatabaseConnection>;
pub(crate) type Tx = Session<DatabaseTransaction>;

/// A row of a result.
#[derive(Debug)]
pub(crate) struct Row {
    content: QueryResult,
    table: &'static str,
    place: Place,
}

impl Row {
    pub(crate) fn get<T: TryGetable>(&self, column: &str) -> Result<T, StoreError> {
        self.content.try_get("", column).map_err(|error| StoreError::database(&self.place, self.table, error))
    }

    /// A number that cannot be negative.
    pub(crate) fn count(&self, column: &str) -> Result<u64, StoreError> {
        let stored: i64 = self.get(column)?;
        u64::try_from(stored).map_err(|_| self.damaged(format!("{column} is {stored}")))
    }

    /// A value that this program does not write.
    pub(crate) fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { place: self.place.clone(), table: self.table, what }
    }
}

impl<C: ConnectionTrait> Session<C> {
    pub(crate) fn is_sqlite(&self) -> bool {
        self.inner.get_database_backend() == DbBackend::Sqlite
    }

    fn statement(&self, sql: impl Into<String>, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.inner.get_database_backend(), sql, values)
    }

    fn error(&self, table: &'static str) -> impl Fn(DbErr) -> StoreError {
        move |error| StoreError::database(&self.place, table, error)
    }

    /// Executes a statement; the number of rows it touched.
    pub(crate) async fn execute(
        &self,
        table: &'static str,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let done = self.inner.execute_raw(self.statement(sql, values)).await;
        done.map(|done: ExecResult| done.rows_affected()).map_err(self.error(table))
    }

    /// Like [`Self::execute`]; where a unique value is there already, `name` is told to be taken.
    pub(crate) async fn execute_unique(
        &self,
        table: &'static str,
        name: &str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<(), StoreError> {
        match self.inner.execute_raw(self.statement(sql, values)).await {
            Err(error) if is_taken(&error) => Err(StoreError::Taken { table, name: name.to_owned() }),
            Err(error) => Err(StoreError::database(&self.place, table, error)),
            Ok(_) => Ok(()),
        }
    }

    /// Executes statements that take no values and cannot be prepared, as `PRAGMA` and `VACUUM`.
    pub(crate) async fn run(&self, table: &'static str, sql: &str) -> Result<(), StoreError> {
        self.inner.execute_unprepared(sql).await.map(drop).map_err(self.error(table))
    }

    pub(crate) async fn all(
        &self,
        table: &'static str,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.inner.query_all_raw(self.statement(sql, values)).await.map_err(self.error(table))?;
        Ok(rows.into_iter().map(|content| Row { content, table, place: self.place.clone() }).collect())
    }

    pub(crate) async fn first(
        &self,
        table: &'static str,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        let row = self.inner.query_one_raw(self.statement(sql, values)).await.map_err(self.error(table))?;
        Ok(row.map(|content| Row { content, table, place: self.place.clone() }))
    }

    /// The one row of a query that always has one.
    pub(crate) async fn one(
        &self,
        table: &'static str,
        sql: impl Into<String>,
        values: Vec<Value>,
    ) -> Result<Row, StoreError> {
        let absent =
            || StoreError::Damaged { place: self.place.clone(), table, what: "a row is missing".into() };
        self.first(table, sql, values).await?.ok_or_else(absent)
    }

    /// Inserts rows, many at a time. `into` is the statement up to `VALUES`, `after` what follows the rows.
    pub(crate) async fn insert_rows(
        &self,
        table: &'static str,
        (into, after): (&str, &str),
        columns: usize,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        let mut left = rows.len();
        let mut rows = rows.into_iter();
        while left > 0 {
            let count = LARGEST_INSERT.min(1 << left.ilog2());
            let values = rows.by_ref().take(count).flatten().collect();
            let sql = format!("{into} VALUES {} {after}", placeholders(count, columns));
            self.execute(table, sql, values).await?;
            left -= count;
        }
        Ok(())
    }
}

impl Tx {
    pub(crate) async fn commit(self, table: &'static str) -> Result<(), StoreError> {
        self.inner.commit().await.map_err(|error| StoreError::database(&self.place, table, error))
    }
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
fn placeholders(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            let comma = if column == 1 { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}${}", row * columns + column);
        }
        text.push(')');
    }
    text
}

/// `$first, …` for a list of so many values.
pub(crate) fn list(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// The conditions of a list, each with a bound value.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition such as `source =` if there is a value to compare with.
    pub(crate) fn add(&mut self, comparison: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.values.push(value.into());
            let joint = self.joint();
            let _ = write!(self.sql, "{joint}{comparison} ${}", self.values.len());
        }
    }

    /// Adds a condition without a value.
    pub(crate) fn add_plain(&mut self, condition: &str) {
        let joint = self.joint();
        self.sql.push_str(joint);
        self.sql.push_str(condition);
    }

    fn joint(&self) -> &'static str {
        if self.sql.is_empty() { " WHERE " } else { " AND " }
    }

    /// The text to follow the table's name, and the values.
    pub(crate) fn finish(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }
}

/// A count as it is stored.
pub(crate) fn stored(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_always_bound() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(list(3, 2), "$3, $4");
        let mut conditions = Conditions::default();
        conditions.add("source =", Some(7i64));
        conditions.add("reason =", None::<String>);
        conditions.add_plain("replayed_at IS NULL");
        conditions.add("id <", Some(9i64));
        let (sql, values) = conditions.finish();
        assert_eq!(sql, " WHERE source = $1 AND replayed_at IS NULL AND id < $2");
        assert_eq!(values.len(), 2);
    }
}
