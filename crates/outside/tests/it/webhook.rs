//! Webhooks: what a receiver is sent, how it can tell that nothing was altered, and what becomes of its refusals.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fidance_domain::notice::{NotSent, Webhook, Webhooks as _};
use fidance_outside::{Endpoint, EndpointError, Reach, Secrets, SignedWebhooks};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{NOW, run};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A request as a receiver sees it.
struct Request {
    first: String,
    headers: BTreeMap<String, String>,
    body: String,
}

fn receive(stream: &TcpStream) -> Request {
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    lines.read_exact(&mut body).unwrap();
    Request { first, headers, body: String::from_utf8(body).unwrap() }
}

/// A receiver that answers each of its visitors in turn.
fn receiver(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?shop=1", listener.local_addr().unwrap());
    let serving = move || {
        let answer = |answer: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = receive(&stream);
            // Whoever does not listen to the end is gone.
            let _ = stream.write_all(answer.as_bytes());
            request
        };
        answers.iter().map(answer).collect()
    };
    (url, std::thread::spawn(serving))
}

/// As the specification tells receivers to do it.
fn is_genuine(secret: &str, headers: &BTreeMap<String, String>, body: &str, now: i64) -> bool {
    let (id, timestamp) = (&headers["webhook-id"], &headers["webhook-timestamp"]);
    if (timestamp.parse::<i64>().unwrap() - now).abs() > 300 {
        return false;
    }
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let expected = mac.finalize().into_bytes();
    headers["webhook-signature"].split(' ').any(|signature| {
        let coded = signature.strip_prefix("v1,").unwrap();
        STANDARD.decode(coded).unwrap() == expected.as_slice()
    })
}

fn sender(url: &str, secrets: &str) -> SignedWebhooks {
    let endpoint = Endpoint::new(url, Secrets::parse(secrets).unwrap(), Reach::Anywhere).unwrap();
    SignedWebhooks::new(vec![endpoint]).unwrap()
}

fn webhook(url: &str) -> Webhook {
    Webhook { id: "00ff".into(), url: url.into(), body: "{\"type\":\"alarm.raised\"}".into(), at: NOW }
}

#[test]
fn the_receiver_of_these_tests_takes_the_published_example_and_nothing_altered() {
    let headers = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let (body, now) = ("{\"test\": 2432232314}", 1_614_265_330);
    assert!(is_genuine(SECRET, &headers, body, now));
    assert!(!is_genuine(SECRET, &headers, "{\"test\": 2432232315}", now));
    assert!(!is_genuine(OTHER, &headers, body, now));
    assert!(!is_genuine(SECRET, &headers, body, now + 301));
}

#[test]
fn a_webhook_arrives_signed_with_every_secret() {
    let (url, receiver) = receiver(&["HTTP/1.1 204 No Content\r\n\r\n"]);
    run(sender(&url, &format!("{SECRET}\n{OTHER}\n")).send(&webhook(&url))).unwrap();
    let request = &receiver.join().unwrap()[0];
    assert_eq!(request.first, "POST /hook?shop=1 HTTP/1.1\r\n");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(
        (&*request.headers["webhook-id"], &*request.headers["webhook-timestamp"]),
        ("00ff", "1795000000")
    );
    let now = NOW / 1_000_000;
    for secret in [SECRET, OTHER] {
        assert!(is_genuine(secret, &request.headers, &request.body, now));
        assert!(!is_genuine(secret, &request.headers, &request.body.replace("raised", "closed"), now));
    }
    assert_eq!(request.body, webhook(&url).body);
}

#[test]
fn another_attempt_has_the_same_id_and_its_own_time() {
    let (url, receiver) = receiver(&[
        "HTTP/1.1 503 Service Unavailable\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    ]);
    let sender = sender(&url, SECRET);
    let refused = run(sender.send(&webhook(&url))).unwrap_err();
    assert_eq!(refused, NotSent::Transient("503 Service Unavailable".into()));
    let again = Webhook { at: NOW + 60_000_000, ..webhook(&url) };
    run(sender.send(&again)).unwrap();
    let requests = receiver.join().unwrap();
    assert_eq!(requests[0].headers["webhook-id"], requests[1].headers["webhook-id"]);
    assert_eq!(requests[1].headers["webhook-timestamp"], "1795000060");
    assert!(is_genuine(SECRET, &requests[1].headers, &requests[1].body, 1_795_000_060));
}

#[test]
fn refusals_are_told_and_only_gone_is_for_good() {
    let (url, receiver) = receiver(&[
        "HTTP/1.1 410 Gone\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\nno\nbody\r\n",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n",
    ]);
    let sender = sender(&url, SECRET);
    let refusals: Vec<_> = (0..3).map(|_| run(sender.send(&webhook(&url))).unwrap_err()).collect();
    receiver.join().unwrap();
    assert_eq!(
        refusals,
        [
            NotSent::Permanent("410 Gone".into()),
            NotSent::Transient("401 Unauthorized: no body".into()),
            // Not followed: nobody listens there, and that would be another error.
            NotSent::Transient("302 Found".into()),
        ]
    );
    let unknown = run(sender.send(&webhook("http://127.0.0.1:1/other"))).unwrap_err();
    assert!(unknown.is_permanent(), "{unknown}");
    let split = Webhook { id: "00.ff".into(), ..webhook(&url) };
    assert!(run(sender.send(&split)).unwrap_err().is_permanent());
}

#[test]
fn an_endless_or_missing_answer_ends_the_attempt() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token-in-path", listener.local_addr().unwrap());
    let endless = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        receive(&stream);
        let _ = stream.write_all(b"HTTP/1.1 500 Oops\r\n\r\n");
        let mut written = 0_usize;
        while stream.write_all(&[b'x'; 4096]).is_ok() {
            written += 4096;
            assert!(written < 64 << 20, "everything is read");
        }
        // The second visitor is not answered.
        let (stream, _) = listener.accept().unwrap();
        receive(&stream);
        std::thread::sleep(Duration::from_secs(2));
    });
    let sender = sender(&url, SECRET);
    let refused = run(sender.send(&webhook(&url))).unwrap_err().to_string();
    assert_eq!(refused, format!("500 Internal Server Error: {}", "x".repeat(200)));
    let began = Instant::now();
    let refused = run(sender.within(Duration::from_millis(300)).send(&webhook(&url))).unwrap_err();
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
    assert!(!refused.is_permanent() && !refused.to_string().contains("token-in-path"), "{refused}");
    drop(endless);
}

#[test]
fn private_networks_are_out_of_reach_unless_they_are_allowed() {
    let secrets = || Secrets::parse(SECRET).unwrap();
    for url in [
        "http://127.0.0.1/x",
        "https://10.1.2.3/x",
        "http://[::1]/x",
        "http://2130706433/x",
        "http://0x7f.1/x",
    ] {
        let refused = Endpoint::new(url, secrets(), Reach::Public);
        assert!(matches!(refused, Err(EndpointError::Private(_))), "{url}");
        assert!(Endpoint::new(url, secrets(), Reach::Anywhere).is_ok(), "{url}");
    }
    // A name is looked at when it is resolved.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://localhost:{}/x", listener.local_addr().unwrap().port());
    let sender = SignedWebhooks::new(vec![Endpoint::new(&url, secrets(), Reach::Public).unwrap()]).unwrap();
    let refused = run(sender.send(&webhook(&url))).unwrap_err().to_string();
    assert!(refused.contains("private network"), "{refused}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody came");
}

#[test]
fn what_is_no_endpoint_is_told_without_its_secrets() {
    for (url, text) in [
        ("ftp://shop.example/geheim", "not ftp"),
        ("file:///geheim", "not file"),
        ("https://me:geheim@shop.example/", "password"),
        ("geheim", "no URL"),
    ] {
        let told =
            Endpoint::new(url, Secrets::parse(SECRET).unwrap(), Reach::Public).unwrap_err().to_string();
        assert!(told.contains(text) && !told.contains("geheim"), "{told}");
    }
}
