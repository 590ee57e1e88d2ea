//! A message while it is being read: what each protocol found, before the rules that hold for all of them.

use std::{borrow::Cow, mem::take};

use fidance_domain::{
    amount::Amount,
    id::{Nobody, customer},
};

use crate::{
    amount,
    clock::{self, Times},
    endpoint::Kind,
    head::trimmed,
    json::Value,
    message::{Agreement, Call, Consent, Fields, Message, Reason, Refused},
};

/// A value and what the client calls its field, for whoever has to correct it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named<'a> {
    pub(crate) value: Value<'a>,
    pub(crate) field: &'static str,
}

impl<'a> Named<'a> {
    /// Takes a value unless one of a better name is there, or this one is empty.
    pub(crate) fn offer(&mut self, field: &'static str, value: Value<'a>) {
        if self.value.is_empty() {
            // Where nothing was sent at all, the field that came first is the one to name.
            let field = if value.is_empty() && !self.field.is_empty() { self.field } else { field };
            *self = Self { value, field };
        }
    }
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) field: &'static str,
}

/// What a protocol found out beyond the fields.
#[derive(Debug, Clone, Default)]
pub(crate) enum Verdict<'a> {
    /// The rules of all protocols decide.
    #[default]
    Open,
    /// It is of no interest.
    Passed(Cow<'a, str>),
    /// It cannot be used.
    Refused(Fault),
}

/// The candidates for an amount, each preferred to those behind it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Amounts<'a> {
    pub(crate) amount: Value<'a>,
    pub(crate) revenue: Value<'a>,
    pub(crate) total: Named<'a>,
    /// Of many uses: what is no number here is no amount either, but no mistake.
    pub(crate) value: Value<'a>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Draft<'a> {
    pub(crate) verdict: Verdict<'a>,
    pub(crate) kind: Kind,
    pub(crate) id: Named<'a>,
    pub(crate) event: Named<'a>,
    pub(crate) name: Value<'a>,
    pub(crate) user: Named<'a>,
    pub(crate) anonymous: Named<'a>,
    pub(crate) previous: Named<'a>,
    pub(crate) account: Value<'a>,
    pub(crate) original: Named<'a>,
    pub(crate) stamped: Named<'a>,
    pub(crate) sent: Value<'a>,
    /// When an earlier receiver took it.
    pub(crate) received: Value<'a>,
    pub(crate) ago: Value<'a>,
    pub(crate) amounts: Amounts<'a>,
    pub(crate) currency: Value<'a>,
    pub(crate) reason: Value<'a>,
    pub(crate) ip: Value<'a>,
    pub(crate) user_agent: Value<'a>,
    pub(crate) source_name: Value<'a>,
    pub(crate) properties: Option<Cow<'a, str>>,
    pub(crate) traits: Option<Cow<'a, str>>,
    pub(crate) categories: Option<Cow<'a, str>>,
    /// The key of the source, where each message carries it.
    pub(crate) key: Value<'a>,
}

impl<'a> Draft<'a> {
    pub(crate) fn refuse(&mut self, reason: Reason, field: &'static str) {
        self.verdict = Verdict::Refused(Fault { reason, field });
    }

    /// Takes over what was found in a text that is decoded and will not live as long. Names and ids that are already
    /// there stay.
    pub(crate) fn take_from(&mut self, inner: Draft<'_>) {
        let own = |named: Named<'_>| (named.field, named.value.into_owned());
        let (field, value) = own(inner.user);
        self.user.offer(field, value);
        let (field, value) = own(inner.anonymous);
        self.anonymous.offer(field, value);
        let (field, value) = own(inner.amounts.total);
        self.amounts.total.offer(field, value);
        let places = [
            (&mut self.account, inner.account),
            (&mut self.amounts.amount, inner.amounts.amount),
            (&mut self.amounts.revenue, inner.amounts.revenue),
            (&mut self.amounts.value, inner.amounts.value),
            (&mut self.currency, inner.currency),
            (&mut self.reason, inner.reason),
            (&mut self.ip, inner.ip),
        ];
        for (place, value) in places {
            if place.is_empty() {
                *place = value.into_owned();
            }
        }
        if self.traits.is_none() {
            self.traits = inner.traits.map(|traits| Cow::Owned(traits.into_owned()));
        }
    }

    /// The message, or why there is none.
    pub(crate) fn finish(&mut self, index: usize, raw: &'a str) -> Result<Message<'a>, Refused<'a>> {
        let id = text(take(&mut self.id.value));
        match self.parts() {
            Ok(parts) => Ok(self.message(index, raw, id, parts)),
            Err(fault) => Err(Refused { index, reason: fault.reason, field: fault.field.into(), id, raw }),
        }
    }

    /// Everything that can be wrong.
    fn parts(&mut self) -> Result<Parts<'a>, Fault> {
        if let Verdict::Refused(fault) = self.verdict {
            return Err(fault);
        }
        let call = self.call()?;
        let (user, anonymous) = self.people(&call)?;
        let time = |named: &Named<'_>| {
            clock::of_value(&named.value).map_err(|()| Fault { reason: Reason::BadTime, field: named.field })
        };
        let times = Times {
            original: time(&self.original)?,
            stamped: time(&self.stamped)?,
            // Without a time of sending the clock is not corrected; the event counts all the same.
            sent: clock::of_value(&self.sent).unwrap_or(None),
            ago: clock::milliseconds(&self.ago),
            historical: false,
            received: clock::of_value(&self.received).unwrap_or(None),
        };
        let amount = if call.kind() == Kind::Track { self.amounts.read()? } else { None };
        Ok(Parts { call, user, anonymous, times, amount })
    }

    fn call(&mut self) -> Result<Call<'a>, Fault> {
        let name = text(take(&mut self.name));
        Ok(match self.kind {
            Kind::Page => Call::Page { name },
            Kind::Screen => Call::Screen { name },
            Kind::Identify => Call::Identify,
            Kind::Group if text(self.account.clone()).is_none() => {
                return Err(Fault { reason: Reason::Incomplete, field: "groupId" });
            }
            Kind::Group => Call::Group,
            Kind::Alias => match id(&mut self.previous)? {
                Some(previous) => Call::Alias { previous },
                None => {
                    return Err(Fault {
                        reason: Reason::Incomplete,
                        field: self.previous.field_or("previousId"),
                    });
                }
            },
            Kind::Track => {
                let field = self.event.field_or("event");
                match take(&mut self.event.value) {
                    value if value.is_empty() => return Err(Fault { reason: Reason::NoEvent, field }),
                    value => match text(value) {
                        Some(event) => Call::Track { event },
                        None => return Err(Fault { reason: Reason::WrongType, field }),
                    },
                }
            }
        })
    }

    /// The customer and the visitor. A reserved id of a visitor is no visitor; it is refused where it is all there is.
    fn people(&mut self, call: &Call<'a>) -> Result<People<'a>, Fault> {
        let user = id(&mut self.user)?;
        let anonymous = match id(&mut self.anonymous) {
            Ok(anonymous) => anonymous,
            Err(_) if user.is_some() => None,
            Err(fault) => return Err(fault),
        };
        let about_an_account = call.kind() == Kind::Group;
        let needs_user = call.kind() == Kind::Alias;
        if user.is_none() && (needs_user || anonymous.is_none() && !about_an_account) {
            return Err(Fault { reason: Reason::NoCustomer, field: self.user.field_or("userId") });
        }
        Ok((user, anonymous))
    }

    fn message(
        &mut self,
        index: usize,
        raw: &'a str,
        id: Option<Cow<'a, str>>,
        parts: Parts<'a>,
    ) -> Message<'a> {
        Message {
            index,
            id,
            call: parts.call,
            user: parts.user,
            anonymous: parts.anonymous,
            account: text(take(&mut self.account)),
            times: parts.times,
            amount: parts.amount,
            currency: text(take(&mut self.currency)),
            reason: text(take(&mut self.reason)),
            properties: Fields(self.properties.take()),
            traits: Fields(self.traits.take()),
            consent: self.categories.take().map(consent).unwrap_or_default(),
            ip: text(take(&mut self.ip)),
            user_agent: text(take(&mut self.user_agent)),
            source_name: text(take(&mut self.source_name)),
            raw,
        }
    }
}

type People<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

struct Parts<'a> {
    call: Call<'a>,
    user: Option<Cow<'a, str>>,
    anonymous: Option<Cow<'a, str>>,
    times: Times,
    amount: Option<Amount>,
}

impl Named<'_> {
    /// The field's name, or the usual one where no field was there.
    fn field_or(&self, usual: &'static str) -> &'static str {
        if self.field.is_empty() { usual } else { self.field }
    }
}

impl Amounts<'_> {
    fn read(&self) -> Result<Option<Amount>, Fault> {
        let strict =
            [(&self.amount, "amount"), (&self.revenue, "revenue"), (&self.total.value, self.total.field)];
        for (value, field) in strict {
            match amount::of_value(value) {
                Ok(None) => {}
                Ok(found) => return Ok(found),
                Err(()) => return Err(Fault { reason: Reason::BadAmount, field }),
            }
        }
        Ok(amount::of_value(&self.value).unwrap_or(None))
    }
}

/// The cleaned id in a field.
fn id<'a>(named: &mut Named<'a>) -> Result<Option<Cow<'a, str>>, Fault> {
    let fault = |reason| Fault { reason, field: named.field };
    let text = match take(&mut named.value) {
        Value::Null => return Ok(None),
        Value::Text(text) => text,
        Value::Number(text) => number_as_id(text),
        Value::Bool(_) => return Err(fault(Reason::ReservedId)),
        Value::Object(_) | Value::Array(_) => return Err(fault(Reason::WrongType)),
    };
    match customer(&text) {
        Ok(_) => Ok(Some(trimmed(text))),
        Err(Nobody::Missing) => Ok(None),
        Err(Nobody::Reserved) => Err(fault(Reason::ReservedId)),
    }
}

/// A number as files of JSON lines give it: `12.0` is the customer `12` there too.
fn number_as_id(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        return text;
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Cow::Owned(number.to_string()),
        _ => text,
    }
}

/// A text without white space around it; `None` where nothing is left, or it is no text.
pub(crate) fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) | Value::Number(text) => Some(trimmed(text)).filter(|text| !text.is_empty()),
        _ => None,
    }
}

fn consent(categories: Cow<'_, str>) -> Consent<'_> {
    let categories = Fields(Some(categories));
    let (mut agreed, mut refused) = (false, false);
    for (_, value) in categories.list() {
        agreed |= value == Value::Bool(true);
        refused |= value == Value::Bool(false);
    }
    let agreement = match (agreed, refused) {
        (true, true) => Agreement::Partial,
        (true, false) => Agreement::Given,
        (false, true) => Agreement::Refused,
        (false, false) => Agreement::Unknown,
    };
    Consent { agreement, categories }
}
