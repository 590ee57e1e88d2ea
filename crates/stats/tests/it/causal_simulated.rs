//! The simulation study in small: coverage, false attribution and the gate on panels whose truth is known.
//!
//! The full one is `examples/causal_study.rs`, its figures are in `docs/statistics/results/causal.md`.

use crate::causal_simulator::{Design, Method, study};

#[test]
fn intervals_cover_and_nothing_is_seldom_called_an_effect() {
    let planted = study(100, 40, &|panel| Design { effect: -0.01 * panel as f64, ..Design::default() });
    let nothing = study(500, 40, &|_| Design::default());
    for (method, (planted, nothing)) in Method::ALL.into_iter().zip(planted.iter().zip(&nothing)) {
        let name = method.name();
        // At 95 %, 34 or fewer of 40 would happen once in 100 seeds.
        assert!(planted.covers >= 35.0, "{name}: {planted:?}");
        assert!((planted.error / planted.panels).abs() < 0.0015, "{name}: {planted:?}");
        assert!(nothing.effect <= 5.0, "{name}: {nothing:?}");
        assert!(planted.failed + nothing.failed < 1.0, "{name}");
    }
}

#[test]
fn trends_that_are_not_parallel_are_caught() {
    let found = study(900, 20, &|_| Design { drift: -0.3, ..Design::default() });
    for (method, found) in Method::ALL.into_iter().zip(found) {
        assert!(found.biased >= 15.0 && found.effect <= 3.0, "{}: {found:?}", method.name());
        let difference_in_differences = matches!(method, Method::Gap | Method::Logit);
        assert!(!difference_in_differences || found.model_effect >= 15.0, "the model is fooled: {found:?}");
    }
}
