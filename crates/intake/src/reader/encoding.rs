//! Text that is not UTF-8: exports from older Windows programs, or files pasted together from both.

use std::{borrow::Cow, fmt, str::FromStr};

use encoding_rs::WINDOWS_1252;

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8, and windows-1252 for each row that is not valid UTF-8.
    #[default]
    Auto,
    /// UTF-8 only; other rows are rejected.
    Utf8,
    /// Windows-1252 (a superset of ISO 8859-1) throughout.
    Cp1252,
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "cp1252" | "windows-1252" | "latin1" | "latin-1" | "iso-8859-1" => Ok(Self::Cp1252),
            _ => Err(format!("unknown encoding {text:?}; use auto, utf-8 or cp1252")),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Utf8 => "utf-8",
            Self::Cp1252 => "cp1252",
        })
    }
}

impl Encoding {
    /// The text of bytes that are not valid UTF-8; `None` where the encoding does not allow them.
    pub(crate) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => None,
            Self::Auto | Self::Cp1252 => Some(WINDOWS_1252.decode_without_bom_handling(bytes).0),
        }
    }
}
