//! Writes the files of one range of customers: events, masks and segment values, made from the same rows and
//! known by the same identity.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufWriter, Read as _, Write},
    path::{Path, PathBuf},
};

use fidance_domain::history::{Micros, Profile, Segments};

use crate::{
    calendar::Calendar,
    columns::{Day, DayColumns, DayWriter, Event, EventColumns, EventWriter},
    config::hex,
    customers::{self, CustomerRow},
    error::LakeError,
    place::Place,
    row::{NONE, Row},
    table::StoredFile,
};
use xxhash_rust::xxh3::Xxh3;

/// The tables, which are also their folders' names.
pub(crate) const EVENTS: &str = "events";
/// One row per customer and day of activity.
pub(crate) const DAYS: &str = "days";
/// One row per customer.
pub(crate) const CUSTOMERS: &str = "customers";
/// One row per statement on two ids.
pub(crate) const LINKS: &str = "links";

/// What the writer of an events file notes of it: see [`Facts`].
pub(crate) mod tag {
    pub(crate) const LINKS: &str = "fidance.links";
    pub(crate) const FIRST: &str = "fidance.first";
    pub(crate) const LAST: &str = "fidance.last";
    pub(crate) const ACTIVITIES: &str = "fidance.activities";
    pub(crate) const FIRST_ACTIVITY: &str = "fidance.first_activity";
    pub(crate) const LAST_ACTIVITY: &str = "fidance.last_activity";
    /// The instant up to which events are known to be complete: the end of a day where only dates are known.
    pub(crate) const UNTIL: &str = "fidance.until";
    pub(crate) const AMOUNTS: &str = "fidance.amounts";
    /// How many rows are in the file of segment values beside it, where there is one.
    pub(crate) const CUSTOMERS: &str = "fidance.customers";
    /// The checksum of all bytes of the file: see [`super::verify`].
    pub(crate) const CHECKSUM: &str = "fidance.xxh3";
}

/// Rows that are gathered before they are written.
const ROWS_AT_ONCE: usize = 1 << 16;

/// The files of one range of customers.
#[derive(Debug, Clone)]
pub(crate) struct FileSet {
    pub(crate) events: StoredFile,
    pub(crate) days: Option<StoredFile>,
    pub(crate) customers: Option<StoredFile>,
}

impl FileSet {
    /// Removes files that no log names, as far as that is possible: what is left is found by `check`.
    pub(crate) fn discard(&self, place: &Place) {
        self.paths().for_each(|path| drop(place.remove(&path)));
    }

    /// The files within the lake.
    fn paths(&self) -> impl Iterator<Item = String> + '_ {
        let files =
            [(EVENTS, Some(&self.events)), (DAYS, self.days.as_ref()), (CUSTOMERS, self.customers.as_ref())];
        files.into_iter().filter_map(|(table, file)| file.map(|file| file.within(table)))
    }
}

/// What all files of one step have in common.
#[derive(Debug)]
pub(crate) struct FileContext<'a> {
    /// Where the lake is.
    pub(crate) place: &'a Place,
    /// Names of kinds, as the rows number them.
    pub(crate) kinds: &'a [String],
    /// By kind: whether it is an activity.
    pub(crate) is_activity: &'a [bool],
    pub(crate) calendar: &'a Calendar,
    pub(crate) segments: &'a Segments,
    /// The links that the rows' persons know of.
    pub(crate) links: i64,
    /// The instant up to which the events are known to be complete.
    pub(crate) until: Micros,
}

/// Facts of a file's rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    span: Option<(Micros, Micros)>,
    activities: u64,
    activity_span: Option<(Micros, Micros)>,
    amounts: u64,
}

impl Facts {
    /// Takes a row into account.
    pub(crate) fn add(&mut self, row: &Row, is_activity: bool) {
        widen(&mut self.span, row.at);
        if is_activity {
            self.activities += 1;
            self.amounts += u64::from(row.amount != NONE);
            widen(&mut self.activity_span, row.at);
        }
    }

    /// Whether the log says the same of a file.
    pub(crate) fn are_those_of(&self, file: &StoredFile) -> bool {
        let found = self.tags();
        let ours =
            [tag::FIRST, tag::LAST, tag::ACTIVITIES, tag::FIRST_ACTIVITY, tag::LAST_ACTIVITY, tag::AMOUNTS];
        ours.into_iter().all(|tag| file.tags.get(tag) == found.get(tag))
    }

    fn tags(&self) -> HashMap<String, String> {
        let mut tags = HashMap::from([
            (tag::ACTIVITIES.to_owned(), self.activities.to_string()),
            (tag::AMOUNTS.to_owned(), self.amounts.to_string()),
        ]);
        let spans = [
            (tag::FIRST, tag::LAST, self.span),
            (tag::FIRST_ACTIVITY, tag::LAST_ACTIVITY, self.activity_span),
        ];
        for (first, last, span) in spans {
            if let Some((from, to)) = span {
                tags.insert(first.to_owned(), from.to_string());
                tags.insert(last.to_owned(), to.to_string());
            }
        }
        tags
    }
}

fn widen(span: &mut Option<(Micros, Micros)>, at: Micros) {
    *span = Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
}

/// Writes one file set.
pub(crate) struct FileSetWriter<'a> {
    context: &'a FileContext<'a>,
    bucket: Option<u16>,
    id: String,
    events: EventWriter<HashedFile>,
    events_path: PathBuf,
    unfinished: Unfinished,
    days: Option<DayFile>,
    columns: EventColumns,
    facts: Facts,
    rows: u64,
    customers: Vec<CustomerRow>,
}

struct DayFile {
    writer: DayWriter<HashedFile>,
    path: PathBuf,
    columns: DayColumns,
    rows: u64,
}

impl<'a> FileSetWriter<'a> {
    /// For a bucket, or for customers of all buckets, which are few and get no masks.
    pub(crate) fn new(context: &'a FileContext<'a>, bucket: Option<u16>) -> Result<Self, LakeError> {
        let id = new_id()?;
        let relative = StoredFile::path_of(bucket, &id);
        let mut unfinished = Unfinished::new(context.place);
        let (events_path, file) = create(EVENTS, &relative, &mut unfinished)?;
        let events = EventWriter::new(file, context.kinds).map_err(LakeError::columns(&events_path))?;
        let days = if bucket.is_some() {
            let (path, file) = create(DAYS, &relative, &mut unfinished)?;
            let writer = DayWriter::new(file).map_err(LakeError::columns(&path))?;
            Some(DayFile { writer, path, columns: DayColumns::default(), rows: 0 })
        } else {
            None
        };
        Ok(Self {
            context,
            bucket,
            id,
            events,
            events_path,
            unfinished,
            days,
            columns: EventColumns::default(),
            facts: Facts::default(),
            rows: 0,
            customers: Vec::new(),
        })
    }

    /// Adds a row, which comes after all before it.
    pub(crate) fn push(&mut self, row: &Row) -> Result<(), LakeError> {
        self.columns.push(Event {
            customer: row.customer,
            second: row.at.div_euclid(1_000_000),
            micro: i32::try_from(row.at.rem_euclid(1_000_000)).unwrap_or(0),
            kind: row.kind,
            amount: row.amount,
            was: row.was,
            clock: row.clock,
        });
        self.rows += 1;
        let is_activity = self.context.is_activity.get(usize::from(row.kind)).copied().unwrap_or(false);
        self.facts.add(row, is_activity);
        if let (true, Some(days)) = (is_activity, &mut self.days) {
            days.add(row, self.context.calendar)?;
        }
        if self.columns.rows() >= ROWS_AT_ONCE { self.flush() } else { Ok(()) }
    }

    /// Adds a row whose segment values are known by the row's profile: the first activity of each recorded
    /// customer decides, or the first event.
    pub(crate) fn push_with_profile(&mut self, row: &Row) -> Result<(), LakeError> {
        if !self.context.segments.dimensions.is_empty() {
            let row = CustomerRow {
                customer: row.customer,
                aside: !self.context.is_activity.get(usize::from(row.kind)).copied().unwrap_or(false),
                at: row.at,
                was: row.was,
                profile: Profile(row.profile),
            };
            let mut known =
                self.customers.iter_mut().rev().take_while(|known| known.customer == row.customer);
            match known.find(|known| known.was == row.was) {
                Some(known) if known.aside && !row.aside => *known = row,
                Some(_) => {}
                None => self.customers.push(row),
            }
        }
        self.push(row)
    }

    /// Notes the segment values of a customer.
    pub(crate) fn note_customer(&mut self, customer: CustomerRow) {
        self.customers.push(customer);
    }

    fn flush(&mut self) -> Result<(), LakeError> {
        self.events.write(&self.columns).map_err(LakeError::columns(&self.events_path))?;
        self.columns.clear();
        Ok(())
    }

    /// Completes the files, which are on the disk then, and in the store where the lake is in one.
    pub(crate) fn finish(mut self) -> Result<FileSet, LakeError> {
        self.flush()?;
        let (written, file) = self.events.into_sink().map_err(LakeError::columns(&self.events_path))?;
        let checksum = file.finish(&self.events_path)?;
        let stored = |rows: u64, bytes: u64, tags: HashMap<String, String>| StoredFile {
            path: StoredFile::path_of(self.bucket, &self.id),
            id: self.id.clone(),
            bucket: self.bucket,
            bytes,
            rows,
            tags,
        };
        let mut tags = self.facts.tags();
        tags.insert(tag::LINKS.to_owned(), self.context.links.to_string());
        tags.insert(tag::UNTIL.to_owned(), self.context.until.to_string());
        tags.insert(tag::CUSTOMERS.to_owned(), self.customers.len().to_string());
        tags.extend(checksum);
        let events = stored(self.rows, written.bytes, tags);
        let days = match self.days {
            Some(days) => {
                let (rows, bytes, checksum) = days.finish()?;
                Some(stored(rows, bytes, checksum))
            }
            None => None,
        };
        let customers = if self.customers.is_empty() {
            None
        } else {
            let (path, file) = create(CUSTOMERS, &events.path, &mut self.unfinished)?;
            self.customers.sort_unstable();
            let file = customers::write(&path, file, &self.customers, self.context.segments)?;
            let checksum = file.finish(&path)?;
            let bytes = fs::metadata(&path).map_err(LakeError::io("read", &path))?.len();
            Some(stored(self.customers.len() as u64, bytes, checksum))
        };
        let files = FileSet { events, days, customers };
        files.paths().try_for_each(|path| self.context.place.push(&path))?;
        self.unfinished.keep();
        Ok(files)
    }
}

impl DayFile {
    fn add(&mut self, row: &Row, calendar: &Calendar) -> Result<(), LakeError> {
        let moment = calendar.moment(row.at);
        let amount = if row.amount == NONE { 0 } else { row.amount };
        let columns = &mut self.columns;
        let of_customer = columns.runs.last().is_some_and(|run| run.customer == row.customer);
        let same = of_customer && columns.day.last() == Some(&moment.day);
        if let (true, Some(last), Some(events), Some(sum)) =
            (same, columns.last.last_mut(), columns.events.last_mut(), columns.amount.last_mut())
        {
            *last = moment.quarter;
            *events = events.saturating_add(1);
            *sum = sum.saturating_add(amount);
            return Ok(());
        }
        if columns.rows() >= ROWS_AT_ONCE {
            self.writer.write(columns).map_err(LakeError::columns(&self.path))?;
            columns.clear();
        }
        columns.push(Day {
            customer: row.customer,
            day: moment.day,
            first: moment.quarter,
            last: moment.quarter,
            events: 1,
            amount,
        });
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<(u64, u64, HashMap<String, String>), LakeError> {
        self.writer.write(&self.columns).map_err(LakeError::columns(&self.path))?;
        let (written, file) = self.writer.into_sink().map_err(LakeError::columns(&self.path))?;
        let checksum = file.finish(&self.path)?;
        Ok((self.rows, written.bytes, checksum))
    }
}

/// Files that are removed again unless they are completed.
#[derive(Debug)]
pub(crate) struct Unfinished {
    place: Place,
    files: Vec<String>,
}

impl Unfinished {
    pub(crate) fn new(place: &Place) -> Self {
        Self { place: place.clone(), files: Vec::new() }
    }

    /// Adds a file by its path within the lake.
    pub(crate) fn add(&mut self, path: String) {
        self.files.push(path);
    }

    /// They stay.
    pub(crate) fn keep(&mut self) {
        self.files.clear();
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed now is found by `check`.
        self.files.iter().for_each(|path| drop(self.place.remove(path)));
    }
}

/// A new file whose checksum is known when it is complete. Parquet has one for each page, which the library does
/// not write.
pub(crate) struct HashedFile {
    file: BufWriter<File>,
    hash: Box<Xxh3>,
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl HashedFile {
    pub(crate) fn create(path: &Path) -> Result<Self, LakeError> {
        let file = File::create(path).map_err(LakeError::io("write", path))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file), hash: Box::default() })
    }

    /// The content and the name of the file reach the disk; gives the tag with its checksum.
    pub(crate) fn finish(mut self, path: &Path) -> Result<HashMap<String, String>, LakeError> {
        self.file.flush().map_err(LakeError::io("write", path))?;
        self.file.get_ref().sync_all().map_err(LakeError::io("write", path))?;
        path.parent().map_or(Ok(()), crate::table::sync_folder)?;
        Ok(HashMap::from([(tag::CHECKSUM.to_owned(), format!("{:016x}", self.hash.digest()))]))
    }
}

/// Reads a file from end to end: its bytes must be those that were written, which structure alone does not tell.
/// Files of the first versions have no checksum.
pub(crate) fn verify(path: &Path, file: &StoredFile) -> Result<(), LakeError> {
    let Some(expected) = file.tags.get(tag::CHECKSUM) else { return Ok(()) };
    let mut source = File::open(path).map_err(|e| customers::missing(path, e))?;
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let count = source.read(&mut buffer).map_err(LakeError::io("read", path))?;
        if count == 0 {
            break;
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
    if format!("{:016x}", hash.digest()) == *expected {
        Ok(())
    } else {
        Err(LakeError::Checksum { path: path.to_owned() })
    }
}

fn create(
    table: &str,
    relative: &str,
    unfinished: &mut Unfinished,
) -> Result<(PathBuf, HashedFile), LakeError> {
    let table_folder = unfinished.place.local(table);
    let path = table_folder.join(relative);
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        fs::create_dir_all(folder).map_err(LakeError::io("make the folder", folder))?;
        // A folder that a power cut takes back takes its files along.
        crate::table::sync_folder(&table_folder)?;
    }
    let file = HashedFile::create(&path)?;
    unfinished.add(format!("{table}/{relative}"));
    Ok((path, file))
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], LakeError> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|e| {
        LakeError::io("draw random numbers from", Path::new("the system"))(std::io::Error::other(
            e.to_string(),
        ))
    })?;
    Ok(bytes)
}

/// An identity that no other file has: random, as clocks may go backwards.
pub(crate) fn new_id() -> Result<String, LakeError> {
    random().map(|bytes| hex(u128::from_be_bytes(bytes)))
}
