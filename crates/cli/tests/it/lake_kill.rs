//! The lake when its writers are killed: at random instants and as soon as some folder changes, so that every phase
//! is hit. Whatever happens, a batch is wholly in or wholly out, and offered again it is in once.
//!
//! `FIDANCE_KILL_ROUNDS` is how often (25), `FIDANCE_KILL_SEED` where chance begins, `FIDANCE_BIN` another program to
//! run, such as one built for release.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::lake_support::{COLUMNS, Dice, assert_same, json, normalised, text, write_batch};

/// Rounds in one lake; the seventh of these begins a longer one in long runs, whose logs get checkpoints.
const ROUNDS_PER_LAKE: u64 = 15;
const LONG_LAKE: std::ops::Range<u64> = 91..240;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var_os(variable).map_or(usual, |text| text.to_str().unwrap().parse().unwrap())
}

fn program(folder: &Path) -> Command {
    let given = std::env::var_os("FIDANCE_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_fidance").into());
    let mut command = Command::new(given);
    command.current_dir(folder).env("LC_ALL", "C").env("NO_COLOR", "1");
    command
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    program(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = program(folder).args(arguments).output().unwrap();
    succeeded(&output, arguments)
}

fn succeeded(output: &Output, what: &[&str]) -> String {
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && !stderr.contains("panicked"), "{what:?}: {stderr}{stdout}");
    stdout
}

/// What can be seen of a lake from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Disk {
    made: bool,
    customers: usize,
    days: usize,
    events: usize,
    files: usize,
    keys: usize,
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|list| list.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn look(lake: &Path) -> Disk {
    let log = |table: &str| entries(&lake.join(table).join("_delta_log")).len();
    Disk {
        made: lake.join("lake.toml").exists(),
        customers: log("customers"),
        days: log("days"),
        events: log("events"),
        files: entries(&lake.join("events")).iter().map(|bucket| entries(bucket).len()).sum(),
        keys: entries(&lake.join("keys")).len(),
    }
}

impl Disk {
    /// How far a writer came.
    fn phase(&self, after: &Self) -> &'static str {
        if !after.made {
            "making the lake"
        } else if after.events > self.events && self.made {
            "after the commit"
        } else if after.customers > self.customers || after.days > self.days {
            "companions in, commit to come"
        } else if after.files > self.files {
            "writing files"
        } else if after.keys != self.keys {
            "message ids written"
        } else {
            "reading"
        }
    }
}

/// When a writer is killed.
#[derive(Debug, Clone, Copy)]
enum When {
    After(Duration),
    /// As soon as this many things have changed, and a little later.
    Changes(usize, Duration),
}

/// Kills the writer at its instant; what it said, where it was done before.
fn kill(mut writer: Child, lake: &Path, when: When) -> Option<Output> {
    match when {
        When::After(time) => thread::sleep(time),
        When::Changes(count, later) => {
            let (mut seen, mut changes) = (look(lake), 0);
            while changes < count && writer.try_wait().unwrap().is_none() {
                let now = look(lake);
                changes += usize::from(now != seen);
                seen = now;
            }
            thread::sleep(later);
        }
    }
    let done = writer.try_wait().unwrap().is_some();
    // SIGKILL; a writer that is done cannot be killed any more.
    let _ = writer.kill();
    let output = writer.wait_with_output().unwrap();
    done.then_some(output)
}

struct Game {
    folder: PathBuf,
    dice: Dice,
    lake: String,
    batches: Vec<(String, Vec<u64>)>,
    inside: HashSet<u64>,
    next: u64,
    /// How long a writer takes, by what it does.
    takes: BTreeMap<&'static str, Duration>,
    phases: BTreeMap<(&'static str, &'static str), usize>,
}

impl Game {
    fn path(&self) -> PathBuf {
        self.folder.join(&self.lake)
    }

    fn begin_lake(&mut self, number: u64) {
        self.lake = format!("lake{number}");
        self.batches.clear();
        self.inside.clear();
        self.next = 0;
    }

    /// A batch of which about a third was offered before.
    fn new_batch(&mut self) -> (String, Vec<u64>) {
        let large = self.batches.len() % 9 == 4;
        let rows = if large { 52_000 } else { 500 + self.dice.below(4_000) };
        let from = self.next.saturating_sub(self.dice.below(rows / 2));
        let ids: Vec<u64> =
            (from..from + rows).filter(|id| id % 7 != self.batches.len() as u64 % 7).collect();
        self.next = from + rows;
        let name = format!("{}-{}.csv", self.lake, self.batches.len());
        write_batch(&self.folder.join(&name), ids.iter().copied());
        (name, ids)
    }

    fn when(&mut self, what: &'static str) -> When {
        let whole = self.takes.get(what).copied().unwrap_or(Duration::from_millis(200));
        let micros = u64::try_from(whole.as_micros()).unwrap();
        if self.dice.below(2) == 0 {
            When::After(Duration::from_micros(self.dice.below(micros * 23 / 20)))
        } else {
            let count = 1 + usize::try_from(self.dice.below(9)).unwrap();
            When::Changes(count, Duration::from_micros(self.dice.below(3_000)))
        }
    }

    /// The number of events; fails where anything is wrong.
    fn check(&self, arguments: &[&str]) -> Value {
        let all = [&["check", "lake", &self.lake, "--json"], arguments].concat();
        let said = succeed(&self.folder, &all);
        let first = said.lines().next().unwrap();
        let checked: Value = serde_json::from_str(first).unwrap();
        assert_eq!(checked["problems"], serde_json::json!([]));
        assert_eq!(checked["foreign"], serde_json::json!([]));
        checked
    }

    fn events(&self) -> usize {
        usize::try_from(self.check(&[])["events"].as_u64().unwrap()).unwrap()
    }

    fn round(&mut self) {
        let compacts = !self.batches.is_empty() && self.dice.below(10) < 3;
        let batch = (!compacts).then(|| self.new_batch());
        let what = match &batch {
            None => "compact",
            Some((_, ids)) if ids.len() > 20_000 => "large import",
            Some(_) => "import",
        };
        let lake = self.lake.clone();
        let name = batch.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
        let compact = ["compact", "--lake", &lake, "--everything"];
        let import = [&["import", &name, "--lake", &lake][..], &COLUMNS].concat();
        let arguments = if compacts { &compact[..] } else { &import };
        let mut after = self.inside.clone();
        after.extend(batch.iter().flat_map(|(_, ids)| ids));
        let before = look(&self.path());
        let when = self.when(what);
        let began = Instant::now();
        let writer = start(&self.folder, arguments);
        let reader =
            before.made.then(|| start(&self.folder, &["report", "--lake", &lake, "--format", "json"]));
        let done = kill(writer, &self.path(), when);
        if let Some(output) = &done {
            succeeded(output, arguments);
        }
        let phase = if done.is_some() { "done before" } else { before.phase(&look(&self.path())) };
        *self.phases.entry((what, phase)).or_default() += 1;
        let states = [self.inside.len(), after.len()];
        if let Some(reader) = reader {
            let seen = rows(&succeeded(&reader.wait_with_output().unwrap(), &["report while writing"]));
            assert!(states.contains(&seen), "a report saw {seen} rows, not one of {states:?}");
        }
        if self.path().join("lake.toml").exists() {
            let found = self.events();
            assert!(states.contains(&found), "{what}, {phase}, {when:?}: {found} is not one of {states:?}");
            if !self.inside.is_empty() {
                let seen = rows(&succeed(&self.folder, &["report", "--lake", &lake, "--format", "json"]));
                assert_eq!(seen, found);
            }
        } else {
            assert!(self.inside.is_empty(), "the lake is gone");
        }
        // Once more, to the end.
        let again = Instant::now();
        succeed(&self.folder, arguments);
        let whole = if done.is_some() { again - began } else { again.elapsed() };
        let takes = self.takes.entry(what).or_insert(whole);
        *takes = (*takes * 3 + again.elapsed().min(whole)) / 4;
        self.inside = after;
        assert_eq!(self.events(), self.inside.len(), "{what}, {phase}, {when:?}: offered again");
        self.batches.extend(batch);
    }

    /// Nothing stays behind, and the figures are those of a lake that was never interrupted.
    fn end_lake(&self) {
        self.check(&["--repair"]);
        let checked = self.check(&[]);
        assert_eq!(checked["left_over"], serde_json::json!([]));
        assert_eq!(checked["events"], self.inside.len());
        let whole = format!("{}-whole", self.lake);
        let private = self.folder.join(&whole).join("private");
        fs::create_dir_all(&private).unwrap();
        let secret = "pseudonyms.key";
        fs::copy(self.path().join("private").join(secret), private.join(secret)).unwrap();
        for (name, _) in &self.batches {
            succeed(&self.folder, &[&["import", name, "--lake", &whole][..], &COLUMNS].concat());
        }
        for question in
            [&["--every", "month"][..], &["--every", "week", "--window", "90d", "--until", "2025-05-01"]]
        {
            let report = |lake: &str| {
                let arguments = [&["report", "--format", "json", "--lake", lake][..], question].concat();
                normalised(&json(&succeed(&self.folder, &arguments)))
            };
            assert_same(&report(&self.lake), &report(&whole), &format!("{question:?}"));
        }
        fs::remove_dir_all(self.path()).unwrap();
        fs::remove_dir_all(self.folder.join(whole)).unwrap();
    }
}

fn rows(report: &str) -> usize {
    usize::try_from(json(report)["input"]["rows"].as_u64().unwrap()).unwrap()
}

#[test]
fn a_killed_writer_leaves_a_whole_lake() {
    let rounds = number("FIDANCE_KILL_ROUNDS", 25);
    let seed = number("FIDANCE_KILL_SEED", 20_261_121);
    let folder = tempfile::tempdir().unwrap();
    let mut game = Game {
        folder: folder.path().to_owned(),
        dice: Dice(seed),
        lake: String::new(),
        batches: Vec::new(),
        inside: HashSet::new(),
        next: 0,
        takes: BTreeMap::new(),
        phases: BTreeMap::new(),
    };
    for round in 0..rounds {
        if round % ROUNDS_PER_LAKE == 0 && !LONG_LAKE.contains(&round) {
            if round > 0 {
                game.end_lake();
            }
            game.begin_lake(round);
        }
        game.round();
    }
    game.end_lake();
    println!("{rounds} rounds, seed {seed}; killed while");
    for ((what, phase), count) in &game.phases {
        println!("  {what:<13} {phase:<30} {count}");
    }
}
