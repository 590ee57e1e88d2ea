//! A lake as a source of customers' histories: what the kernels of the domain read.
//!
//! A part is a bucket: its files are read side by side in order of customers, and a customer who is in several
//! of them (because events came later) is put together on the way. Customers whom links have moved since their
//! rows were stored are passed over and put together in one more part.

mod lists;

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use fidance_domain::{
    amount::Amount,
    history::{
        ByDay, DayBatch, DayVisitor, Extent, Histories, HistoryError, HistoryVisitor, Micros, Profile,
        Segments,
    },
    time::{Days, date_of},
};
use jiff::tz::TimeZone;

use crate::{
    calendar::{DayMap, number_of},
    columns::{DayReader, EventColumns, EventReader, SharedFile, WantedOfDays, WantedOfEvents},
    customers::{PartProfiles, missing, profiles},
    days::{SecondsToDays, Source, merge},
    error::LakeError,
    lake::{Lake, Snapshot},
    marks::MarkTable,
    row::NONE,
    segments,
    stored::{DAYS, EVENTS, tag},
    table::StoredFile,
    version::Version,
    walk::{Walk, profile_of},
};

/// From what days are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// From masks wherever they can answer.
    Masks,
    /// From events alone: to check the masks, and to measure.
    Events,
}

/// What a question is about: see [`Plan::key`].
type Key = (Micros, u32, Micros, bool);

/// How one question is answered: made once, read by all buckets and threads.
#[derive(Debug)]
struct Plan {
    zone: TimeZone,
    /// Start of the first day, number of days, end, and whether amounts are wanted: what the plan is for.
    key: Key,
    seconds: SecondsToDays,
    /// The first day that does not count.
    until: u32,
    /// The days of the masks, where they can answer.
    masks: Option<Arc<DayMap>>,
    /// Whether the masks' first and last quarters of an hour are needed.
    bounds: bool,
    /// The marks of days and seconds, where these are all that is asked for.
    marks: Option<MarkTable>,
}

impl Plan {
    const fn amounts(&self) -> bool {
        self.key.3
    }
}

/// The histories of all customers of a lake, as it was when they were asked for.
#[derive(Debug)]
pub struct LakeHistories {
    snapshot: Snapshot,
    reading: Reading,
    /// Customers whose rows are stored under somebody else, in order.
    moved: Vec<i64>,
    segments: Segments,
    /// By customer, per bucket and for the part of those who were moved, in order.
    profiles: Vec<PartProfiles>,
    extent: Option<Extent>,
    has_amounts: bool,
    events: Mutex<HashMap<String, EventReader>>,
    masks: Mutex<HashMap<String, DayReader>>,
    /// The plan of the last question.
    plan: Mutex<Option<Arc<Plan>>>,
}

impl Lake {
    /// The histories of all customers as of now.
    ///
    /// # Errors
    /// Where the tables cannot be read.
    pub fn histories(&mut self, reading: Reading) -> Result<LakeHistories, LakeError> {
        self.all_values(reading).map(LakeHistories::limited)
    }

    /// The same with all values of all segments.
    pub(crate) fn all_values(&mut self, reading: Reading) -> Result<LakeHistories, LakeError> {
        self.refresh()?;
        let snapshot = self.snapshot()?;
        snapshot.fetch_ahead(reading == Reading::Masks);
        LakeHistories::new(snapshot, reading)
    }
}

impl LakeHistories {
    pub(crate) fn new(snapshot: Snapshot, reading: Reading) -> Result<Self, LakeError> {
        let moved = snapshot.links.touched_since(snapshot.oldest_links());
        let (segments, profiles) = profiles(&snapshot, &moved)?;
        let first = snapshot.event_files().filter_map(|file| file.number(tag::FIRST_ACTIVITY)).min();
        let rows = snapshot.total(tag::ACTIVITIES);
        let extent = first.zip(snapshot.until()).map(|(first, until)| Extent { first, until, rows });
        let has_amounts = snapshot.total(tag::AMOUNTS) > 0;
        Ok(Self {
            snapshot,
            reading,
            moved,
            segments,
            profiles,
            extent,
            has_amounts,
            events: Mutex::default(),
            masks: Mutex::default(),
            plan: Mutex::default(),
        })
    }

    /// With no more values of a segment than a report can tell apart.
    pub(crate) fn limited(mut self) -> Self {
        let mut customers = vec![0; self.segments.profiles.len()];
        for (_, profile) in self.profiles.iter().flatten() {
            if let Some(count) = customers.get_mut(profile.0 as usize) {
                *count += 1;
            }
        }
        segments::limit(&mut self.segments, &customers, segments::MOST_VALUES);
        self
    }

    /// What is read, in one word: the version of the events, and the last statement on who is who.
    pub fn version(&self) -> Version {
        Version { events: self.snapshot.version, links: self.snapshot.links.last() }
    }

    /// Events of all kinds.
    pub fn rows(&self) -> u64 {
        self.snapshot.rows()
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The segment values of a person.
    pub(crate) fn profile(&self, person: i64) -> Profile {
        let bucket = usize::from(self.snapshot.config.bucket_of(person));
        let parts = [self.profiles.last(), self.profiles.get(bucket)];
        parts.into_iter().flatten().find_map(|part| profile_of(part, person)).unwrap_or_default()
    }

    /// Whether days in this zone are read from masks, with amounts or without.
    pub fn reads_masks(&self, days: &Days, amounts: bool) -> bool {
        self.day_map(days, amounts).is_some()
    }

    /// The masks' days in another zone; `None` where events must be read.
    fn day_map(&self, days: &Days, amounts: bool) -> Option<Arc<DayMap>> {
        let home = &self.snapshot.zone;
        let same_zone = days.zone() == home;
        if self.reading == Reading::Events || (amounts && !same_zone) {
            return None;
        }
        let span = |tag| self.snapshot.event_files().filter_map(move |file| file.number(tag));
        let first = span(tag::FIRST_ACTIVITY).min()?;
        let last = span(tag::LAST_ACTIVITY).max()?;
        let number = |at| number_of(date_of(home, at));
        DayMap::new(home, days, number(first), number(last)).map(Arc::new)
    }

    fn event_reader(&self, file: &StoredFile) -> Result<EventReader, LakeError> {
        open(
            &self.events,
            &file.id,
            || self.snapshot.verified(EVENTS, file),
            |path, file| EventReader::open(file).map_err(LakeError::columns(path)),
        )
    }

    fn mask_reader(&self, file: &StoredFile) -> Result<DayReader, LakeError> {
        open(
            &self.masks,
            &file.id,
            || self.snapshot.verified(DAYS, file),
            |path, file| DayReader::open(file).map_err(LakeError::columns(path)),
        )
    }

    /// By the file's numbers of kinds: which are activities; empty where all are.
    fn activities(&self, reader: &EventReader, path: &Path) -> Result<Vec<bool>, LakeError> {
        let config = &self.snapshot.config;
        if config.activity.is_empty() {
            return Ok(Vec::new());
        }
        let kinds = reader.kinds().map_err(LakeError::columns(path))?;
        let flags: Vec<bool> = kinds.iter().map(|kind| config.is_activity(kind)).collect();
        Ok(if flags.iter().all(|flag| *flag) { Vec::new() } else { flags })
    }

    /// The plan for a question: the last one, where it was the same.
    fn plan(&self, days: &Days, until: Micros, visitor: &dyn DayVisitor) -> Arc<Plan> {
        let amounts = self.has_amounts && visitor.wants_amounts();
        let key = (days.start(0), days.len(), until, amounts);
        let marks = visitor.marks();
        let Ok(mut last) = self.plan.lock() else { return Arc::new(self.new_plan(days, key, marks)) };
        match &*last {
            Some(plan)
                if plan.key == key
                    && &plan.zone == days.zone()
                    && plan.marks.as_ref().map(MarkTable::by_day) == marks =>
            {
                plan.clone()
            }
            _ => {
                let plan = Arc::new(self.new_plan(days, key, marks));
                *last = Some(plan.clone());
                plan
            }
        }
    }

    fn new_plan(&self, days: &Days, key: Key, marks: Option<&[u64]>) -> Plan {
        let (_, _, until, amounts) = key;
        // What is at or after `until` is left out; where that is within a second, the second as a whole stays:
        // such an `until` is the instant after the last event.
        let second = until.div_euclid(1_000_000).saturating_add(i64::from(until % 1_000_000 != 0));
        let masks = self.day_map(days, amounts);
        Plan {
            zone: days.zone().clone(),
            key,
            seconds: SecondsToDays::new(days, second),
            until: days.day_from(until),
            bounds: masks.is_some() && days.zone() != &self.snapshot.zone,
            marks: marks.and_then(|marks| MarkTable::new(days, marks)),
            masks,
        }
    }

    /// A file of events as a source of days, from the first row group that may hold customers of the range.
    fn event_source(
        &self,
        file: &StoredFile,
        plan: &Plan,
        range: Option<(i64, i64)>,
    ) -> Result<Source, LakeError> {
        let path = self.snapshot.file_of(EVENTS, file)?;
        let reader = self.event_reader(file)?;
        let groups = match range {
            None => 0..reader.row_groups().len(),
            Some((from, to)) => overlapping(&reader, from, to),
        };
        let activities = self.activities(&reader, &path)?;
        let wanted = WantedOfEvents {
            kind: !activities.is_empty(),
            amount: plan.amounts(),
            ..WantedOfEvents::default()
        };
        let cursor = reader.cursor(wanted, groups).map_err(LakeError::columns(&path))?;
        let mut source = Source::events(cursor, plan.seconds.clone(), activities, path.into())?;
        if let Some((from, _)) = range {
            while source.customer().is_some_and(|customer| customer < from) {
                source.pass()?;
            }
        }
        Ok(source)
    }

    fn bucket_sources(&self, bucket: usize, plan: &Plan) -> Result<Vec<Source>, LakeError> {
        let range = self.range_of(bucket);
        let stored = self.snapshot.buckets.get(bucket).map_or(&[][..], |bucket| &bucket.events);
        let mut sources = Vec::new();
        for file in stored {
            match plan.masks.as_ref().zip(self.snapshot.days.get(&file.id)) {
                Some((map, days)) => {
                    let path = self.snapshot.file_of(DAYS, days)?;
                    let reader = self.mask_reader(days)?;
                    let wanted = WantedOfDays { bounds: plan.bounds, events: false, amount: plan.amounts() };
                    let cursor = reader.cursor(wanted, 0..reader.row_groups().len());
                    sources.push(Source::masks(cursor, map.clone(), plan.until, path.into())?);
                }
                None => sources.push(self.event_source(file, plan, None)?),
            }
        }
        for file in &self.snapshot.fresh {
            sources.push(self.event_source(file, plan, Some(range))?);
        }
        Ok(sources)
    }

    /// The first and the last customer that a bucket can hold.
    fn range_of(&self, bucket: usize) -> (i64, i64) {
        let bits = u32::from(self.snapshot.config.bucket_bits);
        let from = if bits == 0 { 0 } else { (bucket as u64) << (64 - bits) };
        let to = from | if bits == 0 { u64::MAX } else { u64::MAX >> bits };
        (rank_back(from), rank_back(to))
    }

    fn visit_part(
        &self,
        part: usize,
        days: &Days,
        until: Micros,
        visitor: &mut dyn DayVisitor,
    ) -> Result<(), LakeError> {
        if part < self.snapshot.buckets.len() {
            self.visit_bucket(part, days, until, visitor)
        } else {
            self.visit_moved(&mut ByDay::new(days, until, visitor))
        }
    }

    fn visit_bucket(
        &self,
        bucket: usize,
        days: &Days,
        until: Micros,
        visitor: &mut dyn DayVisitor,
    ) -> Result<(), LakeError> {
        let plan = self.plan(days, until, visitor);
        let mut sources = self.bucket_sources(bucket, &plan)?;
        let (_, last) = self.range_of(bucket);
        let profiles = self.profiles.get(bucket).map_or(&[][..], Vec::as_slice);
        let mut walk = Walk::new(visitor, profiles, &self.moved);
        if let Some(table) = &plan.marks {
            return walk.mark(&mut sources, last, table);
        }
        if let [only] = sources.as_mut_slice() {
            // A file with customers of all buckets goes on after this one.
            while let Some(customer) = only.customer().filter(|next| *next <= last) {
                if walk.is_moved(customer) {
                    only.pass()?;
                } else {
                    only.take(&mut walk.batch)?;
                    walk.close(customer);
                }
            }
            walk.hand_over();
            return Ok(());
        }
        let (mut one, mut other, mut both) = (DayBatch::default(), DayBatch::default(), DayBatch::default());
        while let Some(customer) =
            sources.iter().filter_map(Source::customer).min().filter(|next| *next <= last)
        {
            let moved = walk.is_moved(customer);
            one.clear();
            for source in sources.iter_mut().filter(|source| source.customer() == Some(customer)) {
                if moved {
                    source.pass()?;
                } else if one.is_empty() {
                    source.take(&mut one)?;
                } else {
                    other.clear();
                    source.take(&mut other)?;
                    both.clear();
                    merge(&one, &other, &mut both);
                    std::mem::swap(&mut one, &mut both);
                }
            }
            one.current().for_each(|(day, amount)| walk.batch.push(day, amount));
            walk.close(customer);
        }
        walk.hand_over();
        Ok(())
    }

    /// Hands over the activities, with their instants, of the stored customers of a range who are to be kept.
    fn visit_instants<'f>(
        &self,
        files: impl Iterator<Item = &'f StoredFile>,
        (from, to): (i64, i64),
        keep: impl Fn(i64) -> bool,
        profiles: &[(i64, Profile)],
        visitor: &mut dyn HistoryVisitor,
    ) -> Result<(), LakeError> {
        let mut rows = Vec::new();
        let mut columns = EventColumns::default();
        for file in files {
            let path = self.snapshot.file_of(EVENTS, file)?;
            let reader = self.event_reader(file)?;
            let activities = self.activities(&reader, &path)?;
            let wanted = WantedOfEvents {
                micro: true,
                kind: !activities.is_empty(),
                amount: self.has_amounts,
                was: true,
                clock: false,
            };
            let groups = overlapping(&reader, from, to);
            let mut cursor = reader.cursor(wanted, groups).map_err(LakeError::columns(&path))?;
            while cursor.next(&mut columns).map_err(LakeError::columns(&path))? {
                let mut row = 0;
                for run in &columns.runs {
                    let end = row + run.rows as usize;
                    if (from..=to).contains(&run.customer) && keep(run.customer) {
                        self.instants(&columns, &activities, run.customer, row..end, &mut rows);
                    }
                    row = end;
                }
            }
        }
        rows.sort_unstable();
        for person in rows.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(customer, ..)) = person.first() else { continue };
            visitor.begin(profile_of(profiles, customer).unwrap_or_default());
            let (at, amounts): (Vec<_>, Vec<_>) =
                person.iter().map(|(_, at, amount)| (*at, Amount::from_steps(*amount))).unzip();
            visitor.activities(&at, &amounts);
            visitor.end();
        }
        Ok(())
    }

    /// Adds the activities of a run, each under the person it belongs to.
    fn instants(
        &self,
        columns: &EventColumns,
        activities: &[bool],
        customer: i64,
        run: std::ops::Range<usize>,
        rows: &mut Vec<(i64, Micros, i64)>,
    ) {
        for at in run {
            let kind = columns.kind.get(at).copied().map(usize::from);
            if kind.and_then(|kind| activities.get(kind)) == Some(&false) {
                continue;
            }
            let some = |values: &[i64]| values.get(at).copied().filter(|value| *value != NONE);
            let person = self.snapshot.links.person(some(&columns.was).unwrap_or(customer));
            let second = columns.second.get(at).copied().unwrap_or(0);
            let micro = columns.micro.get(at).copied().unwrap_or(0);
            let instant = second.saturating_mul(1_000_000).saturating_add(i64::from(micro));
            rows.push((person, instant, some(&columns.amount).unwrap_or(0)));
        }
    }

    fn is_moved(&self, customer: i64) -> bool {
        self.moved.binary_search(&customer).is_ok()
    }

    /// The part after all buckets: those whom links have moved, wherever their rows are.
    fn visit_moved(&self, visitor: &mut dyn HistoryVisitor) -> Result<(), LakeError> {
        let (Some(&from), Some(&to)) = (self.moved.first(), self.moved.last()) else { return Ok(()) };
        let profiles = self.profiles.last().map_or(&[][..], Vec::as_slice);
        let files = self.snapshot.event_files();
        self.visit_instants(files, (from, to), |customer| self.is_moved(customer), profiles, visitor)
    }
}

/// The reader of a file, by the file's identity. Before it is opened for the first time, its checksum must be right: a
/// damaged page may well be a valid one, with other days in it.
fn open<T: Clone>(
    opened: &Mutex<HashMap<String, T>>,
    id: &str,
    verified: impl FnOnce() -> Result<PathBuf, LakeError>,
    read: impl FnOnce(&Path, SharedFile) -> Result<T, LakeError>,
) -> Result<T, LakeError> {
    if let Ok(opened) = opened.lock()
        && let Some(reader) = opened.get(id)
    {
        return Ok(reader.clone());
    }
    let path = verified()?;
    let file = File::open(&path).and_then(SharedFile::new).map_err(|e| missing(&path, e))?;
    let reader = read(&path, file)?;
    if let Ok(mut opened) = opened.lock() {
        opened.insert(id.to_owned(), reader.clone());
    }
    Ok(reader)
}

/// The row groups that may hold customers of a range.
fn overlapping(reader: &EventReader, from: i64, to: i64) -> std::ops::Range<usize> {
    let groups = reader.row_groups();
    let before = |group: &crate::columns::RowGroup| group.customers.is_some_and(|(_, last)| last < from);
    let within = |group: &crate::columns::RowGroup| group.customers.is_none_or(|(first, _)| first <= to);
    let start = groups.iter().take_while(|group| before(group)).count();
    let count = groups.iter().skip(start).take_while(|group| within(group)).count();
    start..start + count
}

const fn rank_back(rank: u64) -> i64 {
    (rank ^ (1 << 63)).cast_signed()
}

impl Histories for LakeHistories {
    fn extent(&self) -> Option<Extent> {
        self.extent
    }

    fn segments(&self) -> &Segments {
        &self.segments
    }

    fn has_amounts(&self) -> bool {
        self.has_amounts
    }

    fn parts(&self) -> usize {
        self.snapshot.buckets.len() + usize::from(!self.moved.is_empty())
    }

    fn visit(&self, part: usize, visitor: &mut dyn HistoryVisitor) -> Result<(), HistoryError> {
        let Some(bucket) = self.snapshot.buckets.get(part) else {
            return self.visit_moved(visitor).map_err(failed);
        };
        let files = bucket.events.iter().chain(&self.snapshot.fresh);
        let profiles = self.profiles.get(part).map_or(&[][..], Vec::as_slice);
        let stays = |customer| !self.is_moved(customer);
        self.visit_instants(files, self.range_of(part), stays, profiles, visitor).map_err(failed)
    }

    fn visit_days(
        &self,
        part: usize,
        days: &Days,
        until: Micros,
        visitor: &mut dyn DayVisitor,
    ) -> Result<(), HistoryError> {
        self.visit_part(part, days, until, visitor).map_err(failed)
    }
}

fn failed(error: LakeError) -> HistoryError {
    HistoryError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::rank;

    #[test]
    fn ranks_go_back_and_forth() {
        for customer in [i64::MIN, -1, 0, 7, i64::MAX] {
            assert_eq!(rank_back(rank(customer)), customer);
        }
    }
}
