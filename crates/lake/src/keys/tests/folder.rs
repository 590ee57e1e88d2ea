//! Folders, also as a crash at each step leaves them.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use super::super::{KeyError, KeyFolder, KeySorter, MessageKey, RunKind};
use super::Numbers;

fn all(_: u128) -> bool {
    true
}

fn write(folder: &mut KeyFolder, batch: u128, keys: &[MessageKey]) {
    folder.write(batch, keys.len() as u64, |writer| writer.extend(keys.iter().copied())).unwrap();
}

fn held(folder: &KeyFolder) -> BTreeSet<MessageKey> {
    folder.runs().iter().flat_map(|run| run.iter().map(Result::unwrap)).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_duplicate_is_found_however_far_apart() {
    let temp = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(31);
    let mut known: HashSet<MessageKey> = HashSet::new();
    let mut past: Vec<MessageKey> = Vec::new();
    let mut folder = KeyFolder::open(temp.path(), &all).unwrap();
    for batch in 0..80_u128 {
        let count = [1, 20, 3000, 20_000][usize::try_from(numbers.below(4)).unwrap()];
        let mut sorter = KeySorter::new(1 << 20, temp.path());
        let mut expected = 0;
        let mut seen = HashSet::new();
        for at in 0..count {
            let again = !past.is_empty() && numbers.below(5) == 0;
            let key = if again {
                past[usize::try_from(numbers.below(past.len() as u64)).unwrap()]
            } else {
                numbers.key()
            };
            expected += u64::from(known.contains(&key) || !seen.insert(key));
            past.push(key);
            sorter.push(key, at).unwrap();
        }
        assert_eq!(folder.take(batch, sorter).unwrap().len(), expected);
        known.extend(&seen);
        folder.refresh(&all).unwrap();
        while folder.merge_due().unwrap() > 0 {}
        if batch % 20 == 19 {
            folder = KeyFolder::open(temp.path(), &all).unwrap();
        }
        assert!(folder.runs().len() < 30);
    }
    assert_eq!(held(&folder), known.into_iter().collect());
    assert_eq!(names(temp.path()).len(), folder.runs().len());
}

#[test]
fn keys_count_only_once_their_batch_is_committed() {
    let temp = tempfile::tempdir().unwrap();
    let keys = Numbers(32).keys(90);
    let mut folder = KeyFolder::open(temp.path(), &all).unwrap();
    write(&mut folder, 1, &keys[..30]);
    write(&mut folder, 2, &keys[30..60]);
    assert!(folder.runs().is_empty() && folder.pending().len() == 2);
    folder.refresh(&|batch| batch == 1).unwrap();
    assert_eq!(held(&folder), keys[..30].iter().copied().collect());
    assert!(matches!(folder.write(1, 9, |_| Ok(())), Err(KeyError::Taken { batch: 1, .. })));
    // The second attempt replaces what the first one left.
    write(&mut folder, 2, &keys[60..]);
    assert_eq!(folder.pending().len(), 1);

    let mut folder = KeyFolder::open(temp.path(), &|batch| batch == 1).unwrap();
    assert_eq!((folder.runs().len(), folder.pending().len()), (1, 1));
    assert_eq!(folder.sweep(&|batch| batch == 1).unwrap(), 1);
    assert_eq!(names(temp.path()).len(), 1);
    let folder = KeyFolder::open(temp.path(), &all).unwrap();
    assert_eq!(held(&folder), keys[..30].iter().copied().collect());
}

#[test]
fn files_of_others_stay_and_unfinished_ones_are_swept() {
    let temp = tempfile::tempdir().unwrap();
    let mut folder = KeyFolder::open(temp.path(), &all).unwrap();
    write(&mut folder, 1, &Numbers(33).keys(10));
    let unfinished = "00000000000000000000000000000009.1-1.keys-part";
    for name in ["readme.txt", "x.keys", unfinished] {
        fs::write(temp.path().join(name), b"anything").unwrap();
    }
    fs::create_dir(temp.path().join("00000000000000000000000000000008.keys")).unwrap();
    let mut folder = KeyFolder::open(temp.path(), &all).unwrap();
    assert_eq!(folder.report().foreign.len(), 3);
    assert_eq!(folder.report().temporary, [temp.path().join(unfinished)]);
    assert_eq!(folder.sweep(&all).unwrap(), 1);
    assert_eq!(names(temp.path()).len(), 4);
    assert_eq!(folder.runs().len(), 1);
}

#[test]
fn a_failed_write_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mut folder = KeyFolder::open(temp.path(), &all).unwrap();
    let keys = Numbers(34).keys(5);
    assert!(folder.write(1, 4, |writer| writer.extend(keys.iter().copied())).is_err());
    assert!(names(temp.path()).is_empty() && folder.pending().is_empty());
    write(&mut folder, 1, &keys);
    assert_eq!(folder.pending().len(), 1);
}

/// A folder with eight runs that overlap, and what they hold.
fn eight_runs(path: &Path, numbers: &mut Numbers) -> BTreeSet<MessageKey> {
    let all_keys = numbers.keys(2000);
    let mut folder = KeyFolder::open(path, &all).unwrap();
    for batch in 0..8 {
        let some: Vec<_> = all_keys.iter().copied().filter(|_| numbers.below(4) == 0).collect();
        write(&mut folder, batch, &some);
    }
    folder.refresh(&all).unwrap();
    held(&folder)
}

#[test]
fn a_crash_at_any_step_of_a_merge_loses_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(35);
    let (before, after) = (temp.path().join("before"), temp.path().join("after"));
    fs::create_dir(&before).unwrap();
    let expected = eight_runs(&before, &mut numbers);
    copy(&before, &after);
    let mut folder = KeyFolder::open(&after, &all).unwrap();
    assert_eq!(folder.merge_due().unwrap(), 8);
    assert_eq!(folder.merge_due().unwrap(), 0);
    let merged = names(&after);
    assert_eq!((merged.len(), folder.runs()[0].label().kind), (1, RunKind::Merged));

    let inputs = names(&before);
    for left in 0..256_u32 {
        // The merged run is there, and any of its inputs are not deleted yet.
        let crashed = temp.path().join(format!("left-{left}"));
        copy(&after, &crashed);
        let kept = inputs.iter().enumerate().filter(|(at, _)| left >> at & 1 == 1);
        for (_, name) in kept {
            fs::copy(before.join(name), crashed.join(name)).unwrap();
        }
        let folder = KeyFolder::open(&crashed, &all).unwrap();
        assert_eq!(folder.report().superseded.len(), left.count_ones() as usize);
        assert_eq!(held(&folder), expected);
        assert_eq!(names(&crashed), merged);
    }
    // The merged run is not finished: any number of its bytes are in the temporary file.
    let bytes = fs::read(after.join(&merged[0])).unwrap();
    for length in (0..bytes.len()).step_by(bytes.len() / 20).chain([bytes.len()]) {
        let crashed = temp.path().join(format!("part-{length}"));
        copy(&before, &crashed);
        fs::write(crashed.join("abc.1-0.keys-part"), &bytes[..length]).unwrap();
        let mut folder = KeyFolder::open(&crashed, &all).unwrap();
        assert_eq!(held(&folder), expected);
        assert_eq!((folder.sweep(&all).unwrap(), folder.merge_due().unwrap()), (1, 8));
        assert_eq!(names(&crashed), merged);
        assert_eq!(fs::read(crashed.join(&merged[0])).unwrap(), bytes);
    }
}

#[test]
fn a_run_that_claims_more_than_it_holds_deletes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(36);
    let expected = eight_runs(temp.path(), &mut numbers);
    let (first, second) = (format!("{:032x}.keys", 0), format!("{:032x}.keys", 1));
    let label = super::super::RunLabel {
        kind: RunKind::Settled,
        batches: Vec::new(),
        replaces: vec![first.clone(), second.clone()],
    };
    // It holds the keys of the first run only.
    let folder = KeyFolder::open(temp.path(), &all).unwrap();
    let keys: Vec<_> = folder.runs()[0].iter().map(Result::unwrap).collect();
    let bytes = super::run_bytes(&keys, keys.len() as u64, label);
    fs::write(temp.path().join(format!("{:032x}.keys", 99)), bytes).unwrap();
    let folder = KeyFolder::open(temp.path(), &all).unwrap();
    assert_eq!(folder.report().superseded, [temp.path().join(first)]);
    assert!(names(temp.path()).contains(&second));
    assert_eq!(held(&folder), expected);
}

#[test]
fn a_crash_around_the_commit_of_a_batch_counts_its_keys_exactly_when_it_is_committed() {
    let temp = tempfile::tempdir().unwrap();
    let keys = Numbers(37).keys(100);
    let mut folder = KeyFolder::open(temp.path(), &all).unwrap();
    write(&mut folder, 1, &keys[..50]);
    let first_only = temp.path().join("first");
    copy_files(temp.path(), &first_only);
    write(&mut folder, 2, &keys[50..]);
    for (batch_2, runs, holds) in [(false, 1, 50), (true, 2, 100)] {
        let folder = KeyFolder::open(temp.path(), &|batch| batch == 1 || batch_2).unwrap();
        assert_eq!((folder.runs().len(), held(&folder).len()), (runs, holds));
    }
    let folder = KeyFolder::open(&first_only, &|batch| batch == 1).unwrap();
    assert_eq!(held(&folder).len(), 50);
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in
        fs::read_dir(from).unwrap().map(Result::unwrap).filter(|file| file.file_type().unwrap().is_file())
    {
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn a_damaged_run_stops_the_folder_and_is_named() {
    let temp = tempfile::tempdir().unwrap();
    eight_runs(temp.path(), &mut Numbers(38));
    let path = temp.path().join(format!("{:032x}.keys", 3));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let text = KeyFolder::open(temp.path(), &all).unwrap_err().to_string();
    assert!(text.contains("00000003.keys is damaged"), "{text}");
    // Damage in the keys is met while merging: nothing is deleted.
    let mut wrong = bytes.clone();
    wrong[bytes.len() - 9] ^= 4;
    fs::write(&path, wrong).unwrap();
    let mut folder = KeyFolder::open(temp.path(), &all).unwrap();
    assert!(matches!(folder.merge_due(), Err(KeyError::Damaged { .. })));
    assert_eq!(names(temp.path()).len(), 8);
}

#[test]
fn a_run_of_committed_and_uncommitted_batches_is_never_deleted() {
    let temp = tempfile::tempdir().unwrap();
    let keys = Numbers(39).keys(10);
    let label = super::super::RunLabel { kind: RunKind::Batch, batches: vec![1, 2], replaces: Vec::new() };
    let name = format!("{:032x}.keys", 1);
    fs::write(temp.path().join(&name), super::run_bytes(&keys, 10, label)).unwrap();
    let half = |batch| batch == 1;
    assert!(matches!(KeyFolder::open(temp.path(), &half), Err(KeyError::HalfCommitted { .. })));
    let mut folder = KeyFolder::open(temp.path(), &|_| false).unwrap();
    assert!(matches!(folder.sweep(&half), Err(KeyError::HalfCommitted { .. })));
    assert_eq!((names(temp.path()), folder.pending().len()), (vec![name], 1));
    assert_eq!(KeyFolder::open(temp.path(), &all).unwrap().runs().len(), 1);
}
