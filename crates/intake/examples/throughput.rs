//! Measures how many rows per second are read and sorted: `cargo run --release --example throughput -- 10`
//! for ten million rows of generated orders. The folder for the file and one memory budget
//! in MiB may be given behind.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use fidance_domain::{
    amount::Amount,
    history::{Histories, HistoryVisitor, Micros, Profile},
    table::{ReadError, TableReader},
};
use fidance_intake::{Mapping, Options, read_activities};
use jiff::tz::TimeZone;

fn no_parquet(_: &Path) -> Result<Box<dyn TableReader>, ReadError> {
    Err("no Parquet here".into())
}

#[derive(Default)]
struct Count {
    customers: u64,
    rows: u64,
}

impl HistoryVisitor for Count {
    fn begin(&mut self, _: Profile) {
        self.customers += 1;
    }
    fn activities(&mut self, at: &[Micros], _: &[Amount]) {
        self.rows += at.len() as u64;
    }
    fn end(&mut self) {}
}

/// Orders of 10 rows per customer over two years, in time order.
fn write_orders(path: &Path, rows: u64, quoted: bool, days_only: bool) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(file, "order_id,customer_id,created_at,amount,country")?;
    let (mut state, customers) = (42_u64, (rows / 10).max(1));
    let countries = ["FR", "DE", "IT", "ES", "BE"];
    let quote = if quoted { "\"" } else { "" };
    for row in 0..rows {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 33;
        let second = 1_640_995_200 + i64::try_from(row * 63_072_000 / rows).unwrap_or(0);
        let at = jiff::Timestamp::from_second(second).unwrap_or_default();
        let at = if days_only { at.strftime("%Y-%m-%d") } else { at.strftime("%Y-%m-%dT%H:%M:%SZ") };
        let country = countries.get(usize::try_from(random % 5).unwrap_or(0)).copied().unwrap_or("");
        writeln!(
            file,
            "{row},{quote}C{}{quote},{at},{}.{:02},{country}",
            random % customers,
            random % 300,
            random % 100
        )?;
    }
    file.flush()
}

/// The same orders as nested objects.
fn to_json_lines(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(to)?);
    for line in BufReader::new(File::open(from)?).lines().skip(1) {
        let line = line?.replace('"', "");
        let mut cells = line.split(',');
        let mut cell = || cells.next().unwrap_or_default();
        let (order, customer, at, amount, country) = (cell(), cell(), cell(), cell(), cell());
        writeln!(
            file,
            "{{\"order\":{order},\"customer_id\":\"{customer}\",\"created_at\":\"{at}\",\"amount\":{amount},\"country\":\"{country}\"}}"
        )?;
    }
    file.flush()
}

fn measure(name: &str, path: &Path, rows: u64, memory: usize) -> Result<(), Box<dyn Error>> {
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let mut options = Options::new(TimeZone::get("Europe/Paris")?, 1_767_225_600_000_000, folder);
    options.mapping = Mapping { segments: vec!["country".to_owned()], ..Mapping::default() };
    options.memory = memory;
    let start = Instant::now();
    let intake = read_activities(&[path.to_owned()], &options, &no_parquet, &mut |_| {})?;
    let read = start.elapsed();
    let mut count = Count::default();
    for part in 0..intake.histories.parts() {
        intake.histories.visit(part, &mut count)?;
    }
    let visited = start.elapsed().saturating_sub(read);
    println!(
        "{name}: {} rows, {} customers: read and sorted in {:.2} s ({:.2} M rows/s), visited in {:.2} s{}",
        count.rows,
        count.customers,
        read.as_secs_f64(),
        rows as f64 / read.as_secs_f64() / 1e6,
        visited.as_secs_f64(),
        if intake.histories.is_spilled() { ", with a temporary file" } else { "" },
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows = arguments.next().map_or(Ok(5), |text| text.parse::<u64>())? * 1_000_000;
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join("fidance-throughput.csv");
    if let Some(memory) = arguments.next() {
        // One measurement with so many MiB; the file is kept for the next.
        if !path.exists() {
            write_orders(&path, rows, false, false)?;
        }
        return measure("times", &path, rows, memory.parse::<usize>()? << 20);
    }
    for (name, quoted, days_only) in
        [("times", false, false), ("days", false, true), ("quoted ids", true, false)]
    {
        write_orders(&path, rows, quoted, days_only)?;
        measure(name, &path, rows, 768 << 20)?;
        if name == "times" {
            measure("times, 64 MiB", &path, rows, 64 << 20)?;
        }
    }
    let json = folder.join("fidance-throughput.ndjson");
    to_json_lines(&path, &json)?;
    measure("JSON lines", &json, rows, 768 << 20)?;
    std::fs::remove_file(&json)?;
    std::fs::remove_file(&path)?;
    Ok(())
}
