//! Everything that a lake holds of single persons: to give it to them, and to see that nothing is left.

use std::collections::{BTreeSet, HashMap};

use fidance_domain::{amount::Amount, history::Micros};

use crate::{
    compact::FileRows,
    customers::{self, CustomerRow},
    error::LakeError,
    lake::{Lake, Snapshot},
    links::Link,
    row::{Kinds, NONE},
    segments::SegmentsBuilder,
    stored::CUSTOMERS,
    table::StoredFile,
};

/// An event of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonEvent {
    /// The id under which it was recorded.
    pub recorded_as: i64,
    /// When it was.
    pub at: Micros,
    /// The instant by the client's own clock, where `at` was corrected.
    pub clock: Option<Micros>,
    /// Its name.
    pub kind: String,
    /// The amount, where it has one.
    pub amount: Option<Amount>,
}

/// What a lake holds of some ids.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PersonRecord {
    /// Names of the segments.
    pub dimensions: Vec<String>,
    /// By id, in order: the value of each segment.
    pub segments: Vec<(i64, Vec<String>)>,
    /// The events, in order of time.
    pub events: Vec<PersonEvent>,
    /// The statements that name one of the ids.
    pub links: Vec<Link>,
}

impl PersonRecord {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.events.is_empty() && self.links.is_empty()
    }
}

impl Lake {
    /// All ids of the persons that these ids belong to, these included, in order.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn ids_of(&mut self, ids: &[i64]) -> Result<Vec<i64>, LakeError> {
        self.refresh()?;
        let links = self.snapshot()?.links;
        let all: BTreeSet<i64> = ids.iter().flat_map(|id| links.ids_of(*id)).collect();
        Ok(all.into_iter().collect())
    }

    /// How many rows and statements name one of these ids.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn held_of(&mut self, ids: &[i64]) -> Result<(u64, u64), LakeError> {
        self.refresh()?;
        let snapshot = self.snapshot()?;
        let ids: BTreeSet<i64> = ids.iter().copied().collect();
        let names = |link: &&Link| ids.contains(&link.from) || ids.contains(&link.into);
        let links = snapshot.links.statements().iter().filter(names).count() as u64;
        let mut held = 0;
        for file in files_of(&snapshot, &ids) {
            let mut rows = FileRows::open(&snapshot, file, &mut Kinds::default())?;
            while let Some(row) = rows.next()? {
                held += u64::from(ids.contains(&row.recorded()) || ids.contains(&row.customer));
            }
        }
        Ok((held, links))
    }

    /// Everything that is held of these ids, and of no other that may belong to the same person. Reads the files in which
    /// they can be and no others.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn record_of(&mut self, ids: &[i64]) -> Result<PersonRecord, LakeError> {
        self.refresh()?;
        let snapshot = self.snapshot()?;
        let ids: BTreeSet<i64> = ids.iter().copied().collect();
        let names = |link: &&Link| ids.contains(&link.from) || ids.contains(&link.into);
        let mut record = PersonRecord {
            dimensions: snapshot.dimensions.clone(),
            links: snapshot.links.statements().iter().filter(names).copied().collect(),
            ..PersonRecord::default()
        };
        let mut builder = SegmentsBuilder::new(snapshot.dimensions.clone());
        let mut values: Vec<CustomerRow> = Vec::new();
        for file in files_of(&snapshot, &ids) {
            let mut kinds = Kinds::default();
            let mut rows = FileRows::open(&snapshot, file, &mut kinds)?;
            while let Some(row) = rows.next()? {
                if ids.contains(&row.recorded()) || ids.contains(&row.customer) {
                    let kind = kinds.names().get(usize::from(row.kind)).cloned().unwrap_or_default();
                    record.events.push(PersonEvent {
                        recorded_as: row.recorded(),
                        at: row.at,
                        clock: Some(row.clock).filter(|clock| *clock != NONE),
                        kind,
                        amount: (row.amount != NONE).then(|| Amount::from_steps(row.amount)),
                    });
                }
            }
            if let Some(file) = snapshot.customers.get(&file.id).filter(|_| !snapshot.dimensions.is_empty()) {
                let rows = customers::read(&snapshot.verified(CUSTOMERS, file)?, &mut builder)?;
                values.extend(rows.into_iter().filter(|row| {
                    ids.contains(&row.customer) || (row.was != NONE && ids.contains(&row.was))
                }));
            }
        }
        record.events.sort_by_key(|event| event.at);
        // Of several rows of an id, the first activity counts.
        values.sort_unstable_by_key(|row| (row.aside, row.at));
        let segments = builder.finish();
        let mut of_id: HashMap<i64, Vec<String>> = HashMap::new();
        for row in values {
            let id = if row.was == NONE { row.customer } else { row.was };
            let profile = segments.profiles.get(row.profile.0 as usize).map_or(&[][..], Vec::as_slice);
            let cells = profile.iter().zip(&segments.values);
            let cells = cells.map(|(cell, values)| values.get(*cell as usize).cloned().unwrap_or_default());
            of_id.entry(id).or_insert_with(|| cells.collect());
        }
        record.segments = of_id.into_iter().collect();
        record.segments.sort_unstable();
        Ok(record)
    }
}

/// The files in which rows of these ids can be: those of the buckets of all with whom they were ever connected, and those
/// that hold everybody.
fn files_of<'s>(snapshot: &'s Snapshot, ids: &BTreeSet<i64>) -> impl Iterator<Item = &'s StoredFile> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let connected = snapshot.links.connected(&ids);
    let buckets: BTreeSet<usize> =
        connected.into_iter().map(|id| usize::from(snapshot.config.bucket_of(id))).collect();
    let of_buckets = buckets.into_iter().filter_map(|bucket| snapshot.buckets.get(bucket));
    of_buckets.flat_map(|bucket| &bucket.events).chain(&snapshot.fresh)
}
