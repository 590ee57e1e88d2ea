//! The names of events: what a shop's clients should send, and what each of its properties holds.
//!
//! Names of shopping are those of Segment's e-commerce specification, which most shops send already. Names of security
//! are ours, since no specification has any: a step of security that nobody records cannot be tied to customers lost.
//! `docs/guide/vocabulary.md` and `docs/schemas/events` are written from here.

mod security;
mod shopping;
mod words;

pub use self::words::*;

/// An event by its name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// As it is sent, compared exactly.
    pub name: &'static str,
    /// Whose word it is.
    pub origin: Origin,
    /// When to send it, in English.
    pub en: &'static str,
    /// When to send it, in French.
    pub fr: &'static str,
    /// What it may carry.
    pub properties: &'static [Property],
    /// Properties of one such event.
    pub example: &'static [(&'static str, Example)],
}

/// Whose word a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Segment's e-commerce specification.
    Shopping,
    /// Ours.
    Security,
}

/// What an event carries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Property {
    /// As it is sent.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Whether the event says little without it.
    pub required: bool,
    /// What it is, in English.
    pub en: &'static str,
    /// What it is, in French.
    pub fr: &'static str,
}

/// The type of a property's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these texts and no other.
    OneOf(&'static [&'static str]),
    /// Best one of these texts; others are kept as they are.
    Known(&'static [&'static str]),
    /// A number that is not negative, in a unit.
    Number(&'static str),
    /// A whole number that is not negative, in a unit.
    Count(&'static str),
    /// Yes or no.
    Flag,
}

/// A value in an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Example {
    /// A text.
    Text(&'static str),
    /// A number.
    Number(f64),
    /// A whole number.
    Count(u32),
    /// Yes or no.
    Flag(bool),
}

/// All events that have a meaning here: shopping, then security. Others are kept under their own names.
pub fn events() -> impl Iterator<Item = &'static Event> {
    shopping::EVENTS.iter().chain(security::EVENTS)
}

/// The event of a name.
pub fn event(name: &str) -> Option<&'static Event> {
    events().find(|event| event.name == name)
}

const fn optional(name: &'static str, kind: Kind, en: &'static str, fr: &'static str) -> Property {
    Property { name, kind, required: false, en, fr }
}

const fn required(name: &'static str, kind: Kind, en: &'static str, fr: &'static str) -> Property {
    Property { name, kind, required: true, en, fr }
}

const fn text(value: &'static str) -> Example {
    Example::Text(value)
}
