//! A figure of an earlier time can be asked for again, until its files are gone.

use std::time::{Duration, SystemTime};

use fidance_domain::time::{Every, Window};
use fidance_lake::{LakeError, Reading, Thoroughness, Version};
use jiff::tz::TimeZone;

use crate::world::{KINDS, Model, find, lake, options, plain_flows, play, steps};

#[test]
fn every_earlier_state_is_answered_as_it_was() {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let window: Window = "90d".parse().unwrap();
    let (mut asked, mut gone) = (0, 0);
    for seed in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let activity: &[&str] = if seed % 2 == 0 { &KINDS[..1] } else { &[] };
        let steps = steps(seed + 70, 30, 3 + seed as usize % 4);
        let mut lake = lake(&folder.path().join("lake"), activity);
        let mut states = Vec::new();
        for until in 1..=steps.len() {
            // What was done before is done again, which changes nothing.
            play(&mut lake, &steps[..until]);
            let version = lake.histories(Reading::Masks).unwrap().version();
            states.push((version, Model::new(&steps[..until], activity)));
        }
        lake.compact(&options(1 << 18), Thoroughness::Everything).unwrap();
        for (version, model) in &states {
            for reading in [Reading::Masks, Reading::Events] {
                let source = lake.histories_at(*version, reading).unwrap();
                assert_eq!(source.version(), *version);
                let Some(found) = find(&source, &zone, Every::Month, window) else { continue };
                let what = format!("world {seed}, version {version}, {reading:?}");
                assert_eq!(found.flows.flows(0), plain_flows(model, &found, &zone, window), "{what}");
                assert_eq!(found.amount, model.total(), "{what}");
                let groups: u64 = found.by_profile.values().sum();
                assert_eq!(groups, model.countries.values().sum::<u64>(), "{what}");
                asked += 1;
            }
        }
        let last = lake.histories(Reading::Masks).unwrap().version();
        let never = Version { events: last.events + 1, ..last };
        let error = lake.histories_at(never, Reading::Masks).unwrap_err();
        assert!(matches!(error, LakeError::NoSuchVersion { .. }), "{error}");
        lake.vacuum(Duration::ZERO, SystemTime::now() + Duration::from_secs(5)).unwrap();
        for (version, model) in &states {
            match lake.histories_at(*version, Reading::Events) {
                Ok(source) => assert_eq!(source.rows(), model.rows),
                Err(LakeError::VersionGone { .. }) => gone += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(gone > 10, "only {gone}");
    assert!(asked > 60, "only {asked}");
}
