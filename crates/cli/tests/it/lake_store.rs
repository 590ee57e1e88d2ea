//! Lakes in a store that speaks S3: the same reports as from a folder, writers that are killed, and wrong use.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    lake_support::{COLUMNS, Dice, assert_same, json, normalised, text, write_batch},
    s3_server::{KEY, Server},
    support,
};

const LAKE: &str = "s3://bucket/lakes/shop";
const SECRET: &str = "a-secret-that-nobody-sees";

fn fidance(folder: &Path, endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = support::fidance(folder);
    for name in ["AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL_S3", "AWS_ALLOW_HTTP"] {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[track_caller]
fn succeed(folder: &Path, server: &Server, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = fidance(folder, &server.url, arguments).output().unwrap();
    assert!(status.success(), "{arguments:?}: {}{}", text(&stderr), text(&stdout));
    text(&stdout)
}

fn import<'a>(batch: &'a str, lake: &'a str) -> Vec<&'a str> {
    [&["import", batch, "--lake", lake][..], &COLUMNS].concat()
}

#[track_caller]
fn is_whole(folder: &Path, server: &Server, events: usize) -> Value {
    let checked = json(succeed(folder, server, &["check", "lake", LAKE, "--json"]).lines().next().unwrap());
    assert_eq!(checked["problems"], serde_json::json!([]));
    assert_eq!(checked["foreign"], serde_json::json!([]));
    assert_eq!(checked["events"], events);
    checked
}

fn report(folder: &Path, server: &Server, lake: &str, more: &[&str]) -> Value {
    let arguments = [&["report", "--lake", lake, "--format", "json"][..], more].concat();
    normalised(&json(&succeed(folder, server, &arguments)))
}

#[test]
fn a_lake_in_a_store_reports_what_one_in_a_folder_does() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    write_batch(&folder.join("one.csv"), 0..60_000);
    write_batch(&folder.join("two.csv"), 58_000..61_000);
    for lake in ["lake", LAKE] {
        let said = succeed(folder, &server, &import("one.csv", lake));
        assert!(said.contains("60,000 events taken in"), "{said}");
        let said = succeed(folder, &server, &import("two.csv", lake));
        assert!(said.contains("1,000 events taken in") && said.contains("2,000 had been"), "{said}");
        let said = succeed(folder, &server, &import("two.csv", lake));
        assert!(said.contains("nothing has changed"), "{said}");
    }
    let expected = report(folder, &server, "lake", &[]);
    assert_same(&report(folder, &server, LAKE, &[]), &expected, "the writer's cache");
    let before = server.requests();
    assert_same(&report(folder, &server, LAKE, &["--lake-cache", "other"]), &expected, "an empty cache");
    let fetched = server.requests() - before;
    let before = server.requests();
    assert_same(&report(folder, &server, LAKE, &["--lake-cache", "other"]), &expected, "a full cache");
    assert!(server.requests() - before < fetched / 2, "files are fetched once");
    succeed(folder, &server, &["compact", "--lake", LAKE, "--everything", "--keep", "0"]);
    assert_same(&report(folder, &server, LAKE, &[]), &expected, "compacted");
    assert_eq!(is_whole(folder, &server, 61_000)["left_over"], serde_json::json!([]));
    succeed(folder, &server, &["export", "--lake", LAKE, "--output", "all.csv"]);
    assert_eq!(std::fs::read_to_string(folder.join("all.csv")).unwrap().lines().count(), 61_001);
    assert_eq!(server.keys("lakes/shop/lake.toml").len(), 1);
    assert_eq!(server.keys("lakes/shop/private/").len(), 1);
}

#[test]
fn killed_writers_lose_and_double_nothing_in_a_store() {
    const ROUNDS: u64 = 12;
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    let mut dice = Dice(7);
    let (mut takes, mut killed, mut events) = (Duration::from_millis(900), 0, 0);
    for round in 0..ROUNDS {
        let name = format!("{round}.csv");
        // A third of each batch was offered before.
        let from = (round * 1_500).saturating_sub(750);
        write_batch(&folder.join(&name), from..(round + 1) * 1_500);
        let compacts = round % 4 == 3;
        let arguments = if compacts {
            vec!["compact", "--lake", LAKE, "--everything", "--keep", "0"]
        } else {
            import(&name, LAKE)
        };
        if !compacts {
            events = (round + 1) * 1_500;
        }
        let mut writer = fidance(folder, &server.url, &arguments).spawn().unwrap();
        let most = u64::try_from(takes.as_millis()).unwrap();
        thread::sleep(Duration::from_millis(dice.below(most)));
        // SIGKILL; one that is done cannot be killed any more.
        killed += u64::from(writer.try_wait().unwrap().is_none());
        let _ = writer.kill();
        let _ = writer.wait();
        let began = Instant::now();
        succeed(folder, &server, &arguments);
        takes = began.elapsed();
        if compacts {
            // What the round before would have brought.
            succeed(folder, &server, &import(&name, LAKE));
            events = (round + 1) * 1_500;
        }
        is_whole(folder, &server, usize::try_from(events).unwrap());
    }
    assert!(killed > ROUNDS / 2, "only {killed} writers were killed");
    succeed(folder, &server, &["check", "lake", LAKE, "--repair"]);
    assert_eq!(is_whole(folder, &server, 18_000)["left_over"], serde_json::json!([]));
    write_batch(&folder.join("all.csv"), 0..18_000);
    let said = succeed(folder, &server, &import("all.csv", LAKE));
    assert!(said.contains("\n18,000 had been taken in before"), "{said}");
}

/// Fails with one line that holds these words and no secret.
#[track_caller]
fn fails(command: &mut Command, words: &[&str]) {
    let Output { status, stderr, .. } = command.output().unwrap();
    let said = text(&stderr);
    let missing: Vec<_> = words.iter().filter(|word| !said.contains(**word)).collect();
    assert!(!status.success() && missing.is_empty(), "{missing:?} missing in {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(!said.contains(SECRET) && !said.contains("<?xml") && !said.contains("wrong-key"), "{said}");
}

#[test]
fn wrong_use_of_a_store_is_said_in_one_line() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    write_batch(&folder.join("one.csv"), 0..10);
    let report = ["report", "--lake", LAKE];
    let of = |arguments: &[&str]| fidance(folder, &server.url, arguments);
    fails(&mut of(&report), &["there is no lake in s3://bucket/lakes/shop"]);
    fails(of(&report).env("AWS_ACCESS_KEY_ID", "wrong-key"), &[LAKE, "InvalidAccessKeyId"]);
    let importing = import("one.csv", LAKE);
    fails(of(&importing).env("AWS_ACCESS_KEY_ID", "wrong-key"), &[LAKE, "InvalidAccessKeyId"]);
    fails(&mut of(&["report", "--lake", "s3://absent/shop"]), &["s3://absent/shop", "bucket does not exist"]);
    fails(&mut of(&import("one.csv", "s3://absent/shop")), &["s3://absent/shop", "bucket does not exist"]);
    fails(of(&report).env_remove("AWS_ACCESS_KEY_ID"), &["AWS_ACCESS_KEY_ID is not set"]);
    fails(of(&report).env_remove("AWS_SECRET_ACCESS_KEY"), &["AWS_SECRET_ACCESS_KEY is not set"]);
    fails(
        &mut fidance(folder, "http://s3.example.org", &report),
        &["http://s3.example.org", "AWS_ALLOW_HTTP"],
    );
    fails(&mut fidance(folder, "nonsense", &report), &["the endpoint nonsense"]);
    // Nobody listens at a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let began = Instant::now();
    fails(&mut fidance(folder, &format!("http://127.0.0.1:{port}"), &report), &[LAKE, "refused"]);
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    for (wrong, words) in [
        ("s3://bucket", "a path of its own"),
        ("s3:///shop", "bucket is missing"),
        ("gs://bucket/shop", "gs:// is not known"),
        ("s3://bucket/sh op", "letters"),
    ] {
        let Output { status, stderr, .. } = of(&["report", "--lake", wrong]).output().unwrap();
        assert_eq!(status.code(), Some(2));
        assert!(text(&stderr).contains(words), "{}", text(&stderr));
    }
}
