//! Logs long enough for checkpoints, which are written after the commit that they belong to and may fail alone.

use std::{
    fs,
    num::NonZeroUsize,
    time::{Duration, SystemTime},
};

use fidance_lake::{Lake, LakeError};

use crate::world::{Arrival, import, lake};

fn event(n: u64) -> Vec<Arrival> {
    let at = i64::try_from(n).unwrap() * 3_600_000_000;
    let message = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    vec![Arrival { id: n % 7, at, kind: 0, amount: Some(100), country: 0, message: Some(message) }]
}

fn events(lake: &mut Lake) -> u64 {
    let checked = lake.check(NonZeroUsize::MIN).unwrap();
    assert_eq!(checked.problems, []);
    checked.rows
}

/// The versions whose commits write a checkpoint.
const INTERVAL: u64 = 100;

#[test]
fn a_checkpoint_that_fails_takes_no_event_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    let mut lake = lake(&root, &[]);
    for table in ["events", "customers"] {
        // A folder in the place of the file: it cannot be written.
        let name = format!("{:020}.checkpoint.parquet/in/the/way", INTERVAL - 1);
        fs::create_dir_all(root.join(table).join("_delta_log").join(name)).unwrap();
    }
    for n in 1..=INTERVAL + 5 {
        assert_eq!(import(&mut lake, &event(n), i64::try_from(n).unwrap()).added, 1, "batch {n}");
    }
    assert_eq!(events(&mut lake), INTERVAL + 5);
    assert_eq!(events(&mut Lake::open(&root).unwrap()), INTERVAL + 5);
}

#[test]
fn old_entries_of_a_log_are_not_needed_after_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    let mut lake = lake(&root, &[]);
    let log = root.join("events/_delta_log");
    for n in 1..=INTERVAL + 5 {
        import(&mut lake, &event(n), i64::try_from(n).unwrap());
        if n == INTERVAL - 2 {
            let past = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
            for entry in fs::read_dir(&log).unwrap().flatten() {
                fs::File::options().append(true).open(entry.path()).unwrap().set_modified(past).unwrap();
            }
        }
    }
    assert!(log.join(format!("{:020}.checkpoint.parquet", INTERVAL - 1)).exists());
    assert_eq!(events(&mut lake), INTERVAL + 5);
    let mut again = Lake::open(&root).unwrap();
    assert_eq!(events(&mut again), INTERVAL + 5);
    assert!(import(&mut again, &event(3), 3).already);
}

#[test]
fn an_empty_entry_of_a_log_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    let mut lake = lake(&root, &[]);
    import(&mut lake, &event(1), 1);
    import(&mut lake, &event(2), 2);
    fs::write(root.join("events/_delta_log/00000000000000000002.json"), "").unwrap();
    let error = Lake::open(&root).unwrap_err();
    assert!(matches!(error, LakeError::EmptyEntry { .. }), "{error}");
    assert!(error.to_string().contains("00000000000000000002.json"), "{error}");
}
