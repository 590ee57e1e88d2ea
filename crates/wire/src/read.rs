//! From JSON to the messages in it: which reader for which path, and what they have in common.

use std::borrow::Cow;

use crate::{
    clock,
    draft::{Draft, Verdict, text},
    endpoint::{Endpoint, Limits},
    error::WireError,
    formats::{cloudevents, keycloak, ndjson, ocsf, posthog, segment, snowplow},
    head::{Head, key},
    json::{Broken, Cursor, Value},
    message::{Agreement, Inbound, Passed, Reason, Refused},
};

/// The messages in a body that [`unpack`](crate::unpack) gave.
///
/// A wrong message is among the messages, refused; an error means that the request as a whole cannot be read, and that
/// nothing of it was taken.
pub fn read<'a>(endpoint: Endpoint, head: &Head<'a>, body: &'a [u8]) -> Result<Inbound<'a>, WireError> {
    if !endpoint.takes(head.method) {
        return Err(WireError::Method { allowed: endpoint.methods() });
    }
    let limits = endpoint.limits();
    if body.len() > limits.body {
        return Err(WireError::TooLarge { limit: limits.body });
    }
    let mut request = Request::new(limits);
    let text = match endpoint {
        // A line is wrong for itself: those that are UTF-8 can be read.
        Endpoint::Ndjson => {
            ndjson::read(&mut request, body)?;
            return Ok(request.finish(endpoint, head));
        }
        _ => std::str::from_utf8(body).map_err(|e| WireError::NotUtf8 { at: e.valid_up_to() })?,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_ascii().is_empty() {
        return Err(WireError::Empty);
    }
    let read = match endpoint {
        Endpoint::SegmentBatch | Endpoint::SegmentImport => segment::batch(&mut request, text),
        Endpoint::SegmentOne(kind) => segment::one(&mut request, text, kind),
        Endpoint::PostHogCapture | Endpoint::PostHogEvents => posthog::capture(&mut request, text),
        Endpoint::PostHogEngage => posthog::engage(&mut request, text),
        Endpoint::CloudEvents => cloudevents::read(&mut request, text),
        Endpoint::SnowplowTp2 | Endpoint::SnowplowPixel => snowplow::read(&mut request, text),
        Endpoint::Keycloak => keycloak::read(&mut request, text),
        Endpoint::Ocsf | Endpoint::Ndjson => ocsf::read(&mut request, text),
    };
    read?;
    Ok(request.finish(endpoint, head))
}

impl From<Broken> for WireError {
    fn from(broken: Broken) -> Self {
        Self::NotJson { at: broken.at }
    }
}

/// How a protocol reads the object in which the cursor stands, behind its opening bracket, into a draft.
pub(crate) type Scan = for<'a> fn(&mut Cursor<'a>, &mut Draft<'a>) -> Result<(), Broken>;

/// A request while it is being read.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) limits: Limits,
    pub(crate) inbound: Inbound<'a>,
    /// The key in the body.
    pub(crate) key: Value<'a>,
    /// When the request was sent, by the client's clock.
    pub(crate) sent: Value<'a>,
    /// The messages are of the past.
    pub(crate) historical: bool,
}

impl<'a> Request<'a> {
    fn new(limits: Limits) -> Self {
        Self { limits, inbound: Inbound::default(), key: Value::Null, sent: Value::Null, historical: false }
    }

    /// Messages so far.
    fn count(&self) -> usize {
        self.inbound.messages.len() + self.inbound.passed.len()
    }

    /// Whether there may be no more messages.
    pub(crate) fn is_full(&self) -> bool {
        self.count() >= self.limits.messages
    }

    /// Reads the array at which the cursor stands, message by message.
    pub(crate) fn array(&mut self, cursor: &mut Cursor<'a>, scan: Scan) -> Result<(), WireError> {
        if !cursor.enters(b'[') {
            return Err(WireError::Shape { expected: "an array of messages" });
        }
        // Messages have a few hundred bytes; a wrong guess costs a copy, and a lie of the body half a megabyte.
        self.inbound.messages.reserve((cursor.left() / 300).min(1_000) + 1);
        let mut first = true;
        while cursor.element(&mut first)? {
            self.message(cursor, self.count(), scan, |_| {})?;
        }
        Ok(())
    }

    /// Reads one message, `index` being its place in the request; `begin` sets what is known before.
    pub(crate) fn message(
        &mut self,
        cursor: &mut Cursor<'a>,
        index: usize,
        scan: Scan,
        begin: impl FnOnce(&mut Draft<'a>),
    ) -> Result<(), WireError> {
        if self.is_full() {
            return Err(WireError::TooMany { limit: self.limits.messages });
        }
        cursor.peek();
        let start = cursor.at();
        if !cursor.enters(b'{') {
            cursor.skip()?;
            self.refuse(index, Reason::NotAnObject, cursor.since(start));
            return Ok(());
        }
        let mut draft = Draft::default();
        begin(&mut draft);
        scan(cursor, &mut draft)?;
        let raw = cursor.since(start);
        if raw.len() > self.limits.event {
            draft.refuse(Reason::TooLarge, "");
        }
        if self.key.is_empty() {
            self.key = std::mem::take(&mut draft.key);
        }
        match std::mem::take(&mut draft.verdict) {
            Verdict::Passed(what) => self.inbound.passed.push(Passed { index, what }),
            verdict => {
                draft.verdict = verdict;
                self.inbound.messages.push(draft.finish(index, raw));
            }
        }
        Ok(())
    }

    pub(crate) fn refuse(&mut self, index: usize, reason: Reason, raw: &'a str) {
        self.inbound.messages.push(Err(Refused { index, reason, field: Cow::Borrowed(""), id: None, raw }));
    }

    /// What holds for all messages of the request, and may stand behind them in the body.
    fn finish(self, endpoint: Endpoint, head: &Head<'a>) -> Inbound<'a> {
        let mut inbound = self.inbound;
        inbound.key = key(head, text(self.key));
        inbound.sent_at =
            clock::of_value(&self.sent).unwrap_or(None).or_else(|| sent_in_query(endpoint, head));
        inbound.objects = head.objects();
        let historical = self.historical || endpoint == Endpoint::SegmentImport;
        for message in inbound.messages.iter_mut().flatten() {
            message.times.sent = message.times.sent.or(inbound.sent_at);
            message.times.historical |= historical;
            if inbound.objects && message.consent.agreement == Agreement::Unknown {
                message.consent.agreement = Agreement::Refused;
            }
        }
        inbound
    }
}

/// PostHog's browsers say in the query when they sent, in milliseconds.
fn sent_in_query(endpoint: Endpoint, head: &Head<'_>) -> Option<i64> {
    let names: &[&str] = match endpoint {
        Endpoint::PostHogCapture | Endpoint::PostHogEvents | Endpoint::PostHogEngage => &["sent_at", "_"],
        _ => return None,
    };
    clock::parse(&head.query_value(names)?)
}
