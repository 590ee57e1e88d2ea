//! What all tests of requests need: asking, and showing what came out in one line.

use std::{fs, io::Write as _, path::PathBuf};

use fidance_wire::{Call, Endpoint, Head, Inbound, Message, WireError, read, unpack};

/// 2026-11-21T10:00:00Z in microseconds.
pub(crate) const TEN: i64 = 1_795_255_200_000_000;

/// Asks as a server does: endpoint, unpacking, reading; shows what came out.
pub(crate) fn ask(head: Head<'_>, body: &[u8]) -> Result<Vec<String>, WireError> {
    with(head, body, |inbound| {
        inbound
            .messages
            .iter()
            .map(|message| match message {
                Ok(message) => shown(message),
                Err(refused) => {
                    format!("{} refused: {} {}", refused.index, refused.reason.word(), refused.field)
                }
            })
            .collect()
    })
}

/// Asks, and looks at what came out.
pub(crate) fn with<T>(
    head: Head<'_>,
    body: &[u8],
    look: impl FnOnce(&Inbound<'_>) -> T,
) -> Result<T, WireError> {
    let endpoint = Endpoint::of(head.method, head.path).expect("a known path");
    let body = unpack(&head, body, endpoint.limits().body)?;
    read(endpoint, &head, &body).map(|inbound| look(&inbound))
}

/// The head of a POST to a path.
pub(crate) fn post(path: &str) -> Head<'_> {
    Head { method: "POST", path, ..Head::default() }
}

/// One line: call, user, anonymous id, account, time, id, amount, reason; what is absent is left out.
pub(crate) fn shown(message: &Message<'_>) -> String {
    let mut line = match &message.call {
        Call::Track { event } => format!("track {event:?}"),
        Call::Page { name } => format!("page {:?}", name.as_deref().unwrap_or("")),
        Call::Screen { name } => format!("screen {:?}", name.as_deref().unwrap_or("")),
        Call::Identify => "identify".to_owned(),
        Call::Group => "group".to_owned(),
        Call::Alias { previous } => format!("alias of {previous}"),
    };
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            line += &format!(" {name}={value}");
        }
    };
    add("user", message.user.as_deref());
    add("anonymous", message.anonymous.as_deref());
    add("account", message.account.as_deref());
    let at = message
        .times
        .stamped
        .or(message.times.original)
        .map(|at| jiff::Timestamp::from_microsecond(at).unwrap().to_string());
    add("at", at.as_deref());
    add("id", message.identity().map(|id| id.replace('\n', "|")).as_deref());
    add("amount", message.amount.map(|amount| amount.to_f64().to_string()).as_deref());
    add("currency", message.currency.as_deref());
    add("reason", message.reason.as_deref());
    line
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The text of a file of the reference data, or `None` after saying that the test is skipped.
pub(crate) fn data(path: &str) -> Option<String> {
    let folder = std::env::var_os("FIDANCE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let text = fs::read_to_string(folder.join(path)).ok();
    if text.is_none() {
        println!("skipped: {path} is not in the folder of reference data (FIDANCE_DATA)");
    }
    text
}
