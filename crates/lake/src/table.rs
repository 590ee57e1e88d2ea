//! One Delta Lake table: which files it consists of, and how that changes in one step.
//!
//! This file is the only one that names `deltalake_core`. A table here is a set of files that other modules
//! write and read; the log makes a new set the valid one atomically, and remembers application transactions so
//! that the same batch is not added twice.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use deltalake_core::{
    DeltaTable, DeltaTableError, ObjectStore,
    kernel::{
        Action, Add, DataType, MetadataExt as _, StructField, StructType, TombstoneView,
        transaction::{CommitBuilder, CommitProperties, TableReference, TransactionError},
    },
    logstore::{LogStoreRef, StorageConfig, default_logstore},
    operations::create::CreateBuilder,
    protocol::{DeltaOperation, SaveMode},
};
use futures::TryStreamExt as _;
use object_store::prefix::PrefixStore;

use crate::{
    error::LakeError,
    lake::FENCE,
    place::{Place, Remote},
};

/// The partition of files that hold customers of all buckets.
const FRESH: &str = "-1";

/// Columns of a table.
pub(crate) type Columns = Vec<StructField>;

/// A column of whole numbers of 64 bits.
pub(crate) fn long(name: &str, optional: bool) -> StructField {
    StructField::new(name, DataType::LONG, optional)
}

/// A column of truth values.
pub(crate) fn flag(name: &str, optional: bool) -> StructField {
    StructField::new(name, DataType::BOOLEAN, optional)
}

/// A column of whole numbers of 32 bits.
pub(crate) fn int(name: &str, optional: bool) -> StructField {
    StructField::new(name, DataType::INTEGER, optional)
}

/// A column of text.
pub(crate) fn text(name: &str, optional: bool) -> StructField {
    StructField::new(name, DataType::STRING, optional)
}

/// A column of dates.
pub(crate) fn date(name: &str, optional: bool) -> StructField {
    StructField::new(name, DataType::DATE, optional)
}

/// A column of amounts: 18 digits, four of them decimals.
pub(crate) fn decimal(name: &str, optional: bool) -> StructField {
    let kind = DataType::decimal(18, 4).unwrap_or(DataType::LONG);
    StructField::new(name, kind, optional)
}

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredFile {
    /// Path relative to the table's folder, with `/` between folders.
    pub(crate) path: String,
    /// Identity that companion files in other tables share: the file's name without its ending.
    pub(crate) id: String,
    /// The bucket of customers; `None` where the file holds customers of all buckets.
    pub(crate) bucket: Option<u16>,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// Number of rows.
    pub(crate) rows: u64,
    /// What the writer noted of the file.
    pub(crate) tags: HashMap<String, String>,
}

impl StoredFile {
    /// The path of a file with this identity.
    pub(crate) fn path_of(bucket: Option<u16>, id: &str) -> String {
        match bucket {
            Some(bucket) => format!("bucket={bucket}/{id}.parquet"),
            None => format!("bucket={FRESH}/{id}.parquet"),
        }
    }

    /// The path within the lake.
    pub(crate) fn within(&self, table: &str) -> String {
        format!("{table}/{}", self.path)
    }

    /// A whole number among the tags.
    pub(crate) fn number(&self, tag: &str) -> Option<i64> {
        self.tags.get(tag)?.parse().ok()
    }
}

/// One change of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    /// Files that belong to the table from now on.
    pub(crate) add: Vec<StoredFile>,
    /// Files that do not any more.
    pub(crate) remove: Vec<StoredFile>,
    /// Applications and numbers of the transactions that the change completes.
    pub(crate) transactions: Vec<(String, i64)>,
    /// Whether rows come or go, or only change their place.
    pub(crate) rearranges: bool,
    /// Columns that the table must have from now on.
    pub(crate) columns: Columns,
}

/// A table, as of its last refresh.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    place: Place,
    delta: DeltaTable,
}

impl Table {
    /// Makes an empty table in the lake of this place, partitioned by bucket.
    pub(crate) fn create(name: &'static str, place: &Place, columns: Columns) -> Result<(), LakeError> {
        let failed = |source| log_error("make", name, place, source);
        let mut create = CreateBuilder::new();
        if let Some(remote) = &place.remote {
            place.may_commit()?;
            create = create.with_log_store(log_store(remote, name)?);
        } else {
            let folder = place.local(name);
            fs::create_dir_all(&folder).map_err(LakeError::io("make the folder", &folder))?;
            create = create.with_location(folder.display().to_string());
        }
        let create = create
            .with_table_name(name)
            .with_columns(columns)
            .with_partition_columns(["bucket"])
            .with_save_mode(SaveMode::Ignore)
            .with_configuration(settings());
        place.runtime.block_on(async { create.await }).map(drop).map_err(failed)
    }

    /// Opens a table of the lake of this place.
    pub(crate) fn open(name: &'static str, place: &Place) -> Result<Self, LakeError> {
        let failed = |source| log_error("read", name, place, source);
        let delta = if let Some(remote) = &place.remote {
            let mut delta = DeltaTable::new(log_store(remote, name)?);
            place.runtime.block_on(delta.load()).map_err(failed)?;
            delta
        } else {
            let folder = place.local(name);
            has_no_empty_entry(name, &folder.join("_delta_log"))?;
            let url = deltalake_core::ensure_table_uri(folder.display().to_string()).map_err(failed)?;
            place.runtime.block_on(deltalake_core::open_table(url)).map_err(failed)?
        };
        Ok(Self { name, place: place.clone(), delta })
    }

    /// Takes notice of what other processes have committed.
    pub(crate) fn refresh(&mut self) -> Result<(), LakeError> {
        let done = self.place.runtime.block_on(self.delta.update_state());
        done.map_err(|source| log_error("read", self.name, &self.place, source))
    }

    /// The version that [`Table::files`] shows.
    pub(crate) fn version(&self) -> u64 {
        self.delta.version().unwrap_or(0)
    }

    /// The names of all columns.
    pub(crate) fn columns(&self) -> Result<Vec<String>, LakeError> {
        let state = self.delta.snapshot().map_err(|e| log_error("read", self.name, &self.place, e))?;
        Ok(state.schema().fields().map(|field| field.name().clone()).collect())
    }

    /// The files of the table in an earlier version.
    pub(crate) fn at(&self, version: u64) -> Result<Vec<StoredFile>, LakeError> {
        if version == self.version() {
            return self.files();
        }
        let failed = |source| log_error("read", self.name, &self.place, source);
        let mut earlier = DeltaTable::new(self.delta.log_store());
        self.place.runtime.block_on(earlier.load_version(version)).map_err(failed)?;
        Self { name: self.name, place: self.place.clone(), delta: earlier }.files()
    }

    /// Files that belonged to the table once: where they are and how large, and nothing of what they hold.
    pub(crate) fn replaced_files(&self) -> Result<Vec<StoredFile>, LakeError> {
        let removed = self.tombstones()?;
        let known = removed.iter().filter_map(|view| {
            let path = view.path().into_owned();
            let id = path.rsplit('/').next()?.strip_suffix(".parquet")?.to_owned();
            let bytes = u64::try_from(view.size()?).ok()?;
            Some(StoredFile { path, id, bucket: None, bytes, rows: 0, tags: HashMap::new() })
        });
        Ok(known.collect())
    }

    fn tombstones(&self) -> Result<Vec<TombstoneView>, LakeError> {
        let failed = |source| log_error("read", self.name, &self.place, source);
        let state = self.delta.snapshot().map_err(failed)?;
        let log = self.delta.log_store();
        let removed =
            self.place.runtime.block_on(async { state.all_tombstones(log.as_ref()).try_collect().await });
        removed.map_err(failed)
    }

    /// The files of the table, in order of their paths.
    pub(crate) fn files(&self) -> Result<Vec<StoredFile>, LakeError> {
        let state = self.delta.snapshot().map_err(|e| log_error("read", self.name, &self.place, e))?;
        let mut files: Vec<StoredFile> = state
            .log_data()
            .iter()
            .map(|view| {
                #[expect(deprecated, reason = "the only access to a file's tags")]
                self.stored(&view.add_action())
            })
            .collect::<Result<_, _>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Files that belonged to the table once, and when they were replaced.
    pub(crate) fn replaced(&self) -> Result<Vec<(String, SystemTime)>, LakeError> {
        let removed = self.tombstones()?;
        let at = |millis: i64| UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        let when = |view: &TombstoneView| at(view.deletion_timestamp().unwrap_or(0));
        Ok(removed.iter().map(|view| (view.path().into_owned(), when(view))).collect())
    }

    /// The number of the last transaction of an application.
    pub(crate) fn transaction(&self, application: &str) -> Result<Option<i64>, LakeError> {
        let failed = |source| log_error("read", self.name, &self.place, source);
        let state = self.delta.snapshot().map_err(failed)?;
        let log = self.delta.log_store();
        self.place.runtime.block_on(state.transaction_version(log.as_ref(), application)).map_err(failed)
    }

    /// Makes a change the valid state, if nothing else was committed since the last refresh.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] where something was: nothing has happened then.
    pub(crate) fn commit(&mut self, change: &Change) -> Result<(), LakeError> {
        let failed = |source| log_error("write", self.name, &self.place, source);
        self.place.may_commit()?;
        let state = self.delta.snapshot().map_err(failed)?;
        let now = now_millis();
        self.mark_as_replaced(&change.remove);
        let mut actions: Vec<Action> = Vec::new();
        if let Some(schema) = self.widened(&change.columns)? {
            let metadata = state.metadata().clone().with_schema(&schema).map_err(|e| failed(e.into()))?;
            actions.push(Action::Metadata(metadata));
        }
        let data_change = !change.rearranges;
        let leaving: HashSet<&str> = change.remove.iter().map(|file| file.path.as_str()).collect();
        for view in state.log_data().iter().filter(|view| leaving.contains(view.path().as_ref())) {
            actions.push(Action::Remove(view.remove_action(data_change)));
        }
        actions.extend(change.add.iter().map(|file| Action::Add(add(file, now, data_change))));
        if actions.is_empty() && change.transactions.is_empty() {
            return Ok(());
        }
        let mut properties = CommitProperties::default().with_max_retries(0);
        for (application, number) in change.transactions.clone() {
            let transaction =
                deltalake_core::kernel::Transaction::new_with_last_update(application, number, Some(now));
            properties = properties.with_application_transaction(transaction);
        }
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(vec!["bucket".to_owned()]),
            predicate: None,
        };
        let reference: &dyn TableReference = state;
        let commit = CommitBuilder::from(properties).with_actions(actions).build(
            Some(reference),
            self.delta.log_store(),
            operation,
        );
        let before = self.version();
        if let Err(error) = self.place.runtime.block_on(async { commit.await }) {
            // A checkpoint is written after the commit and may fail alone, on a full disk for one; and a store may
            // have heard of the commit although its answer was lost. Then the change is made, and whoever took it
            // for failed would delete files that the log names.
            if self.refresh().is_err() || self.version() == before || !self.has_happened(change)? {
                return Err(if is_conflict(&error) {
                    LakeError::Conflict { table: self.name }
                } else {
                    log_error("write", self.name, &self.place, error)
                });
            }
        }
        if self.place.remote.is_none() {
            self.sync_log(before + 1)?;
        }
        self.refresh()
    }

    /// Whether the table is as a change makes it. Identities are random, and a transaction is committed once.
    fn has_happened(&self, change: &Change) -> Result<bool, LakeError> {
        for (application, number) in &change.transactions {
            if self.transaction(application)? != Some(*number) {
                return Ok(false);
            }
        }
        let files: HashSet<String> = self.files()?.into_iter().map(|file| file.path).collect();
        let added = |file: &StoredFile| change.add.iter().any(|added| added.path == file.path);
        let gone = |file: &StoredFile| !files.contains(&file.path) || added(file);
        Ok(change.add.iter().all(|file| files.contains(&file.path)) && change.remove.iter().all(gone))
    }

    /// Whether the log names any of these files, as far as it can be read: where it cannot, it may name them all.
    pub(crate) fn may_name(&mut self, files: &[StoredFile]) -> bool {
        let named = self.refresh().and_then(|()| self.files());
        named.map_or(true, |named| named.iter().any(|named| files.iter().any(|file| file.path == named.path)))
    }

    /// Lets the age of files begin anew, as far as that is possible: a vacuum keeps them for those who read them
    /// still, however long ago they were written.
    fn mark_as_replaced(&self, files: &[StoredFile]) {
        if self.place.remote.is_some() {
            return;
        }
        let now = now();
        for file in files {
            let path = self.place.local(&file.within(self.name));
            let _ = fs::File::options().append(true).open(path).and_then(|file| file.set_modified(now));
        }
    }

    /// A power cut must not take back what was committed: the log's newest entry, its checkpoint if it has one,
    /// and its folder reach the disk.
    fn sync_log(&self, version: u64) -> Result<(), LakeError> {
        let log = self.place.local(self.name).join("_delta_log");
        let entry = format!("{version:020}");
        for name in
            [format!("{entry}.json"), format!("{entry}.checkpoint.parquet"), "_last_checkpoint".to_owned()]
        {
            let path = log.join(name);
            if let Ok(file) = fs::File::open(&path) {
                file.sync_all().map_err(LakeError::io("write", &path))?;
            }
        }
        sync_folder(&log)
    }

    /// The schema with these columns added; `None` where it has them all.
    fn widened(&self, columns: &[StructField]) -> Result<Option<StructType>, LakeError> {
        let failed = |source| log_error("read", self.name, &self.place, source);
        let state = self.delta.snapshot().map_err(failed)?;
        let schema = state.schema();
        let missing: Vec<StructField> =
            columns.iter().filter(|column| schema.field(column.name()).is_none()).cloned().collect();
        if missing.is_empty() {
            return Ok(None);
        }
        let fields = schema.fields().cloned().chain(missing);
        StructType::try_new(fields).map(Some).map_err(|e| failed(DeltaTableError::from(e)))
    }

    fn stored(&self, add: &Add) -> Result<StoredFile, LakeError> {
        let foreign = || LakeError::Foreign { table: self.name, file: add.path.clone() };
        let bucket = match add.partition_values.get("bucket") {
            Some(Some(bucket)) if bucket == FRESH => None,
            Some(Some(bucket)) => Some(bucket.parse().map_err(|_| foreign())?),
            _ => return Err(foreign()),
        };
        let tags: HashMap<String, String> = add
            .tags
            .iter()
            .flatten()
            .filter_map(|(tag, value)| Some((tag.clone(), value.clone()?)))
            .collect();
        let name = add.path.rsplit('/').next().unwrap_or_default();
        let id = name.strip_suffix(".parquet").ok_or_else(foreign)?.to_owned();
        let rows = tags.get(ROWS).and_then(|rows| rows.parse().ok()).ok_or_else(foreign)?;
        let bytes = u64::try_from(add.size).unwrap_or(0);
        Ok(StoredFile { path: add.path.clone(), id, bucket, bytes, rows, tags })
    }
}

const ROWS: &str = "fidance.rows";

fn add(file: &StoredFile, now: i64, data_change: bool) -> Add {
    let bucket = file.bucket.map_or_else(|| FRESH.to_owned(), |bucket| bucket.to_string());
    let mut tags: HashMap<String, Option<String>> =
        file.tags.iter().map(|(tag, value)| (tag.clone(), Some(value.clone()))).collect();
    tags.insert(ROWS.to_owned(), Some(file.rows.to_string()));
    Add {
        path: file.path.clone(),
        partition_values: HashMap::from([("bucket".to_owned(), Some(bucket))]),
        size: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        modification_time: now,
        data_change,
        stats: Some(format!("{{\"numRecords\":{}}}", file.rows)),
        tags: Some(tags),
        ..Add::default()
    }
}

/// Whether anything was committed to a table since it was made.
pub(crate) fn has_commits(place: &Place, table: &str) -> Result<bool, LakeError> {
    let first = format!("{:020}.json", 0);
    let is_later = |name: &str| name != first && !name.starts_with(&format!("{first}#"));
    let Some(remote) = &place.remote else {
        let entries = fs::read_dir(place.local(table).join("_delta_log"));
        return Ok(entries.is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| is_later(&entry.file_name().to_string_lossy())))
        }));
    };
    for entry in remote.list(&format!("{table}/_delta_log"))? {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        if !is_later(name) {
            continue;
        }
        // A writer that takes over a lease makes a commit that changes nothing.
        let text = remote.get(&entry.path)?.map(|entry| entry.bytes).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        if !text.contains(FENCE) || text.lines().any(|line| line.starts_with("{\"add\":")) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The log of a table in a store. The library makes an entry only where there is none of its number, which the store
/// decides.
fn log_store(remote: &Arc<Remote>, table: &'static str) -> Result<LogStoreRef, LakeError> {
    let shown = remote.shown(table);
    let url = url::Url::parse(&format!("{shown}/")).map_err(|e| LakeError::Store {
        doing: "reach",
        url: shown,
        reason: e.to_string(),
    })?;
    let objects: Arc<dyn ObjectStore> = remote.objects();
    let of_table = Arc::new(PrefixStore::new(objects.clone(), remote.path(table)));
    Ok(default_logstore(of_table, objects, &url, &StorageConfig::default()))
}

/// An entry without content is what a power cut may leave of a commit. The library passes over it, and what the
/// commit had changed would be gone without a word.
fn has_no_empty_entry(table: &'static str, log: &Path) -> Result<(), LakeError> {
    let Ok(entries) = fs::read_dir(log) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(LakeError::io("read", log))?;
        let path = entry.path();
        let is_entry = path.extension().is_some_and(|ending| ending == "json");
        // What is removed meanwhile is an old entry that a checkpoint has replaced.
        if is_entry && entry.metadata().is_ok_and(|facts| facts.len() == 0) {
            return Err(LakeError::EmptyEntry { table, path });
        }
    }
    Ok(())
}

/// Files that left a table stay for readers that still use them, and for reading an earlier version.
fn settings() -> [(String, Option<String>); 2] {
    [
        ("delta.deletedFileRetentionDuration".to_owned(), Some("interval 7 days".to_owned())),
        ("delta.logRetentionDuration".to_owned(), Some("interval 30 days".to_owned())),
    ]
}

fn is_conflict(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::VersionAlreadyExists(_)
            | DeltaTableError::Transaction {
                source: TransactionError::MaxCommitAttempts(_)
                    | TransactionError::CommitConflict(_)
                    | TransactionError::VersionAlreadyExists(_)
            }
    )
}

fn log_error(doing: &'static str, table: &'static str, place: &Place, source: DeltaTableError) -> LakeError {
    LakeError::Log { doing, table, path: place.shown(table), source: Box::new(source) }
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), LakeError> {
    let handle = fs::File::open(folder).map_err(LakeError::io("open", folder))?;
    handle.sync_all().map_err(LakeError::io("write", folder))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the log's format wants a time, and a vacuum the age of files; no figure depends on it"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Milliseconds since 1970.
fn now_millis() -> i64 {
    let since = now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
