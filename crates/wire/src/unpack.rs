//! From the bytes on the wire to JSON text, whatever the transport did to it.
//!
//! Bodies come compressed, as base64 in a form, in the query of a picture, or with half of the message in headers.
//! All of that ends here: behind [`unpack`] there is JSON, one text or one a line. What a body is, is seen from its
//! first bytes; clients put JSON under `application/x-www-form-urlencoded` and gzip under no header at all.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use crate::{
    endpoint::{Endpoint, Protocol},
    error::WireError,
    head::{Head, base64},
    json,
};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The JSON in a body, lent where nothing had to be undone.
///
/// `limit` is the largest body in bytes, before and after decompression ([`Limits::body`](crate::Limits)): it stops
/// there, whatever the compressed bytes promise. At most `limit` bytes and their decoded form are held.
pub fn unpack<'a>(head: &Head<'a>, body: &'a [u8], limit: usize) -> Result<Cow<'a, [u8]>, WireError> {
    let endpoint = Endpoint::of_path(head.path);
    if endpoint == Some(Endpoint::SnowplowPixel) {
        return pixel(head.query, limit).map(Cow::Owned);
    }
    let body = decompressed(head.content_encoding, Cow::Borrowed(body), limit)?;
    match endpoint.map(Endpoint::protocol) {
        Some(Protocol::PostHog) => form(head, body, limit),
        Some(Protocol::CloudEvents) if head.ce("specversion").is_some() => {
            binary(head, &body).map(Cow::Owned)
        }
        _ => Ok(body),
    }
}

/// Undoes compression by header or, where there is none or it lies, by the first bytes.
fn decompressed<'a>(
    encoding: Option<&str>,
    body: Cow<'a, [u8]>,
    limit: usize,
) -> Result<Cow<'a, [u8]>, WireError> {
    if body.len() > limit {
        return Err(WireError::TooLarge { limit });
    }
    if body.starts_with(&GZIP) {
        return inflate(GzDecoder::new(body.as_ref()), limit).map(Cow::Owned);
    }
    let encoding = encoding.unwrap_or("").trim();
    if matches!(encoding.to_ascii_lowercase().as_str(), "" | "identity") || looks_like_text(&body) {
        return Ok(body);
    }
    if !encoding.eq_ignore_ascii_case("deflate") {
        // Gzip that does not begin as gzip is damaged.
        let is_gzip = encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip");
        return Err(if is_gzip { WireError::Compressed } else { WireError::Encoding(shortened(encoding)) });
    }
    match inflate(ZlibDecoder::new(body.as_ref()), limit) {
        Err(WireError::Compressed) => inflate(DeflateDecoder::new(body.as_ref()), limit),
        other => other,
    }
    .map(Cow::Owned)
}

/// Proxies undo the compression and leave the header.
fn looks_like_text(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_none_or(|byte| matches!(byte, b'{' | b'[')) || body.starts_with(b"data=")
}

fn inflate(reader: impl Read, limit: usize) -> Result<Vec<u8>, WireError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read: io::Result<usize> = reader.take(most).read_to_end(&mut bytes);
    // Too much is told before the damage that may come behind it.
    if bytes.len() > limit {
        return Err(WireError::TooLarge { limit });
    }
    read.map(|_| bytes).map_err(|_| WireError::Compressed)
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// `data=…` of a form or of the query: JSON, or base64 of JSON, or base64 of gzip.
fn form<'a>(head: &Head<'a>, body: Cow<'a, [u8]>, limit: usize) -> Result<Cow<'a, [u8]>, WireError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let data = match first {
        Some(b'{' | b'[') => return Ok(body),
        Some(_) => {
            let form = form_urlencoded::parse(&body);
            let data = form.into_iter().find(|(name, _)| name == "data").map(|(_, value)| value.into_owned());
            // A body that is nothing but base64.
            data.or_else(|| String::from_utf8(body.to_vec()).ok()).ok_or(WireError::NotBase64)?
        }
        None => head.query_value(&["data"]).ok_or(WireError::Empty)?.into_owned(),
    };
    if data.len() > limit {
        return Err(WireError::TooLarge { limit });
    }
    if data.trim_start().starts_with(['{', '[']) {
        return Ok(Cow::Owned(data.into_bytes()));
    }
    let bytes = base64(&data).ok_or(WireError::NotBase64)?;
    decompressed(None, Cow::Owned(bytes), limit)
}

/// The query of Snowplow's picture as the body that a POST would have.
fn pixel(query: &str, limit: usize) -> Result<Vec<u8>, WireError> {
    if query.len() > limit {
        return Err(WireError::TooLarge { limit });
    }
    let mut fields = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        fields.insert(name.into_owned(), value.into_owned().into());
    }
    if fields.is_empty() {
        return Err(WireError::Empty);
    }
    let body = serde_json::json!({ "data": [fields] });
    Ok(body.to_string().into_bytes())
}

/// A CloudEvent whose attributes are headers, as the structured event that it stands for.
fn binary(head: &Head<'_>, body: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut fields = serde_json::Map::new();
    for (header, value) in head.ce {
        if let Some((_, name)) = header.split_at_checked(3) {
            fields.insert(name.to_ascii_lowercase(), percent_decoded(value).into());
        }
    }
    let attributes = serde_json::Value::Object(fields).to_string();
    let text = std::str::from_utf8(body).map_err(|e| WireError::NotUtf8 { at: e.valid_up_to() })?;
    let mut whole = attributes;
    if !text.trim().is_empty() {
        json::check(text).map_err(|at| WireError::NotJson { at })?;
        whole.truncate(whole.len() - 1);
        whole.push_str(",\"data\":");
        whole.push_str(text);
        whole.push('}');
    }
    Ok(whole.into_bytes())
}

/// Header values of CloudEvents have `%XX` for what a header cannot hold.
fn percent_decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = behind.split_first_chunk::<2>().and_then(|(digits, behind)| {
            let digits = std::str::from_utf8(digits).ok().filter(|_| *first == b'%')?;
            Some((u8::from_str_radix(digits, 16).ok()?, behind))
        });
        let (byte, behind) = escaped.unwrap_or((*first, behind));
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_decoded() {
        assert_eq!(percent_decoded("Euro%20%E2%82%AC %zz %4"), "Euro € %zz %4");
    }
}
