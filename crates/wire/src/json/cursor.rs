//! A place in a JSON text that moves forward over values, lending the wanted ones and checking the others.

use std::borrow::Cow;

use super::{Broken, DEPTH, Value, text::unescape};

/// Where reading stands in a text.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Bytes read so far.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Bytes not read yet.
    pub(crate) const fn left(&self) -> usize {
        self.text.len().saturating_sub(self.at)
    }

    /// The text from a place up to here.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// The text of the object that was entered just before `inside`, and has ended here.
    pub(crate) fn object_since(&self, inside: &Self) -> &'a str {
        self.since(inside.at.saturating_sub(1))
    }

    /// The next byte that is not white space; 0 at the end (a NUL is nowhere allowed outside strings).
    #[inline]
    pub(crate) fn peek(&mut self) -> u8 {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                other => return *other,
            }
        }
        0
    }

    /// Whether the next value opens with this bracket; if so, goes inside.
    #[inline]
    pub(crate) fn enters(&mut self, bracket: u8) -> bool {
        let opens = self.peek() == bracket;
        self.at += usize::from(opens);
        opens
    }

    /// Inside an object: the next field's name, the cursor then standing before its value; `None` behind its end.
    #[inline]
    pub(crate) fn key(&mut self, first: &mut bool) -> Result<Option<Cow<'a, str>>, Broken> {
        match (self.peek(), *first) {
            (b'}', _) => {
                self.at += 1;
                return Ok(None);
            }
            (b',', false) => {
                self.at += 1;
                self.peek();
            }
            (_, true) => *first = false,
            _ => return Err(self.broken()),
        }
        let quoted = self.string()?;
        self.colon()?;
        Ok(Some(unescape_if(quoted)))
    }

    /// Inside an array: whether there is one more value, the cursor then standing before it.
    pub(crate) fn element(&mut self, first: &mut bool) -> Result<bool, Broken> {
        match (self.peek(), *first) {
            (b']', _) => {
                self.at += 1;
                Ok(false)
            }
            (b',', false) => {
                self.at += 1;
                // A bracket behind a comma is no value.
                if self.peek() == b']' { Err(self.broken()) } else { Ok(true) }
            }
            (_, true) => {
                *first = false;
                Ok(true)
            }
            _ => Err(self.broken()),
        }
    }

    /// The next value.
    #[inline]
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Broken> {
        match self.peek() {
            b'"' => Ok(Value::Text(unescape_if(self.string()?))),
            b'{' => Ok(Value::Object(Cow::Borrowed(self.skipped()?))),
            b'[' => Ok(Value::Array(Cow::Borrowed(self.skipped()?))),
            b'n' => self.word("null").map(|()| Value::Null),
            b't' => self.word("true").map(|()| Value::Bool(true)),
            b'f' => self.word("false").map(|()| Value::Bool(false)),
            _ => {
                let start = self.at;
                self.number()?;
                Ok(Value::Number(Cow::Borrowed(self.since(start))))
            }
        }
    }

    /// The text of the next value, whatever it is.
    pub(crate) fn skipped(&mut self) -> Result<&'a str, Broken> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(self.since(start))
    }

    /// Goes over the next value, checking it.
    #[inline]
    pub(crate) fn skip(&mut self) -> Result<(), Broken> {
        match self.peek() {
            b'{' | b'[' => self.skip_nested(),
            b'"' => self.string().map(drop),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => self.number(),
        }
    }

    /// Goes over an object or an array. Which of both each level is, is kept as one bit.
    fn skip_nested(&mut self) -> Result<(), Broken> {
        let (mut depth, mut objects) = (0_u32, 0_u128);
        loop {
            let opening = self.peek();
            match opening {
                b'{' | b'[' => {
                    if depth == DEPTH {
                        return Err(self.broken());
                    }
                    self.at += 1;
                    depth += 1;
                    objects = objects << 1 | u128::from(opening == b'{');
                    match (self.peek(), opening) {
                        (b'}', b'{') | (b']', b'[') => {}
                        (_, b'{') => {
                            self.string()?;
                            self.colon()?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                _ => self.skip()?,
            }
            // A value has ended, or a bracket is to be closed that was just opened.
            loop {
                let in_object = objects & 1 == 1;
                match self.peek() {
                    b',' if in_object => {
                        self.at += 1;
                        self.peek();
                        self.string()?;
                        self.colon()?;
                        break;
                    }
                    b',' => {
                        self.at += 1;
                        break;
                    }
                    b'}' if in_object => {}
                    b']' if !in_object => {}
                    _ => return Err(self.broken()),
                }
                self.at += 1;
                depth -= 1;
                objects >>= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
        }
    }

    /// Nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        self.peek();
        if self.at == self.text.len() { Ok(()) } else { Err(self.broken()) }
    }

    fn colon(&mut self) -> Result<(), Broken> {
        if self.peek() != b':' {
            return Err(self.broken());
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Broken> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let same = rest.iter().zip(word.as_bytes()).take_while(|(a, b)| a == b).count();
        self.at += same;
        if same == word.len() { Ok(()) } else { Err(self.broken()) }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
        self.at - start
    }

    fn next_is(&mut self, bytes: [u8; 2]) -> bool {
        let is = self.text.as_bytes().get(self.at).is_some_and(|byte| bytes.contains(byte));
        self.at += usize::from(is);
        is
    }

    fn number(&mut self) -> Result<(), Broken> {
        self.next_is([b'-', b'-']);
        let leading_zero = self.next_is([b'0', b'0']);
        if !leading_zero && self.digits() == 0 {
            return Err(self.broken());
        }
        if self.next_is([b'.', b'.']) && self.digits() == 0 {
            return Err(self.broken());
        }
        if self.next_is([b'e', b'E']) {
            self.next_is([b'+', b'-']);
            if self.digits() == 0 {
                return Err(self.broken());
            }
        }
        // `01` is two values.
        if leading_zero && matches!(self.text.as_bytes().get(self.at), Some(b'0'..=b'9')) {
            return Err(self.broken());
        }
        Ok(())
    }

    /// The text between the quotes of the string here, and whether it has escapes.
    #[inline]
    fn string(&mut self) -> Result<(&'a str, bool), Broken> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return Err(self.broken());
        }
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain(bytes.get(self.at..).unwrap_or(&[]));
            match bytes.get(self.at) {
                Some(b'"') => {
                    let text = self.since(start);
                    self.at += 1;
                    return Ok((text, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                _ => return Err(self.broken()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Broken> {
        match self.text.as_bytes().get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.text.as_bytes().get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                        return Err(self.broken());
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.broken()),
        }
        Ok(())
    }

    const fn broken(&self) -> Broken {
        Broken { at: self.at }
    }
}

#[inline]
fn unescape_if((quoted, escaped): (&str, bool)) -> Cow<'_, str> {
    if escaped { unescape(quoted) } else { Cow::Borrowed(quoted) }
}

/// How many bytes come before the next quote, backslash or control character.
///
/// Eight at a time: for each byte the highest bit of a word says whether it is one of the three. A false alarm can
/// only come behind a true one (the borrow goes upwards), and the first one is what is asked for.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    let mut rest = bytes;
    while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * 0x22);
        let backslash = word ^ (ONES * 0x5c);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let equal = quote.wrapping_sub(ONES) & !quote | backslash.wrapping_sub(ONES) & !backslash;
        let alarm = (equal | control) & HIGH;
        if alarm != 0 {
            return at + (alarm.trailing_zeros() / 8) as usize;
        }
        at += 8;
        rest = behind;
    }
    at + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_at_a_time_is_one_at_a_time(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let slow = bytes.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
            prop_assert_eq!(plain(&bytes), slow);
        }

        #[test]
        fn what_is_json_is_json_for_serde_too(
            text in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"\"", "\"\\u00e9\"", "\"\\ud800\"", "\"\\q\"", "0", "-", "1",
                ".", "5", "e", "E+", "true", "false", "null", "nul", " ", "\n", "\t", "\u{b}", "\"é\"", "\"", "\\", "\u{1}",
            ]), 0..14).prop_map(|parts| parts.concat()),
        ) {
            let ours = super::super::check(&text).is_ok();
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(ours, theirs, "{}", text);
        }
    }
}
