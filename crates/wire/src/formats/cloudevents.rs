//! CloudEvents 1.0: one structured event, or a batch of them. Binary events were made structured by `unpack`.
//!
//! The standard says nothing about customers and money; the data are read by our own words, as JSON lines are, and the
//! `subject` is the customer where the data name none.

use crate::{
    draft::Draft,
    error::WireError,
    head::base64,
    json::{Broken, Cursor, Value},
    message::Reason,
    read::Request,
};

use super::{each, inside, own_word};

pub(crate) fn read<'a>(request: &mut Request<'a>, text: &'a str) -> Result<(), WireError> {
    let mut cursor = Cursor::new(text);
    match cursor.peek() {
        b'[' => request.array(&mut cursor, event)?,
        b'{' => request.message(&mut cursor, 0, event, |_| {})?,
        _ => return Err(WireError::Shape { expected: "a CloudEvent or an array of them" }),
    }
    Ok(cursor.end()?)
}

fn event<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    let (mut version, mut subject, mut encoded) = (Value::Null, Value::Null, Value::Null);
    each(cursor, |key, cursor| {
        match key {
            "specversion" => version = cursor.value()?,
            "id" => draft.id.offer("id", cursor.value()?),
            "source" => draft.source_name = cursor.value()?,
            "type" => draft.event.offer("type", cursor.value()?),
            "time" => draft.original.offer("time", cursor.value()?),
            "subject" => subject = cursor.value()?,
            "data" => draft.properties = data(cursor, draft)?,
            "data_base64" => encoded = cursor.value()?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    if let Some(decoded) = encoded.text().and_then(base64).and_then(|bytes| String::from_utf8(bytes).ok()) {
        encoded_data(&decoded, draft);
    }
    draft.user.offer("subject", subject);
    if draft.event.field.is_empty() {
        draft.event.field = "type";
    }
    let required = [(draft.source_name.is_empty(), "source"), (draft.id.value.is_empty(), "id")];
    if !version.text().is_some_and(|version| version.starts_with("1.")) {
        draft.refuse(Reason::UnsupportedType, "specversion");
    } else if let Some((_, field)) = required.into_iter().find(|(missing, _)| *missing) {
        draft.refuse(Reason::Incomplete, field);
    }
    Ok(())
}

fn data<'a>(
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
) -> Result<Option<std::borrow::Cow<'a, str>>, Broken> {
    inside(cursor, |key, cursor| if own_word(key, cursor, draft)? { Ok(()) } else { cursor.skip() })
}

/// Data in base64 are read if they turn out to be JSON.
fn encoded_data(text: &str, draft: &mut Draft<'_>) {
    let mut inner = Draft::default();
    if let Ok(Some(properties)) = data(&mut Cursor::new(text), &mut inner) {
        draft.properties = Some(properties.into_owned().into());
        draft.take_from(inner);
    }
}
