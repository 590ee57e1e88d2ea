//! Snowplow's tracker protocol 2: flat objects of strings with short names.

use crate::{
    draft::{Draft, Verdict},
    endpoint::Kind,
    error::WireError,
    head::base64,
    json::{Broken, Cursor, Value},
    message::Reason,
    read::Request,
};

use super::{each, first_filled, inside, own_word};

/// `{"schema": "iglu:…payload_data…", "data": […]}`.
pub(crate) fn read<'a>(request: &mut Request<'a>, text: &'a str) -> Result<(), WireError> {
    let mut cursor = Cursor::new(text);
    let expected = "an object with an array `data`";
    if !cursor.enters(b'{') {
        return Err(WireError::Shape { expected });
    }
    let (mut first, mut found) = (true, false);
    while let Some(key) = cursor.key(&mut first)? {
        if key == "data" && cursor.peek() == b'[' {
            request.array(&mut cursor, event)?;
            found = true;
        } else {
            cursor.skip()?;
        }
    }
    cursor.end()?;
    if found { Ok(()) } else { Err(WireError::Shape { expected }) }
}

/// The fields that only decide together what the event is.
#[derive(Debug, Default)]
struct Short<'a> {
    kind: Value<'a>,
    action: Value<'a>,
    domain_user: Value<'a>,
    network_user: Value<'a>,
    structured_value: Value<'a>,
    structured_property: Value<'a>,
    order_total: Value<'a>,
    order_currency: Value<'a>,
    described: Value<'a>,
    described_encoded: Value<'a>,
}

fn event<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Broken> {
    let start = cursor.clone();
    let mut short = Short::default();
    each(cursor, |key, cursor| {
        match key {
            "e" => short.kind = cursor.value()?,
            "eid" => draft.id.offer("eid", cursor.value()?),
            "dtm" => draft.original.offer("dtm", cursor.value()?),
            "ttm" => draft.stamped.offer("ttm", cursor.value()?),
            "stm" => draft.sent = cursor.value()?,
            "uid" => draft.user.offer("uid", cursor.value()?),
            "duid" => short.domain_user = cursor.value()?,
            "nuid" | "tnuid" => short.network_user = cursor.value()?,
            "page" => draft.name = cursor.value()?,
            "ip" => draft.ip = cursor.value()?,
            "ua" => draft.user_agent = cursor.value()?,
            "aid" => draft.key = cursor.value()?,
            "se_ac" => short.action = cursor.value()?,
            "se_va" => short.structured_value = cursor.value()?,
            "se_pr" => short.structured_property = cursor.value()?,
            "tr_tt" => short.order_total = cursor.value()?,
            "tr_cu" => short.order_currency = cursor.value()?,
            "ue_pr" => short.described = cursor.value()?,
            "ue_px" => short.described_encoded = cursor.value()?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    draft.properties = Some(cursor.object_since(&start).into());
    if draft.user.field.is_empty() {
        draft.user.field = "uid";
    }
    draft.anonymous.offer("duid", std::mem::take(&mut short.domain_user));
    draft.anonymous.offer("nuid", std::mem::take(&mut short.network_user));
    settle(short, draft);
    Ok(())
}

fn settle<'a>(short: Short<'a>, draft: &mut Draft<'a>) {
    match short.kind.text() {
        Some("pv") => draft.kind = Kind::Page,
        Some("se") => {
            draft.event.offer("se_ac", short.action);
            draft.amounts.value = short.structured_value;
            draft.reason = short.structured_property;
        }
        Some("tr") => {
            draft.event.offer("e", Value::Text(fidance_domain::vocabulary::ORDER_COMPLETED.into()));
            draft.amounts.total.offer("tr_tt", short.order_total);
            draft.currency = short.order_currency;
        }
        Some("ue") => described(short.described, &short.described_encoded, draft),
        // The order has the total; a sign of life every ten seconds is no event of a customer's.
        Some(passed @ ("ti" | "pp")) => draft.verdict = Verdict::Passed(passed.to_owned().into()),
        _ => draft.refuse(Reason::UnsupportedType, "e"),
    }
}

/// A self-describing event: its name is that of its schema, `iglu:vendor/NAME/jsonschema/1-0-0`.
fn described<'a>(plain: Value<'a>, encoded: &Value<'a>, draft: &mut Draft<'a>) {
    let field = if plain.is_empty() { "ue_px" } else { "ue_pr" };
    let decoded = encoded.text().and_then(base64).and_then(|bytes| String::from_utf8(bytes).ok());
    let text = first_filled([plain, decoded.map(|text| Value::Text(text.into())).unwrap_or_default()]);
    let Some(text) = text.text() else {
        draft.refuse(Reason::Incomplete, field);
        return;
    };
    let mut inner = Draft::default();
    if outer(&mut Cursor::new(text), &mut inner).is_err() {
        draft.refuse(Reason::NotJson, field);
        return;
    }
    if let Some(properties) = inner.properties.take() {
        draft.properties = Some(properties.into_owned().into());
    }
    let schema = inner.event.value.text().unwrap_or("").trim_start_matches("iglu:");
    let name = schema.split('/').nth(1).unwrap_or("").to_owned();
    draft.event.offer(field, Value::Text(name.into()));
    draft.take_from(inner);
}

/// `{"schema": "…unstruct_event…", "data": {"schema": …, "data": {…}}}`
fn outer<'t>(cursor: &mut Cursor<'t>, inner: &mut Draft<'t>) -> Result<(), Broken> {
    inside(cursor, |key, cursor| {
        if key != "data" {
            return cursor.skip();
        }
        inside(cursor, |key, cursor| {
            match key {
                "schema" => inner.event.value = cursor.value()?,
                "data" => {
                    inner.properties =
                        inside(
                            cursor,
                            |key, cursor| if own_word(key, cursor, inner)? { Ok(()) } else { cursor.skip() },
                        )?;
                }
                _ => cursor.skip()?,
            }
            Ok(())
        })
        .map(drop)
    })?;
    cursor.end()
}
