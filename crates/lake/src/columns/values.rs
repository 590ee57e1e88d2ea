//! One column of integers: from its pages to a plain vector, and customers to runs.
//!
//! Pages that we write are decoded here. Other encodings, which appear once another program has rewritten a
//! file, go through the decoders of the parquet crate (`foreign`).

use bytes::Bytes;
use parquet::basic::Encoding;

use super::{
    delta::Delta,
    error::{ColumnsError, Place, Reason},
    foreign::Foreign,
    hybrid::{Hybrid, Step},
    pages::{Body, Pages},
    unpack::Int,
};

/// Rows of one customer that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The customer.
    pub customer: i64,
    /// How many rows, at least 1.
    pub rows: u32,
}

/// Adds rows of a customer behind those that are there.
#[inline]
pub(super) fn push_run(runs: &mut Vec<Run>, customer: i64, rows: usize) {
    let mut left = rows;
    if let Some(last) = runs.last_mut()
        && last.customer == customer
    {
        let fitting = left.min((u32::MAX - last.rows) as usize);
        last.rows += u32::try_from(fitting).unwrap_or(0);
        left -= fitting;
    }
    while left > 0 {
        let rows = u32::try_from(left).unwrap_or(u32::MAX);
        runs.push(Run { customer, rows });
        left -= rows as usize;
    }
}

/// Values of the page that is being read.
enum Values<T> {
    Plain(Bytes),
    Delta(Box<Delta<T>>),
    Indices(Box<Hybrid>),
}

/// One column of one row group.
pub(super) enum Column<T> {
    Ours(Box<Native<T>>),
    Foreign(Box<Foreign>),
}

impl<T: Int> Column<T> {
    /// Fills `out` with the next values; a row without a value gets `none`, or is an error if there is none.
    pub(super) fn read(&mut self, out: &mut [T], none: Option<T>) -> Result<(), ColumnsError> {
        match self {
            Self::Ours(column) => column.read(out, none),
            Self::Foreign(column) => column.read(out, none),
        }
    }
}

impl Column<i64> {
    /// Appends the next rows as runs.
    pub(super) fn read_runs(&mut self, rows: usize, runs: &mut Vec<Run>) -> Result<(), ColumnsError> {
        let mut left = rows;
        while left > 0 {
            if let Self::Ours(column) = self {
                let done = column.read_dictionary_runs(left, runs)?;
                if done > 0 {
                    left -= done;
                    continue;
                }
            }
            let mut some = [0; 256];
            let count = left.min(some.len());
            let some = some.get_mut(..count).unwrap_or_default();
            self.read(some, None)?;
            for run in some.chunk_by(PartialEq::eq) {
                if let Some(customer) = run.first() {
                    push_run(runs, *customer, run.len());
                }
            }
            left -= count;
        }
        Ok(())
    }
}

/// One column of one row group in encodings that we write.
pub(super) struct Native<T> {
    pages: Pages,
    dictionary: Vec<T>,
    values: Values<T>,
    levels: Option<Box<Hybrid>>,
    present: Present<T>,
    rows_left: usize,
}

impl<T: Int> Native<T> {
    pub(super) fn new(pages: Pages) -> Self {
        let values = Values::Plain(Bytes::new());
        Self {
            pages,
            dictionary: Vec::new(),
            values,
            levels: None,
            present: Present::default(),
            rows_left: 0,
        }
    }

    fn place(&self) -> Place {
        self.pages.place
    }

    fn read(&mut self, mut out: &mut [T], none: Option<T>) -> Result<(), ColumnsError> {
        while !out.is_empty() {
            self.open_pages()?;
            let (now, rest) = out.split_at_mut(self.rows_left.min(out.len()));
            self.rows_left -= now.len();
            let place = self.place();
            match &mut self.levels {
                None => self.values.read(&self.dictionary, now),
                Some(levels) => self.present.spread(levels, &mut self.values, &self.dictionary, now, none),
            }
            .map_err(|reason| place.damaged(reason))?;
            out = rest;
        }
        Ok(())
    }

    /// Opens pages until there are rows.
    fn open_pages(&mut self) -> Result<(), ColumnsError> {
        while self.rows_left == 0 {
            let place = self.place();
            match self.pages.next()? {
                None => return Err(place.damaged("it has fewer rows than its row group")),
                Some(Body::Dictionary { values, bytes }) => {
                    if bytes.len() / T::BYTES < values {
                        return Err(place.damaged("its dictionary is shorter than its header says"));
                    }
                    self.dictionary.clear();
                    self.dictionary.resize(values, T::default());
                    T::plain(&bytes, &mut self.dictionary);
                }
                Some(Body::Data { rows, levels, encoding, bytes }) => {
                    self.rows_left = rows;
                    self.levels = levels;
                    self.values = Values::new(encoding, bytes).map_err(|reason| place.damaged(reason))?;
                }
            }
        }
        Ok(())
    }
}

impl Native<i64> {
    /// Appends up to `limit` rows as runs if the page has indices without gaps; 0 if it has not.
    fn read_dictionary_runs(&mut self, limit: usize, runs: &mut Vec<Run>) -> Result<usize, ColumnsError> {
        self.open_pages()?;
        let place = self.place();
        let (Values::Indices(indices), None) = (&mut self.values, &self.levels) else { return Ok(0) };
        let rows = self.rows_left.min(limit);
        let mut left = rows;
        let unknown = || place.damaged(NOT_IN_DICTIONARY);
        while left > 0 {
            match indices.next(left).map_err(|reason| place.damaged(reason))? {
                Step::Repeat(index, count) => {
                    let customer = self.dictionary.get(index as usize).ok_or_else(unknown)?;
                    push_run(runs, *customer, count);
                    left -= count;
                }
                Step::Each(each) => {
                    let (ends, count) = ends_of_runs(each);
                    let mut from = 0;
                    for (index, end) in ends.iter().take(count) {
                        let customer = self.dictionary.get(*index as usize).ok_or_else(unknown)?;
                        push_run(runs, *customer, (end - from) as usize);
                        from = *end;
                    }
                    left -= each.len();
                }
            }
        }
        self.rows_left -= rows;
        Ok(rows)
    }
}

/// Runs of up to 64 indices, each with its end, and their number. Every row is written and most are written
/// over: a branch at each customer's end could not be predicted.
fn ends_of_runs(each: &[u32]) -> ([(u32, u32); 64], usize) {
    let mut ends = [(0, 0); 64];
    let mut count = 0;
    let mut before = each.first().copied().unwrap_or(0);
    for (row, index) in (1..).zip(each) {
        count += usize::from(*index != before);
        before = *index;
        if let Some(end) = ends.get_mut(count) {
            *end = (*index, row);
        }
    }
    (ends, (count + 1).min(each.len()))
}

const NOT_IN_DICTIONARY: Reason = "an index is not in its dictionary";

impl<T: Int> Values<T> {
    fn new(encoding: Encoding, bytes: Bytes) -> Result<Self, Reason> {
        match encoding {
            Encoding::PLAIN => Ok(Self::Plain(bytes)),
            Encoding::DELTA_BINARY_PACKED => Ok(Self::Delta(Box::new(Delta::new(bytes)?))),
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                Ok(Self::Indices(Box::new(Hybrid::indices(&bytes)?)))
            }
            _ => Err("its footer names other encodings than its pages"),
        }
    }

    fn read(&mut self, dictionary: &[T], out: &mut [T]) -> Result<(), Reason> {
        match self {
            Self::Plain(bytes) => {
                if !T::plain(bytes, out) {
                    return Err("its values end too early");
                }
                *bytes = bytes.slice(out.len() * T::BYTES..);
                Ok(())
            }
            Self::Delta(delta) => delta.read(out),
            Self::Indices(indices) => look_up(indices, dictionary, out),
        }
    }
}

/// Fills `out` with what the next indices stand for.
pub(super) fn look_up<T: Copy>(
    indices: &mut Hybrid,
    dictionary: &[T],
    mut out: &mut [T],
) -> Result<(), Reason> {
    while !out.is_empty() {
        let done = match indices.next(out.len())? {
            Step::Repeat(index, count) => {
                let value = *dictionary.get(index as usize).ok_or(NOT_IN_DICTIONARY)?;
                out.get_mut(..count).unwrap_or_default().fill(value);
                count
            }
            Step::Each(each) => {
                for (out, index) in out.iter_mut().zip(each) {
                    *out = *dictionary.get(*index as usize).ok_or(NOT_IN_DICTIONARY)?;
                }
                each.len()
            }
        };
        out = out.split_at_mut(done).1;
    }
    Ok(())
}

/// Where the rows of a request have values; memory that is used again.
#[derive(Debug, Default)]
struct Present<T> {
    rows: Vec<u32>,
    values: Vec<T>,
}

impl<T: Int> Present<T> {
    /// Fills `out` with values where there are some, and with `none` elsewhere.
    fn spread(
        &mut self,
        levels: &mut Hybrid,
        values: &mut Values<T>,
        dictionary: &[T],
        out: &mut [T],
        none: Option<T>,
    ) -> Result<(), Reason> {
        self.find(levels, out.len())?;
        if self.rows.len() == out.len() {
            return values.read(dictionary, out);
        }
        out.fill(none.ok_or("a row has no value")?);
        self.values.resize(self.rows.len(), T::default());
        values.read(dictionary, &mut self.values)?;
        for (row, value) in self.rows.iter().zip(&self.values) {
            if let Some(out) = out.get_mut(*row as usize) {
                *out = *value;
            }
        }
        Ok(())
    }

    /// Notes which of the next rows have values.
    fn find(&mut self, levels: &mut Hybrid, count: usize) -> Result<(), Reason> {
        self.rows.clear();
        let mut row = 0_u32;
        let mut left = count;
        while left > 0 {
            match levels.next(left)? {
                Step::Repeat(level, count) => {
                    let end = row + u32::try_from(count).unwrap_or(u32::MAX);
                    if level != 0 {
                        self.rows.extend(row..end);
                    }
                    row = end;
                    left -= count;
                }
                Step::Each(each) => {
                    for level in each {
                        if *level != 0 {
                            self.rows.push(row);
                        }
                        row += 1;
                    }
                    left -= each.len();
                }
            }
        }
        Ok(())
    }
}
