//! The forms a report takes: terminal, CSV, HTML; and what goes where.

use std::fmt::Write;

use crate::support::{data, run};

/// A tiny shop whose figures can be checked by hand.
const ORDERS: &str = "customer,date,total
ann,2024-01-05,10
bob,2024-01-20,20
ann,2024-02-10,10
cat,2024-02-15,30
ann,2024-03-03,12
bob,2024-03-09,5
ann,2024-04-01,12
";

fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orders.csv"), ORDERS).unwrap();
    folder
}

#[test]
fn the_terminal_report_in_english() {
    let folder = shop();
    let (code, text, _) = run(folder.path(), &["report", "orders.csv", "--window", "1mo", "--lang", "en"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text);
}

#[test]
fn the_terminal_report_in_french() {
    let folder = shop();
    let (code, text, _) = run(folder.path(), &["report", "orders.csv", "--window", "1mo", "--lang", "fr"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text);
}

#[test]
fn no_line_is_wider_than_asked_and_no_escape_reaches_a_pipe() {
    let Some(file) = data("retention-grocery/groceryElog.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (_, text, _) = run(folder.path(), &["report", file.to_str().unwrap(), "--lang", "fr"]);
    assert!(!text.contains('\u{1b}'));
    let wide: Vec<_> =
        text.lines().filter(|line| line.chars().count() > 100 && !line.contains('/')).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn csv_has_one_row_per_period_with_plain_numbers() {
    let folder = shop();
    let (_, text, stderr) =
        run(folder.path(), &["report", "orders.csv", "--window", "1mo", "--format", "csv"]);
    insta::assert_snapshot!(text);
    assert!(stderr.contains("guessed: --at date  --customer customer  --value total"), "{stderr}");
}

#[test]
fn html_is_one_file_that_loads_nothing() {
    let folder = shop();
    let arguments =
        ["report", "orders.csv", "--window", "1mo", "--format", "html", "--output", "r.html", "--lang", "fr"];
    let (code, stdout, stderr) = run(folder.path(), &arguments);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    let html = std::fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(html.starts_with("<!doctype html>") || html.starts_with("<!DOCTYPE html>"));
    assert!(html.contains("lang=\"fr\""));
    for attribute in ["src=\"", "href=\"http", "url(http", "@import"] {
        assert!(!html.contains(attribute), "{attribute}");
    }
}

#[test]
fn standard_input_and_a_saved_mapping() {
    use std::io::Write as _;
    let folder = shop();
    let (code, _, stderr) =
        run(folder.path(), &["report", "orders.csv", "--window", "1mo", "--save-mapping", "m.toml"]);
    assert_eq!(code, 0, "{stderr}");
    let mut child = crate::support::fidance(folder.path())
        .args(["report", "-", "--mapping", "m.toml", "--window", "1mo", "--format", "csv"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ORDERS.as_bytes()).unwrap();
    let piped = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let (_, direct, _) = run(folder.path(), &["report", "orders.csv", "--window", "1mo", "--format", "csv"]);
    assert_eq!(piped, direct);
}

#[test]
fn sorting_on_disk_changes_no_figure() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "customer,at,total\n".to_owned();
    for row in 0_u64..200_000 {
        let (customer, hour) = (row.wrapping_mul(2_654_435_761) % 9_001, row.wrapping_mul(40_503) % 12_000);
        writeln!(
            text,
            "c{customer},{}T{:02}:00:00Z,{}",
            jiff::civil::date(2023, 1, 1) + jiff::Span::new().days((hour / 24) as i64),
            hour % 24,
            row % 97
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("big.csv"), text).unwrap();
    let with =
        |memory: &str| run(folder.path(), &["report", "big.csv", "--format", "csv", "--memory", memory]);
    let (in_memory, on_disk) = (with("512"), with("1"));
    assert_eq!(in_memory.1, on_disk.1);
    assert!(in_memory.1.lines().count() > 12);
}

#[test]
fn rejected_rows_are_written_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("o.csv"),
        format!("{ORDERS}null,2024-03-01,5\n,2024-03-02,5\ndan,soon,5\n"),
    )
    .unwrap();
    let (code, _, stderr) = run(
        folder.path(),
        &["report", "o.csv", "--window", "1mo", "--rejects", "bad.csv", "--format", "json"],
    );
    assert_eq!(code, 0, "{stderr}");
    let rejects = std::fs::read_to_string(folder.path().join("bad.csv")).unwrap();
    insta::assert_snapshot!(rejects);
    assert!(stderr.contains("rejected: 3 rows, written to bad.csv"), "{stderr}");
    // A run without rejects leaves none of an earlier run; and a file that holds something else is left alone.
    std::fs::write(folder.path().join("good.csv"), ORDERS).unwrap();
    run(folder.path(), &["report", "good.csv", "--rejects", "bad.csv"]);
    assert!(!folder.path().join("bad.csv").exists());
    let (code, _, stderr) = run(folder.path(), &["report", "good.csv", "--rejects", "o.csv"]);
    assert!(code == 1 && stderr.contains("o.csv"), "{stderr}");
    assert!(folder.path().join("o.csv").exists());
}

#[test]
fn usage_errors_exit_with_2_and_failures_with_1() {
    let folder = shop();
    for (arguments, code) in [
        (vec!["report"], 2),
        (vec!["report", "orders.csv", "--every", "fortnight"], 2),
        (vec!["report", "orders.csv", "--window", "soon"], 2),
        (vec!["report", "orders.csv", "--time-zone", "Paris"], 2),
        (vec!["report", "absent.csv"], 1),
        (vec!["report", "orders.csv", "--customer", "nobody"], 1),
    ] {
        assert_eq!(run(folder.path(), &arguments).0, code, "{arguments:?}");
    }
}

#[test]
fn no_output_replaces_what_is_read() {
    let folder = shop();
    for arguments in [["--output", "orders.csv"], ["--save-mapping", "./orders.csv"]] {
        let all: Vec<&str> = ["report", "orders.csv"].into_iter().chain(arguments).collect();
        let (code, _, stderr) = run(folder.path(), &all);
        assert!(code == 1 && stderr.contains("orders.csv"), "{stderr}");
        assert_eq!(std::fs::read_to_string(folder.path().join("orders.csv")).unwrap(), ORDERS);
    }
}

#[test]
fn data_are_not_complete_to_a_day_that_is_not_over() {
    let folder = shop();
    let (code, _, stderr) = run(folder.path(), &["report", "orders.csv", "--until", "2999-12-31"]);
    assert!(code == 1 && stderr.contains("--until 2999-12-31"), "{stderr}");
}

#[test]
fn who_left_without_a_reason_is_not_counted_with_those_who_gave_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "client,begun,ended,why\n".to_owned();
    for row in 0..90 {
        let why = if row % 9 == 0 { "price" } else { "" };
        let ended = if row % 3 == 0 { "2024-03-15" } else { "" };
        writeln!(text, "c{row},2024-01-{:02},{ended},{why}", row % 28 + 1).unwrap();
    }
    std::fs::write(folder.path().join("c.csv"), text).unwrap();
    let report = crate::support::report(
        folder.path(),
        &["c.csv", "--start", "begun", "--end", "ended", "--reason", "why"],
    );
    let lost: Vec<_> = report["incidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|curve| (curve["reason"].clone(), curve["lost"].clone()))
        .collect();
    assert!(lost.contains(&("price".into(), 10.into())), "{lost:?}");
    assert!(lost.contains(&("(none)".into(), 20.into())), "{lost:?}");
}
