//! From arrow arrays to plain columns: every type that has one value per row, and nothing allocated per row.

use std::io::Write as _;

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, GenericByteArray, OffsetSizeTrait,
    cast::AsArray,
    types::{
        Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType,
        Float16Type, Float32Type, Float64Type, GenericStringType, Int8Type, Int16Type, Int32Type, Int64Type,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
        UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use fidance_domain::table::{Column, TextColumn};

const MILLIS_PER_DAY: i64 = 86_400_000;

/// Whether [`convert`] knows the type.
pub(super) fn is_supported(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => {
            !matches!(**values, DataType::Dictionary(..)) && is_supported(values)
        }
        DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_)
        | DataType::Interval(_)
        | DataType::List(_)
        | DataType::ListView(_)
        | DataType::FixedSizeList(..)
        | DataType::LargeList(_)
        | DataType::LargeListView(_)
        | DataType::Struct(_)
        | DataType::Union(..)
        | DataType::Map(..)
        | DataType::RunEndEncoded(..) => false,
        _ => true,
    }
}

/// An array as a column, in the memory of a column that is no longer needed. `None` where the type is not
/// supported.
pub(super) fn convert(array: &ArrayRef, old: Column) -> Option<Column> {
    let column = match array.data_type() {
        DataType::Boolean => Column::Bool(extended(booleans(old), array.as_boolean().iter())),
        DataType::Int8 => Column::Int(primitive::<Int8Type, _>(array, ints(old), i64::from)),
        DataType::Int16 => Column::Int(primitive::<Int16Type, _>(array, ints(old), i64::from)),
        DataType::Int32 => Column::Int(primitive::<Int32Type, _>(array, ints(old), i64::from)),
        DataType::Int64 => Column::Int(primitive::<Int64Type, _>(array, ints(old), |v| v)),
        DataType::UInt8 => Column::Int(primitive::<UInt8Type, _>(array, ints(old), i64::from)),
        DataType::UInt16 => Column::Int(primitive::<UInt16Type, _>(array, ints(old), i64::from)),
        DataType::UInt32 => Column::Int(primitive::<UInt32Type, _>(array, ints(old), i64::from)),
        DataType::Float16 => Column::Float(primitive::<Float16Type, _>(array, floats(old), f64::from)),
        DataType::Float32 => Column::Float(primitive::<Float32Type, _>(array, floats(old), shortest)),
        DataType::Float64 => Column::Float(primitive::<Float64Type, _>(array, floats(old), |v| v)),
        DataType::Decimal32(_, scale) => decimals::<Decimal32Type>(array, *scale, old, f64::from),
        DataType::Decimal64(_, scale) => decimals::<Decimal64Type>(array, *scale, old, |v| v as f64),
        DataType::Decimal128(_, scale) => decimals::<Decimal128Type>(array, *scale, old, |v| v as f64),
        DataType::Decimal256(..) => wide_decimals(array, old),
        DataType::Date32 => Column::Date(primitive::<Date32Type, _>(array, dates(old), |v| v)),
        DataType::Date64 => Column::Date(primitive::<Date64Type, _>(array, dates(old), days)),
        DataType::Timestamp(unit, Some(_)) => Column::Instant(micros(array, *unit, moments(old))),
        DataType::Timestamp(unit, None) => Column::Local(micros(array, *unit, moments(old))),
        DataType::Dictionary(..) => return dictionary(array, old),
        _ => return convert_text(array, old).map(Column::Text),
    };
    Some(column)
}

fn convert_text(array: &ArrayRef, old: Column) -> Option<TextColumn> {
    let cells = texts(old);
    let column = match array.data_type() {
        DataType::Null => empty_text(array.len(), cells),
        DataType::UInt64 => wide_unsigned(array, cells),
        DataType::Utf8 => strings::<i32>(array, cells),
        DataType::LargeUtf8 => strings::<i64>(array, cells),
        DataType::Utf8View => each_text(array.as_string_view().iter(), cells),
        DataType::Binary => each_bytes(array.as_binary::<i32>().iter(), cells),
        DataType::LargeBinary => each_bytes(array.as_binary::<i64>().iter(), cells),
        DataType::BinaryView => each_bytes(array.as_binary_view().iter(), cells),
        DataType::FixedSizeBinary(_) => each_hex(array.as_fixed_size_binary().iter(), cells),
        _ => return None,
    };
    Some(column)
}

/// Declares how to take the emptied cells out of a column of one kind, or new ones where it has another.
macro_rules! emptied {
    ($name:ident, $variant:pat => $found:ident, $cells:ty) => {
        fn $name(old: Column) -> $cells {
            match old {
                $variant => {
                    let mut cells = $found;
                    cells.clear();
                    cells
                }
                _ => <$cells>::default(),
            }
        }
    };
}
emptied!(texts, Column::Text(v) => v, TextColumn);
emptied!(ints, Column::Int(v) => v, Vec<Option<i64>>);
emptied!(floats, Column::Float(v) => v, Vec<Option<f64>>);
emptied!(booleans, Column::Bool(v) => v, Vec<Option<bool>>);
emptied!(dates, Column::Date(v) => v, Vec<Option<i32>>);
emptied!(moments, Column::Instant(v) | Column::Local(v) => v, Vec<Option<i64>>);

fn extended<T>(mut cells: Vec<Option<T>>, values: impl Iterator<Item = Option<T>>) -> Vec<Option<T>> {
    cells.extend(values);
    cells
}

fn primitive<T: ArrowPrimitiveType, O>(
    array: &ArrayRef,
    mut cells: Vec<Option<O>>,
    value: impl Fn(T::Native) -> O,
) -> Vec<Option<O>> {
    let array = array.as_primitive::<T>();
    if array.null_count() == 0 {
        cells.extend(array.values().iter().map(|v| Some(value(*v))));
    } else {
        cells.extend(array.iter().map(|v| v.map(&value)));
    }
    cells
}

/// A price of 11.77 stored in 32 bits is meant as 11.77, not as 11.770000457763672.
fn shortest(value: f32) -> f64 {
    let mut buffer = [0_u8; 64];
    let digits = written(&mut buffer, format_args!("{value}"));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| f64::from(value))
}

/// Text of a number without memory of its own; `None` where the buffer is too short.
fn written<'a>(buffer: &'a mut [u8], number: std::fmt::Arguments<'_>) -> Option<&'a str> {
    let mut rest = &mut *buffer;
    rest.write_fmt(number).ok()?;
    let unused = rest.len();
    let used = buffer.len() - unused;
    str::from_utf8(buffer.get(..used)?).ok()
}

fn days(millis: i64) -> i32 {
    i32::try_from(millis.div_euclid(MILLIS_PER_DAY)).unwrap_or(i32::MAX)
}

fn micros(array: &ArrayRef, unit: TimeUnit, cells: Vec<Option<i64>>) -> Vec<Option<i64>> {
    match unit {
        TimeUnit::Second => {
            primitive::<TimestampSecondType, _>(array, cells, |v| v.saturating_mul(1_000_000))
        }
        TimeUnit::Millisecond => {
            primitive::<TimestampMillisecondType, _>(array, cells, |v| v.saturating_mul(1_000))
        }
        TimeUnit::Microsecond => primitive::<TimestampMicrosecondType, _>(array, cells, |v| v),
        TimeUnit::Nanosecond => {
            primitive::<TimestampNanosecondType, _>(array, cells, |v| v.div_euclid(1_000))
        }
    }
}

fn decimals<T: DecimalType>(
    array: &ArrayRef,
    scale: i8,
    old: Column,
    number: fn(T::Native) -> f64,
) -> Column {
    // Powers up to 22 are exact, so one division rounds once: 1177 at scale 2 is the same 11.77 as in text.
    let power = 10f64.powi(i32::from(scale.unsigned_abs()));
    Column::Float(if scale >= 0 {
        primitive::<T, _>(array, floats(old), |v| number(v) / power)
    } else {
        primitive::<T, _>(array, floats(old), |v| number(v) * power)
    })
}

fn wide_decimals(array: &ArrayRef, old: Column) -> Column {
    let array = array.as_primitive::<Decimal256Type>();
    let cell = |row| array.is_valid(row).then(|| array.value_as_string(row).parse().ok()).flatten();
    Column::Float(extended(floats(old), (0..array.len()).map(cell)))
}

/// 64 unsigned bits do not fit a signed integer, and such columns are usually ids: they stay exact as text.
fn wide_unsigned(array: &ArrayRef, mut cells: TextColumn) -> TextColumn {
    let mut buffer = [0_u8; 20];
    for value in array.as_primitive::<UInt64Type>() {
        let digits = value.and_then(|value| written(&mut buffer, format_args!("{value}")));
        cells.push(digits.unwrap_or(""));
    }
    cells
}

fn strings<O: OffsetSizeTrait>(array: &ArrayRef, mut cells: TextColumn) -> TextColumn {
    let array: &GenericByteArray<GenericStringType<O>> = array.as_string::<O>();
    // With no row missing the text lies end to end, so one copy does it all.
    let whole = if array.null_count() == 0 { end_to_end(array) } else { None };
    let Some(bytes) = whole else {
        return each_text(array.iter(), cells);
    };
    let offsets = array.value_offsets();
    let lengths =
        offsets.iter().zip(offsets.iter().skip(1)).map(|(start, end)| end.as_usize() - start.as_usize());
    cells.extend_cells(bytes, lengths);
    cells
}

fn end_to_end<O: OffsetSizeTrait>(array: &GenericByteArray<GenericStringType<O>>) -> Option<&str> {
    let (first, last) = (array.value_offsets().first()?, array.value_offsets().last()?);
    str::from_utf8(array.value_data().get(first.as_usize()..last.as_usize())?).ok()
}

fn each_text<'a>(values: impl Iterator<Item = Option<&'a str>>, mut cells: TextColumn) -> TextColumn {
    values.for_each(|value| cells.push(value.unwrap_or("")));
    cells
}

/// Old writers store text without saying that it is text.
fn each_bytes<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, mut cells: TextColumn) -> TextColumn {
    values.for_each(|value| cells.push(&String::from_utf8_lossy(value.unwrap_or(b""))));
    cells
}

/// Bytes of fixed length are ids: 16 of them are written as a UUID, others as hexadecimal digits.
fn each_hex<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, mut cells: TextColumn) -> TextColumn {
    let mut text = String::new();
    for value in values {
        text.clear();
        let bytes = value.unwrap_or(b"");
        for (position, byte) in bytes.iter().enumerate() {
            if bytes.len() == 16 && matches!(position, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        cells.push(&text);
    }
    cells
}

fn empty_text(rows: usize, mut cells: TextColumn) -> TextColumn {
    cells.extend_cells("", std::iter::repeat_n(0, rows));
    cells
}

fn dictionary(array: &ArrayRef, old: Column) -> Option<Column> {
    let dictionary = array.as_any_dictionary_opt()?;
    let values = dictionary.values();
    if values.is_empty() {
        return Some(Column::Text(empty_text(array.len(), texts(old))));
    }
    let keys = dictionary.normalized_keys();
    let nulls = dictionary.keys();
    let rows = keys.into_iter().enumerate().map(|(row, key)| nulls.is_valid(row).then_some(key));
    // A dictionary may be far longer than a batch: text is taken from it where it lies.
    match values.data_type() {
        DataType::Utf8 => {
            let values = values.as_string::<i32>();
            Some(Column::Text(each_text(rows.map(|key| key.map(|key| values.value(key))), texts(old))))
        }
        DataType::LargeUtf8 => {
            let values = values.as_string::<i64>();
            Some(Column::Text(each_text(rows.map(|key| key.map(|key| values.value(key))), texts(old))))
        }
        _ => convert(values, Column::Bool(Vec::new())).map(|values| gathered(&values, rows)),
    }
}

fn gathered(values: &Column, rows: impl Iterator<Item = Option<usize>>) -> Column {
    fn pick<T: Copy>(from: &[Option<T>], rows: impl Iterator<Item = Option<usize>>) -> Vec<Option<T>> {
        rows.map(|key| key.and_then(|key| from.get(key).copied().flatten())).collect()
    }
    match values {
        Column::Text(v) => Column::Text(rows.map(|key| key.map_or("", |key| v.get(key))).collect()),
        Column::Int(v) => Column::Int(pick(v, rows)),
        Column::Float(v) => Column::Float(pick(v, rows)),
        Column::Bool(v) => Column::Bool(pick(v, rows)),
        Column::Date(v) => Column::Date(pick(v, rows)),
        Column::Instant(v) => Column::Instant(pick(v, rows)),
        Column::Local(v) => Column::Local(pick(v, rows)),
    }
}
