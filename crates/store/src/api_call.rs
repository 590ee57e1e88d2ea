//! Calls of the API that a client named, so that it can make them again without doing twice what they do.
//!
//! The name and the request are kept as hashes. The answer may hold the secret of a new key: it is sealed.

use fidance_domain::history::Micros;
use sha2::{Digest as _, Sha256};

use crate::{Store, StoreError, seal::Label, session::Row};

const TABLE: &str = "api_call";

/// A call's name, and the request that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallName {
    name: [u8; 32],
    request: [u8; 32],
}

impl CallName {
    /// From the client's name for the call and the parts of its request.
    pub fn new(name: &str, request: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in request {
            // With their lengths, so that no two lists of parts are one text.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self { name: Sha256::digest(name.as_bytes()).into(), request: hash.finalize().into() }
    }

    fn label(&self) -> Label {
        let first = self.name.first_chunk::<8>().copied().unwrap_or_default();
        Label::Answer(i64::from_le_bytes(first))
    }

    fn value(&self) -> sea_orm::Value {
        self.name.to_vec().into()
    }
}

/// What is known of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing until now: it is the caller's to answer.
    New,
    /// It has begun, and nothing was answered yet. Where that process has ended, nothing ever will be.
    Begun,
    /// What it was answered.
    Answered(Vec<u8>),
    /// The name was given to another request.
    OfAnother,
}

impl Store {
    /// Claims a call's name until `expires_at`. Of two that claim it at the same time, one has [`Claim::New`].
    pub async fn claim_call(
        &self,
        call: &CallName,
        expires_at: Micros,
        now: Micros,
    ) -> Result<Claim, StoreError> {
        let tx = self.begin(TABLE).await?;
        let expired = "DELETE FROM api_call WHERE name = $1 AND expires_at <= $2";
        tx.execute(TABLE, expired, vec![call.value(), now.into()]).await?;
        let sql = "INSERT INTO api_call (name, request, expires_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
        let values = vec![call.value(), call.request.to_vec().into(), expires_at.into()];
        if tx.execute(TABLE, sql, values).await? == 1 {
            tx.commit(TABLE).await?;
            return Ok(Claim::New);
        }
        let sql = "SELECT request, answer FROM api_call WHERE name = $1";
        let row = tx.one(TABLE, sql, vec![call.value()]).await?;
        self.claimed(call, &row)
    }

    fn claimed(&self, call: &CallName, row: &Row) -> Result<Claim, StoreError> {
        let request: Vec<u8> = row.get("request")?;
        if request != call.request {
            return Ok(Claim::OfAnother);
        }
        let Some(sealed) = row.get::<Option<Vec<u8>>>("answer")? else { return Ok(Claim::Begun) };
        let damaged = || StoreError::Sealed { table: TABLE, id: format!("{:?}", call.label()) };
        self.master().open(call.label(), &sealed).ok_or_else(damaged).map(Claim::Answered)
    }

    /// Keeps what a claimed call was answered.
    pub async fn answer_call(&self, call: &CallName, answer: &[u8]) -> Result<(), StoreError> {
        let sealed = self.master().seal(call.label(), answer)?;
        let tx = self.begin(TABLE).await?;
        let sql = "UPDATE api_call SET answer = $2 WHERE name = $1";
        tx.execute(TABLE, sql, vec![call.value(), sealed.into()]).await?;
        tx.commit(TABLE).await
    }

    /// Gives a claimed call's name back: it may be claimed again.
    pub async fn release_call(&self, call: &CallName) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let sql = "DELETE FROM api_call WHERE name = $1 AND answer IS NULL";
        tx.execute(TABLE, sql, vec![call.value()]).await?;
        tx.commit(TABLE).await
    }

    /// Throws away what has expired; how many calls. Call [`Store::scrub`] afterwards.
    pub async fn purge_calls(&self, now: Micros) -> Result<u64, StoreError> {
        let tx = self.begin(TABLE).await?;
        let deleted =
            tx.execute(TABLE, "DELETE FROM api_call WHERE expires_at <= $1", vec![now.into()]).await?;
        tx.commit(TABLE).await?;
        Ok(deleted)
    }
}
