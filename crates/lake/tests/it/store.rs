//! Lakes in an object store: the same figures as in a folder, whatever fails at whatever request, whoever writes.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use fidance_lake::{Lake, LakeError, Location, Store, Thoroughness};
use object_store::{ObjectStore, memory::InMemory};

use crate::{
    parity::{CUSTOMERS, activity_of, agrees},
    store_faults::{Fault, Faulty},
    world::{Arrival, KINDS, Step, config, import, lake, options, play, steps, try_import},
};

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(300);

fn location(objects: Arc<dyn ObjectStore>, cache: &Path, lease: Duration) -> Location {
    let url = "s3://bucket/lakes/shop".parse().unwrap();
    Location::Store(Store::new(objects, url, cache.to_owned()).with_lease(lease))
}

/// Events whose ids are numbers; the same number is the same event.
fn events(numbers: std::ops::Range<u64>) -> Vec<Arrival> {
    let event = |n: u64| Arrival {
        id: n % 37,
        at: 1_700_000_000_000_000 + n as i64 * 7_200_000_000,
        kind: 0,
        amount: Some(100),
        country: 0,
        message: Some(u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
    };
    numbers.map(event).collect()
}

/// Fails unless a new writer finds and leaves everything in order, with events of these numbers after it.
fn is_whole(lake: &mut Lake, expected: u64, what: &str) {
    // Ids that were taken are known, whoever took them.
    static NEXT: AtomicI64 = AtomicI64::new(1_000);
    let again = import(lake, &events(0..expected), NEXT.fetch_add(1, Ordering::Relaxed));
    assert_eq!((again.added, again.duplicates), (0, expected), "{what}: ids");
    let later = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 36_500);
    lake.vacuum(Duration::ZERO, later).unwrap();
    let checked = lake.check(NonZeroUsize::MIN).unwrap();
    assert_eq!(checked.problems, [], "{what}");
    assert_eq!(checked.rows, expected, "{what}: events");
    assert_eq!((checked.left_over, checked.foreign), (Vec::new(), Vec::<PathBuf>::new()), "{what}");
}

#[test]
fn a_lake_in_a_store_gives_what_the_definitions_say() {
    let mut by_masks = 0;
    for seed in 0..16 {
        let folder = tempfile::tempdir().unwrap();
        let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let here = |cache: &str| location(objects.clone(), &folder.path().join(cache), LONG);
        let steps = steps(seed, CUSTOMERS, 1 + seed as usize % 6);
        // Every step is done by another of two machines; a third reads.
        drop(lake(here("one"), activity_of(seed)));
        for (n, step) in steps.iter().enumerate() {
            let mut lake = Lake::open(here(["one", "two"][n % 2])).unwrap();
            if let Step::Batch(batch) = step {
                import(&mut lake, batch, n as i64 + 1);
            } else {
                // The step keeps its number.
                let mut until = vec![Step::Links(Vec::new()); n];
                until.push(step.clone());
                play(&mut lake, &until);
            }
        }
        let mut reader = Lake::open(here("three")).unwrap();
        by_masks += agrees(&mut reader, seed, &steps, activity_of(seed));
    }
    assert!(by_masks > 0, "no world was answered from masks");
}

#[derive(Debug, Clone, Copy)]
enum Doing {
    Import,
    Compact,
}

/// A store with a lake of two batches, and one in buckets.
fn stored() -> InMemory {
    let folder = tempfile::tempdir().unwrap();
    let objects = Arc::new(InMemory::new());
    let mut lake = lake(location(objects.clone(), folder.path(), LONG), &[]);
    for n in 0..3 {
        import(&mut lake, &events(n * 100..(n + 1) * 100), n as i64 + 1);
    }
    import(&mut lake, &events(300..330), 4);
    drop(lake);
    objects.fork()
}

/// Does something with the n-th request failing; whether it came so far.
fn survives(base: &InMemory, doing: Doing, fault: Fault, n: u64) -> bool {
    let what = format!("{doing:?}, request {n} {fault:?}");
    let folder = tempfile::tempdir().unwrap();
    let objects = Arc::new(base.fork());
    let faulty = Faulty::new(objects.clone());
    let cache = folder.path().join("one");
    let mut lake = Lake::open(location(Arc::new(faulty.clone()), &cache, LONG)).unwrap();
    faulty.faults.at(n, fault);
    let outcome = match doing {
        Doing::Import => try_import(&mut lake, &events(250..450), 5).map(drop),
        Doing::Compact => lake.compact(&options(1 << 20), Thoroughness::Everything).map(drop),
    };
    let came = faulty.faults.requests() >= n;
    drop(lake);
    // Most times on the same machine, whose lock shows that the writer has ended; else its lease must run out.
    let moved = n % 16 == 3 || !matches!(fault, Fault::Dead | Fault::DeadAfter);
    let cache = if moved { folder.path().join("two") } else { cache };
    let mut lake = Lake::open(location(objects, &cache, SHORT)).unwrap();
    let mut tries = 0;
    loop {
        let done = match doing {
            Doing::Import => try_import(&mut lake, &events(250..450), 5).map(|done| {
                let before = if done.already { 120 } else { done.added };
                assert_eq!(before, 120, "{what}");
                assert!(outcome.is_err() || done.already, "{what}: {done:?}");
            }),
            Doing::Compact => lake.compact(&options(1 << 20), Thoroughness::Everything).map(drop),
        };
        match done {
            Ok(()) => break,
            Err(LakeError::Busy { .. }) if tries < 20 => thread::sleep(SHORT / 4),
            Err(error) => panic!("{what}: {error}"),
        }
        tries += 1;
    }
    let expected = if matches!(doing, Doing::Import) { 450 } else { 330 };
    is_whole(&mut lake, expected, &what);
    came
}

/// Every request fails once in some way; with `FIDANCE_FAULTS` set, in every way.
fn survives_all(doing: Doing) {
    let base = stored();
    let faults = [Fault::Refused, Fault::Unanswered, Fault::Dead, Fault::DeadAfter];
    let all = std::env::var_os("FIDANCE_FAULTS").is_some();
    for (kind, fault) in (1..).zip(faults) {
        let step = if all { 1 } else { 4 };
        let first = if all { 1 } else { kind };
        let last = (first..).step_by(step).find(|n| !survives(&base, doing, fault, *n)).unwrap();
        assert!(last > 20, "{doing:?}: only {last} requests");
    }
}

#[test]
fn no_failing_request_of_an_import_loses_or_doubles_anything() {
    survives_all(Doing::Import);
}

#[test]
fn no_failing_request_of_a_compaction_loses_or_doubles_anything() {
    survives_all(Doing::Compact);
}

#[test]
fn a_second_writer_is_told_who_writes_and_readers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Arc::new(stored());
    let faulty = Faulty::new(objects.clone());
    let mut first = Lake::open(location(Arc::new(faulty.clone()), &folder.path().join("one"), LONG)).unwrap();
    faulty.faults.stop_at("lakes/shop/events/bucket=");
    let second = location(objects, &folder.path().join("two"), LONG);
    thread::scope(|scope| {
        let writer = scope.spawn(move || try_import(&mut first, &events(300..500), 5));
        faulty.faults.wait();
        let mut lake = Lake::open(&second).unwrap();
        let error = try_import(&mut lake, &events(300..500), 5).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, LakeError::Busy { .. }), "{text}");
        assert!(
            text.contains(&format!("process {}", std::process::id())) && text.contains("s3://bucket/"),
            "{text}"
        );
        assert_eq!(lake.histories(fidance_lake::Reading::Events).unwrap().rows(), 330);
        faulty.faults.go();
        assert_eq!(writer.join().unwrap().unwrap().added, 170);
        assert!(try_import(&mut lake, &events(300..500), 5).unwrap().already);
        is_whole(&mut lake, 500, "two writers");
    });
}

#[test]
fn who_lost_the_lease_commits_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Arc::new(stored());
    let faulty = Faulty::new(objects.clone());
    let mut first =
        Lake::open(location(Arc::new(faulty.clone()), &folder.path().join("one"), SHORT)).unwrap();
    faulty.faults.stop_at("lakes/shop/events/bucket=");
    thread::scope(|scope| {
        let writer = scope.spawn(move || try_import(&mut first, &events(330..500), 5));
        faulty.faults.wait();
        faulty.faults.refuse("writer.lease");
        thread::sleep(SHORT * 2);
        let mut lake = Lake::open(location(objects, &folder.path().join("two"), SHORT)).unwrap();
        assert_eq!(import(&mut lake, &events(330..400), 6).added, 70);
        faulty.faults.go();
        let error = writer.join().unwrap().unwrap_err();
        assert!(matches!(error, LakeError::LeaseLost { .. }), "{error}");
        is_whole(&mut lake, 400, "a lost lease");
    });
}

#[test]
fn who_does_not_know_that_the_lease_is_lost_cannot_commit() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Arc::new(stored());
    let faulty = Faulty::new(objects.clone());
    // It believes in its lease for a minute, and stands still just before the commit that counts.
    let mut first = Lake::open(location(Arc::new(faulty.clone()), &folder.path().join("one"), LONG)).unwrap();
    faulty.faults.stop_at("lakes/shop/events/_delta_log/");
    thread::scope(|scope| {
        let writer = scope.spawn(move || try_import(&mut first, &events(330..500), 5));
        faulty.faults.wait();
        thread::sleep(SHORT * 2);
        let mut lake = Lake::open(location(objects, &folder.path().join("two"), SHORT)).unwrap();
        // Its batch is smaller, so that keys of the other one in their place would be noticed.
        assert_eq!(import(&mut lake, &events(330..400), 6).added, 70);
        faulty.faults.go();
        let error = writer.join().unwrap().unwrap_err();
        assert!(matches!(error, LakeError::Conflict { .. }), "{error}");
        is_whole(&mut lake, 400, "a commit that came too late");
    });
}

#[test]
fn a_lake_is_made_once_and_not_among_other_objects() {
    let folder = tempfile::tempdir().unwrap();
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let place = location(objects.clone(), &folder.path().join("one"), LONG);
    assert!(matches!(Lake::open(&place), Err(LakeError::NotALake { .. })));
    assert!(!Lake::exists(&place).unwrap());
    let mut first = Lake::create(&place, &config(&[])).unwrap();
    // Nothing came in: it may still be made in another way.
    drop(Lake::create(&place, &config(&KINDS[..1])).unwrap());
    assert!(matches!(try_import(&mut first, &events(0..3), 1), Err(LakeError::Exists { .. })));
    import(&mut Lake::open(&place).unwrap(), &events(0..3), 1);
    assert!(Lake::exists(&place).unwrap());
    assert!(matches!(Lake::create(&place, &config(&[])), Err(LakeError::Exists { .. })));
    let url = "s3://bucket/lakes".parse().unwrap();
    let around = Location::Store(Store::new(objects, url, folder.path().join("two")));
    assert!(matches!(Lake::create(&around, &config(&[])), Err(LakeError::NotEmpty { .. })));
    // The secret is in no cache.
    assert!(!folder.path().join("one/private").exists());
}

#[test]
fn damaged_and_missing_copies_are_fetched_anew() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Arc::new(stored());
    let cache = folder.path().join("one");
    let place = location(objects, &cache, LONG);
    let mut lake = Lake::open(&place).unwrap();
    let rows = lake.histories(fidance_lake::Reading::Events).unwrap().rows();
    let file = lake.files("events").unwrap().remove(0);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    lake.compact(&options(1 << 20), Thoroughness::Everything).unwrap();
    is_whole(&mut lake, rows, "a damaged copy");
    drop(lake);
    std::fs::remove_dir_all(&cache).unwrap();
    is_whole(&mut Lake::open(&place).unwrap(), rows, "no cache");
}
