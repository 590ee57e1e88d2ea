//! A running server sends what waits in its outbox, and does not stop in the middle of it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use fidance_store::{NewNotice, NoticeKind, NoticeState, OpenOptions, Store, StoreLocation};

use crate::{
    serve_support::{Server, configure},
    support::run,
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn what_waits_is_sent_also_while_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    configure(
        folder.path(),
        &format!("[[webhooks]]\nurl = \"{url}\"\nsecret_file = \"secret\"\nallow_private = true\n"),
    );
    fs::write(folder.path().join("secret"), SECRET).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let location = StoreLocation::sqlite(folder.path().join("fidance.db"));
    let open = || runtime.block_on(Store::open(&location, OpenOptions::new(0))).unwrap();
    let store = open();
    let notice = NewNotice {
        dedupe: "returns-2026-11-09 raised".into(),
        kind: NoticeKind::Webhook,
        to: url,
        subject: String::new(),
        payload: "{\"type\":\"alarm.raised\"}".into(),
    };
    runtime.block_on(store.queue_notices(&[notice], 0)).unwrap();
    runtime.block_on(store.close()).unwrap();

    let (called, calls) = mpsc::channel();
    let receiving = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(&stream);
        let (mut head, mut body) = (String::new(), [0; 23]);
        while !head.ends_with("\r\n\r\n") {
            lines.read_line(&mut head).unwrap();
        }
        lines.read_exact(&mut body).unwrap();
        called.send(()).unwrap();
        // The server is asked to stop meanwhile.
        thread::sleep(Duration::from_secs(2));
        (&stream).write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        (head.to_lowercase(), String::from_utf8(body.into()).unwrap())
    });
    let server = Server::start(folder.path());
    calls.recv_timeout(Duration::from_secs(30)).unwrap();
    server.stop();
    let (head, body) = receiving.join().unwrap();
    assert!(head.starts_with("post /hook http/1.1\r\n") && head.contains("webhook-signature: v1,"), "{head}");
    assert_eq!(body, "{\"type\":\"alarm.raised\"}");
    let known = runtime.block_on(open().notices(None, 9)).unwrap();
    assert!(matches!(known[..], [ref one] if matches!(one.state, NoticeState::Sent(_))), "{known:?}");
    let log = fs::read_to_string(folder.path().join("serve.log")).unwrap();
    assert!(log.contains("a notice was sent") && !log.contains("/hook"), "{log}");
}

#[test]
fn a_server_without_a_secret_does_not_begin() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "[[webhooks]]\nurl = \"https://shop.example\"\nsecret_file = \"secret\"\n");
    let (code, _, told) = run(folder.path(), &["serve", "--config", "fidance.toml"]);
    assert_eq!(code, 1);
    assert!(told.contains("webhooks, number 1: secret_file") && told.contains("secret"), "{told}");
    assert!(!folder.path().join("fidance.db").exists());
}
