//! A small version of the simulation study: false alarms against the promise, coverage of the onset. Run lengths and
//! delays are compared with published ones in the table of all references (`reference`). The full study is the example
//! `alarm_study`.

#[allow(dead_code, reason = "the example uses what this test does not")]
#[path = "../../examples/alarm_study/charts.rs"]
mod charts;
#[allow(dead_code, reason = "the example uses what this test does not")]
#[path = "../../examples/alarm_study/series.rs"]
mod series;
#[allow(dead_code, reason = "the example uses what this test does not")]
#[path = "../../examples/alarm_study/study.rs"]
mod study;

use charts::{comparators, promises, thresholds};
use fidance_stats::change::edetector::GUARD;
use series::{Change, World};
pub(crate) use study::{Delays, Falses};
use study::{Knowledge, Plan};

const TWENTY_YEARS: usize = 1040;

fn plan(series: usize) -> Plan {
    Plan { series, seed: 77 << 32, threads: 2 }
}

/// Stable series of twenty years under every detector: 500, with the baseline known.
pub(crate) fn run_lengths() -> Vec<Falses> {
    study::false_alarms(plan(500), World::STANDARD, &Knowledge::TRUTH, TWENTY_YEARS, comparators)
}

/// The same with the level estimated from two years and kept.
pub(crate) fn run_lengths_of_an_estimated_level(guarded: bool) -> Vec<Falses> {
    let knowledge = Knowledge::Level { guard: if guarded { GUARD } else { 0.0 } };
    study::false_alarms(plan(500), World::STANDARD, &knowledge, TWENTY_YEARS, comparators)
}

/// 300 series with a fall of so many points, reached after so many weeks.
pub(crate) fn delays(points: f64, over: usize) -> Vec<Delays> {
    let change = Change { at: 52, points, over };
    study::delays(plan(300), World::STANDARD, &Knowledge::TRUTH, change, comparators)
}

/// One standard error of a run length, as a part of it.
pub(crate) fn relative_error(falses: &Falses) -> f64 {
    (falses.alarms.max(1) as f64).sqrt().recip()
}

#[test]
fn the_promise_is_kept_in_every_world() {
    let standard = World::STANDARD;
    let worlds = [
        standard,
        World { holidays: 0.3, ..standard },
        World { season: 0.4, rho: 0.002, ..standard },
        World { due: 5.0, ..standard },
        World { share: 0.995, ..standard },
    ];
    for world in worlds {
        let falses = study::false_alarms(plan(60), world, &Knowledge::TRUTH, TWENTY_YEARS, promises);
        for (falses, years) in falses.iter().zip([2.0, 5.0, 10.0]) {
            let allowed = (1.0 + 2.0 * relative_error(falses)) / years;
            assert!(falses.per_year() <= allowed, "{world:?}: {} for 1/{years}", falses.per_year());
        }
    }
}

/// The guard is for a baseline that was estimated; without it, and with a wrong ρ, promises are not kept.
#[test]
fn the_promise_needs_its_conditions() {
    let guarded = Knowledge::plug_in(1, 104, true, false);
    let falses = study::false_alarms(plan(20), World::STANDARD, &guarded, TWENTY_YEARS, thresholds);
    for (falses, a) in falses.iter().zip([100.0, 150.0, 200.0, 500.0]) {
        assert!(falses.alarms == 0 || falses.run_length() > a, "{falses:?}");
    }
    let binomial = Knowledge::Known { rho_factor: 0.002, raised: 0.0 };
    let falses = study::false_alarms(plan(20), World::STANDARD, &binomial, TWENTY_YEARS, promises);
    for (falses, years) in falses.iter().zip([2.0, 5.0, 10.0]) {
        assert!(falses.per_year() > 1.5 / years, "{falses:?}");
    }
}

/// 150 alarms: the sets cover at least their level less two standard errors, for a step and for a ramp.
#[test]
fn the_onset_is_covered() {
    let step = Change { at: 52, points: 0.03, over: 1 };
    let dating = study::dating(plan(150), World::STANDARD, step, 0);
    assert!(dating.covered[1] > 0.88 && dating.within_two > 0.9 && dating.shapes[0] > 0.6, "{dating:?}");
    assert!(dating.width < 7.0, "{dating:?}");
    let ramp = Change { over: 26, ..step };
    let dating = study::dating(plan(150), World::STANDARD, ramp, 0);
    assert!(dating.covered[1] > 0.82, "{dating:?}");
}

#[test]
fn provisional_pages_stay_within_their_part() {
    let stable = study::provisional(plan(60), World::STANDARD, None, TWENTY_YEARS / 2);
    let years = stable.weeks as f64 / 52.0;
    assert!(stable.running as f64 / years < 0.04, "{stable:?}");
    assert!((stable.closed + stable.running) as f64 / years < 0.2, "{stable:?}");
    let step = Change { at: 52, points: 0.03, over: 1 };
    let found = study::provisional(plan(60), World::STANDARD, Some(step), 200);
    let days = found.days.iter().sum::<usize>() as f64 / found.days.len() as f64;
    // One look per closed week needs 1.3 to 1.5 weeks.
    assert!(days < 10.0, "{days}");
}
