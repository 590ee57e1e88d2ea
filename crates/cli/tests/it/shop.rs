//! The simulated shop, from scenario to report: what the simulator counted itself is what the report finds.

use std::path::Path;

use serde_json::Value;

use crate::support::{report, run};

/// A small demo shop in which every row has its customer.
fn scenario(folder: &Path) {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("scenarios/demo.toml");
    let text = std::fs::read_to_string(demo).unwrap();
    assert!(text.contains("missing_id = 0.0002"));
    std::fs::write(folder.join("shop.toml"), text.replace("missing_id = 0.0002", "missing_id = 0.0"))
        .unwrap();
}

fn simulate(folder: &Path, out: &str, format: &str) {
    let arguments = [
        "simulate",
        "--scenario",
        "shop.toml",
        "--customers",
        "4000",
        "--seed",
        "11",
        "--events",
        format,
        "--out",
        out,
    ];
    let (code, _, stderr) = run(folder, &arguments);
    assert_eq!(code, 0, "{stderr}");
}

fn read(folder: &Path, file: &str, [customer, at, event, value]: [&str; 4]) -> Value {
    let columns = ["--customer", customer, "--at", at, "--event", event, "--value", value];
    let definitions = [
        "--activity",
        "Order Completed",
        "--window",
        "90d",
        "--time-zone",
        "Europe/Paris",
        "--until",
        "2026-06-30",
    ];
    report(folder, &[&[file], columns.as_slice(), definitions.as_slice()].concat())
}

#[test]
fn the_report_finds_what_the_simulator_counted() {
    let folder = tempfile::tempdir().unwrap();
    scenario(folder.path());
    simulate(folder.path(), "shop", "csv");
    let report = read(folder.path(), "shop/events.csv", ["customer_id", "at", "event", "order_value"]);
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("shop/truth.json")).unwrap())
            .unwrap();
    let months = truth["as_it_was"]["months"].as_array().unwrap();
    let periods = report["periods"].as_array().unwrap();
    assert_eq!(periods.len(), 30);
    assert_eq!(months.len(), 30);
    for (found, counted) in periods.iter().zip(months) {
        for field in ["start", "end", "complete", "s", "e", "k"] {
            assert_eq!(found[field], counted[field], "{field} of {}", found["start"]);
        }
        let (booked, paid) = (found["revenue"].as_f64().unwrap(), counted["value"].as_f64().unwrap());
        assert!((booked - paid).abs() < 0.01, "{}: {booked} and {paid}", found["start"]);
    }
}

#[test]
fn the_report_says_what_moved_the_rate() {
    let folder = tempfile::tempdir().unwrap();
    scenario(folder.path());
    simulate(folder.path(), "shop", "csv");
    let columns = ["--customer", "customer_id", "--at", "at", "--event", "event", "--value", "order_value"];
    let definitions = ["--activity", "Order Completed", "--window", "90d", "--time-zone", "Europe/Paris"];
    let asked =
        [&["shop/events.csv", "--segment", "device", "--until", "2026-06-30"], &columns[..], &definitions]
            .concat();
    let found = report(folder.path(), &asked);
    let year_ago = &found["headline"]["year_ago"];
    let drivers = &year_ago["drivers"][0];
    assert_eq!(drivers["by"], "device");
    let number = |value: &Value| value.as_f64().unwrap();
    let parts = drivers["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 4);
    let sum: f64 = parts.iter().map(|part| number(&part["rate"]) + number(&part["mix"])).sum();
    assert!((sum - number(&year_ago["difference"])).abs() < 1e-12);

    for (lang, words) in [("en", "through own rates"), ("fr", "par les taux propres")] {
        let (code, text, _) = run(folder.path(), &[&["report", "--lang", lang], &asked[..]].concat());
        let most = parts[0]["value"].as_str().unwrap();
        let line = text.split("\n\n").find(|paragraph| paragraph.contains(words)).unwrap();
        assert!(code == 0 && line.contains(most), "{line}");
    }
}

#[test]
fn all_formats_hold_the_same_shop() {
    let folder = tempfile::tempdir().unwrap();
    scenario(folder.path());
    let mut found = Vec::new();
    for (format, columns) in [
        ("csv", ["customer_id", "at", "event", "order_value"]),
        ("parquet", ["customer_id", "at", "event", "order_value"]),
        ("ndjson", ["userId", "timestamp", "event", "properties.order_value"]),
    ] {
        simulate(folder.path(), format, format);
        let report = read(folder.path(), &format!("{format}/events.{format}"), columns);
        found.push([
            report["periods"].clone(),
            report["cohorts"].clone(),
            report["value"].clone(),
            report["returns"].clone(),
        ]);
    }
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.doc"), "years of work").unwrap();
    let (code, _, stderr) = run(folder.path(), &["simulate", "--customers", "10", "--out", "."]);
    assert!(code == 1 && stderr.contains("another folder"), "{stderr}");
}

#[test]
fn a_wrong_scenario_is_answered_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    scenario(folder.path());
    let text = std::fs::read_to_string(folder.path().join("shop.toml")).unwrap();
    std::fs::write(folder.path().join("shop.toml"), text.replace("once_only = 0.06", "once_only = 6"))
        .unwrap();
    let (code, _, stderr) = run(folder.path(), &["simulate", "--scenario", "shop.toml", "--out", "x"]);
    assert!(code == 1 && stderr.contains("once_only") && stderr.contains("shop.toml"), "{stderr}");
}
