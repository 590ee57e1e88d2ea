//! The lake of this product behind the engine's port.
//!
//! Everything of a source is read when it is opened, from one state of the lake: version, files and histories. The
//! lake itself is closed then, since it reads its logs on a runtime of its own, which must not end within another.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use fidance_domain::{
    history::{DayVisitor, Extent, Histories, HistoryError, HistoryVisitor, Micros, Segments},
    time::Days,
};
use fidance_lake::{Lake, LakeError, LakeHistories, Location, Version};
use jiff::tz::TimeZone;

use crate::source::{Open, Reading, Source, SourceError, Table};

/// Opens lakes in folders.
#[derive(Debug, Clone, Copy)]
pub struct Lakes;

/// A lake as it was when it was opened.
#[derive(Debug)]
struct Opened {
    location: Location,
    zone: TimeZone,
    masks: Shared,
    files: Vec<(Table, Vec<PathBuf>)>,
}

impl Open for Lakes {
    fn open(&self, folder: &Path, version: Option<&str>) -> Result<Arc<dyn Source>, SourceError> {
        open_at(folder.into(), version)
    }
}

/// A lake wherever it is, at the present version.
///
/// # Errors
/// Where there is no lake, or it cannot be read.
pub fn open(location: Location) -> Result<Arc<dyn Source>, SourceError> {
    open_at(location, None)
}

fn open_at(location: Location, version: Option<&str>) -> Result<Arc<dyn Source>, SourceError> {
    let mut lake = Lake::open(&location).map_err(failed)?;
    // First the histories, which take notice of the newest commits: the files are those of the same state. Who names a
    // version counts its customers and asks for no files.
    let histories = at(&mut lake, version, fidance_lake::Reading::Masks)?;
    let masks = Shared(Arc::new(histories));
    let files = |table: Table| Ok((table, lake.files(table.name()).map_err(failed)?));
    let files = Table::ALL.into_iter().map(files).collect::<Result<_, SourceError>>()?;
    Ok(Arc::new(Opened { location, zone: lake.zone().clone(), masks, files }))
}

impl Source for Opened {
    fn version(&self) -> String {
        self.masks.0.version().to_string()
    }

    fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn files(&self, table: Table) -> Result<Vec<PathBuf>, SourceError> {
        let found = self.files.iter().find(|(known, _)| *known == table);
        Ok(found.map(|(_, files)| files.clone()).unwrap_or_default())
    }

    fn histories(&self, reading: Reading) -> Result<Box<dyn Histories>, SourceError> {
        match reading {
            Reading::Masks => Ok(Box::new(self.masks.clone())),
            Reading::Events => {
                let mut lake = Lake::open(&self.location).map_err(failed)?;
                Ok(Box::new(at(&mut lake, Some(&self.version()), fidance_lake::Reading::Events)?))
            }
        }
    }
}

/// What a lake holds, at a version or at the present one.
fn at(
    lake: &mut Lake,
    version: Option<&str>,
    reading: fidance_lake::Reading,
) -> Result<LakeHistories, SourceError> {
    match version {
        None => lake.histories(reading).map_err(failed),
        Some(version) => {
            let version: Version = version.parse().map_err(|e| SourceError(Box::new(e)))?;
            lake.histories_at(version, reading).map_err(failed)
        }
    }
}

fn failed(e: LakeError) -> SourceError {
    SourceError(Box::new(e))
}

/// Histories that several readers have.
#[derive(Debug, Clone)]
struct Shared(Arc<LakeHistories>);

impl Histories for Shared {
    fn extent(&self) -> Option<Extent> {
        self.0.extent()
    }

    fn segments(&self) -> &Segments {
        self.0.segments()
    }

    fn has_amounts(&self) -> bool {
        self.0.has_amounts()
    }

    fn parts(&self) -> usize {
        self.0.parts()
    }

    fn visit(&self, part: usize, visitor: &mut dyn HistoryVisitor) -> Result<(), HistoryError> {
        self.0.visit(part, visitor)
    }

    fn visit_days(
        &self,
        part: usize,
        days: &Days,
        until: Micros,
        visitor: &mut dyn DayVisitor,
    ) -> Result<(), HistoryError> {
        self.0.visit_days(part, days, until, visitor)
    }
}
