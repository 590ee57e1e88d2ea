//! The week that is not over: shown against what was to be expected by then, and nothing else moves with it.

use std::{collections::BTreeSet, sync::Arc};

use fidance_app::{
    barometer::{Barometer, Rows},
    report::{model::PeriodLength, settings::Settings},
    watch::{WatchSource, model::Watch},
};
use fidance_domain::testing::MemoryHistories;
use jiff::{
    ToSpan,
    civil::{Date, date},
};

use crate::support::{at, provenance, settings, shop};

const MONDAY: Date = date(2024, 9, 30);

fn rows() -> MemoryHistories {
    shop(2_000, 740)
}

fn watch(rows: MemoryHistories, window: &str, until: Date) -> Watch {
    let settings = Settings { until: Some(until), ..settings(PeriodLength::Month, window) };
    let barometer = Barometer::new(Rows::Activities(Box::new(rows)), settings, provenance());
    Arc::unwrap_or_clone(barometer.watch().unwrap())
}

#[test]
fn days_of_a_week_that_is_not_over_change_no_other_figure() {
    for window in ["90d", "auto"] {
        let over = watch(rows(), window, MONDAY.saturating_sub(1.day()));
        assert!(over.running.is_none() && over.returns.weeks.len() > 20);
        for day in 0..6 {
            let mut so_far = watch(rows(), window, MONDAY.saturating_add(day.days()));
            let running = so_far.running.take().unwrap();
            assert_eq!((running.start, running.days), (MONDAY, day as u64 + 1));
            assert_eq!(running.last_day(), MONDAY.saturating_add(day.days()));
            assert_eq!(so_far, over, "{window} {day}");
        }
        let next = watch(rows(), window, MONDAY.saturating_add(6.days()));
        assert_eq!((next.running, next.returns.weeks.len()), (None, over.returns.weeks.len() + 1));
    }
}

/// Nobody comes any more from Monday on: it is seen in the running week, and raises nothing before Sunday.
#[test]
fn a_bad_start_of_a_week_is_shown_and_raises_nothing() {
    let monday = at(MONDAY);
    let mut closed = rows();
    closed.customers.iter_mut().for_each(|customer| customer.activities.retain(|(when, _)| *when < monday));
    closed.customers.retain(|customer| !customer.activities.is_empty());
    let friday = MONDAY.saturating_add(4.days());
    let (mut closed, mut open) = (watch(closed, "90d", friday), watch(rows(), "90d", friday));
    let (empty, usual) = (closed.running.take().unwrap(), open.running.take().unwrap());
    assert_eq!(closed, open);
    assert_eq!((empty.observed, empty.due), (0, usual.due));
    assert_eq!((empty.expected, empty.completion), (usual.expected, usual.completion));
    assert!(empty.expected.low > 0.0 && empty.total.value < usual.total.value);
}

#[test]
fn those_so_far_are_the_customers_known_before_monday_who_came() {
    let wednesday = MONDAY.saturating_add(2.days());
    let running = watch(rows(), "90d", wednesday).running.unwrap();
    let day = |when: i64| (when - at(MONDAY)).div_euclid(crate::support::DAY);
    let (mut due, mut came) = (0, 0);
    for customer in rows().customers {
        let days: BTreeSet<i64> = customer.activities.iter().map(|(when, _)| day(*when)).collect();
        let known = days.first().is_some_and(|day| *day < 0);
        due += u64::from(known);
        came += u64::from(known && days.range(0..3).next().is_some());
    }
    assert_eq!((running.due, running.observed), (due, came));
    let inside =
        |figure: fidance_app::watch::model::Figure, value: f64| (figure.low..=figure.high).contains(&value);
    // A calm week; how often the ranges hold is tested by simulation in `fidance-stats`.
    assert!(inside(running.expected, came as f64) && running.total.low > came as f64, "{running:?}");
    assert!(inside(running.completion, 3.0 / 7.0), "{running:?}");
}
