//! A server that speaks as much of S3 as a lake needs, with the conditions on puts that stores must know. It keeps
//! everything in memory, and looks at the key's id but not at signatures.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// The only bucket.
pub(crate) const BUCKET: &str = "bucket";
/// Who may ask.
pub(crate) const KEY: &str = "test-key";

#[derive(Debug, Clone)]
struct Object {
    bytes: Vec<u8>,
    tag: String,
    /// Seconds since 1970.
    modified: i64,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    next: u64,
    requests: u64,
    /// Whether nobody is answered.
    down: bool,
}

/// A server that runs until the test ends.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, state: Arc::default() };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = serving.clone();
                // A client that was killed ends its thread.
                thread::spawn(move || drop(server.serve(stream)));
            }
        });
        server
    }

    /// The keys that begin like this.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    /// Answers nobody, or everybody again.
    pub(crate) fn set_down(&self, down: bool) {
        self.state.lock().unwrap().down = down;
    }

    pub(crate) fn requests(&self) -> u64 {
        self.state.lock().unwrap().requests
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        while let Some(request) = read(&mut reader)? {
            if self.state.lock().unwrap().down {
                return Ok(());
            }
            let is_head = request.method == "HEAD";
            let Answer { status, headers, body } = self.answer(&request);
            let mut text = format!("HTTP/1.1 {status} -\r\n");
            for (name, value) in headers {
                write!(text, "{name}: {value}\r\n").unwrap();
            }
            write!(text, "content-length: {}\r\n\r\n", body.len()).unwrap();
            stream.write_all(text.as_bytes())?;
            if !is_head {
                stream.write_all(&body)?;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut state = self.state.lock().unwrap();
        state.requests += 1;
        let signed = request.headers.get("authorization").map_or("", String::as_str);
        if !signed.contains(&format!("Credential={KEY}/")) || !signed.contains("Signature=") {
            let id = signed.split("Credential=").nth(1).and_then(|rest| rest.split('/').next());
            let extra = format!("<AWSAccessKeyId>{}</AWSAccessKeyId>", id.unwrap_or_default());
            return error(403, "InvalidAccessKeyId", "The key id does not exist in our records.", &extra);
        }
        let path = request.path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        if bucket != BUCKET {
            return error(404, "NoSuchBucket", "The specified bucket does not exist", "");
        }
        let has = |name: &str| request.query.contains_key(name);
        match (request.method.as_str(), key) {
            ("GET", "") => state.list(&request.query),
            ("POST", "") if has("delete") => state.delete(&text(&request.body)),
            ("GET" | "HEAD", _) => state.get(key),
            ("PUT", _) if has("partNumber") => state.part(request),
            ("PUT", _) => state.put(key, request),
            ("POST", _) if has("uploads") => state.begin(key),
            ("POST", _) if has("uploadId") => state.complete(key, &request.query["uploadId"]),
            ("DELETE", _) => {
                state.objects.remove(key);
                plain(204)
            }
            _ => error(501, "NotImplemented", &format!("{request:?}"), ""),
        }
    }
}

impl State {
    fn store(&mut self, key: &str, bytes: Vec<u8>) -> String {
        self.next += 1;
        let tag = format!("\"{:016x}\"", self.next);
        let object = Object { bytes, tag: tag.clone(), modified: now() };
        self.objects.insert(key.to_owned(), object);
        tag
    }

    fn get(&self, key: &str) -> Answer {
        let Some(object) = self.objects.get(key) else {
            return error(404, "NoSuchKey", "The specified key does not exist.", "");
        };
        let modified = date(object.modified).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let headers = vec![("etag", object.tag.clone()), ("last-modified", modified)];
        Answer { status: 200, headers, body: object.bytes.clone() }
    }

    fn put(&mut self, key: &str, request: &Request) -> Answer {
        let there = self.objects.get(key);
        let fails = match (request.headers.get("if-none-match"), request.headers.get("if-match"), there) {
            (Some(_), _, there) => there.is_some(),
            (_, Some(tag), Some(there)) => *tag != there.tag,
            (_, Some(_), None) => return error(404, "NoSuchKey", "The specified key does not exist.", ""),
            (None, None, _) => false,
        };
        if fails {
            return error(412, "PreconditionFailed", "A condition did not hold", "");
        }
        let tag = self.store(key, request.body.clone());
        Answer { status: 200, headers: vec![("etag", tag)], body: Vec::new() }
    }

    fn begin(&mut self, key: &str) -> Answer {
        self.next += 1;
        let id = format!("upload{}", self.next);
        self.uploads.insert(id.clone(), BTreeMap::new());
        xml(&format!(
            "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId>\
             </InitiateMultipartUploadResult>"
        ))
    }

    fn part(&mut self, request: &Request) -> Answer {
        let number = request.query["partNumber"].parse().unwrap();
        let Some(upload) = self.uploads.get_mut(&request.query["uploadId"]) else {
            return error(404, "NoSuchUpload", "There is no such upload", "");
        };
        upload.insert(number, request.body.clone());
        Answer { status: 200, headers: vec![("etag", format!("\"part{number}\""))], body: Vec::new() }
    }

    fn complete(&mut self, key: &str, id: &str) -> Answer {
        let parts = self.uploads.remove(id).unwrap_or_default();
        let tag = self.store(key, parts.into_values().flatten().collect());
        xml(&format!(
            "<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key><ETag>{}</ETag>\
             </CompleteMultipartUploadResult>",
            tag.replace('"', "&quot;")
        ))
    }

    fn delete(&mut self, body: &str) -> Answer {
        let mut deleted = String::new();
        for rest in body.split("<Key>").skip(1) {
            let key = rest.split("</Key>").next().unwrap();
            self.objects.remove(key);
            write!(deleted, "<Deleted><Key>{key}</Key></Deleted>").unwrap();
        }
        xml(&format!("<DeleteResult>{deleted}</DeleteResult>"))
    }

    /// At most seven at a time, so that lists have pages.
    fn list(&self, query: &BTreeMap<String, String>) -> Answer {
        const PAGE: usize = 7;
        let value = |name: &str| query.get(name).cloned().unwrap_or_default();
        let (prefix, delimiter) = (value("prefix"), value("delimiter"));
        let after = value("continuation-token").max(value("start-after"));
        let (mut items, mut folders, mut last) = (String::new(), Vec::new(), None);
        let mut count = 0;
        let mut more = false;
        for (key, object) in self.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after)
        {
            if count == PAGE {
                more = true;
                break;
            }
            last = Some(key.clone());
            let rest = &key[prefix.len()..];
            if let Some((folder, _)) = rest.split_once('/').filter(|_| !delimiter.is_empty()) {
                let folder = format!("{prefix}{folder}/");
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
                continue;
            }
            count += 1;
            let modified = date(object.modified).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
            write!(
                items,
                "<Contents><Key>{key}</Key><LastModified>{modified}</LastModified><ETag>{}</ETag><Size>{}</Size>\
                 </Contents>",
                object.tag.replace('"', "&quot;"),
                object.bytes.len()
            )
            .unwrap();
        }
        let folders: String = folders
            .iter()
            .map(|folder| format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"))
            .collect();
        let next = last.filter(|_| more);
        let next = next.map(|key| format!("<NextContinuationToken>{key}</NextContinuationToken>"));
        xml(&format!(
            "<ListBucketResult><IsTruncated>{more}</IsTruncated>{}{items}{folders}</ListBucketResult>",
            next.unwrap_or_default()
        ))
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap();
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    // A request that was cut off by a kill has no effect.
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), decoded(value))
    };
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    Ok(Some(Request { method, path: decoded(path), query, headers, body }))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        if *first == b'%' {
            let digits = std::str::from_utf8(&rest[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    text_of(bytes)
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn text(bytes: &[u8]) -> String {
    text_of(bytes.to_vec())
}

fn plain(status: u16) -> Answer {
    Answer { status, headers: Vec::new(), body: Vec::new() }
}

fn xml(body: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}").into_bytes();
    Answer { status: 200, headers: vec![("content-type", "application/xml".to_owned())], body }
}

fn error(status: u16, code: &str, message: &str, extra: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message>{extra}</Error>");
    Answer { status, ..xml(&body) }
}

#[expect(clippy::disallowed_methods, reason = "a store has a clock")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn date(second: i64) -> jiff::Zoned {
    jiff::Timestamp::from_second(second).unwrap().to_zoned(jiff::tz::TimeZone::UTC)
}
