//! Shared by the tests: files made on the spot, options, and the plain form of histories.

use std::path::{Path, PathBuf};

use fidance_domain::{
    amount::Amount,
    history::{Histories, HistoryVisitor, Micros, Profile},
    table::{ReadError, TableReader},
};
use fidance_intake::{Intake, IntakeError, Mapping, Options, SortedHistories, read_activities};
use jiff::tz::TimeZone;

/// The first of January 2026.
pub(crate) const NOW: Micros = 1_767_225_600_000_000;

/// One customer's activities, in order.
pub(crate) type Customer = (Profile, Vec<(Micros, Amount)>);

/// No Parquet here.
pub(crate) fn no_parquet(_: &Path) -> Result<Box<dyn TableReader>, ReadError> {
    Err("no Parquet in these tests".into())
}

pub(crate) fn options(folder: &Path) -> Options {
    Options::new(TimeZone::UTC, NOW, folder.to_owned())
}

/// Reads one file with what is given of a mapping.
pub(crate) fn read(path: &Path, mapping: Mapping) -> Result<Intake, IntakeError> {
    let mut options = options(&std::env::temp_dir());
    options.mapping = mapping;
    read_activities(&[path.to_owned()], &options, &no_parquet, &mut |_| {})
}

/// All customers of a source.
pub(crate) fn customers(histories: &SortedHistories) -> Vec<Customer> {
    #[derive(Default)]
    struct Collect(Vec<Customer>);
    impl HistoryVisitor for Collect {
        fn begin(&mut self, profile: Profile) {
            self.0.push((profile, Vec::new()));
        }
        fn activities(&mut self, at: &[Micros], amounts: &[Amount]) {
            assert_eq!(at.len(), amounts.len());
            self.0.last_mut().unwrap().1.extend(at.iter().copied().zip(amounts.iter().copied()));
        }
        fn end(&mut self) {}
    }
    let mut collect = Collect::default();
    for part in 0..histories.parts() {
        histories.visit(part, &mut collect).unwrap();
    }
    collect.0
}

/// A file of the shared data; `None`, said aloud, where they are absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("FIDANCE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let file = folder.join(path);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: {} is absent", file.display());
    None
}
