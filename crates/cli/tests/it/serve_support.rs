//! Starts the real server on free ports and speaks HTTP to it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{postgres, support::fidance};

pub(crate) const TOKEN: &str = "a token of the tests";

/// A server with its folder. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) intake: SocketAddr,
    pub(crate) console: SocketAddr,
    pub(crate) link: String,
    /// The key of the first source, if it was made at this start.
    pub(crate) key: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim())
    }
}

/// Writes a configuration with free ports; `more` goes behind it.
pub(crate) fn configure(folder: &Path, more: &str) {
    let text = format!(
        "[intake]\nlisten = \"127.0.0.1:0\"\n[console]\nlisten = \"127.0.0.1:0\"\n[api]\ntoken = \"{TOKEN}\"\n{more}"
    );
    fs::write(folder.join("fidance.toml"), text).unwrap();
}

/// What the store of a test is.
pub(crate) enum Backend {
    Sqlite,
    /// With the URL of an empty database.
    Postgres(&'static postgres::Server, String),
}

impl Backend {
    /// PostgreSQL, where it is installed.
    pub(crate) fn postgres() -> Option<Self> {
        let Some(server) = postgres::server(postgres::Durability::Off) else {
            println!("skipped: PostgreSQL is not installed (scripts/need postgres)");
            return None;
        };
        Some(Self::Postgres(server, server.database()))
    }

    /// Writes a configuration as [`configure`] does, for a store of this kind.
    pub(crate) fn configure(&self, folder: &Path, more: &str) {
        match self {
            Self::Sqlite => configure(folder, more),
            Self::Postgres(_, url) => configure(folder, &format!("{more}[store]\nurl = \"{url}\"\n")),
        }
    }

    /// Where the store is.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite => "fidance.db".to_owned(),
            Self::Postgres(_, url) => url.clone(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(..) => "PostgreSQL",
        }
    }
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub(crate) fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let log = fs::File::options().create(true).append(true).open(folder.join("serve.log")).unwrap();
        let mut command = fidance(folder);
        command.args(["serve", "--config", "fidance.toml"]).stdout(Stdio::piped()).stderr(log);
        let mut child = command.envs(environment.iter().copied()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut said = |beginning: &str| {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("{}", fs::read_to_string(folder.join("serve.log")).unwrap()));
            line.strip_prefix(beginning).unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        let intake = said("Clients send to http://").parse().unwrap();
        let opens = said("The console opens once with http://");
        let (console, link) = opens.split_at(opens.find('/').unwrap());
        let (console, link) = (console.parse().unwrap(), link.to_owned());
        // What follows is written at once, or not at all.
        let is_new = fs::read_to_string(folder.join("key.txt")).is_err();
        let key = is_new.then(|| said("The key of the source `default`, which is not shown again: "));
        if let Some(key) = &key {
            fs::write(folder.join("key.txt"), key).unwrap();
        }
        Self { child, intake, console, link, key }
    }

    /// A request to the door.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(self.intake, method, path, headers, body)
    }

    /// A batch of Segment.
    pub(crate) fn batch(&self, key: &str, messages: &Value) -> Answer {
        let body = serde_json::json!({ "batch": messages, "writeKey": key }).to_string();
        self.send("POST", "/v1/batch", &[], body.as_bytes())
    }

    /// A call of the API.
    pub(crate) fn api(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let token = format!("Bearer {TOKEN}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        ask(self.console, method, path, &headers, body)
    }

    /// Until everything that was acknowledged is in the lake.
    pub(crate) fn drained(&self) {
        let until = Instant::now() + Duration::from_mins(1);
        while self.api("GET", "/api/v1/inbox", b"").json()["parcels"] != 0 {
            assert!(Instant::now() < until, "the inbox does not empty");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits.
    pub(crate) fn stop(mut self) {
        let stopped =
            std::process::Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(stopped.unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The key of the first source of the server in a folder.
pub(crate) fn key_of(folder: &Path) -> String {
    fs::read_to_string(folder.join("key.txt")).unwrap()
}

/// One request on a connection of its own.
pub(crate) fn ask(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    try_ask(to, method, path, headers, body).unwrap()
}

pub(crate) fn try_ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        head += &format!("host: {to}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes())?;
    // A server that has refused need not read the rest.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        read?;
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answer {
        status: status.ok_or(std::io::ErrorKind::InvalidData)?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

/// The events of the lake in a folder: customer, instant, event, amount, the id it was recorded as, further columns.
pub(crate) fn exported(folder: &Path) -> Vec<Vec<String>> {
    exported_with(folder, "lake", &[])
}

/// The same of any lake.
pub(crate) fn exported_with(folder: &Path, lake: &str, environment: &[(&str, &str)]) -> Vec<Vec<String>> {
    let file = folder.join("exported.csv");
    let _ = fs::remove_file(&file);
    let mut command = fidance(folder);
    command.args(["export", "--lake", lake, "--output", "exported.csv", "--lake-cache", "cache-of-export"]);
    let done = command.envs(environment.iter().copied()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = fs::read_to_string(&file).unwrap();
    let cells = |line: &str| line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect();
    text.lines().skip(1).map(cells).collect()
}
