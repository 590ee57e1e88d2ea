//! What comes out: typed messages, refused ones, and those that are of no interest here.

use std::borrow::Cow;

use fidance_domain::{amount::Amount, history::Micros};

use crate::{
    clock::Times,
    endpoint::Kind,
    head::Key,
    json::{self, Value},
};

/// The messages of one request.
#[derive(Debug, Clone, Default)]
pub struct Inbound<'a> {
    /// The key that the request came with, unchecked.
    pub key: Option<Key<'a>>,
    /// When the request was sent by the client's clock, microseconds since 1970. Already in each message's times.
    pub sent_at: Option<Micros>,
    /// Whether the browser objects to being followed (`Sec-GPC` or `DNT`). Already in each message's consent.
    pub objects: bool,
    /// What the request says, in its order. A wrong message stands among the others.
    pub messages: Vec<Result<Message<'a>, Refused<'a>>>,
    /// Messages that are right but of no interest, such as the refreshing of a token.
    pub passed: Vec<Passed<'a>>,
}

/// A message that is of no interest here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed<'a> {
    /// Its place in the request, from 0.
    pub index: usize,
    /// What it is, in the words of its protocol.
    pub what: Cow<'a, str>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call<'a> {
    /// Something happened.
    Track {
        /// Its name, never empty.
        event: Cow<'a, str>,
    },
    /// A page was seen.
    Page {
        /// Its name or title.
        name: Option<Cow<'a, str>>,
    },
    /// A screen of an app was seen.
    Screen {
        /// Its name.
        name: Option<Cow<'a, str>>,
    },
    /// Who the user is: the anonymous id and the user, where both are there, are one person; traits describe it.
    Identify,
    /// The user belongs to the account; traits describe the account.
    Group,
    /// The previous id and the user are one person.
    Alias {
        /// The id used before.
        previous: Cow<'a, str>,
    },
}

impl Call<'_> {
    /// Which of the six.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Track { .. } => Kind::Track,
            Self::Page { .. } => Kind::Page,
            Self::Screen { .. } => Kind::Screen,
            Self::Identify => Kind::Identify,
            Self::Group => Kind::Group,
            Self::Alias { .. } => Kind::Alias,
        }
    }
}

/// One message that can be used.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Its place in the request, from 0; for lines, the line less one.
    pub index: usize,
    /// The client's own id of the message: a repeated one has the same. See [`identity`](Self::identity).
    pub id: Option<Cow<'a, str>>,
    /// What it says.
    pub call: Call<'a>,
    /// The customer's id, cleaned as [`fidance_domain::id::customer`] says.
    pub user: Option<Cow<'a, str>>,
    /// The id of a visitor not known as a customer, cleaned in the same way.
    pub anonymous: Option<Cow<'a, str>>,
    /// The account (company, household) that the user belongs to.
    pub account: Option<Cow<'a, str>>,
    /// When it happened, as far as the client says.
    pub times: Times,
    /// The value of an order or a payment; of events only.
    pub amount: Option<Amount>,
    /// The currency as it is written, such as `EUR`.
    pub currency: Option<Cow<'a, str>>,
    /// Why something ended as it did, such as `otp_timeout`.
    pub reason: Option<Cow<'a, str>>,
    /// Properties of the event, the page or the screen.
    pub properties: Fields<'a>,
    /// Properties of the user (or, of a group call, of the account): may be personal data.
    pub traits: Fields<'a>,
    /// Whether the user agreed to be measured.
    pub consent: Consent<'a>,
    /// The user's address, as the client says; never the address the request came from.
    pub ip: Option<Cow<'a, str>>,
    /// The user's browser, as the client says.
    pub user_agent: Option<Cow<'a, str>>,
    /// The source within the sender (CloudEvents `source`).
    pub source_name: Option<Cow<'a, str>>,
    /// The message as it came, as JSON.
    pub raw: &'a str,
}

impl Message<'_> {
    /// What a repeated message is recognised by: its id, with its source before it where ids are only unique within one.
    pub fn identity(&self) -> Option<Cow<'_, str>> {
        let id = self.id.as_deref()?;
        Some(match &self.source_name {
            // Neither a source (a URI) nor a header can hold a line break.
            Some(source) => Cow::Owned(format!("{source}\n{id}")),
            None => Cow::Borrowed(id),
        })
    }
}

/// The fields of a JSON object, looked up on demand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields<'a>(pub(crate) Option<Cow<'a, str>>);

impl Fields<'_> {
    /// The value at a dotted path such as `address.city`; `None` where there is no such field. Reads the object anew.
    pub fn get(&self, path: &str) -> Option<Value<'_>> {
        json::find(self.0.as_deref()?, path)
    }

    /// The object as JSON.
    pub fn raw(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The object's own fields, in their order.
    pub fn list(&self) -> Vec<(Cow<'_, str>, Value<'_>)> {
        self.0.as_deref().map(json::fields).unwrap_or_default()
    }
}

/// Whether a user agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Agreement {
    /// To all categories that are named.
    Given,
    /// To some of the categories: [`Consent::to`] says which.
    Partial,
    /// To none of the categories that are named; or the browser objects and the message says nothing.
    Refused,
    /// Nothing is said.
    #[default]
    Unknown,
}

/// What a message says about its user's consent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent<'a> {
    /// In short.
    pub agreement: Agreement,
    /// Category by category (Segment `context.consent.categoryPreferences`).
    pub categories: Fields<'a>,
}

impl Consent<'_> {
    /// Whether the user agreed to one category; `None` where nothing is said.
    pub fn to(&self, category: &str) -> Option<bool> {
        // Not by path: the names of categories have dots.
        let found = self.categories.list().into_iter().rfind(|(name, _)| name == category);
        found.and_then(|(_, value)| if let Value::Bool(agreed) = value { Some(agreed) } else { None })
    }
}

/// A message that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused<'a> {
    /// Its place in the request, from 0; for lines, the line less one.
    pub index: usize,
    /// Why.
    pub reason: Reason,
    /// The field that is wrong or missing, as the client calls it; the whole message where it is empty.
    pub field: Cow<'a, str>,
    /// The client's id of the message, if it could be read.
    pub id: Option<Cow<'a, str>>,
    /// The message as it came.
    pub raw: &'a str,
}

/// Why a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It is not JSON.
    NotJson,
    /// It is JSON but no object.
    NotAnObject,
    /// It is longer than one message may be.
    TooLarge,
    /// A field has a value of another type than it can have.
    WrongType,
    /// It names neither a customer nor a visitor.
    NoCustomer,
    /// Its customer is an id that stands for nobody, such as `null`.
    ReservedId,
    /// An event without a name.
    NoEvent,
    /// A field without which the protocol does not allow a message.
    Incomplete,
    /// A time that is none, or outside 1900 to 9999.
    BadTime,
    /// An amount that is no number.
    BadAmount,
    /// A kind of message that is not known.
    UnsupportedType,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NotJson,
        Self::NotAnObject,
        Self::TooLarge,
        Self::WrongType,
        Self::NoCustomer,
        Self::ReservedId,
        Self::NoEvent,
        Self::Incomplete,
        Self::BadTime,
        Self::BadAmount,
        Self::UnsupportedType,
    ];

    /// The word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::TooLarge => "too_large",
            Self::WrongType => "wrong_type",
            Self::NoCustomer => "no_customer",
            Self::ReservedId => "reserved_id",
            Self::NoEvent => "no_event",
            Self::Incomplete => "incomplete",
            Self::BadTime => "bad_time",
            Self::BadAmount => "bad_amount",
            Self::UnsupportedType => "unsupported_type",
        }
    }
}
