//! A lake to do bad things to: batches of events, what is in it, and processes around it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::{fidance, run};

/// What the columns of [`write_batch`] mean.
pub(crate) const COLUMNS: [&str; 14] = [
    "--message-id",
    "message_id",
    "--customer",
    "customer_id",
    "--at",
    "at",
    "--event",
    "event",
    "--value",
    "total",
    "--segment",
    "country",
    "--activity",
    "Order Completed",
];

/// Chance that is the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        self.0 % end.max(1)
    }
}

pub(crate) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Writes events with these message ids. An event follows from its id, so the same id is the same event.
pub(crate) fn write_batch(path: &Path, ids: impl Iterator<Item = u64>) {
    let mut text = String::from("message_id,customer_id,at,event,total,country\n");
    for id in ids {
        let chance = mix(id + 1);
        let customer = chance % 997;
        let second = 1_700_000_000 + (chance >> 12) % (500 * 86_400);
        let event = if (chance >> 50) % 10 < 7 { "Order Completed" } else { "Product Viewed" };
        let country = ["FR", "BE", "CH"][(customer % 3) as usize];
        let cents = 100 + (chance >> 20) % 9_000;
        text += &format!("m{id},c{customer},{second},{event},{}.{:02},{country}\n", cents / 100, cents % 100);
    }
    fs::write(path, text).unwrap();
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A report without what may differ between lakes of the same events: their names, and the order of segments, which
/// is that of their first appearance.
pub(crate) fn normalised(report: &Value) -> Value {
    let mut report = report.clone();
    report["input"]["files"] = Value::Null;
    report["input"]["version"] = Value::Null;
    sort(&mut report);
    report
}

/// Fails with the places where two reports differ. Sums of fractions may differ in their last digits: they are added
/// in the order in which segments first appear.
#[track_caller]
pub(crate) fn assert_same(found: &Value, expected: &Value, what: &str) {
    let mut places = Vec::new();
    differences(found, expected, "", &mut places);
    assert!(places.is_empty(), "{what}: {}", places.join("\n"));
}

pub(crate) fn differences(found: &Value, expected: &Value, place: &str, places: &mut Vec<String>) {
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().for_each(|(key, value)| differences(value, &b[key], &format!("{place}/{key}"), places));
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let items = a.iter().zip(b).enumerate();
            items.for_each(|(n, (a, b))| differences(a, b, &format!("{place}/{n}"), places));
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            if (a - b).abs() > 1e-9 * a.abs().max(b.abs()) {
                places.push(format!("{place}: {a} is not {b}"));
            }
        }
        _ if found == expected => {}
        _ => {
            let short = |value: &Value| value.to_string().chars().take(200).collect::<String>();
            places.push(format!("{place}: {} is not {}", short(found), short(expected)));
        }
    }
}

pub(crate) fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(sort),
        Value::Array(items) => {
            items.iter_mut().for_each(sort);
            let is_group = |item: &Value| item.get("segment").or(item.get("by")).is_some();
            if items.iter().all(is_group) {
                items.sort_by_key(|item| ["segment", "by", "value"].map(|field| item[field].to_string()));
            }
        }
        _ => {}
    }
}

/// A folder with batches and a lake.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A lake with a compacted and a fresh part.
    pub(crate) fn with_lake() -> Self {
        let place = Self::new();
        place.batch("one.csv", 0..3_000);
        place.batch("two.csv", 2_000..5_000);
        place.succeed(&place.import("one.csv"));
        place.succeed(&["compact", "--lake", "lake", "--everything"]);
        place.succeed(&["check", "lake", "lake", "--repair"]);
        place.succeed(&place.import("two.csv"));
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn lake(&self) -> PathBuf {
        self.path().join("lake")
    }

    pub(crate) fn batch(&self, name: &str, ids: std::ops::Range<u64>) {
        write_batch(&self.path().join(name), ids);
    }

    #[expect(clippy::unused_self, reason = "every import of these tests is into the lake of its place")]
    pub(crate) fn import<'a>(&self, batch: &'a str) -> Vec<&'a str> {
        [&["import", batch, "--lake", "lake"][..], &COLUMNS].concat()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let (code, stdout, stderr) = run(self.path(), arguments);
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
        (code, if code == 0 { stdout } else { stdout + &stderr })
    }

    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let (code, said) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {said}");
        said
    }

    /// Fails with exit code 1 and a message of one line that holds these words.
    #[track_caller]
    pub(crate) fn fail(&self, arguments: &[&str], words: &[&str]) {
        let (code, _, stderr) = run(self.path(), arguments);
        let missing: Vec<_> = words.iter().filter(|word| !stderr.contains(**word)).collect();
        assert!(code == 1 && missing.is_empty(), "{arguments:?} ({code}): {missing:?} missing in {stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = fidance(self.path());
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What a check says; whether it is content is for the caller.
    pub(crate) fn check(&self) -> Value {
        let (_, said) = self.run(&["check", "lake", "lake", "--json"]);
        json(said.lines().next().unwrap())
    }

    #[track_caller]
    pub(crate) fn is_whole(&self, events: usize) {
        let checked = self.check();
        assert_eq!(checked["problems"], serde_json::json!([]));
        assert_eq!(checked["events"], events);
    }

    pub(crate) fn report(&self) -> Value {
        normalised(&json(&self.succeed(&["report", "--lake", "lake", "--format", "json"])))
    }

    /// Every file of the lake with its content.
    pub(crate) fn content(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.lake()).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    pub(crate) fn restore(&self, content: &BTreeMap<PathBuf, Vec<u8>>) {
        for path in files(&self.lake()).into_iter().filter(|path| !content.contains_key(path)) {
            fs::remove_file(path).unwrap();
        }
        for (path, bytes) in content {
            if fs::read(path).ok().as_ref() != Some(bytes) {
                fs::write(path, bytes).unwrap();
            }
        }
    }

    /// The first file of a table, fresh or of a bucket.
    pub(crate) fn file(&self, table: &str, fresh: bool) -> PathBuf {
        let paths = files(&self.lake().join(table));
        let is_fresh = |path: &PathBuf| path.display().to_string().contains("bucket=-1");
        let ends = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "parquet");
        paths.into_iter().find(|path| ends(path) && is_fresh(path) == fresh).unwrap()
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found.sort();
    found
}

pub(crate) fn finish(child: Child) -> (i32, String) {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let said = text(&stdout) + &text(&stderr);
    assert!(!said.contains("panicked"), "{said}");
    (status.code().unwrap_or(-1), said)
}

/// Runs with files of at most so many blocks of 512 bytes, as on a disk that is full.
pub(crate) fn run_in_blocks(place: &Place, blocks: u64, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\"", &blocks.to_string()]);
    command.arg(env!("CARGO_BIN_EXE_fidance")).args(arguments);
    command.current_dir(place.path()).env("LC_ALL", "C").env("NO_COLOR", "1");
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}
