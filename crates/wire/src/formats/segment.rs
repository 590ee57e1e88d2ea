//! Segment's tracking API, and RudderStack's clients, which speak it with other words for time.

use crate::{
    draft::Draft,
    endpoint::Kind,
    error::WireError,
    json::{Broken, Cursor, Value},
    message::Reason,
    read::Request,
};

use super::{each, inside, property};

/// `{"batch": […], "sentAt": …, "writeKey": …}`, the fields in any order.
pub(crate) fn batch<'a>(request: &mut Request<'a>, text: &'a str) -> Result<(), WireError> {
    let mut cursor = Cursor::new(text);
    let expected = "an object with a `batch` of messages";
    if !cursor.enters(b'{') {
        return Err(WireError::Shape { expected });
    }
    let (mut first, mut found) = (true, false);
    while let Some(key) = cursor.key(&mut first)? {
        match key.as_ref() {
            "batch" if cursor.peek() == b'[' => {
                request.array(&mut cursor, batched)?;
                found = true;
            }
            "sentAt" => request.sent = cursor.value()?,
            "writeKey" => request.key = cursor.value()?,
            _ => cursor.skip()?,
        }
    }
    cursor.end()?;
    if found { Ok(()) } else { Err(WireError::Shape { expected }) }
}

/// The body of `/v1/track` and its like: one message.
pub(crate) fn one<'a>(request: &mut Request<'a>, text: &'a str, kind: Kind) -> Result<(), WireError> {
    let mut cursor = Cursor::new(text);
    if cursor.peek() != b'{' {
        return Err(WireError::Shape { expected: "an object" });
    }
    request.message(&mut cursor, 0, message, |draft| draft.kind = kind)?;
    Ok(cursor.end()?)
}

/// A message of a batch says of which kind it is.
fn batched<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    let kind = fields(cursor, draft)?;
    match kind.text().and_then(Kind::of) {
        Some(kind) => draft.kind = kind,
        None => draft.refuse(Reason::UnsupportedType, "type"),
    }
    settle(draft);
    Ok(())
}

/// The path has said of which kind the message is.
fn message<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    fields(cursor, draft)?;
    settle(draft);
    Ok(())
}

/// Reads the fields; gives `type`.
fn fields<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Value<'a>, Broken> {
    let mut kind = Value::Null;
    let mut context = Context::default();
    each(cursor, |key, cursor| {
        match key {
            "type" => kind = cursor.value()?,
            "event" => draft.event.offer("event", cursor.value()?),
            "userId" => draft.user.offer("userId", cursor.value()?),
            "anonymousId" => draft.anonymous.offer("anonymousId", cursor.value()?),
            "previousId" => draft.previous.offer("previousId", cursor.value()?),
            "groupId" => draft.account = cursor.value()?,
            "messageId" => draft.id.offer("messageId", cursor.value()?),
            "name" => draft.name = cursor.value()?,
            "timestamp" => draft.stamped.offer("timestamp", cursor.value()?),
            "originalTimestamp" => draft.original.offer("originalTimestamp", cursor.value()?),
            "sentAt" => draft.sent = cursor.value()?,
            "receivedAt" => draft.received = cursor.value()?,
            "writeKey" => draft.key = cursor.value()?,
            "traits" => draft.traits = cursor.value()?.object(),
            "properties" => {
                draft.properties =
                    inside(
                        cursor,
                        |key, cursor| if property(key, cursor, draft)? { Ok(()) } else { cursor.skip() },
                    )?;
            }
            "context" => context.read(cursor, draft)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    if draft.account.is_empty() {
        draft.account = context.account;
    }
    if draft.traits.is_none() {
        draft.traits = context.traits.object();
    }
    Ok(kind)
}

/// Clients write their own clock as `timestamp`; only beside `originalTimestamp` is it a corrected one.
fn settle(draft: &mut Draft<'_>) {
    if draft.original.value.is_empty() {
        std::mem::swap(&mut draft.original, &mut draft.stamped);
    }
}

#[derive(Debug, Default)]
struct Context<'a> {
    account: Value<'a>,
    traits: Value<'a>,
}

impl<'a> Context<'a> {
    fn read(&mut self, cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
        inside(cursor, |key, cursor| {
            match key {
                "ip" => draft.ip = cursor.value()?,
                "userAgent" => draft.user_agent = cursor.value()?,
                "groupId" => self.account = cursor.value()?,
                "traits" => self.traits = cursor.value()?,
                "consent" => {
                    inside(cursor, |key, cursor| {
                        if key == "categoryPreferences" {
                            draft.categories = cursor.value()?.object();
                            return Ok(());
                        }
                        cursor.skip()
                    })?;
                }
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        Ok(())
    }
}
