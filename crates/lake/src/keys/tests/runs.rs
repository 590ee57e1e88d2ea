//! Runs against sets.

use std::collections::{BTreeSet, HashSet};
use std::io::Cursor;
use std::path::Path;

use super::super::format::prefix_bits;
use super::super::{KeyError, KeyRun, KeyRunWriter, MessageKey, RunKind, RunLabel, merge};
use super::{Numbers, run_bytes, run_of};

#[test]
fn a_key_is_the_leading_96_bits() {
    let key = MessageKey::from_hash(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    assert_eq!((key.high(), key.low()), (0x0011_2233_4455_6677, 0x8899_aabb));
    assert_eq!(key, MessageKey::from(0x0011_2233_4455_6677_8899_aabb_0000_0000));
    assert!(MessageKey::from_hash(1 << 127) > key);
}

#[test]
fn slots_hold_32_to_64_keys() {
    for keys in [64, 65, 1000, 4096, 1_000_000, 100_000_000, 8_000_000_000] {
        let slots = 1_u64 << prefix_bits(keys);
        assert!((32..64).contains(&(keys / slots)), "{keys}");
    }
    assert_eq!(prefix_bits(0), 0);
    assert_eq!(prefix_bits(u64::MAX), 28);
}

#[test]
fn a_run_answers_like_a_set() {
    let mut numbers = Numbers(1);
    for round in 0..120 {
        let count = usize::try_from(numbers.below([1, 3, 100, 5000, 40_000][round % 5])).unwrap();
        let keys = if round % 3 == 2 { numbers.crowded_keys(count) } else { numbers.keys(count) };
        // Announcing too many keys costs room, not answers; up to 2^17 keys 9 to 12 bytes are all met.
        let at_most = keys.len() as u64 + [0, 1, 1 << 13, 1 << 17][round % 4];
        let run =
            KeyRun::open(run_bytes(&keys, at_most, RunLabel::of_batch(7)), Path::new("memory")).unwrap();
        let set: HashSet<_> = keys.iter().copied().collect();
        assert_eq!(run.count(), keys.len() as u64);
        assert_eq!(run.iter().collect::<Result<Vec<_>, _>>().unwrap(), keys);

        let asked = questions(&keys, &mut numbers);
        let bits = run.contains_many(&asked).unwrap();
        let expected: Vec<_> = asked.iter().map(|key| set.contains(key)).collect();
        assert_eq!(bits.iter().collect::<Vec<_>>(), expected);
        assert_eq!(bits.found(), expected.iter().filter(|found| **found).count());
        for key in asked.iter().step_by(7) {
            assert_eq!(run.contains(*key).unwrap(), set.contains(key));
        }
    }
}

/// Keys of the run, keys next to them, and others; sometimes few, sometimes many, some twice.
fn questions(keys: &[MessageKey], numbers: &mut Numbers) -> Vec<MessageKey> {
    let one_in = [1, 2, 10, 300][usize::try_from(numbers.below(4)).unwrap()];
    let mut asked = numbers.keys(50);
    for key in keys {
        if numbers.below(one_in) == 0 {
            let near = key.bits() ^ (1 << numbers.below(96));
            asked.extend([*key, *key, MessageKey::from_bits(near)]);
        }
    }
    asked.sort_unstable();
    asked
}

#[test]
fn a_large_run_is_read_from_a_file() {
    let mut numbers = Numbers(2);
    let keys = numbers.keys(300_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    std::fs::write(&path, run_bytes(&keys, keys.len() as u64, RunLabel::of_batch(7))).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 300_000 * 23 / 2);
    let run = KeyRun::open(std::fs::File::open(&path).unwrap(), &path).unwrap();
    assert!(run.iter().map(Result::unwrap).eq(keys.iter().copied()));
    assert_eq!(run.contains_many(&keys).unwrap().found(), keys.len());
    for step in [2, 50, 1000] {
        let mut asked: Vec<_> = keys.iter().step_by(step).copied().collect();
        let known = asked.len();
        asked.extend(numbers.keys(known));
        asked.sort_unstable();
        assert_eq!(run.contains_many(&asked).unwrap().found(), known);
    }
    assert!(keys.iter().step_by(100).all(|key| run.contains(*key).unwrap()));
}

#[test]
fn a_writer_refuses_what_would_make_a_wrong_run() {
    let keys = Numbers(3).keys(3);
    let mut writer =
        KeyRunWriter::new(Cursor::new(Vec::new()), Path::new("memory"), 2, RunLabel::of_batch(1)).unwrap();
    writer.push(keys[1]).unwrap();
    assert!(matches!(writer.push(keys[1]), Err(KeyError::Unsorted { .. })));
    assert!(matches!(writer.push(keys[0]), Err(KeyError::Unsorted { .. })));
    writer.push(keys[2]).unwrap();
    assert!(matches!(
        writer.push(MessageKey::from_hash(u128::MAX)),
        Err(KeyError::TooMany { at_most: 2, .. })
    ));
    let run = run_of(&keys);
    assert!(matches!(run.contains_many(&[keys[1], keys[0]]), Err(KeyError::Unsorted { .. })));
}

#[test]
fn a_merged_run_holds_the_union() {
    let mut numbers = Numbers(4);
    for round in 0..60_u128 {
        let all = numbers.keys(3000);
        let (mut runs, mut union) = (Vec::new(), BTreeSet::new());
        for batch in 0..=round % 9 {
            let one_in = 1 + numbers.below(20);
            let some: Vec<_> = all.iter().copied().filter(|_| numbers.below(one_in) == 0).collect();
            union.extend(some.iter().copied());
            let bytes = run_bytes(&some, some.len() as u64, RunLabel::of_batch(batch));
            runs.push(KeyRun::open(bytes, Path::new("memory")).unwrap());
        }
        let runs: Vec<_> = runs.iter().collect();
        let names = vec!["a.keys".to_owned(), "b.keys".to_owned()];
        let merged = merge(&runs, names.clone(), Cursor::new(Vec::new()), Path::new("memory")).unwrap();
        let merged = KeyRun::open(merged.into_inner(), Path::new("memory")).unwrap();
        assert!(merged.iter().map(Result::unwrap).eq(union));
        let batches = (0..=round % 9).collect();
        assert_eq!(*merged.label(), RunLabel { kind: RunKind::Merged, batches, replaces: names });
    }
}

#[test]
fn a_run_of_very_many_batches_no_longer_lists_them() {
    let keys = Numbers(5).keys(10);
    let label = |batches: std::ops::Range<u128>| RunLabel {
        kind: RunKind::Merged,
        batches: batches.collect(),
        replaces: Vec::new(),
    };
    let open = |label| KeyRun::open(run_bytes(&keys, 10, label), Path::new("memory")).unwrap();
    let merged = |runs: &[&KeyRun]| {
        let out = merge(runs, Vec::new(), Cursor::new(Vec::new()), Path::new("memory")).unwrap();
        KeyRun::open(out.into_inner(), Path::new("memory")).unwrap()
    };
    let (first, second) = (open(label(0..1024)), open(label(1024..1025)));
    assert_eq!(merged(&[&first]).label().batches.len(), 1024);
    let settled = merged(&[&first, &second]);
    assert_eq!((settled.label().kind, settled.label().batches.len()), (RunKind::Settled, 0));
    assert_eq!(merged(&[&settled, &second]).label().kind, RunKind::Settled);
    assert_eq!(settled.count(), 10);
}
