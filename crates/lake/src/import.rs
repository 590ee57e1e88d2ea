//! Takes a batch of events into the lake, once and as a whole.
//!
//! Order of things, each safe to be interrupted: message ids are held against all that were ever taken and written
//! as a key run that does not count yet; rows are sorted and written as files that belong to no table; companions
//! join their tables; the commit of the events makes all of it count at once.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use fidance_domain::{
    amount::Amount,
    history::{Micros, Segments},
};
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use crate::{
    calendar::Calendar,
    error::LakeError,
    keys::{DropSet, FolderReport, KeyFolder, KeySorter, MessageKey},
    lake::{Lake, Snapshot},
    links::Links,
    mirror::{self, KeyMirror},
    place::Place,
    row::{NONE, Row},
    sort::{PARTS, RowSorter, SortedRows},
    stored::{FileContext, FileSet, FileSetWriter},
    table::{Change, text},
};

/// Batches of up to this many events are written as one file, in order of customers; larger ones by bucket.
const FRESH_ROWS: u64 = 50_000;
/// The application whose transaction numbers tell which key runs count.
const KEYS: &str = "fidance:keys";
/// The application whose transaction number is how many message ids were ever taken.
const KEY_COUNT: &str = "fidance:key-count";
/// The folder of key runs.
pub(crate) const KEY_FOLDER: &str = "keys";

/// How a batch is taken in.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Bytes of memory for sorting.
    pub memory: usize,
    /// Folder for rows that do not fit.
    pub temp_folder: PathBuf,
    /// Threads that write.
    pub threads: NonZeroUsize,
    /// Batches of up to this many events are written as one file, larger ones as one file per bucket.
    pub fresh_rows: u64,
}

impl ImportOptions {
    /// As most people want it.
    pub fn new(memory: usize, temp_folder: PathBuf, threads: NonZeroUsize) -> Self {
        Self { memory, temp_folder, threads, fresh_rows: FRESH_ROWS }
    }
}

/// An event to be taken in.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent {
    /// The customer's pseudonym.
    pub customer: i64,
    /// Microseconds since 1970.
    pub at: Micros,
    /// The instant by the client's own clock, where `at` was corrected.
    pub clock: Option<Micros>,
    /// Number of the kind: index into the names given at the end.
    pub kind: u16,
    /// The amount, where the event has one.
    pub amount: Option<Amount>,
    /// Number of the segment values: index into the profiles given at the end.
    pub profile: u32,
    /// The hash of source and message id, where the event has one.
    pub message: Option<u128>,
}

/// What is known of a batch when all its events have been given.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Names of the kinds, as the events number them.
    pub kinds: &'a [String],
    /// The segment columns, values and profiles.
    pub segments: &'a Segments,
    /// The instant up to which the batch is complete, where that is later than just after its last event.
    pub until: Option<Micros>,
    /// The application that offers the batch and the batch's number, which never decreases; without one the content
    /// itself is the identity.
    pub transaction: Option<(String, i64)>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Events that are in the lake now and were not before.
    pub added: u64,
    /// Events that had been taken before, in this batch or in another.
    pub duplicates: u64,
    /// Whether the very same batch had been taken before, so that nothing was done.
    pub already: bool,
}

/// A batch on its way into the lake.
#[derive(Debug)]
pub struct Import {
    options: ImportOptions,
    links: std::sync::Arc<Links>,
    rows: RowSorter,
    keys: KeySorter,
    with_keys: u64,
    span: Option<(Micros, Micros)>,
    content: u128,
}

impl Lake {
    /// Begins a batch.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn import(&mut self, options: ImportOptions) -> Result<Import, LakeError> {
        self.refresh()?;
        let keys = KeySorter::new(options.memory / 3, &options.temp_folder);
        let rows = RowSorter::new(options.memory / 3 * 2, options.temp_folder.clone());
        let links = self.snapshot()?.links;
        Ok(Import { options, links, rows, keys, with_keys: 0, span: None, content: 0 })
    }
}

impl Import {
    /// Adds an event.
    ///
    /// # Errors
    /// Where temporary files cannot be written.
    pub fn push(&mut self, event: NewEvent) -> Result<(), LakeError> {
        let ordinal = self.rows.rows();
        if let Some(message) = event.message {
            self.keys.push(MessageKey::from_hash(message), ordinal)?;
            self.with_keys += 1;
        }
        let amount = event.amount.map_or(NONE, |amount| amount.steps().max(NONE + 1));
        self.note(&event, amount);
        let customer = self.links.person(event.customer);
        let was = if customer == event.customer { NONE } else { event.customer };
        let (first, last) = self.span.unwrap_or((event.at, event.at));
        self.span = Some((first.min(event.at), last.max(event.at)));
        self.rows.push(Row {
            customer,
            at: event.at,
            ordinal,
            was,
            clock: event.clock.unwrap_or(NONE),
            amount,
            profile: event.profile,
            kind: event.kind,
        })
    }

    /// The identity of the content: batches with the same events in the same order have the same.
    fn note(&mut self, event: &NewEvent, amount: i64) {
        let mut bytes = [0_u8; 56];
        let words = [
            event.customer.cast_unsigned(),
            event.at.cast_unsigned(),
            amount.cast_unsigned(),
            event.clock.unwrap_or(NONE).cast_unsigned(),
            u64::from(event.kind) << 32 | u64::from(event.profile),
        ];
        let (head, tail) = bytes.split_at_mut(40);
        head.chunks_exact_mut(8)
            .zip(words)
            .for_each(|(into, word)| into.copy_from_slice(&word.to_le_bytes()));
        tail.copy_from_slice(&event.message.unwrap_or(0).to_le_bytes());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "half of the state seeds the hash, the rest is added"
        )]
        let seed = self.content as u64;
        self.content = self.content.rotate_left(64) ^ xxh3_128_with_seed(&bytes, seed);
    }

    /// Events so far.
    pub fn rows(&self) -> u64 {
        self.rows.rows()
    }

    /// Takes the batch in.
    ///
    /// # Errors
    /// Where another process writes, or the disk fails; nothing of the batch is in the lake then.
    pub fn commit(self, lake: &mut Lake, batch: Batch<'_>) -> Result<Imported, LakeError> {
        let Batch { kinds, segments, until, transaction } = batch;
        let _lock = lake.lock()?;
        lake.has_its_settings()?;
        lake.refresh()?;
        lake.drop_stray_companions()?;
        let (application, number) = transaction
            .unwrap_or_else(|| (format!("import:{:032x}", with_names(self.content, kinds, segments)), 1));
        if lake.has_transaction(&application, number)? {
            return Ok(Imported { already: true, ..Imported::default() });
        }
        let mut keys = key_folder(lake)?;
        let rows = self.rows.rows();
        let mut transactions = vec![(application, number)];
        let dropped = if self.with_keys > 0 {
            let next = lake.events.transaction(KEYS)?.unwrap_or(0) + 1;
            transactions.push((KEYS.to_owned(), next));
            let dropped = keys.folder.take(u128::from(next.cast_unsigned()), self.keys)?;
            keys.mirror.send()?;
            if let Some(before) = known_keys(lake)? {
                let taken = self.with_keys - dropped.len();
                transactions.push((KEY_COUNT.to_owned(), before + i64::try_from(taken).unwrap_or(i64::MAX)));
            }
            dropped
        } else {
            DropSet::default()
        };
        let added = rows - dropped.len();
        let snapshot = lake.snapshot()?;
        let Some((first, last)) = self.span else {
            lake.events.commit(&Change { transactions, ..Change::default() })?;
            return Ok(Imported::default());
        };
        let is_activity: Vec<bool> = kinds.iter().map(|kind| lake.config().is_activity(kind)).collect();
        let context = FileContext {
            place: &lake.place,
            kinds,
            is_activity: &is_activity,
            calendar: &Calendar::new(lake.zone(), first, last),
            segments,
            links: self.links.last(),
            until: until.unwrap_or(last).max(last.saturating_add(1)),
        };
        let sorted = self.rows.finish()?;
        let files = write_files(&context, &snapshot, &sorted, &dropped, added, &self.options)?;
        if let Err(error) = all_there(&lake.place, &files, added)
            .and_then(|()| add_files(lake, &files, transactions, segments))
        {
            give_up(lake, &files);
            return Err(error);
        }
        // The events are in; a merge that fails now is for the next time.
        let _ = merge_keys(lake, &mut keys);
        Ok(Imported { added, duplicates: rows - added, already: false })
    }
}

/// The identity of a batch, to which the names belong that its numbers stand for: the orders of a shop and its
/// refunds may be of the same customers at the same instants.
fn with_names(content: u128, kinds: &[String], segments: &Segments) -> u128 {
    let mut bytes = content.to_le_bytes().to_vec();
    let mut list = |names: &[String]| {
        bytes.extend((names.len() as u64).to_le_bytes());
        for name in names {
            bytes.extend((name.len() as u64).to_le_bytes());
            bytes.extend(name.as_bytes());
        }
    };
    list(kinds);
    list(&segments.dimensions);
    segments.values.iter().for_each(|values| list(values));
    bytes.extend(segments.profiles.iter().flatten().flat_map(|value| value.to_le_bytes()));
    xxh3_128(&bytes)
}

/// What was written must be what came: the last look before it counts.
pub(crate) fn all_there(place: &Place, files: &[FileSet], expected: u64) -> Result<(), LakeError> {
    let written = files.iter().map(|file| file.events.rows).sum();
    if written == expected {
        return Ok(());
    }
    Err(LakeError::Miscounted { path: place.shown(""), written, expected })
}

/// Removes files whose commit failed. Where it cannot be told whether it did, they stay: `check` finds them.
pub(crate) fn give_up(lake: &mut Lake, files: &[FileSet]) {
    let events: Vec<_> = files.iter().map(|file| file.events.clone()).collect();
    if !lake.events.may_name(&events) {
        files.iter().for_each(|file| file.discard(&lake.place));
    }
}

/// The number of message ids that were ever taken, where the lake knows it: the first versions did not write it down.
fn known_keys(lake: &Lake) -> Result<Option<i64>, LakeError> {
    let counted = lake.events.transaction(KEY_COUNT)?;
    Ok(if lake.events.transaction(KEYS)?.is_none() { Some(0) } else { counted })
}

/// Whether the index has all message ids that were ever taken.
fn all_keys(lake: &Lake, folder: &KeyFolder) -> Result<(), LakeError> {
    let Some(expected) = known_keys(lake)?.map(i64::cast_unsigned) else { return Ok(()) };
    let found = folder.runs().iter().map(|run| run.count()).sum();
    if found == expected {
        return Ok(());
    }
    Err(LakeError::KeysMissing { path: lake.place.shown(KEY_FOLDER), found, expected })
}

/// The key runs on this machine, and what the store has of them.
pub(crate) struct Keys {
    folder: KeyFolder,
    mirror: KeyMirror,
}

/// The key runs; those of batches that never came into the lake are removed. Only under the lock.
pub(crate) fn key_folder(lake: &Lake) -> Result<Keys, LakeError> {
    let path = lake.place.local(KEY_FOLDER);
    std::fs::create_dir_all(&path).map_err(LakeError::io("make the folder", &path))?;
    let mut mirror = KeyMirror::bring(&lake.place)?;
    let last = u128::from(lake.events.transaction(KEYS)?.unwrap_or(0).cast_unsigned());
    let mut folder = KeyFolder::open(&path, &|batch| batch <= last)?;
    folder.sweep(&|batch| batch <= last)?;
    all_keys(lake, &folder)?;
    mirror.send()?;
    Ok(Keys { folder, mirror })
}

/// Reads all key runs from end to end and says what else is in their folder. A writer may merge runs at the same
/// time, so what is not as it should be is looked at again.
pub(crate) fn check_keys(lake: &mut Lake) -> Result<FolderReport, LakeError> {
    const TRIES: usize = 5;
    // A writer on this machine may be at work in the cache.
    let apart = lake.place.remote.as_ref().map(|_| tempfile::tempdir_in(&lake.place.root)).transpose();
    let apart = apart.map_err(LakeError::io("make a folder in", &lake.place.root))?;
    let path = apart.as_ref().map_or_else(|| lake.place.local(KEY_FOLDER), |folder| folder.path().to_owned());
    if !path.is_dir() && lake.events.transaction(KEYS)?.is_none() {
        return Ok(FolderReport::default());
    }
    let mut tries = 0;
    let folder = loop {
        let last = u128::from(lake.events.transaction(KEYS)?.unwrap_or(0).cast_unsigned());
        let fetched = mirror::fetch_into(&lake.place, &path);
        let opened = fetched.and_then(|()| Ok(KeyFolder::read(&path, &|batch| batch <= last)?));
        match opened.and_then(|folder| all_keys(lake, &folder).map(|()| folder)) {
            Ok(folder) => break folder,
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
        tries += 1;
        lake.events.refresh()?;
    };
    for run in folder.runs() {
        for key in run {
            key?;
        }
    }
    let report = folder.report().clone();
    if apart.is_none() {
        return Ok(report);
    }
    let shown = |paths: Vec<PathBuf>| -> Vec<PathBuf> {
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        paths.iter().map(|path| lake.place.shown(&format!("{KEY_FOLDER}/{}", name(path)))).collect()
    };
    Ok(FolderReport {
        foreign: shown(report.foreign),
        temporary: shown(report.temporary),
        superseded: shown(report.superseded),
    })
}

/// Joins key runs where there are many, so that the next batch has few to look into.
fn merge_keys(lake: &Lake, keys: &mut Keys) -> Result<(), LakeError> {
    let last = u128::from(lake.events.transaction(KEYS)?.unwrap_or(0).cast_unsigned());
    keys.folder.refresh(&|batch| batch <= last)?;
    while keys.folder.merge_due()? > 0 {}
    keys.mirror.send()
}

/// Adds files to the tables: companions first, then the events, which make them count.
pub(crate) fn add_files(
    lake: &mut Lake,
    files: &[FileSet],
    transactions: Vec<(String, i64)>,
    segments: &Segments,
) -> Result<(), LakeError> {
    let columns = segments.dimensions.iter().map(|name| text(name, true)).collect();
    let customers = files.iter().filter_map(|file| file.customers.clone()).collect();
    lake.customers.commit(&Change { add: customers, columns, ..Change::default() })?;
    let days = files.iter().filter_map(|file| file.days.clone()).collect();
    lake.days.commit(&Change { add: days, ..Change::default() })?;
    let events = files.iter().map(|file| file.events.clone()).collect();
    lake.events.commit(&Change { add: events, transactions, ..Change::default() })
}

/// Writes the rows that are kept: one file where they are few, one per bucket where they are many.
fn write_files(
    context: &FileContext<'_>,
    snapshot: &Snapshot,
    sorted: &SortedRows,
    dropped: &DropSet,
    rows: u64,
    options: &ImportOptions,
) -> Result<Vec<FileSet>, LakeError> {
    let take = |part: usize| sorted.take(part, |row| !dropped.contains(row.ordinal));
    if rows <= options.fresh_rows {
        let mut writer = None;
        for part in 0..PARTS {
            for row in take(part)? {
                if writer.is_none() {
                    writer = Some(FileSetWriter::new(context, None)?);
                }
                if let Some(writer) = &mut writer {
                    writer.push_with_profile(&row)?;
                }
            }
        }
        return writer.map(FileSetWriter::finish).transpose().map(|file| file.into_iter().collect());
    }
    let buckets = snapshot.config.buckets();
    let per_bucket = (PARTS / usize::from(buckets)).max(1);
    each_bucket(buckets, options.threads, |bucket| {
        let mut writer = None;
        for part in usize::from(bucket) * per_bucket..(usize::from(bucket) + 1) * per_bucket {
            for row in take(part)? {
                if writer.is_none() {
                    writer = Some(FileSetWriter::new(context, Some(bucket))?);
                }
                if let Some(writer) = &mut writer {
                    writer.push_with_profile(&row)?;
                }
            }
        }
        writer.map(FileSetWriter::finish).transpose()
    })
    .map_err(|(error, done)| {
        done.iter().for_each(|file: &FileSet| file.discard(context.place));
        error
    })
}

/// Does something for every bucket on some threads; what came of it, or the first error with what was done.
pub(crate) fn each_bucket<T: Send>(
    buckets: u16,
    threads: NonZeroUsize,
    work: impl Fn(u16) -> Result<Option<T>, LakeError> + Sync,
) -> Result<Vec<T>, (LakeError, Vec<T>)> {
    let next = AtomicU16::new(0);
    let done = Mutex::new(Vec::new());
    let run = || -> Result<(), LakeError> {
        loop {
            let bucket = next.fetch_add(1, Ordering::Relaxed);
            if bucket >= buckets {
                return Ok(());
            }
            let result = work(bucket);
            if result.is_err() {
                next.store(buckets, Ordering::Relaxed);
            }
            if let (Some(made), Ok(mut done)) = (result?, done.lock()) {
                done.push(made);
            }
        }
    };
    let outcome = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.get()).map(|_| scope.spawn(run)).collect();
        let mine = run();
        let theirs = workers.into_iter().map(|worker| worker.join().unwrap_or(Err(LakeError::WorkerLost)));
        theirs.fold(mine, Result::and)
    });
    let done = done.into_inner().unwrap_or_default();
    match outcome {
        Ok(()) => Ok(done),
        Err(error) => Err((error, done)),
    }
}
