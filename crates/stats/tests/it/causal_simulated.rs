//! The simulation study in small: coverage, false attribution and the gate on panels whose truth is known.
//!
//! The full one is `examples/causal_study.rs`, its figures are in `docs/statistics/results/causal.md`.

use crate::causal_simulator::{Design, Method, study};
use crate::customer_simulator::{Concerned, CustomerDesign, customers, stays, strata_hold};

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

#[test]
fn customers_on_a_list_or_in_a_scope_are_compared_as_told() {
    let list = CustomerDesign {
        concerned: Concerned::List,
        customers: 400,
        others: 1600,
        taken: 0.0,
        season: 0.15,
        renewed: false,
    };
    let scope = CustomerDesign { concerned: Concerned::Scope, season: 0.0, renewed: true, ..list };
    for design in [list, scope] {
        let nothing = customers(100, 40, &design);
        assert!(nothing.covers >= 35.0 && nothing.effect <= 5.0, "{design:?}: {nothing:?}");
        let taken = customers(200, 40, &CustomerDesign { taken: 0.5, ..design });
        assert!(taken.covers >= 35.0 && taken.effect >= 30.0, "{design:?}: {taken:?}");
        assert!(nothing.failed + taken.failed < 1.0);
        // The same for who stays: the truth is another, and so is the estimator.
        let nothing = stays(400, 40, &design);
        let taken = stays(500, 40, &CustomerDesign { taken: 0.5, ..design });
        assert!(nothing.covers >= 35.0 && nothing.effect <= 5.0, "{design:?}: {nothing:?}");
        assert!(taken.covers >= 35.0 && taken.effect >= 20.0, "{design:?}: {taken:?}");
        assert!(nothing.failed + taken.failed < 1.0);
    }
    assert!(strata_hold(300, 40, &list) >= 34);
}
