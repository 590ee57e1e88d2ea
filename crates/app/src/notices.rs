//! Sends what waits in the outbox, one notice after the other.
//!
//! Who is told what is decided where a notice is queued. Here each is handed to its way out, and what became of that goes back
//! into the store, which decides when to try again.

use std::{sync::Arc, time::Duration};

use fidance_domain::notice::{Mail, Mailer, NotSent, Webhook, Webhooks};
use fidance_store::{Notice, NoticeKind, NoticeState, Store, StoreError};

use crate::ingest::Clock;

/// How often it is looked for notices whose time has come.
const EVERY: Duration = Duration::from_secs(15);

/// Sends notices.
#[derive(Debug)]
pub struct Postman {
    store: Store,
    /// Absent where no mail server is configured.
    mailer: Option<Arc<dyn Mailer>>,
    webhooks: Arc<dyn Webhooks>,
    clock: Clock,
}

impl Postman {
    /// For the outbox of a store.
    pub fn new(
        store: Store,
        mailer: Option<Arc<dyn Mailer>>,
        webhooks: Arc<dyn Webhooks>,
        clock: Clock,
    ) -> Self {
        Self { store, mailer, webhooks, clock }
    }

    /// Sends what is due, again and again, until it is told to stop; a notice that is on its way then is waited for.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let due = self.send_one().await;
            let wait = match due {
                Ok(true) => Duration::ZERO,
                Ok(false) => EVERY,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the outbox cannot be used");
                    EVERY
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Makes one attempt for the notice that has waited longest of those whose time has come; whether there was one.
    ///
    /// # Errors
    /// Where the store cannot be used.
    pub async fn send_one(&self) -> Result<bool, StoreError> {
        let claimed = self.store.claim_notices(1, self.clock.now()).await?;
        let Some(notice) = claimed.first() else { return Ok(false) };
        let sent = self.attempt(notice).await;
        let (kind, id, attempts) = (notice.content.kind.as_str(), notice.id, notice.attempts);
        // What the other end says may name people: it stays in the store.
        match sent {
            Ok(()) => {
                self.store.notice_sent(id, self.clock.now()).await?;
                tracing::info!(kind, notice = %id, "a notice was sent");
            }
            Err(error) => {
                if let NoticeState::GivenUp(_) =
                    self.store.notice_failed(notice, &error, self.clock.now()).await?
                {
                    tracing::error!(kind, notice = %id, attempts, "a notice could not be sent and is given up");
                } else {
                    tracing::warn!(kind, notice = %id, attempts, "a notice could not be sent yet");
                }
            }
        }
        Ok(true)
    }

    async fn attempt(&self, notice: &Notice) -> Result<(), NotSent> {
        let (id, content) = (notice.id.to_string(), notice.content.clone());
        match content.kind {
            NoticeKind::Email => {
                let none = || NotSent::Transient("no mail server is configured: mail.host".to_owned());
                let mailer = self.mailer.as_ref().ok_or_else(none)?;
                let (to, subject, text) = (content.to, content.subject, content.payload);
                mailer.send(&Mail { id, to, subject, text, at: notice.created_at }).await
            }
            NoticeKind::Webhook => {
                let at = self.clock.now();
                self.webhooks.send(&Webhook { id, url: content.to, body: content.payload, at }).await
            }
        }
    }
}
