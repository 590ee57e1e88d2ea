//! The secrets of an endpoint, and what they sign: HMAC-SHA256 after the Standard Webhooks specification.
//!
//! An endpoint has one secret, and for the time of a change the one before as well: everything is then signed with both, and
//! whoever receives it may take either.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const SHORTEST: usize = 24;
const LONGEST: usize = 64;

/// What is wrong with a list of secrets. The secrets are not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is none.
    #[error(
        "it holds no secret: one line `whsec_…` is needed, and during a change the older secret on a second line"
    )]
    Missing,
    /// One is not in the form of the specification.
    #[error("line {line}: a secret is whsec_ and base64 of 24 to 64 bytes")]
    Form {
        /// The line, from 1.
        line: usize,
    },
}

/// The secrets of an endpoint, the current one first.
#[derive(Clone)]
pub struct Secrets(Vec<Vec<u8>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Reads secrets, one a line, the current one first.
    ///
    /// # Errors
    /// Where there is none, or one is not `whsec_` and base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let mut secrets = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let coded = line.trim().strip_prefix(PREFIX);
            let secret = coded.and_then(|coded| STANDARD.decode(coded).ok());
            let secret = secret.filter(|secret| (SHORTEST..=LONGEST).contains(&secret.len()));
            secrets.push(secret.ok_or(SecretError::Form { line: number + 1 })?);
        }
        if secrets.is_empty() { Err(SecretError::Missing) } else { Ok(Self(secrets)) }
    }

    /// The value of the header `webhook-signature`: a signature with each secret. `timestamp` is in seconds.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signatures = self.0.iter().filter_map(|secret| {
            // Keys of every length will do.
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            mac.update(format!("{id}.{timestamp}.").as_bytes());
            mac.update(body.as_bytes());
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_has_its_signature() {
        let secrets = Secrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let signed = secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_told_by_its_line_and_not_repeated() {
        assert_eq!(Secrets::parse(" \n").unwrap_err(), SecretError::Missing);
        let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (short, long) = (STANDARD.encode([1; 23]), STANDARD.encode([1; 65]));
        for bad in [
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_geheim",
            &format!("whsec_{short}"),
            &format!("whsec_{long}"),
        ] {
            let told = Secrets::parse(&format!("{good}\n{bad}")).unwrap_err();
            assert_eq!(told, SecretError::Form { line: 2 }, "{bad}");
            assert!(!told.to_string().contains("geheim"));
        }
        assert_eq!(format!("{:?}", Secrets::parse(good).unwrap()), "Secrets");
    }
}
