//! The report on activities as its readers would check it.

use std::sync::Arc;

use fidance_app::{
    barometer::{Barometer, Rows},
    report::{
        ReportError, ReportSource,
        activities::report_activities,
        model::{DriverPart, Note, PeriodLength, PeriodRow, Report},
        settings::Settings,
    },
};
use fidance_domain::{
    history::Profile,
    testing::{MemoryHistories, plain},
};
use jiff::{civil::date, tz::TimeZone};

use crate::support::{DAY, at, provenance, question, settings, shop};

fn report(source: &MemoryHistories, settings: &Settings) -> Report {
    report_activities(source, settings, &provenance()).unwrap()
}

#[test]
fn parts_and_threads_do_not_show_in_any_figure() {
    let whole = shop(900, 700);
    let one = report(&whole, &settings(PeriodLength::Month, "auto"));
    for (parts, threads) in [(1, 4), (7, 1), (7, 3)] {
        let split = MemoryHistories { parts, ..whole.clone() };
        let many = report(&split, &Settings { threads, ..settings(PeriodLength::Month, "auto") });
        assert_eq!(one, many, "{parts} parts, {threads} threads");
    }
}

#[test]
fn lists_of_customers_do_not_show_in_a_report() {
    let plain = shop(300, 500);
    let mut listed = plain.clone();
    listed.segments.lists = vec!["breach".into()];
    listed.segments.profiles.push(vec![0]);
    listed.segments.memberships = vec![0, 0, 1];
    let french = listed.customers.iter_mut().filter(|customer| customer.profile == Profile(0));
    french.step_by(3).for_each(|customer| customer.profile = Profile(2));
    let settings = settings(PeriodLength::Month, "90d");
    assert_eq!(report(&listed, &settings), report(&plain, &settings));
}

#[test]
fn every_period_is_the_one_of_the_plain_model() {
    let source = shop(120, 500);
    let customers: Vec<Vec<i64>> = source
        .customers
        .iter()
        .map(|customer| customer.activities.iter().map(|(at, _)| *at).collect())
        .collect();
    for (every, window) in
        [(PeriodLength::Week, "28d"), (PeriodLength::Month, "2mo"), (PeriodLength::Quarter, "90d")]
    {
        let report = report(&source, &settings(every, window));
        for row in &report.periods {
            let flows = plain::flows(&customers, &TimeZone::UTC, row.start, row.end, window.parse().unwrap());
            assert_eq!(
                (row.s, row.e, row.k, row.n, row.r, row.n_lost),
                (flows.s, flows.e, flows.k, flows.n, flows.r, flows.n_lost)
            );
        }
    }
}

#[test]
fn segments_sum_to_the_whole() {
    let report = report(&shop(500, 600), &settings(PeriodLength::Month, "60d"));
    assert_eq!(report.segments.iter().map(|segment| segment.customers).sum::<u64>(), report.input.customers);
    for (index, row) in report.periods.iter().enumerate() {
        let sum =
            |get: fn(&PeriodRow) -> u64| report.segments.iter().map(|s| get(&s.periods[index])).sum::<u64>();
        assert_eq!((sum(|r| r.s), sum(|r| r.k), sum(|r| r.n), sum(|r| r.r)), (row.s, row.k, row.n, row.r));
    }
}

#[test]
fn what_moved_the_rate_sums_to_the_difference() {
    let report = report(&shop(500, 600), &settings(PeriodLength::Month, "60d"));
    let headline = report.headline.as_ref().unwrap();
    for past in [headline.year_ago.as_ref().unwrap(), headline.previous.as_ref().unwrap()] {
        let [drivers] = past.drivers.as_slice() else { panic!("one column: {:?}", past.drivers) };
        let total: f64 = drivers.parts.iter().map(DriverPart::total).sum();
        assert!((total - past.difference).abs() < 1e-12 && drivers.parts.len() >= 2);
        assert!((drivers.rate + drivers.mix - past.difference).abs() < 1e-12);
        for part in &drivers.parts {
            let own = report.segments.iter().find(|own| own.segment.value == part.value).unwrap();
            let (then, now) = (&own.periods[past.period], &own.periods[headline.period]);
            let (all_then, all_now) = (&report.periods[past.period], &report.periods[headline.period]);
            let weight = |own: &PeriodRow, all: &PeriodRow| own.s as f64 / all.s as f64;
            let (before, after) = (weight(then, all_then), weight(now, all_now));
            let rate = f64::midpoint(before, after) * (now.trc.unwrap() - then.trc.unwrap());
            assert!((part.rate - rate).abs() < 1e-12, "{part:?}");
            assert!(part.rate_low < part.rate && part.rate < part.rate_high);
            let middle =
                (then.trc.unwrap() + now.trc.unwrap() - all_then.trc.unwrap() - all_now.trc.unwrap()) / 2.0;
            assert!((part.mix - (after - before) * middle).abs() < 1e-12, "{part:?}");
        }
    }
}

#[test]
fn only_settled_periods_are_compared() {
    let source = shop(500, 600);
    let report = report(&source, &settings(PeriodLength::Month, "90d"));
    let last = report.periods.last().unwrap();
    // The shop's last order is on 23 August 2024, some time before midnight.
    assert!(!last.complete && last.start == date(2024, 8, 1), "{last:?}");
    let warming: Vec<_> = report.periods.iter().filter(|row| row.warming_up).map(|row| row.start).collect();
    assert_eq!(warming, [date(2023, 1, 1), date(2023, 2, 1), date(2023, 3, 1)]);
    let headline = report.headline.unwrap();
    assert_eq!(report.periods[headline.period].start, date(2024, 7, 1));
    assert_eq!(report.periods[headline.year_ago.unwrap().period].start, date(2023, 7, 1));
    let declared = Settings { until: Some(date(2024, 8, 31)), ..settings(PeriodLength::Month, "90d") };
    let report = report_activities(&source, &declared, &provenance()).unwrap();
    assert!(report.periods.last().unwrap().complete);
}

#[test]
fn what_happened_after_the_given_end_is_not_known() {
    let source = shop(300, 600);
    let until = Settings { until: Some(date(2023, 12, 31)), ..settings(PeriodLength::Month, "30d") };
    let mut cut = source.clone();
    let end = at(date(2024, 1, 1));
    cut.customers.iter_mut().for_each(|customer| customer.activities.retain(|(at, _)| *at < end));
    assert_eq!(report(&source, &until), report(&cut, &until));
}

#[test]
fn cells_that_are_not_over_are_empty_and_never_zero() {
    let report = report(&shop(400, 300), &settings(PeriodLength::Month, "30d"));
    let cohorts = report.cohorts.unwrap();
    let periods = report.periods.len();
    for row in &cohorts.rows {
        let cohort = report.periods.iter().position(|period| period.start == row.start).unwrap();
        assert_eq!(row.n_day.len(), periods - cohort);
        for (k, cell) in row.n_day.iter().enumerate() {
            assert_eq!(cell.is_some(), report.periods[cohort + k].complete);
        }
    }
    for (k, mean) in cohorts.pooled.n_day.iter().enumerate() {
        let complete: Vec<_> =
            cohorts.rows.iter().filter_map(|row| Some((row.n_day.get(k).copied()??, row.size))).collect();
        let customers: u64 = complete.iter().map(|(_, size)| size).sum();
        let active: u64 = complete.iter().map(|(active, _)| active).sum();
        assert_eq!(mean.as_ref().map(|mean| mean.customers), (customers > 0).then_some(customers));
        if let Some(mean) = mean {
            assert!((mean.rate - active as f64 / customers as f64).abs() < 1e-12);
        }
    }
}

#[test]
fn the_automatic_window_says_why() {
    let report = report(&shop(800, 700), &settings(PeriodLength::Month, "auto"));
    let choice = report.definition.window_choice.unwrap();
    assert_eq!(report.definition.window, format!("{}d", choice.days));
    assert!(
        choice.p50_days <= choice.p90_days
            && choice.p90_days <= choice.p95_days
            && choice.p95_days <= choice.days
    );
    assert!(!choice.limited_by_data);
}

#[test]
fn one_wave_of_customers_is_said_to_be_one() {
    let mut source = shop(300, 700);
    source.customers.retain(|customer| customer.activities[0].0 < at(date(2023, 2, 1)));
    let report = report(&source, &settings(PeriodLength::Month, "90d"));
    assert!(
        report.notes.iter().any(|note| matches!(note, Note::SingleAcquisitionCohort { .. })),
        "{:?}",
        report.notes
    );
}

#[test]
fn nothing_to_count_is_an_error_and_one_order_is_not() {
    let nothing = MemoryHistories::from_instants([]);
    let failed = report_activities(&nothing, &settings(PeriodLength::Month, "auto"), &provenance());
    assert!(matches!(failed, Err(ReportError::Empty)));
    let one = MemoryHistories::from_instants([vec![at(date(2024, 2, 29)) + DAY / 2]]);
    for every in [PeriodLength::Day, PeriodLength::Week, PeriodLength::Month, PeriodLength::Quarter] {
        let report = report(&one, &settings(every, "auto"));
        assert_eq!(report.headline, None);
        assert!(report.notes.contains(&Note::NoSettledPeriod));
        assert_eq!(report.input.customers, 1);
    }
}

#[test]
fn far_apart_dates_are_refused_rather_than_tabled() {
    let source = MemoryHistories::from_instants([vec![at(date(1700, 1, 1)), at(date(2024, 1, 1))]]);
    let failed = report_activities(&source, &settings(PeriodLength::Day, "30d"), &provenance());
    assert!(matches!(failed, Err(ReportError::TooLong { .. })));
}

#[test]
fn a_question_is_answered_once() {
    let asked = question(PeriodLength::Week, "28d");
    let barometer = Barometer::new(
        Rows::Activities(Box::new(shop(200, 400))),
        settings(PeriodLength::Month, "60d"),
        provenance(),
    );
    let first = barometer.report(asked).unwrap();
    assert!(Arc::ptr_eq(&first, &barometer.report(asked).unwrap()));
    assert_eq!(first.definition.every, PeriodLength::Week);
    assert_eq!(barometer.default_question(), question(PeriodLength::Month, "60d"));
}

#[test]
fn money_kept_follows_the_customers_kept() {
    let report = report(&shop(600, 700), &settings(PeriodLength::Month, "90d"));
    for row in report.periods.iter().filter(|row| row.is_settled()) {
        let (net, gross) = (row.nrr.unwrap(), row.grr.unwrap());
        assert!(gross <= 1.0 && gross <= net + 1e-12 && gross > 0.0, "{row:?}");
    }
    let booked: f64 = report.periods.iter().filter_map(|row| row.revenue).sum();
    let paid: f64 = shop(600, 700)
        .customers
        .iter()
        .flat_map(|customer| &customer.activities)
        .map(|(_, amount)| amount.to_f64())
        .sum();
    assert!((booked - paid).abs() < 1e-6);
}

#[test]
fn the_trend_keeps_the_distance_across_a_hole() {
    // Weekly customers who all stay but one a month, a year without anybody, and the same again.
    let start = at(date(2023, 1, 2));
    let customer = |id: i64| {
        let weeks = 20 + id;
        let active = (0..weeks).chain(104..104 + weeks).map(|week| start + (week * 7 + id % 5) * DAY);
        active.collect::<Vec<_>>()
    };
    let source = MemoryHistories::from_instants((0..60).map(customer));
    let report = report(&source, &settings(PeriodLength::Month, "31d"));
    let rates: Vec<(f64, f64)> = report
        .periods
        .iter()
        .enumerate()
        .filter(|(_, row)| row.is_settled())
        .filter_map(|(index, row)| Some((index as f64, row.trc?)))
        .collect();
    let last_two_years = report.headline.as_ref().unwrap().period as f64 - 23.0;
    let rates: Vec<_> = rates.into_iter().filter(|(index, _)| *index >= last_two_years).collect();
    assert!(rates.windows(2).any(|pair| pair[1].0 - pair[0].0 > 2.0), "no hole: {rates:?}");
    let mut slopes = Vec::new();
    for (i, early) in rates.iter().enumerate() {
        slopes.extend(rates[i + 1..].iter().map(|late| (late.1 - early.1) / (late.0 - early.0)));
    }
    slopes.sort_by(f64::total_cmp);
    let median = f64::midpoint(slopes[(slopes.len() - 1) / 2], slopes[slopes.len() / 2]);
    let trend = report.headline.unwrap().trend.unwrap();
    assert!((trend.per_year - 12.0 * median).abs() < 1e-9, "{} is not {}", trend.per_year, 12.0 * median);
    assert_eq!(trend.periods, rates.len());
}

#[test]
fn cohorts_longer_than_the_periods_begin_where_their_calendar_says() {
    // Wednesday 4 January 2023 and 500 days: too many daily buckets, so weeks, which begin on Mondays.
    let source = MemoryHistories::from_instants([vec![at(date(2023, 1, 4)), at(date(2024, 5, 18))]]);
    let report = report(&source, &settings(PeriodLength::Day, "30d"));
    let cohorts = report.cohorts.unwrap();
    assert_eq!((cohorts.every, cohorts.rows[0].start), (PeriodLength::Week, date(2023, 1, 2)));
    assert_eq!(report.periods[0].start, date(2023, 1, 4));
}
