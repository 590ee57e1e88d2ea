//! Pages of one column of one row group, taken apart as far as levels and values, without decoding either.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use parquet::{
    basic::Encoding,
    column::page::{Page, PageReader},
};

use super::{
    error::{ColumnsError, Place},
    hybrid::Hybrid,
};

/// Runs the library's code on bytes that may be damaged: where it panics instead of failing, that is a
/// failure too, since one bad file must not end a server.
pub(super) fn guarded<T, E: fmt::Display>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("its parts contradict each other".to_owned()),
    }
}

/// One page.
pub(super) enum Body {
    /// The values that indices stand for, stored as they are.
    Dictionary { values: usize, bytes: Bytes },
    /// Values of rows.
    Data { rows: usize, levels: Option<Box<Hybrid>>, encoding: Encoding, bytes: Bytes },
}

/// The pages of one column of one row group.
pub(super) struct Pages {
    pub(super) place: Place,
    reader: Box<dyn PageReader>,
    optional: bool,
}

impl Pages {
    pub(super) fn new(place: Place, reader: Box<dyn PageReader>, optional: bool) -> Self {
        Self { place, reader, optional }
    }

    pub(super) fn into_reader(self) -> Box<dyn PageReader> {
        self.reader
    }

    pub(super) fn next(&mut self) -> Result<Option<Body>, ColumnsError> {
        let place = self.place;
        let reader = &mut self.reader;
        match guarded(|| reader.get_next_page()).map_err(|reason| place.damaged(reason))? {
            None => Ok(None),
            Some(page) => self.body(page).map(Some),
        }
    }

    fn body(&self, page: Page) -> Result<Body, ColumnsError> {
        let place = self.place;
        let short = || place.damaged("a page is shorter than its header says");
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                Ok(Body::Dictionary { values: num_values as usize, bytes: buf })
            }
            Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                let rows = num_values as usize;
                if !self.optional {
                    return Ok(Body::Data { rows, levels: None, encoding, bytes: buf });
                }
                if def_level_encoding != Encoding::RLE {
                    return Err(place.damaged("levels are stored in a way that was given up long ago"));
                }
                let length = buf.first_chunk::<4>().ok_or_else(short)?;
                let end = 4 + u32::from_le_bytes(*length) as usize;
                self.with_levels(rows, encoding, &buf, 4, end)
            }
            Page::DataPageV2 {
                buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, ..
            } => {
                let rows = num_values as usize;
                let start = rep_levels_byte_len as usize;
                let end = start + def_levels_byte_len as usize;
                if self.optional {
                    return self.with_levels(rows, encoding, &buf, start, end);
                }
                let bytes = if end <= buf.len() { buf.slice(end..) } else { return Err(short()) };
                Ok(Body::Data { rows, levels: None, encoding, bytes })
            }
        }
    }

    fn with_levels(
        &self,
        rows: usize,
        encoding: Encoding,
        page: &Bytes,
        start: usize,
        end: usize,
    ) -> Result<Body, ColumnsError> {
        if start > end || end > page.len() {
            return Err(self.place.damaged("a page is shorter than its levels"));
        }
        let levels = Hybrid::new(page.slice(start..end), 1).map_err(|reason| self.place.damaged(reason))?;
        Ok(Body::Data { rows, levels: Some(Box::new(levels)), encoding, bytes: page.slice(end..) })
    }
}
