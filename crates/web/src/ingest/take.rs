//! One request of a client, from its head to the answer: limits, reading, key, gate, and the wait for the disk.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use fidance_app::ingest::{Accepted, KnownKey, Refusal, gate::TooMany, replay::protocol_of};
use fidance_domain::history::Micros;
use fidance_store::KeyKind;
use fidance_wire::{
    Endpoint, Head, WireError, read,
    reply::{Outcome, Reply, reply},
    unpack,
};

use super::{Shared, body, body::NoBody, browser};

/// Larger bodies are read on a thread that may take its time. Smaller ones take less than the way there and back.
const LARGE: usize = 64 << 10;

pub(super) async fn take(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let Some(endpoint) = Endpoint::of_path(parts.uri.path()) else {
        return (StatusCode::NOT_FOUND, "there is nothing under this path\n").into_response();
    };
    if parts.method == Method::OPTIONS {
        return browser::preflight(&parts.headers);
    }
    let address = address(&shared, &parts.headers, peer.ip());
    let visit = Visit { shared: Arc::clone(&shared), endpoint, parts, address };
    let (visit, bytes, answer) = visit.answer(body).await;
    let mut response = respond(answer.reply);
    if answer.is_for_browsers {
        browser::allow(&visit.parts.headers, &mut response);
    }
    let status = response.status().as_u16();
    shared.intake.metrics.request(protocol_of(endpoint), status, began.elapsed(), bytes);
    response
}

/// The client's address; a proxy adds the one that it saw at the end of the list.
fn address(shared: &Shared, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    if !shared.intake.trust_forwarded {
        return peer;
    }
    let all = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    all.and_then(|all| all.rsplit(',').next()?.trim().parse().ok()).unwrap_or(peer)
}

/// An answer, and whether pages may read it.
#[derive(Debug)]
struct Answer {
    reply: Reply,
    is_for_browsers: bool,
}

/// What a request brings, when it could be read and may come in.
#[derive(Debug)]
struct Brought {
    key: Arc<KnownKey>,
    received: Micros,
    accepted: Accepted,
    reply: Reply,
}

#[derive(Debug)]
struct Visit {
    shared: Arc<Shared>,
    endpoint: Endpoint,
    parts: Parts,
    address: IpAddr,
}

impl Visit {
    fn refuse(&self, outcome: &Outcome<'_>) -> Reply {
        reply(self.endpoint, self.parts.uri.path(), outcome)
    }

    /// The answer; also the number of bytes that came.
    async fn answer(self, body: Body) -> (Self, usize, Answer) {
        let for_all = |reply| Answer { reply, is_for_browsers: true };
        if !self.endpoint.takes(self.parts.method.as_str()) {
            let error = WireError::Method { allowed: self.endpoint.methods() };
            let reply = self.refuse(&Outcome::Unreadable(&error));
            return (self, 0, for_all(reply));
        }
        if let Err(TooMany { retry_after }) = self.shared.intake.gate.address(self.address, 1) {
            let reply = self.refuse(&Outcome::TooMany { retry_after });
            return (self, 0, for_all(reply));
        }
        let limit = self.endpoint.limits().body;
        let held = body::read(&self.parts.headers, body, limit, &self.shared.bodies).await;
        let held = match held {
            Ok(held) => held,
            Err(why) => {
                let reply = self.no_body(why, limit);
                return (self, 0, for_all(reply));
            }
        };
        let bytes = held.bytes.len();
        let (visit, brought) = if bytes > LARGE {
            let runtime = tokio::runtime::Handle::current();
            let apart = tokio::task::spawn_blocking(move || {
                let brought = runtime.block_on(self.bring(&held.bytes));
                (self, brought)
            });
            match apart.await {
                Ok(done) => done,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        } else {
            let brought = self.bring(&held.bytes).await;
            (self, brought)
        };
        let answer = match brought {
            Ok(brought) => visit.enter(brought).await,
            Err(reply) => for_all(reply),
        };
        (visit, bytes, answer)
    }

    fn no_body(&self, why: NoBody, limit: usize) -> Reply {
        match why {
            NoBody::TooLarge => self.refuse(&Outcome::Unreadable(&WireError::TooLarge { limit })),
            NoBody::NoRoom => self.refuse(&Outcome::Unavailable { retry_after: 5 }),
            NoBody::TooSlow | NoBody::Broken => {
                Reply { status: 408, ..self.refuse(&Outcome::Unreadable(&WireError::Empty)) }
            }
        }
    }

    /// Reads a body and says what becomes of its messages.
    async fn bring(&self, body: &[u8]) -> Result<Brought, Reply> {
        let intake = &self.shared.intake;
        let ce = cloud_events(&self.parts.headers);
        let head = head(&self.parts, &ce);
        let unreadable = |error: WireError| self.refuse(&Outcome::Unreadable(&error));
        let unpacked = unpack(&head, body, self.endpoint.limits().body).map_err(unreadable)?;
        let received = intake.clock.now();
        let inbound = read(self.endpoint, &head, &unpacked).map_err(unreadable)?;
        let text = inbound.key.as_ref().map_or("", |key| key.text.as_ref());
        let known = intake.keys.find(text).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "keys cannot be looked up");
            self.refuse(&Outcome::Unavailable { retry_after: 5 })
        })?;
        let key = known.ok_or_else(|| self.refuse(&Outcome::Unauthorised))?;
        if !key.may_come_from(browser::origin(&self.parts.headers)) {
            return Err(self.refuse(&Outcome::Forbidden));
        }
        let messages = inbound.messages.len();
        let allowed = intake.gate.key(key.id.get(), messages);
        allowed
            .and_then(|()| intake.gate.address(self.address, messages.saturating_sub(1)))
            .map_err(|TooMany { retry_after }| self.refuse(&Outcome::TooMany { retry_after }))?;
        let accepted = intake.acceptor.accept(&key.source, self.endpoint, &inbound, received);
        let reply = self.refuse(&Outcome::Taken { inbound: &inbound, duplicates: 0 });
        Ok(Brought { key, received, accepted, reply })
    }

    /// Waits until what was brought is on disk.
    async fn enter(&self, brought: Brought) -> Answer {
        let Brought { key, received, accepted, reply } = brought;
        let is_for_browsers = matches!(key.kind, KeyKind::Browser { .. });
        let reply = match self.shared.intake.door.take(key.source.id, received, accepted).await {
            Ok(()) => reply,
            Err(Refusal::TooMany { retry_after }) => self.refuse(&Outcome::TooMany { retry_after }),
            Err(Refusal::Unavailable { retry_after }) => self.refuse(&Outcome::Unavailable { retry_after }),
        };
        Answer { reply, is_for_browsers }
    }
}

fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The headers of a CloudEvent in binary mode.
fn cloud_events(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let all = headers.iter().filter(|(name, _)| name.as_str().starts_with("ce-"));
    all.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

fn head<'a>(parts: &'a Parts, ce: &'a [(&'a str, &'a str)]) -> Head<'a> {
    let headers = &parts.headers;
    Head {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or(""),
        content_type: text(headers, header::CONTENT_TYPE),
        content_encoding: text(headers, header::CONTENT_ENCODING),
        authorization: text(headers, header::AUTHORIZATION),
        x_write_key: text(headers, "x-write-key"),
        x_api_key: text(headers, "x-api-key"),
        user_agent: text(headers, header::USER_AGENT),
        sec_gpc: text(headers, "sec-gpc"),
        dnt: text(headers, header::DNT),
        ce,
    }
}

const RETRY_AFTER: HeaderName = header::RETRY_AFTER;

fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Body::from(reply.body.into_owned())).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if !reply.content_type.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    }
    if let Some(seconds) = reply.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = reply.allow {
        headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
