//! The way out: mail by SMTP, and webhooks after the Standard Webhooks specification.
//!
//! Adapters of the ports in [`fidance_domain::notice`], each for one attempt in limited time. What is sent to whom, and when to
//! try again, is decided elsewhere. Neither contents nor secrets are logged or told in an error.
//!
//! - [`SmtpMailer`] hands mails to one server.
//! - [`SignedWebhooks`] posts to the endpoints that it was given, signed with the secrets of each, and reaches no address of
//!   a private network unless an endpoint says so.
//!
//! Why it is made as it is stands in docs/adr/0015-what-goes-out.md.
#![warn(missing_docs)]

mod address;
mod html;
mod mail;
mod secret;
mod webhook;

pub use address::Reach;
pub use mail::{Login, MailError, Security, SmtpMailer, SmtpServer, check_address};
pub use secret::{SecretError, Secrets};
pub use webhook::{Endpoint, EndpointError, SignedWebhooks};

/// An error and what lies below it, in one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let cause_text = cause.to_string();
        // Many errors repeat what lies below them.
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        below = cause.source();
    }
    text
}
