//! A local folder of key runs: which of them count, how new ones appear whole or not at all, how they are merged.
//!
//! After a crash at any point the folder is right again when it is next opened. A run appears by a rename after its
//! bytes are synced, so what has its name is whole. The keys of a batch count once the caller says that the batch is
//! committed. Merged files are deleted after the merged run is there; should both be found, they hold the same
//! keys, and the smaller is removed once it was checked that the larger holds all of them.
//!
//! One process writes into a folder at a time; that is the caller's part, and so is knowing what is committed.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::drops::DropSet;
use super::error::KeyError;
use super::format::{RunKind, RunLabel};
use super::names::{self, FileKind};
use super::plan;
use super::run::KeyRun;
use super::sorter::{Deduped, KeySorter};
use super::writer::KeyRunWriter;

/// What was found in a folder besides runs, and what was tidied away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderReport {
    /// Files that are not ours; they stay.
    pub foreign: Vec<PathBuf>,
    /// Files that were begun and never finished; `sweep` deletes them.
    pub temporary: Vec<PathBuf>,
    /// Runs whose keys another run holds; they were deleted on opening.
    pub superseded: Vec<PathBuf>,
}

/// The key runs of a folder.
#[derive(Debug)]
pub struct KeyFolder {
    path: PathBuf,
    committed: Vec<Member>,
    /// Written, but their batches are not known to be committed.
    pending: Vec<Member>,
    report: FolderReport,
}

#[derive(Debug)]
struct Member {
    name: String,
    run: KeyRun,
}

impl Member {
    fn open(folder: &Path, name: String) -> Result<Self, KeyError> {
        let path = folder.join(&name);
        let file = File::open(&path).map_err(KeyError::io(&path, "open"))?;
        Ok(Self { run: KeyRun::open(file, &path)?, name })
    }

    /// Whether its batches are committed; an error when some are and others are not.
    fn is_committed(&self, is_committed: &dyn Fn(u128) -> bool) -> Result<bool, KeyError> {
        let label = self.run.label();
        if label.kind != RunKind::Batch {
            return Ok(true);
        }
        let committed = label.batches.iter().filter(|batch| is_committed(**batch)).count();
        if committed == 0 {
            return Ok(false);
        }
        let all = committed == label.batches.len();
        if all { Ok(true) } else { Err(KeyError::HalfCommitted { path: self.run.path().to_path_buf() }) }
    }

    /// Whether the labels say that this run was merged from the other.
    fn claims(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.run.label(), other.run.label());
        let covers = theirs.kind != RunKind::Settled
            && theirs.batches.iter().all(|batch| mine.batches.contains(batch));
        mine.kind != RunKind::Batch
            && self.name != other.name
            && (mine.replaces.contains(&other.name) || covers)
    }
}

impl KeyFolder {
    /// Opens all runs of the folder, which must exist. Runs of batches that are not committed are set aside, runs
    /// whose keys another one holds are deleted. A damaged run is an error: without it duplicates would be counted.
    pub fn open(path: &Path, is_committed: &dyn Fn(u128) -> bool) -> Result<Self, KeyError> {
        let folder = Self::read(path, is_committed)?;
        for path in &folder.report.superseded {
            remove(path)?;
        }
        if !folder.report.superseded.is_empty() {
            // Before the next merge forgets their names, their deletion must last.
            sync_folder(path)?;
        }
        Ok(folder)
    }

    /// Opens all runs of the folder to read them: like [`KeyFolder::open`], but deletes nothing.
    pub fn read(path: &Path, is_committed: &dyn Fn(u128) -> bool) -> Result<Self, KeyError> {
        let mut folder = Self {
            path: path.to_path_buf(),
            committed: Vec::new(),
            pending: Vec::new(),
            report: FolderReport::default(),
        };
        for name in folder.list()? {
            let member = Member::open(path, name)?;
            let committed = member.is_committed(is_committed)?;
            if committed { &mut folder.committed } else { &mut folder.pending }.push(member);
        }
        folder.set_superseded_aside()?;
        Ok(folder)
    }

    /// The runs that count, to check a batch against.
    pub fn runs(&self) -> Vec<&KeyRun> {
        self.committed.iter().map(|member| &member.run).collect()
    }

    /// The runs of batches that are not known to be committed.
    pub fn pending(&self) -> Vec<&KeyRun> {
        self.pending.iter().map(|member| &member.run).collect()
    }

    /// What was found on opening.
    pub fn report(&self) -> &FolderReport {
        &self.report
    }

    /// Finds the duplicates of a batch and writes its new keys as a run that counts once the batch is committed.
    /// Batches are taken one after the other: one that is pending is not asked.
    pub fn take(&mut self, batch: u128, sorter: KeySorter) -> Result<DropSet, KeyError> {
        let at_most = sorter.len();
        let mut deduped = Deduped::default();
        let existing: Vec<&KeyRun> = self.committed.iter().map(|member| &member.run).collect();
        let member = self.write_batch(batch, at_most, |writer| {
            deduped = sorter.finish(&existing, writer)?;
            Ok(())
        })?;
        self.set_pending(member);
        Ok(deduped.drops)
    }

    /// Writes the keys of a batch, at most `at_most` and ascending, as a run that counts once the batch is committed.
    /// A pending run of the same batch is replaced: it is what an earlier attempt left.
    pub fn write(
        &mut self,
        batch: u128,
        at_most: u64,
        fill: impl FnOnce(&mut KeyRunWriter<File>) -> Result<(), KeyError>,
    ) -> Result<(), KeyError> {
        let member = self.write_batch(batch, at_most, fill)?;
        self.set_pending(member);
        Ok(())
    }

    /// Lets the runs of batches that have been committed count from now on.
    pub fn refresh(&mut self, is_committed: &dyn Fn(u128) -> bool) -> Result<(), KeyError> {
        let committed = self.pending.iter().map(|member| member.is_committed(is_committed));
        let committed = committed.collect::<Result<Vec<_>, _>>()?;
        let mut pending = Vec::new();
        for (member, committed) in std::mem::take(&mut self.pending).into_iter().zip(committed) {
            if committed { &mut self.committed } else { &mut pending }.push(member);
        }
        self.pending = pending;
        Ok(())
    }

    /// Deletes the runs of batches that were not committed, and unfinished files. Only when no batch is under way.
    /// Gives the number of deleted files.
    pub fn sweep(&mut self, is_committed: &dyn Fn(u128) -> bool) -> Result<usize, KeyError> {
        self.refresh(is_committed)?;
        self.report = FolderReport::default();
        self.list()?;
        let temporary = std::mem::take(&mut self.report.temporary);
        let pending = self.pending.drain(..).map(|member| self.path.join(member.name));
        let paths: Vec<_> = pending.chain(temporary).collect();
        paths.iter().try_for_each(|path| remove(path))?;
        if !paths.is_empty() {
            sync_folder(&self.path)?;
        }
        Ok(paths.len())
    }

    /// Merges the runs that are due, if any, and says how many. Call again until it says 0.
    pub fn merge_due(&mut self) -> Result<usize, KeyError> {
        let counts: Vec<_> = self.committed.iter().map(|member| member.run.count()).collect();
        let due = plan::due(&counts);
        if due.len() > 1 {
            let mut inputs: Vec<_> =
                due.iter().filter_map(|at| self.committed.get(*at)).map(|m| m.name.clone()).collect();
            inputs.sort_unstable();
            let merged = self.write_merged(&inputs)?;
            self.committed.push(merged);
            self.forget(&inputs)?;
        }
        Ok(due.len())
    }

    /// Writes the merged run; its inputs are still there and still count.
    fn write_merged(&self, inputs: &[String]) -> Result<Member, KeyError> {
        let members = self.committed.iter().filter(|member| inputs.contains(&member.name));
        let runs: Vec<_> = members.map(|member| &member.run).collect();
        let name = names::of_merged(inputs);
        write_whole(&self.path, &name, |file, path| super::merge::merge(&runs, inputs.to_vec(), file, path))?;
        Member::open(&self.path, name)
    }

    /// Deletes runs that a merged one has made superfluous.
    fn forget(&mut self, superfluous: &[String]) -> Result<(), KeyError> {
        self.committed.retain(|member| !superfluous.contains(&member.name));
        superfluous.iter().try_for_each(|name| remove(&self.path.join(name)))?;
        // Before the next merge forgets their names, their deletion must last.
        sync_folder(&self.path)
    }

    /// Finds what a crash between a merge and its deletions left.
    fn set_superseded_aside(&mut self) -> Result<(), KeyError> {
        let mut superfluous = Vec::new();
        for old in &self.committed {
            let mut others =
                self.committed.iter().filter(|new| new.claims(old) && !superfluous.contains(&new.name));
            let holds_all =
                others.try_fold(false, |held, new| Ok(held || new.run.is_superset_of(&old.run)?))?;
            if holds_all {
                superfluous.push(old.name.clone());
            }
        }
        self.report.superseded = superfluous.iter().map(|name| self.path.join(name)).collect();
        self.committed.retain(|member| !superfluous.contains(&member.name));
        Ok(())
    }

    fn write_batch(
        &self,
        batch: u128,
        at_most: u64,
        fill: impl FnOnce(&mut KeyRunWriter<File>) -> Result<(), KeyError>,
    ) -> Result<Member, KeyError> {
        let name = names::of_batch(batch);
        let taken =
            |run: &KeyRun| run.label().batches.contains(&batch) || run.label().replaces.contains(&name);
        if self.committed.iter().any(|member| taken(&member.run)) {
            return Err(KeyError::Taken { path: self.path.clone(), batch });
        }
        write_whole(&self.path, &name, |file, path| {
            let mut writer = KeyRunWriter::new(file, path, at_most, RunLabel::of_batch(batch))?;
            fill(&mut writer)?;
            writer.finish()
        })?;
        Member::open(&self.path, name)
    }

    fn set_pending(&mut self, member: Member) {
        self.pending.retain(|earlier| earlier.name != member.name);
        self.pending.push(member);
    }

    /// The names of the runs in order; other files go into the report.
    fn list(&mut self) -> Result<Vec<String>, KeyError> {
        let failed = || KeyError::io(&self.path, "list");
        let mut runs = Vec::new();
        for file in fs::read_dir(&self.path).map_err(failed())? {
            let file = file.map_err(failed())?;
            let is_file = file.file_type().map_err(failed())?.is_file();
            match (file.file_name().into_string(), file.path()) {
                (Ok(name), _) if is_file && names::kind_of(&name) == FileKind::Run => runs.push(name),
                (Ok(name), path) if is_file && names::kind_of(&name) == FileKind::Temporary => {
                    self.report.temporary.push(path);
                }
                (_, path) => self.report.foreign.push(path),
            }
        }
        runs.sort_unstable();
        self.report.foreign.sort_unstable();
        self.report.temporary.sort_unstable();
        Ok(runs)
    }
}

/// Writes a file so that it has its name only when it is whole and synced.
fn write_whole(
    folder: &Path,
    name: &str,
    write: impl FnOnce(File, &Path) -> Result<File, KeyError>,
) -> Result<(), KeyError> {
    let path = folder.join(name);
    let temporary = Temporary(folder.join(names::temporary(name)));
    let file = File::create_new(&temporary.0).map_err(KeyError::io(&temporary.0, "create"))?;
    let file = write(file, &path)?;
    file.sync_all().map_err(KeyError::io(&temporary.0, "sync"))?;
    fs::rename(&temporary.0, &path).map_err(KeyError::io(&path, "rename a file to"))?;
    sync_folder(folder)
}

/// An unfinished file, deleted when it is given up. After the rename there is none of this name.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be deleted now, a sweep deletes.
        drop(fs::remove_file(&self.0));
    }
}

fn remove(path: &Path) -> Result<(), KeyError> {
    let gone = |error: io::Error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) };
    fs::remove_file(path).or_else(gone).map_err(KeyError::io(path, "delete"))
}

fn sync_folder(path: &Path) -> Result<(), KeyError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(KeyError::io(path, "sync"))
}
