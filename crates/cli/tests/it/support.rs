//! Runs the program and finds the reference data.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// The program, in a folder, with a fixed language. `FIDANCE_BIN` names another build of it.
pub(crate) fn fidance(folder: &Path) -> Command {
    let given = std::env::var_os("FIDANCE_BIN").filter(|path| !path.is_empty());
    let mut command = Command::new(given.unwrap_or_else(|| env!("CARGO_BIN_EXE_fidance").into()));
    command.current_dir(folder).env("LC_ALL", "C").env("NO_COLOR", "1");
    command
}

/// Runs and returns exit code, standard output and standard error.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = fidance(folder).args(arguments).output().unwrap();
    (status.code().unwrap_or(-1), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A report as JSON; fails with what the program said.
pub(crate) fn report(folder: &Path, arguments: &[&str]) -> Value {
    let all: Vec<&str> = ["report", "--format", "json"].iter().chain(arguments).copied().collect();
    let (code, stdout, stderr) = run(folder, &all);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// A file of the reference data; `None`, said aloud, where the data are absent.
pub(crate) fn data(file: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let folder = std::env::var_os("FIDANCE_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let path = folder.join(file);
    if !path.exists() {
        println!("skipped: {file} is not in the folder of reference data (FIDANCE_DATA)");
        return None;
    }
    Some(path.canonicalize().unwrap())
}

/// The row of a list of objects whose field has a value.
pub(crate) fn find<'a>(rows: &'a Value, field: &str, value: &str) -> &'a Value {
    let found = rows.as_array().unwrap().iter().find(|row| row[field] == value);
    found.unwrap_or_else(|| panic!("no row with {field} = {value}"))
}

#[track_caller]
pub(crate) fn assert_close(found: &Value, expected: f64, tolerance: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} ± {tolerance}");
}
