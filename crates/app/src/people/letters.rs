//! Which dead letters are about a person. Nobody could read them, so their texts are looked at one by one: each that
//! may be an id is made a pseudonym and compared. So it works when only pseudonyms are known any more.

use std::collections::HashSet;

use fidance_store::{DeadLetter, Letters, Sid, Store, StoreError};
use fidance_wire::base64;
use serde_json::Value;

use crate::ingest::Names;

/// Letters that are opened at once.
const AT_ONCE: usize = 200;
/// Texts within texts within texts: deeper than any protocol wraps.
const DEEPEST: usize = 8;

/// Texts that tell a person apart, of what is known of them: their addresses.
pub(super) async fn needles(store: &Store, ids: &[i64]) -> Result<Vec<String>, StoreError> {
    let mut needles = Vec::new();
    for id in ids {
        if let Some(person) = store.person(Sid::new(*id)).await? {
            let texts = person.traits.values().filter_map(Value::as_str).map(str::trim);
            needles.extend(texts.filter(|text| text.contains('@') && text.len() > 4).map(str::to_owned));
        }
    }
    Ok(needles)
}

/// The letters that name one of these ids, or hold one of these texts.
pub(super) async fn find(
    store: &Store,
    names: &dyn Names,
    ids: &[i64],
    needles: &[String],
) -> Result<Vec<DeadLetter>, StoreError> {
    let ids: HashSet<i64> = ids.iter().copied().collect();
    let mut wanted = Letters::default();
    let mut found = Vec::new();
    loop {
        let page = store.letters(&wanted, AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        wanted.before = Some(last.id);
        found.extend(page.into_iter().filter(|letter| {
            letter.letter.person.is_some_and(|person| ids.contains(&person.get()))
                || is_about(&letter.letter.payload, names, &ids, needles)
        }));
    }
}

/// Whether a message names one of these people.
pub(super) fn is_about(payload: &[u8], names: &dyn Names, ids: &HashSet<i64>, needles: &[String]) -> bool {
    let is_theirs = |text: &str| {
        let text = text.trim();
        !text.is_empty()
            && (ids.contains(&names.customer(text))
                || needles.iter().any(|needle| needle.eq_ignore_ascii_case(text)))
    };
    if any_text(payload, 0, &is_theirs) {
        return true;
    }
    // What is no JSON, or not all of it: the texts themselves, where they stand alone.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(payload).is_ok();
    !is_json && needles.iter().any(|needle| stands_in(&String::from_utf8_lossy(payload), needle))
}

/// Whether any text in a message is one of those: leaves and names of JSON, what is wrapped in them, words of other texts.
fn any_text(bytes: &[u8], depth: usize, is_theirs: &dyn Fn(&str) -> bool) -> bool {
    if depth > DEEPEST {
        return false;
    }
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        return any_leaf(&value, depth, is_theirs);
    }
    let text = String::from_utf8_lossy(bytes);
    let is_between = |c: char| c.is_whitespace() || c.is_control() || "\"'`,;&=?#<>()[]{}\\".contains(c);
    text.split(is_between).any(|word| {
        is_theirs(word)
            || is_theirs(word.trim_matches([':', '.', '/']))
            || word.split([':', '/', '|']).any(is_theirs)
            || (word.contains('%') && unescaped(word).is_some_and(|word| is_theirs(&word)))
            || any_wrapped(word, depth, is_theirs)
    })
}

fn any_leaf(value: &Value, depth: usize, is_theirs: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(number) => is_theirs(&number.to_string()),
        Value::String(text) => {
            is_theirs(text)
                || (text.contains(['{', '[', '=']) && any_text(text.as_bytes(), depth + 1, is_theirs))
                || any_wrapped(text, depth, is_theirs)
        }
        Value::Array(values) => values.iter().any(|value| any_leaf(value, depth, is_theirs)),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| is_theirs(name) || any_leaf(value, depth, is_theirs))
        }
    }
}

/// Texts that are wrapped as base64, as Snowplow's contexts are.
fn any_wrapped(text: &str, depth: usize, is_theirs: &dyn Fn(&str) -> bool) -> bool {
    const SHORTEST: usize = 8;
    if text.len() < SHORTEST || depth >= DEEPEST {
        return false;
    }
    let Some(bytes) = base64(text) else { return false };
    // Most texts that look like base64 are none.
    std::str::from_utf8(&bytes).is_ok() && any_text(&bytes, depth + 1, is_theirs)
}

/// A word of a query without its escapes.
fn unescaped(word: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        let byte = escaped.and_then(|(digits, after)| {
            Some((u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?, after))
        });
        let (byte, after) = byte.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Whether a text stands in another one by itself, not as a part of a longer word or number.
fn stands_in(text: &str, needle: &str) -> bool {
    let text = text.to_lowercase();
    let needle = needle.to_lowercase();
    !needle.is_empty()
        && text.match_indices(&needle).any(|(at, found)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sums;

    impl Names for Sums {
        fn customer(&self, id: &str) -> i64 {
            id.trim().bytes().fold(7, |sum: i64, byte| sum.wrapping_mul(31).wrapping_add(i64::from(byte)))
        }

        fn message(&self, _: &str, _: &str) -> u128 {
            0
        }
    }

    fn about(payload: &str, id: &str) -> bool {
        is_about(payload.as_bytes(), &Sums, &HashSet::from([Sums.customer(id)]), &[])
    }

    #[test]
    fn an_id_is_found_wherever_a_protocol_puts_it() {
        let wrapped = "eyJkYXRhIjp7InVzZXJfaWQiOiJhZGEifX0";
        for payload in [
            r#"{"userId":"ada","timestamp":"yesterday"}"#,
            r#"{"properties":{"deep":[{"who":" ada "}]}}"#,
            r#"{"ada":1}"#,
            r#"{"cx":"eyJkYXRhIjp7InVzZXJfaWQiOiJhZGEifX0"}"#,
            r#"{"data":"{\"user\":\"ada\"}"}"#,
            r#"{"userId":"ada","cut off"#,
            "e=pv&uid=ada&p=web",
            "user:ada said",
            wrapped,
        ] {
            assert!(about(payload, "ada"), "{payload}");
            assert!(!about(payload, "bob"), "{payload}");
        }
        assert!(about(r#"{"user":4711}"#, "4711"));
        assert!(about("uid=ada%40example.org", "ada@example.org"));
        assert!(!about(r#"{"userId":"adam"}"#, "ada"));
    }

    #[test]
    fn texts_are_found_where_they_stand_alone() {
        let has = |payload: &str, needle: &str| {
            is_about(payload.as_bytes(), &Sums, &HashSet::new(), &[needle.to_owned()])
        };
        assert!(has(r#"{"email":"Ada@Example.org"}"#, "ada@example.org"));
        assert!(has("broken {ada love: 1", "ada love"));
        assert!(!has("broken {adam: 12", "1"));
        assert!(!has(r#"{"n":"12"}"#, "1"));
    }
}
