//! Why a request as a whole cannot be read. A single wrong message is not one of these: see
//! [`Refused`](crate::Refused).

/// A request that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The path does not take the method.
    #[error("this path takes {allowed}")]
    Method {
        /// The methods it takes, separated by commas.
        allowed: &'static str,
    },
    /// The body, after decompression, is longer than the endpoint's limit.
    #[error("the body has more than {limit} bytes: send smaller batches")]
    TooLarge {
        /// Bytes.
        limit: usize,
    },
    /// The body has more messages than the endpoint takes.
    #[error("the body has more than {limit} messages: send smaller batches")]
    TooMany {
        /// Messages.
        limit: usize,
    },
    /// The body is compressed in a way that is not known here.
    #[error("the content encoding {0:?} is not known: use gzip, deflate or none")]
    Encoding(String),
    /// The compressed body is damaged or cut off.
    #[error("the compressed body cannot be read to its end: it is damaged or cut off")]
    Compressed,
    /// There is nothing in the body, or no `data` in the form or query.
    #[error("the body is empty")]
    Empty,
    /// The `data` of a form is no base64.
    #[error("the data of the form are neither JSON nor base64")]
    NotBase64,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8 from byte {at} on")]
    NotUtf8 {
        /// Bytes before the wrong one.
        at: usize,
    },
    /// The body is not JSON, or is nested deeper than [`json::DEPTH`](crate::json::DEPTH).
    #[error("the body is not JSON from byte {at} on")]
    NotJson {
        /// Bytes before the wrong one.
        at: usize,
    },
    /// It is JSON, but not what clients send to this path.
    #[error("the body is not {expected}")]
    Shape {
        /// What it should be.
        expected: &'static str,
    },
}
