//! Columns as other programs may have rewritten them: other encodings, decimals as bytes. Slower, through the
//! decoders of the parquet crate.

use parquet::{
    column::reader::{ColumnReader, get_column_reader},
    data_type::{ByteArray, FixedLenByteArray},
    schema::types::ColumnDescPtr,
};

use super::{
    error::{ColumnsError, Place},
    pages::{Pages, guarded},
    unpack::Int,
};

/// Rows read at once.
const ROWS: usize = 1024;

/// One column of one row group in encodings that we do not write.
pub(super) struct Foreign {
    place: Place,
    reader: ColumnReader,
    levels: Vec<i16>,
    wide: Vec<i64>,
    narrow: Vec<i32>,
    fixed: Vec<FixedLenByteArray>,
    bytes: Vec<ByteArray>,
}

impl Foreign {
    pub(super) fn new(pages: Pages, description: ColumnDescPtr) -> Result<Self, ColumnsError> {
        let place = pages.place;
        let reader = guarded(|| Ok::<_, String>(get_column_reader(description, pages.into_reader())))
            .map_err(|reason| place.damaged(reason))?;
        Ok(Self {
            place,
            reader,
            levels: Vec::new(),
            wide: Vec::new(),
            narrow: Vec::new(),
            fixed: Vec::new(),
            bytes: Vec::new(),
        })
    }

    /// Fills `out`; a row without a value gets `none`, or is an error if there is none.
    pub(super) fn read<T: Int>(&mut self, out: &mut [T], none: Option<T>) -> Result<(), ColumnsError> {
        let place = self.place;
        for out in out.chunks_mut(ROWS) {
            self.next(out.len())?;
            let mut values = self.wide.iter();
            for (row, out) in out.iter_mut().enumerate() {
                let present = self.levels.get(row).is_none_or(|level| *level > 0);
                *out = if present {
                    let value = *values.next().ok_or_else(|| place.damaged("it has too few values"))?;
                    let kept = T::wrap(value);
                    if kept.wide() != value {
                        return Err(place.out_of_range(value));
                    }
                    kept
                } else {
                    none.ok_or_else(|| place.damaged("a row has no value"))?
                };
            }
        }
        Ok(())
    }

    /// Calls `take` with the text of each of the next rows.
    pub(super) fn read_texts(
        &mut self,
        rows: usize,
        mut take: impl FnMut(usize, &[u8]) -> Result<(), ColumnsError>,
    ) -> Result<(), ColumnsError> {
        let mut row = 0;
        while row < rows {
            let count = ROWS.min(rows - row);
            self.next(count)?;
            if self.bytes.len() != count {
                return Err(self.place.damaged("a row has no value"));
            }
            for text in &self.bytes {
                take(row, text.data())?;
                row += 1;
            }
        }
        Ok(())
    }

    /// Reads exactly `rows` rows into the buffers: integers into `wide`, texts into `bytes`.
    fn next(&mut self, rows: usize) -> Result<(), ColumnsError> {
        self.levels.clear();
        self.wide.clear();
        self.narrow.clear();
        self.fixed.clear();
        self.bytes.clear();
        let Self { place, reader, levels, wide, narrow, fixed, bytes } = self;
        let read = guarded(|| match reader {
            ColumnReader::Int64ColumnReader(reader) => reader.read_records(rows, Some(levels), None, wide),
            ColumnReader::Int32ColumnReader(reader) => reader.read_records(rows, Some(levels), None, narrow),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                reader.read_records(rows, Some(levels), None, fixed)
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                reader.read_records(rows, Some(levels), None, bytes)
            }
            _ => Ok((0, 0, 0)),
        });
        let (records, _, _) = read.map_err(|reason| place.damaged(reason))?;
        if records != rows {
            return Err(place.damaged("it has fewer rows than its row group"));
        }
        wide.extend(narrow.iter().map(|value| i64::from(*value)));
        for value in fixed.iter() {
            wide.push(big_endian(value.data()).ok_or_else(|| place.damaged("a decimal is too large"))?);
        }
        Ok(())
    }
}

/// A signed number of any number of bytes, highest first, that fits into 64 bits.
fn big_endian(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    let start = if negative { -1_i128 } else { 0 };
    if bytes.len() > 16 {
        return None;
    }
    i64::try_from(bytes.iter().fold(start, |number, byte| number << 8 | i128::from(*byte))).ok()
}
