//! JSON lines in our own words: what a script or a pipeline writes that has no client of anybody's.

use crate::{
    draft::Draft,
    error::WireError,
    json::{Broken, Cursor},
    message::Reason,
    read::{Request, Scan},
};

use super::{each, own_word};

/// One object a line, in our own words.
pub(crate) fn read<'a>(request: &mut Request<'a>, body: &'a [u8]) -> Result<(), WireError> {
    lines(request, body, line_of)
}

/// One object a line. A line that is wrong is refused with its number; the others are taken.
pub(crate) fn lines<'a>(request: &mut Request<'a>, body: &'a [u8], scan: Scan) -> Result<(), WireError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Err(WireError::Empty);
    }
    for (number, line) in body.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if request.is_full() {
            return Err(WireError::TooMany { limit: request.limits.messages });
        }
        let text = match std::str::from_utf8(line) {
            Ok(text) => text,
            Err(e) => {
                let readable = line.get(..e.valid_up_to()).and_then(|line| std::str::from_utf8(line).ok());
                request.refuse(number, Reason::NotJson, readable.unwrap_or(""));
                continue;
            }
        };
        let mut cursor = Cursor::new(text);
        // Checked first, so that a line is a message or is refused, never both.
        if cursor.skip().and_then(|()| cursor.end()).is_err() {
            request.refuse(number, Reason::NotJson, text);
            continue;
        }
        request.message(&mut Cursor::new(text), number, scan, |_| {})?;
    }
    Ok(())
}

fn line_of<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    // The line as a whole is its properties: it is flat.
    let inner = cursor.clone();
    draft.user.field = "customer";
    each(cursor, |key, cursor| {
        match key {
            "event" => draft.event.offer("event", cursor.value()?),
            "message_id" => draft.id.offer("message_id", cursor.value()?),
            "messageId" => draft.id.offer("messageId", cursor.value()?),
            "id" => draft.id.offer("id", cursor.value()?),
            "at" => draft.original.offer("at", cursor.value()?),
            "timestamp" => draft.original.offer("timestamp", cursor.value()?),
            _ if own_word(key, cursor, draft)? => {}
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    draft.properties = Some(cursor.object_since(&inner).into());
    Ok(())
}
