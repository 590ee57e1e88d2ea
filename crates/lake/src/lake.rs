//! A lake: its settings, its tables, and the state of both that a reader sees.
//!
//! The log of the table `events` decides what is in the lake. Masks and segment values are companions of single
//! event files, known by the same identity: they are added before their events and removed after them, and what
//! has no event file (yet, or any more) is not looked at. So there is one commit that counts, and a process may
//! end at any instant.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use fidance_domain::history::Micros;
use jiff::tz::TimeZone;
use tokio::runtime::Runtime;

use crate::{
    config::{LakeConfig, Pseudonyms},
    error::LakeError,
    links::{self, Link, LinkAction, Links},
    lock::WriterLock,
    stored::{CUSTOMERS, DAYS, EVENTS, LINKS, tag},
    table::{self, Change, Columns, StoredFile, Table, date, decimal, flag, int, long, text},
};

/// A lake that is open.
#[derive(Debug)]
pub struct Lake {
    root: PathBuf,
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
    pub(crate) root: PathBuf,
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
    pub fn create(root: &Path, config: &LakeConfig) -> Result<Self, LakeError> {
        std::fs::create_dir_all(root).map_err(LakeError::io("make the folder", root))?;
        if !LakeConfig::exists(root) && !is_free(root)? {
            // Before the lock is taken, which would leave its file in somebody else's folder.
            return Err(LakeError::NotEmpty { path: root.to_owned() });
        }
        let _lock = WriterLock::take(root)?;
        if Self::exists(root) {
            return Err(LakeError::Exists { path: root.to_owned() });
        }
        if !LakeConfig::exists(root) && !is_free(root)? {
            return Err(LakeError::NotEmpty { path: root.to_owned() });
        }
        Pseudonyms::create(root)?;
        let runtime = runtime(root)?;
        for (name, columns) in schemas() {
            Table::create(name, &root.join(name), columns, &runtime)?;
        }
        config.save(root)?;
        Self::with_runtime(root, &runtime)
    }

    /// Opens the lake in a folder.
    ///
    /// # Errors
    /// Where there is none, or its tables cannot be read.
    pub fn open(root: &Path) -> Result<Self, LakeError> {
        if !LakeConfig::exists(root) {
            return Err(LakeError::NotALake { path: root.to_owned() });
        }
        Self::with_runtime(root, &runtime(root)?)
    }

    fn with_runtime(root: &Path, runtime: &Arc<Runtime>) -> Result<Self, LakeError> {
        let config = LakeConfig::load(root)?;
        let open = |name| Table::open(name, &root.join(name), runtime);
        Ok(Self {
            zone: config.zone()?,
            root: root.to_owned(),
            config,
            events: open(EVENTS)?,
            days: open(DAYS)?,
            customers: open(CUSTOMERS)?,
            links: open(LINKS)?,
        })
    }

    /// Whether there is a lake in a folder that a batch has come into. Where the first one failed, what was said
    /// of the lake then is not settled, and it can be made anew.
    pub fn exists(root: &Path) -> bool {
        LakeConfig::exists(root) && table::has_commits(&root.join(EVENTS))
    }

    /// Fails where another process has made the lake anew since it was opened. Only under the lock.
    pub(crate) fn has_its_settings(&self) -> Result<(), LakeError> {
        if LakeConfig::load(&self.root)? == self.config {
            return Ok(());
        }
        Err(LakeError::Exists { path: self.root.clone() })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
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
        Pseudonyms::load(&self.root)
    }

    pub(crate) fn lock(&self) -> Result<WriterLock, LakeError> {
        WriterLock::take(&self.root)
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
        let mut buckets = vec![Bucket::default(); usize::from(self.config.buckets())];
        let mut fresh = Vec::new();
        for file in self.events.files()? {
            match file.bucket {
                None => fresh.push(file),
                Some(bucket) => match buckets.get_mut(usize::from(bucket)) {
                    Some(bucket) => bucket.events.push(file),
                    None => return Err(LakeError::Foreign { table: EVENTS, file: file.path }),
                },
            }
        }
        let by_id = |files: Vec<StoredFile>| files.into_iter().map(|file| (file.id.clone(), file)).collect();
        let mut all_links = Vec::new();
        for file in self.links.files()? {
            links::read(&self.links.folder.join(&file.path), &mut all_links)?;
        }
        let fixed = crate::customers::FIXED;
        let dimensions =
            self.customers.columns()?.into_iter().filter(|name| !fixed.contains(&name.as_str())).collect();
        Ok(Snapshot {
            root: self.root.clone(),
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
        let id = crate::stored::new_id()?;
        let path = StoredFile::path_of(None, &id);
        let full = self.links.folder.join(&path);
        if let Some(folder) = full.parent() {
            std::fs::create_dir_all(folder).map_err(LakeError::io("make the folder", folder))?;
        }
        let (bytes, tags) = links::write(&full, &new)?;
        let file = StoredFile { path, id, bucket: None, bytes, rows: new.len() as u64, tags };
        self.links.commit(Change {
            add: vec![file],
            transactions: vec![transaction],
            ..Change::default()
        })?;
        Ok(true)
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
                table.commit(Change { remove: stray, ..Change::default() })?;
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

    pub(crate) fn path(&self, table: &str, file: &StoredFile) -> PathBuf {
        self.root.join(table).join(&file.path)
    }
}

/// What is in a lake's folder beside the settings.
pub(crate) const OWN_ENTRIES: [&str; 8] =
    [EVENTS, DAYS, CUSTOMERS, LINKS, "private", "keys", "writer.lock", "lake.tmp"];

/// Whether a folder has nothing in it but what `create` itself leaves when it is interrupted.
fn is_free(root: &Path) -> Result<bool, LakeError> {
    let known: BTreeSet<&str> = OWN_ENTRIES.into();
    let entries = std::fs::read_dir(root).map_err(LakeError::io("read", root))?;
    for entry in entries {
        let entry = entry.map_err(LakeError::io("read", root))?;
        if !known.contains(entry.file_name().to_string_lossy().as_ref()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn runtime(root: &Path) -> Result<Arc<Runtime>, LakeError> {
    table::runtime().map_err(LakeError::io("start the threads that read the logs of", root))
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
