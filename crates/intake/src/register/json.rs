//! JSON files: which form their entries have, and those of our own form.

use std::path::Path;

use fidance_domain::incident::ChangeKind;
use serde_json::{Map, Value};

use super::{
    Place, Reading, RegisterForm, RegisterOptions, catalogue,
    date::DateRule,
    entry::{Draft, Entry, Field, Problem},
    veris,
    words::Type,
};
use crate::{
    dates::AtFormat,
    error::IntakeError,
    reader::{json_bytes, shown_path},
};

/// The documents of a file: one, or one a line.
#[derive(Debug)]
pub(super) struct Documents {
    documents: Vec<(Value, u64)>,
    /// Where the file cannot be read further, and why.
    broken: Option<(u64, String)>,
}

/// The documents of a file; `None` where it is not JSON.
pub(super) fn read(path: &Path) -> Result<Option<Documents>, IntakeError> {
    let Some(bytes) = json_bytes(path)? else { return Ok(None) };
    let mut stream = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
    let (mut documents, mut broken) = (Vec::new(), None);
    let mut before = 0;
    let line_at = |offset: usize| {
        let head = bytes.get(..offset).unwrap_or(&bytes);
        // White space before a document belongs to it in the stream.
        let blank = bytes.get(offset..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_whitespace());
        let lines = memchr::memchr_iter(b'\n', head).count() + blank.filter(|byte| **byte == b'\n').count();
        lines as u64 + 1
    };
    while let Some(document) = stream.next() {
        match document {
            Ok(value) => documents.push((value, line_at(before))),
            Err(error) => broken = Some((error.line() as u64, format!("this is not valid JSON: {error}"))),
        }
        before = stream.byte_offset();
    }
    if documents.is_empty() && broken.is_none() {
        return Err(IntakeError::Empty { file: shown_path(path) });
    }
    Ok(Some(Documents { documents, broken }))
}

/// Takes the entries of a file.
pub(super) fn entries(reading: &mut Reading, file: Documents, options: &RegisterOptions) {
    // JSON has one way to write a date, unless a person says otherwise.
    let format = options.at_format.clone().unwrap_or(AtFormat::Iso);
    let dates = DateRule { format, zone: options.zone.clone() };
    let several = file.documents.len() > 1;
    for (document, line) in &file.documents {
        let root = if several { Place::Line(*line) } else { Place::Pointer(String::new()) };
        document_entries(reading, document, &root, &dates);
    }
    if let Some((line, reason)) = file.broken {
        reading.refuse(Place::Line(line), None, reason);
    }
}

fn document_entries(reading: &mut Reading, document: &Value, root: &Place, dates: &DateRule) {
    match document {
        Value::Array(items) => list(reading, items, root, "", dates),
        Value::Object(object) if is_register(object) => register(reading, object, root, dates),
        Value::Object(object) => match object.get("breaches") {
            Some(Value::Array(items)) => list(reading, items, root, "/breaches", dates),
            _ => entry(reading, document, root.clone(), dates),
        },
        _ => entry(reading, document, root.clone(), dates),
    }
}

fn is_register(object: &Map<String, Value>) -> bool {
    ["incidents", "changes"].iter().any(|key| object.get(*key).is_some_and(Value::is_array))
}

/// The place of an item of a list.
fn within(root: &Place, path: &str) -> Place {
    match root {
        Place::Pointer(pointer) => Place::Pointer(format!("{pointer}{path}")),
        other => other.clone(),
    }
}

fn list(reading: &mut Reading, items: &[Value], root: &Place, path: &str, dates: &DateRule) {
    if items.is_empty() {
        return reading.refuse(within(root, path), None, "the list is empty");
    }
    for (index, item) in items.iter().enumerate() {
        entry(reading, item, within(root, &format!("{path}/{index}")), dates);
    }
}

/// One incident, in whichever form it is.
fn entry(reading: &mut Reading, value: &Value, place: Place, dates: &DateRule) {
    let Value::Object(object) = value else {
        return reading.refuse(place, None, "an incident is a JSON object, this is none");
    };
    let has = |keys: &[&str]| keys.iter().any(|key| object.contains_key(*key));
    let (form, read) = if has(&["BreachDate", "PwnCount"]) {
        (RegisterForm::Hibp, catalogue::hibp(object, dates))
    } else if has(&["companyName"]) && has(&["numStolen", "reason"]) {
        (RegisterForm::Iib, catalogue::iib(object))
    } else if has(&["incident_id", "security_incident", "actor", "attribute"]) {
        (RegisterForm::Veris, veris::incident(object))
    } else if has(&["id", "type"]) {
        (RegisterForm::Register, ours(reading, object, Draft::default(), dates))
    } else {
        let names: Vec<&str> = object.keys().map(String::as_str).take(8).collect();
        let reason = format!(
            "it has no form of incidents that is known; its fields are {}",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        );
        return reading.refuse(place, None, reason);
    };
    reading.form(form);
    reading.take(place, read);
}

fn register(reading: &mut Reading, object: &Map<String, Value>, root: &Place, dates: &DateRule) {
    reading.form(RegisterForm::Register);
    for (key, value) in object {
        match (key.as_str(), value) {
            ("shop", Value::String(text)) => reading.read.register.shop = Some(text.clone()),
            ("time_zone", Value::String(text)) => reading.read.register.time_zone = Some(text.clone()),
            ("$schema", _) => {}
            ("incidents" | "changes", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let place = within(root, &format!("/{key}/{index}"));
                    let Value::Object(item) = item else {
                        reading.refuse(place, None, "an entry is a JSON object, this is none");
                        continue;
                    };
                    let kind =
                        (key == "changes").then(|| Type::Change(ChangeKind::Other("change".to_owned())));
                    let read = ours(reading, item, Draft::new(None, kind), dates);
                    reading.take(place, read);
                }
            }
            _ => reading.unknown(key),
        }
    }
}

/// An entry of our own form.
pub(super) fn ours(
    reading: &mut Reading,
    object: &Map<String, Value>,
    mut draft: Draft,
    dates: &DateRule,
) -> Result<Entry, Problem> {
    for (key, value) in object {
        match value {
            Value::Object(inner) if key == "communication" => {
                for (key, value) in inner {
                    set(reading, &mut draft, key, "communication.", value, dates)?;
                }
            }
            Value::Object(inner) if Field::of(key) == Some(Field::Scope) => {
                set_scope(&mut draft, key, inner)?;
            }
            _ => set(reading, &mut draft, key, "", value, dates)?,
        }
    }
    draft.finish()
}

/// `{ "device": ["mobile", "desktop"], "country": "FR" }`.
fn set_scope(draft: &mut Draft, key: &str, columns: &Map<String, Value>) -> Result<(), Problem> {
    let mut conditions = Vec::new();
    for (column, value) in columns {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                Err(Problem::new(format!("{key}.{column}"), "a value is expected, or a list of values"))
            }
        };
        conditions.push((column.clone(), values.iter().map(text).collect::<Result<_, _>>()?));
    }
    draft.set_scope(conditions).map_err(|error| Problem::new(key, error.to_string()))
}

fn set(
    reading: &mut Reading,
    draft: &mut Draft,
    key: &str,
    prefix: &str,
    value: &Value,
    dates: &DateRule,
) -> Result<(), Problem> {
    let Some(field) = Field::of(key) else {
        reading.unknown(&format!("{prefix}{key}"));
        return Ok(());
    };
    let name = || format!("{prefix}{key}");
    let values = match value {
        Value::Array(values) if field.is_list() => values.iter().collect(),
        other => vec![other],
    };
    // An empty list of remedies says that there was none.
    if field == Field::Remedy && values.is_empty() {
        return draft.set(field, "none", dates).map_err(|reason| Problem::new(name(), reason));
    }
    for value in values {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(Problem::new(name(), "one value is expected, not a list or an object"));
            }
        };
        draft.set(field, &text, dates).map_err(|reason| Problem::new(name(), reason))?;
    }
    Ok(())
}
