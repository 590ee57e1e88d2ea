//! Parquet files as other programs write them, and files that are no longer whole.

use std::{fs, path::Path, sync::Arc};

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, Decimal256Array,
    DictionaryArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int64Array,
    LargeStringArray, ListArray, NullArray, RecordBatch, StringArray, StringViewArray, StructArray,
    Time64MicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt32Array, UInt64Array,
    types::{Int8Type, Int32Type, Int64Type},
};
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{DataType, Field, Fields};
use fidance_domain::table::{Batch, Column, ColumnKind, TableReader, TableWriter, TextColumn};
use fidance_lake::file::{FileError, ParquetTable, ParquetWriter};
use parquet::arrow::ArrowWriter;

fn text(cells: &[&str]) -> Column {
    Column::Text(cells.iter().copied().collect())
}

fn write_arrays(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let records = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), records.schema(), None).unwrap();
    writer.write(&records).unwrap();
    writer.close().unwrap();
}

fn read_all(reader: &mut dyn TableReader) -> Vec<Batch> {
    let (mut batches, mut batch) = (Vec::new(), Batch::default());
    while reader.next_batch(&mut batch, &mut Vec::new()).unwrap() {
        batches.push(batch.clone());
    }
    batches
}

/// What a column written by another program is read as.
fn check(array: impl arrow_array::Array + 'static, expected: &Column) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.parquet");
    write_arrays(&path, vec![("one", Arc::new(array))]);
    let batches = read_all(ParquetTable::open(&path).unwrap().as_mut());
    assert_eq!(batches.len(), 1);
    assert_eq!(&batches[0].columns, std::slice::from_ref(expected));
}

#[test]
fn numbers_of_every_width() {
    check(Int8Array::from(vec![Some(-5), None]), &Column::Int(vec![Some(-5), None]));
    check(Int64Array::from(vec![i64::MIN, i64::MAX]), &Column::Int(vec![Some(i64::MIN), Some(i64::MAX)]));
    check(UInt32Array::from(vec![Some(u32::MAX), None]), &Column::Int(vec![Some(4_294_967_295), None]));
    check(UInt64Array::from(vec![Some(u64::MAX), None]), &text(&["18446744073709551615", ""]));
    check(Float32Array::from(vec![Some(11.77), None]), &Column::Float(vec![Some(11.77), None]));
    check(Float64Array::from(vec![0.1]), &Column::Float(vec![Some(0.1)]));
    check(BooleanArray::from(vec![Some(true), None]), &Column::Bool(vec![Some(true), None]));
}

#[test]
fn decimals_are_the_numbers_that_their_text_would_give() {
    let narrow = Decimal128Array::from(vec![Some(1177), None, Some(-10)]);
    let narrow = narrow.with_precision_and_scale(9, 2).unwrap();
    check(narrow, &Column::Float(vec![Some(11.77), None, Some(-0.1)]));
    let wide = Decimal256Array::from(vec![Some(i256::from_i128(12_345)), None]);
    check(wide.with_precision_and_scale(60, 3).unwrap(), &Column::Float(vec![Some(12.345), None]));
}

#[test]
fn texts_of_every_layout() {
    let cells = [Some("a"), None, Some("été"), Some("")];
    let expected = text(&["a", "", "été", ""]);
    check(StringArray::from(cells.to_vec()), &expected);
    check(StringArray::from(vec!["a", "", "été", ""]), &expected);
    check(LargeStringArray::from(cells.to_vec()), &expected);
    check(StringViewArray::from(cells.to_vec()), &expected);
    check(cells.into_iter().collect::<DictionaryArray<Int8Type>>(), &expected);
    check([None, None].into_iter().collect::<DictionaryArray<Int32Type>>(), &text(&["", ""]));
    check(BinaryArray::from(vec![Some(b"a".as_slice()), None]), &text(&["a", ""]));
    check(NullArray::new(2), &text(&["", ""]));
    let numbers =
        DictionaryArray::<Int8Type>::new(vec![1, 0, 1].into(), Arc::new(Int64Array::from(vec![7, 8])));
    check(numbers, &Column::Int(vec![Some(8), Some(7), Some(8)]));
    let uuid = FixedSizeBinaryArray::try_from_iter([[0x12_u8; 16]].into_iter()).unwrap();
    check(uuid, &text(&["12121212-1212-1212-1212-121212121212"]));
}

#[test]
fn times_in_every_unit() {
    check(Date32Array::from(vec![Some(-1), None]), &Column::Date(vec![Some(-1), None]));
    check(Date64Array::from(vec![86_400_000 * 3]), &Column::Date(vec![Some(3)]));
    let seconds = TimestampSecondArray::from(vec![Some(1), None]);
    check(seconds.clone(), &Column::Local(vec![Some(1_000_000), None]));
    check(seconds.with_timezone("Europe/Paris"), &Column::Instant(vec![Some(1_000_000), None]));
    check(TimestampMillisecondArray::from(vec![-1]), &Column::Local(vec![Some(-1_000)]));
    let nanos = TimestampNanosecondArray::from(vec![1_999, -1]).with_timezone("UTC");
    check(nanos, &Column::Instant(vec![Some(1), Some(-1)]));
}

#[test]
fn records_are_named_by_dotted_paths_and_lists_only_refuse_when_selected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nested.parquet");
    let inner: Fields =
        vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)].into();
    let record = StructArray::new(
        inner,
        vec![Arc::new(Int64Array::from(vec![1, 2, 3])), Arc::new(StringArray::from(vec!["a", "b", "c"]))],
        Some(NullBuffer::from(vec![true, false, true])),
    );
    let tags = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), None, Some([Some(2)])]);
    let after = StringArray::from(vec!["x", "y", "z"]);
    let time = Time64MicrosecondArray::from(vec![1, 2, 3]);
    write_arrays(
        &path,
        vec![
            ("tags", Arc::new(tags)),
            ("customer", Arc::new(record)),
            ("time", Arc::new(time)),
            ("after", Arc::new(after)),
        ],
    );
    let mut reader = ParquetTable::open(&path).unwrap();
    assert_eq!(reader.columns(), ["tags", "customer.id", "customer.name", "time", "after"]);
    let batches = read_all(reader.as_mut());
    let id = Column::Int(vec![Some(1), None, Some(3)]);
    assert_eq!(batches[0].columns, [id.clone(), text(&["a", "", "c"]), text(&["x", "y", "z"])]);
    reader.select(&[4, 1, 4]);
    let batches = read_all(reader.as_mut());
    assert_eq!(batches[0].columns, [text(&["x", "y", "z"]), id, text(&["x", "y", "z"])]);

    for (index, words) in [(0, "column `tags`"), (3, "column `time`"), (9, "no column number 9")] {
        reader.select(&[index]);
        let error = reader.next_batch(&mut Batch::default(), &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

fn every_kind(rows: usize) -> (Vec<(&'static str, ColumnKind)>, Batch) {
    let number = |row: usize| (!row.is_multiple_of(7)).then_some(row as i64 * 1_000_003 - 50);
    let cells: Vec<String> = (0..rows).map(|row| format!("é{}", row % 1_000)).collect();
    let columns = vec![
        Column::Text(cells.iter().map(String::as_str).collect()),
        Column::Int((0..rows).map(number).collect()),
        Column::Float((0..rows).map(|row| number(row).map(|v| v as f64 / 100.0)).collect()),
        Column::Bool((0..rows).map(|row| number(row).map(|v| v % 2 == 0)).collect()),
        Column::Date((0..rows).map(|row| Some(row as i32 - 10)).collect()),
        Column::Instant((0..rows).map(number).collect()),
        Column::Local((0..rows).map(number).collect()),
    ];
    let names = ["text", "int", "float", "bool", "date", "instant", "local"];
    let kinds = names.into_iter().zip(columns.iter().map(Column::kind)).collect();
    (kinds, Batch { lines: (1..=rows as u64).collect(), columns })
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kinds.parquet");
    let (kinds, batch) = every_kind(20_000);
    let mut writer = Box::new(ParquetWriter::create(&path, &kinds).unwrap());
    writer.write(&batch).unwrap();
    assert_eq!(writer.rows(), 20_000);
    writer.finish().unwrap();

    let mut reader = ParquetTable::open(&path).unwrap();
    assert_eq!(reader.progress().unwrap().0, 0);
    let batches = read_all(reader.as_mut());
    let (done, all) = reader.progress().unwrap();
    assert_eq!(done, all);
    let lines: Vec<u64> = batches.iter().flat_map(|batch| batch.lines.clone()).collect();
    assert_eq!(lines, batch.lines);
    let joined: TextColumn = batches.iter().flat_map(|batch| cells_of(&batch.columns[0])).collect();
    assert_eq!(Column::Text(joined), batch.columns[0]);
    assert_eq!(
        batches[0].columns.iter().map(Column::kind).collect::<Vec<_>>(),
        kinds.iter().map(|k| k.1).collect::<Vec<_>>()
    );
    let floats = batches.iter().flat_map(|batch| match &batch.columns[2] {
        Column::Float(cells) => cells.clone(),
        other => panic!("{:?}", other.kind()),
    });
    assert_eq!(Column::Float(floats.collect()), batch.columns[2]);
}

fn cells_of(column: &Column) -> Vec<&str> {
    match column {
        Column::Text(cells) => cells.iter().collect(),
        other => panic!("{:?}", other.kind()),
    }
}

#[test]
fn rows_of_another_shape_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        ParquetWriter::create(&folder.path().join("x.parquet"), &[("a", ColumnKind::Int)]).unwrap();
    let batch = |lines, columns| Batch { lines, columns };
    let refused = writer.append(&batch(vec![1], vec![text(&["1"])])).unwrap_err();
    assert!(matches!(refused, FileError::WrongShape { index: 0, .. }), "{refused}");
    let refused = writer.append(&batch(vec![1], Vec::new())).unwrap_err();
    assert!(matches!(refused, FileError::WrongShape { given: None, .. }), "{refused}");
    let refused = writer.append(&batch(vec![1, 2], vec![Column::Int(vec![Some(1)])])).unwrap_err();
    assert!(matches!(refused, FileError::UnevenColumns { cells: 1, rows: 2, .. }), "{refused}");
}

#[test]
fn files_that_are_not_parquet_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    for content in [b"".as_slice(), b"customer,at\n1,2024-01-01\n", b"PAR1", b"PAR1PAR1PAR1"] {
        fs::write(&path, content).unwrap();
        let error = ParquetTable::open(&path).unwrap_err();
        assert!(matches!(error, FileError::NotParquet { .. }), "{error}");
        assert!(error.to_string().contains("x.parquet is not a complete Parquet file"), "{error}");
    }
    let error = ParquetTable::open(&folder.path().join("none.parquet")).unwrap_err();
    assert!(error.to_string().contains("check that it exists"), "{error}");
}

fn whole_file(folder: &Path) -> Vec<u8> {
    let path = folder.join("whole.parquet");
    let (kinds, batch) = every_kind(2_000);
    let mut writer = ParquetWriter::create(&path, &kinds).unwrap();
    writer.append(&batch).unwrap();
    writer.close().unwrap();
    fs::read(path).unwrap()
}

#[test]
fn every_truncation_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole_file(folder.path());
    let path = folder.path().join("part.parquet");
    for length in (0..whole.len()).step_by(97) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(ParquetTable::open(&path).is_err(), "{length} of {} bytes", whole.len());
    }
}

/// Whatever the damage, reading ends with rows or with an error: never with a panic or without end.
#[test]
fn damaged_bytes_never_end_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let whole = whole_file(folder.path());
    let path = folder.path().join("damaged.parquet");
    std::panic::set_hook(Box::new(|_| {}));
    let mut noticed = 0;
    for position in (4..whole.len()).step_by(53) {
        let mut bytes = whole.clone();
        bytes[position] ^= 0x55;
        bytes[position / 2 + 4] = 0xff;
        fs::write(&path, &bytes).unwrap();
        noticed += usize::from(reads_to_the_end(&path).is_err());
    }
    let _ = std::panic::take_hook();
    assert!(noticed > 20, "{noticed}");
}

fn reads_to_the_end(path: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut reader = ParquetTable::open(path)?;
    let mut batch = Batch::default();
    while reader.next_batch(&mut batch, &mut Vec::new())? {}
    Ok(())
}
