//! Where the public data sets are: the folder `FIDANCE_DATA`, by default next to the workspace.
//!
//! A test whose file is absent says so and returns, so that a clone without the data stays green.

use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a test has no command line to take the folder from")]
    let from_environment = std::env::var("FIDANCE_DATA");
    from_environment
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

/// The text of a data file, or `None` after saying that the test is skipped.
pub(crate) fn read(path: &str) -> Option<String> {
    let text = fs::read_to_string(folder().join(path)).ok();
    if text.is_none() {
        println!("skipped: {path} is not under {}", folder().display());
    }
    text
}

/// Fails with both numbers when they differ by more than the tolerance.
#[track_caller]
pub(crate) fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{actual} is not within {tolerance} of {expected}");
}
