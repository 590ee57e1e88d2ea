//! One JSON object per line, its nested fields as columns with dotted names.
//!
//! Columns are those of the rows at the beginning of the file. A row is read straight into the cells of the
//! selected columns; fields that are not selected are passed over without being built.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt::{self, Write},
};

use fidance_domain::table::{Batch, BrokenRow, ReadError, TableReader};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{
    encoding::Encoding,
    input::Input,
    output::{Output, Selection},
    quoted::MAX_ROW,
};
use crate::note::recoded;

/// Objects nested deeper than this are not turned into columns.
const DEPTH: usize = 8;
/// More columns than this are not discovered.
const MAX_COLUMNS: usize = 2000;

/// A reader of JSON lines.
#[derive(Debug)]
pub(crate) struct JsonReader {
    input: Input,
    encoding: Encoding,
    columns: Vec<String>,
    selection: Selection,
    wanted: Field,
    output: Output,
    cells: Vec<String>,
    line: u64,
    recoded: u64,
}

/// The selected fields as a tree: where a path ends, the cell its value goes to.
#[derive(Debug, Default)]
struct Field {
    cell: Option<usize>,
    inner: HashMap<String, Field>,
}

impl Field {
    fn insert(&mut self, path: &str, cell: usize) {
        // A name with a dot in it and a nested field have the same path; both are tried.
        self.inner.entry(path.to_owned()).or_default().cell = Some(cell);
        if let Some((first, rest)) = path.split_once('.') {
            self.inner.entry(first.to_owned()).or_default().insert(rest, cell);
        }
    }
}

impl JsonReader {
    pub(crate) fn new(input: Input, encoding: Encoding) -> Self {
        let columns = discover(input.data(), input.ended());
        let selection = Selection::all(columns.len());
        let mut reader = Self {
            input,
            encoding,
            columns,
            selection,
            wanted: Field::default(),
            output: Output::default(),
            cells: Vec::new(),
            line: 1,
            recoded: 0,
        };
        let all: Vec<usize> = (0..reader.columns.len()).collect();
        reader.select(&all);
        reader
    }

    /// Takes one line; `false` at the end.
    fn step(&mut self) -> Result<bool, ReadError> {
        let Some(end) = self.line_end()? else { return Ok(false) };
        let data = self.input.data();
        let row = data.get(..end).unwrap_or(data);
        if row.len() > MAX_ROW {
            let start = String::from_utf8_lossy(row.get(..1200).unwrap_or(row)).into_owned();
            self.output.break_row(self.line, "line_too_long", &start);
            return self.skip_line();
        }
        self.cells.iter_mut().for_each(String::clear);
        let parsed = match std::str::from_utf8(row) {
            Ok(text) => Some(parse(text, &self.wanted, &mut self.cells)),
            Err(_) => self.encoding.decode(row).map(|text| {
                self.recoded += 1;
                parse(&text, &self.wanted, &mut self.cells)
            }),
        };
        match parsed {
            Some(Ok(true)) => self.output.push_cells(self.line, self.cells.iter().map(String::as_str)),
            Some(Ok(false)) => {}
            Some(Err(e)) => {
                let content = format!("[{e}] {}", String::from_utf8_lossy(row));
                self.output.break_row(self.line, "invalid_json", &content);
            }
            None => self.output.break_row(self.line, "invalid_utf8", &String::from_utf8_lossy(row)),
        }
        self.input.consume(end + 1);
        self.line += 1;
        Ok(true)
    }

    /// Where the next line ends in the buffer; beyond the longest row, how much is there.
    fn line_end(&mut self) -> Result<Option<usize>, ReadError> {
        let mut searched = 0;
        loop {
            let data = self.input.data();
            if let Some(at) = memchr::memchr(b'\n', data.get(searched..).unwrap_or(&[])) {
                return Ok(Some(searched + at));
            }
            searched = data.len();
            if searched > MAX_ROW {
                return Ok(Some(searched));
            }
            let line = self.line;
            if !self.input.fill().map_err(|e| self.input.explain(e, line))? {
                return Ok((searched > 0).then_some(searched));
            }
        }
    }

    fn skip_line(&mut self) -> Result<bool, ReadError> {
        loop {
            let data = self.input.data();
            let end = memchr::memchr(b'\n', data);
            let n = end.map_or(data.len(), |at| at + 1);
            self.input.consume(n);
            let line = self.line;
            if end.is_some() || !self.input.fill().map_err(|e| self.input.explain(e, line))? {
                self.line += 1;
                return Ok(true);
            }
        }
    }
}

impl TableReader for JsonReader {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn select(&mut self, columns: &[usize]) {
        self.selection = Selection::of(self.columns.len(), columns);
        self.cells = vec![String::new(); columns.len()];
        self.wanted = Field::default();
        for (cell, name) in columns.iter().filter_map(|&at| self.columns.get(at)).enumerate() {
            self.wanted.insert(name, cell);
        }
    }

    fn next_batch(&mut self, batch: &mut Batch, broken: &mut Vec<BrokenRow>) -> Result<bool, ReadError> {
        self.output.begin(batch, &self.selection);
        while !self.output.is_full() && self.step()? {}
        Ok(self.output.finish(batch, broken))
    }

    fn progress(&self) -> Option<(u64, u64)> {
        self.input.progress()
    }

    fn notes(&self) -> Vec<String> {
        if self.recoded == 0 {
            return Vec::new();
        }
        vec![recoded(self.recoded)]
    }
}

/// The dotted names of all fields in the rows at hand, in order of first appearance.
fn discover(head: &[u8], whole: bool) -> Vec<String> {
    let complete = if whole { head.len() } else { memchr::memrchr(b'\n', head).unwrap_or(0) };
    let (mut names, mut seen) = (Vec::new(), std::collections::HashSet::new());
    for line in head.get(..complete).unwrap_or(&[]).split(|byte| *byte == b'\n') {
        if let Ok(Value::Object(fields)) = serde_json::from_slice(line) {
            for (name, value) in &fields {
                add_names(name.clone(), value, DEPTH, &mut |name: String| {
                    if names.len() < MAX_COLUMNS && seen.insert(name.clone()) {
                        names.push(name);
                    }
                });
            }
        }
    }
    names
}

fn add_names(name: String, value: &Value, depth: usize, add: &mut dyn FnMut(String)) {
    match value {
        Value::Object(fields) if depth > 1 => {
            for (inner, value) in fields {
                add_names(format!("{name}.{inner}"), value, depth - 1, add);
            }
        }
        _ => add(name),
    }
}

/// Reads a line into the cells; `Ok(false)` where it is blank.
fn parse(text: &str, wanted: &Field, cells: &mut [String]) -> Result<bool, serde_json::Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(false);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    Row { field: wanted, cells }.deserialize(&mut json)?;
    json.end()?;
    Ok(true)
}

/// The object of a line, or one inside it.
struct Row<'a> {
    field: &'a Field,
    cells: &'a mut [String],
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object on each line")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            match self.field.inner.get(name.as_ref()) {
                Some(field) => map.next_value_seed(Cell { field, cells: self.cells })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The value of a selected field, or an object with selected fields inside.
struct Cell<'a> {
    field: &'a Field,
    cells: &'a mut [String],
}

impl Cell<'_> {
    fn write(self, value: impl fmt::Display) {
        if let Some(cell) = self.field.cell.and_then(|at| self.cells.get_mut(at)) {
            cell.clear();
            // Writing to a string does not fail.
            let _ = write!(cell, "{value}");
        }
    }
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.write(value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.write(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.write(value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.write(value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.write(value);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element::<Value>()? {
            values.push(value);
        }
        self.write(Value::Array(values));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Row { field: self.field, cells: self.cells }.visit_map(map)
    }
}

/// A field's name, borrowed from the line where it has no escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        json.deserialize_str(Text)
    }
}
