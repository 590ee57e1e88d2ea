//! What columns may be given as, and which are found: conditions instead of flags, numbers that are dates.

use std::path::{Path, PathBuf};

use fidance_domain::table::{Batch, BrokenRow, Column, ReadError, TableReader, TextColumn};
use fidance_intake::{
    AnyIntake, AtFormat, Intake, IntakeError, IntakeOf, Mapping, read_activities, read_any, read_lifetimes,
};

use crate::tools::{customers, no_parquet, options};

fn folder_with(text: &str) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("customers.csv");
    std::fs::write(&path, text).unwrap();
    (folder, vec![path])
}

type Lifetimes = IntakeOf<fidance_domain::history::LifetimeRows>;

fn lifetimes(text: &str, mapping: Mapping) -> Result<Lifetimes, IntakeError> {
    let (folder, files) = folder_with(text);
    let mut options = options(folder.path());
    options.mapping = mapping;
    read_lifetimes(&files, &options, &no_parquet, &mut |_| {})
}

/// How many left and how many stayed, with `--ended`.
fn left(text: &str, ended: &str) -> (usize, usize) {
    let intake = lifetimes(text, Mapping { ended: Some(ended.to_owned()), ..Mapping::default() }).unwrap();
    let rows = &intake.table.lifetimes;
    let left = rows.iter().filter(|lifetime| lifetime.ended.is_some()).count();
    (left, rows.len() - left)
}

const CUSTOMERS: &str = "id,tenure,Churn,Status,ended_on\n\
    a,3,Yes,cancelled,2024-01-05\nb,5,No,active,\nc,7,Yes,cancelled,2024-02-01\nd,9,No,paused,\ne,9,,active,\n";

#[test]
fn a_customer_has_left_by_a_flag_or_by_a_condition() {
    assert_eq!(left(CUSTOMERS, "Churn"), (2, 2));
    for condition in
        ["Churn = \"Yes\"", "Status = cancelled", "ended_on is not null", "Status in (cancelled, 'gone')"]
    {
        assert_eq!(left(CUSTOMERS, condition), (2, 3), "{condition}");
    }
    assert_eq!(left(CUSTOMERS, "tenure >= 9"), (2, 3));
    // The column that the condition is about is found in other case too, as everywhere.
    assert_eq!(left(CUSTOMERS, "status = cancelled"), (2, 3));
}

#[test]
fn a_column_that_is_called_like_a_condition_wins() {
    let text = "id,tenure,Churn,\"Churn = \"\"Yes\"\"\"\na,3,Yes,no\nb,5,Yes,no\nc,5,Yes,yes\n";
    assert_eq!(left(text, "Churn = \"Yes\""), (1, 2));
}

#[test]
fn the_condition_comes_back_from_a_saved_mapping() {
    let given = Mapping { ended: Some("Churn = \"Yes\"".to_owned()), ..Mapping::default() };
    let first = lifetimes(CUSTOMERS, given).unwrap();
    let saved = first.summary.mapping.to_toml().unwrap();
    let again = lifetimes(CUSTOMERS, Mapping::from_toml(&saved, "m.toml").unwrap()).unwrap();
    assert_eq!(again.summary.mapping, first.summary.mapping);
    assert_eq!(again.table.lifetimes, first.table.lifetimes);
    let shown =
        |intake: &Lifetimes| intake.summary.columns.iter().any(|choice| choice.column == "Churn = \"Yes\"");
    assert!(shown(&first) && shown(&again));
    let by_hand = Mapping::from_toml("ended = 'Status = cancelled'\nduration = 'tenure'", "m.toml").unwrap();
    assert_eq!(lifetimes(CUSTOMERS, by_hand).unwrap().summary.rows_used, 5);
}

#[test]
fn what_is_wrong_with_the_condition_is_said_with_its_place() {
    let message = |ended: &str| {
        let given = Mapping { ended: Some(ended.to_owned()), ..Mapping::default() };
        lifetimes(CUSTOMERS, given).unwrap_err().to_string()
    };
    for (ended, part) in [
        ("Churn =", "--ended Churn =: the condition cannot be read at position 8: a value is expected"),
        ("Churn = 'Yes", "position 9"),
        ("Churn is 1", "position 10"),
        ("Churn = Yes and Status = x", "position 13"),
        ("Kurn = Yes", "there is no column \"Kurn\""),
        ("Kurn", "there is no column \"Kurn\""),
        ("a column of mine", "there is no column \"a column of mine\""),
    ] {
        assert!(message(ended).contains(part), "{ended}: {}", message(ended));
    }
    assert!(message("Kurn = Yes").contains("Churn  (such as"), "{}", message("Kurn = Yes"));
}

#[test]
fn several_files_share_the_condition() {
    let (folder, mut files) = folder_with(CUSTOMERS);
    files.push(folder.path().join("more.csv"));
    std::fs::write(&files[1], "Status;tenure\ncancelled;4\nactive;4\n").unwrap();
    let mut options = options(folder.path());
    options.mapping = Mapping {
        duration: Some("tenure".to_owned()),
        ended: Some("Status = cancelled".to_owned()),
        ..Mapping::default()
    };
    let found = read_any(&files, &options, &no_parquet, &mut |_| {});
    // The customer guessed in the first file is not in the second, which is said as for any column.
    assert!(found.unwrap_err().to_string().contains("more.csv: there is no column \"id\""));
    std::fs::write(&files[1], "Status;tenure;id\ncancelled;4;x\nactive;4;y\n").unwrap();
    let AnyIntake::Lifetimes(intake) = read_any(&files, &options, &no_parquet, &mut |_| {}).unwrap() else {
        panic!("not lifetimes")
    };
    assert_eq!(intake.table.lifetimes.iter().filter(|lifetime| lifetime.ended.is_some()).count(), 3);
}

/// A typed table, as Parquet gives it.
#[derive(Debug, Clone)]
struct Typed {
    names: Vec<String>,
    columns: Vec<Column>,
    selected: Vec<usize>,
    done: bool,
}

impl TableReader for Typed {
    fn columns(&self) -> &[String] {
        &self.names
    }

    fn select(&mut self, columns: &[usize]) {
        self.selected = columns.to_vec();
    }

    fn next_batch(&mut self, batch: &mut Batch, _: &mut Vec<BrokenRow>) -> Result<bool, ReadError> {
        batch.columns = self.selected.iter().map(|at| self.columns[*at].clone()).collect();
        let rows = if std::mem::replace(&mut self.done, true) { 0 } else { self.columns[0].len() };
        batch.lines = (1..=rows as u64).collect();
        Ok(rows > 0)
    }

    fn progress(&self) -> Option<(u64, u64)> {
        None
    }
}

/// A customer in each row beside a column.
fn typed(name: &str, column: Column) -> Typed {
    let ids: Vec<String> = (0..column.len()).map(|row| format!("c{}", row % 3)).collect();
    let ids = Column::Text(ids.iter().map(String::as_str).collect::<TextColumn>());
    Typed {
        names: vec!["client".to_owned(), name.to_owned()],
        columns: vec![ids, column],
        selected: vec![0, 1],
        done: false,
    }
}

fn read_typed(table: &Typed, mapping: Mapping) -> Result<Intake, IntakeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.parquet");
    std::fs::write(&path, b"PAR1xxxx").unwrap();
    let mut options = options(folder.path());
    options.mapping = mapping;
    options.time_zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    let opener = |_: &Path| -> Result<Box<dyn TableReader>, ReadError> { Ok(Box::new(table.clone())) };
    read_activities(&[path], &options, &opener, &mut |_| {})
}

fn read_text(table: &Typed, mapping: Mapping) -> Result<Intake, IntakeError> {
    let cell = |column: &Column, row: usize| match column {
        Column::Text(text) => text.get(row).to_owned(),
        Column::Int(cells) => cells[row].map(|cell| cell.to_string()).unwrap_or_default(),
        Column::Float(cells) => cells[row].map(|cell| cell.to_string()).unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    let mut text = table.names.join(";") + "\n";
    for row in 0..table.columns[0].len() {
        let cells: Vec<String> = table.columns.iter().map(|column| cell(column, row)).collect();
        text += &(cells.join(";") + "\n");
    }
    let (folder, files) = folder_with(&text);
    let mut options = options(folder.path());
    options.mapping = mapping;
    options.time_zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    read_activities(&files, &options, &no_parquet, &mut |_| {})
}

fn instants(intake: &Intake) -> Vec<String> {
    let rows = customers(&intake.histories);
    let mut at: Vec<i64> = rows.iter().flat_map(|(_, rows)| rows).map(|(at, _)| *at).collect();
    at.sort_unstable();
    at.iter().map(|at| jiff::Timestamp::from_microsecond(*at).unwrap().to_string()).collect()
}

#[test]
fn numbers_since_1970_are_dates_where_the_name_says_so() {
    for (format, steps) in
        [("epoch", 1), ("epoch-ms", 1_000), ("epoch-us", 1_000_000), ("epoch-ns", 1_000_000_000_i64)]
    {
        for name in
            ["Date d'achat", "Date d’achat", "date_du_passage", "visit date", "boughtTimestamp", "payé_date"]
        {
            let cells = [1_704_106_800, 1_704_193_200, 1_706_000_000].map(|at: i64| Some(at * steps));
            let table = typed(name, Column::Int(cells.to_vec()));
            for intake in [read_typed(&table, Mapping::default()), read_text(&table, Mapping::default())] {
                let intake = intake.unwrap();
                assert_eq!(intake.summary.mapping.at.as_deref(), Some(name));
                assert_eq!(intake.summary.files[0].date_format.as_deref(), Some(format), "{name}");
                assert_eq!(instants(&intake)[0], "2024-01-01T11:00:00Z");
            }
        }
    }
}

#[test]
fn other_numbers_are_no_dates() {
    let epoch = vec![Some(1_704_106_800_000), Some(1_704_193_200_000)];
    for (name, cells) in [
        // Neither does the name say date ...
        ("candidate", epoch.clone()),
        ("reference", epoch.clone()),
        ("mandates", epoch),
        // ... nor do the numbers.
        ("date_count", vec![Some(12), Some(13)]),
    ] {
        let table = typed(name, Column::Int(cells));
        for intake in [read_typed(&table, Mapping::default()), read_text(&table, Mapping::default())] {
            let message = intake.unwrap_err().to_string();
            assert!(message.contains("which column is the date"), "{name}: {message}");
        }
    }
    // A column of written dates goes before one of numbers, whose name is as good.
    let mut table = typed("birth_date", Column::Int(vec![Some(1_004_106_800), Some(1_004_193_200)]));
    table.names.push("passage".to_owned());
    table.columns.push(Column::Text(["2024-01-05", "2024-01-06"].into_iter().collect()));
    table.selected.push(2);
    assert_eq!(
        read_typed(&table, Mapping::default()).unwrap().summary.mapping.at.as_deref(),
        Some("passage")
    );
}

fn excel() -> Mapping {
    Mapping { at_format: Some("excel".parse().unwrap()), ..Mapping::default() }
}

#[test]
fn excel_days_are_read_as_civil_time() {
    let floats = Column::Float(vec![Some(45_293.810_416_666_67), Some(45_293.0), Some(45_474.5), None]);
    let ints = Column::Int(vec![Some(45_293), Some(45_294), Some(45_474), None]);
    let text = |cells: [&str; 4]| Column::Text(cells.into_iter().collect());
    let times = ["2024-01-01T23:00:00Z", "2024-01-02T18:27:00Z", "2024-07-01T10:00:00Z"];
    let days = ["2024-01-01T23:00:00Z", "2024-01-02T23:00:00Z", "2024-06-30T22:00:00Z"];
    for (column, expected) in [
        (floats, times),
        (text(["45293.8104166667", "45293", "45474.5", ""]), times),
        (text(["45293,8104166667", "45293", "45474,5", ""]), times),
        (ints, days),
    ] {
        let mapping = Mapping { at: Some("bought".to_owned()), ..excel() };
        let table = typed("bought", column.clone());
        assert_eq!(instants(&read_typed(&table, mapping.clone()).unwrap()), expected, "{column:?}");
        let intake = read_text(&table, mapping).unwrap();
        assert_eq!(instants(&intake), expected, "{column:?}");
        let rejected: Vec<_> =
            intake.summary.rejected.iter().map(|count| (count.reason, count.rows)).collect();
        assert_eq!(rejected, [("no_date", 1)]);
        // With the format given, the column is found as others are.
        for name in ["date", "Date d'achat", "date_du_passage"] {
            let table = typed(name, column.clone());
            assert_eq!(instants(&read_typed(&table, excel()).unwrap()), expected, "{name}");
        }
    }
    assert_eq!(excel().at_format.unwrap().to_string(), "excel");
}

#[test]
fn excel_days_are_never_guessed_but_suggested() {
    let cells = vec![Some(45_293.81), Some(45_294.0), Some(45_474.5)];
    for name in ["date", "Date d'achat", "date_du_passage", "start_date"] {
        let table = typed(name, Column::Float(cells.clone()));
        for given in [None, Some(name.to_owned())] {
            let mapping = Mapping { at: given, ..Mapping::default() };
            for intake in [read_typed(&table, mapping.clone()), read_text(&table, mapping.clone())] {
                let message = intake.unwrap_err().to_string();
                for part in [
                    &format!("{name:?}"),
                    "cannot be read as dates",
                    "45293.81",
                    "--at-format excel",
                    "2 January 2024",
                ] {
                    assert!(message.contains(part), "{part} is not in: {message}");
                }
            }
        }
    }
    // Small numbers are not taken for days.
    let small = typed("date", Column::Int(vec![Some(12), Some(19_999)]));
    let given = Mapping { at: Some("date".to_owned()), ..Mapping::default() };
    let message = read_typed(&small, given).unwrap_err().to_string();
    assert!(message.contains("cannot be read as dates") && !message.contains("look like"), "{message}");
}

#[test]
fn the_names_of_formats_are_those_that_errors_list() {
    let list = "iso, yyyymmdd, dmy, mdy, named, epoch, epoch-ms, epoch-us, epoch-ns, excel";
    assert_eq!(AtFormat::NAMES, list);
    for name in list.split(", ") {
        assert_eq!(name.parse::<AtFormat>().unwrap().to_string(), name);
    }
    assert!("dmmy".parse::<AtFormat>().unwrap_err().to_string().contains(list));
}

#[test]
fn an_error_that_begins_with_the_file_is_not_preceded_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.parquet");
    std::fs::write(&path, b"PAR1xxxx").unwrap();
    for (said, expected) in [
        (format!("{} is not complete", path.display()), format!("{} is not complete", path.display())),
        ("the disk failed".to_owned(), format!("{}: the disk failed", path.display())),
    ] {
        let opener = |_: &Path| -> Result<Box<dyn TableReader>, ReadError> { Err(said.clone().into()) };
        let files = [path.clone()];
        let error = read_activities(&files, &options(folder.path()), &opener, &mut |_| {}).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
