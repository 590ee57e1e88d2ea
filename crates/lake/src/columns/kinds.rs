//! The names of events: one column of text whose few distinct values get numbers that hold for the whole file.

use std::collections::HashMap;

use bytes::Bytes;
use parquet::basic::Encoding;

use super::{
    error::{ColumnsError, MAX_KINDS, Place},
    foreign::Foreign,
    hybrid::{Hybrid, Step},
    pages::{Body, Pages},
    values::look_up,
};

/// All names of a file in the order in which it first has them.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    pub(super) names: Vec<String>,
    numbers: HashMap<Vec<u8>, u16>,
}

impl Kinds {
    /// Numbers a name, new or not.
    pub(super) fn note(&mut self, place: Place, name: &[u8]) -> Result<u16, ColumnsError> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let text = std::str::from_utf8(name).map_err(|_| place.damaged("a name is not UTF-8"))?;
        if self.names.len() >= MAX_KINDS {
            return Err(ColumnsError::TooManyKinds(self.names.len() + 1));
        }
        let number = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(text.to_owned());
        self.numbers.insert(name.to_vec(), number);
        Ok(number)
    }

    fn number(&self, place: Place, name: &[u8]) -> Result<u16, ColumnsError> {
        self.numbers.get(name).copied().ok_or_else(|| place.damaged("a name is not in any dictionary"))
    }

    /// Numbers the names of one row group, whose column is encoded in ways we know.
    pub(super) fn note_pages(&mut self, mut pages: Pages, only_dictionary: bool) -> Result<(), ColumnsError> {
        let place = pages.place;
        while let Some(body) = pages.next()? {
            match body {
                Body::Dictionary { values, bytes } => {
                    let mut at = 0;
                    for _ in 0..values {
                        self.note(place, text(place, &bytes, &mut at)?)?;
                    }
                    if only_dictionary {
                        return Ok(());
                    }
                }
                Body::Data { encoding: Encoding::PLAIN, bytes, .. } => {
                    let mut at = 0;
                    while at < bytes.len() {
                        self.note(place, text(place, &bytes, &mut at)?)?;
                    }
                }
                Body::Data { .. } => {}
            }
        }
        Ok(())
    }

    /// Numbers the names of one row group in encodings that we do not write.
    pub(super) fn note_foreign(&mut self, mut column: Foreign, rows: usize) -> Result<(), ColumnsError> {
        let place = Place { column: "kind", row_group: 0 };
        column.read_texts(rows, |_, name| self.note(place, name).map(|_| ()))
    }
}

/// The next text of a page: its length and its bytes.
fn text<'a>(place: Place, bytes: &'a Bytes, at: &mut usize) -> Result<&'a [u8], ColumnsError> {
    let found = (|| {
        let length = u32::from_le_bytes(*bytes.get(*at..)?.first_chunk::<4>()?) as usize;
        let start = *at + 4;
        *at = start + length;
        bytes.get(start..*at)
    })();
    found.ok_or_else(|| place.damaged("its names end too early"))
}

/// The column of names of one row group.
pub(super) enum KindColumn {
    Ours(Box<NativeKinds>),
    Foreign(Box<Foreign>),
}

impl KindColumn {
    /// Fills `out` with the numbers of the next rows' names.
    pub(super) fn read(&mut self, kinds: &Kinds, out: &mut [u16]) -> Result<(), ColumnsError> {
        match self {
            Self::Ours(column) => column.read(kinds, out),
            Self::Foreign(column) => {
                let place = Place { column: "kind", row_group: 0 };
                column.read_texts(out.len(), |row, name| {
                    let number = kinds.number(place, name)?;
                    if let Some(out) = out.get_mut(row) {
                        *out = number;
                    }
                    Ok(())
                })
            }
        }
    }
}

/// The same in encodings that we write.
pub(super) struct NativeKinds {
    pages: Pages,
    /// The number of each name of the row group's dictionary.
    dictionary: Vec<u16>,
    indices: Option<Hybrid>,
    levels: Option<Box<Hybrid>>,
    plain: Bytes,
    rows_left: usize,
}

impl NativeKinds {
    pub(super) fn new(pages: Pages) -> Self {
        Self { pages, dictionary: Vec::new(), indices: None, levels: None, plain: Bytes::new(), rows_left: 0 }
    }

    fn read(&mut self, kinds: &Kinds, mut out: &mut [u16]) -> Result<(), ColumnsError> {
        let place = self.pages.place;
        while !out.is_empty() {
            self.open_pages(kinds)?;
            let (now, rest) = out.split_at_mut(self.rows_left.min(out.len()));
            self.rows_left -= now.len();
            if let Some(levels) = &mut self.levels {
                all_present(place, levels, now.len())?;
            }
            if let Some(indices) = &mut self.indices {
                look_up(indices, &self.dictionary, now).map_err(|reason| place.damaged(reason))?;
            } else {
                let mut at = 0;
                for out in now {
                    *out = kinds.number(place, text(place, &self.plain, &mut at)?)?;
                }
                self.plain = self.plain.slice(at..);
            }
            out = rest;
        }
        Ok(())
    }

    fn open_pages(&mut self, kinds: &Kinds) -> Result<(), ColumnsError> {
        let place = self.pages.place;
        while self.rows_left == 0 {
            match self.pages.next()? {
                None => return Err(place.damaged("it has fewer rows than its row group")),
                Some(Body::Dictionary { values, bytes }) => {
                    self.dictionary.clear();
                    let mut at = 0;
                    for _ in 0..values {
                        self.dictionary.push(kinds.number(place, text(place, &bytes, &mut at)?)?);
                    }
                }
                Some(Body::Data { rows, levels, encoding, bytes }) => {
                    self.rows_left = rows;
                    self.levels = levels;
                    if encoding == Encoding::PLAIN {
                        (self.indices, self.plain) = (None, bytes);
                    } else {
                        let indices = Hybrid::indices(&bytes).map_err(|reason| place.damaged(reason))?;
                        self.indices = Some(indices);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Every event has a name; other programs may still have made the column one that need not.
fn all_present(place: Place, levels: &mut Hybrid, rows: usize) -> Result<(), ColumnsError> {
    let mut left = rows;
    while left > 0 {
        left -= match levels.next(left).map_err(|reason| place.damaged(reason))? {
            Step::Repeat(1, count) => count,
            Step::Each(each) if each.iter().all(|level| *level == 1) => each.len(),
            _ => return Err(place.damaged("a row has no value")),
        };
    }
    Ok(())
}
