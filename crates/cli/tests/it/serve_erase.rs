//! People who ask to be forgotten, or for what is held on them: the real program, and a search of all bytes it leaves.
//!
//! `FIDANCE_KILL_ROUNDS` sets how many erasures are killed.

use std::{
    collections::BTreeSet,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    serve_support::{Server, configure, exported, key_of},
    support::{fidance, report, run},
};

const ADA: &str = "ada-lovelace-1815";
const EMAIL: &str = "ada@analytical.example";
const VISITOR: &str = "visitor-of-ada-7";

/// A folder with a configuration, and one in it for temporary files.
fn folder(more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    configure(
        folder.path(),
        &format!("[business]\nactivity = []\n[segments]\ncountry = [\"country\"]\n{more}"),
    );
    fs::create_dir(folder.path().join("tmp")).unwrap();
    folder
}

fn start(folder: &Path, environment: &[(&str, &str)]) -> Server {
    let temporary = folder.join("tmp").display().to_string();
    let mut all = vec![("TMPDIR", temporary.as_str())];
    all.extend(environment);
    Server::start_with(folder, &all)
}

/// What a person does: visits, says who they are, orders, and sends something that cannot be used.
fn life(who: &str, visitor: &str, email: &str, days: std::ops::RangeInclusive<u32>) -> Vec<Value> {
    let at = |day: u32| format!("2024-{:02}-{:02}T10:20:30.456Z", 1 + day / 28, 1 + day % 28);
    let mut messages = vec![
        json!({ "type": "page", "messageId": format!("{who}-page"), "anonymousId": visitor,
                "timestamp": at(*days.start()) }),
        json!({ "type": "identify", "messageId": format!("{who}-identify"), "anonymousId": visitor, "userId": who,
                "traits": { "email": email, "language": "fr" }, "timestamp": at(*days.start()) }),
        json!({ "type": "track", "event": "Order Completed", "messageId": format!("{who}-bad"), "userId": who,
                "timestamp": "yesterday", "properties": { "revenue": 1 } }),
    ];
    messages.extend(days.step_by(9).map(|day| {
        json!({ "type": "track", "event": "Order Completed", "messageId": format!("{who}-{day}"), "userId": who,
                "timestamp": at(day), "properties": { "revenue": day + 1, "country": "FR" } })
    }));
    // Ids of messages are kept as they are in dead letters: they must not name anybody.
    for (n, message) in messages.iter_mut().enumerate() {
        let sum: usize = who.bytes().map(usize::from).sum();
        message["messageId"] = json!(format!("message-{sum}-{n}"));
    }
    messages
}

fn everybody(server: &Server, folder: &Path) {
    let key = key_of(folder);
    assert_eq!(server.batch(&key, &json!(life(ADA, VISITOR, EMAIL, 0..=200))).status, 200);
    for n in 0..12_u32 {
        let lives = life(
            &format!("other-{n}"),
            &format!("visitor-{n}"),
            &format!("o{n}@example.org"),
            n * 7 + 1..=150 + n * 9,
        );
        assert_eq!(server.batch(&key, &json!(lives)).status, 200);
    }
    server.drained();
}

/// The rows of these customers, and those of all others.
fn rows_of(folder: &Path, ids: &BTreeSet<String>) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let rows = exported(folder);
    fs::remove_file(folder.join("exported.csv")).unwrap();
    rows.into_iter().partition(|row| ids.contains(&row[4]) || ids.contains(&row[0]))
}

/// All pseudonyms of Ada.
fn ids_of_ada(folder: &Path) -> BTreeSet<String> {
    let rows = exported(folder);
    fs::remove_file(folder.join("exported.csv")).unwrap();
    // Only she orders on that day.
    let hers = rows
        .iter()
        .find(|row| row[3].parse::<f64>().is_ok_and(|amount| (amount - 199.0).abs() < 0.1))
        .unwrap();
    let customer = hers[0].clone();
    let ids: BTreeSet<String> = rows
        .iter()
        .filter(|row| row[0] == customer)
        .flat_map(|row| [row[0].clone(), row[4].clone()])
        .collect();
    assert_eq!(ids.len(), 2, "the visitor and the user: {ids:?}");
    ids
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Everything that tells Ada: her ids, what is known of her, and her pseudonyms however they are written.
fn needles(ids: &BTreeSet<String>) -> Vec<(String, Vec<u8>)> {
    let mut needles: Vec<(String, Vec<u8>)> =
        [ADA, EMAIL, VISITOR].map(|text| (text.to_owned(), text.as_bytes().to_vec())).to_vec();
    for id in ids {
        let number: i64 = id.parse().unwrap();
        needles.push((format!("{id} in digits"), id.trim_start_matches('-').as_bytes().to_vec()));
        needles.push((format!("{id}, little-endian"), number.to_le_bytes().to_vec()));
        needles.push((format!("{id}, big-endian"), number.to_be_bytes().to_vec()));
        needles
            .push((format!("{id} in hexadecimal"), format!("{:016x}", number.cast_unsigned()).into_bytes()));
    }
    needles
}

/// Where one of the needles is found.
fn naming(folder: &Path, ids: &BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::new();
    files(folder, &mut all);
    let mut found = Vec::new();
    for path in all {
        let Ok(content) = fs::read(&path) else { continue };
        for (name, needle) in needles(ids) {
            if content.windows(needle.len()).any(|window| window == needle) {
                found.push(format!("{name} in {}", path.strip_prefix(folder).unwrap().display()));
            }
        }
    }
    found
}

fn ask_erasure(server: &Server, customer: &str) -> String {
    let body = json!({ "customer": customer }).to_string();
    let answer = server.api("POST", "/api/v1/erasures", body.as_bytes());
    assert_eq!(answer.status, 202, "{answer:?}");
    let told = answer.json();
    assert_ne!(told["state"], "requested");
    assert!(!answer.body.contains(customer));
    told["id"].as_str().unwrap().to_owned()
}

fn done(server: &Server, id: &str) -> Value {
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let told = server.api("GET", &format!("/api/v1/erasures/{id}"), b"").json();
        if told["state"] == "done" {
            return told;
        }
        assert!(Instant::now() < until, "the erasure is not done: {told}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The report, without what changes from one run to the next.
fn figures(folder: &Path) -> Value {
    let mut report = report(folder, &["--lake", "lake"]);
    report["input"].as_object_mut().unwrap().remove("version");
    report
}

/// Where two reports differ.
fn differences(at: &str, one: &Value, other: &Value) -> Vec<String> {
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) if fields.keys().eq(others.keys()) => {
            let inner =
                fields.iter().map(|(name, value)| differences(&format!("{at}.{name}"), value, &others[name]));
            inner.flatten().collect()
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            let inner = items.iter().zip(others).enumerate();
            inner.flat_map(|(n, (item, other))| differences(&format!("{at}[{n}]"), item, other)).collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![format!("{at}: {one} is {other}")],
    }
}

#[track_caller]
fn assert_same(found: &Value, expected: &Value, what: &str) {
    assert_eq!(differences("", found, expected), Vec::<String>::new(), "{what}");
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

fn command(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let temporary = folder.join("tmp").display().to_string();
    let mut command = fidance(folder);
    command.args(arguments).env("TMPDIR", temporary).envs(environment.iter().copied());
    let done = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap_or(-1), text(done.stdout), text(done.stderr))
}

#[test]
fn an_erased_customer_is_nowhere_and_figures_stay() {
    let folder = folder("");
    erased_while_serving(folder.path(), &[], &|| Vec::new());
}

#[test]
fn an_erased_customer_is_nowhere_on_postgresql() {
    let Some(server) = crate::postgres::server(crate::postgres::Durability::Off) else {
        println!("skipped: PostgreSQL is not installed");
        return;
    };
    let url = server.database();
    let (_, database) = url.split('?').next().unwrap().rsplit_once('/').unwrap();
    let folder = folder("");
    // Every row of every table, as text.
    let dump = || {
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
        let tables = server.psql(database, tables).unwrap();
        tables
            .lines()
            .map(|table| server.psql(database, &format!("SELECT t::text FROM \"{table}\" t")).unwrap())
            .collect()
    };
    erased_while_serving(folder.path(), &[("FIDANCE_STORE_URL", &url)], &dump);
}

fn erased_while_serving(folder: &Path, environment: &[(&str, &str)], tables: &dyn Fn() -> Vec<String>) {
    let server = start(folder, environment);
    everybody(&server, folder);
    let ids = ids_of_ada(folder);
    let (hers, others) = rows_of(folder, &ids);
    let before = figures(folder);
    assert!(hers.len() > 20 && others.len() > 100);
    assert!(!naming(folder, &ids).is_empty(), "the search finds nothing at all");
    let named = |tables: Vec<String>| {
        tables.iter().any(|table| {
            ids.iter().any(|id| table.contains(id.as_str())) || table.contains(ADA) || table.contains(EMAIL)
        })
    };
    assert!(environment.is_empty() || named(tables()), "the search finds nothing in the tables");
    let letters = || server.api("GET", "/api/v1/dead-letters", b"").json()["items"].as_array().unwrap().len();
    assert_eq!(letters(), 13);

    let receipt = ask_erasure(&server, &format!(" {ADA} "));
    let told = done(&server, &receipt);
    assert_eq!(
        (&told["people"], &told["dead_letters"], &told["rows"]),
        (&json!(1), &json!(1), &json!(hers.len()))
    );
    assert_eq!(letters(), 12);
    assert_eq!(naming(folder, &ids), Vec::<String>::new());
    assert!(!named(tables()));
    assert_same(&figures(folder), &before, "erased");
    let (gone, rest) = rows_of(folder, &ids);
    assert_eq!(gone, Vec::<Vec<String>>::new());
    assert_eq!(rest.len(), hers.len() + others.len());
    let rest: BTreeSet<Vec<String>> = rest.into_iter().collect();
    assert!(others.iter().all(|row| rest.contains(row)), "somebody else's rows have changed");

    // Old messages that are sent again, as by a client that did not hear the answer: nothing of her comes back.
    let mut old = life(ADA, VISITOR, EMAIL, 0..=200);
    old.remove(2);
    assert_eq!(server.batch(&key_of(folder), &json!(old)).status, 200);
    server.drained();
    assert_same(&figures(folder), &before, "erased");
    assert_eq!(naming(folder, &ids), Vec::<String>::new());
    assert!(!named(tables()));

    // She comes again: a new customer, whose ids are joined anew.
    let new = json!([
        { "type": "page", "messageId": "new-1", "anonymousId": VISITOR, "timestamp": now() },
        { "type": "track", "event": "Order Completed", "messageId": "new-2", "anonymousId": VISITOR, "userId": ADA,
          "timestamp": now() },
    ]);
    assert_eq!(server.batch(&key_of(folder), &new).status, 200);
    server.drained();
    let (hers, _) = rows_of(folder, &ids);
    assert_eq!(hers.len(), 2);
    assert_eq!(hers[0][0], hers[1][0], "one customer: {hers:?}");

    // What else the API says.
    let listed = server.api("GET", "/api/v1/erasures?limit=1", b"").json();
    assert_eq!((&listed["items"][0]["id"], &listed["next"]), (&json!(receipt), &json!(null)));
    assert_eq!(server.api("GET", "/api/v1/erasures?cursor=1", b"").json()["items"], json!([]));
    assert_eq!(server.api("GET", "/api/v1/erasures/0", b"").status, 404);
    assert_eq!(server.api("POST", "/api/v1/erasures", b"{\"customer\":\" \"}").status, 400);
    assert_eq!(server.api("POST", "/api/v1/erasures", b"{\"who\":\"ada\"}").status, 400);
    // Again, and this time from the command line, which asks the server.
    let console = server.console.to_string();
    let asking = [environment, &[("FIDANCE_CONSOLE_LISTEN", &console)]].concat();
    let (code, told, error) = command(folder, &asking, &["erase", ADA, "--yes"]);
    assert!(code == 0 && !told.contains(ADA) && told.contains("Events         2"), "{told}{error}");
    assert_eq!(naming(folder, &ids), Vec::<String>::new());
    server.stop();
    assert_eq!(naming(folder, &ids), Vec::<String>::new());
    let (code, told, error) = run(folder, &["check", "lake", "lake"]);
    assert_eq!(code, 0, "{told}{error}");
}

#[expect(clippy::disallowed_methods, reason = "a message of today")]
fn now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    jiff::Timestamp::from_microsecond(i64::try_from(now.as_micros()).unwrap()).unwrap().to_string()
}

#[test]
fn without_a_server_the_command_does_it() {
    let folder = folder("");
    let (code, _, told) = command(folder.path(), &[], &["erase", ADA, "--yes"]);
    assert!(code == 1 && told.contains("there is no server's store"), "{told}");
    let server = start(folder.path(), &[]);
    everybody(&server, folder.path());
    let ids = ids_of_ada(folder.path());
    let before = figures(folder.path());
    server.stop();
    let (code, _, told) = command(folder.path(), &[], &["erase", ADA]);
    assert!(code == 1 && told.contains("--yes"), "{told}");
    let (code, receipt, told) = command(folder.path(), &[], &["erase", ADA, "--yes"]);
    assert!(code == 0 && !receipt.contains(ADA), "{receipt}{told}");
    assert_eq!(naming(folder.path(), &ids), Vec::<String>::new());
    assert_same(&figures(folder.path()), &before, "erased");
    let id = receipt.lines().next().unwrap().split_whitespace().nth(1).unwrap();
    let (code, again, told) = command(folder.path(), &[], &["erase", "--receipt", id]);
    assert!(code == 0 && again == receipt, "{again}{told}");
    let (code, receipt, told) = command(folder.path(), &[], &["erase", "nobody", "--yes"]);
    assert!(
        code == 1 && receipt.contains("Receipt") && told.contains("nothing was known"),
        "{receipt}{told}"
    );

    // The events of a file that is imported again are known.
    let csv = "customer,at,event,message_id\ncarl,2026-01-01T10:00:00Z,Order Completed,c1\n";
    fs::write(folder.path().join("orders.csv"), csv).unwrap();
    let import =
        ["import", "orders.csv", "--lake", "lake", "--source", "default", "--message-id", "message_id"];
    assert_eq!(command(folder.path(), &[], &import).0, 0);
    let rows = exported(folder.path()).len();
    let (code, told, error) = command(folder.path(), &[], &["erase", "carl", "--lake", "lake", "--yes"]);
    assert!(code == 0 && told.contains("Events  1"), "{told}{error}");
    let longer = format!("{csv}carl,2026-01-01T10:00:00Z,Order Completed,c1\n");
    fs::write(folder.path().join("orders.csv"), longer).unwrap();
    assert_eq!(command(folder.path(), &[], &import).0, 0);
    assert_eq!(exported(folder.path()).len(), rows);
    let (code, _, told) = command(folder.path(), &[], &["erase", "carl", "--lake", "lake", "--yes"]);
    assert!(code == 1 && told.contains("nothing is known"), "{told}");
}

#[test]
fn restored_backups_forget_again() {
    for (store, lake) in [(true, false), (false, true), (true, true)] {
        let folder = folder("");
        let backup = tempfile::tempdir().unwrap();
        let server = start(folder.path(), &[]);
        everybody(&server, folder.path());
        let ids = ids_of_ada(folder.path());
        let before = figures(folder.path());
        server.stop();
        copy(&folder.path().join("lake"), backup.path());
        copy(&folder.path().join("fidance.db"), backup.path());
        let server = start(folder.path(), &[]);
        let receipt = ask_erasure(&server, ADA);
        done(&server, &receipt);
        server.stop();
        if store {
            for ending in ["", "-wal", "-shm"] {
                let _ = fs::remove_file(folder.path().join(format!("fidance.db{ending}")));
            }
            copy(&backup.path().join("fidance.db"), folder.path());
        }
        if lake {
            fs::remove_dir_all(folder.path().join("lake")).unwrap();
            copy(&backup.path().join("lake"), folder.path());
        }
        assert!(
            !lake || !naming(folder.path(), &ids).is_empty(),
            "store {store}, lake {lake}: not restored at all"
        );
        let server = start(folder.path(), &[]);
        done(&server, &receipt);
        let until = Instant::now() + Duration::from_secs(30);
        while !naming(folder.path(), &ids).is_empty() {
            let found = naming(folder.path(), &ids);
            assert!(Instant::now() < until, "store {store}, lake {lake}: {found:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        // What a restored store hands over again, and old messages, bring nothing back.
        let mut old = life(ADA, VISITOR, EMAIL, 0..=200);
        old.remove(2);
        assert_eq!(server.batch(&key_of(folder.path()), &json!(old)).status, 200);
        server.drained();
        assert_eq!(naming(folder.path(), &ids), Vec::<String>::new(), "store {store}, lake {lake}");
        assert_same(&figures(folder.path()), &before, &format!("store {store}, lake {lake}"));
        server.stop();
    }
}

#[test]
fn an_erasure_that_is_killed_goes_on() {
    let given = std::env::var_os("FIDANCE_KILL_ROUNDS").and_then(|n| n.to_str()?.parse().ok());
    let rounds: u32 = given.unwrap_or(4);
    let folder = folder("");
    let mut server = start(folder.path(), &[]);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(std::process::id());
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    everybody(&server, folder.path());
    let ids = ids_of_ada(folder.path());
    let mut before = figures(folder.path());
    let mut unfinished = 0;
    for round in 0..rounds {
        let receipt = ask_erasure(&server, ADA);
        // Up to several times: the next start goes on, and is killed as well.
        for _ in 0..=next() % 3 {
            std::thread::sleep(Duration::from_micros(next() % 250_000));
            let state = server.api("GET", &format!("/api/v1/erasures/{receipt}"), b"").json();
            unfinished += u32::from(state["state"] != "done");
            server.kill();
            server = start(folder.path(), &[]);
        }
        done(&server, &receipt);
        assert_eq!(naming(folder.path(), &ids), Vec::<String>::new(), "round {round}");
        assert_same(&figures(folder.path()), &before, &format!("round {round}"));
        // She comes again, for the next round.
        let mut again = life(ADA, VISITOR, EMAIL, 0..=60);
        for (n, message) in again.iter_mut().enumerate() {
            message["messageId"] = json!(format!("{round}-{n}"));
            // What is older than an erasure is not believed of who is who.
            if n < 2 {
                message["timestamp"] = json!(now());
            }
        }
        assert_eq!(server.batch(&key_of(folder.path()), &json!(again)).status, 200);
        server.drained();
        before = figures(folder.path());
    }
    println!("{rounds} erasures, killed {unfinished} times before they were done");
    let (code, told, error) = run(folder.path(), &["check", "lake", "lake"]);
    assert_eq!(code, 0, "{told}{error}");
}

#[test]
fn a_person_is_given_everything() {
    let folder = folder("");
    let server = start(folder.path(), &[]);
    everybody(&server, folder.path());
    let ids = ids_of_ada(folder.path());
    let (hers, _) = rows_of(folder.path(), &ids);
    let console = server.console.to_string();
    let asking = [("FIDANCE_CONSOLE_LISTEN", console.as_str())];
    let (code, told, error) = command(folder.path(), &asking, &["export", ADA, "--output", "ada.zip"]);
    assert_eq!(code, 0, "{told}{error}");
    let of_server = unpacked(&folder.path().join("ada.zip"));
    let answer = server.api("POST", "/api/v1/people/export", b"{\"customer\":\"nobody\"}");
    assert_eq!(answer.status, 404);
    server.stop();
    let (code, told, error) = command(folder.path(), &[], &["export", ADA, "--output", "again.zip"]);
    assert_eq!(code, 0, "{told}{error}");
    let of_command = unpacked(&folder.path().join("again.zip"));
    assert_eq!(of_server[1..], of_command[1..]);
    let names: Vec<&str> = of_server.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["README.txt", "person.json", "events.csv", "events.json", "ids.json", "messages.json"]
    );
    let text = |name: &str| &of_server.iter().find(|(known, _)| known == name).unwrap().1;
    let json = |name: &str| -> Value { serde_json::from_str(text(name)).unwrap() };
    assert!(text("README.txt").contains("FRANÇAIS") && text("README.txt").contains("ENGLISH"));
    assert_eq!(json("events.json").as_array().unwrap().len(), hers.len());
    assert_eq!(text("events.csv").lines().count(), hers.len() + 1);
    let events = json("events.json");
    let first = events.as_array().unwrap().iter().find(|event| event["event"] == "Order Completed").unwrap();
    assert_eq!((&first["amount"], &first["local"]), (&json!(1.0), &json!("2024-01-01T10:20:30.456+00:00")));
    assert_eq!(first["segments"]["country"], "FR");
    assert_eq!(json("person.json")["known"][0]["traits"]["email"], EMAIL);
    assert_eq!(json("ids.json")["joins"].as_array().unwrap().len(), 1);
    assert_eq!(json("messages.json")[0]["message"]["userId"], ADA);
    assert_eq!(json("messages.json").as_array().unwrap().len(), 1);
    let (code, _, told) = command(folder.path(), &[], &["export", "nobody", "--output", "nobody.zip"]);
    assert!(code == 1 && told.contains("nothing is held"), "{told}");
}

fn unpacked(file: &Path) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(fs::File::open(file).unwrap()).unwrap();
    (0..archive.len())
        .map(|n| {
            let mut file = archive.by_index(n).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

#[test]
fn whoever_is_silent_for_too_long_is_forgotten() {
    let folder = folder("[privacy]\nforget_after_days = 20\n");
    let server = start(folder.path(), &[]);
    let key = key_of(folder.path());
    everybody(&server, folder.path());
    let ids = ids_of_ada(folder.path());
    let today = json!([{ "type": "track", "event": "Order Completed", "messageId": "today", "userId": "other-3",
                         "timestamp": now() }]);
    assert_eq!(server.batch(&key, &today).status, 200);
    server.drained();
    let count = exported(folder.path()).len();
    server.stop();
    fs::remove_file(folder.path().join("exported.csv")).unwrap();
    // As if a day had passed, and nobody had said anything since.
    let database = folder.path().join("fidance.db");
    let age = "PRAGMA secure_delete = ON; UPDATE person SET updated_at = 0, created_at = 0; DELETE FROM setting WHERE name LIKE 'forget%'";
    let aged = Command::new("sqlite3").arg(&database).arg(age).status();
    if !aged.is_ok_and(|status| status.success()) {
        println!("skipped: sqlite3 is not installed");
        return;
    }
    let server = start(folder.path(), &[]);
    let until = Instant::now() + Duration::from_secs(30);
    while !naming(folder.path(), &ids).is_empty() {
        assert!(Instant::now() < until, "{:?}", naming(folder.path(), &ids));
        std::thread::sleep(Duration::from_millis(50));
    }
    let listed = server.api("GET", "/api/v1/erasures", b"").json();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(listed["items"][0]["requested_by"], "retention limit");
    assert_eq!(done(&server, &id)["people"], 12, "Ada and eleven of twelve others");
    let rows = exported(folder.path());
    assert_eq!(rows.len(), count);
    let today = rows.iter().max_by_key(|row| row[1].clone()).unwrap();
    assert!(rows.iter().filter(|row| row[0] == today[0]).count() > 10, "whoever is active stays");
    // The next look, and the next start, find nobody.
    server.stop();
    let age = "DELETE FROM setting WHERE name LIKE 'forget%'";
    assert!(Command::new("sqlite3").arg(&database).arg(age).status().unwrap().success());
    let server = start(folder.path(), &[]);
    std::thread::sleep(Duration::from_secs(2));
    let again = server.api("GET", "/api/v1/erasures", b"").json();
    assert_eq!(again["items"].as_array().unwrap().len(), listed["items"].as_array().unwrap().len());
}
