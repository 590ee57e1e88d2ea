//! The client of a store that speaks S3, from settings that the caller gives: nothing is read from the environment.

use std::{fmt, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, S3ConditionalPut},
};

use super::StoreUrl;
use crate::error::LakeError;

/// How a store is reached and who asks.
#[derive(Clone, Default)]
pub struct S3Settings {
    /// The id of the access key.
    pub access_key_id: String,
    /// The secret of the access key.
    pub secret_access_key: String,
    /// The token of a session, for keys that end.
    pub session_token: Option<String>,
    /// The region; `us-east-1` unless given.
    pub region: Option<String>,
    /// Where the store is; Amazon's in the region unless given.
    pub endpoint: Option<String>,
    /// Whether an endpoint that is not on this machine may be spoken to without encryption.
    pub allow_http: bool,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl S3Settings {
    pub(super) fn open(&self, url: &StoreUrl) -> Result<Arc<dyn ObjectStore>, LakeError> {
        let wrong = |reason: String| LakeError::Store { doing: "reach", url: url.to_string(), reason };
        let http = self.http().map_err(wrong)?;
        let client = ClientOptions::new()
            .with_allow_http(http)
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(Duration::from_mins(2));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(url.bucket())
            .with_access_key_id(&self.access_key_id)
            .with_secret_access_key(&self.secret_access_key)
            .with_region(self.region.as_deref().unwrap_or("us-east-1"))
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(client)
            .with_retry(RetryConfig {
                max_retries: 6,
                retry_timeout: Duration::from_mins(1),
                backoff: BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() },
            });
        builder = match &self.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint.trim_end_matches('/')),
            // The certificate of Amazon's names has one place before the dot.
            None => builder.with_virtual_hosted_style_request(!url.bucket().contains('.')),
        };
        if let Some(token) = &self.session_token {
            builder = builder.with_token(token);
        }
        let store = builder.build().map_err(|error| wrong(super::remote::reason(&error)))?;
        Ok(Arc::new(store))
    }

    /// Whether the endpoint is spoken to without encryption, where that is allowed.
    fn http(&self) -> Result<bool, String> {
        let Some(endpoint) = &self.endpoint else { return Ok(false) };
        let url = ::url::Url::parse(endpoint).map_err(|e| format!("the endpoint {endpoint}: {e}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the endpoint must not hold a name or a password".to_owned());
        }
        let loopback = match url.host() {
            Some(::url::Host::Domain(name)) => name == "localhost",
            Some(::url::Host::Ipv4(address)) => address.is_loopback(),
            Some(::url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => Ok(false),
            "http" if loopback || self.allow_http => Ok(true),
            "http" => Err(format!(
                "the endpoint {endpoint} would send everything in clear; use https, or set AWS_ALLOW_HTTP=true in a \
                 network that you trust"
            )),
            _ => Err(format!("the endpoint {endpoint} is neither https nor http")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(endpoint: &str, allow_http: bool) -> Result<bool, String> {
        S3Settings { endpoint: Some(endpoint.to_owned()), allow_http, ..S3Settings::default() }.http()
    }

    #[test]
    fn nothing_is_sent_in_clear_unless_it_was_said() {
        for local in ["http://localhost:9000", "http://127.0.0.1:9000/", "http://[::1]:9000"] {
            assert_eq!(at(local, false), Ok(true), "{local}");
        }
        assert_eq!(at("https://s3.example.org", false), Ok(false));
        assert_eq!(at("http://s3.example.org", true), Ok(true));
        for wrong in
            ["http://s3.example.org", "http://127.0.0.1.example.org", "ftp://a", "nothing", "https://k:s@a"]
        {
            assert!(at(wrong, false).is_err(), "{wrong}");
        }
    }

    #[test]
    fn settings_do_not_show_the_secret() {
        let settings = S3Settings { secret_access_key: "hidden".to_owned(), ..S3Settings::default() };
        assert!(!format!("{settings:?}").contains("hidden"));
    }
}
