//! PostHog's capture API: batches, single events and arrays of them, and properties of persons.

use crate::{
    draft::Draft,
    endpoint::Kind,
    error::WireError,
    json::{self, Broken, Cursor, Value},
    read::{Request, Scan},
};

use super::{each, first_filled, inside, property};

/// The body of `/batch`, `/capture`, `/e` and `/track`.
pub(crate) fn capture<'a>(request: &mut Request<'a>, text: &'a str) -> Result<(), WireError> {
    body(request, text, event)
}

/// The body of `/engage`: what is to be known of a person.
pub(crate) fn engage<'a>(request: &mut Request<'a>, text: &'a str) -> Result<(), WireError> {
    body(request, text, person)
}

/// `{"api_key": …, "batch": […], "sent_at": …}`, one event, or an array of events.
fn body<'a>(request: &mut Request<'a>, text: &'a str, scan: Scan) -> Result<(), WireError> {
    let mut cursor = Cursor::new(text);
    if cursor.peek() == b'[' {
        request.array(&mut cursor, scan)?;
        return Ok(cursor.end()?);
    }
    if !cursor.enters(b'{') {
        return Err(WireError::Shape {
            expected: "an event, an array of events or an object with a `batch`",
        });
    }
    let (mut first, mut found) = (true, false);
    while let Some(key) = cursor.key(&mut first)? {
        match key.as_ref() {
            "batch" if cursor.peek() == b'[' => {
                request.array(&mut cursor, scan)?;
                found = true;
            }
            "api_key" | "token" | "$token" => request.key = cursor.value()?,
            "sent_at" => request.sent = cursor.value()?,
            "historical_migration" => request.historical = cursor.value()? == Value::Bool(true),
            _ => cursor.skip()?,
        }
    }
    cursor.end()?;
    if found {
        return Ok(());
    }
    request.message(&mut Cursor::new(text), 0, scan, |_| {})
}

/// What only PostHog has, until it is known what the event is.
#[derive(Debug, Default)]
struct Own<'a> {
    /// `properties.distinct_id`
    inner_id: Value<'a>,
    anonymous: Value<'a>,
    alias: Value<'a>,
    device: Value<'a>,
    identified: Value<'a>,
    groups: Option<&'a str>,
    group_type: Value<'a>,
    group_key: Value<'a>,
    group_set: Value<'a>,
    set: Value<'a>,
    set_once: Value<'a>,
    title: Value<'a>,
    screen: Value<'a>,
    token: Value<'a>,
    time: Value<'a>,
    insert_id: Value<'a>,
}

fn event<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    let own = fields(cursor, draft)?;
    let is = |names: &[&str]| draft.event.value.text().is_some_and(|name| names.contains(&name));
    draft.kind = if is(&["$identify", "$set"]) {
        Kind::Identify
    } else if is(&["$create_alias", "$merge_dangerously"]) {
        Kind::Alias
    } else if is(&["$groupidentify"]) {
        Kind::Group
    } else if is(&["$pageview"]) {
        Kind::Page
    } else if is(&["$screen"]) {
        Kind::Screen
    } else {
        Kind::Track
    };
    settle(own, draft);
    Ok(())
}

fn person<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    let own = fields(cursor, draft)?;
    draft.kind = Kind::Identify;
    settle(own, draft);
    Ok(())
}

fn fields<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<Own<'a>, Broken> {
    let mut own = Own::default();
    each(cursor, |key, cursor| {
        match key {
            "event" => draft.event.offer("event", cursor.value()?),
            "distinct_id" => draft.user.offer("distinct_id", cursor.value()?),
            "$distinct_id" => draft.user.offer("$distinct_id", cursor.value()?),
            "uuid" => draft.id.offer("uuid", cursor.value()?),
            "timestamp" => draft.original.offer("timestamp", cursor.value()?),
            "offset" => draft.ago = cursor.value()?,
            "sent_at" => draft.sent = cursor.value()?,
            "api_key" | "token" | "$token" => draft.key = cursor.value()?,
            "$set" => own.set = cursor.value()?,
            "$set_once" => own.set_once = cursor.value()?,
            "properties" => {
                draft.properties = inside(cursor, |key, cursor| {
                    if key.starts_with('$') || !property(key, cursor, draft)? {
                        own.property(key, cursor, draft)?;
                    }
                    Ok(())
                })?;
            }
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(own)
}

impl<'a> Own<'a> {
    fn property(&mut self, key: &str, cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
        let place = match key {
            "distinct_id" => &mut self.inner_id,
            "token" => &mut self.token,
            "alias" => &mut self.alias,
            "title" | "$title" => &mut self.title,
            "time" => &mut self.time,
            "$anon_distinct_id" => &mut self.anonymous,
            "$device_id" => &mut self.device,
            "$is_identified" => &mut self.identified,
            "$group_type" => &mut self.group_type,
            "$group_key" => &mut self.group_key,
            "$group_set" => &mut self.group_set,
            "$set" if self.set.is_empty() => &mut self.set,
            "$set_once" if self.set_once.is_empty() => &mut self.set_once,
            "$screen_name" => &mut self.screen,
            "$insert_id" => &mut self.insert_id,
            "$ip" => &mut draft.ip,
            "$raw_user_agent" | "$useragent" | "$user_agent" => &mut draft.user_agent,
            "$groups" if cursor.peek() == b'{' => {
                self.groups = Some(cursor.skipped()?);
                return Ok(());
            }
            _ => return cursor.skip(),
        };
        *place = cursor.value()?;
        Ok(())
    }
}

fn settle<'a>(own: Own<'a>, draft: &mut Draft<'a>) {
    draft.user.offer("distinct_id", own.inner_id);
    draft.id.offer("$insert_id", own.insert_id);
    draft.original.offer("time", own.time);
    draft.key = first_filled([std::mem::take(&mut draft.key), own.token]);
    draft.previous.offer("alias", own.alias);
    let of_group = draft.kind == Kind::Group;
    draft.traits = if of_group { own.group_set } else { first_filled([own.set, own.set_once]) }.object();
    draft.account = if of_group {
        // The clients invent a person for a group that is described without one.
        let invented = match (own.group_type.text(), own.group_key.text()) {
            (Some(kind), Some(key)) => format!("${kind}_{key}"),
            _ => String::new(),
        };
        if draft.user.value.text() == Some(&invented) {
            draft.user.value = Value::Null;
        }
        own.group_key
    } else {
        // An event has the groups its person is in; the first is the account.
        let groups = own.groups.map(json::fields).unwrap_or_default();
        groups.into_iter().next().map(|(_, key)| key).unwrap_or_default()
    };
    draft.name = if draft.kind == Kind::Screen { first_filled([own.screen, own.title]) } else { own.title };
    draft.anonymous.offer("$anon_distinct_id", own.anonymous);
    let device_alone = !own.device.is_empty() && own.device == draft.user.value;
    if draft.kind != Kind::Identify && (own.identified == Value::Bool(false) || device_alone) {
        // A browser whose user has not been identified yet.
        draft.anonymous = std::mem::take(&mut draft.user);
    } else if !device_alone {
        draft.anonymous.offer("$device_id", own.device);
    }
    if draft.user.field.is_empty() {
        draft.user.field = "distinct_id";
    }
}
