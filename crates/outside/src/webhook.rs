//! Signed webhooks after the Standard Webhooks specification.
//!
//! Only the endpoints that were given are called, with the secrets of each, directly: no redirect is followed and no proxy
//! asked, since either would lead elsewhere than where the address was looked at.

use std::{collections::BTreeMap, fmt, time::Duration};

use fidance_domain::notice::{NotSent, Sending, Webhook, Webhooks};
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, USER_AGENT},
    redirect::Policy,
};
use url::{Host, Url};

use crate::{
    Reach, Secrets,
    address::{PublicOnly, is_public},
    told,
};

/// For an attempt from the resolving of the name to the last byte of the answer.
const WHOLE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read, to tell why the receiver refused.
const LONGEST_ANSWER: usize = 1024;
/// Characters of it that are told.
const LONGEST_REASON: usize = 200;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// Who is called, and how far that may lead.
#[derive(Clone)]
pub struct Endpoint {
    url: Url,
    secrets: Secrets,
    reach: Reach,
}

/// Why an endpoint cannot be called. The URL is not repeated: it may hold a secret.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// It is no URL.
    #[error("it is no URL: {0}")]
    Url(#[from] url::ParseError),
    /// It is a URL of something else.
    #[error("only http and https are spoken, not {0}")]
    Scheme(String),
    /// A name and password stand in the URL.
    #[error("a name or password in the URL is not used: the receiver knows the sender by the signature")]
    Login,
    /// The address is in a private network.
    #[error("{0} is an address of a private network, which has to be allowed")]
    Private(String),
    /// Nothing can be sent at all.
    #[error("webhooks cannot be sent: {0}")]
    Client(String),
}

// A URL may have a secret in its path.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl fmt::Debug for SignedWebhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedWebhooks").field("endpoints", &self.endpoints.len()).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint.
    ///
    /// # Errors
    /// Where the URL is none of `http` and `https`, names somebody, or is one of a private network that may not be reached.
    pub fn new(url: &str, secrets: Secrets, reach: Reach) -> Result<Self, EndpointError> {
        let url = Url::parse(url)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Login);
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        match address {
            Some(address) if reach == Reach::Public && !is_public(address) => {
                Err(EndpointError::Private(address.to_string()))
            }
            _ => Ok(Self { url, secrets, reach }),
        }
    }
}

/// Calls endpoints.
pub struct SignedWebhooks {
    endpoints: BTreeMap<String, Endpoint>,
    public: Client,
    anywhere: Client,
    limit: Duration,
}

impl SignedWebhooks {
    /// For these endpoints, each by its URL.
    ///
    /// # Errors
    /// Where the certificates of the system cannot be read.
    pub fn new(endpoints: Vec<Endpoint>) -> Result<Self, EndpointError> {
        let builder =
            || Client::builder().redirect(Policy::none()).no_proxy().pool_max_idle_per_host(0).referer(false);
        let failed = |error: reqwest::Error| EndpointError::Client(told(&error));
        Ok(Self {
            endpoints: endpoints.into_iter().map(|to| (to.url.to_string(), to)).collect(),
            public: builder().dns_resolver(PublicOnly.into()).build().map_err(failed)?,
            anywhere: builder().build().map_err(failed)?,
            limit: WHOLE,
        })
    }

    /// Gives an attempt this long; 10 seconds otherwise.
    #[must_use]
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    async fn attempt(&self, webhook: &Webhook) -> Result<(), NotSent> {
        let url = Url::parse(&webhook.url).map_err(|error| NotSent::Permanent(told(&error)))?;
        let endpoint = self
            .endpoints
            .get(url.as_str())
            .ok_or_else(|| NotSent::Permanent("the webhook is no longer in the configuration".to_owned()))?;
        // A full stop would let the parts of what is signed be taken for others.
        if !webhook.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            return Err(NotSent::Permanent("the id holds other than letters, digits, _ and -".to_owned()));
        }
        let client = match endpoint.reach {
            Reach::Public => &self.public,
            Reach::Anywhere => &self.anywhere,
        };
        let timestamp = webhook.at.div_euclid(MICROS_PER_SECOND);
        let sent = client
            .post(endpoint.url.clone())
            .timeout(self.limit)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("fidance/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &webhook.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", endpoint.secrets.sign(&webhook.id, timestamp, &webhook.body))
            .body(webhook.body.clone())
            .send()
            .await;
        let answer = sent.map_err(|error| NotSent::Transient(told(&error.without_url())))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let reason = reason(answer).await;
        let told = if reason.is_empty() { status.to_string() } else { format!("{status}: {reason}") };
        // All others may be put right at the other end; the specification asks to try again.
        Err(if status == StatusCode::GONE { NotSent::Permanent(told) } else { NotSent::Transient(told) })
    }
}

impl Webhooks for SignedWebhooks {
    fn send<'a>(&'a self, webhook: &'a Webhook) -> Sending<'a> {
        Box::pin(self.attempt(webhook))
    }
}

/// The beginning of what the receiver says.
async fn reason(mut answer: Response) -> String {
    let mut said = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        said.extend_from_slice(chunk.get(..LONGEST_ANSWER).unwrap_or(&chunk));
        if said.len() >= LONGEST_ANSWER {
            break;
        }
    }
    let said = String::from_utf8_lossy(&said);
    said.trim().replace(char::is_control, " ").chars().take(LONGEST_REASON).collect()
}
