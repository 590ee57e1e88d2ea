//! The sorter against a map.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use super::super::{KeyError, KeyRun, KeyRunWriter, KeySorter, MessageKey, RunLabel};
use super::{Numbers, run_of};

struct Outcome {
    dropped: Vec<u64>,
    keys: Vec<MessageKey>,
}

fn sort(memory: usize, messages: &[(MessageKey, u64)], existing: &[&KeyRun]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let mut sorter = KeySorter::new(memory, folder.path());
    messages.iter().for_each(|(key, ordinal)| sorter.push(*key, *ordinal).unwrap());
    assert_eq!(sorter.len(), messages.len() as u64);
    let out = Cursor::new(Vec::new());
    let mut writer =
        KeyRunWriter::new(out, Path::new("memory"), sorter.len(), RunLabel::of_batch(1)).unwrap();
    let deduped = sorter.finish(existing, &mut writer).unwrap();
    let run = KeyRun::open(writer.finish().unwrap().into_inner(), Path::new("memory")).unwrap();
    assert_eq!(run.count(), deduped.kept);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let dropped: Vec<_> = deduped.drops.iter().collect();
    assert_eq!(dropped.len() as u64, deduped.drops.len());
    assert!(messages.iter().all(|(_, at)| deduped.drops.contains(*at) == dropped.binary_search(at).is_ok()));
    Outcome { dropped, keys: run.iter().collect::<Result<_, _>>().unwrap() }
}

fn model(messages: &[(MessageKey, u64)], existing: &[&KeyRun]) -> Outcome {
    let mut first = BTreeMap::new();
    for (key, ordinal) in messages {
        let lowest = first.entry(*key).or_insert(*ordinal);
        *lowest = (*ordinal).min(*lowest);
    }
    first.retain(|key, _| !existing.iter().any(|run| run.contains(*key).unwrap()));
    let mut dropped: Vec<_> =
        messages.iter().filter(|(key, at)| first.get(key) != Some(at)).map(|(_, at)| *at).collect();
    dropped.sort_unstable();
    Outcome { dropped, keys: first.into_keys().collect() }
}

/// Messages in any order of positions; about every third is a duplicate.
fn messages(count: u64, numbers: &mut Numbers, crowded: bool) -> Vec<(MessageKey, u64)> {
    let size = usize::try_from(count).unwrap() * 2 / 3 + 1;
    let keys = if crowded { numbers.crowded_keys(size) } else { numbers.keys(size) };
    let mut messages: Vec<_> = (0..count)
        .map(|at| (keys[usize::try_from(numbers.below(keys.len() as u64)).unwrap()], at * 3))
        .collect();
    for at in (1..messages.len()).rev() {
        let other = usize::try_from(numbers.below(at as u64 + 1)).unwrap();
        messages.swap(at, other);
    }
    messages
}

fn compare(memory: usize, messages: &[(MessageKey, u64)], existing: &[&KeyRun]) {
    let (sorted, expected) = (sort(memory, messages, existing), model(messages, existing));
    assert_eq!(sorted.dropped, expected.dropped);
    assert_eq!(sorted.keys, expected.keys);
}

#[test]
fn batches_of_all_sizes_match_the_model_spilled_or_not() {
    let mut numbers = Numbers(21);
    for round in 0..20_usize {
        let count = [0, 1, 2, 50, 1000, 8191, 8192, 8193, 30_000, 70_000][round % 10];
        let messages = messages(count, &mut numbers, round % 4 == 3);
        let mut taken: Vec<_> =
            messages.iter().map(|(key, _)| *key).filter(|_| numbers.below(9) == 0).collect();
        taken.sort_unstable();
        taken.dedup();
        let (half, rest) = taken.split_at(taken.len() / 2);
        let runs = [run_of(half), run_of(rest), run_of(&numbers.keys(500))];
        let existing: Vec<_> = runs.iter().take(round % 4).collect();
        for memory in [0, 1 << 30] {
            compare(memory, &messages, &existing);
        }
    }
}

#[test]
fn one_key_again_and_again_leaves_one() {
    let key = Numbers(22).key();
    let messages: Vec<_> = (0..60_000).rev().map(|at| (key, at)).collect();
    for memory in [0, 1 << 20, 1 << 30] {
        let outcome = sort(memory, &messages, &[]);
        assert_eq!(outcome.keys, [key]);
        assert!(outcome.dropped.iter().copied().eq(1..60_000));
    }
}

#[test]
fn crowded_keys_that_all_share_a_leading_byte_are_split_further() {
    let mut numbers = Numbers(23);
    let lead = 0xab_u128 << 120;
    let mut message = |at: u64| {
        let hash = (u128::from(numbers.next()) << 64) | u128::from(numbers.next());
        (MessageKey::from_hash((hash >> 8) | lead), at)
    };
    let mut messages: Vec<_> = (0..60_000).map(&mut message).collect();
    messages.extend(messages.clone().iter().step_by(5).map(|(key, at)| (*key, at + 60_000)));
    for memory in [0, 1 << 30] {
        compare(memory, &messages, &[]);
    }
}

#[test]
fn positions_beyond_the_limit_are_refused() {
    let mut sorter = KeySorter::new(0, Path::new("/nowhere"));
    let key = Numbers(24).key();
    assert!(matches!(sorter.push(key, 1 << 40), Err(KeyError::OrdinalTooLarge { .. })));
    sorter.push(key, (1 << 40) - 1).unwrap();
    sorter.push(key, (1 << 40) - 2).unwrap();
    let deduped = sorter.finish_with(&[], &mut |_| Ok(())).unwrap();
    assert_eq!(deduped.drops.iter().collect::<Vec<_>>(), [(1 << 40) - 1]);
}

#[test]
fn an_error_on_the_way_ends_all_threads() {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(25);
    let mut sorter = || {
        let mut sorter = KeySorter::new(100_000, folder.path());
        (0..50_000).for_each(|at| sorter.push(numbers.key(), at).unwrap());
        sorter
    };
    let mut pieces = 0;
    let failed = sorter().finish_with(&[], &mut |_| {
        pieces += 1;
        if pieces == 40 { Err(KeyError::ThreadLost) } else { Ok(()) }
    });
    assert!(matches!(failed, Err(KeyError::ThreadLost)));
    // A damaged run among the existing ones.
    let keys = numbers_keys();
    let mut bytes = super::run_bytes(&keys, keys.len() as u64, RunLabel::of_batch(1));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = KeyRun::open(bytes, Path::new("memory")).unwrap();
    assert!(matches!(sorter().finish_with(&[&damaged], &mut |_| Ok(())), Err(KeyError::Damaged { .. })));
    // No place to spill to.
    let mut sorter = KeySorter::new(0, Path::new("/nowhere/at/all"));
    let failed = (0..50_000).try_for_each(|at| sorter.push(MessageKey::from_hash(u128::from(at) << 90), at));
    assert!(matches!(failed, Err(KeyError::Io { .. })));
}

fn numbers_keys() -> Vec<MessageKey> {
    Numbers(26).keys(20_000)
}
