//! Is the lake whole? Reads everything, compares the masks with the events they come from, and names what is
//! wrong, what is left over, and what does not belong here.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use crate::{
    calendar::Calendar,
    columns::{Day, DayColumns, DayReader, SharedFile, WantedOfDays},
    compact::FileRows,
    config::CONFIG,
    customers::{self, missing},
    error::LakeError,
    import::KEY_FOLDER,
    lake::{Lake, OWN_ENTRIES, Snapshot},
    place::{FETCHING, Place, entries_in},
    row::{Kinds, NONE, Row},
    segments::SegmentsBuilder,
    stored::{CUSTOMERS, DAYS, EVENTS, Facts, LINKS, tag, verify},
    table::StoredFile,
};

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Files of all tables.
    pub files: usize,
    /// Events.
    pub rows: u64,
    /// Rows of masks compared with the events they come from.
    pub days: u64,
    /// What is wrong, which no vacuum mends.
    pub problems: Vec<Problem>,
    /// Files that interrupted writers left, or that were replaced and nobody needs any more.
    pub left_over: Vec<PathBuf>,
    /// Files that are not of the lake.
    pub foreign: Vec<PathBuf>,
}

/// What a vacuum removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vacuumed {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Lake {
    /// Reads all of the lake and compares what must agree. Changes nothing.
    ///
    /// # Errors
    /// Where the logs cannot be read: everything else is a [`Problem`].
    pub fn check(&mut self, threads: NonZeroUsize) -> Result<Checked, LakeError> {
        self.refresh()?;
        let snapshot = self.snapshot()?;
        let found = Mutex::new(Checked::default());
        let files: Vec<&StoredFile> = snapshot.event_files().collect();
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = check_file(&snapshot, file);
                let Ok(mut found) = found.lock() else { return };
                match outcome {
                    Ok((rows, days)) => {
                        found.rows += rows;
                        found.days += days;
                    }
                    Err(problem) => found.problems.push(problem),
                }
            }
        };
        std::thread::scope(|scope| {
            (1..threads.get()).for_each(|_| {
                scope.spawn(work);
            });
            work();
        });
        let mut found = found.into_inner().unwrap_or_default();
        found.files = files.len() + snapshot.days.len() + snapshot.customers.len();
        for file in self.links.files()? {
            if let Err(error) = anew(&snapshot, LINKS, &file).and_then(|path| verify(&path, &file)) {
                let path = snapshot.shown(LINKS, &file);
                found.problems.push(Problem { path, what: error.to_string() });
            }
        }
        match crate::import::check_keys(self) {
            Ok(report) => {
                found.left_over.extend(report.temporary.into_iter().chain(report.superseded));
                found.foreign.extend(report.foreign);
            }
            Err(error) => {
                found.problems.push(Problem { path: self.place.shown(KEY_FOLDER), what: error.to_string() });
            }
        }
        let (left_over, foreign) = self.look_around(&snapshot)?;
        found.left_over.extend(left_over.iter().map(|path| self.place.shown(path)));
        found.foreign.extend(foreign.iter().map(|path| self.place.shown(path)));
        found.problems.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Removes files that belong to no table: what interrupted writers left at once, what was replaced when it is
    /// older than `keep`, so that readers that began before can end.
    ///
    /// # Errors
    /// Where another process writes, or a file cannot be removed.
    pub fn vacuum(&mut self, keep: Duration, now: SystemTime) -> Result<Vacuumed, LakeError> {
        let done = self.remove_left_over(|at| now.duration_since(at).is_ok_and(|age| age >= keep))?;
        drop_old_parts(&self.place, now)?;
        Ok(done)
    }

    /// Removes files that belong to no table, of those that were replaced only what is old enough.
    pub(crate) fn remove_left_over(
        &mut self,
        old_enough: impl Fn(SystemTime) -> bool,
    ) -> Result<Vacuumed, LakeError> {
        let _lock = self.lock()?;
        self.refresh()?;
        self.drop_stray_companions()?;
        drop(crate::import::key_folder(self)?);
        let snapshot = self.snapshot()?;
        let (left_over, _) = self.look_around(&snapshot)?;
        let mut replaced = HashMap::new();
        for table in [&self.events, &self.days, &self.customers] {
            let of_table = |(path, at)| (format!("{}/{path}", table.name), at);
            replaced.extend(table.replaced()?.into_iter().map(of_table));
        }
        let listing = self.place.listing()?;
        let mut done = Vacuumed::default();
        for path in left_over {
            let Some(bytes) = listing.bytes(&path) else { continue };
            // No log names what an interrupted writer left. What was replaced is as old as its replacement; where
            // that is in the future (a clock went back), it is kept until its time has come.
            if replaced.get(&path).is_none_or(|at| old_enough(*at)) {
                self.place.remove(&path)?;
                done.files += 1;
                done.bytes += bytes;
            }
        }
        tidy_cache(&self.place)?;
        Ok(done)
    }

    /// Finds files in the tables' folders that no log names: those that this program left, and others.
    fn look_around(&self, snapshot: &Snapshot) -> Result<(Vec<String>, Vec<String>), LakeError> {
        let (mut left_over, mut foreign) = (Vec::new(), Vec::new());
        let known: [(&str, BTreeSet<String>); 4] = [
            (EVENTS, snapshot.event_files().map(|file| file.path.clone()).collect()),
            (DAYS, snapshot.days.values().map(|file| file.path.clone()).collect()),
            (CUSTOMERS, snapshot.customers.values().map(|file| file.path.clone()).collect()),
            (LINKS, self.links.files()?.into_iter().map(|file| file.path).collect()),
        ];
        let listing = self.place.listing()?;
        let own = |name: &str| OWN_ENTRIES.contains(&name) || name == CONFIG;
        foreign.extend(listing.entries("")?.into_iter().map(|entry| entry.name).filter(|name| !own(name)));
        for (table, known) in known {
            let log = format!("{table}/_delta_log");
            let staged = listing.entries(&log)?.into_iter().filter(|entry| is_staged(&entry.name));
            left_over.extend(staged.map(|entry| format!("{log}/{}", entry.name)));
            for entry in listing.entries(table)?.into_iter().filter(|entry| entry.name != "_delta_log") {
                let folder = format!("{table}/{}", entry.name);
                if !entry.is_folder || !entry.name.starts_with("bucket=") {
                    foreign.push(folder);
                    continue;
                }
                for file in listing.entries(&folder)? {
                    if !known.contains(&format!("{}/{}", entry.name, file.name)) {
                        let ours = is_ours(&file.name);
                        if ours { &mut left_over } else { &mut foreign }
                            .push(format!("{folder}/{}", file.name));
                    }
                }
            }
        }
        Ok((left_over, foreign))
    }
}

/// Removes copies of files that the store does not have any more, and what was begun to be fetched long ago.
fn tidy_cache(place: &Place) -> Result<(), LakeError> {
    if place.remote.is_none() {
        return Ok(());
    }
    let listing = place.listing()?;
    for table in [EVENTS, DAYS, CUSTOMERS, LINKS] {
        for bucket in entries_in(&place.local(table))?.into_iter().filter(|entry| entry.is_folder) {
            let folder = format!("{table}/{}", bucket.name);
            for file in entries_in(&place.local(&folder))? {
                let path = format!("{folder}/{}", file.name);
                if listing.bytes(&path).is_none() {
                    place.forget(&path);
                }
            }
        }
    }
    Ok(())
}

/// Removes from the cache what was fetched in part, long ago.
fn drop_old_parts(place: &Place, now: SystemTime) -> Result<(), LakeError> {
    const LONG_AGO: Duration = Duration::from_hours(24);
    if place.remote.is_none() {
        return Ok(());
    }
    for part in entries_in(&place.local(FETCHING))? {
        let path = format!("{FETCHING}/{}", part.name);
        let begun = fs::metadata(place.local(&path)).and_then(|facts| facts.modified());
        if begun.is_ok_and(|begun| now.duration_since(begun).is_ok_and(|age| age > LONG_AGO)) {
            place.forget(&path);
        }
    }
    Ok(())
}

/// A file of this machine for a check: what the store has, not what was fetched some time ago.
fn anew(snapshot: &Snapshot, table: &str, file: &StoredFile) -> Result<PathBuf, LakeError> {
    snapshot.place.fetch_anew(&file.within(table))
}

/// Whether a file has the kind of name that this program gives.
fn is_ours(name: &str) -> bool {
    name.strip_suffix(".parquet").is_some_and(|id| {
        id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// Whether an entry of a log was being written when its writer ended: its name has a number behind it.
fn is_staged(name: &str) -> bool {
    name.rsplit_once('#')
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads a file of events with its companions; rows and days, or what is wrong.
fn check_file(snapshot: &Snapshot, file: &StoredFile) -> Result<(u64, u64), Problem> {
    let shown = snapshot.shown(EVENTS, file);
    let wrong = |what: String| Problem { path: shown.clone(), what };
    let failed = |error: LakeError| wrong(error.to_string());
    let path = anew(snapshot, EVENTS, file).map_err(failed)?;
    let bytes = fs::metadata(&path).map_err(|e| failed(missing(&path, e)))?.len();
    if bytes != file.bytes {
        return Err(wrong(format!("has {bytes} bytes, the log says {}", file.bytes)));
    }
    verify(&path, file).map_err(failed)?;
    let mut kinds = Kinds::default();
    let mut rows = FileRows::open(snapshot, file, &mut kinds).map_err(failed)?;
    let span = (file.number(tag::FIRST).unwrap_or(0), file.number(tag::LAST).unwrap_or(0));
    let calendar = Calendar::new(&snapshot.zone, span.0, span.1);
    let is_activity: Vec<bool> = kinds.names().iter().map(|kind| snapshot.config.is_activity(kind)).collect();
    let mut masks = match file.bucket {
        Some(_) => Some(Masks::open(snapshot, file)?),
        None => None,
    };
    let (mut count, mut last): (u64, Option<Row>) = (0, None);
    let mut facts = Facts::default();
    while let Some(row) = rows.next().map_err(failed)? {
        count += 1;
        if last.is_some_and(|last| (last.customer, last.at) > (row.customer, row.at)) {
            return Err(wrong(format!("row {count} is out of order")));
        }
        if row.at < span.0 || row.at > span.1 {
            return Err(wrong(format!("row {count} is outside the time that the log gives")));
        }
        if file.bucket.is_some_and(|bucket| bucket != snapshot.config.bucket_of(row.customer)) {
            return Err(wrong(format!("row {count} belongs to another bucket")));
        }
        let is_activity = is_activity.get(usize::from(row.kind)).copied().unwrap_or(false);
        facts.add(&row, is_activity);
        if let (true, Some(masks)) = (is_activity, &mut masks) {
            masks.expect(&row, &calendar)?;
        }
        last = Some(row);
    }
    if count != file.rows {
        return Err(wrong(format!("has {count} rows, the log says {}", file.rows)));
    }
    if !facts.are_those_of(file) {
        return Err(wrong("has other times or activities than the log says".to_owned()));
    }
    match snapshot.customers.get(&file.id) {
        Some(customers) => check_customers(snapshot, customers)?,
        None if file.number(tag::CUSTOMERS).is_some_and(|rows| rows > 0) => {
            return Err(wrong("has no segment values beside it".to_owned()));
        }
        None => {}
    }
    let days = masks.map(Masks::finish).transpose()?.unwrap_or(0);
    Ok((count, days))
}

fn check_customers(snapshot: &Snapshot, file: &StoredFile) -> Result<(), Problem> {
    let path = snapshot.shown(CUSTOMERS, file);
    let mut segments = SegmentsBuilder::new(snapshot.dimensions.clone());
    let rows = anew(snapshot, CUSTOMERS, file)
        .and_then(|path| verify(&path, file).and_then(|()| customers::read(&path, &mut segments)));
    match rows {
        Err(error) => Err(Problem { path, what: error.to_string() }),
        Ok(rows) if rows.len() as u64 != file.rows => {
            let what = format!("has {} rows, the log says {}", rows.len(), file.rows);
            Err(Problem { path, what })
        }
        Ok(_) => Ok(()),
    }
}

/// Masks held against the events they come from.
struct Masks {
    path: PathBuf,
    stored: std::vec::IntoIter<Day>,
    cursor: crate::columns::DayCursor,
    columns: DayColumns,
    current: Option<Day>,
    compared: u64,
}

impl Masks {
    fn open(snapshot: &Snapshot, file: &StoredFile) -> Result<Self, Problem> {
        let Some(days) = snapshot.days.get(&file.id) else {
            let path = snapshot.shown(EVENTS, file);
            return Err(Problem { path, what: "has no masks beside it".to_owned() });
        };
        let shown = snapshot.shown(DAYS, days);
        let wrong = |error: LakeError| Problem { path: shown.clone(), what: error.to_string() };
        let path = anew(snapshot, DAYS, days).map_err(wrong)?;
        verify(&path, days).map_err(wrong)?;
        let source = File::open(&path).and_then(SharedFile::new).map_err(|e| wrong(missing(&path, e)))?;
        let reader = DayReader::open(source).map_err(|e| wrong(LakeError::columns(&path)(e)))?;
        let wanted = WantedOfDays { bounds: true, events: true, amount: true };
        let cursor = reader.cursor(wanted, 0..reader.row_groups().len());
        let columns = DayColumns::default();
        Ok(Self { path: shown, stored: Vec::new().into_iter(), cursor, columns, current: None, compared: 0 })
    }

    /// Adds an activity to the day that the next stored row must equal.
    fn expect(&mut self, row: &Row, calendar: &Calendar) -> Result<(), Problem> {
        let moment = calendar.moment(row.at);
        let amount = if row.amount == NONE { 0 } else { row.amount };
        match &mut self.current {
            Some(day) if day.customer == row.customer && day.day == moment.day => {
                day.last = moment.quarter;
                day.events = day.events.saturating_add(1);
                day.amount = day.amount.saturating_add(amount);
                Ok(())
            }
            _ => {
                self.compare()?;
                self.current = Some(Day {
                    customer: row.customer,
                    day: moment.day,
                    first: moment.quarter,
                    last: moment.quarter,
                    events: 1,
                    amount,
                });
                Ok(())
            }
        }
    }

    fn next_stored(&mut self) -> Result<Option<Day>, Problem> {
        if let Some(day) = self.stored.next() {
            return Ok(Some(day));
        }
        let more = self.cursor.next(&mut self.columns);
        let more = more.map_err(|error| Problem { path: self.path.clone(), what: error.to_string() })?;
        if !more {
            return Ok(None);
        }
        let columns = &self.columns;
        let row = |(at, customer): (usize, i64)| {
            Some(Day {
                customer,
                day: *columns.day.get(at)?,
                first: *columns.first.get(at)?,
                last: *columns.last.get(at)?,
                events: *columns.events.get(at)?,
                amount: *columns.amount.get(at)?,
            })
        };
        let days: Vec<Day> = columns.customers().enumerate().filter_map(row).collect();
        self.stored = days.into_iter();
        Ok(self.stored.next())
    }

    fn compare(&mut self) -> Result<(), Problem> {
        let Some(expected) = self.current.take() else { return Ok(()) };
        let stored = self.next_stored()?;
        self.compared += 1;
        if stored == Some(expected) {
            return Ok(());
        }
        let what = format!("row {} is not what the events say", self.compared);
        Err(Problem { path: self.path.clone(), what })
    }

    fn finish(mut self) -> Result<u64, Problem> {
        self.compare()?;
        if self.next_stored()?.is_some() {
            let what = format!("has rows after row {} that no event explains", self.compared);
            return Err(Problem { path: self.path, what });
        }
        Ok(self.compared)
    }
}

/// Rows per table, for those who compare with another reader.
pub type RowCounts = HashMap<&'static str, u64>;

impl Lake {
    /// Rows of each table as its log says.
    ///
    /// # Errors
    /// Where a log cannot be read.
    pub fn row_counts(&self) -> Result<RowCounts, LakeError> {
        let tables = [&self.events, &self.days, &self.customers, &self.links];
        tables
            .into_iter()
            .map(|table| Ok((table.name, table.files()?.iter().map(|file| file.rows).sum())))
            .collect()
    }

    /// The files of a table, as the present version has them; fetched, where the lake is in a store.
    ///
    /// # Errors
    /// Where there is no such table, or its log cannot be read.
    pub fn files(&self, name: &str) -> Result<Vec<PathBuf>, LakeError> {
        let tables = [&self.events, &self.days, &self.customers, &self.links];
        let Some(table) = tables.into_iter().find(|table| table.name == name) else {
            return Err(LakeError::Missing { path: self.place.shown(name) });
        };
        let files = table.files()?;
        let sizes = files.iter().map(|file| (file.within(table.name), file.bytes));
        self.place.fetch_all(&sizes.collect::<Vec<_>>());
        files.iter().map(|file| self.place.fetch(&file.within(table.name), file.bytes)).collect()
    }

    /// Bytes of each table's files, and of the index of message ids.
    ///
    /// # Errors
    /// Where a log cannot be read.
    pub fn sizes(&self) -> Result<Vec<(&'static str, u64)>, LakeError> {
        let tables = [&self.events, &self.days, &self.customers, &self.links];
        let mut sizes = tables
            .into_iter()
            .map(|table| Ok((table.name, table.files()?.iter().map(|file| file.bytes).sum())))
            .collect::<Result<Vec<_>, LakeError>>()?;
        let keys = self.place.listing()?.entries(KEY_FOLDER)?;
        sizes.push((KEY_FOLDER, keys.iter().map(|entry| entry.bytes).sum()));
        Ok(sizes)
    }
}
