//! The ports through which notices go out, by mail and by webhook, and how sending fails.
//!
//! Whether and when to try again is not decided here; an error only says whether that can help. The futures are
//! the only ones of this crate: whoever sends waits for others.

use std::{fmt, pin::Pin};

use crate::history::Micros;

/// A mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The notice's id, the same in every attempt: by it, a mail that comes twice is known to be one.
    pub id: String,
    /// The address, with or without a name before it.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub at: Micros,
}

/// A message to a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The notice's id, the same in every attempt: by it, a message that comes twice is known to be one.
    pub id: String,
    /// Where to.
    pub url: String,
    /// JSON.
    pub body: String,
    /// When this attempt is made.
    pub at: Micros,
}

// What is sent stays out of every log.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why something was not sent, without its content and without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// No further attempt can help.
    #[error("refused for good: {0}")]
    Permanent(String),
    /// A later attempt may succeed.
    #[error("{0}")]
    Transient(String),
}

impl NotSent {
    /// Whether trying again is in vain.
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Permanent(_))
    }
}

/// An attempt under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;

/// Sends mail.
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Makes one attempt, which takes limited time. `Ok` once the mail server has taken it.
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a>;
}

/// Calls webhooks.
pub trait Webhooks: fmt::Debug + Send + Sync {
    /// Makes one attempt, which takes limited time. `Ok` once the receiver has taken it.
    fn send<'a>(&'a self, webhook: &'a Webhook) -> Sending<'a>;
}
