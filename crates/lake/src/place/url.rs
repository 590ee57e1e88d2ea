//! The address of a lake in an object store.

use std::{fmt, str::FromStr};

/// `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreUrl {
    bucket: String,
    prefix: String,
}

/// Why a text is no address of a lake in a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(String);

impl StoreUrl {
    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The path of the lake in the bucket, which is not empty.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl FromStr for StoreUrl {
    type Err = BadUrl;

    /// Only letters that no store and no program writes in two ways.
    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let wrong = |what: &str| BadUrl(format!("{what}; write s3://bucket/path"));
        let Some(rest) = text.strip_prefix("s3://") else {
            return Err(wrong("not the address of a lake in a store"));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if bucket.is_empty() || !plain(bucket) {
            return Err(wrong(
                "the name of the bucket is missing, or has other signs than letters, digits, - and .",
            ));
        }
        if prefix.is_empty() {
            return Err(wrong("a lake needs a path of its own within the bucket"));
        }
        if prefix.split('/').any(|part| part.is_empty() || part == "." || part == ".." || !plain(part)) {
            return Err(wrong("the path may have letters, digits, -, _ and . between single slashes"));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_was_read() {
        let url: StoreUrl = "s3://my-shop.eu/lakes/shop_1/".parse().unwrap();
        assert_eq!((url.bucket(), url.prefix()), ("my-shop.eu", "lakes/shop_1"));
        assert_eq!(url.to_string(), "s3://my-shop.eu/lakes/shop_1");
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        let bad = ["shop", "gs://b/p", "s3://", "s3:///p", "s3://b", "s3://b/", "s3://b//p", "s3://b/a//p"];
        let worse = [
            "s3://b/../p",
            "s3://b/.",
            "s3://b/ä",
            "s3://b/a%20b",
            "s3://b/a b",
            "s3://k:s@b/p",
            "s3://b/p?x=1",
        ];
        for text in bad.into_iter().chain(worse) {
            assert!(text.parse::<StoreUrl>().is_err(), "{text}");
        }
    }
}
