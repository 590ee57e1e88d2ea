//! Files that cannot be read as rows of text, recognised by their first bytes, with what to do instead.

use crate::error::IntakeError;

/// First bytes of formats that people pass by mistake, what they are and the way out.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"BZh", "compressed with bzip2", "decompress it with bunzip2, or use gzip or zstd"),
    (b"\xfd7zXZ", "compressed with xz", "decompress it with unxz, or use gzip or zstd"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"Rar!", "a rar archive", "unpack it"),
    (b"%PDF", "a PDF document", "export the table behind it as CSV"),
    (b"ORC", "an ORC file", "convert it to Parquet"),
    (b"Obj\x01", "an Avro file", "convert it to Parquet or NDJSON"),
    (b"ARROW1", "an Arrow file", "convert it to Parquet"),
    (b"SQLite format 3", "a SQLite database", "export the table as CSV"),
    (b"\x1f\x8b", "compressed twice", "decompress it once"),
    (b"\x28\xb5\x2f\xfd", "compressed twice", "decompress it once"),
    (b"PAR1", "a compressed Parquet file", "decompress it: Parquet is compressed inside already"),
    (b"<!DOCTYPE", "a web page", "the download may have failed or need a login"),
    (b"<html", "a web page", "the download may have failed or need a login"),
    (b"<?xml", "an XML file", "convert it to CSV or NDJSON"),
];

/// An error where the first bytes are not those of a text file.
pub(super) fn what_is_not_text(file: &str, head: &[u8]) -> Result<(), IntakeError> {
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(IntakeError::Empty { file: file.to_owned() });
    }
    let known = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic));
    if let Some((_, what, advice)) = known {
        return Err(IntakeError::NotText {
            file: file.to_owned(),
            what: (*what).to_owned(),
            advice: (*advice).to_owned(),
        });
    }
    let looked_at = head.get(..8192).unwrap_or(head);
    let nul = memchr::memchr_iter(0, looked_at).count();
    // Single NULs in later rows reject those rows; many of them are no text.
    if nul * 100 > looked_at.len() {
        return Err(IntakeError::NotText {
            file: file.to_owned(),
            what: "binary, or UTF-16 without a byte-order mark (it has NUL bytes)".to_owned(),
            advice: "give a CSV, NDJSON or Parquet file; text should be UTF-8".to_owned(),
        });
    }
    Ok(())
}

/// Whether the first character begins JSON.
pub(super) fn is_json(head: &[u8]) -> bool {
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    let second = head.iter().filter(|byte| !byte.is_ascii_whitespace()).nth(1);
    match first {
        Some(b'{') => matches!(second, Some(b'"' | b'}') | None),
        Some(b'[') => matches!(second, Some(b'{' | b'[' | b']') | None),
        _ => false,
    }
}

/// An error where JSON is one array or spread over several lines.
pub(super) fn json_that_is_not_lines(file: &str, head: &[u8]) -> Result<(), IntakeError> {
    let text = head.trim_ascii_start();
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or(text).trim_ascii_end();
    if text.starts_with(b"[") {
        return Err(IntakeError::JsonArray { file: file.to_owned() });
    }
    if line == b"{" || (line.starts_with(b"{") && !line.ends_with(b"}") && line.ends_with(b",")) {
        return Err(IntakeError::JsonSpread { file: file.to_owned() });
    }
    Ok(())
}
