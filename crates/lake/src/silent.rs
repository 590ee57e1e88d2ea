//! Who has had no event for long. Everybody's rows are read once, bucket by bucket; in memory are the customers of one
//! bucket, those of the small files that wait for a compaction, and those whom links have moved.

use std::collections::{HashMap, HashSet};

use fidance_domain::history::Micros;

use crate::{
    compact::FileRows,
    error::LakeError,
    lake::{Lake, Snapshot},
    row::Kinds,
    table::StoredFile,
};

/// By person: the instant of the last event.
type Last = HashMap<i64, Micros>;

impl Lake {
    /// The persons whose last event, of any kind, was before an instant, in order, each with all ids. Of `others`, who may not be in the lake at
    /// all, those who have no event since then are listed as well. Whoever was forgotten already is not.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn silent_since(&mut self, before: Micros, others: &[i64]) -> Result<Vec<Vec<i64>>, LakeError> {
        self.refresh()?;
        let snapshot = self.snapshot()?;
        let moved: HashSet<i64> = snapshot.links.touched_since(snapshot.oldest_links()).into_iter().collect();
        let mut others: HashSet<i64> = others.iter().map(|id| snapshot.links.person(*id)).collect();
        // Those who can be in several buckets.
        let mut loose = Last::new();
        for file in &snapshot.fresh {
            read(&snapshot, file, &mut |person, at| note(&mut loose, person, at))?;
        }
        let mut silent = Vec::new();
        for bucket in &snapshot.buckets {
            let mut last = Last::new();
            for file in &bucket.events {
                read(&snapshot, file, &mut |person, at| {
                    let is_loose = moved.contains(&person) || loose.contains_key(&person);
                    note(if is_loose { &mut loose } else { &mut last }, person, at);
                })?;
            }
            sort_out(last, before, &mut others, &mut silent);
        }
        sort_out(loose, before, &mut others, &mut silent);
        silent.extend(others);
        silent.sort_unstable();
        silent.dedup();
        let groups = snapshot.links.groups();
        Ok(silent.into_iter().map(|id| groups.get(&id).cloned().unwrap_or_else(|| vec![id])).collect())
    }
}

fn sort_out(last: Last, before: Micros, others: &mut HashSet<i64>, silent: &mut Vec<i64>) {
    for (person, at) in last {
        if at < before {
            silent.push(person);
        } else {
            others.remove(&person);
        }
    }
}

fn note(last: &mut Last, person: i64, at: Micros) {
    let known = last.entry(person).or_insert(at);
    *known = at.max(*known);
}

fn read(snapshot: &Snapshot, file: &StoredFile, take: &mut dyn FnMut(i64, Micros)) -> Result<(), LakeError> {
    let mut rows = FileRows::open(snapshot, file, &mut Kinds::default())?;
    while let Some(row) = rows.next()? {
        if !row.is_forgotten() {
            take(snapshot.links.person(row.recorded()), row.at);
        }
    }
    Ok(())
}
