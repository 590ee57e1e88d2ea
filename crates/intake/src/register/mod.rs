//! From files of incidents to a register: what a business writes down of what happened, and public collections.
//!
//! Five forms are known: the register itself (JSON, see [`form`]), lists (CSV and what else is a table), VERIS, and the
//! collections of Have I Been Pwned and Information is Beautiful. An entry that cannot be used is refused with its place and
//! its reason, and the others are read: a list of three hundred incidents is not worth less for one wrong date.

mod catalogue;
mod date;
mod effects;
mod entry;
pub mod form;
mod json;
mod list;
mod one;
mod veris;
mod words;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use fidance_domain::incident::{IncidentId, Register};
use jiff::tz::TimeZone;

use self::entry::{Entry, Problem};
pub use self::{
    effects::{EffectRow, read_effects},
    one::{EntryError, EntryForm, RegisterEntry},
};
use crate::{
    dates::AtFormat,
    reader::{ParquetOpener, shown_path},
};

/// How files are to be read.
#[derive(Debug, Clone)]
pub struct RegisterOptions {
    /// The zone whose days the dates are; a time with an offset is turned to its day there.
    pub zone: TimeZone,
    /// How the dates of lists are written; found out where it is not given.
    pub at_format: Option<AtFormat>,
}

/// What was read, and what was not.
#[derive(Debug, Clone, Default)]
pub struct RegisterRead {
    /// What was read, in the order of the files.
    pub register: Register,
    /// How many of the files' entries were read.
    pub files: Vec<RegisterFile>,
    /// What was not, in the order of the files.
    pub refused: Vec<Refusal>,
    /// Columns and fields that have no meaning here, by file.
    pub unknown: Vec<UnknownField>,
}

/// A file that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterFile {
    /// Its path, as given.
    pub file: String,
    /// What it was taken for; absent where it was refused as a whole.
    pub form: Option<RegisterForm>,
    /// Entries read.
    pub read: u64,
    /// Entries refused.
    pub refused: u64,
}

/// The forms a file can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterForm {
    /// Our own JSON.
    Register,
    /// A table, one incident a row.
    List,
    /// VERIS, as the VERIS Community Database has it.
    Veris,
    /// The breaches of Have I Been Pwned.
    Hibp,
    /// The breaches of Information is Beautiful.
    Iib,
}

impl RegisterForm {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::List => "list",
            Self::Veris => "VERIS",
            Self::Hibp => "Have I Been Pwned",
            Self::Iib => "Information is Beautiful",
        }
    }
}

/// An entry, or a whole file, that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// The field or column that is wrong, where it is one.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
}

/// Where an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All of the file.
    File,
    /// A line, from 1.
    Line(u64),
    /// A JSON pointer; empty for the whole document.
    Pointer(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Pointer(pointer) if pointer.is_empty() => f.write_str("the whole document"),
            Self::Pointer(pointer) => f.write_str(pointer),
        }
    }
}

/// `file: line 3: severity: …`
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if self.place != Place::File {
            write!(f, "{}: ", self.place)?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.reason)
    }
}

/// A column or field that has no meaning here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    /// The file.
    pub file: String,
    /// Its name.
    pub name: String,
}

/// Reads files, and all `.json` and `.csv` files in folders. Never fails: what cannot be read is refused.
pub fn read_register(
    paths: &[PathBuf],
    options: &RegisterOptions,
    parquet: ParquetOpener<'_>,
) -> RegisterRead {
    let mut reading = Reading::default();
    for path in paths {
        if path.is_dir() {
            let files = files_in(path);
            if files.is_empty() {
                reading.begin(path);
                reading.refuse(Place::File, None, "there is no .json or .csv file in this folder");
            }
            files.iter().for_each(|file| read_file(&mut reading, file, options, parquet));
        } else {
            read_file(&mut reading, path, options, parquet);
        }
    }
    reading.read
}

/// The files of a folder and the folders in it, in the order of their names. Links are not followed out of it.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
            match kind {
                Ok(kind) if kind.is_dir() => open.push(path),
                _ if matches!(ending.as_deref(), Some("json" | "csv")) && path.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

fn read_file(reading: &mut Reading, path: &Path, options: &RegisterOptions, parquet: ParquetOpener<'_>) {
    reading.begin(path);
    let read = match json::read(path) {
        Ok(Some(documents)) => {
            json::entries(reading, documents, options);
            Ok(())
        }
        Ok(None) => list::entries(reading, path, options, parquet),
        Err(error) => Err(error),
    };
    if let Err(error) = read {
        let text = error.to_string();
        let reason =
            text.strip_prefix(&reading.file).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text);
        reading.refuse(Place::File, None, reason);
    }
}

/// What has been read so far.
#[derive(Debug, Default)]
struct Reading {
    read: RegisterRead,
    /// The file that is being read.
    file: String,
    /// Where each id was met first.
    ids: HashMap<IncidentId, String>,
}

impl Reading {
    fn begin(&mut self, path: &Path) {
        self.file = shown_path(path);
        self.read.files.push(RegisterFile { file: self.file.clone(), form: None, read: 0, refused: 0 });
    }

    fn form(&mut self, form: RegisterForm) {
        if let Some(file) = self.read.files.last_mut() {
            file.form = Some(form);
        }
    }

    fn refuse(&mut self, place: Place, field: Option<String>, reason: impl Into<String>) {
        if let Some(file) = self.read.files.last_mut() {
            file.refused += 1;
        }
        self.read.refused.push(Refusal { file: self.file.clone(), place, field, reason: reason.into() });
    }

    fn unknown(&mut self, name: &str) {
        let field = UnknownField { file: self.file.clone(), name: name.to_owned() };
        if !self.read.unknown.contains(&field) {
            self.read.unknown.push(field);
        }
    }

    /// Takes an entry, unless it could not be made or its id is another's.
    fn take(&mut self, place: Place, entry: Result<Entry, Problem>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(problem) => return self.refuse(place, problem.field, problem.reason),
        };
        let id = entry.id().clone();
        if let Some(first) = self.ids.get(&id) {
            let reason = format!("{id:?} is already the id of {first}", id = id.as_str());
            return self.refuse(place, Some("id".to_owned()), reason);
        }
        self.ids.insert(id, format!("{}, {place}", self.file));
        match entry {
            Entry::Incident(incident) => self.read.register.incidents.push(*incident),
            Entry::Change(change) => self.read.register.changes.push(change),
        }
        if let Some(file) = self.read.files.last_mut() {
            file.read += 1;
        }
    }
}

impl RegisterRead {
    /// Entries read.
    pub fn entries(&self) -> u64 {
        self.files.iter().map(|file| file.read).sum()
    }
}

impl Entry {
    const fn id(&self) -> &IncidentId {
        match self {
            Self::Incident(incident) => &incident.id,
            Self::Change(change) => &change.id,
        }
    }
}
