//! A connection that stays open for many requests, as clients keep theirs, and sends again what was not taken.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};

pub(crate) struct Connection {
    to: SocketAddr,
    authorization: String,
    stream: BufReader<TcpStream>,
}

fn connect(to: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    BufReader::new(stream)
}

impl Connection {
    pub(crate) fn open(to: SocketAddr, key: &str) -> Self {
        Self { to, authorization: format!("Bearer {key}"), stream: connect(to) }
    }

    /// Sends a request until it is taken. What the server cannot take now it takes later.
    pub(crate) fn send_until_taken(&mut self, path: &str, body: &[u8], is_compressed: bool) {
        let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
        let (body, encoding) = if is_compressed {
            compressed.write_all(body).unwrap();
            (compressed.finish().unwrap(), "content-encoding: gzip\r\n")
        } else {
            (body.to_vec(), "")
        };
        loop {
            match self.send(path, &body, encoding) {
                200 => return,
                429 | 503 => thread::sleep(Duration::from_secs(1)),
                status => panic!("{status}"),
            }
        }
    }

    fn send(&mut self, path: &str, body: &[u8], encoding: &str) -> u16 {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: {}\r\ncontent-type: application/json\r\n{encoding}content-length: {}\r\n\r\n",
            self.to,
            self.authorization,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).unwrap();
        let (mut status, mut length, mut closes) = (None, 0, false);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            match (status, line.split_once(": ")) {
                (None, _) => status = Some(line.split(' ').nth(1).unwrap().parse().unwrap()),
                (Some(_), Some(("content-length", value))) => length = value.parse().unwrap(),
                (Some(_), Some(("connection", value))) => closes = value == "close",
                (Some(_), _) if line.is_empty() => break,
                _ => {}
            }
        }
        self.stream.read_exact(&mut vec![0; length]).unwrap();
        if closes {
            self.stream = connect(self.to);
        }
        status.unwrap()
    }
}
