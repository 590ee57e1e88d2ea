//! A lake made of plain files: `1.json`, `2.json`, … are its versions, each with all events.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use datafusion::{
    arrow::{
        array::{Int32Array, Int64Array, RecordBatch, StringArray},
        datatypes::{DataType, Field, Schema},
    },
    parquet::arrow::ArrowWriter,
};
use fidance_domain::{
    amount::Amount,
    history::{Extent, Histories, HistoryError, HistoryVisitor, Micros, Profile, Segments},
    testing::{Customer, MemoryHistories},
};
use fidance_engine::source::{Open, Reading, Source, SourceError, Table};
use jiff::tz::TimeZone;

pub(crate) const ORDER: &str = "Order Completed";
/// How many parts there are, where it is not the usual number.
pub(crate) const PARTS: &str = "FIDANCE_TEST_PARTS";
/// How long a part takes, in milliseconds: so that something can happen meanwhile.
pub(crate) const SLOW: &str = "FIDANCE_TEST_SLOW_MS";

/// An event: customer, instant, kind.
pub(crate) type Event = (i64, Micros, String);

/// Events of some customers over two years, the same at every call.
pub(crate) fn events(customers: i64) -> Vec<Event> {
    let start = 1_672_574_400_i64; // 2023-01-01T12:00:00Z
    let mut events = Vec::new();
    for customer in 0..customers {
        let mut state = (customer as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut draw = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below) as i64
        };
        let mut day = draw(500);
        for _ in 0..=draw(9) {
            let at = (start + day * 86_400 + draw(40_000)) * 1_000_000 + draw(1_000_000);
            events.push((customer, at - 600_000_000, "Product Viewed".to_owned()));
            if draw(3) > 0 {
                events.push((customer, at - 300_000_000, "Product Added".to_owned()));
            }
            events.push((customer, at, ORDER.to_owned()));
            day += 1 + draw(120);
        }
    }
    events
}

/// Writes a new version.
pub(crate) fn write(lake: &Path, events: &[Event]) {
    let version = latest(lake) + 1;
    let whole = lake.join(format!("{version}.tmp"));
    fs::write(&whole, serde_json::to_vec(events).unwrap()).unwrap();
    fs::rename(whole, lake.join(format!("{version}.json"))).unwrap();
    // Two files that both know all customers, in no order that helps.
    for (name, rest) in [("a", 0), ("b", 1)] {
        let rows = || events.iter().rev().skip(rest).step_by(2);
        let schema = Arc::new(Schema::new(vec![
            Field::new("customer", DataType::Int64, false),
            Field::new("second", DataType::Int64, false),
            Field::new("micro", DataType::Int32, false),
            Field::new("kind", DataType::Utf8, false),
        ]));
        let batch = RecordBatch::try_new(
            Arc::clone(&schema),
            vec![
                Arc::new(rows().map(|event| event.0).collect::<Int64Array>()),
                Arc::new(rows().map(|event| event.1.div_euclid(1_000_000)).collect::<Int64Array>()),
                Arc::new(rows().map(|event| event.1.rem_euclid(1_000_000) as i32).collect::<Int32Array>()),
                Arc::new(rows().map(|event| Some(event.2.as_str())).collect::<StringArray>()),
            ],
        )
        .unwrap();
        // A folder as of a partitioned table, with a sign that is a pattern elsewhere.
        let folder = lake.join("events").join("bucket=[1]");
        fs::create_dir_all(&folder).unwrap();
        let file = fs::File::create(folder.join(format!("{version}-{name}.parquet"))).unwrap();
        let mut writer = ArrowWriter::try_new(file, schema, None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
}

fn latest(lake: &Path) -> u32 {
    let names = fs::read_dir(lake).unwrap().map(|entry| entry.unwrap().path());
    let versions = names.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    versions.map(|path| path.file_stem().unwrap().to_str().unwrap().parse().unwrap()).max().unwrap_or(0)
}

/// Opens such lakes.
#[derive(Debug)]
pub(crate) struct StandIn;

#[derive(Debug)]
struct Lake {
    folder: PathBuf,
    version: u32,
    zone: TimeZone,
}

impl Open for StandIn {
    fn open(&self, lake: &Path, version: Option<&str>) -> Result<Arc<dyn Source>, SourceError> {
        let version = version.map_or_else(|| latest(lake), |version| version.parse().unwrap());
        if !lake.join(format!("{version}.json")).exists() {
            return Err(format!("{} has no version {version}", lake.display()).into());
        }
        let zone = TimeZone::get("Europe/Paris").unwrap();
        Ok(Arc::new(Lake { folder: lake.to_owned(), version, zone }))
    }
}

impl Source for Lake {
    fn version(&self) -> String {
        self.version.to_string()
    }

    fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn files(&self, table: Table) -> Result<Vec<PathBuf>, SourceError> {
        let folder = self.folder.join("events").join("bucket=[1]");
        let file = |name| folder.join(format!("{}-{name}.parquet", self.version));
        Ok(if table == Table::Events { vec![file("a"), file("b")] } else { Vec::new() })
    }

    fn histories(&self, _: Reading) -> Result<Box<dyn Histories>, SourceError> {
        let text = fs::read(self.folder.join(format!("{}.json", self.version))).unwrap();
        let events: Vec<Event> = serde_json::from_slice(&text).unwrap();
        let inner = histories(&events);
        let pause =
            std::env::var(SLOW).ok().and_then(|millis| millis.parse().ok()).map(Duration::from_millis);
        Ok(Box::new(Slow { inner, pause, folder: self.folder.clone() }))
    }
}

/// The orders of all customers, in memory.
pub(crate) fn histories(events: &[Event]) -> MemoryHistories {
    let mut customers: Vec<Customer> = Vec::new();
    let mut current = None;
    for (customer, at, _) in events.iter().filter(|event| event.2 == ORDER) {
        if current.replace(*customer) != Some(*customer) {
            let profile = Profile((customer % 3) as u32);
            customers.push(Customer { profile, activities: Vec::new() });
        }
        customers.last_mut().unwrap().activities.push((*at, Amount::ZERO));
    }
    customers.iter_mut().for_each(|customer| customer.activities.sort_unstable());
    let segments = Segments {
        dimensions: vec!["country".into()],
        values: vec![vec!["FR".into(), "BE".into(), "CH".into()]],
        profiles: vec![vec![0], vec![1], vec![2]],
        ..Segments::default()
    };
    let parts = std::env::var(PARTS).ok().and_then(|parts| parts.parse().ok()).unwrap_or(16);
    MemoryHistories { customers, segments, parts, has_amounts: false }
}

/// Histories that take their time and leave a note when a part begins and when it ends.
#[derive(Debug)]
struct Slow {
    inner: MemoryHistories,
    pause: Option<Duration>,
    folder: PathBuf,
}

impl Slow {
    fn note(&self, what: &str, part: usize) {
        if self.pause.is_some() {
            let notes = self.folder.join("notes");
            fs::create_dir_all(&notes).unwrap();
            fs::write(notes.join(format!("{what}-{part}-{}", std::process::id())), "").unwrap();
        }
    }
}

impl Histories for Slow {
    fn extent(&self) -> Option<Extent> {
        self.inner.extent()
    }

    fn segments(&self) -> &Segments {
        self.inner.segments()
    }

    fn has_amounts(&self) -> bool {
        self.inner.has_amounts()
    }

    fn parts(&self) -> usize {
        self.inner.parts()
    }

    fn visit(&self, part: usize, visitor: &mut dyn HistoryVisitor) -> Result<(), HistoryError> {
        self.note("began", part);
        if let Some(pause) = self.pause {
            std::thread::sleep(pause);
        }
        let result = self.inner.visit(part, visitor);
        self.note("ended", part);
        result
    }
}
