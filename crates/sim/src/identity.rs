//! Under which ids customers are recorded: visitors known only later, and customers taken for each other.
//!
//! What customers do is not touched, nor is the truth, which counts persons. A recorded event carries the id
//! that the shop knew at the time; `links.csv` tells afterwards which ids belong together. Clients say it themselves: half of
//! them by an identification, half with every event from then on; a wrong merge is an alias. No client can split.

use std::path::Path;

use serde::Serialize;

use crate::{
    calendar::{Calendar, DAY, Micros, SECOND},
    dirt,
    draw::{Purpose, Stream, mix},
    error::SimError,
    event::{ANONYMOUS, Event, KNOWN, OWN},
    scenario::{Dirt, Identity},
    sink::{Names, TextFile, anonymous_id, customer_id, time},
};

/// Persons, the ids under which they are recorded, and what was done to these ids; before rows are spoiled.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Identities {
    /// Customers with an event.
    persons: u64,
    /// Ids with an event: what counts as customers where no id is merged.
    ids: u64,
    /// Anonymous ids merged into the customer they belong to.
    merges: u64,
    /// Customers merged into another one by mistake, each split off again.
    wrong_merges: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Merge,
    Split,
}

/// Which id goes into the customer's or comes out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Anonymous(u32),
    Customer(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    at: Micros,
    action: Action,
    from: Subject,
    into: u32,
    /// Whether events say it.
    is_seen: bool,
}

/// What a client says of two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    /// When it is received.
    pub(crate) received: Micros,
    pub(crate) message: u64,
    pub(crate) at: Micros,
    /// Seconds by which the client's clock is ahead.
    pub(crate) ahead: i32,
    pub(crate) from: Subject,
    pub(crate) into: u32,
}

/// All links of a run.
#[derive(Debug)]
pub(crate) struct Links<'a> {
    seed: u64,
    identity: &'a Identity,
    last: Micros,
    /// The customer with events before this one, for whom this one may be taken.
    before: Option<u32>,
    found: Vec<Link>,
}

impl<'a> Links<'a> {
    pub(crate) fn new(seed: u64, identity: &'a Identity, calendar: &Calendar) -> Self {
        Self { seed, identity, last: calendar.end() - SECOND, before: None, found: Vec::new() }
    }

    /// Gives a customer's events, in order of time, the ids under which they are recorded.
    pub(crate) fn assign(&mut self, customer: u32, events: &mut [Event], identities: &mut Identities) {
        let Some(first) = events.first().map(|event| event.at) else {
            return;
        };
        identities.persons += 1;
        identities.ids += 1;
        if self.identity.is_plain() {
            return;
        }
        let mut stream = Stream::new(self.seed, customer, Purpose::Identity, 0);
        if stream.chance(self.identity.anonymous_share) {
            let merged = self.within(first, first, self.identity.merged_within_days, &mut stream);
            // A merge in the second of the first event comes after it.
            let early = events.iter_mut().filter(|event| event.at < merged || event.at == first);
            early.for_each(|event| event.id = ANONYMOUS);
            identities.ids += u64::from(events.iter().any(|event| event.id != ANONYMOUS));
            identities.merges += 1;
            let says_both = Stream::new(self.seed, customer, Purpose::Identity, 1).chance(0.5);
            let mut later = events.iter_mut().filter(|event| says_both && event.id == OWN).peekable();
            let is_seen = later.peek().is_some();
            later.for_each(|event| event.id = KNOWN);
            let from = Subject::Anonymous(customer);
            self.found.push(Link { at: merged, action: Action::Merge, from, into: customer, is_seen });
        }
        if let Some(other) = self.before.replace(customer)
            && stream.chance(self.identity.wrong_merge_share)
        {
            let from = Subject::Customer(customer);
            let days = (self.last - first) / DAY;
            let merged = self.within(first, first, u32::try_from(days).unwrap_or(0), &mut stream);
            let split = self.within(merged, merged + SECOND, self.identity.split_within_days, &mut stream);
            identities.wrong_merges += 1;
            self.add(merged, Action::Merge, from, other);
            self.add(split, Action::Split, from, other);
        }
    }

    fn add(&mut self, at: Micros, action: Action, from: Subject, into: u32) {
        self.found.push(Link { at, action, from, into, is_seen: false });
    }

    /// A whole second within some days after an instant, not before `least` and inside the shop's time.
    #[expect(clippy::cast_possible_truncation, reason = "at most ten years of microseconds")]
    fn within(&self, since: Micros, least: Micros, days: u32, stream: &mut Stream) -> Micros {
        let at = since + (stream.unit() * (i64::from(days) * DAY) as f64) as i64;
        (at - at.rem_euclid(SECOND)).min(self.last).max(least)
    }

    /// What clients say of them, in the order in which it is received.
    pub(crate) fn said(&self, dirt: &Dirt) -> Vec<Said> {
        let mut all = Vec::new();
        for link in self.found.iter().filter(|link| link.action == Action::Merge && !link.is_seen) {
            let (customer, part) = match link.from {
                Subject::Anonymous(customer) => (customer, 2),
                Subject::Customer(customer) => (customer, 3),
            };
            let mut stream = Stream::new(self.seed, customer, Purpose::Dirt, part);
            let (received, ahead, again) = dirt::way(dirt, &mut stream, link.at);
            let place = (u64::from(customer) << 32) | u64::from(part);
            let message = mix(self.seed ^ 0x7768_6f20_6973_2077) ^ mix(place);
            let said = Said { received, message, at: link.at, ahead, from: link.from, into: link.into };
            all.push(said);
            all.extend(again.map(|received| Said { received, ..said }));
        }
        all.sort_unstable();
        all
    }

    /// Writes them in order of time; returns how many there are.
    pub(crate) fn write(mut self, path: &Path, names: &Names<'_>) -> Result<u64, SimError> {
        self.found.sort_unstable();
        let mut file = TextFile::create(path)?;
        file.text("at,action,from,into");
        file.end_line()?;
        for link in &self.found {
            time(names, link.at, file.bytes());
            file.text(match link.action {
                Action::Merge => ",merge,",
                Action::Split => ",split,",
            });
            match link.from {
                Subject::Anonymous(customer) => anonymous_id(customer, self.seed, file.bytes()),
                Subject::Customer(customer) => customer_id(customer, file.bytes()),
            }
            file.text(",");
            customer_id(link.into, file.bytes());
            file.end_line()?;
        }
        file.finish()?;
        Ok(self.found.len() as u64)
    }
}
