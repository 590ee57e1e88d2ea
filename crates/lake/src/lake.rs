//! A lake: its settings, its tables, and the state of both that a reader sees.
//!
//! The log of the table `events` decides what is in the lake. Masks and segment values are companions of single
//! event files, known by the same identity: they are added before their events and removed after them, and what
//! has no event file (yet, or any more) is not looked at. So there is one commit that counts, and a process may
//! end at any instant.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use fidance_domain::history::Micros;
use jiff::tz::TimeZone;

use crate::{
    config::{LakeConfig, Pseudonyms},
    error::LakeError,
    links::{self, Link, LinkAction, Links},
    lock::WriterLock,
    place::{Location, Place},
    stored::{CUSTOMERS, DAYS, EVENTS, LINKS, Unfinished, tag, verify},
    table::{self, Change, Columns, StoredFile, Table, date, decimal, flag, int, long, text},
};

/// The application whose transactions keep a writer from committing whose lease was taken over.
pub(crate) const FENCE: &str = "fidance:lease";

/// A lake that is open.
#[derive(Debug)]
pub struct Lake {
    pub(crate) place: Place,
    config: LakeConfig,
    zone: TimeZone,
    pub(crate) events: Table,
    pub(crate) days: Table,
    pub(crate) customers: Table,
    pub(crate) links: Table,
}

/// The files of one bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bucket {
    pub(crate) events: Vec<StoredFile>,
}

/// What a lake holds at one instant. It stays readable while others write, until a vacuum.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) place: Place,
    pub(crate) config: LakeConfig,
    pub(crate) zone: TimeZone,
    pub(crate) version: u64,
    pub(crate) buckets: Vec<Bucket>,
    /// Files with customers of all buckets.
    pub(crate) fresh: Vec<StoredFile>,
    pub(crate) days: HashMap<String, StoredFile>,
    pub(crate) customers: HashMap<String, StoredFile>,
    pub(crate) dimensions: Vec<String>,
    pub(crate) links: Arc<Links>,
}

impl Lake {
    /// Makes a new lake in a folder that is empty or not there yet.
    ///
    /// # Errors
    /// Where the folder holds something else, or cannot be written to.
    pub fn create(location: impl Into<Location>, config: &LakeConfig) -> Result<Self, LakeError> {
        let place = Place::new(&location.into())?;
        std::fs::create_dir_all(&place.root).map_err(LakeError::io("make the folder", &place.root))?;
        // Before the lock is taken, which would leave its file in somebody else's folder.
        is_free(&place)?;
        let _lock = WriterLock::take(&place)?;
        if is_settled(&place)? {
            return Err(LakeError::Exists { path: place.shown("") });
        }
        is_free(&place)?;
        Pseudonyms::create(&place)?;
        for (name, columns) in schemas() {
            Table::create(name, &place, columns)?;
        }
        config.save(&place)?;
        Self::in_place(place)
    }

    /// Opens the lake in a folder or a store.
    ///
    /// # Errors
    /// Where there is none, or its tables cannot be read.
    pub fn open(location: impl Into<Location>) -> Result<Self, LakeError> {
        Self::in_place(Place::new(&location.into())?)
    }

    fn in_place(place: Place) -> Result<Self, LakeError> {
        let config = LakeConfig::load(&place)?;
        let open = |name| Table::open(name, &place);
        Ok(Self {
            zone: config.zone()?,
            config,
            events: open(EVENTS)?,
            days: open(DAYS)?,
            customers: open(CUSTOMERS)?,
            links: open(LINKS)?,
            place,
        })
    }

    /// Whether there is a lake in a place that a batch has come into. Where the first one failed, what was said
    /// of the lake then is not settled, and it can be made anew.
    ///
    /// # Errors
    /// Where the place cannot be read.
    pub fn exists(location: impl Into<Location>) -> Result<bool, LakeError> {
        let location = location.into();
        if matches!(&location, Location::Folder(root) if !root.is_dir()) {
            return Ok(false);
        }
        is_settled(&Place::new(&location)?)
    }

    /// Fails where another process has made the lake anew since it was opened. Only under the lock.
    pub(crate) fn has_its_settings(&self) -> Result<(), LakeError> {
        if LakeConfig::load(&self.place)? == self.config {
            return Ok(());
        }
        Err(LakeError::Exists { path: self.place.shown("") })
    }

    /// The settings.
    pub fn config(&self) -> &LakeConfig {
        &self.config
    }

    /// The business's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The secret of the pseudonyms.
    ///
    /// # Errors
    /// Where it cannot be read: it is needed to add events, not to read them.
    pub fn pseudonyms(&self) -> Result<Pseudonyms, LakeError> {
        Pseudonyms::load(&self.place)
    }

    pub(crate) fn lock(&mut self) -> Result<WriterLock, LakeError> {
        let lock = WriterLock::take(&self.place)?;
        if lock.is_unfenced() {
            self.fence()?;
            lock.set_fenced();
        }
        Ok(lock)
    }

    /// Makes a commit that changes nothing, so that what a writer prepared before can not be committed any more.
    fn fence(&mut self) -> Result<(), LakeError> {
        const TRIES: usize = 5;
        let mut tries = 0;
        loop {
            self.events.refresh()?;
            let next = self.events.transaction(FENCE)?.unwrap_or(0) + 1;
            let transactions = vec![(FENCE.to_owned(), next)];
            match self.events.commit(&Change { transactions, ..Change::default() }) {
                // The writer before was quicker: what it has committed counts.
                Err(LakeError::Conflict { .. }) if tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    /// Takes notice of what other processes have committed.
    pub(crate) fn refresh(&mut self) -> Result<(), LakeError> {
        self.events.refresh()?;
        loop {
            // Companions are added before their events and removed after them: where the events are still the same
            // once the companions are known, all of these were there. Links are only ever added.
            let version = self.events.version();
            for table in [&mut self.links, &mut self.days, &mut self.customers] {
                table.refresh()?;
            }
            self.events.refresh()?;
            if self.events.version() == version {
                return Ok(());
            }
        }
    }

    /// What the lake holds as of the last refresh.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, LakeError> {
        let (buckets, fresh) = self.by_bucket(self.events.files()?)?;
        let by_id = |files: Vec<StoredFile>| files.into_iter().map(|file| (file.id.clone(), file)).collect();
        let mut all_links = Vec::new();
        let files = self.links.files()?;
        self.place.fetch_all(&files.iter().map(|file| (file.within(LINKS), file.bytes)).collect::<Vec<_>>());
        for file in files {
            links::read(&self.place.fetch(&file.within(LINKS), file.bytes)?, &mut all_links)?;
        }
        let fixed = crate::customers::FIXED;
        let dimensions =
            self.customers.columns()?.into_iter().filter(|name| !fixed.contains(&name.as_str())).collect();
        Ok(Snapshot {
            place: self.place.clone(),
            config: self.config.clone(),
            zone: self.zone.clone(),
            version: self.events.version(),
            buckets,
            fresh,
            days: by_id(self.days.files()?),
            customers: by_id(self.customers.files()?),
            dimensions,
            links: Arc::new(Links::new(all_links)),
        })
    }

    /// Files of events by bucket, and those that hold customers of all buckets.
    pub(crate) fn by_bucket(
        &self,
        files: Vec<StoredFile>,
    ) -> Result<(Vec<Bucket>, Vec<StoredFile>), LakeError> {
        let mut buckets = vec![Bucket::default(); usize::from(self.config.buckets())];
        let mut fresh = Vec::new();
        for file in files {
            match file.bucket {
                None => fresh.push(file),
                Some(bucket) => match buckets.get_mut(usize::from(bucket)) {
                    Some(bucket) => bucket.events.push(file),
                    None => return Err(LakeError::Foreign { table: EVENTS, file: file.path }),
                },
            }
        }
        Ok((buckets, fresh))
    }

    /// Says of pairs of ids that they are one person, or are not. The same statements offered twice under one
    /// number of one application are taken once.
    ///
    /// # Errors
    /// Where another process writes, or the disk fails.
    pub fn link(
        &mut self,
        statements: &[(i64, LinkAction, i64, i64)],
        transaction: (String, i64),
    ) -> Result<bool, LakeError> {
        let _lock = self.lock()?;
        self.refresh()?;
        if self.links.transaction(&transaction.0)?.is_some_and(|last| last >= transaction.1) {
            return Ok(false);
        }
        let next = self.snapshot()?.links.last() + 1;
        let made = |(n, &(at, action, from, into)): (i64, &(i64, LinkAction, i64, i64))| Link {
            at,
            sequence: next + n,
            action,
            from,
            into,
        };
        let new: Vec<Link> = (0..).zip(statements).map(made).collect();
        self.commit_links(&new, Vec::new(), vec![transaction]).map(|()| true)
    }

    /// Writes a file of statements and exchanges it for others. Only under the lock.
    pub(crate) fn commit_links(
        &mut self,
        links: &[Link],
        remove: Vec<StoredFile>,
        transactions: Vec<(String, i64)>,
    ) -> Result<(), LakeError> {
        let id = crate::stored::new_id()?;
        let path = StoredFile::path_of(None, &id);
        let mut file =
            StoredFile { path, id, bucket: None, bytes: 0, rows: links.len() as u64, tags: HashMap::new() };
        let within = file.within(LINKS);
        let full = self.place.local(&within);
        if let Some(folder) = full.parent() {
            std::fs::create_dir_all(folder).map_err(LakeError::io("make the folder", folder))?;
        }
        let mut unfinished = Unfinished::new(&self.place);
        unfinished.add(within.clone());
        (file.bytes, file.tags) = links::write(&full, links)?;
        self.place.push(&within)?;
        let change = Change { add: vec![file.clone()], remove, transactions, ..Change::default() };
        let committed = self.links.commit(&change);
        if committed.is_ok() || self.links.may_name(&[file]) {
            unfinished.keep();
        }
        committed
    }

    /// All statements on pairs of ids, in the order in which they count, as of now.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn statements(&mut self) -> Result<Vec<Link>, LakeError> {
        self.refresh()?;
        Ok(self.snapshot()?.links.statements().to_vec())
    }

    /// The version of the events, and the number of small files that wait for a compaction, as of the last change.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn state(&self) -> Result<(u64, usize), LakeError> {
        let fresh = self.events.files()?.iter().filter(|file| file.bucket.is_none()).count();
        Ok((self.events.version(), fresh))
    }

    /// Whether a batch of an application is in the lake.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn has_transaction(&self, application: &str, number: i64) -> Result<bool, LakeError> {
        Ok(self.events.transaction(application)?.is_some_and(|last| last >= number))
    }

    /// Removes companions whose events are not in the lake (any more): what an interrupted writer left in the
    /// logs. Only under the lock.
    pub(crate) fn drop_stray_companions(&mut self) -> Result<usize, LakeError> {
        let live: HashSet<String> = self.events.files()?.into_iter().map(|file| file.id).collect();
        let mut dropped = 0;
        for table in [&mut self.days, &mut self.customers] {
            let stray: Vec<StoredFile> =
                table.files()?.into_iter().filter(|file| !live.contains(&file.id)).collect();
            dropped += stray.len();
            if !stray.is_empty() {
                table.commit(&Change { remove: stray, ..Change::default() })?;
            }
        }
        Ok(dropped)
    }
}

impl Snapshot {
    /// All files of events with where they are.
    pub(crate) fn event_files(&self) -> impl Iterator<Item = &StoredFile> {
        self.buckets.iter().flat_map(|bucket| &bucket.events).chain(&self.fresh)
    }

    /// The lowest sequence of links that any file knows.
    pub(crate) fn oldest_links(&self) -> i64 {
        self.event_files().filter_map(|file| file.number(tag::LINKS)).min().unwrap_or(i64::MAX)
    }

    /// The instant up to which events are known to be complete.
    pub(crate) fn until(&self) -> Option<Micros> {
        self.event_files().filter_map(|file| file.number(tag::UNTIL)).max()
    }

    /// The sum of a tag over all files of events.
    pub(crate) fn total(&self, tag: &str) -> u64 {
        self.event_files().filter_map(|file| u64::try_from(file.number(tag)?).ok()).sum()
    }

    /// Rows of all files of events.
    pub(crate) fn rows(&self) -> u64 {
        self.event_files().map(|file| file.rows).sum()
    }

    /// A file on this machine, fetched if it is not there.
    pub(crate) fn file_of(&self, table: &str, file: &StoredFile) -> Result<PathBuf, LakeError> {
        self.place.fetch(&file.within(table), file.bytes)
    }

    /// A file's place as people know it.
    pub(crate) fn shown(&self, table: &str, file: &StoredFile) -> PathBuf {
        self.place.shown(&file.within(table))
    }

    /// A file on this machine whose bytes are those that were written. A copy that is damaged is fetched anew.
    pub(crate) fn verified(&self, table: &str, file: &StoredFile) -> Result<PathBuf, LakeError> {
        let path = self.file_of(table, file)?;
        let Err(error) = verify(&path, file) else { return Ok(path) };
        if self.place.remote.is_none() {
            return Err(error);
        }
        let path = self.place.fetch_anew(&file.within(table))?;
        verify(&path, file).map_err(|error| match error {
            LakeError::Checksum { .. } => LakeError::Checksum { path: self.shown(table, file) },
            other => other,
        })?;
        Ok(path)
    }

    /// Fetches ahead what a reader of all customers needs.
    pub(crate) fn fetch_ahead(&self, masks: bool) {
        let mut files: Vec<(String, u64)> = Vec::new();
        for file in self.event_files() {
            if let Some(customers) = self.customers.get(&file.id) {
                files.push((customers.within(CUSTOMERS), customers.bytes));
            }
            match self.days.get(&file.id).filter(|_| masks) {
                Some(days) => files.push((days.within(DAYS), days.bytes)),
                None => files.push((file.within(EVENTS), file.bytes)),
            }
        }
        self.place.fetch_all(&files);
    }
}

/// What is in a lake's folder beside the settings.
pub(crate) const OWN_ENTRIES: [&str; 10] = [
    EVENTS,
    DAYS,
    CUSTOMERS,
    LINKS,
    "private",
    "keys",
    "writer.lock",
    "writer.lease",
    "writer.clock",
    "lake.tmp",
];

/// Fails where a place that is no lake has anything in it but what `create` itself leaves when it is interrupted.
fn is_free(place: &Place) -> Result<(), LakeError> {
    if LakeConfig::exists(place)? {
        return Ok(());
    }
    let known: BTreeSet<&str> = OWN_ENTRIES.into();
    let entries = place.listing()?.entries("")?;
    if entries.iter().all(|entry| known.contains(entry.name.as_str())) {
        return Ok(());
    }
    Err(LakeError::NotEmpty { path: place.shown("") })
}

/// Whether a batch has come into the lake of a place.
fn is_settled(place: &Place) -> Result<bool, LakeError> {
    Ok(LakeConfig::exists(place)? && table::has_commits(place, EVENTS)?)
}

/// The tables of a new lake with their columns; `bucket` is the folder a row is in.
fn schemas() -> [(&'static str, Columns); 4] {
    let bucket = || int("bucket", true);
    [
        (
            EVENTS,
            vec![
                long("customer", false),
                long("second", false),
                int("micro", false),
                text("kind", false),
                decimal("amount", true),
                long("was", true),
                long("clock", true),
                bucket(),
            ],
        ),
        (
            DAYS,
            vec![
                long("customer", false),
                date("day", false),
                int("first", false),
                int("last", false),
                int("events", false),
                decimal("amount", false),
                bucket(),
            ],
        ),
        (
            CUSTOMERS,
            vec![
                long("customer", false),
                long("was", true),
                flag("activity", false),
                long("second", false),
                int("micro", false),
                bucket(),
            ],
        ),
        (
            LINKS,
            vec![
                long("sequence", false),
                long("second", false),
                int("micro", false),
                text("action", false),
                long("customer", false),
                long("into", false),
                bucket(),
            ],
        ),
    ]
}
