//! The lake under bad conditions: no room, no rights, damaged and foreign files, wrong clocks, several processes at
//! once, wrong use. It never loses, doubles or damages anything, and says what is the matter.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::lake_support::*;
use crate::support::{fidance, run};

#[test]
fn a_full_disk_stops_an_import_and_changes_nothing() {
    let place = Place::with_lake();
    place.batch("three.csv", 4_000..60_000);
    let (report, content) = (place.report(), place.content());
    let mut stopped = 0;
    for blocks in [0, 1, 2, 6, 12, 24, 48, 100, 400, 1_000] {
        let (code, said) = run_in_blocks(&place, blocks, &place.import("three.csv"));
        if code == 0 {
            place.is_whole(60_000);
        } else {
            stopped += 1;
            assert!(code == 1 && said.lines().count() == 1, "{blocks} ({code}): {said}");
            assert!(said.contains("lake/") && said.contains("File too large"), "{blocks}: {said}");
            place.is_whole(5_000);
            assert_eq!(place.report(), report);
            let left: Vec<_> = place.check()["left_over"].as_array().unwrap().clone();
            assert!(left.len() < 5, "{blocks}: {left:?}");
        }
        place.restore(&content);
    }
    assert!(stopped >= 4, "{stopped}");
    place.succeed(&place.import("three.csv"));
    place.is_whole(60_000);
}

#[test]
fn a_full_disk_stops_a_compaction_and_changes_nothing() {
    let place = Place::with_lake();
    let (report, content) = (place.report(), place.content());
    let mut stopped = 0;
    for blocks in [0, 1, 2, 4, 6, 12, 24, 48, 100] {
        let (code, said) = run_in_blocks(&place, blocks, &["compact", "--lake", "lake", "--everything"]);
        stopped += i32::from(code != 0);
        assert!(code == 0 || code == 1 && said.lines().count() == 1, "{blocks} ({code}): {said}");
        assert!(code == 0 || said.contains("lake/") && said.contains("File too large"), "{blocks}: {said}");
        place.is_whole(5_000);
        assert_same(&place.report(), &report, "after a compaction");
        place.restore(&content);
    }
    assert!(stopped >= 3, "{stopped}");
    place.succeed(&["compact", "--lake", "lake", "--everything"]);
    place.succeed(&["check", "lake", "lake", "--repair"]);
    assert_same(&place.report(), &report, "after a compaction");
    assert_eq!(place.check()["left_over"], serde_json::json!([]));
}

#[test]
fn a_full_temporary_folder_stops_an_import() {
    let place = Place::with_lake();
    place.batch("three.csv", 4_000..60_000);
    fs::create_dir(place.path().join("small")).unwrap();
    let import = [&place.import("three.csv")[..], &["--memory", "1", "--temp-dir", "small"]].concat();
    let (code, said) = run_in_blocks(&place, 100, &import);
    assert!(code == 1 && said.contains("small") && said.contains("File too large"), "{said}");
    place.is_whole(5_000);
    place.succeed(&import);
    place.is_whole(60_000);
}

#[test]
fn a_disk_without_room_for_anything() {
    let place = Place::with_lake();
    if fs::metadata(place.path()).unwrap().uid() != 0 {
        println!("skipped: only root can mount a small disk");
        return;
    }
    place.batch("three.csv", 4_000..60_000);
    let script = "mkdir disk && mount -t tmpfs -o size=1200k tmpfs disk && cp -a lake disk/lake || exit 99
        \"$@\"; code=$?; \"$0\" check lake disk/lake --json && \"$0\" check lake disk/lake --repair >&2
        mount -o remount,size=64m disk && \"$@\" >&2 && \"$0\" check lake disk/lake --json; exit $code";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_fidance"), env!("CARGO_BIN_EXE_fidance")]);
    command.args(["import", "three.csv", "--lake", "disk/lake"]).args(COLUMNS);
    command.current_dir(place.path()).env("LC_ALL", "C").env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let (code, stdout, stderr) = (output.status.code(), text(&output.stdout), text(&output.stderr));
    if code == Some(99) || stderr.contains("unshare failed") {
        println!("skipped: no small disk can be mounted here: {stderr}");
        return;
    }
    assert_eq!(code, Some(1), "{stderr}{stdout}");
    assert!(stderr.contains("disk/lake/") && stderr.contains("No space left"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    let checks: Vec<Value> = stdout.lines().filter(|line| line.starts_with('{')).map(json).collect();
    let counts: Vec<&Value> = checks.iter().map(|check| &check["events"]).collect();
    assert_eq!(counts, [5_000, 60_000], "{stderr}");
    assert!(checks.iter().all(|check| check["problems"] == serde_json::json!([])));
}

#[test]
fn a_folder_without_the_right_to_write() {
    let place = Place::with_lake();
    let report = place.report();
    let content = place.content();
    let is_root = fs::metadata(place.path()).unwrap().uid() == 0;
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Whoever may import may read the secret.
    fs::set_permissions(place.lake().join("private"), fs::Permissions::from_mode(0o755)).unwrap();
    let mode = |mode: u32| {
        for path in files(&place.lake()) {
            fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o111 | mode)).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(place.lake(), fs::Permissions::from_mode(0o111 | mode)).unwrap();
    };
    mode(0o444);
    place.batch("three.csv", 4_000..6_000);
    let other = |arguments: &[&str]| {
        let mut command = fidance(place.path());
        command.args(arguments);
        if is_root {
            command.uid(65_534).gid(65_534);
        }
        finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let (code, said) = other(&["report", "--lake", "lake", "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = other(&["check", "lake", "lake", "--json"]);
    assert_eq!((code, &json(said.lines().next().unwrap())["events"]), (0, &Value::from(5_000)), "{said}");
    for arguments in [place.import("three.csv"), vec!["compact", "--lake", "lake", "--everything"]] {
        let (code, said) = other(&arguments);
        assert!(code == 1 && said.contains("cannot write lake/writer.lock: Permission denied"), "{said}");
    }
    mode(0o755);
    assert_eq!((place.content(), place.report()), (content, report));
}

/// What is done to a file.
#[derive(Debug, Clone, Copy)]
enum Harm {
    /// One bit at this part of the file, in thousandths.
    Flip(usize),
    /// Only this part of the file stays.
    Cut(usize),
    Delete,
}

fn harm(path: &Path, harm: Harm) {
    let mut bytes = fs::read(path).unwrap();
    match harm {
        Harm::Flip(part) => {
            let at = bytes.len() * part / 1000;
            bytes[at] ^= 0x10;
        }
        Harm::Cut(part) => bytes.truncate(bytes.len() * part / 1000),
        Harm::Delete => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

const HARMS: [Harm; 9] = [
    Harm::Flip(1),
    Harm::Flip(130),
    Harm::Flip(390),
    Harm::Flip(640),
    Harm::Flip(870),
    Harm::Flip(999),
    Harm::Cut(0),
    Harm::Cut(500),
    Harm::Delete,
];

#[test]
fn a_damaged_file_is_named() {
    let place = Place::with_lake();
    let (report, content) = (place.report(), place.content());
    let mut refused = 0;
    let kinds =
        [("events", false), ("events", true), ("days", false), ("customers", false), ("customers", true)];
    for (table, fresh) in kinds {
        let path = place.file(table, fresh);
        let name = path.file_name().unwrap().to_str().unwrap();
        for damage in HARMS {
            harm(&path, damage);
            let (code, said) = place.run(&["check", "lake", "lake", "--json"]);
            assert!(code == 1 && said.contains(name), "{table} {damage:?}: check says {said}");
            let (code, said) = place.run(&["report", "--lake", "lake", "--format", "json"]);
            if code == 0 {
                // The file was not needed.
                assert_eq!(normalised(&json(&said)), report, "{table} {damage:?}: other figures");
            } else {
                refused += 1;
                assert!(said.contains(name), "{table} {damage:?}: report says {said}");
                assert_eq!(said.trim_end().lines().count(), 1, "{table} {damage:?}: {said}");
            }
            // Nothing is made of it that would look right.
            if table == "events" {
                let (code, said) = place.run(&["compact", "--lake", "lake", "--everything"]);
                assert!(code == 1 && said.contains(name), "{table} {damage:?}: compact says {said}");
            }
            place.restore(&content);
        }
    }
    assert!(refused >= 36, "only {refused} reports noticed the damage");
    assert_eq!(place.report(), report);
}

#[test]
fn a_damaged_index_of_message_ids_is_named() {
    let place = Place::with_lake();
    let (report, content) = (place.report(), place.content());
    place.batch("three.csv", 0..6_000);
    let keys = files(&place.lake().join("keys"));
    assert_eq!(keys.len(), 2);
    for damage in HARMS {
        harm(&keys[0], damage);
        let checked = place.check();
        let said = checked["problems"].to_string();
        assert!(said.contains("lake/keys"), "{damage:?}: {said}");
        // Figures do not depend on it; but what is a duplicate cannot be told any more.
        assert_eq!(place.report(), report);
        // An import reads only the parts of the index that it needs.
        let (code, said) = place.run(&place.import("three.csv"));
        assert!(code == 1 && said.contains("lake/keys"), "{damage:?}: {said}");
        place.restore(&content);
    }
    place.succeed(&place.import("three.csv"));
    place.is_whole(6_000);
}

#[test]
fn a_damaged_log_is_named_and_makes_no_other_figures() {
    let place = Place::with_lake();
    let (report, content) = (place.report(), place.content());
    let names = |said: &str| said.contains("lake/") || said.contains("the table ");
    for table in ["events", "days", "customers", "links"] {
        let log = files(&place.lake().join(table).join("_delta_log"));
        for entry in [log.first().unwrap(), log.last().unwrap()] {
            let flips = (0..6).map(|n| Harm::Flip(n * 166 + 5));
            for damage in flips.chain([Harm::Cut(0), Harm::Cut(600)]) {
                harm(entry, damage);
                let (checked, check_said) = place.run(&["check", "lake", "lake", "--json"]);
                let (code, said) = place.run(&["report", "--lake", "lake", "--format", "json"]);
                if code == 0 && checked == 0 {
                    let differs = normalised(&json(&said)) != report;
                    assert!(!differs, "{} {damage:?}: other figures, and check is content", entry.display());
                } else if code != 0 {
                    assert!(names(&said), "{} {damage:?}: {said}", entry.display());
                } else {
                    assert!(names(&check_said), "{} {damage:?}: {check_said}", entry.display());
                }
                place.restore(&content);
            }
        }
    }
    // An entry in the middle.
    fs::remove_file(place.lake().join("events/_delta_log/00000000000000000001.json")).unwrap();
    let (code, said) = place.run(&["report", "--lake", "lake"]);
    assert!(code == 1 && said.contains("lake/events"), "{said}");
    place.restore(&content);
    assert_eq!(place.report(), report);
}

#[test]
fn foreign_files_are_named_and_left_alone() {
    let place = Place::with_lake();
    let report = place.report();
    let lake = place.lake();
    let parquet = place.file("events", true);
    let foreign = [
        lake.join("README"),
        lake.join("events/README.md"),
        lake.join("events/bucket=3/part-00000-of-spark.snappy.parquet"),
        lake.join("events/bucket=3/.part.tmp"),
        lake.join("days/notes.txt"),
        lake.join("customers/bucket=-1/export.csv"),
        lake.join("keys/README"),
    ];
    for path in &foreign {
        fs::copy(&parquet, path).unwrap();
    }
    fs::create_dir(lake.join("events/_temporary")).unwrap();
    assert_eq!(place.report(), report);
    let checked = place.check();
    assert_eq!(checked["problems"], serde_json::json!([]));
    let named = checked["foreign"].to_string();
    for path in foreign.iter().chain([&lake.join("events/_temporary")]) {
        let name = path.strip_prefix(place.path()).unwrap().to_str().unwrap();
        assert!(named.contains(name), "{name} is not in {named}");
    }
    place.succeed(&["compact", "--lake", "lake", "--everything", "--keep", "0"]);
    place.succeed(&["check", "lake", "lake", "--repair"]);
    assert!(foreign.iter().all(|path| path.exists()));
    assert_same(&place.report(), &report, "after a compaction");
    assert_eq!(place.check()["left_over"], serde_json::json!([]));
}

fn set_times(folder: &Path, at: SystemTime) {
    for path in files(folder) {
        fs::File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
    }
}

#[test]
fn clocks_that_go_wrong_cost_nothing() {
    let past = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
    let future = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 100);
    let mut expected = None;
    for at in [past, future] {
        let place = Place::with_lake();
        set_times(&place.lake(), at);
        place.batch("three.csv", 4_000..7_000);
        place.succeed(&place.import("three.csv"));
        place.is_whole(7_000);
        set_times(&place.lake(), at);
        let before = files(&place.lake());
        place.succeed(&["compact", "--lake", "lake", "--everything"]);
        // Replaced just now, whenever they were written: someone may still read them.
        let gone = before.iter().filter(|path| !path.exists()).count();
        assert_eq!(gone, 0, "files that were replaced just now are gone");
        place.is_whole(7_000);
        place.succeed(&["check", "lake", "lake", "--repair"]);
        place.is_whole(7_000);
        place.batch("four.csv", 6_000..8_000);
        place.succeed(&place.import("four.csv"));
        place.is_whole(8_000);
        let periods = place.report()["periods"].clone();
        assert_eq!(*expected.get_or_insert(periods.clone()), periods);
    }
}

#[test]
fn two_writers_and_many_readers() {
    let place = Place::with_lake();
    let mut sizes = vec![5_000];
    for round in 0..6_u64 {
        let from = 5_000 + round * 2_000;
        place.batch("a.csv", from - 500..from + 1_000);
        place.batch("b.csv", from + 500..from + 2_000);
        let (a, b) = (place.import("a.csv"), place.import("b.csv"));
        let compact = vec!["compact", "--lake", "lake", "--everything"];
        let second = if round % 2 == 0 { &b } else { &compact };
        let writers = [place.spawn(&a), place.spawn(second)];
        let question = ["report", "--lake", "lake", "--format", "json"];
        let readers: Vec<Child> = (0..4).map(|_| place.spawn(&question)).collect();
        let checker = place.spawn(&["check", "lake", "lake", "--json"]);
        for writer in writers {
            let (code, said) = finish(writer);
            let busy = code == 1 && said.contains("is writing to the lake");
            assert!(code == 0 || busy, "{code}: {said}");
        }
        // Whoever came second comes again.
        place.succeed(&a);
        place.succeed(&b);
        let from = usize::try_from(from).unwrap();
        sizes.extend([from + 500, from + 1_000, from + 1_500, from + 2_000]);
        for reader in readers {
            let (code, said) = finish(reader);
            assert_eq!(code, 0, "{said}");
            let report = json(&said);
            let seen = usize::try_from(report["input"]["rows"].as_u64().unwrap()).unwrap();
            assert!(sizes.contains(&seen), "a report saw {seen} events, not one of {sizes:?}");
            let groups = report["segments"].to_string();
            assert!(!groups.contains("(none)"), "a report did not know the countries: {groups}");
        }
        let (code, said) = finish(checker);
        assert_eq!(code, 0, "{said}");
        place.is_whole(from + 2_000);
    }
}

#[test]
fn two_processes_make_the_same_lake() {
    for _ in 0..4 {
        let place = Place::new();
        place.batch("a.csv", 0..1_000);
        place.batch("b.csv", 500..1_500);
        let writers = [place.spawn(&place.import("a.csv")), place.spawn(&place.import("b.csv"))];
        for writer in writers {
            let (code, said) = finish(writer);
            let clear = said.contains("is writing to the lake") || said.contains("has just made the lake");
            assert!(code == 0 || code == 1 && clear, "{code}: {said}");
        }
        place.succeed(&place.import("a.csv"));
        place.succeed(&place.import("b.csv"));
        place.is_whole(1_500);
    }
}

#[test]
fn wrong_use_is_answered_in_one_line() {
    let place = Place::with_lake();
    let content = place.content();
    let good = fs::read_to_string(place.path().join("one.csv")).unwrap();
    let header = good.lines().next().unwrap();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    write("empty.csv", "");
    write("header.csv", &format!("{header}\n"));
    write("rejected.csv", &format!("{header}\nm1,c1,yesterday,Order Completed,1.00,FR\n"));
    write("contracts.csv", "customer,start,end\nann,2024-01-01,2024-05-01\nbob,2024-02-01,\n");
    fs::create_dir(place.path().join("other")).unwrap();
    write("other/thesis.txt", "words");
    fs::create_dir(place.path().join("none")).unwrap();
    let into =
        |lake: &'static str, file: &'static str| [&["import", file, "--lake", lake][..], &COLUMNS].concat();
    place.fail(&into("other", "one.csv"), &["other", "is not empty and holds no lake"]);
    assert_eq!(
        fs::read_dir(place.path().join("other")).unwrap().count(),
        1,
        "something was left in the folder"
    );
    place.fail(&into("one.csv", "two.csv"), &["one.csv"]);
    for command in [&["report", "--lake"][..], &["check", "lake"], &["compact", "--lake"]] {
        for folder in ["other", "none", "absent", "one.csv"] {
            place.fail(&[command, &[folder]].concat(), &["there is no lake in", folder]);
        }
    }
    assert!(!place.path().join("absent").exists());
    let other_activity = ["import", "two.csv", "--lake", "lake", "--activity", "Product Viewed"];
    place.fail(&other_activity, &["another definition"]);
    place.fail(&["import", "two.csv", "--lake", "lake", "--any-activity"], &["another definition"]);
    place.fail(&["import", "two.csv", "--lake", "lake", "--start", "at"], &["--start"]);
    place.fail(&["import", "two.csv"], &["--lake"]);
    for file in ["empty.csv", "absent.csv"] {
        place.fail(&place.import(file), &[file]);
    }
    let (code, said) = place.run(&["import", "contracts.csv", "--lake", "lake"]);
    assert!(code == 1 && said.contains("contracts.csv"), "{said}");
    place.fail(&place.import("rejected.csv"), &[]);
    place.fail(&place.import("header.csv"), &[]);
    let mut now = place.content();
    now.retain(|path, _| !path.ends_with("writer.lock"));
    let mut before = content.clone();
    before.retain(|path, _| !path.ends_with("writer.lock"));
    assert_eq!(now, before);
    settings_that_are_wrong(&place, &content);
    place.is_whole(5_000);
}

fn settings_that_are_wrong(place: &Place, content: &BTreeMap<PathBuf, Vec<u8>>) {
    let settings = place.lake().join("lake.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let wrong = [
        (text.replace("format = 1", "format = 7"), "format 7"),
        (format!("colour = \"blue\"\n{text}"), "colour"),
        (text.replace("UTC", "Atlantis"), "Atlantis"),
        (text.replace("bucket_bits = 6", "bucket_bits = 60"), "bucket_bits"),
        ("=".to_owned(), "lake.toml"),
        (String::new(), "lake.toml"),
    ];
    for (text, word) in wrong {
        fs::write(&settings, text).unwrap();
        for arguments in
            [&place.import("two.csv")[..], &["report", "--lake", "lake"], &["check", "lake", "lake"]]
        {
            let (code, _, stderr) = run(place.path(), arguments);
            assert!(code == 1 && stderr.contains(word) && stderr.contains("lake"), "{word}: {stderr}");
            assert!(!stderr.contains("panicked"), "{stderr}");
        }
    }
    place.restore(content);
    let secret = place.lake().join("private/pseudonyms.key");
    for harmed in [None, Some("0123"), Some("")] {
        match harmed {
            None => fs::remove_file(&secret).unwrap(),
            Some(text) => fs::write(&secret, text).unwrap(),
        }
        place.batch("three.csv", 4_000..6_000);
        place.fail(&place.import("three.csv"), &["pseudonyms.key"]);
        place.succeed(&["report", "--lake", "lake"]);
    }
    place.restore(content);
}

#[test]
fn a_first_import_that_fails_leaves_nothing_in_the_way() {
    let place = Place::new();
    place.batch("one.csv", 0..300);
    let header = "message_id,customer_id,at,event,total,country\n";
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    write("rejected.csv", &format!("{header}m1,c1,yesterday,Product Viewed,1.00,FR\n"));
    write("header.csv", header);
    write("empty.csv", "");
    write("contracts.csv", "customer,start,end\nann,2024-01-01,2024-05-01\nbob,2024-02-01,\n");
    for file in ["rejected.csv", "header.csv", "empty.csv", "contracts.csv", "absent.csv"] {
        let columns = if file == "contracts.csv" { &[][..] } else { &COLUMNS[..12] };
        let (code, said) = place.run(&[&["import", file, "--lake", "lake"][..], columns].concat());
        assert!(code == 1 && said.starts_with("error: "), "{file}: {said}");
        place.succeed(&[&place.import("one.csv")[..], &["--time-zone", "Europe/Paris"]].concat());
        let settings = fs::read_to_string(place.lake().join("lake.toml")).unwrap();
        assert!(
            settings.contains("Europe/Paris") && settings.contains("Order Completed"),
            "{file}: {settings}"
        );
        place.is_whole(300);
        fs::remove_dir_all(place.lake()).unwrap();
    }
    // Also where the lake was made already.
    place.batch("large.csv", 0..60_000);
    let import =
        [&["import", "large.csv", "--lake", "lake"][..], &COLUMNS[..12], &["--any-activity"]].concat();
    let (code, said) = run_in_blocks(&place, 40, &import);
    assert!(code == 1 && said.contains("File too large"), "{said}");
    place.succeed(&[&place.import("large.csv")[..], &["--time-zone", "Europe/Paris"]].concat());
    let settings = fs::read_to_string(place.lake().join("lake.toml")).unwrap();
    assert!(settings.contains("Europe/Paris") && settings.contains("Order Completed"), "{settings}");
    place.is_whole(60_000);
}

#[test]
fn the_same_times_of_another_kind_are_another_batch() {
    let place = Place::new();
    let write = |name: &str, event: &str, country: &str| {
        let rows: String =
            (1..28).map(|day| format!("c{day},2024-01-{day:02},{event},{country}\n")).collect();
        fs::write(place.path().join(name), format!("customer,date,event,country\n{rows}")).unwrap();
    };
    write("orders.csv", "Order Completed", "FR");
    write("refunds.csv", "Order Refunded", "FR");
    write("belgium.csv", "Order Completed", "BE");
    let columns = ["--customer", "customer", "--at", "date", "--event", "event", "--segment", "country"];
    for (n, file) in ["orders.csv", "refunds.csv", "belgium.csv"].into_iter().enumerate() {
        let import = [&["import", file, "--lake", "lake"][..], &columns].concat();
        let said = if n == 0 {
            place.succeed(&[&import[..], &["--any-activity"]].concat())
        } else {
            place.succeed(&import)
        };
        assert!(said.starts_with("27 events taken in"), "{file}: {said}");
        assert!(place.succeed(&import).contains("taken in before; nothing has changed"), "{file}");
        place.is_whole(27 * (n + 1));
    }
}
