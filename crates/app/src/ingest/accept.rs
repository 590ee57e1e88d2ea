//! What becomes of each message of a request: an event, a join of two ids, something known of a person, a number
//! without a name, or a dead letter.
//!
//! Pure but for a memory of the pairs that were stated lately. Nothing is kept of addresses; of whoever refused to be
//! measured nothing is kept but a count.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use fidance_domain::{amount::Amount, history::Micros, time::date_of};
use fidance_store::{ConsentRule, EventCount, NewLetter, PersonPatch, Sid, Source};
use fidance_wire::{
    Agreement, Call, Consent, Endpoint, Inbound, Message, Refused, clock::Corrected, content_id, json::Value,
};
use jiff::{civil::Date, tz::TimeZone};

use crate::people::{Erased, Ticket};

use super::{
    parcel::{Event, Join, Numbered, Parcel},
    port::Names,
    replay::protocol_of,
    seen::Seen,
};

/// The value of events without one.
pub const MISSING: &str = "(none)";
const PAGE: &str = "Page Viewed";
const SCREEN: &str = "Screen Viewed";
/// Longer names of events are not names.
const LONGEST_NAME: usize = 200;
/// Different names in one request: more are not names but values.
const MOST_NAMES: usize = 1_000;
/// Longer values of segments are cut.
const LONGEST_VALUE: usize = 100;
/// Dead letters that one request may leave; all refused messages are counted.
const MOST_LETTERS: usize = 1_000;
/// Bytes of a message that are kept in a dead letter.
const LONGEST_LETTER: usize = 256 << 10;
/// Pairs that are remembered as stated.
const PAIRS: usize = 200_000;
const DAY: Micros = 86_400_000_000;
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Who is counted as a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// A person.
    #[default]
    Customer,
    /// An account (company, household) with all its users.
    Account,
}

/// What is kept of whom, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privacy {
    /// The category of consent that decides, where messages name categories.
    pub category: Option<String>,
    /// Days after which a dead letter may be thrown away.
    pub letter_days: u32,
}

/// The segments: their names, and the paths under which messages have their values, the first found being taken.
pub type SegmentPaths = Vec<(String, Vec<String>)>;

/// Decides what becomes of messages.
#[derive(Debug)]
pub struct Acceptor {
    names: Arc<dyn Names>,
    zone: TimeZone,
    currency: Option<String>,
    unit: Unit,
    privacy: Privacy,
    segments: SegmentPaths,
    stated: Seen,
    erased: Erased,
}

/// How many messages of a request became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Events for the lake.
    pub events: u64,
    /// Events of people who refused, counted without a name.
    pub counted: u64,
    /// Messages that could not be used.
    pub refused: u64,
    /// Messages of no interest.
    pub passed: u64,
}

/// What one request brings.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// For the lake.
    pub parcel: Parcel,
    /// What is said of people.
    pub people: Vec<PersonPatch>,
    /// Messages that could not be used.
    pub letters: Vec<NewLetter>,
    /// Events without a person.
    pub counts: Vec<EventCount>,
    /// In numbers.
    pub verdict: Verdict,
    /// Why messages were refused, each with its number.
    pub reasons: Vec<(&'static str, u64)>,
    /// Held until it is on disk, so that an erasure finds all that was accepted before it.
    pub ticket: Ticket,
}

impl Accepted {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.parcel.events.is_empty()
            && self.parcel.joins.is_empty()
            && self.people.is_empty()
            && self.letters.is_empty()
            && self.counts.is_empty()
    }
}

impl Acceptor {
    /// For a business.
    pub fn new(
        names: Arc<dyn Names>,
        zone: TimeZone,
        currency: Option<String>,
        unit: Unit,
        privacy: Privacy,
        segments: SegmentPaths,
    ) -> Self {
        Self {
            names,
            zone,
            currency,
            unit,
            privacy,
            segments,
            stated: Seen::new(PAIRS),
            erased: Erased::default(),
        }
    }

    /// How ids become pseudonyms.
    pub fn names(&self) -> &dyn Names {
        self.names.as_ref()
    }

    /// Who was erased.
    pub fn erased(&self) -> &Erased {
        &self.erased
    }

    /// What was stated of these ids, which are in order, has to be stated again.
    pub(crate) fn forget(&self, ids: &[i64]) {
        self.stated.forget(ids);
    }

    /// What becomes of a request's messages, given when it arrived.
    pub fn accept(
        &self,
        source: &Source,
        endpoint: Endpoint,
        inbound: &Inbound<'_>,
        received: Micros,
    ) -> Accepted {
        let mut request = Request::new(self, source, received);
        request.verdict.passed = inbound.passed.len() as u64;
        for message in &inbound.messages {
            match message {
                Ok(message) => request.take(endpoint, message),
                Err(refused) => request.refuse(endpoint, refused, inbound.objects),
            }
        }
        request.finish()
    }

    /// To be called once a parcel is durable: what it states need not be stated again.
    pub fn remember(&self, joins: &[Join]) {
        joins.iter().for_each(|join| self.stated.add((join.from, join.into)));
    }

    /// Whether a person may be recorded.
    fn may_keep(&self, rule: ConsentRule, consent: &Consent<'_>) -> bool {
        let named = self.privacy.category.as_deref().and_then(|category| consent.to(category));
        match rule {
            ConsentRule::CountOnly => false,
            ConsentRule::IfGiven => named.unwrap_or(consent.agreement == Agreement::Given),
            // Without a category that decides, somebody who refused any has refused.
            ConsentRule::UnlessRefused => {
                named.unwrap_or(!matches!(consent.agreement, Agreement::Refused | Agreement::Partial))
            }
        }
    }
}

/// One request on its way.
struct Request<'a> {
    acceptor: &'a Acceptor,
    source: &'a Source,
    received: Micros,
    kinds: Numbered,
    values: Vec<Numbered>,
    profiles: HashMap<Vec<u32>, u32>,
    listed: Vec<Vec<u32>>,
    events: Vec<Event>,
    joins: Vec<Join>,
    joined: HashSet<(i64, i64)>,
    people: Vec<PersonPatch>,
    letters: Vec<NewLetter>,
    counts: Vec<EventCount>,
    verdict: Verdict,
    reasons: Vec<(&'static str, u64)>,
    ticket: Ticket,
}

impl<'a> Request<'a> {
    fn new(acceptor: &'a Acceptor, source: &'a Source, received: Micros) -> Self {
        Self {
            acceptor,
            source,
            received,
            kinds: Numbered::default(),
            values: acceptor.segments.iter().map(|_| Numbered::default()).collect(),
            profiles: HashMap::new(),
            listed: Vec::new(),
            events: Vec::new(),
            joins: Vec::new(),
            joined: HashSet::new(),
            people: Vec::new(),
            letters: Vec::new(),
            counts: Vec::new(),
            verdict: Verdict::default(),
            reasons: Vec::new(),
            ticket: acceptor.erased.ticket(),
        }
    }

    fn take(&mut self, endpoint: Endpoint, message: &Message<'_>) {
        let when = message.times.correct(self.received);
        let event: Option<&str> = match &message.call {
            Call::Track { event } => Some(event),
            Call::Page { .. } => Some(PAGE),
            Call::Screen { .. } => Some(SCREEN),
            Call::Identify | Call::Group | Call::Alias { .. } => None,
        };
        let keep = self.acceptor.may_keep(self.source.consent, &message.consent);
        if let Some(event) = event {
            if let Some(reason) = self.unusable(event) {
                let person = message.user.as_deref().map(|id| Sid::new(self.acceptor.names.customer(id)));
                let id = message.id.as_deref();
                return self.letter(endpoint, keep, (reason, "event"), id, person, message.raw);
            }
            if !keep {
                self.verdict.counted += 1;
                let day = self.day(when.at);
                return self.counts.push(EventCount {
                    day,
                    source: self.source.id,
                    event: event.to_owned(),
                    count: 1,
                });
            }
            self.event(event, message, when);
        }
        if keep {
            self.persons(message, when.at);
        }
    }

    /// Why a name is none.
    fn unusable(&self, event: &str) -> Option<&'static str> {
        if event.len() > LONGEST_NAME {
            return Some("name_too_long");
        }
        (self.kinds.texts.len() >= MOST_NAMES && !self.kinds.has(event)).then_some("too_many_names")
    }

    fn event(&mut self, event: &str, message: &Message<'_>, when: Corrected) {
        let Some(customer) = message.user.as_deref().or(message.anonymous.as_deref()) else { return };
        let names = &self.acceptor.names;
        let id = message.identity().unwrap_or_else(|| Cow::Owned(content_id(message.raw)));
        let kind = u16::try_from(self.kinds.number(event)).unwrap_or(u16::MAX);
        let event = Event {
            customer: names.customer(customer),
            at: when.at,
            clock: when.raw.filter(|_| when.shift != 0),
            kind,
            amount: self.amount(message).map(Amount::steps),
            profile: self.profile(message),
            message: names.message(&self.source.name, &id),
        };
        self.events.push(event);
        self.verdict.events += 1;
    }

    /// An amount in another currency than the business's would be added to those in that one.
    fn amount(&self, message: &Message<'_>) -> Option<Amount> {
        let ours = match (&self.acceptor.currency, &message.currency) {
            (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(theirs.trim()),
            _ => true,
        };
        message.amount.filter(|_| ours)
    }

    fn profile(&mut self, message: &Message<'_>) -> u32 {
        let mut row = Vec::with_capacity(self.values.len());
        for ((_, paths), values) in self.acceptor.segments.iter().zip(&mut self.values) {
            let found = paths.iter().find_map(|path| {
                let value = |value: Value<'_>| text_of(&value);
                message
                    .properties
                    .get(path)
                    .and_then(value)
                    .or_else(|| message.traits.get(path).and_then(value))
            });
            row.push(values.number(found.as_deref().unwrap_or(MISSING)));
        }
        if let Some(number) = self.profiles.get(&row) {
            return *number;
        }
        let number = u32::try_from(self.listed.len()).unwrap_or(u32::MAX);
        self.listed.push(row.clone());
        self.profiles.insert(row, number);
        number
    }

    /// Who is who, and what is known of them.
    fn persons(&mut self, message: &Message<'_>, at: Micros) {
        // Of two statements the later counts: a clock that is ahead must not outdo whoever takes two apart today.
        let at = at.min(self.received);
        let user = message.user.as_deref().map(|id| self.acceptor.names.customer(id));
        let anonymous = message.anonymous.as_deref().map(|id| self.acceptor.names.customer(id));
        if let (Some(user), Some(anonymous)) = (user, anonymous) {
            self.join(at, anonymous, user);
        }
        if let (Some(user), Call::Alias { previous }) = (user, &message.call) {
            self.join(at, self.acceptor.names.customer(previous), user);
        }
        if let (Unit::Account, Some(account), Some(member)) =
            (self.acceptor.unit, &message.account, user.or(anonymous))
        {
            self.join(at, member, self.acceptor.names.customer(account));
        }
        let Some(user) = user.filter(|user| !self.acceptor.erased.covers(*user, at)) else { return };
        match (&message.call, &message.account) {
            (Call::Identify, _) => {
                if let Some(traits) = message.traits.raw() {
                    self.people.extend(patch(user, traits));
                }
            }
            (Call::Group, Some(account)) if self.acceptor.unit == Unit::Customer => {
                let traits = std::iter::once(("account".to_owned(), account.as_ref().into())).collect();
                self.people.push(PersonPatch { sid: Sid::new(user), traits, lang: None });
            }
            _ => {}
        }
    }

    fn join(&mut self, at: Micros, from: i64, into: i64) {
        let erased = &self.acceptor.erased;
        if erased.covers(from, at) || erased.covers(into, at) {
            return;
        }
        if from != into && !self.acceptor.stated.has((from, into)) && self.joined.insert((from, into)) {
            self.joins.push(Join { at, from, into });
        }
    }

    fn refuse(&mut self, endpoint: Endpoint, refused: &Refused<'_>, objects: bool) {
        // What it says of consent cannot be relied on: it is kept only where silence is enough.
        let keep = self.source.consent == ConsentRule::UnlessRefused && !objects;
        let why = (refused.reason.word(), refused.field.as_ref());
        self.letter(endpoint, keep, why, refused.id.as_deref(), None, refused.raw);
    }

    fn letter(
        &mut self,
        endpoint: Endpoint,
        keep: bool,
        (reason, field): (&'static str, &str),
        id: Option<&str>,
        person: Option<Sid>,
        raw: &str,
    ) {
        self.verdict.refused += 1;
        match self.reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.reasons.push((reason, 1)),
        }
        if !keep || self.letters.len() >= MOST_LETTERS {
            return;
        }
        let payload = raw.as_bytes().get(..LONGEST_LETTER).unwrap_or(raw.as_bytes()).to_vec();
        self.letters.push(NewLetter {
            source: self.source.id,
            received_at: self.received,
            protocol: protocol_of(endpoint).to_owned(),
            reason: reason.to_owned(),
            field: (!field.is_empty()).then(|| field.to_owned()),
            message_id: id.map(|id| cut(id, LONGEST_NAME).to_owned()),
            person,
            payload,
            expires_at: self.received.saturating_add(i64::from(self.acceptor.privacy.letter_days) * DAY),
        });
    }

    fn day(&self, at: Micros) -> i32 {
        date_of(&self.acceptor.zone, at).since(EPOCH).map_or(0, |span| span.get_days())
    }

    fn finish(self) -> Accepted {
        let parcel = Parcel {
            kinds: self.kinds.texts,
            dimensions: self.acceptor.segments.iter().map(|(name, _)| name.clone()).collect(),
            values: self.values.into_iter().map(|values| values.texts).collect(),
            profiles: self.listed,
            events: self.events,
            joins: self.joins,
        };
        let Self { people, letters, counts, verdict, reasons, ticket, .. } = self;
        Accepted { parcel, people, letters, counts, verdict, reasons, ticket }
    }
}

/// The value of a segment; nothing where it is empty or no single value.
fn text_of(value: &Value<'_>) -> Option<String> {
    let text = match value {
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        value => value.text()?.trim(),
    };
    (!text.is_empty()).then(|| cut(text, LONGEST_VALUE).to_owned())
}

fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// What an identification says of a person; addresses of machines are left out.
fn patch(user: i64, traits: &str) -> Option<PersonPatch> {
    let mut traits: serde_json::Map<String, serde_json::Value> = serde_json::from_str(traits).ok()?;
    traits.retain(|name, _| !matches!(name.as_str(), "ip" | "$ip" | "ip_address" | "ipAddress"));
    let said = ["locale", "language", "lang"].iter().find_map(|name| traits.get(*name)?.as_str());
    let lang = said.and_then(|text| text.get(..2)).map(str::to_ascii_lowercase);
    let lang = lang.filter(|lang| lang.bytes().all(|byte| byte.is_ascii_lowercase()));
    (!traits.is_empty()).then(|| PersonPatch { sid: Sid::new(user), traits, lang })
}
