//! Mail, handed to one server by SMTP.
//!
//! Each attempt is a connection of its own: notices are few. Nothing goes in clear where encryption is asked for, also where the
//! server offers none.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use fidance_domain::notice::{Mail, Mailer, NotSent, Sending};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    address::AddressError,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};

use crate::{html, told};

/// For the connection, and for the whole attempt.
const CONNECTING: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_mins(1);
/// Refusals of who sends rather than of what is sent: the password or the server's rules can be put right meanwhile.
const OF_THE_SENDER: [&str; 5] = ["523", "530", "534", "535", "538"];

/// How the way to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// Encrypted from the first byte, as on port 465.
    Tls,
    /// Encrypted before anything is said, as on port 587. A server that cannot is not spoken to.
    StartTls,
    /// Not at all: for a server on this machine.
    None,
}

/// Who signs in.
#[derive(Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A mail server, and in whose name to send.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// With whose name and password to sign in.
    pub login: Option<Login>,
    /// The sender, with or without a name before the address.
    pub from: String,
}

/// Why no mail can be sent as it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The sender is no address.
    #[error("{address} is no address to send from: {source}")]
    From {
        /// What was given.
        address: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// The system's certificates cannot be read, or the server's name is none.
    #[error("no encrypted connection can be made to {host}: {source}")]
    Tls {
        /// The server.
        host: String,
        /// What is wrong.
        source: smtp::Error,
    },
}

/// Whether mail can be addressed so, with or without a name before the address.
///
/// # Errors
/// Where it cannot.
pub fn check_address(text: &str) -> Result<(), AddressError> {
    text.parse::<Mailbox>().map(drop)
}

/// Sends mail through one server.
#[derive(Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    limit: Duration,
}

impl SmtpMailer {
    /// For a server, which is not asked yet.
    ///
    /// # Errors
    /// Where the sender is no address, or no encrypted connection can be made.
    pub fn new(server: &SmtpServer) -> Result<Self, MailError> {
        let from =
            server.from.parse().map_err(|source| MailError::From { address: server.from.clone(), source })?;
        let encrypted = || {
            TlsParameters::new(server.host.clone())
                .map_err(|source| MailError::Tls { host: server.host.clone(), source })
        };
        let tls = match server.security {
            Security::Tls => Tls::Wrapper(encrypted()?),
            Security::StartTls => Tls::Required(encrypted()?),
            Security::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(CONNECTING));
        if let Some(login) = &server.login {
            transport = transport.credentials(Credentials::new(login.user.clone(), login.password.clone()));
        }
        Ok(Self { transport: transport.build(), from, limit: WHOLE })
    }

    /// Gives an attempt this long; a minute otherwise.
    #[must_use]
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    fn message(&self, mail: &Mail) -> Result<Message, NotSent> {
        let to: Mailbox = mail
            .to
            .parse()
            .map_err(|error| NotSent::Permanent(format!("{} is no address: {error}", mail.to)))?;
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(mail.at).unwrap_or_default());
        let subject = mail.subject.replace(char::is_control, " ");
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .date(at)
            // Nobody's holiday replies to it (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), html::page(&mail.text)))
            .map_err(|error| NotSent::Permanent(told(&error)))
    }

    async fn attempt(&self, mail: &Mail) -> Result<(), NotSent> {
        let message = self.message(mail)?;
        match tokio::time::timeout(self.limit, self.transport.send(message)).await {
            Ok(sent) => sent.map(drop).map_err(|error| not_sent(&error)),
            Err(_) => Err(NotSent::Transient("the mail server took too long".to_owned())),
        }
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        Box::pin(self.attempt(mail))
    }
}

fn not_sent(error: &smtp::Error) -> NotSent {
    let code = error.status().map(|code| code.to_string());
    let is_of_the_sender = code.is_some_and(|code| OF_THE_SENDER.contains(&code.as_str()));
    let told = told(error);
    if error.is_permanent() && !is_of_the_sender {
        NotSent::Permanent(told)
    } else {
        NotSent::Transient(told)
    }
}
