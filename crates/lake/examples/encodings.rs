//! Sizes and reading times of encodings for each stored column, on a made-up shop: the numbers of
//! docs/adr/0007-encodings.md.
//!
//! ```text
//! cargo run --release -p fidance-lake --example encodings
//! ```
//! Times are processor time of one thread with the file in the page cache (Linux), so that other work shows little.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a measurement, not the product"
)]

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use fidance_lake::columns::{
    Event, EventColumns, EventReader, EventWriter, NONE, SharedFile, WantedOfEvents,
};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type},
    file::{
        properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder as Builder},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::{parser::parse_message_type, types::ColumnPath},
};
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution as _, Exp1, LogNormal};

const CUSTOMERS: usize = 90_000;
const START: i64 = 1_704_063_600;
const END: i64 = START + 731 * 86_400;
const READS: u32 = 25;
const NAMES: [&str; 7] = ["customer", "second", "micro", "kind", "amount", "was", "clock"];
const SCHEMA: &str = "message m { required int64 customer; required int64 second; required int32 micro; \
    required binary kind (UTF8); optional int64 amount (DECIMAL(18,4)); optional int64 was; optional int64 clock; }";

/// Visits of six events on average, weeks apart; 16 kinds with 70 % views; amounts on 3 % of events.
fn shop() -> EventColumns {
    let mut random = rand_pcg::Pcg64::seed_from_u64(7);
    let count = LogNormal::new(2.53, 1.66).unwrap();
    let mut customers: Vec<i64> = (0..CUSTOMERS).map(|_| random.random()).collect();
    customers.sort_unstable();
    let mut rows = EventColumns::default();
    for customer in customers {
        let events = (count.sample(&mut random) as usize).clamp(1, 20_000);
        let born = START + random.random_range(0..730 * 86_400);
        let mut seconds = Vec::new();
        while seconds.len() < events {
            let mut second =
                random.random_range(born..END) / 86_400 * 86_400 + random.random_range(25_000..80_000);
            let visit = 1 + (random.random_range(1e-9..1.0_f64).ln() * -6.0) as usize;
            for _ in 0..visit.min(events - seconds.len()) {
                seconds.push(second.clamp(START, END));
                let pause: f64 = Exp1.sample(&mut random);
                second += 2 + (pause * 60.0) as i64;
            }
        }
        seconds.sort_unstable();
        for second in seconds {
            let dice: u16 = random.random_range(0..1000);
            let kind = match dice {
                0..700 => 0,
                700..850 => 1,
                850..910 => 2,
                _ => 3 + dice % 13,
            };
            let amount = if dice >= 970 { random.random_range(500..9_500) * 100 } else { NONE };
            rows.push(Event { customer, second, micro: 0, kind, amount, was: NONE, clock: NONE });
        }
    }
    rows
}

/// Processor seconds of this thread.
fn processor() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn read(path: &Path, wanted: WantedOfEvents) {
    let reader = EventReader::open(SharedFile::new(File::open(path).unwrap()).unwrap()).unwrap();
    let mut cursor = reader.cursor(wanted, 0..usize::MAX).unwrap();
    let mut rows = EventColumns::default();
    while cursor.next(&mut rows).unwrap() {}
}

/// Nanoseconds of reading a row; the first read only warms the page cache.
fn time(path: &Path, wanted: WantedOfEvents, rows: usize) -> f64 {
    read(path, wanted);
    let began = processor();
    (0..READS).for_each(|_| read(path, wanted));
    (processor() - began) / f64::from(READS) / rows as f64 * 1e9
}

fn wanted(column: &str) -> WantedOfEvents {
    let is = |name| column == name;
    WantedOfEvents {
        micro: is("micro"),
        kind: is("kind"),
        amount: is("amount"),
        was: is("was"),
        clock: is("clock"),
    }
}

/// What is done to a column.
#[derive(Clone, Copy)]
enum How {
    Dictionary,
    Differences,
    Plain,
    Streams,
}

fn tuned(builder: Builder, name: &str, how: How, packed: Compression) -> Builder {
    let path = || ColumnPath::from(name);
    let builder = builder.set_column_compression(path(), packed);
    let encoding = match how {
        How::Dictionary => return builder.set_column_dictionary_page_size_limit(path(), 1 << 26),
        How::Differences => Encoding::DELTA_BINARY_PACKED,
        How::Plain => Encoding::PLAIN,
        How::Streams => Encoding::BYTE_STREAM_SPLIT,
    };
    builder.set_column_dictionary_enabled(path(), false).set_column_encoding(path(), encoding)
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, BufWriter<File>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, levels, None).unwrap();
    column.close().unwrap();
}

struct Bench {
    rows: EventColumns,
    customers: Vec<i64>,
    kinds: Vec<ByteArray>,
    path: PathBuf,
}

impl Bench {
    /// Writes one column this way, the others constant; prints its size and how long reading takes.
    fn candidate(&self, what: &str, name: &str, group: usize, page: usize, how: How, packed: Compression) {
        let builder = WriterProperties::builder()
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_data_page_row_count_limit(page)
            .set_data_page_size_limit(1 << 24)
            .set_write_batch_size(8_192)
            .set_max_row_group_row_count(None);
        let properties = Arc::new(tuned(builder, name, how, packed).build());
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let file = BufWriter::new(File::create(&self.path).unwrap());
        let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
        let (zeros, none) = (vec![0_i64; group], vec![0_i16; group]);
        let (shorts, names) = (vec![0_i32; group], vec![ByteArray::from("a"); group]);
        let total = self.customers.len();
        for from in (0..total).step_by(group) {
            let range = from..(from + group).min(total);
            let len = range.len();
            let mut rows = writer.next_row_group().unwrap();
            let longs = |column: &str, values: &'_ [i64]| {
                if name == column { values[range.clone()].to_vec() } else { zeros[..len].to_vec() }
            };
            write::<Int64Type>(&mut rows, &longs("customer", &self.customers), None);
            write::<Int64Type>(&mut rows, &longs("second", &self.rows.second), None);
            let micros = if name == "micro" { &self.rows.micro[range.clone()] } else { &shorts[..len] };
            write::<Int32Type>(&mut rows, micros, None);
            let kinds = if name == "kind" { &self.kinds[range.clone()] } else { &names[..len] };
            write::<ByteArrayType>(&mut rows, kinds, None);
            let amounts = if name == "amount" { &self.rows.amount[range.clone()] } else { &[] };
            let levels: Vec<i16> = amounts.iter().map(|amount| i16::from(*amount != NONE)).collect();
            let some: Vec<i64> = amounts.iter().copied().filter(|amount| *amount != NONE).collect();
            write::<Int64Type>(
                &mut rows,
                &some,
                Some(if levels.is_empty() { &none[..len] } else { &levels }),
            );
            write::<Int64Type>(&mut rows, &[], Some(&none[..len]));
            rows.close().unwrap();
        }
        let metadata = writer.close().unwrap();
        let at = NAMES.iter().position(|column| *column == name).unwrap();
        let bytes: i64 = metadata.row_groups().iter().map(|group| group.column(at).compressed_size()).sum();
        let nanoseconds = time(&self.path, wanted(name), total);
        println!("| {name} | {what} | {:.3} | {nanoseconds:.2} |", bytes as f64 / total as f64);
    }

    /// The file as the lake writes it.
    fn whole(&self) {
        let names: Vec<String> = (0..16).map(|kind| format!("kind_{kind}")).collect();
        let mut writer = EventWriter::new(BufWriter::new(File::create(&self.path).unwrap()), &names).unwrap();
        writer.write(&self.rows).unwrap();
        let written = writer.finish().unwrap();
        let total = self.customers.len();
        println!("\nThe file as it is written: {:.2} bytes per event", written.bytes as f64 / total as f64);
        let all = WantedOfEvents { micro: true, kind: true, amount: true, was: true, clock: true };
        for (what, columns) in [
            ("customer, second", wanted("")),
            ("and kind", wanted("kind")),
            ("and amount", wanted("amount")),
            ("all six", all),
        ] {
            println!("{what}: {:.2} ns per event", time(&self.path, columns, total));
        }
    }
}

fn main() {
    use How::{Dictionary, Differences, Plain, Streams};
    let folder = tempfile::tempdir().unwrap();
    let rows = shop();
    let customers: Vec<i64> = rows.customers().collect();
    let kinds = rows.kind.iter().map(|kind| ByteArray::from(format!("kind_{kind}").as_str())).collect();
    let mut bench = Bench { rows, customers, kinds, path: folder.path().join("candidate.parquet") };
    println!("{} events of {CUSTOMERS} customers\n", bench.customers.len());
    println!("| column | candidate | bytes per event | ns per event |\n|---|---|---:|---:|");
    let (million, page, as_is) = (1 << 20, 1 << 16, Compression::UNCOMPRESSED);
    let (lz4, zstd) = (Compression::LZ4_RAW, Compression::ZSTD(ZstdLevel::try_new(1).unwrap()));
    for (what, group) in [
        ("dictionary, 256 K rows", million / 4),
        ("dictionary, 1 M", million),
        ("dictionary, 4 M", 4 * million),
    ] {
        bench.candidate(what, "customer", group, page, Dictionary, as_is);
    }
    for (what, how, packed) in
        [("differences", Differences, as_is), ("plain", Plain, as_is), ("plain, LZ4", Plain, lz4)]
    {
        bench.candidate(what, "customer", million, page, how, packed);
    }
    for (what, page) in
        [("differences, pages of 8 K", 1 << 13), ("differences, 64 K", page), ("differences, 256 K", 1 << 18)]
    {
        bench.candidate(what, "second", million, page, Differences, as_is);
    }
    for (what, how, packed) in [
        ("differences, LZ4", Differences, lz4),
        ("plain", Plain, as_is),
        ("plain, LZ4", Plain, lz4),
        ("plain, zstd 1", Plain, zstd),
        ("dictionary", Dictionary, as_is),
        ("byte streams, LZ4", Streams, lz4),
        ("byte streams, zstd 1", Streams, zstd),
    ] {
        bench.candidate(what, "second", million, page, how, packed);
    }
    for (what, packed) in [("dictionary", as_is), ("dictionary, LZ4", lz4), ("dictionary, zstd 1", zstd)] {
        bench.candidate(what, "kind", million, page, Dictionary, packed);
    }
    for (what, how, packed) in [
        ("dictionary", Dictionary, as_is),
        ("dictionary, zstd 1", Dictionary, zstd),
        ("differences", Differences, as_is),
        ("plain, zstd 1", Plain, zstd),
    ] {
        bench.candidate(what, "amount", million, page, how, packed);
    }
    for (what, how) in [("dictionary, all 0", Dictionary), ("differences, all 0", Differences)] {
        bench.candidate(what, "micro", million, page, how, as_is);
    }
    bench.whole();
    let whole_seconds: Vec<i64> = bench.rows.second.iter().map(|second| second * 1_000_000).collect();
    let seconds = std::mem::replace(&mut bench.rows.second, whole_seconds);
    println!();
    bench.candidate("one timestamp, whole seconds", "second", million, page, Differences, as_is);
    let mut random = rand_pcg::Pcg64::seed_from_u64(8);
    let millis: Vec<i32> = seconds.iter().map(|_| random.random_range(0..1_000) * 1_000).collect();
    bench.rows.second =
        seconds.iter().zip(&millis).map(|(second, micro)| second * 1_000_000 + i64::from(*micro)).collect();
    bench.candidate("one timestamp, milliseconds", "second", million, page, Differences, as_is);
    bench.rows.micro = millis;
    bench.candidate("dictionary, milliseconds", "micro", million, page, Dictionary, as_is);
    bench.rows.micro = seconds.iter().map(|_| random.random_range(0..1_000_000)).collect();
    bench.candidate("differences, microseconds", "micro", million, page, Differences, as_is);
}
