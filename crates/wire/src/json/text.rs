//! Strings of JSON without their escapes.

use std::borrow::Cow;

/// The text between two quotes, its escapes resolved. The text has been checked: every escape is whole.
///
/// Half a surrogate pair, which browsers write where a text was cut inside an emoji, becomes U+FFFD.
pub(crate) fn unescape(quoted: &str) -> Cow<'_, str> {
    if !quoted.contains('\\') {
        return Cow::Borrowed(quoted);
    }
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut chars = after.chars();
        let escape = chars.next();
        rest = chars.as_str();
        let plain = match escape {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => {
                let (c, after) = unicode(rest);
                rest = after;
                c
            }
            Some(other) => other,
            None => break,
        };
        text.push(plain);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The character of `XXXX` or `XXXX\uXXXX`, and what comes behind.
fn unicode(text: &str) -> (char, &str) {
    let Some((unit, rest)) = hex(text) else { return (char::REPLACEMENT_CHARACTER, "") };
    if (0xd800..0xdc00).contains(&unit)
        && let Some((low, behind)) = rest.strip_prefix("\\u").and_then(hex)
        && (0xdc00..0xe000).contains(&low)
    {
        let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), behind);
    }
    (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

fn hex(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_of_characters_are_replaced() {
        assert_eq!(unescape(r"a\ud83d\ude00b"), "a😀b");
        assert_eq!(unescape(r"a\ud83d"), "a\u{fffd}");
        assert_eq!(unescape(r"a\ud83dx\ude00"), "a\u{fffd}x\u{fffd}");
        assert_eq!(unescape(r"\ud83d\ud83d\ude00"), "\u{fffd}😀");
        assert_eq!(unescape(r#"\"\\\/\b\f\n\r\t\u00e9"#), "\"\\/\u{8}\u{c}\n\r\té");
        assert!(matches!(unescape("plain"), Cow::Borrowed("plain")));
    }

    proptest! {
        #[test]
        fn what_serde_writes_comes_back(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&written[1..written.len() - 1]), text);
        }
    }
}
