//! What a lake held at an earlier time: a figure of then can be asked for again.
//!
//! A version is one of the table `events` together with the last statement on who is who. Files that were replaced since are
//! still there until a vacuum, or until somebody in them is forgotten; companions keep the identity of their events.

use std::{collections::HashMap, fmt, str::FromStr};

use crate::{
    error::LakeError,
    histories::{LakeHistories, Reading},
    lake::{Lake, Snapshot},
    stored::{CUSTOMERS, EVENTS, tag},
    table::{StoredFile, Table},
};

/// A state of a lake, written as `12.3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The version of the table `events`.
    pub events: u64,
    /// The number of the last statement on who is who.
    pub links: i64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.events, self.links)
    }
}

/// The text is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is two numbers, such as 12.3, as a report from the lake says it")]
pub struct BadVersion;

impl FromStr for Version {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let (events, links) = text.split_once('.').ok_or(BadVersion)?;
        Ok(Self {
            events: events.parse().map_err(|_| BadVersion)?,
            links: links.parse().map_err(|_| BadVersion)?,
        })
    }
}

impl Lake {
    /// The histories of all customers as they were known in an earlier version.
    ///
    /// # Errors
    /// Where there was no such version, or its files are gone.
    pub fn histories_at(&mut self, version: Version, reading: Reading) -> Result<LakeHistories, LakeError> {
        self.refresh()?;
        LakeHistories::new(self.snapshot_at(version)?, reading).map(LakeHistories::limited)
    }

    fn snapshot_at(&self, version: Version) -> Result<Snapshot, LakeError> {
        let now = self.snapshot()?;
        if version.events > now.version || version.links > now.links.last() {
            let last = Version { events: now.version, links: now.links.last() };
            return Err(LakeError::NoSuchVersion { path: self.place.shown(""), version, last });
        }
        let (buckets, fresh) = self.by_bucket(self.events.at(version.events)?)?;
        let links = now.links.until(version.links);
        let mut then = Snapshot { version: version.events, buckets, fresh, links: links.into(), ..now };
        let listing = then.place.listing()?;
        let gone = || LakeError::VersionGone { path: self.place.shown(""), version };
        if then.event_files().any(|file| listing.bytes(&file.within(EVENTS)).is_none()) {
            return Err(gone());
        }
        let is_there = |table: &str, file: &StoredFile| listing.bytes(&file.within(table)).is_some();
        let (mut days, mut customers) = (ever(&self.days)?, ever(&self.customers)?);
        days.retain(|_, file| is_there(crate::stored::DAYS, file));
        customers.retain(|_, file| is_there(CUSTOMERS, file));
        // Without its masks a file is read from the events; without segment values it would be in other groups.
        let has_values = |file: &StoredFile| file.number(tag::CUSTOMERS).unwrap_or(0) > 0;
        if then.event_files().any(|file| has_values(file) && !customers.contains_key(&file.id)) {
            return Err(gone());
        }
        drop(listing);
        (then.days, then.customers) = (days, customers);
        Ok(then)
    }
}

/// The files of a table by their identity, those that were replaced as well.
fn ever(table: &Table) -> Result<HashMap<String, StoredFile>, LakeError> {
    let mut files: HashMap<String, StoredFile> =
        table.replaced_files()?.into_iter().map(|file| (file.id.clone(), file)).collect();
    files.extend(table.files()?.into_iter().map(|file| (file.id.clone(), file)));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_they_are_written() {
        let version = Version { events: 12, links: 3 };
        assert_eq!(version.to_string().parse(), Ok(version));
        for text in ["", "12", "12.", ".3", "a.b", "-1.2", "1.2.3"] {
            assert_eq!(text.parse::<Version>(), Err(BadVersion), "{text}");
        }
    }
}
