//! What is written in a format comes back from it.

use std::path::Path;

use fidance_domain::{
    history::Histories,
    table::{Batch, Column},
};
use fidance_intake::{
    AnyIntake, Encoding, Mapping, Opened, Shape, TextOptions, inspect, open, read_activities, read_any,
    read_subscriptions,
};
use proptest::prelude::*;

use crate::tools::{customers, no_parquet, options, read};

/// All rows of a file as text.
fn rows_of(path: &Path, options: TextOptions) -> Vec<Vec<String>> {
    let Opened { mut reader, .. } = open(path, &options, &no_parquet).unwrap();
    let (mut batch, mut broken, mut rows) = (Batch::default(), Vec::new(), Vec::new());
    while reader.next_batch(&mut batch, &mut broken).unwrap() {
        for row in 0..batch.rows() {
            let cell = |column: &Column| match column {
                Column::Text(text) => text.get(row).to_owned(),
                other => panic!("{other:?}"),
            };
            rows.push(batch.columns.iter().map(cell).collect());
        }
    }
    assert_eq!(broken, []);
    rows
}

fn quoted(cell: &str, always: bool, delimiter: char) -> String {
    if always || cell.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn file(bytes: impl AsRef<[u8]>) -> tempfile::TempPath {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file.into_temp_path()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn csv_comes_back(
        rows in prop::collection::vec(prop::collection::vec("[a-c0-9é€,;\" \n\t'.-]{0,6}", 3), 1..60),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
        always in any::<bool>(),
        last_end in any::<bool>(),
    ) {
        let mut text = ["x", "y", "z"].join(&delimiter.to_string()) + line_end;
        for (at, row) in rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(|cell| quoted(cell, always, delimiter)).collect();
            text += &cells.join(&delimiter.to_string());
            if last_end || at + 1 < rows.len() {
                text += line_end;
            }
        }
        let path = file(&text);
        let options = TextOptions {
            delimiter: Some(u8::try_from(delimiter).unwrap()),
            header: Some(true),
            encoding: Encoding::Utf8,
            format: None,
        };
        prop_assert_eq!(rows_of(&path, options), rows);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600), head in prop::sample::select(vec!["", "customer,date\n", "{\"a\":1}\n", "a b\n"])) {
        let path = file([head.as_bytes(), &bytes].concat());
        let _ = read(&path, Mapping::default());
        let _ = read(&path, Mapping::from_toml("customer='customer'\nat='date'\nat_format='iso'", "m").unwrap());
    }
}

const EVENTS: &str = r#"{"type":"track","event":"Order Completed","userId":"u1","properties":{"total":12.5,"currency":"EUR"},"context":{"country":"FR"},"originalTimestamp":"2024-01-01T10:00:00Z"}
{"type":"track","event":"Product Viewed","userId":"u1","properties":{"sku":"a.b"},"context":{"country":"FR"},"originalTimestamp":"2024-01-05T10:00:00Z"}
not json
{"type":"track","event":"Order Completed","userId":2,"properties":{"total":"7","currency":"EUR"},"originalTimestamp":"2024-01-02T10:00:00.5+01:00"}

[1,2]
{"type":"track","event":"Order Completed","userId":null,"properties":{"total":7},"originalTimestamp":"2024-01-02T10:00:00Z"}
"#;

#[test]
fn json_lines() {
    let path = file(EVENTS);
    let mapping = Mapping { segments: vec!["context.country".to_owned()], ..Mapping::default() };
    let intake = read(&path, mapping).unwrap();
    let summary = &intake.summary;
    let chosen = &summary.mapping;
    assert_eq!(chosen.customer.as_deref(), Some("userId"));
    assert_eq!(chosen.at.as_deref(), Some("originalTimestamp"));
    assert_eq!(chosen.event.as_deref(), Some("event"));
    assert_eq!(chosen.activity, ["Order Completed"]);
    assert_eq!(chosen.value.as_deref(), Some("properties.total"));
    assert_eq!(chosen.currency.as_deref(), Some("properties.currency"));
    assert_eq!((summary.rows_read, summary.rows_used, summary.not_activity), (6, 2, 1));
    let rejected: Vec<_> = summary.rejected.iter().map(|c| (c.reason, c.rows, c.first_line)).collect();
    assert_eq!(rejected, [("invalid_json", 2, 3), ("no_customer", 1, 7)]);
    assert_eq!(summary.events, [("Order Completed".to_owned(), 3), ("Product Viewed".to_owned(), 1)]);
    assert_eq!(intake.histories.segments().values, [["FR", "(none)"]]);
    let amounts: i64 = customers(&intake.histories)
        .iter()
        .flat_map(|(_, rows)| rows)
        .map(|(_, amount)| amount.steps())
        .sum();
    assert_eq!(amounts, 195_000);
    // The view on the fifth is no activity, but the data reach to there.
    let until = intake.histories.extent().unwrap().until;
    assert_eq!(until, "2024-01-05T10:00:00Z".parse::<jiff::Timestamp>().unwrap().as_microsecond() + 1);
}

#[test]
fn several_files_may_differ() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = [
        write("a.csv", "customer,date,total\na,2011-01-01,1\n"),
        write("b.csv", "total;date;customer\n2;15/01/2011;a\n"),
        write("c.ndjson", "{\"customer\":\"b\",\"date\":\"20110120\",\"total\":4}\n"),
        write("empty.csv", "customer,date,total\n"),
    ];
    let intake = read_activities(&files, &options(folder.path()), &no_parquet, &mut |_| {}).unwrap();
    assert_eq!(intake.summary.rows_used, 3);
    let formats: Vec<_> = intake.summary.files.iter().map(|file| file.date_format.clone().unwrap()).collect();
    assert_eq!(formats, ["iso", "dmy", "yyyymmdd"]);
    assert!(
        intake.summary.notes.iter().any(|note| note.to_string().contains("empty.csv: there is a header"))
    );
    assert_eq!(customers(&intake.histories).len(), 2);
    let other = [files[0].clone(), write("d.csv", "client,date,total\na,2011-01-01,1\n")];
    let message =
        read_activities(&other, &options(folder.path()), &no_parquet, &mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("d.csv") && message.contains("no column \"customer\""), "{message}");
}

#[test]
fn times_are_read_in_the_zone() {
    let path = file("customer,at\na,2024-03-31 02:30\nb,2024-03-30\nc,2024-03-29T12:00:00Z\n");
    let mut options = options(&std::env::temp_dir());
    options.time_zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    let intake = read_activities(&[path.to_path_buf()], &options, &no_parquet, &mut |_| {}).unwrap();
    let mut at: Vec<String> = customers(&intake.histories)
        .iter()
        .map(|(_, rows)| jiff::Timestamp::from_microsecond(rows[0].0).unwrap().to_string())
        .collect();
    at.sort();
    assert_eq!(at, ["2024-03-29T12:00:00Z", "2024-03-29T23:00:00Z", "2024-03-31T01:30:00Z"]);
    assert!(intake.summary.has_time_of_day);
    let days = file("customer,at\na,2024-03-30\n");
    let intake = read_activities(&[days.to_path_buf()], &options, &no_parquet, &mut |_| {}).unwrap();
    let until = jiff::Timestamp::from_microsecond(intake.histories.extent().unwrap().until).unwrap();
    assert_eq!(until.to_string(), "2024-03-30T23:00:00Z");
}

#[test]
fn subscriptions() {
    let text = "client_id,date_debut,date_fin,motif,mrr\na,2023-01-01,2023-06-01,prix,10\na,2023-07-01,,,12\nb,2023-02-01,9999-12-31,,9\n\
                c,2023-05-01,2023-04-01,,9\nnull,2023-05-01,,,9\n";
    let path = file(text).to_path_buf();
    std::fs::write(&path, text).unwrap();
    let files = [path.clone()];
    let options = options(&std::env::temp_dir());
    assert_eq!(inspect(&files, &options, &no_parquet).unwrap().shape, Shape::Subscriptions);
    let intake = read_subscriptions(&files, &options, &no_parquet, &mut |_| {}).unwrap();
    std::fs::remove_file(path).unwrap();
    let rejected: Vec<_> = intake.summary.rejected.iter().map(|c| (c.reason, c.rows, c.first_line)).collect();
    assert_eq!(rejected, [("ends_before_start", 1, 5), ("reserved_customer", 1, 6)]);
    let mut sizes: Vec<usize> = intake.table.customers.iter().map(|(_, list)| list.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 2]);
    assert_eq!(intake.table.reasons, ["prix"]);
    assert!(intake.table.has_amounts);
    let until = jiff::Timestamp::from_microsecond(intake.table.until).unwrap();
    assert_eq!(until.to_string(), "2023-07-02T00:00:00Z");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: mkfifo is absent");
        return;
    }
    let rows: Vec<String> =
        (0..150_000).map(|i| format!("c{},2011-01-{:02}\n", i % 1_000, i % 28 + 1)).collect();
    let rows = rows.concat();
    let text = format!("customer,date\n{rows}");
    let target = pipe.clone();
    let writer = std::thread::spawn(move || std::fs::write(target, text));
    let any = read_any(&[pipe], &options(folder.path()), &no_parquet, &mut |_| {}).unwrap();
    let AnyIntake::Activities(intake) = any else { panic!("{any:?}") };
    writer.join().unwrap().unwrap();
    assert_eq!(intake.summary.rows_used, 150_000);
}
