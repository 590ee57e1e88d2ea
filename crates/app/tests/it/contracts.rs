//! Contracts and tables of durations.

use fidance_app::report::{
    lifetimes::report_lifetimes, model::PeriodLength, settings::Settings, subscriptions::report_subscriptions,
};
use fidance_domain::{
    amount::Amount,
    history::{Lifetime, LifetimeRows, Profile, Segments, Subscription, SubscriptionTable},
};
use jiff::civil::{Date, date};

use crate::support::{at, provenance, settings};

fn contract(start: Date, end: Option<Date>, amount: i64) -> Subscription {
    Subscription {
        start: at(start),
        end: end.map(at),
        amount: Amount::from_steps(amount * Amount::STEPS),
        reason: None,
    }
}

fn table(customers: Vec<Vec<Subscription>>) -> SubscriptionTable {
    SubscriptionTable {
        customers: customers.into_iter().map(|subscriptions| (Profile::default(), subscriptions)).collect(),
        segments: Segments::default(),
        reasons: vec![],
        has_amounts: true,
        until: at(date(2024, 7, 1)),
    }
}

#[test]
fn a_contract_counts_from_its_start_to_its_end() {
    let customers = vec![
        vec![contract(date(2024, 1, 1), None, 10)],
        vec![contract(date(2024, 1, 15), Some(date(2024, 3, 1)), 20)],
        vec![contract(date(2024, 1, 1), Some(date(2024, 2, 1)), 30), contract(date(2024, 4, 10), None, 15)],
    ];
    let report =
        report_subscriptions(&table(customers), &settings(PeriodLength::Month, "auto"), &provenance())
            .unwrap();
    let row = |month: i8| report.periods.iter().find(|row| row.start == date(2024, month, 1)).unwrap();
    let flows = |month| {
        let row = row(month);
        (row.s, row.e, row.k, row.l, row.n, row.r)
    };
    // Active on 1 January: the first and the third, whose contracts begin that instant; they are nobody's news.
    assert_eq!(flows(1), (2, 2, 1, 1, 1, 0));
    assert_eq!(flows(2), (2, 1, 1, 1, 0, 0));
    assert_eq!(flows(4), (1, 2, 1, 0, 0, 1));
    assert!(report.periods.iter().all(|row| row.complete && !row.warming_up));
    // February: 10 + 20 at the start; 10 of them at the end.
    assert!((row(2).nrr.unwrap() - 10.0 / 30.0).abs() < 1e-12);
}

#[test]
fn grace_keeps_a_late_payer() {
    let customers = vec![vec![
        contract(date(2024, 1, 5), Some(date(2024, 1, 31)), 10),
        contract(date(2024, 2, 3), Some(date(2024, 3, 10)), 10),
    ]];
    let with = |grace: Option<&str>| {
        let settings = Settings {
            grace: grace.map(|grace| grace.parse().unwrap()),
            ..settings(PeriodLength::Month, "auto")
        };
        report_subscriptions(&table(customers.clone()), &settings, &provenance()).unwrap().periods
    };
    assert_eq!((with(None)[0].e, with(None)[0].n_lost), (0, 1));
    assert_eq!((with(Some("7d"))[0].e, with(Some("7d"))[0].n), (1, 1));
}

#[test]
fn customers_imported_mid_life_enter_late() {
    // All who began in 2023 are known only because they were still there on 1 January 2024.
    let customers: Vec<_> =
        (1..=28)
            .map(|day| vec![contract(date(2023, 1, day), (day % 2 == 0).then(|| date(2024, 2, day)), 10)])
            .chain((1..=28).map(|day| {
                vec![contract(date(2024, 1, day), (day % 2 == 0).then(|| date(2024, 2, day)), 10)]
            }))
            .collect();
    let settings =
        Settings { observed_from: Some(date(2024, 1, 1)), ..settings(PeriodLength::Month, "auto") };
    let report = report_subscriptions(&table(customers), &settings, &provenance()).unwrap();
    let curve = &report.survival[0];
    // Nobody was watched between the ages of half a year and a year without having entered by then.
    let young: Vec<_> = curve.points.iter().filter(|point| point.t < 200).collect();
    assert!(young.iter().all(|point| point.at_risk <= 28), "{young:?}");
    assert!(curve.points.iter().any(|point| point.t > 365));
}

#[test]
fn durations_give_survival_and_no_periods() {
    let lifetime = |duration, ended| Lifetime { entry: 0, duration, ended, profile: Profile::default() };
    // A hand-computed curve: 5 customers; lost at 1 and 3, still there at 2, 3 and 4.
    let rows = LifetimeRows {
        lifetimes: vec![
            lifetime(1, Some(0)),
            lifetime(2, None),
            lifetime(3, Some(0)),
            lifetime(3, None),
            lifetime(4, None),
        ],
        segments: Segments::default(),
        reasons: vec!["ended".into()],
    };
    let report = report_lifetimes(&rows, &settings(PeriodLength::Month, "auto"), &provenance()).unwrap();
    assert!(report.periods.is_empty() && report.cohorts.is_none() && report.incidence.is_empty());
    let survival: Vec<_> = report.survival[0].points.iter().map(|point| (point.t, point.survival)).collect();
    assert_eq!(survival.len(), 2);
    assert!((survival[0].1 - 0.8).abs() < 1e-12);
    assert!((survival[1].1 - 0.8 * 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn reasons_share_out_the_departures() {
    let lifetime = |duration, ended| Lifetime { entry: 0, duration, ended, profile: Profile::default() };
    let rows = LifetimeRows {
        lifetimes: vec![lifetime(1, Some(0)), lifetime(2, Some(1)), lifetime(3, None), lifetime(4, Some(1))],
        segments: Segments::default(),
        reasons: vec!["price".into(), "breach".into()],
    };
    let report = report_lifetimes(&rows, &settings(PeriodLength::Month, "auto"), &provenance()).unwrap();
    let found: Vec<_> = report.incidence.iter().map(|curve| (curve.reason.as_str(), curve.lost)).collect();
    assert_eq!(found, [("price", 1), ("breach", 2)]);
    let left: f64 = report.incidence.iter().map(|curve| curve.points.last().unwrap().probability).sum();
    let kept = report.survival[0].points.last().unwrap().survival;
    assert!((left + kept - 1.0).abs() < 1e-12);
}

#[test]
fn a_second_contract_inside_the_first_is_the_same_customer() {
    let customers: Vec<_> = (0..40)
        .map(|_| {
            vec![
                contract(date(2024, 1, 1), Some(date(2024, 6, 1)), 10),
                contract(date(2024, 2, 10), Some(date(2024, 3, 10)), 5),
            ]
        })
        .collect();
    let report =
        report_subscriptions(&table(customers), &settings(PeriodLength::Month, "auto"), &provenance())
            .unwrap();
    let cohorts = report.cohorts.unwrap();
    let cells: Vec<_> = cohorts.rows[0].n_day.iter().map(|cell| cell.unwrap()).collect();
    assert_eq!(cells, [40, 40, 40, 40, 40, 0]);
    let later: Vec<_> = cohorts.rows[0].unbounded.iter().map(|cell| cell.unwrap()).collect();
    assert_eq!(later, [40, 40, 40, 40, 40, 0]);
}

#[test]
fn periods_before_leavers_are_known_do_not_count() {
    let customers: Vec<_> = (1..=28)
        .map(|day| vec![contract(date(2023, 1, day), (day % 2 == 0).then(|| date(2024, 2, day)), 10)])
        .collect();
    let settings =
        Settings { observed_from: Some(date(2024, 1, 1)), ..settings(PeriodLength::Month, "auto") };
    let report = report_subscriptions(&table(customers), &settings, &provenance()).unwrap();
    for row in &report.periods {
        assert_eq!(row.warming_up, row.start < date(2024, 1, 1), "{}", row.start);
    }
    assert_eq!(report.headline.unwrap().year_ago, None);
}

#[test]
fn an_end_in_a_far_century_is_refused_and_not_tabled() {
    let customers = vec![vec![contract(date(2024, 1, 1), None, 10)]];
    let settings = Settings { until: Some(date(8999, 12, 31)), ..settings(PeriodLength::Month, "auto") };
    assert!(report_subscriptions(&table(customers), &settings, &provenance()).is_err());
}

#[test]
fn a_curve_says_how_far_anybody_was_seen() {
    let lifetime = |duration, ended| Lifetime { entry: 0, duration, ended, profile: Profile::default() };
    let rows = LifetimeRows {
        lifetimes: vec![lifetime(1, Some(0)), lifetime(2, None), lifetime(9, None)],
        segments: Segments::default(),
        reasons: vec!["ended".into()],
    };
    let report = report_lifetimes(&rows, &settings(PeriodLength::Month, "auto"), &provenance()).unwrap();
    assert_eq!((report.survival[0].points.len(), report.survival[0].observed_until), (1, 9));
}
