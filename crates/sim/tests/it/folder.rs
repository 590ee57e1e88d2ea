//! Runs a shop into a temporary folder and reads it back.

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use fidance_sim::{Order, Outcome, OutputOptions, Scenario, simulate};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

static PARIS: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Paris").unwrap());

pub(crate) struct Folder {
    folder: tempfile::TempDir,
    pub(crate) outcome: Outcome,
}

pub(crate) fn run(scenario: &Scenario, seed: u64) -> Folder {
    run_with(scenario, seed, &OutputOptions::default())
}

pub(crate) fn run_with(scenario: &Scenario, seed: u64, options: &OutputOptions<'_>) -> Folder {
    let folder = tempfile::tempdir().unwrap();
    let outcome = simulate(scenario, seed, options, folder.path(), &mut |_| {}).unwrap();
    Folder { folder, outcome }
}

/// The demo shop with few customers and clean data.
pub(crate) fn small(customers: u32) -> Scenario {
    let mut scenario = Scenario::demo().unwrap().with_customers(customers).unwrap();
    scenario.dirt = fidance_sim::scenario::Dirt::default();
    scenario
}

pub(crate) fn by_customer() -> OutputOptions<'static> {
    OutputOptions { order: Order::Customer, ..OutputOptions::default() }
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// Name and content of every file, in order of name.
    pub(crate) fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect()
    }

    pub(crate) fn events(&self) -> Vec<Row> {
        self.text("events.csv").lines().skip(1).map(Row::parse).collect()
    }

    pub(crate) fn orders(&self) -> Vec<Row> {
        self.events().into_iter().filter(|row| row.event == "Order Completed").collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) line: String,
    pub(crate) message: String,
    pub(crate) customer: String,
    pub(crate) at: Timestamp,
    /// In Paris.
    pub(crate) civil: DateTime,
    pub(crate) offset: String,
    pub(crate) event: String,
    pub(crate) value: Option<f64>,
    pub(crate) device: String,
    pub(crate) tier: String,
    pub(crate) reason: String,
    pub(crate) session: String,
}

impl Row {
    fn parse(line: &str) -> Self {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 14, "{line}");
        let at: Timestamp = cells[2].parse().unwrap();
        Self {
            civil: PARIS.to_datetime(at),
            line: line.to_owned(),
            message: cells[0].to_owned(),
            customer: cells[1].to_owned(),
            at,
            offset: cells[2][19..].to_owned(),
            event: cells[3].to_owned(),
            value: (!cells[4].is_empty()).then(|| cells[4].parse().unwrap()),
            device: cells[8].to_owned(),
            tier: cells[10].to_owned(),
            reason: cells[12].to_owned(),
            session: cells[13].to_owned(),
        }
    }

    pub(crate) fn day(&self) -> jiff::civil::Date {
        self.civil.date()
    }
}

/// The row of a period that begins on this day.
pub(crate) fn period<'a>(periods: &'a Value, start: &str) -> &'a Value {
    periods.as_array().unwrap().iter().find(|period| period["start"] == start).unwrap()
}

pub(crate) fn effect<'a>(truth: &'a Value, id: &str) -> &'a Value {
    truth["effects"].as_array().unwrap().iter().find(|effect| effect["id"] == id).unwrap()
}
