//! One pass over JSON text, without a tree.
//!
//! A body of a hundred messages is walked once; the few values that a message needs are lent from it, everything
//! else is only checked. With a library, refusing single messages and looking into their properties takes three passes:
//! over the batch, over each message, over its properties (`examples/speed.rs` shows what a pass costs). What is JSON and what is not is the same as for `serde_json`; a test
//! compares both on mutated texts. Nothing here recurses: depth is a counter, and bounded by [`DEPTH`].

mod cursor;
mod text;

use std::borrow::Cow;

pub(crate) use self::cursor::Cursor;

/// Objects and arrays inside one another, at most.
pub const DEPTH: u32 = 128;

/// A place at which a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Bytes before it.
    pub(crate) at: usize,
}

/// A value, lent from the text wherever it has no escapes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value<'a> {
    /// `null`, or no such field.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(Cow<'a, str>),
    /// A string without its quotes and escapes.
    Text(Cow<'a, str>),
    /// An object as it is written.
    Object(Cow<'a, str>),
    /// An array as it is written.
    Array(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// The string, or the number as it is written; nothing for the others.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is nothing: `null`, or a string of white space.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// The same value, free of the text it was lent from.
    pub fn into_owned(self) -> Value<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(text) => Value::Number(own(text)),
            Self::Text(text) => Value::Text(own(text)),
            Self::Object(text) => Value::Object(own(text)),
            Self::Array(text) => Value::Array(own(text)),
        }
    }

    /// The object's text, if it is one.
    pub(crate) fn object(self) -> Option<Cow<'a, str>> {
        if let Self::Object(text) = self { Some(text) } else { None }
    }
}

/// The value at a dotted path below an object, such as `address.city`.
///
/// A field whose own name has the rest of the path (`"address.city": …`) is found too. The last of several fields
/// of one name counts.
pub fn find<'t>(object: &'t str, path: &str) -> Option<Value<'t>> {
    let mut found = None;
    let mut objects = vec![(object, path)];
    while let Some((object, path)) = objects.pop() {
        let mut cursor = Cursor::new(object);
        if !cursor.enters(b'{') {
            continue;
        }
        let mut first = true;
        while let Ok(Some(key)) = cursor.key(&mut first) {
            if key == path {
                found = Some(cursor.value().ok()?);
            } else if let Some(rest) = path.strip_prefix(key.as_ref()).and_then(|rest| rest.strip_prefix('.'))
                && cursor.peek() == b'{'
            {
                objects.push((cursor.skipped().ok()?, rest));
            } else {
                cursor.skip().ok()?;
            }
        }
    }
    found
}

/// The names and values of an object's own fields, in order; what is broken is left out.
pub(crate) fn fields(object: &str) -> Vec<(Cow<'_, str>, Value<'_>)> {
    let mut cursor = Cursor::new(object);
    let mut found = Vec::new();
    let mut first = true;
    if cursor.enters(b'{') {
        while let Ok(Some(key)) = cursor.key(&mut first) {
            let Ok(value) = cursor.value() else { break };
            found.push((key, value));
        }
    }
    found
}

/// Whether a text is one JSON value and nothing more, no deeper than [`DEPTH`].
///
/// # Errors
/// The number of bytes before the place where it stops being one.
pub fn check(text: &str) -> Result<(), usize> {
    let mut cursor = Cursor::new(text);
    cursor.skip().and_then(|()| cursor.end()).map_err(|broken| broken.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_what_is_below() {
        let text =
            r#"{"plan":"pro","address":{"city":"Orl\u00e9ans","zip":45000},"a.b":1,"n":null,"plan":"free"}"#;
        let shown = |path| find(text, path).and_then(|value| value.text().map(str::to_owned));
        assert_eq!(shown("plan").as_deref(), Some("free"));
        assert_eq!(shown("address.city").as_deref(), Some("Orléans"));
        assert_eq!(shown("address.zip").as_deref(), Some("45000"));
        assert_eq!(shown("a.b").as_deref(), Some("1"));
        assert_eq!(find(text, "n"), Some(Value::Null));
        assert_eq!(find(text, "address.street"), None);
        assert_eq!(find("[1]", "0"), None);
    }

    #[test]
    fn what_is_no_json_is_said_where() {
        for (text, at) in [
            ("", 0),
            ("{", 1),
            ("{\"a\"}", 4),
            ("[1,]", 3),
            ("01", 1),
            ("1.", 2),
            ("\"\u{1}\"", 1),
            ("\"\\x\"", 2),
            ("nul", 3),
            ("1 2", 2),
            ("{\"a\":1,}", 7),
            ("\"abc", 4),
            ("[1}", 2),
        ] {
            assert_eq!(check(text), Err(at), "{text}");
        }
        assert_eq!(check(&format!("{}1{}", "[".repeat(128), "]".repeat(128))), Ok(()));
        assert!(check(&"[".repeat(1_000_000)).is_err());
    }
}
