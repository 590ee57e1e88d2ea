//! One file per protocol: which field of it is what. The rules for all of them are in `draft`.

use std::borrow::Cow;

use crate::{
    draft::Draft,
    json::{Broken, Cursor, Value},
};

pub(crate) mod cloudevents;
pub(crate) mod keycloak;
pub(crate) mod keycloak_events;
pub(crate) mod ndjson;
pub(crate) mod ocsf;
pub(crate) mod posthog;
pub(crate) mod segment;
pub(crate) mod snowplow;

/// Goes over the fields of the object in which the cursor stands, behind its opening bracket. The function reads the
/// field's value, or goes over it.
pub(crate) fn each<'a>(
    cursor: &mut Cursor<'a>,
    mut field: impl FnMut(&str, &mut Cursor<'a>) -> Result<(), Broken>,
) -> Result<(), Broken> {
    let mut first = true;
    while let Some(key) = cursor.key(&mut first)? {
        field(&key, cursor)?;
    }
    Ok(())
}

/// Goes over the next value if it is an object; gives its text, `None` where it is something else.
#[inline]
pub(crate) fn inside<'a>(
    cursor: &mut Cursor<'a>,
    field: impl FnMut(&str, &mut Cursor<'a>) -> Result<(), Broken>,
) -> Result<Option<Cow<'a, str>>, Broken> {
    cursor.peek();
    let start = cursor.at();
    if !cursor.enters(b'{') {
        cursor.skip()?;
        return Ok(None);
    }
    each(cursor, field)?;
    Ok(Some(Cow::Borrowed(cursor.since(start))))
}

/// What the properties of an event mean in every protocol; `false` where the name means nothing.
#[inline]
pub(crate) fn property<'a>(
    key: &str,
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
) -> Result<bool, Broken> {
    let place = match key {
        "revenue" => &mut draft.amounts.revenue,
        "total" => {
            draft.amounts.total.offer("total", cursor.value()?);
            return Ok(true);
        }
        "value" => &mut draft.amounts.value,
        "currency" => &mut draft.currency,
        "reason" => &mut draft.reason,
        _ => return Ok(false),
    };
    *place = cursor.value()?;
    Ok(true)
}

/// Our own flat words, of JSON lines and of the data of CloudEvents.
pub(crate) fn own_word<'a>(
    key: &str,
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
) -> Result<bool, Broken> {
    match key {
        "customer" => draft.user.offer("customer", cursor.value()?),
        "customerId" => draft.user.offer("customerId", cursor.value()?),
        "customer_id" => draft.user.offer("customer_id", cursor.value()?),
        "userId" => draft.user.offer("userId", cursor.value()?),
        "user_id" => draft.user.offer("user_id", cursor.value()?),
        "anonymousId" => draft.anonymous.offer("anonymousId", cursor.value()?),
        "anonymous_id" => draft.anonymous.offer("anonymous_id", cursor.value()?),
        "account" | "accountId" | "account_id" => draft.account = cursor.value()?,
        "amount" => draft.amounts.amount = cursor.value()?,
        "ip" => draft.ip = cursor.value()?,
        "traits" => draft.traits = cursor.value()?.object(),
        _ => return property(key, cursor, draft),
    }
    Ok(true)
}

/// The first of some values that is a text or a number and is not empty.
pub(crate) fn first_filled<const N: usize>(values: [Value<'_>; N]) -> Value<'_> {
    values.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
}
