//! Asks a server that runs on this machine, through its API.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::Context as _;
use serde_json::Value;

use crate::serve::config::Config;

/// Reading all that is held on a person may take its time.
const PATIENCE: Duration = Duration::from_mins(10);

/// Between the head of an answer and its body.
const BREAK: &[u8] = b"\r\n\r\n";

/// The body of an answer that says yes.
pub(super) fn call(
    config: &Config,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Vec<u8>> {
    let token =
        config.api.token.as_deref().context("the server is running, and has no api.token to ask it with")?;
    let address = config.console.listen;
    let mut stream =
        TcpStream::connect(address).with_context(|| format!("cannot reach the server at {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(BREAK.len()).position(|window| window == BREAK);
    let end = end.context("the server ended in the middle of its answer")?;
    let (head, body) = answer.split_at(end);
    let body = body.get(BREAK.len()..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        return Ok(body.to_vec());
    }
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = problem.get("detail").and_then(Value::as_str).map(str::to_owned);
    anyhow::bail!(
        "the server says {status}: {}",
        detail.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
    )
}
