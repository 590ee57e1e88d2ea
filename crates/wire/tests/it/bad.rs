//! Bodies that cannot be read at all: each has its error, and none takes more memory than it may.

use fidance_wire::{Endpoint, Head, WireError, read};

use crate::support::{ask, gzip, post};

#[test]
fn a_body_that_cannot_be_read_says_why() {
    let batch = post("/v1/batch");
    let encoding = |name| Head { content_encoding: Some(name), ..batch };
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    for (what, head, body, error) in [
        ("nothing", batch, vec![], WireError::Empty),
        ("white space", batch, b" \n".to_vec(), WireError::Empty),
        (
            "a text",
            batch,
            b"hello".to_vec(),
            WireError::Shape { expected: "an object with a `batch` of messages" },
        ),
        (
            "no batch",
            batch,
            b"{}".to_vec(),
            WireError::Shape { expected: "an object with a `batch` of messages" },
        ),
        (
            "a batch that is no array",
            batch,
            b"{\"batch\":1}".to_vec(),
            WireError::Shape { expected: "an object with a `batch` of messages" },
        ),
        ("broken", batch, b"{\"batch\":[{]}".to_vec(), WireError::NotJson { at: 11 }),
        ("more behind it", batch, b"{\"batch\":[]} {}".to_vec(), WireError::NotJson { at: 13 }),
        ("half a message", batch, b"{\"batch\":[{\"a\":".to_vec(), WireError::NotJson { at: 15 }),
        ("not UTF-8", batch, b"{\"batch\":[\"\xff\"]}".to_vec(), WireError::NotUtf8 { at: 11 }),
        ("half a gzip", batch, half(gzip(br#"{"batch":[{"type":"track"}]}"#)), WireError::Compressed),
        ("gzip by name only", encoding("gzip"), b"\x01\x02".to_vec(), WireError::Compressed),
        ("deflate by name only", encoding("deflate"), b"\xff\xff\xff".to_vec(), WireError::Compressed),
        ("another compression", encoding("br"), b"\x01\x02".to_vec(), WireError::Encoding("br".to_owned())),
        ("too long", batch, vec![b' '; 501 << 10], WireError::TooLarge { limit: 500 << 10 }),
        ("a bomb", batch, gzip(&vec![b' '; 200 << 20]), WireError::TooLarge { limit: 500 << 10 }),
        ("a form without data", post("/e"), b"a=1&b=%ff".to_vec(), WireError::NotBase64),
        ("data that are no base64", post("/e"), b"data=%21%21".to_vec(), WireError::NotBase64),
        ("a query without data", Head { method: "GET", ..post("/e") }, vec![], WireError::Empty),
        (
            "too many",
            post("/batch"),
            format!("[1{}]", ",1".repeat(60_000)).into_bytes(),
            WireError::TooMany { limit: 50_000 },
        ),
        (
            "too many lines",
            post("/v1/ndjson"),
            "1\n".repeat(110_000).into_bytes(),
            WireError::TooMany { limit: 100_000 },
        ),
        (
            "a number",
            post("/v1/cloudevents"),
            b"1".to_vec(),
            WireError::Shape { expected: "a CloudEvent or an array of them" },
        ),
    ] {
        assert_eq!(ask(head, &body), Err(error), "{what}");
    }
}

#[test]
fn compression_is_undone_whatever_the_header_says() {
    let body = br#"{"batch":[{"type":"track","event":"e","userId":"u1"}]}"#;
    let zlib = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, body).unwrap();
        encoder.finish().unwrap()
    };
    for (encoding, sent) in [
        (None, body.to_vec()),
        (None, gzip(body)),
        (Some("gzip"), gzip(body)),
        (Some("gzip"), body.to_vec()),
        (Some("identity"), body.to_vec()),
        (Some("deflate"), zlib),
    ] {
        let head = Head { content_encoding: encoding, ..post("/v1/batch") };
        assert_eq!(ask(head, &sent).unwrap(), ["track \"e\" user=u1"], "{encoding:?}");
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| {
        let properties = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"event":"e","userId":"u1","properties":{{"x":{properties}}}}}"#)
    };
    assert_eq!(ask(post("/v1/track"), nested(128).as_bytes()).unwrap(), ["track \"e\" user=u1"]);
    assert!(matches!(ask(post("/v1/track"), nested(129).as_bytes()), Err(WireError::NotJson { .. })));
    assert!(ask(post("/batch"), "[".repeat(1 << 20).as_bytes()).is_err());
    assert!(ask(post("/batch"), "{\"batch\":[".repeat(1 << 20).as_bytes()).is_err());
}

#[test]
fn paths_and_methods() {
    assert_eq!(Endpoint::of("POST", "/v1/track/"), Endpoint::of("POST", "/v1/t"));
    for (method, path) in [
        ("GET", "/v1/track"),
        ("POST", "/i"),
        ("POST", "/v2/track"),
        ("POST", "/"),
        ("POST", ""),
        ("PUT", "/e"),
    ] {
        assert_eq!(Endpoint::of(method, path), None, "{method} {path}");
    }
    let head = Head { method: "GET", path: "/v1/batch", ..Head::default() };
    assert_eq!(
        read(Endpoint::SegmentBatch, &head, b"{}").unwrap_err(),
        WireError::Method { allowed: "POST" }
    );
}
