//! OCSF, the Open Cybersecurity Schema Framework: events of the class Authentication. Others are passed over.

use std::borrow::Cow;

use fidance_domain::{id::customer, vocabulary as words};

use crate::{
    content::content_id,
    draft::{Draft, Verdict},
    error::WireError,
    json::{self, Broken, Cursor, Value},
    message::Reason,
    read::Request,
};

use super::{each, first_filled, inside, ndjson};

/// The class Authentication.
const AUTHENTICATION: &str = "3002";
/// What Windows writes where there is no user.
const NULL_SID: [&str; 2] = ["NULL SID", "S-1-0-0"];

/// One event, an array of them, or one a line.
pub(crate) fn read<'a>(request: &mut Request<'a>, text: &'a str) -> Result<(), WireError> {
    let mut cursor = Cursor::new(text);
    match cursor.peek() {
        b'[' => request.array(&mut cursor, event)?,
        b'{' if is_lines(text) => return ndjson::lines(request, text.as_bytes(), event),
        b'{' => request.message(&mut cursor, 0, event, |_| {})?,
        _ => return Err(WireError::Shape { expected: "an event of OCSF, an array of them, or one a line" }),
    }
    Ok(cursor.end()?)
}

/// Whether the first line is a whole event and others come behind.
fn is_lines(text: &str) -> bool {
    text.trim_ascii().split_once('\n').is_some_and(|(first, _)| json::check(first).is_ok())
}

#[derive(Debug, Default)]
struct Own<'a> {
    class: Value<'a>,
    activity: Value<'a>,
    status: Value<'a>,
    status_id: Value<'a>,
    status_code: Value<'a>,
    status_detail: Value<'a>,
    user_uid: Value<'a>,
    user_name: Value<'a>,
    user_mail: Value<'a>,
}

fn event<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    let start = cursor.clone();
    let mut own = Own::default();
    each(cursor, |key, cursor| {
        let place = match key {
            "class_uid" => &mut own.class,
            "activity_id" => &mut own.activity,
            "status" => &mut own.status,
            "status_id" => &mut own.status_id,
            "status_code" => &mut own.status_code,
            "status_detail" => &mut own.status_detail,
            "time" => {
                draft.original = crate::draft::Named { value: cursor.value()?, field: "time" };
                return Ok(());
            }
            "time_dt" => {
                draft.original.offer("time_dt", cursor.value()?);
                return Ok(());
            }
            "metadata" => return part(cursor, "uid", |value| draft.id.offer("metadata.uid", value)),
            "src_endpoint" => return part(cursor, "ip", |value| draft.ip = value),
            "http_request" => return part(cursor, "user_agent", |value| draft.user_agent = value),
            "user" => {
                draft.traits = user(cursor, &mut own)?;
                return Ok(());
            }
            _ => return cursor.skip(),
        };
        *place = cursor.value()?;
        Ok(())
    })?;
    let raw = cursor.object_since(&start);
    draft.properties = Some(Cow::Borrowed(raw));
    if draft.id.value.is_empty() {
        draft.id.value = Value::Text(content_id(raw).into());
    }
    if draft.ip.text() == Some("-") {
        draft.ip = Value::Null;
    }
    settle(own, draft);
    Ok(())
}

/// One field of an object.
fn part<'a>(cursor: &mut Cursor<'a>, wanted: &str, take: impl FnOnce(Value<'a>)) -> Result<(), Broken> {
    let mut found = Value::Null;
    inside(cursor, |key, cursor| {
        if key == wanted {
            found = cursor.value()?;
            return Ok(());
        }
        cursor.skip()
    })?;
    take(found);
    Ok(())
}

fn user<'a>(cursor: &mut Cursor<'a>, own: &mut Own<'a>) -> Result<Option<Cow<'a, str>>, Broken> {
    inside(cursor, |key, cursor| {
        match key {
            "uid" => own.user_uid = cursor.value()?,
            "name" => own.user_name = cursor.value()?,
            "email_addr" => own.user_mail = cursor.value()?,
            _ => cursor.skip()?,
        }
        Ok(())
    })
}

fn settle<'a>(own: Own<'a>, draft: &mut Draft<'a>) {
    match own.class.text() {
        Some(AUTHENTICATION) => {}
        Some(other) => {
            draft.verdict = Verdict::Passed(Cow::Owned(format!("class {other}")));
            return;
        }
        None => {
            draft.refuse(Reason::UnsupportedType, "class_uid");
            return;
        }
    }
    let succeeded = match (own.status_id.text(), own.status.text()) {
        (Some("1"), _) => Some(true),
        (Some("2"), _) => Some(false),
        (_, Some(word)) if word.eq_ignore_ascii_case("success") => Some(true),
        (_, Some(word)) if word.eq_ignore_ascii_case("failure") => Some(false),
        _ => None,
    };
    let event = match (own.activity.text(), succeeded) {
        // Logon, and the ticket that Kerberos gives instead.
        (Some("1" | "3"), Some(true)) => words::AUTHENTICATION_SUCCEEDED,
        (Some("1" | "3"), Some(false)) => words::AUTHENTICATION_FAILED,
        (Some("2"), Some(true) | None) => words::SIGNED_OUT,
        (activity, _) => {
            let activity = activity.unwrap_or("unknown");
            draft.verdict = Verdict::Passed(Cow::Owned(format!("activity {activity}")));
            return;
        }
    };
    if event == words::AUTHENTICATION_FAILED {
        draft.reason = first_filled([own.status_code, own.status_detail, own.status]);
    }
    draft.event.offer("activity_id", Value::Text(event.into()));
    let candidates =
        [("user.uid", own.user_uid), ("user.name", own.user_name), ("user.email_addr", own.user_mail)];
    let names_somebody = |value: &Value<'_>| {
        value.text().is_some_and(|text| customer(text).is_ok() && !NULL_SID.contains(&text.trim()))
    };
    let all: Vec<_> = candidates.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let best = all.iter().position(|(_, value)| names_somebody(value)).unwrap_or(0);
    if let Some((field, value)) = all.into_iter().nth(best) {
        draft.user.offer(field, value);
    } else {
        draft.user.field = "user.uid";
    }
}
