//! Sources of messages: a shop's site, its app, its till.
//!
//! A source's name is part of the identity of every message it ever sent, so it is given once: there is no renaming
//! and no deleting, only disabling.

use fidance_domain::history::Micros;

use crate::{
    SourceId, Store, StoreError,
    session::{Conditions, Row, Tx, stored},
};

pub(crate) const TABLE: &str = "source";

/// What a source's events need so that they are kept with their person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentRule {
    /// Kept unless the person has refused.
    UnlessRefused,
    /// Kept only where the person has agreed.
    IfGiven,
    /// Never kept with a person, only counted.
    CountOnly,
}

impl ConsentRule {
    const ALL: [Self; 3] = [Self::UnlessRefused, Self::IfGiven, Self::CountOnly];

    /// The rule's name, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnlessRefused => "unless_refused",
            Self::IfGiven => "if_given",
            Self::CountOnly => "count_only",
        }
    }

    /// The rule of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == name)
    }
}

/// A source of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Its name, unlike any other's, for good.
    pub name: String,
    /// When it was made.
    pub created_at: Micros,
    /// What its events need to be kept.
    pub consent: ConsentRule,
    /// Since when its keys are refused.
    pub disabled_at: Option<Micros>,
}

impl Store {
    /// Makes a source; [`StoreError::Taken`] if there ever was one of that name.
    pub async fn create_source(
        &self,
        name: &str,
        consent: ConsentRule,
        now: Micros,
    ) -> Result<SourceId, StoreError> {
        let tx = self.begin(TABLE).await?;
        let next = tx.one(TABLE, "SELECT coalesce(max(id), 0) + 1 AS id FROM source", vec![]).await?;
        let id = SourceId::new(next.get("id")?);
        let sql = "INSERT INTO source (id, name, created_at, consent) VALUES ($1, $2, $3, $4)";
        let values = vec![id.into(), name.into(), now.into(), consent.as_str().into()];
        tx.execute_unique(TABLE, name, sql, values).await?;
        tx.commit(TABLE).await?;
        Ok(id)
    }

    /// All sources, the disabled ones too, in order of their making.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let sql = "SELECT id, name, created_at, consent, disabled_at FROM source ORDER BY id";
        self.reader().all(TABLE, sql, vec![]).await?.iter().map(source).collect()
    }

    /// The sources made after one, or the first, in order of their making: at most `limit`.
    pub async fn source_page(
        &self,
        after: Option<SourceId>,
        limit: usize,
    ) -> Result<Vec<Source>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("id >", after);
        let (wanted, values) = conditions.finish();
        let limit = stored(limit);
        let sql = format!(
            "SELECT id, name, created_at, consent, disabled_at FROM source{wanted} ORDER BY id LIMIT {limit}"
        );
        self.reader().all(TABLE, sql, values).await?.iter().map(source).collect()
    }

    /// The source of a name.
    pub async fn find_source(&self, name: &str) -> Result<Option<Source>, StoreError> {
        let sql = "SELECT id, name, created_at, consent, disabled_at FROM source WHERE name = $1";
        let row = self.reader().first(TABLE, sql, vec![name.into()]).await?;
        row.as_ref().map(source).transpose()
    }

    /// Changes what a source's events need to be kept.
    pub async fn set_consent(&self, id: SourceId, consent: ConsentRule) -> Result<(), StoreError> {
        self.update_source(id, "consent = $2", consent.as_str().into()).await
    }

    /// Refuses a source's keys from now on. Disabling a disabled source keeps its first date.
    pub async fn disable_source(&self, id: SourceId, now: Micros) -> Result<(), StoreError> {
        self.update_source(id, "disabled_at = coalesce(disabled_at, $2)", now.into()).await
    }

    /// Accepts a source's keys again.
    pub async fn enable_source(&self, id: SourceId) -> Result<(), StoreError> {
        self.update_source(id, "disabled_at = $2", None::<i64>.into()).await
    }

    async fn update_source(
        &self,
        id: SourceId,
        change: &str,
        value: sea_orm::Value,
    ) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let sql = format!("UPDATE source SET {change} WHERE id = $1");
        if tx.execute(TABLE, sql, vec![id.into(), value]).await? == 0 {
            return Err(StoreError::Absent { table: TABLE, id: id.to_string() });
        }
        tx.commit(TABLE).await
    }
}

/// Refuses what would belong to a source that is not there.
pub(crate) async fn require(tx: &Tx, id: SourceId) -> Result<(), StoreError> {
    let found = tx.first(TABLE, "SELECT id FROM source WHERE id = $1", vec![id.into()]).await?;
    found.map(drop).ok_or_else(|| StoreError::Absent { table: TABLE, id: id.to_string() })
}

fn source(row: &Row) -> Result<Source, StoreError> {
    let rule: String = row.get("consent")?;
    Ok(Source {
        id: SourceId::new(row.get("id")?),
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        consent: ConsentRule::parse(&rule).ok_or_else(|| row.damaged(format!("consent is {rule}")))?,
        disabled_at: row.get("disabled_at")?,
    })
}
