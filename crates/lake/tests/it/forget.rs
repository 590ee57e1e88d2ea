//! Forgotten persons: nothing on the disk names them, and no figure changes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fidance_domain::time::{Every, Window};
use fidance_lake::{Lake, Reading};
use jiff::tz::TimeZone;

use crate::world::{KINDS, Model, find, import, key, lake, options, plain_flows, play, steps};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The files that hold a pseudonym: as a number in columns, or written out as in a log.
fn naming(folder: &Path, pseudonym: i64) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(folder, &mut found);
    let (bytes, text) = (pseudonym.to_le_bytes(), pseudonym.to_string());
    found.retain(|path| {
        let content = fs::read(path).unwrap();
        let names = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
        names(&bytes) || names(text.as_bytes())
    });
    found
}

#[test]
fn the_forgotten_are_nowhere_and_figures_stay() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let window: Window = "90d".parse().unwrap();
    let (mut known_before, mut linked) = (0, 0);
    for seed in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("lake");
        let activity: &[&str] = if seed % 2 == 0 { &KINDS[..1] } else { &[] };
        let steps = steps(seed + 500, 30, 1 + seed as usize % 6);
        let mut lake = lake(&root, activity);
        play(&mut lake, &steps);
        let model = Model::new(&steps, activity);
        let pseudonyms = lake.pseudonyms().unwrap();
        let gone: Vec<i64> = [3, 7, 11].map(|id| pseudonyms.of(key(id))).to_vec();
        known_before += gone.iter().filter(|id| !naming(&root, **id).is_empty()).count();

        let done = lake.forget(&gone, &options(1 << 18)).unwrap();
        linked += done.links;
        assert!(done.ids >= 3);
        for id in &gone {
            assert_eq!(naming(&root, *id), Vec::<PathBuf>::new(), "world {seed}");
        }
        let checked = lake.check(std::num::NonZeroUsize::MIN).unwrap();
        assert_eq!((checked.problems, checked.left_over), (Vec::new(), Vec::new()), "world {seed}");
        assert_eq!(checked.rows, model.rows);
        for reading in [Reading::Masks, Reading::Events] {
            let source = lake.histories(reading).unwrap();
            let Some(found) = find(&source, &zone, Every::Month, window) else { continue };
            assert_eq!(found.flows.flows(0), plain_flows(&model, &found, &zone, window), "world {seed}");
            assert_eq!(found.amount, model.total(), "world {seed}");
            let countries: u64 = found.by_profile.values().sum();
            assert_eq!(countries, model.countries.values().sum::<u64>(), "world {seed}");
            for (number, name) in (0..).zip(crate::world::COUNTRIES) {
                let expected = model.countries.get(&number).copied().unwrap_or(0);
                assert_eq!(
                    found.by_profile.get(name).copied().unwrap_or(0),
                    expected,
                    "world {seed}: {name}"
                );
            }
        }

        // Once more is nothing; and what is made anew elsewhere begins anew.
        let again = lake.forget(&gone, &options(1 << 18)).unwrap();
        assert_eq!(again.links, 0);
        let mut reopened = Lake::open(&root).unwrap();
        play(&mut reopened, &steps);
        assert_eq!(
            reopened.check(std::num::NonZeroUsize::MIN).unwrap().rows,
            model.rows,
            "repeated messages"
        );
    }
    assert!(known_before > 15, "only {known_before} were there at all");
    assert!(linked > 2, "only {linked} statements named them");
}

#[test]
fn whoever_comes_back_is_a_new_customer() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    let mut lake = lake(&root, &[]);
    let steps = steps(900, 20, 2);
    play(&mut lake, &steps);
    let before = lake.histories(Reading::Events).unwrap().rows();
    let gone = lake.pseudonyms().unwrap().of(key(3));
    lake.forget(&[gone], &options(1 << 18)).unwrap();
    let event = crate::world::Arrival {
        id: 3,
        at: 1_700_000_000_000_000,
        kind: 0,
        amount: None,
        country: 0,
        message: Some(u128::MAX),
    };
    assert_eq!(import(&mut lake, &[event], 10_000).added, 1);
    assert_eq!(lake.histories(Reading::Events).unwrap().rows(), before + 1);
    assert!(!naming(&root, gone).is_empty());
}

#[test]
fn whoever_was_silent_is_found_and_nobody_is_forgotten_twice() {
    let (mut found, mut left) = (0, 0);
    for seed in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("lake");
        let mut lake = lake(&root, &[]);
        play(&mut lake, &steps(seed + 700, 40, 2 + seed as usize % 4));
        let everybody: Vec<i64> = (0..60).map(|id| lake.pseudonyms().unwrap().of(key(id))).collect();
        let mut last = std::collections::BTreeMap::new();
        for id in &everybody {
            let ids = lake.ids_of(&[*id]).unwrap();
            let record = lake.record_of(&ids).unwrap();
            if let Some(event) = record.events.last() {
                last.insert(ids, event.at);
            }
        }
        let mut instants: Vec<i64> = last.values().copied().collect();
        instants.sort_unstable();
        let before = instants[instants.len() / 3] + 1;
        let expected: std::collections::BTreeSet<Vec<i64>> =
            last.iter().filter(|(_, at)| **at < before).map(|(ids, _)| ids.clone()).collect();
        let silent = lake.silent_since(before, &[]).unwrap();
        assert_eq!(
            silent.iter().cloned().collect::<std::collections::BTreeSet<_>>(),
            expected,
            "world {seed}"
        );
        found += expected.len();
        // Somebody of whom only the store knows.
        assert!(lake.silent_since(before, &[12_345]).unwrap().contains(&vec![12_345]));

        lake.forget(&silent.concat(), &options(1 << 18)).unwrap();
        assert!(lake.silent_since(before, &[]).unwrap().is_empty(), "world {seed}");
        lake.compact(&options(1 << 18), fidance_lake::Thoroughness::Everything).unwrap();
        assert!(lake.silent_since(before, &[]).unwrap().is_empty(), "world {seed}, compacted");
        left += lake.silent_since(i64::MAX, &[]).unwrap().len();
    }
    assert!(found > 20 && left > 20, "{found} {left}");
}

#[test]
fn an_older_copy_does_not_know_what_was_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    let mut lake = lake(&root, &[]);
    play(&mut lake, &steps(901, 20, 2));
    assert_eq!(lake.last_forgotten("erasures").unwrap(), 0);
    lake.note_forgotten("erasures", 3).unwrap();
    lake.note_forgotten("erasures", 2).unwrap();
    assert_eq!(Lake::open(&root).unwrap().last_forgotten("erasures").unwrap(), 3);
    assert_eq!(lake.last_forgotten("others").unwrap(), 0);
}
