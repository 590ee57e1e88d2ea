//! The simulation study in small: coverage, false attribution and the gate on panels whose truth is known.
//!
//! The full one is `examples/causal_study.rs`, its figures are in `docs/statistics/results/causal.md`.

use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::causal_simulator::{Design, Method, Tally, draw};

fn tally(method: Method, seed: u64, panels: u64, design: impl Fn(u64) -> Design) -> Tally {
    let mut tally = Tally::default();
    for panel in 0..panels {
        let drawn = draw(&design(panel), &mut Pcg64::seed_from_u64(seed + panel)).unwrap();
        tally.add(&method.check(&drawn.panel), drawn.truth);
    }
    assert!(tally.failed < 1.0, "{tally:?}");
    tally
}

#[test]
fn intervals_cover_and_nothing_is_seldom_called_an_effect() {
    for method in [Method::Gap, Method::Logit, Method::Control] {
        let planted = |panel: u64| Design { effect: -0.01 * panel as f64, ..Design::default() };
        let found = tally(method, 100, 40, planted);
        // 95 % of 40 is 38; 34 or fewer would happen once in 100 runs.
        assert!(found.covers >= 35.0, "{method:?} {found:?}");
        assert!((found.error / found.panels).abs() < 0.001, "{method:?} {found:?}");
        let null = tally(method, 500, 40, |_| Design::default());
        assert!(null.effect <= 5.0, "{method:?} {null:?}");
    }
}

#[test]
fn trends_that_are_not_parallel_are_caught() {
    let drifting = Design { drift: -0.3, ..Design::default() };
    for method in [Method::Gap, Method::Logit] {
        let found = tally(method, 900, 20, |_| drifting);
        assert!(found.model_effect >= 15.0, "the model alone should be fooled: {method:?} {found:?}");
        assert!(found.biased >= 15.0 && found.effect <= 3.0, "{method:?} {found:?}");
    }
}
