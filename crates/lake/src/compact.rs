//! Brings a lake back into its best shape: one file per bucket, everybody's rows under the person they belong to.
//!
//! Rows that lie elsewhere (batches that came since, customers whom links have moved) are gathered and sorted, on
//! disk if they must; then each bucket that something changes is read in order, merged and written anew. One
//! commit exchanges old files for new ones; readers keep the files they began with until a vacuum.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    num::NonZeroUsize,
    path::PathBuf,
};

use fidance_domain::{
    history::{Micros, Profile, Segments},
    time::{date_of, start_of_day},
};

use crate::{
    calendar::Calendar,
    columns::{EventColumns, EventCursor, EventReader, SharedFile, WantedOfEvents},
    customers::{self, CustomerRow, missing},
    error::LakeError,
    import::{ImportOptions, all_there, each_bucket, give_up},
    lake::{Lake, Snapshot},
    place::Place,
    row::{Kinds, NONE, Row},
    segments::SegmentsBuilder,
    sort::{PARTS, RowSorter, SortedRows},
    stored::{CUSTOMERS, EVENTS, FileContext, FileSet, FileSetWriter, tag},
    table::{Change, StoredFile, text},
};

/// A bucket is written anew when it has more files than this.
const FILES: usize = 4;
/// Or when what lies beside its largest file is more than this part of it.
const SHARE: u64 = 4;
/// Fresh rows are brought into buckets when there are more than this.
const FRESH_TOTAL: u64 = 250_000;
/// Or more files.
const FRESH_FILES: usize = 16;

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Buckets written anew.
    pub buckets: usize,
    /// Files before, in the table of events.
    pub files_before: usize,
    /// Files after.
    pub files_after: usize,
    /// Rows written.
    pub rows: u64,
}

/// How thoroughly to compact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoroughness {
    /// Only what pays: few reads are spared by writing a large file anew for a handful of rows.
    WhatPays,
    /// Until every bucket is one file.
    Everything,
}

impl Lake {
    /// Compacts; queries run on beside it, other writers wait.
    ///
    /// # Errors
    /// Where another process writes, a file is damaged or the disk fails: the lake stays as it was then.
    pub fn compact(&mut self, options: &ImportOptions, how: Thoroughness) -> Result<Compacted, LakeError> {
        let _lock = self.lock()?;
        self.refresh()?;
        self.drop_stray_companions()?;
        let snapshot = self.snapshot()?;
        let before = snapshot.event_files().count();
        let Some(plan) = Plan::new(&snapshot, how) else {
            return Ok(Compacted { files_before: before, files_after: before, ..Compacted::default() });
        };
        let mut done = self.rearrange(&snapshot, plan, options)?;
        done.files_after = before + done.files_after - done.files_before;
        done.files_before = before;
        Ok(done)
    }

    /// Writes anew what a plan says, and exchanges the files. Only under the lock.
    pub(crate) fn rearrange(
        &mut self,
        snapshot: &Snapshot,
        plan: Plan,
        options: &ImportOptions,
    ) -> Result<Compacted, LakeError> {
        let job = Job::prepare(snapshot, plan, options)?;
        let files = job.run(&self.place, options.threads)?;
        let removed: Vec<StoredFile> = job.plan.replaced(snapshot).cloned().collect();
        let confirmed = confirmed(snapshot, &removed);
        let done = Compacted {
            buckets: files.len(),
            files_before: removed.len(),
            files_after: files.len(),
            rows: files.iter().map(|file| file.events.rows).sum(),
        };
        let expected = removed.iter().map(|file| file.rows).sum();
        if let Err(error) = all_there(&self.place, &files, expected)
            .and_then(|()| exchange(self, &files, confirmed, removed, &job.segments))
        {
            give_up(self, &files);
            return Err(error);
        }
        // The files are exchanged; what stays behind in the other logs now is for the next writer.
        let _ = self.drop_stray_companions();
        Ok(done)
    }
}

/// The files that stay and know fewer links than there are. They hold nobody whom these have moved, and say so
/// from now on.
fn confirmed(snapshot: &Snapshot, removed: &[StoredFile]) -> Vec<StoredFile> {
    let last = snapshot.links.last();
    let stays = |file: &&StoredFile| !removed.iter().any(|gone| gone.path == file.path);
    let older =
        snapshot.event_files().filter(stays).filter(|file| file.number(tag::LINKS).unwrap_or(0) < last);
    older
        .map(|file| {
            let mut file = file.clone();
            file.tags.insert(tag::LINKS.to_owned(), last.to_string());
            file
        })
        .collect()
}

fn exchange(
    lake: &mut Lake,
    files: &[FileSet],
    confirmed: Vec<StoredFile>,
    remove: Vec<StoredFile>,
    segments: &Segments,
) -> Result<(), LakeError> {
    let columns = segments.dimensions.iter().map(|name| text(name, true)).collect();
    let customers = files.iter().filter_map(|file| file.customers.clone()).collect();
    lake.customers.commit(&Change { add: customers, columns, rearranges: true, ..Change::default() })?;
    let days = files.iter().filter_map(|file| file.days.clone()).collect();
    lake.days.commit(&Change { add: days, rearranges: true, ..Change::default() })?;
    let add = files.iter().map(|file| file.events.clone()).chain(confirmed).collect();
    lake.events.commit(&Change { add, remove, rearranges: true, ..Change::default() })
}

/// What is to be written anew.
#[derive(Debug)]
pub(crate) struct Plan {
    /// By bucket.
    rewrite: Vec<bool>,
    fresh: bool,
    /// Customers whose rows go elsewhere, in order: links have moved them, or they are to be forgotten.
    moved: Vec<i64>,
    /// Who is to be forgotten, and under which name nobody knows them.
    strangers: HashMap<i64, i64>,
}

impl Plan {
    /// `None` where nothing needs to be done.
    fn new(snapshot: &Snapshot, how: Thoroughness) -> Option<Self> {
        let moved = snapshot.links.touched_since(snapshot.oldest_links());
        let fresh_rows: u64 = snapshot.fresh.iter().map(|file| file.rows).sum();
        let fresh = !moved.is_empty()
            || match how {
                Thoroughness::Everything => fresh_rows > 0,
                Thoroughness::WhatPays => fresh_rows > FRESH_TOTAL || snapshot.fresh.len() > FRESH_FILES,
            };
        // Customers are spread evenly, so each bucket gets about the same part of the fresh rows.
        let arriving = if fresh { fresh_rows / (snapshot.buckets.len().max(1) as u64) } else { 0 };
        let pays = |files: &[StoredFile]| {
            let rows: u64 = arriving + files.iter().map(|file| file.rows).sum::<u64>();
            let largest = files.iter().map(|file| file.rows).max().unwrap_or(0);
            let many = files.len() + usize::from(fresh);
            many > FILES || (many > 1 && (rows - largest) * SHARE > largest)
        };
        let mut rewrite: Vec<bool> = snapshot
            .buckets
            .iter()
            .map(|bucket| match how {
                Thoroughness::Everything => bucket.events.len() + usize::from(fresh) > 1,
                Thoroughness::WhatPays => pays(&bucket.events),
            })
            .collect();
        // Whoever has moved comes from and goes to the bucket of an id that a link names.
        mark(&mut rewrite, snapshot, moved.iter());
        let strangers = HashMap::new();
        (fresh || rewrite.iter().any(|rewrite| *rewrite)).then_some(Self { rewrite, fresh, moved, strangers })
    }

    /// Gives the rows of some customers to others; along with them go those whom links have moved.
    pub(crate) fn forgetting(snapshot: &Snapshot, strangers: HashMap<i64, i64>) -> Self {
        let mut rewrite = vec![false; snapshot.buckets.len()];
        let mut moved = snapshot.links.touched_since(snapshot.oldest_links());
        moved.extend(strangers.keys());
        moved.sort_unstable();
        moved.dedup();
        mark(&mut rewrite, snapshot, moved.iter().chain(strangers.values()));
        Self { rewrite, fresh: !snapshot.fresh.is_empty(), moved, strangers }
    }

    /// A row under the person it belongs to from now on. Of whoever is forgotten nothing finer than the day is kept.
    fn at_home(&self, row: Row, snapshot: &Snapshot) -> Row {
        let recorded = row.recorded();
        if let Some(&customer) = self.strangers.get(&recorded) {
            let at = day_of(row.at, snapshot);
            return Row { customer, was: customer, at, clock: NONE, ..row };
        }
        if row.is_forgotten() {
            return row;
        }
        let customer = snapshot.links.person(recorded);
        Row { customer, was: if customer == recorded { NONE } else { recorded }, ..row }
    }

    /// Segment values under the person they belong to from now on, of the forgotten with the id they had.
    fn values_at_home(&self, row: CustomerRow, snapshot: &Snapshot) -> CustomerRow {
        let recorded = if row.was == NONE { row.customer } else { row.was };
        let person = snapshot.links.person(recorded);
        let was = if person == recorded { NONE } else { recorded };
        CustomerRow { customer: self.strangers.get(&recorded).copied().unwrap_or(person), was, ..row }
    }

    /// The files that are replaced.
    fn replaced<'s>(&self, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s StoredFile> {
        let buckets = snapshot.buckets.iter().zip(self.rewrite.clone()).filter(|(_, rewrite)| *rewrite);
        let fresh = if self.fresh { snapshot.fresh.as_slice() } else { &[] };
        buckets.flat_map(|(bucket, _)| &bucket.events).chain(fresh)
    }
}

/// The start of an instant's day in the zone of the lake.
fn day_of(at: Micros, snapshot: &Snapshot) -> Micros {
    start_of_day(&snapshot.zone, date_of(&snapshot.zone, at))
}

/// Marks the buckets of customers.
fn mark<'c>(rewrite: &mut [bool], snapshot: &Snapshot, customers: impl Iterator<Item = &'c i64>) {
    for customer in customers {
        if let Some(rewrite) = rewrite.get_mut(usize::from(snapshot.config.bucket_of(*customer))) {
            *rewrite = true;
        }
    }
}

/// Everything that is the same for all buckets.
struct Job<'s> {
    snapshot: &'s Snapshot,
    plan: Plan,
    kinds: Kinds,
    is_activity: Vec<bool>,
    calendar: Calendar,
    segments: Segments,
    /// Segment values of the customers of each bucket.
    customers: Vec<Vec<CustomerRow>>,
    /// Rows that come from elsewhere.
    loose: SortedRows,
}

impl<'s> Job<'s> {
    fn prepare(snapshot: &'s Snapshot, plan: Plan, options: &ImportOptions) -> Result<Self, LakeError> {
        let rewritten = plan.replaced(snapshot).flat_map(|file| {
            let customers = snapshot.customers.get(&file.id);
            let customers = customers.map(|customers| (customers.within(CUSTOMERS), customers.bytes));
            customers.into_iter().chain([(file.within(EVENTS), file.bytes)])
        });
        snapshot.place.fetch_all(&rewritten.collect::<Vec<_>>());
        let mut kinds = Kinds::default();
        let mut loose = RowSorter::new(options.memory, options.temp_folder.clone());
        let fresh = if plan.fresh { snapshot.fresh.as_slice() } else { &[] };
        for file in fresh {
            snapshot.verified(EVENTS, file)?;
            let mut rows = FileRows::open(snapshot, file, &mut kinds)?;
            while let Some(row) = rows.next()? {
                loose.push(plan.at_home(row, snapshot))?;
            }
        }
        let buckets = snapshot.buckets.iter().zip(&plan.rewrite);
        let read = buckets.filter(|(_, rewrite)| **rewrite || !plan.moved.is_empty());
        for file in read.flat_map(|(bucket, _)| &bucket.events) {
            // The kinds of all files that are read get their numbers here, before threads begin.
            let mut rows = FileRows::open(snapshot, file, &mut kinds)?;
            if plan.moved.is_empty() {
                continue;
            }
            while let Some(row) = rows.next()? {
                if plan.moved.binary_search(&row.customer).is_ok() {
                    loose.push(plan.at_home(row, snapshot))?;
                }
            }
        }
        let is_activity = kinds.names().iter().map(|kind| snapshot.config.is_activity(kind)).collect();
        let (segments, customers) = homes(snapshot, &plan)?;
        let span = |tag| snapshot.event_files().filter_map(move |file| file.number(tag));
        let (first, last) = (span(tag::FIRST).min().unwrap_or(0), span(tag::LAST).max().unwrap_or(0));
        let calendar = Calendar::new(&snapshot.zone, first, last);
        let loose = loose.finish()?;
        Ok(Self { snapshot, plan, kinds, is_activity, calendar, segments, customers, loose })
    }

    fn run(&self, place: &Place, threads: NonZeroUsize) -> Result<Vec<FileSet>, LakeError> {
        let context = FileContext {
            place,
            kinds: self.kinds.names(),
            is_activity: &self.is_activity,
            calendar: &self.calendar,
            segments: &self.segments,
            links: self.snapshot.links.last(),
            until: self.snapshot.until().unwrap_or(0),
        };
        each_bucket(self.snapshot.config.buckets(), threads, |bucket| {
            let rewrite = self.plan.rewrite.get(usize::from(bucket)).copied().unwrap_or(false);
            if rewrite || self.plan.fresh { self.bucket(&context, bucket) } else { Ok(None) }
        })
        .map_err(|(error, done)| {
            done.iter().for_each(|file| file.discard(place));
            error
        })
    }

    /// Merges what belongs into a bucket.
    fn bucket(&self, context: &FileContext<'_>, bucket: u16) -> Result<Option<FileSet>, LakeError> {
        let mut kinds = self.kinds.clone();
        let stored = self.snapshot.buckets.get(usize::from(bucket)).map_or(&[][..], |bucket| &bucket.events);
        let rewrite = self.plan.rewrite.get(usize::from(bucket)).copied().unwrap_or(false);
        let merged = if rewrite { stored } else { &[] };
        for file in merged {
            // A damaged page would go on under a checksum that is right.
            self.snapshot.verified(EVENTS, file)?;
        }
        let mut inputs = merged
            .iter()
            .map(|file| FileRows::open(self.snapshot, file, &mut kinds).map(Input::file))
            .collect::<Result<Vec<_>, LakeError>>()?;
        let per_bucket = (PARTS / usize::from(self.snapshot.config.buckets())).max(1);
        let mut loose = Vec::new();
        for part in usize::from(bucket) * per_bucket..(usize::from(bucket) + 1) * per_bucket {
            loose.append(&mut self.loose.take(part, |_| true)?);
        }
        inputs.push(Input::rows(loose));
        for input in &mut inputs {
            input.advance(&self.plan.moved)?;
        }
        let mut writer = None;
        // A bucket has a handful of inputs: looking at each is quicker than a heap.
        while let Some(at) = smallest(&inputs) {
            let Some(input) = inputs.get_mut(at) else { break };
            if let Some(row) = input.next {
                if writer.is_none() {
                    writer = Some(FileSetWriter::new(context, Some(bucket))?);
                }
                if let Some(writer) = &mut writer {
                    writer.push(&row)?;
                }
            }
            input.advance(&self.plan.moved)?;
        }
        let Some(mut writer) = writer else { return Ok(None) };
        for customer in self.customers.get(usize::from(bucket)).into_iter().flatten() {
            writer.note_customer(*customer);
        }
        writer.finish().map(Some)
    }
}

/// The input with the first row.
fn smallest(inputs: &[Input]) -> Option<usize> {
    let key = |row: &Row| (row.customer, row.at);
    let rows = inputs.iter().enumerate().filter_map(|(at, input)| Some((key(input.next.as_ref()?), at)));
    rows.min().map(|(_, at)| at)
}

/// One sequence of rows in order.
struct Input {
    rows: Rows,
    next: Option<Row>,
}

enum Rows {
    File(Box<FileRows>),
    Memory(std::vec::IntoIter<Row>),
}

impl Input {
    fn file(rows: FileRows) -> Self {
        Self { rows: Rows::File(Box::new(rows)), next: None }
    }

    fn rows(rows: Vec<Row>) -> Self {
        Self { rows: Rows::Memory(rows.into_iter()), next: None }
    }

    /// The next row; those of a file whose customer has moved are among the loose rows already.
    fn advance(&mut self, moved: &[i64]) -> Result<(), LakeError> {
        self.next = match &mut self.rows {
            Rows::Memory(rows) => rows.next(),
            Rows::File(rows) => loop {
                match rows.next()? {
                    Some(row) if !moved.is_empty() && moved.binary_search(&row.customer).is_ok() => {}
                    next => break next,
                }
            },
        };
        Ok(())
    }
}

/// The segment values of all customers whose bucket is written anew, by bucket.
fn homes(snapshot: &Snapshot, plan: &Plan) -> Result<(Segments, Vec<Vec<CustomerRow>>), LakeError> {
    let mut builder = SegmentsBuilder::new(snapshot.dimensions.clone());
    let mut customers: Vec<Vec<CustomerRow>> = vec![Vec::new(); snapshot.buckets.len()];
    if !snapshot.dimensions.is_empty() {
        for file in plan.replaced(snapshot).filter_map(|file| snapshot.customers.get(&file.id)) {
            let path = snapshot.verified(CUSTOMERS, file)?;
            for row in customers::read(&path, &mut builder)? {
                let row = plan.values_at_home(row, snapshot);
                let bucket = usize::from(snapshot.config.bucket_of(row.customer));
                if let Some(bucket) = customers.get_mut(bucket) {
                    bucket.push(row);
                }
            }
        }
    }
    let strangers: HashSet<i64> = plan.strangers.values().copied().collect();
    for bucket in &mut customers {
        let mut forgotten: Vec<CustomerRow> =
            bucket.extract_if(.., |row| strangers.contains(&row.customer)).collect();
        // Which of a person's values counted has to count on, though nobody can tell any more why.
        forgotten.sort_unstable();
        forgotten.dedup_by_key(|row| row.customer);
        let cut = |row: CustomerRow| CustomerRow { was: NONE, at: day_of(row.at, snapshot), ..row };
        bucket.extend(forgotten.into_iter().map(cut));
        // Of several files that know an id, the first activity counts.
        bucket.sort_unstable_by_key(|row| (row.customer, row.was, row.aside, row.at, row.profile));
        bucket.dedup_by_key(|row| (row.customer, row.was));
    }
    Ok((builder.finish(), customers))
}

/// The rows of a stored file, one after the other.
pub(crate) struct FileRows {
    cursor: EventCursor,
    columns: EventColumns,
    /// The numbers of the file's kinds.
    kinds: Vec<u16>,
    path: PathBuf,
    run: usize,
    left_in_run: u32,
    row: usize,
}

impl FileRows {
    pub(crate) fn open(snapshot: &Snapshot, file: &StoredFile, kinds: &mut Kinds) -> Result<Self, LakeError> {
        let path = snapshot.file_of(EVENTS, file)?;
        let source = File::open(&path).and_then(SharedFile::new).map_err(|e| missing(&path, e))?;
        let reader = EventReader::open(source).map_err(LakeError::columns(&path))?;
        let names = reader.kinds().map_err(LakeError::columns(&path))?;
        let kinds = names.iter().map(|name| kinds.number(name)).collect::<Result<_, _>>()?;
        let wanted = WantedOfEvents { micro: true, kind: true, amount: true, was: true, clock: true };
        let cursor =
            reader.cursor(wanted, 0..reader.row_groups().len()).map_err(LakeError::columns(&path))?;
        let columns = EventColumns::default();
        Ok(Self { cursor, columns, kinds, path, run: 0, left_in_run: 0, row: 0 })
    }

    pub(crate) fn next(&mut self) -> Result<Option<Row>, LakeError> {
        if self.row == self.columns.rows() {
            if !self.cursor.next(&mut self.columns).map_err(LakeError::columns(&self.path))? {
                return Ok(None);
            }
            self.row = 0;
            self.run = 0;
            self.left_in_run = self.columns.runs.first().map_or(0, |run| run.rows);
        }
        while self.left_in_run == 0 && self.run + 1 < self.columns.runs.len() {
            self.run += 1;
            self.left_in_run = self.columns.runs.get(self.run).map_or(0, |run| run.rows);
        }
        self.left_in_run = self.left_in_run.saturating_sub(1);
        let at = self.row;
        self.row += 1;
        Ok(self.get(at))
    }

    fn get(&self, at: usize) -> Option<Row> {
        let columns = &self.columns;
        let second = *columns.second.get(at)?;
        let instant: Micros =
            second.saturating_mul(1_000_000).saturating_add(i64::from(*columns.micro.get(at)?));
        Some(Row {
            customer: columns.runs.get(self.run)?.customer,
            at: instant,
            ordinal: 0,
            was: *columns.was.get(at)?,
            clock: *columns.clock.get(at)?,
            amount: *columns.amount.get(at)?,
            profile: Profile::default().0,
            kind: self.kinds.get(usize::from(*columns.kind.get(at)?)).copied()?,
        })
    }
}
