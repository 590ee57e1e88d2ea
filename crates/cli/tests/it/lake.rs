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
    let events = |_: ()| {
        let checked: Value =
            serde_json::from_str(&succeed(folder.path(), &["check", "lake", "lake", "--json"])).unwrap();
        assert_eq!(checked["problems"], json!([]));
        checked["events"].as_u64().unwrap()
    };
    import("shop/events.csv");
    let once = events(());
    assert!(import("shop/events.csv").contains("taken in before; nothing has changed"));
    // The same events in another order are another batch, and no new event.
    let text = std::fs::read_to_string(folder.path().join("shop/events.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let reversed: Vec<&str> = rows.lines().rev().take(5_000).collect();
    std::fs::write(folder.path().join("again.csv"), format!("{header}\n{}\n", reversed.join("\n"))).unwrap();
    assert!(import("again.csv").starts_with("0 events taken in"), "{}", import("again.csv"));
    assert_eq!(events(()), once);
    // Under another source the same ids are other messages.
    succeed(folder.path(), &["import", "again.csv", "--lake", "lake", "--source", "other"]);
    assert!(events(()) > once);
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
