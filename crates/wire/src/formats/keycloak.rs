//! Events of Keycloak: the form of its REST interface, the flattened form of its log, and that of common webhooks.

use std::borrow::Cow;

use crate::{
    content::content_id,
    draft::{Draft, Named, Verdict, text},
    error::WireError,
    json::{Broken, Cursor, Value},
    message::Reason,
    read::Request,
};

use super::{each, first_filled, inside, keycloak_events};

/// One event or an array of them.
pub(crate) fn read<'a>(request: &mut Request<'a>, text: &'a str) -> Result<(), WireError> {
    let mut cursor = Cursor::new(text);
    match cursor.peek() {
        b'[' => request.array(&mut cursor, event)?,
        b'{' => request.message(&mut cursor, 0, event, |_| {})?,
        _ => return Err(WireError::Shape { expected: "an event of Keycloak or an array of them" }),
    }
    Ok(cursor.end()?)
}

#[derive(Debug, Default)]
struct Own<'a> {
    kind: Value<'a>,
    username: Value<'a>,
    inner_username: Value<'a>,
    credential: Value<'a>,
    /// `authDetails`: in events of users of webhooks the user, in events of administrators the administrator.
    auth_user: Value<'a>,
    auth_ip: Value<'a>,
    operation: Value<'a>,
    resource: Value<'a>,
    path: Value<'a>,
}

fn event<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    let start = cursor.clone();
    let mut own = Own::default();
    each(cursor, |key, cursor| {
        match key {
            "id" => draft.id.offer("id", cursor.value()?),
            "uid" => draft.id.offer("uid", cursor.value()?),
            "time" => draft.original.offer("time", cursor.value()?),
            "type" => own.kind = cursor.value()?,
            "userId" => draft.user.offer("userId", cursor.value()?),
            "username" => own.username = cursor.value()?,
            "ipAddress" => draft.ip = cursor.value()?,
            "error" => draft.reason = cursor.value()?,
            "operationType" => own.operation = cursor.value()?,
            "resourceType" => own.resource = cursor.value()?,
            "resourcePath" => own.path = cursor.value()?,
            "details" => draft.traits = details(cursor, &mut own)?,
            "authDetails" => auth_details(cursor, &mut own)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let raw = cursor.object_since(&start);
    draft.properties = Some(Cow::Borrowed(raw));
    draft.id.offer("id", Value::Null);
    if draft.id.value.is_empty() {
        draft.id.value = Value::Text(content_id(raw).into());
    }
    settle(own, draft);
    Ok(())
}

fn details<'a>(cursor: &mut Cursor<'a>, own: &mut Own<'a>) -> Result<Option<Cow<'a, str>>, Broken> {
    inside(cursor, |key, cursor| {
        match key {
            "username" => own.inner_username = cursor.value()?,
            "credential_type" => own.credential = cursor.value()?,
            _ => cursor.skip()?,
        }
        Ok(())
    })
}

fn auth_details<'a>(cursor: &mut Cursor<'a>, own: &mut Own<'a>) -> Result<(), Broken> {
    inside(cursor, |key, cursor| {
        match key {
            "userId" => own.auth_user = cursor.value()?,
            "ipAddress" => own.auth_ip = cursor.value()?,
            "username" if own.username.is_empty() => own.username = cursor.value()?,
            _ => cursor.skip()?,
        }
        Ok(())
    })
    .map(drop)
}

fn settle<'a>(own: Own<'a>, draft: &mut Draft<'a>) {
    let kind = own.kind.text().unwrap_or("");
    if kind.starts_with("admin.") || (kind.is_empty() && !own.operation.is_empty()) {
        administrator(&own, draft);
        return;
    }
    if kind.is_empty() {
        draft.refuse(Reason::UnsupportedType, "type");
        return;
    }
    let kind = kind.strip_prefix("access.").unwrap_or(kind);
    let Some(event) = keycloak_events::of_user(kind, own.credential.text()) else {
        draft.verdict = Verdict::Passed(Cow::Owned(kind.to_owned()));
        return;
    };
    draft.event.offer("type", Value::Text(event.into()));
    draft.user.offer("userId", own.auth_user);
    draft.ip = first_filled([std::mem::take(&mut draft.ip), own.auth_ip]);
    if draft.user.value.is_empty() {
        // A name typed into a form that no account has: a visitor, not a customer.
        draft.anonymous.offer("username", first_filled([own.inner_username, own.username]));
    }
}

fn administrator<'a>(own: &Own<'a>, draft: &mut Draft<'a>) {
    let path = text(own.path.clone()).unwrap_or_default();
    if let Some((event, user)) = keycloak_events::of_admin(own.resource.text(), own.operation.text(), &path) {
        draft.event.offer("operationType", Value::Text(event.into()));
        draft.user = Named { value: Value::Text(Cow::Owned(user.to_owned())), field: "resourcePath" };
        return;
    }
    let word = |value: &Value<'a>| value.text().unwrap_or("?").to_owned();
    draft.verdict = Verdict::Passed(Cow::Owned(format!("{} {}", word(&own.operation), word(&own.resource))));
}
