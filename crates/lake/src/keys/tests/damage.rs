//! Damaged runs: an error or the right answer, never another one.

use std::collections::HashSet;
use std::path::Path;

use super::super::{KeyError, KeyRun, MessageKey, RunKind, RunLabel};
use super::{Numbers, run_bytes};

fn damage(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let length = bytes.len() as u64;
    let at = usize::try_from(numbers.below(length)).unwrap();
    match numbers.below(6) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes.truncate(at),
        2 => bytes.extend((0..=numbers.below(40)).map(|_| 0)),
        3 => {
            let end = (at + 16).min(bytes.len());
            bytes[at..end].fill(if numbers.below(2) == 0 { 0 } else { 0xff });
        }
        4 => {
            let from = usize::try_from(numbers.below(length)).unwrap();
            let end = (from + 64).min(bytes.len());
            let moved = bytes[from..end].to_vec();
            for (place, byte) in bytes[at..].iter_mut().zip(moved) {
                *place = byte;
            }
        }
        // The first bytes, where the lengths are.
        _ => bytes[at % 64] = u8::try_from(numbers.below(256)).unwrap(),
    }
}

fn answers(bytes: Vec<u8>, asked: &[MessageKey]) -> Result<Vec<bool>, KeyError> {
    let run = KeyRun::open(bytes, Path::new("memory"))?;
    Ok(run.contains_many(asked)?.iter().collect())
}

#[test]
fn a_damaged_run_gives_an_error_or_the_right_answers() {
    let mut numbers = Numbers(11);
    let (mut errors, mut unchanged) = (0, 0);
    for round in 0..200 {
        let keys = numbers.keys(1 + round * 3);
        let set: HashSet<_> = keys.iter().copied().collect();
        let label =
            RunLabel { kind: RunKind::Merged, batches: vec![1, 2, 3], replaces: vec!["x.keys".to_owned()] };
        let whole = run_bytes(&keys, keys.len() as u64, label);
        let mut asked = numbers.keys(20);
        asked.extend(keys.iter().step_by(3));
        asked.sort_unstable();
        let expected: Vec<_> = asked.iter().map(|key| set.contains(key)).collect();
        for _ in 0..150 {
            let mut bytes = whole.clone();
            damage(&mut bytes, &mut numbers);
            if bytes == whole {
                unchanged += 1;
                continue;
            }
            errors += usize::from(check(&bytes, &asked, &expected, &keys));
        }
    }
    assert!(unchanged < 3000 && errors > 24_000, "{unchanged} {errors}");
}

/// Whether there was an error on the way; panics on a wrong answer.
fn check(bytes: &[u8], asked: &[MessageKey], expected: &[bool], keys: &[MessageKey]) -> bool {
    let many = answers(bytes.to_vec(), asked);
    if let Ok(found) = &many {
        assert_eq!(found, expected);
    }
    let Ok(run) = KeyRun::open(bytes.to_vec(), Path::new("memory")) else { return true };
    for (key, expected) in asked.iter().zip(expected) {
        if let Ok(found) = run.contains(*key) {
            assert_eq!(found, *expected);
        }
    }
    let all: Result<Vec<_>, _> = run.iter().collect();
    if let Ok(all) = &all {
        assert_eq!(all, keys);
    }
    // A run whose every byte is covered by a checksum cannot be read through without an error.
    assert!(all.is_err());
    true
}

#[test]
fn errors_tell_what_the_file_is() {
    let open = |bytes: Vec<u8>| KeyRun::open(bytes, Path::new("folder/x.keys")).unwrap_err();
    let whole = run_bytes(&Numbers(12).keys(100), 100, RunLabel::of_batch(1));
    assert!(matches!(open(vec![7; 500]), KeyError::NotARun { .. }));
    assert!(matches!(open(Vec::new()), KeyError::Damaged { .. }));
    let mut newer = whole.clone();
    newer[8] = 2;
    assert!(matches!(open(newer), KeyError::Version { found: 2, known: 1, .. }));
    let mut wrong = whole;
    wrong[20] ^= 1;
    let text = open(wrong).to_string();
    assert!(text.starts_with("the key run folder/x.keys is damaged (its header"), "{text}");
}

#[test]
fn a_run_that_was_never_finished_is_none() {
    use std::io::{Cursor, Seek, SeekFrom, Write};
    let keys = Numbers(13).keys(2000);
    let whole = run_bytes(&keys, 2000, RunLabel::of_batch(1));
    // The header is written last: everything else may be there.
    let mut file = Cursor::new(whole);
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&[0; 48]).unwrap();
    let opened = KeyRun::open(file.into_inner(), Path::new("memory"));
    assert!(matches!(opened, Err(KeyError::NotARun { .. })));
}
