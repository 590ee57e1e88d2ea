//! Which path speaks which protocol, and how much it takes.

/// A family of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Segment's tracking API; RudderStack's clients speak it too.
    Segment,
    /// PostHog's capture API.
    PostHog,
    /// CloudEvents 1.0 over HTTP: structured, batch and binary.
    CloudEvents,
    /// Snowplow's tracker protocol 2.
    Snowplow,
    /// One JSON object a line, in Fidance's own words.
    Ndjson,
    /// Events of Keycloak, as its webhooks and log listeners send them.
    Keycloak,
    /// Authentication events of the Open Cybersecurity Schema Framework.
    Ocsf,
}

/// What a message of Segment says; a message of any protocol says one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// Something happened.
    #[default]
    Track,
    /// A page was seen.
    Page,
    /// A screen of an app was seen.
    Screen,
    /// Who somebody is.
    Identify,
    /// To which account somebody belongs.
    Group,
    /// Two ids are one person.
    Alias,
}

impl Kind {
    /// The kind by Segment's word for it.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "track" => Self::Track,
            "page" => Self::Page,
            "screen" => Self::Screen,
            "identify" => Self::Identify,
            "group" => Self::Group,
            "alias" => Self::Alias,
            _ => return None,
        })
    }
}

/// What one request may hold, in bytes after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole body: more is [`WireError::TooLarge`](crate::WireError::TooLarge).
    pub body: usize,
    /// One message: a longer one is refused, the others are taken.
    pub event: usize,
    /// Messages in a body: more is [`WireError::TooMany`](crate::WireError::TooMany).
    pub messages: usize,
}

/// One of the paths that clients send to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/v1/batch`, `/v1/b`, and `/beacon/v1/batch` of RudderStack.
    SegmentBatch,
    /// `/v1/import`: as a batch, with times that are taken as they are.
    SegmentImport,
    /// `/v1/track`, `/v1/t` and so on.
    SegmentOne(Kind),
    /// `/batch`, `/capture`, `/e`, `/track`.
    PostHogCapture,
    /// `/i/v0/e`.
    PostHogEvents,
    /// `/engage`: properties of persons.
    PostHogEngage,
    /// `/v1/cloudevents`.
    CloudEvents,
    /// `/com.snowplowanalytics.snowplow/tp2`.
    SnowplowTp2,
    /// `/i`: one event in the query of a picture.
    SnowplowPixel,
    /// `/v1/ndjson`.
    Ndjson,
    /// `/v1/keycloak`.
    Keycloak,
    /// `/v1/ocsf`.
    Ocsf,
}

impl Endpoint {
    /// The endpoint of a request; `None` where the path is unknown or does not take the method.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        Self::of_path(path).filter(|endpoint| endpoint.takes(method))
    }

    /// The endpoint of a path, with or without a slash at its end.
    pub fn of_path(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        Some(match path {
            "/v1/batch" | "/v1/b" | "/beacon/v1/batch" => Self::SegmentBatch,
            "/v1/import" => Self::SegmentImport,
            "/v1/track" | "/v1/t" => Self::SegmentOne(Kind::Track),
            "/v1/page" | "/v1/p" => Self::SegmentOne(Kind::Page),
            "/v1/screen" | "/v1/s" => Self::SegmentOne(Kind::Screen),
            "/v1/identify" | "/v1/i" => Self::SegmentOne(Kind::Identify),
            "/v1/group" | "/v1/g" => Self::SegmentOne(Kind::Group),
            "/v1/alias" | "/v1/a" => Self::SegmentOne(Kind::Alias),
            "/batch" | "/capture" | "/e" | "/track" => Self::PostHogCapture,
            "/i/v0/e" => Self::PostHogEvents,
            "/engage" => Self::PostHogEngage,
            "/v1/cloudevents" => Self::CloudEvents,
            "/com.snowplowanalytics.snowplow/tp2" => Self::SnowplowTp2,
            "/i" => Self::SnowplowPixel,
            "/v1/ndjson" => Self::Ndjson,
            "/v1/keycloak" => Self::Keycloak,
            "/v1/ocsf" => Self::Ocsf,
            _ => return None,
        })
    }

    /// The methods that clients use here, as an `Allow` header lists them.
    pub const fn methods(self) -> &'static str {
        match self {
            Self::PostHogCapture | Self::PostHogEvents | Self::PostHogEngage => "GET, POST",
            Self::SnowplowPixel => "GET",
            _ => "POST",
        }
    }

    /// Whether clients use a method here.
    pub fn takes(self, method: &str) -> bool {
        self.methods().split(", ").any(|known| known.eq_ignore_ascii_case(method))
    }

    /// Whose clients send here.
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::SegmentBatch | Self::SegmentImport | Self::SegmentOne(_) => Protocol::Segment,
            Self::PostHogCapture | Self::PostHogEvents | Self::PostHogEngage => Protocol::PostHog,
            Self::CloudEvents => Protocol::CloudEvents,
            Self::SnowplowTp2 | Self::SnowplowPixel => Protocol::Snowplow,
            Self::Ndjson => Protocol::Ndjson,
            Self::Keycloak => Protocol::Keycloak,
            Self::Ocsf => Protocol::Ocsf,
        }
    }

    /// How much it takes. Segment's and PostHog's numbers are their own; clients cut their batches by them.
    pub const fn limits(self) -> Limits {
        const KB: usize = 1_024;
        const MB: usize = 1_024 * KB;
        match self.protocol() {
            Protocol::Segment => Limits { body: 500 * KB, event: 32 * KB, messages: 50_000 },
            Protocol::PostHog => Limits { body: 20 * MB, event: 2 * MB, messages: 50_000 },
            Protocol::CloudEvents | Protocol::Snowplow | Protocol::Keycloak => {
                Limits { body: 2 * MB, event: 256 * KB, messages: 50_000 }
            }
            Protocol::Ndjson | Protocol::Ocsf => Limits { body: 10 * MB, event: MB, messages: 100_000 },
        }
    }
}
