//! Round trips, edge cases, files of other writers, damage.

use std::panic;

use bytes::Bytes;
use parquet::{
    basic::{Compression, Encoding},
    data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type},
    file::{
        properties::{WriterProperties, WriterVersion},
        writer::SerializedFileWriter,
    },
    schema::{parser::parse_message_type, types::ColumnPath},
};

use super::*;

const ALL: WantedOfEvents = WantedOfEvents { micro: true, kind: true, amount: true, was: true, clock: true };
const ALL_DAYS: WantedOfDays = WantedOfDays { bounds: true, events: true, amount: true };

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("kind {number} é")).collect()
}

/// Events of customers with few and many rows, dense and sparse in every column.
fn events(seed: u64, customers: usize, most: u64, kinds: u64) -> EventColumns {
    let dice = &mut Dice(seed);
    let mut ids: Vec<i64> = (0..customers).map(|_| dice.roll().cast_signed()).collect();
    ids.sort_unstable();
    let (micros, amounts) = (dice.below(3), dice.below(4));
    let mut rows = EventColumns::default();
    for customer in ids {
        let mut second = dice.below(4_000_000_000).cast_signed() - 2_000_000_000;
        for _ in 0..=dice.below(most) {
            let gap = 1 << dice.below(24);
            second += dice.below(gap).cast_signed();
            rows.push(Event {
                customer,
                second,
                micro: [0, 1000, 1][usize::try_from(micros).unwrap()]
                    * i32::try_from(dice.below(999)).unwrap(),
                kind: u16::try_from(dice.below(kinds).min(dice.below(kinds))).unwrap(),
                amount: if dice.below(4) < amounts {
                    dice.roll().cast_signed() >> dice.below(60)
                } else {
                    NONE
                },
                was: if dice.below(100) == 0 { dice.roll().cast_signed() } else { NONE },
                clock: if dice.below(50) == 0 { dice.roll().cast_signed().max(NONE + 1) } else { NONE },
            });
        }
    }
    rows
}

fn days(seed: u64, customers: usize, most: u64) -> DayColumns {
    let dice = &mut Dice(seed);
    let mut ids: Vec<i64> = (0..customers).map(|_| dice.roll().cast_signed()).collect();
    ids.sort_unstable();
    let mut rows = DayColumns::default();
    for customer in ids {
        let mut day = i32::try_from(dice.below(40_000)).unwrap() - 10_000;
        for _ in 0..=dice.below(most) {
            day += i32::try_from(dice.below(60)).unwrap();
            let (a, b) = (dice.below(100), dice.below(100));
            rows.push(Day {
                customer,
                day,
                first: u8::try_from(a.min(b)).unwrap(),
                last: u8::try_from(a.max(b)).unwrap(),
                events: u32::try_from(dice.below(9) + 1).unwrap(),
                amount: if dice.below(9) == 0 { dice.below(1 << 40).cast_signed() } else { 0 },
            });
        }
    }
    rows
}

fn store(rows: &EventColumns, names: &[String]) -> Bytes {
    let mut writer = EventWriter::new(Vec::new(), names).unwrap();
    writer.write(rows).unwrap();
    let (written, bytes) = writer.into_sink().unwrap();
    assert_eq!(written.rows, rows.rows() as u64);
    assert_eq!(written.bytes, bytes.len() as u64);
    bytes.into()
}

fn store_days(rows: &DayColumns) -> Bytes {
    let mut writer = DayWriter::new(Vec::new()).unwrap();
    writer.write(rows).unwrap();
    writer.into_sink().unwrap().1.into()
}

/// All rows of some row groups, whatever the kinds are numbered.
fn load(
    reader: &EventReader,
    wanted: WantedOfEvents,
    groups: std::ops::Range<usize>,
) -> Result<EventColumns, ColumnsError> {
    let (mut all, mut batch) = (EventColumns::default(), EventColumns::default());
    let mut cursor = reader.cursor(wanted, groups)?;
    while cursor.next(&mut batch)? {
        assert!(batch.rows() > 0 && batch.rows() <= BATCH_ROWS);
        for run in &batch.runs {
            values::push_run(&mut all.runs, run.customer, run.rows as usize);
        }
        all.second.extend(&batch.second);
        all.micro.extend(&batch.micro);
        all.kind.extend(&batch.kind);
        all.amount.extend(&batch.amount);
        all.was.extend(&batch.was);
        all.clock.extend(&batch.clock);
    }
    Ok(all)
}

fn load_days(reader: &DayReader) -> Result<DayColumns, ColumnsError> {
    let (mut all, mut batch) = (DayColumns::default(), DayColumns::default());
    let mut cursor = reader.cursor(ALL_DAYS, 0..usize::MAX);
    while cursor.next(&mut batch)? {
        for run in &batch.runs {
            values::push_run(&mut all.runs, run.customer, run.rows as usize);
        }
        all.day.extend(&batch.day);
        all.first.extend(&batch.first);
        all.last.extend(&batch.last);
        all.events.extend(&batch.events);
        all.amount.extend(&batch.amount);
    }
    Ok(all)
}

#[track_caller]
fn assert_same(rows: &EventColumns, names: &[String], bytes: Bytes) {
    let reader = EventReader::open(bytes).unwrap();
    assert_eq!(reader.rows(), rows.rows() as u64);
    let found = load(&reader, ALL, 0..usize::MAX).unwrap();
    let kinds = reader.kinds().unwrap();
    assert!(found.runs == rows.runs && found.second == rows.second && found.micro == rows.micro);
    assert!(found.amount == rows.amount && found.was == rows.was && found.clock == rows.clock);
    assert_eq!(found.kind.len(), rows.kind.len());
    for (found, kind) in found.kind.iter().zip(&rows.kind) {
        assert_eq!(kinds[usize::from(*found)], names[usize::from(*kind)]);
    }
    let few = load(&reader, WantedOfEvents::default(), 0..usize::MAX).unwrap();
    assert!(
        few.runs == rows.runs && few.second == rows.second && few.micro.is_empty() && few.kind.is_empty()
    );
}

#[test]
fn no_rows() {
    let rows = EventColumns::default();
    assert_same(&rows, &[], store(&rows, &[]));
    assert_eq!(load_days(&DayReader::open(store_days(&DayColumns::default())).unwrap()).unwrap().rows(), 0);
}

#[test]
fn one_row_at_the_ends_of_the_numbers() {
    let names = names(1);
    for (customer, second) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, -1)] {
        let mut rows = EventColumns::default();
        rows.push(Event {
            customer,
            second,
            micro: 999_999,
            kind: 0,
            amount: i64::MAX,
            was: i64::MIN + 1,
            clock: NONE,
        });
        assert_same(&rows, &names, store(&rows, &names));
    }
    let mut rows = EventColumns::default();
    for customer in [i64::MIN, -1, 0, i64::MAX] {
        for second in [i64::MIN, -1, i64::MAX] {
            rows.push(Event { customer, second, micro: 0, kind: 0, amount: NONE, was: 0, clock: NONE });
        }
    }
    assert_same(&rows, &names, store(&rows, &names));
}

#[test]
fn random_events_come_back() {
    for seed in 0..60 {
        let dice = &mut Dice(seed);
        let most = 1 << dice.below(12);
        let kinds = 1 << dice.below(10);
        let customers = usize::try_from(1 + dice.below(40_000 / most)).unwrap();
        let rows = events(seed, customers, most, kinds);
        let names = names(1 << 10);
        assert_same(&rows, &names, store(&rows, &names));
    }
}

#[test]
fn random_days_come_back() {
    for seed in 0..40 {
        let rows = days(seed, 1 << (seed % 12), 1 << (seed % 7));
        assert!(load_days(&DayReader::open(store_days(&rows)).unwrap()).unwrap() == rows);
    }
}

#[test]
fn pieces_of_any_size_make_the_same_file() {
    let (rows, names) = (events(1, 50, 40, 16), names(16));
    let mut writer = EventWriter::new(Vec::new(), &names).unwrap();
    let mut piece = EventColumns::default();
    for (row, customer) in rows.customers().enumerate() {
        piece.push(Event {
            customer,
            second: rows.second[row],
            micro: rows.micro[row],
            kind: rows.kind[row],
            amount: rows.amount[row],
            was: rows.was[row],
            clock: rows.clock[row],
        });
        if row % 7 == 0 {
            writer.write(&piece).unwrap();
            piece.clear();
        }
    }
    writer.write(&piece).unwrap();
    assert!(writer.into_sink().unwrap().1 == store(&rows, &names));
}

#[test]
fn as_many_kinds_as_there_can_be() {
    let names = names(MAX_KINDS);
    let mut rows = EventColumns::default();
    for kind in (0..u16::MAX).rev() {
        rows.push(Event {
            customer: 7,
            second: i64::from(kind),
            micro: 0,
            kind,
            amount: NONE,
            was: NONE,
            clock: NONE,
        });
    }
    rows.second.sort_unstable();
    assert_same(&rows, &names, store(&rows, &names));
    let too_many = super::tests::names(MAX_KINDS + 1);
    assert!(matches!(EventWriter::new(Vec::new(), &too_many), Err(ColumnsError::TooManyKinds(65_536))));
}

#[test]
fn row_groups_end_where_customers_end() {
    let names = names(3);
    let mut writer = EventWriter::new(Vec::new(), &names).unwrap();
    let mut all = EventColumns::default();
    let per_customer = u32::try_from(write::GROUP_ROWS * 2 / 5).unwrap();
    for customer in 0..8_i64 {
        let mut rows = EventColumns::default();
        for row in 0..per_customer {
            rows.push(Event {
                customer,
                second: i64::from(row) * 40,
                micro: 0,
                kind: u16::try_from(customer % 3).unwrap(),
                amount: NONE,
                was: NONE,
                clock: NONE,
            });
        }
        writer.write(&rows).unwrap();
        all.second.extend(&rows.second);
        all.runs.extend(&rows.runs);
    }
    let reader = EventReader::open(Bytes::from(writer.into_sink().unwrap().1)).unwrap();
    let ranges: Vec<_> = reader.row_groups().iter().map(|group| group.customers.unwrap()).collect();
    assert_eq!(ranges, [(0, 2), (3, 5), (6, 7)]);
    assert_eq!(reader.shares(2), [0..1, 1..3]);
    assert_eq!(reader.shares(9), [0..1, 1..2, 2..3]);
    assert_eq!(reader.kinds().unwrap(), &names);
    let mut found = load(&reader, ALL, 0..1).unwrap();
    for range in [1..2, 2..99] {
        let more = load(&reader, ALL, range).unwrap();
        found.runs.extend(more.runs);
        found.second.extend(more.second);
    }
    assert!(found.runs == all.runs && found.second == all.second);
}

#[test]
fn one_customer_with_a_million_rows() {
    let mut rows = EventColumns::default();
    for second in 0..1_200_000 {
        rows.push(Event { customer: -5, second, micro: 0, kind: 0, amount: NONE, was: NONE, clock: NONE });
    }
    assert_same(&rows, &names(1), store(&rows, &names(1)));
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let names = names(1);
    let row = Event { customer: 2, second: 0, micro: 0, kind: 0, amount: NONE, was: NONE, clock: NONE };
    let mut writer = EventWriter::new(Vec::new(), &names).unwrap();
    let mut rows = EventColumns::default();
    rows.push(Event { kind: 1, ..row });
    assert_eq!(writer.write(&rows).unwrap_err().to_string(), "cannot write column kind: 1 has no name");
    rows.clear();
    rows.push(row);
    rows.push(Event { customer: 1, ..row });
    let error = writer.write(&rows).unwrap_err().to_string();
    assert_eq!(error, "cannot write column customer: comes after a greater one");
    rows.micro.pop();
    let error = writer.write(&rows).unwrap_err().to_string();
    assert_eq!(error, "cannot write column micro: has 1 values for 2 rows");
}

#[test]
fn other_files_are_named_as_what_they_are() {
    let error = EventReader::open(store_days(&days(1, 3, 3))).unwrap_err().to_string();
    assert_eq!(error, "not the columns of events: column second is missing");
    let error = EventReader::open(Bytes::from_static(b"PAR1 no")).unwrap_err().to_string();
    assert!(error.starts_with("not a complete Parquet file: "), "{error}");
    let other = "message m { required int64 customer; required int64 day (TIMESTAMP(MICROS,true)); }";
    let schema = parse_message_type(other).unwrap().into();
    let mut bytes = Vec::new();
    SerializedFileWriter::new(&mut bytes, schema, WriterProperties::default().into())
        .unwrap()
        .close()
        .unwrap();
    let error = DayReader::open(Bytes::from(bytes)).unwrap_err().to_string();
    assert_eq!(error, "not the columns of days: column day has type INT64 TIMESTAMP_MICROS");
}

/// Writes events as another program would.
fn store_otherwise(rows: &EventColumns, names: &[String], properties: WriterProperties) -> Bytes {
    let schema = "message m { optional int64 was; optional int64 clock; optional binary kind (UTF8); optional int64 customer;
        optional int64 second; optional int32 micro; optional int64 amount (DECIMAL(18,4)); required int32 more; }";
    let mut bytes = Vec::new();
    let mut file =
        SerializedFileWriter::new(&mut bytes, parse_message_type(schema).unwrap().into(), properties.into())
            .unwrap();
    let customers: Vec<i64> = rows.customers().collect();
    let split = rows.rows() / 3;
    for range in [0..split, split..rows.rows()] {
        let mut group = file.next_row_group().unwrap();
        let longs = |group: &mut parquet::file::writer::SerializedRowGroupWriter<'_, _>, values: &[i64]| {
            let levels: Vec<i16> = values.iter().map(|value| i16::from(*value != NONE)).collect();
            let values: Vec<i64> = values.iter().copied().filter(|value| *value != NONE).collect();
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<Int64Type>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
        };
        let ones = vec![1; range.len()];
        longs(&mut group, &rows.was[range.clone()]);
        longs(&mut group, &rows.clock[range.clone()]);
        let texts: Vec<ByteArray> =
            rows.kind[range.clone()].iter().map(|kind| names[usize::from(*kind)].as_str().into()).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&texts, Some(&ones), None).unwrap();
        column.close().unwrap();
        longs(&mut group, &customers[range.clone()]);
        longs(&mut group, &rows.second[range.clone()]);
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&rows.micro[range.clone()], Some(&ones), None).unwrap();
        column.close().unwrap();
        longs(&mut group, &rows.amount[range.clone()]);
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&vec![3; range.len()], None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    file.close().unwrap();
    bytes.into()
}

#[test]
fn files_that_others_rewrote_stay_readable() {
    let (rows, names) = (events(5, 400, 60, 16), names(16));
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(parquet::basic::ZstdLevel::default()),
        Compression::LZ4_RAW,
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let properties = || {
                WriterProperties::builder()
                    .set_compression(compression)
                    .set_writer_version(version)
                    .set_data_page_row_count_limit(900)
                    .set_write_batch_size(100)
            };
            assert_same(&rows, &names, store_otherwise(&rows, &names, properties().build()));
            let small = properties().set_dictionary_page_size_limit(300).build();
            assert_same(&rows, &names, store_otherwise(&rows, &names, small));
            let plain = properties().set_dictionary_enabled(false);
            assert_same(&rows, &names, store_otherwise(&rows, &names, plain.build()));
            let mut split = properties().set_dictionary_enabled(false);
            for column in ["customer", "second", "micro", "amount", "was", "clock"] {
                split = split.set_column_encoding(ColumnPath::from(column), Encoding::BYTE_STREAM_SPLIT);
            }
            let split = split.set_column_encoding(ColumnPath::from("kind"), Encoding::DELTA_BYTE_ARRAY);
            assert_same(&rows, &names, store_otherwise(&rows, &names, split.build()));
        }
    }
}

/// Reads whatever there is; an answer or an error, both are right.
fn read_damaged(bytes: Vec<u8>) {
    let bytes = Bytes::from(bytes);
    if let Ok(reader) = EventReader::open(bytes.clone())
        && reader.rows() < 1 << 24
    {
        let _ = load(&reader, ALL, 0..usize::MAX);
    }
    if let Ok(reader) = DayReader::open(bytes)
        && reader.rows() < 1 << 24
    {
        let _ = load_days(&reader);
    }
}

#[test]
fn damage_is_an_error_and_nothing_worse() {
    let (rows, names) = (events(9, 40, 30, 16), names(16));
    let packed = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let files = [store(&rows, &names), store_days(&days(9, 60, 20)), store_otherwise(&rows, &names, packed)];
    let before = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(|| {
        let dice = &mut Dice(11);
        for round in 0..24_000 {
            let mut bytes = files[round % files.len()].to_vec();
            for _ in 0..=dice.below(3) {
                let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
                match dice.below(4) {
                    0 => bytes[at] ^= 1 << dice.below(8),
                    1 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
                    2 => bytes[at] = [0, 255, 127, 128][usize::try_from(dice.below(4)).unwrap()],
                    _ => {
                        let end = (at + usize::try_from(dice.below(9)).unwrap()).min(bytes.len());
                        bytes.drain(at..end);
                        bytes.push(0);
                    }
                }
            }
            if round % 10 == 0 {
                bytes.truncate(usize::try_from(dice.below(bytes.len() as u64)).unwrap());
            }
            read_damaged(bytes);
        }
    });
    panic::set_hook(before);
    assert!(result.is_ok());
}
