//! The outbox: notices that are to be sent by mail or webhook, until each is sent or given up.
//!
//! Whoever sends claims some for a while. What is not reported by then, because the process was killed, is handed out again: a
//! notice may arrive twice, under one id, and none is lost. What fails is tried again after longer and longer waits. No
//! secret belongs into a notice: how to sign in with a mail server and how to sign a webhook is the sender's to know.

use fidance_domain::{history::Micros, notice::NotSent};
use sha2::{Digest as _, Sha256};

use crate::{
    NoticeId, Store, StoreError,
    session::{Row, Tx, stored},
};

const TABLE: &str = "notice";
const COLUMNS: &str = "id, dedupe, kind, recipient, subject, payload, created_at, attempts, next_at, sent_at, given_up_at, \
                       last_error";
const MINUTE: Micros = 60_000_000;
/// How long a claimed notice is left to whoever claimed it.
pub const NOTICE_LEASE: Micros = 10 * MINUTE;
/// The waits after failures begin with one minute and double up to this.
const LONGEST_WAIT: Micros = 6 * 60 * MINUTE;
/// After so long no further attempt is made.
const PATIENCE: Micros = 3 * 24 * 60 * MINUTE;
/// Characters of an error that are kept.
const LONGEST_ERROR: usize = 500;

/// How a notice is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// By mail.
    Email,
    /// To a webhook.
    Webhook,
}

impl NoticeKind {
    const ALL: [Self; 2] = [Self::Email, Self::Webhook];

    /// The kind's name, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// What makes it one notice: of two with the same text here, the first is sent. For an alarm: which, in which state, to whom.
    pub dedupe: String,
    /// How.
    pub kind: NoticeKind,
    /// The address, or the URL.
    pub to: String,
    /// The subject of a mail.
    pub subject: String,
    /// The text of a mail, the body of a webhook.
    pub payload: String,
}

/// A notice of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id, for the receiver too.
    pub id: NoticeId,
    /// What is to be sent.
    pub content: NewNotice,
    /// When it was put into the outbox.
    pub created_at: Micros,
    /// How often it was claimed.
    pub attempts: i64,
    /// What became of it.
    pub state: NoticeState,
    /// Why it was not sent when that was last tried.
    pub last_error: Option<String>,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    /// It is to be sent at this instant or later.
    Waiting(Micros),
    /// Sent.
    Sent(Micros),
    /// Given up.
    GivenUp(Micros),
}

impl Store {
    /// Puts notices into the outbox, except for those that were put there before; how many are new.
    pub async fn queue_notices(&self, notices: &[NewNotice], now: Micros) -> Result<u64, StoreError> {
        let store = self.id().await?;
        let tx = self.begin(TABLE).await?;
        let mut new = 0;
        for notice in notices {
            let sql = "INSERT INTO notice (id, dedupe, kind, recipient, subject, payload, created_at, next_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (dedupe) DO NOTHING";
            let values = vec![
                id_of(&store, &notice.dedupe).to_string().into(),
                notice.dedupe.as_str().into(),
                notice.kind.as_str().into(),
                notice.to.as_str().into(),
                notice.subject.as_str().into(),
                notice.payload.as_str().into(),
                now.into(),
            ];
            new += tx.execute(TABLE, sql, values).await?;
        }
        tx.commit(TABLE).await?;
        Ok(new)
    }

    /// Hands out notices whose time has come, at most `limit`, the longest waiting first. Nobody else is given them for
    /// [`NOTICE_LEASE`].
    pub async fn claim_notices(&self, limit: usize, now: Micros) -> Result<Vec<Notice>, StoreError> {
        let tx = self.begin(TABLE).await?;
        let sql = format!(
            "UPDATE notice SET attempts = attempts + 1, next_at = $1 WHERE id IN (SELECT id FROM notice \
             WHERE sent_at IS NULL AND given_up_at IS NULL AND next_at <= $2 ORDER BY next_at, id LIMIT {}) \
             RETURNING {COLUMNS}",
            stored(limit)
        );
        let values = vec![now.saturating_add(NOTICE_LEASE).into(), now.into()];
        let rows = tx.all(TABLE, sql, values).await?;
        let mut claimed = rows.iter().map(notice).collect::<Result<Vec<_>, _>>()?;
        tx.commit(TABLE).await?;
        claimed.sort_by_key(|notice| (notice.created_at, notice.id));
        Ok(claimed)
    }

    /// Notes that a notice was sent, by whichever attempt: it is not sent again.
    pub async fn notice_sent(&self, id: NoticeId, now: Micros) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        if find(&tx, id).await?.is_none() {
            return Err(StoreError::Absent { table: TABLE, id: id.to_string() });
        }
        let sql = "UPDATE notice SET sent_at = $2, given_up_at = NULL, last_error = NULL WHERE id = $1 AND sent_at IS NULL";
        tx.execute(TABLE, sql, vec![id.to_string().into(), now.into()]).await?;
        tx.commit(TABLE).await
    }

    /// Notes that an attempt failed, and says what becomes of the notice: tried again after 1, 2, 4, … minutes, at most 6 hours,
    /// and given up where that is in vain or would be more than 3 days after it was queued. What a claim says that has
    /// expired, and whose notice was handed out again, changes nothing.
    pub async fn notice_failed(
        &self,
        claimed: &Notice,
        error: &NotSent,
        now: Micros,
    ) -> Result<NoticeState, StoreError> {
        let tx = self.begin(TABLE).await?;
        let found = find(&tx, claimed.id).await?;
        let found = found.ok_or_else(|| StoreError::Absent { table: TABLE, id: claimed.id.to_string() })?;
        if found.attempts != claimed.attempts || !matches!(found.state, NoticeState::Waiting(_)) {
            return Ok(found.state);
        }
        let next = now.saturating_add(wait(found.attempts));
        let is_over = error.is_permanent() || next > found.created_at.saturating_add(PATIENCE);
        let (state, given_up) =
            if is_over { (NoticeState::GivenUp(now), Some(now)) } else { (NoticeState::Waiting(next), None) };
        let sql = "UPDATE notice SET next_at = $2, given_up_at = $3, last_error = $4 WHERE id = $1";
        let told: String = error.to_string().chars().take(LONGEST_ERROR).collect();
        let values = vec![claimed.id.to_string().into(), next.into(), given_up.into(), told.into()];
        tx.execute(TABLE, sql, values).await?;
        tx.commit(TABLE).await?;
        Ok(state)
    }

    /// The newest notices, at most `limit`; those before the notice `before`, if it is given.
    pub async fn notices(&self, before: Option<&Notice>, limit: usize) -> Result<Vec<Notice>, StoreError> {
        let (wanted, values) = match before {
            Some(notice) => (
                " WHERE (created_at, id) < ($1, $2)",
                vec![notice.created_at.into(), notice.id.to_string().into()],
            ),
            None => ("", vec![]),
        };
        let limit = stored(limit);
        let sql =
            format!("SELECT {COLUMNS} FROM notice{wanted} ORDER BY created_at DESC, id DESC LIMIT {limit}");
        self.reader().all(TABLE, sql, values).await?.iter().map(notice).collect()
    }
}

/// The wait after the first, the second, … failure.
fn wait(attempts: i64) -> Micros {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(32);
    (MINUTE << doublings).min(LONGEST_WAIT)
}

fn id_of(store: &str, dedupe: &str) -> NoticeId {
    let mut hash = Sha256::new();
    hash.update(store.as_bytes());
    hash.update([0]);
    hash.update(dedupe.as_bytes());
    let first = hash.finalize().first_chunk::<16>().copied().unwrap_or_default();
    NoticeId::new(u128::from_be_bytes(first))
}

async fn find(tx: &Tx, id: NoticeId) -> Result<Option<Notice>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM notice WHERE id = $1");
    tx.first(TABLE, sql, vec![id.to_string().into()]).await?.as_ref().map(notice).transpose()
}

fn notice(row: &Row) -> Result<Notice, StoreError> {
    let (id, kind): (String, String) = (row.get("id")?, row.get("kind")?);
    let state = match (row.get("sent_at")?, row.get("given_up_at")?) {
        (Some(at), _) => NoticeState::Sent(at),
        (None, Some(at)) => NoticeState::GivenUp(at),
        (None, None) => NoticeState::Waiting(row.get("next_at")?),
    };
    Ok(Notice {
        id: NoticeId::parse(&id).ok_or_else(|| row.damaged(format!("id is {id}")))?,
        content: NewNotice {
            dedupe: row.get("dedupe")?,
            kind: NoticeKind::parse(&kind).ok_or_else(|| row.damaged(format!("kind is {kind}")))?,
            to: row.get("recipient")?,
            subject: row.get("subject")?,
            payload: row.get("payload")?,
        },
        created_at: row.get("created_at")?,
        attempts: row.get("attempts")?,
        state,
        last_error: row.get("last_error")?,
    })
}
