//! The lake through the command line: the same figures as from the files, each event once, and out again.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{data, find, report, run};

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = run(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {stderr}");
    stdout
}

fn simulate(folder: &Path) {
    let shop = ["simulate", "--customers", "3000", "--seed", "5", "--events", "csv", "--out", "shop"];
    succeed(folder, &shop);
}

const COLUMNS: [&str; 12] = [
    "--customer",
    "customer_id",
    "--at",
    "at",
    "--event",
    "event",
    "--value",
    "order_value",
    "--segment",
    "country",
    "--segment",
    "device",
];

/// Segments in the order of their names: which value a file shows first is of no meaning.
fn segments(report: &Value) -> Vec<Value> {
    let mut segments = report["segments"].as_array().unwrap().clone();
    segments.sort_by_key(|segment| (segment["by"].to_string(), segment["value"].to_string()));
    segments
}

#[test]
fn the_report_from_a_lake_is_the_report_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path());
    let definitions = ["--window", "90d", "--time-zone", "Europe/Paris", "--until", "2026-06-30"];
    let import = ["import", "shop/events.csv", "--lake", "lake", "--time-zone", "Europe/Paris"];
    succeed(folder.path(), &[import.as_slice(), &COLUMNS].concat());
    let from_lake = report(folder.path(), &[&["--lake", "lake"], definitions.as_slice()].concat());
    succeed(folder.path(), &["export", "--lake", "lake", "--output", "events.parquet"]);
    let columns = ["--customer", "customer", "--at", "at", "--event", "event", "--value", "amount"];
    let groups = ["--activity", "Order Completed", "--segment", "country", "--segment", "device"];
    let exported = [&["events.parquet"], columns.as_slice(), &groups, &definitions].concat();
    let original = [&["shop/events.csv"], COLUMNS.as_slice(), &definitions].concat();
    for arguments in [exported, original] {
        let from_file = report(folder.path(), &arguments);
        for part in ["periods", "cohorts", "returns", "headline", "value"] {
            assert_eq!(from_lake[part], from_file[part], "{part}");
        }
        assert_eq!(from_lake["input"]["customers"], from_file["input"]["customers"]);
        assert_eq!(from_lake["input"]["rows_used"], from_file["input"]["rows_used"]);
        assert_eq!(segments(&from_lake), segments(&from_file));
    }
    // Another zone cannot be told from masks with amounts: events answer.
    let elsewhere = ["--window", "2mo", "--time-zone", "America/New_York", "--every", "week"];
    let from_lake = report(folder.path(), &[&["--lake", "lake"], elsewhere.as_slice()].concat());
    let arguments = [&["events.parquet"], columns.as_slice(), &groups, &elsewhere].concat();
    assert_eq!(from_lake["periods"], report(folder.path(), &arguments)["periods"]);
}

#[test]
fn a_file_is_taken_in_once_and_a_message_once() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path());
    let import = |file: &str| succeed(folder.path(), &["import", file, "--lake", "lake"]);
    let events = || {
        let checked: Value =
            serde_json::from_str(&succeed(folder.path(), &["check", "lake", "lake", "--json"])).unwrap();
        assert_eq!(checked["problems"], json!([]));
        checked["events"].as_u64().unwrap()
    };
    import("shop/events.csv");
    let once = events();
    assert!(import("shop/events.csv").contains("taken in before; nothing has changed"));
    // The same events in another order are another batch, and no new event.
    let text = std::fs::read_to_string(folder.path().join("shop/events.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let reversed: Vec<&str> = rows.lines().rev().take(5_000).collect();
    std::fs::write(folder.path().join("again.csv"), format!("{header}\n{}\n", reversed.join("\n"))).unwrap();
    assert!(import("again.csv").starts_with("0 events taken in"), "{}", import("again.csv"));
    assert_eq!(events(), once);
    // Under another source the same ids are other messages.
    succeed(folder.path(), &["import", "again.csv", "--lake", "lake", "--source", "other"]);
    assert!(events() > once);
}

#[test]
fn cdnow_through_the_lake() {
    let Some(file) = data("retention-cdnow/CDNOW_master.txt") else { return };
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["import", file.to_str().unwrap(), "--lake", "lake"]);
    let report = report(folder.path(), &["--lake", "lake", "--every", "month", "--window", "90d"]);
    assert_eq!((&report["input"]["rows"], &report["input"]["customers"]), (&json!(69_659), &json!(23_570)));
    let october = find(&report["periods"], "start", "1997-10-01");
    let flows = ["s", "e", "k", "n", "r", "l"].map(|field| october[field].as_u64().unwrap());
    assert_eq!(flows, [4195, 3945, 3103, 0, 842, 1092]);
    // The dates have no time of day, so the data reach to the end of 30 June 1998, in the lake too.
    let june = find(&report["periods"], "start", "1998-06-01");
    assert_eq!((&june["complete"], &june["end"]), (&json!(true), &json!("1998-07-01")));
}

#[test]
fn two_ids_become_one_customer_and_two_again() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "orders.csv",
        "customer,at,country\nA,2026-01-05T10:00:00Z,FR\nB,2026-02-06T10:00:00Z,BE\nC,2026-02-07T10:00:00Z,FR\n\
         A,2026-03-08T10:00:00Z,FR\n",
    );
    succeed(folder.path(), &["import", "orders.csv", "--lake", "lake", "--segment", "country"]);
    let customers =
        || report(folder.path(), &["--lake", "lake", "--window", "40d"])["input"]["customers"].clone();
    assert_eq!(customers(), 3);
    write("links.csv", "at,action,from,into\n2026-02-07T00:00:00Z,merge,A,B\n");
    succeed(folder.path(), &["link", "links.csv", "--lake", "lake"]);
    assert_eq!(customers(), 2);
    // A's order of January and B's of February are one customer's: nobody came new in February but C.
    let merged = report(folder.path(), &["--lake", "lake", "--window", "40d"]);
    let february = find(&merged["periods"], "start", "2026-02-01");
    assert_eq!(["s", "e", "k", "n", "l"].map(|f| february[f].as_u64().unwrap()), [1, 2, 1, 1, 0]);
    let again = succeed(folder.path(), &["link", "links.csv", "--lake", "lake"]);
    assert!(again.contains("nothing has changed"), "{again}");
    succeed(folder.path(), &["compact", "--lake", "lake", "--everything"]);
    assert_eq!(customers(), 2);
    write("split.csv", "at,action,from,into\n2026-02-08T00:00:00Z,split,B,A\n");
    succeed(folder.path(), &["link", "split.csv", "--lake", "lake"]);
    assert_eq!(customers(), 3);
    succeed(folder.path(), &["check", "lake", "lake"]);
    write("wrong.csv", "at,action,from,into\n2026-02-08T00:00:00Z,join,B,A\n");
    let (code, _, stderr) = run(folder.path(), &["link", "wrong.csv", "--lake", "lake"]);
    assert!(code == 1 && stderr.contains("wrong.csv: line 2: action is \"join\""), "{stderr}");
}

#[test]
fn an_earlier_version_is_answered_as_it_was() {
    let place = crate::lake_support::Place::new();
    place.batch("one.csv", 0..3_000);
    place.batch("two.csv", 2_000..5_000);
    place.succeed(&place.import("one.csv"));
    let report = |more: &[&str]| {
        let command = [&["report", "--lake", "lake", "--format", "json"][..], more].concat();
        serde_json::from_str::<serde_json::Value>(&place.succeed(&command)).unwrap()
    };
    let first = report(&[]);
    let version = first["input"]["version"].as_str().unwrap().to_owned();
    place.succeed(&place.import("two.csv"));
    assert_ne!(report(&[])["input"]["rows"], first["input"]["rows"]);
    assert_eq!(report(&["--as-known-on", &version]), first);
    place.fail(
        &["report", "--lake", "lake", "--as-known-on", "999.0"],
        &["has no version 999.0", "the present one is"],
    );
    let (code, said) = place.run(&["report", "--lake", "lake", "--as-known-on", "today"]);
    assert!(code == 2 && said.contains("a version is two numbers"), "{code}: {said}");
    place.succeed(&["compact", "--lake", "lake", "--everything", "--keep", "0"]);
    place.fail(&["report", "--lake", "lake", "--as-known-on", &version], &["cannot be read any more"]);
}
