//! The table `links`: which recorded customers are one person, and which are not after all.
//!
//! A link says that two ids belong to one person, or that they do not any more; the last word on a pair of ids
//! counts. Persons are the groups that the remaining links connect, whatever their order, and a person goes by
//! the smallest id of the group: the same links give the same persons everywhere. Rows are stored under the
//! person known at that time, with the id they were recorded under, so that every link can be undone.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    path::Path,
    sync::Arc,
};

use arrow_array::{
    ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray,
    cast::AsArray as _,
    types::{Int32Type, Int64Type},
};
use arrow_schema::{DataType, Field, Schema};
use fidance_domain::history::Micros;
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};

use crate::{
    customers::{damaged, missing},
    error::LakeError,
    stored::HashedFile,
};

/// What is said of two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkAction {
    /// They are one person.
    Merge,
    /// They are two persons.
    Split,
}

/// A statement on two ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// When it was made.
    pub at: Micros,
    /// Position in the order of arrival; decides between statements of the same instant.
    pub sequence: i64,
    /// What is said.
    pub action: LinkAction,
    /// One id.
    pub from: i64,
    /// The other.
    pub into: i64,
}

/// All links, and the persons that follow from them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    statements: Vec<Link>,
    persons: HashMap<i64, i64>,
    /// For each id of any link: the group it would be in if nothing had ever been split.
    widest: HashMap<i64, i64>,
}

impl Links {
    /// From links in any order.
    pub(crate) fn new(mut links: Vec<Link>) -> Self {
        links.sort_unstable();
        let mut pairs = BTreeMap::new();
        for link in &links {
            pairs.insert((link.from.min(link.into), link.from.max(link.into)), link.action);
        }
        let standing =
            pairs.iter().filter(|(_, action)| **action == LinkAction::Merge).map(|(pair, _)| *pair);
        let mut persons = groups(standing);
        persons.retain(|id, person| id != person);
        let widest = groups(pairs.keys().copied());
        Self { statements: links, persons, widest }
    }

    /// What was known when this statement was the last one.
    pub(crate) fn until(&self, sequence: i64) -> Self {
        Self::new(self.statements.iter().filter(|link| link.sequence <= sequence).copied().collect())
    }

    /// The person an id belongs to.
    #[inline]
    pub(crate) fn person(&self, id: i64) -> i64 {
        if self.persons.is_empty() { id } else { self.persons.get(&id).copied().unwrap_or(id) }
    }

    /// All ids of the person that an id belongs to, that one included, in order.
    pub(crate) fn ids_of(&self, id: i64) -> Vec<i64> {
        let person = self.person(id);
        let others = self.persons.iter().filter(|(_, of)| **of == person).map(|(id, _)| *id);
        let mut ids: Vec<i64> = others.chain([id, person]).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// All ids of persons that have more than one, by person, in order.
    pub(crate) fn groups(&self) -> HashMap<i64, Vec<i64>> {
        let mut groups: HashMap<i64, Vec<i64>> = HashMap::new();
        for (id, person) in &self.persons {
            groups.entry(*person).or_insert_with(|| vec![*person]).push(*id);
        }
        groups.values_mut().for_each(|ids| ids.sort_unstable());
        groups
    }

    /// All ids that were ever connected with these, whatever was split since, these included, in order: the rows of a
    /// person may lie under any of them.
    pub(crate) fn connected(&self, ids: &[i64]) -> Vec<i64> {
        let groups: HashSet<i64> = ids.iter().filter_map(|id| self.widest.get(id).copied()).collect();
        let others = self.widest.iter().filter(|(_, group)| groups.contains(group)).map(|(id, _)| *id);
        let mut all: Vec<i64> = others.chain(ids.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// All statements, in the order in which they count.
    pub(crate) fn statements(&self) -> &[Link] {
        &self.statements
    }

    /// The highest sequence; 0 without links.
    pub(crate) fn last(&self) -> i64 {
        self.statements.iter().map(|link| link.sequence).max().unwrap_or(0)
    }

    /// When the last of them was made.
    pub(crate) fn last_said(&self) -> Micros {
        self.statements.iter().map(|link| link.at).max().unwrap_or(0)
    }

    /// Ids, in order, whose rows may be stored under another person than the present one in a file that knew
    /// the links up to `sequence`.
    pub(crate) fn touched_since(&self, sequence: i64) -> Vec<i64> {
        let groups: HashSet<i64> = self
            .statements
            .iter()
            .filter(|link| link.sequence > sequence)
            .flat_map(|link| [link.from, link.into])
            .filter_map(|id| self.widest.get(&id).copied())
            .collect();
        let mut ids: Vec<i64> =
            self.widest.iter().filter(|(_, group)| groups.contains(group)).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }
}

/// For each id of any pair the smallest id that pairs connect it with.
fn groups(pairs: impl Iterator<Item = (i64, i64)>) -> HashMap<i64, i64> {
    let mut parents: HashMap<i64, i64> = HashMap::new();
    for (a, b) in pairs {
        let (a, b) = (root(&mut parents, a), root(&mut parents, b));
        parents.insert(a.max(b), a.min(b));
    }
    let ids: Vec<i64> = parents.keys().copied().collect();
    ids.into_iter().map(|id| (id, root(&mut parents, id))).collect()
}

/// The root of an id, which joins the map; the way to it is shortened.
fn root(parents: &mut HashMap<i64, i64>, id: i64) -> i64 {
    let mut at = id;
    loop {
        let parent = *parents.entry(at).or_insert(at);
        if parent == at {
            break;
        }
        at = parent;
    }
    let mut on_the_way = id;
    while on_the_way != at {
        on_the_way = parents.insert(on_the_way, at).unwrap_or(at);
    }
    at
}

/// Writes a file of links; the number of bytes, and the tag with its checksum.
pub(crate) fn write(path: &Path, links: &[Link]) -> Result<(u64, HashMap<String, String>), LakeError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("sequence", DataType::Int64, false),
        Field::new("second", DataType::Int64, false),
        Field::new("micro", DataType::Int32, false),
        Field::new("action", DataType::Utf8, false),
        Field::new("customer", DataType::Int64, false),
        Field::new("into", DataType::Int64, false),
    ]));
    let action = |link: &Link| match link.action {
        LinkAction::Merge => "merge",
        LinkAction::Split => "split",
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(links.iter().map(|link| link.sequence).collect::<Int64Array>()),
        Arc::new(links.iter().map(|link| link.at.div_euclid(1_000_000)).collect::<Int64Array>()),
        Arc::new(
            links
                .iter()
                .map(|link| i32::try_from(link.at.rem_euclid(1_000_000)).ok())
                .collect::<Int32Array>(),
        ),
        Arc::new(links.iter().map(|link| Some(action(link))).collect::<StringArray>()),
        Arc::new(links.iter().map(|link| link.from).collect::<Int64Array>()),
        Arc::new(links.iter().map(|link| link.into).collect::<Int64Array>()),
    ];
    let failed = |source| damaged(path, source);
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|e| damaged(path, e.into()))?;
    let file = HashedFile::create(path)?;
    let mut writer = ArrowWriter::try_new(file, schema, None).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    let checksum = writer.into_inner().map_err(failed)?.finish(path)?;
    let bytes = std::fs::metadata(path).map_err(LakeError::io("read", path))?.len();
    Ok((bytes, checksum))
}

/// Reads a file of links.
pub(crate) fn read(path: &Path, links: &mut Vec<Link>) -> Result<(), LakeError> {
    let file = File::open(path).map_err(|e| missing(path, e))?;
    let failed = |source| damaged(path, source);
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?.build().map_err(failed)?;
    for batch in reader {
        let batch = batch.map_err(|e| damaged(path, e.into()))?;
        take(&batch, links).ok_or_else(|| {
            damaged(path, parquet::errors::ParquetError::General("not the columns of links".to_owned()))
        })?;
    }
    Ok(())
}

fn take(batch: &RecordBatch, links: &mut Vec<Link>) -> Option<()> {
    let long = |name| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
    let (sequences, seconds) = (long("sequence")?, long("second")?);
    let (from, into) = (long("customer")?, long("into")?);
    let micros = batch.column_by_name("micro")?.as_primitive_opt::<Int32Type>()?;
    let actions = batch.column_by_name("action")?.as_string_opt::<i32>()?;
    for row in 0..batch.num_rows() {
        let action = match actions.value(row) {
            "merge" => LinkAction::Merge,
            "split" => LinkAction::Split,
            _ => return None,
        };
        let at = seconds.value(row).saturating_mul(1_000_000).saturating_add(i64::from(micros.value(row)));
        let sequence = sequences.value(row);
        links.push(Link { at, sequence, action, from: from.value(row), into: into.value(row) });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(sequence: i64, action: LinkAction, from: i64, into: i64) -> Link {
        Link { at: sequence, sequence, action, from, into }
    }

    #[test]
    fn persons_are_what_the_remaining_links_connect() {
        use LinkAction::{Merge, Split};
        let mut links = vec![link(1, Merge, 5, 9), link(2, Merge, 9, 3), link(3, Merge, 7, 8)];
        let three = Links::new(links.clone());
        assert_eq!([5, 9, 3, 7, 8, 1].map(|id| three.person(id)), [3, 3, 3, 7, 7, 1]);
        links.push(link(4, Split, 3, 9));
        let split = Links::new(links.clone());
        assert_eq!([5, 9, 3, 7, 8].map(|id| split.person(id)), [5, 5, 3, 7, 7]);
        links.reverse();
        assert_eq!(Links::new(links).persons, split.persons);
    }

    #[test]
    fn a_link_touches_all_who_were_ever_connected() {
        use LinkAction::{Merge, Split};
        let links = Links::new(vec![
            link(1, Merge, 5, 9),
            link(2, Merge, 9, 3),
            link(3, Merge, 7, 8),
            link(4, Split, 3, 9),
        ]);
        assert_eq!(links.touched_since(3), [3, 5, 9]);
        assert_eq!(links.touched_since(2), [3, 5, 7, 8, 9]);
        assert_eq!(links.touched_since(4), Vec::<i64>::new());
        assert_eq!(links.last(), 4);
    }

    #[test]
    fn links_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("links.parquet");
        let links = vec![link(-3, LinkAction::Merge, i64::MIN, 4), link(9, LinkAction::Split, 4, i64::MAX)];
        write(&path, &links).unwrap();
        let mut found = Vec::new();
        read(&path, &mut found).unwrap();
        assert_eq!(found, links);
    }
}
