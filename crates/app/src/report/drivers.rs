//! What moved the rate between two periods: the own rates of the segments, and their shares among the customers.

use std::collections::BTreeSet;

use fidance_stats::{
    driver::{Part, Periods, bridge},
    interval::Confidence,
};

use super::model::{DriverPart, Drivers, PeriodRow, SegmentPeriods};

/// The difference between two periods by each segment column that has several values and holds every customer.
pub(super) fn drivers(
    segments: &[SegmentPeriods],
    rows: &[PeriodRow],
    before: usize,
    after: usize,
) -> Vec<Drivers> {
    // Files and lakes have their columns and values in orders of their own: here they are by name, so that no sum differs by
    // that in its last digit.
    let columns: BTreeSet<&str> = segments.iter().map(|segment| segment.segment.by.as_str()).collect();
    let of = |periods: &[PeriodRow]| -> Option<Periods> {
        let (then, now) = (periods.get(before)?, periods.get(after)?);
        Some(Periods {
            customers_before: then.s,
            kept_before: then.k,
            customers_after: now.s,
            kept_after: now.k,
        })
    };
    let Some(all) = of(rows) else { return Vec::new() };
    let column = |by: &str| -> Option<Drivers> {
        let own = segments.iter().filter(|one| one.segment.by == by);
        let mut values: Vec<(&str, Periods)> =
            own.filter_map(|one| Some((one.segment.value.as_str(), of(&one.periods)?))).collect();
        values.sort_by_key(|(value, _)| *value);
        let periods: Vec<Periods> = values.iter().map(|(_, periods)| *periods).collect();
        if values.len() < 2 || Periods::sum(&periods) != all {
            return None;
        }
        let bridge = bridge(&periods).ok()?;
        let mut parts: Vec<DriverPart> =
            values.iter().zip(&bridge.parts).map(|((value, _), part)| told(value, part)).collect();
        parts.sort_by(|a, b| b.total().abs().total_cmp(&a.total().abs()));
        Some(Drivers { by: by.to_owned(), rate: bridge.rate(), mix: bridge.mix(), parts })
    };
    columns.into_iter().filter_map(column).collect()
}

fn told(value: &str, part: &Part) -> DriverPart {
    let half = Confidence::default().z() * part.rate_error;
    DriverPart {
        value: value.to_owned(),
        rate: part.rate,
        rate_low: part.rate - half,
        rate_high: part.rate + half,
        mix: part.mix,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::report::model::Segment;

    fn row(s: u64, k: u64) -> PeriodRow {
        PeriodRow {
            start: date(2026, 1, 1),
            end: date(2026, 2, 1),
            complete: true,
            warming_up: false,
            s,
            e: k,
            k,
            l: s - k,
            n: 0,
            r: 0,
            n_lost: 0,
            trc: None,
            trc_low: None,
            trc_high: None,
            trc_formula: None,
            revenue: None,
            nrr: None,
            grr: None,
        }
    }

    fn segment(by: &str, value: &str, periods: [(u64, u64); 2]) -> SegmentPeriods {
        let segment = Segment { by: by.to_owned(), value: value.to_owned() };
        let periods: Vec<PeriodRow> = periods.into_iter().map(|(s, k)| row(s, k)).collect();
        SegmentPeriods { segment, customers: 1, periods }
    }

    #[test]
    fn more_customers_of_the_weaker_plan_are_no_worse_service() {
        // Both plans keep what they kept, 95 and 80 of 100; the weaker one tripled: 87.5 % become 83.75 %.
        let segments = [
            segment("plan", "paid", [(100, 95), (100, 95)]),
            segment("plan", "free", [(100, 80), (300, 240)]),
        ];
        let found = drivers(&segments, &[row(200, 175), row(400, 335)], 0, 1);
        let [plan] = found.as_slice() else { panic!("{found:?}") };
        assert!(plan.rate.abs() < 1e-12 && (plan.mix + 0.0375).abs() < 1e-12, "{plan:?}");
        // Half the customers became a quarter, with 9.375 points above the mean of the middle; and the reverse.
        assert!(plan.parts.iter().all(|part| part.rate.abs() < 1e-12));
        let mix = |value: &str| plan.parts.iter().find(|part| part.value == value).map(|part| part.mix);
        assert!((mix("paid").unwrap() + 0.25 * (0.95 - 0.85625)).abs() < 1e-12);
        assert!((mix("free").unwrap() - 0.25 * (0.8 - 0.85625)).abs() < 1e-12);
    }

    #[test]
    fn a_fall_of_one_value_is_its_own_with_the_interval_of_two_proportions() {
        let segments = [
            segment("site", "web", [(600, 540), (600, 480)]),
            segment("site", "app", [(400, 360), (400, 360)]),
        ];
        let found = drivers(&segments, &[row(1000, 900), row(1000, 840)], 0, 1);
        let web = &found[0].parts[0];
        assert_eq!(web.value, "web");
        let half = 1.959_964 * 0.6 * (0.9 * 0.1 / 600.0_f64 + 0.8 * 0.2 / 600.0).sqrt();
        assert!((web.rate + 0.06).abs() < 1e-12 && (web.rate_high - web.rate - half).abs() < 1e-6);
        assert!(web.mix.abs() < 1e-12 && web.rate_high < 0.0);
    }

    #[test]
    fn the_order_of_the_values_changes_no_digit() {
        let counts =
            [("a", (701, 613), (683, 577)), ("b", (349, 311), (362, 317)), ("c", (97, 61), (101, 83))];
        let mut segments: Vec<SegmentPeriods> =
            counts.iter().map(|(value, then, now)| segment("x", value, [*then, *now])).collect();
        let rows = [row(1147, 985), row(1146, 977)];
        let found = drivers(&segments, &rows, 0, 1);
        assert_eq!(found.len(), 1);
        for turn in 0..3 {
            segments.rotate_left(1);
            assert_eq!(drivers(&segments, &rows, 0, 1), found, "{turn}");
        }
        segments.swap(0, 1);
        assert_eq!(drivers(&segments, &rows, 0, 1), found);
    }

    #[test]
    fn a_column_with_one_value_or_without_some_customers_says_nothing() {
        let rows = [row(200, 175), row(400, 335)];
        let one = [segment("site", "web", [(200, 175), (400, 335)])];
        let some =
            [segment("site", "web", [(100, 90), (100, 90)]), segment("site", "app", [(90, 80), (90, 80)])];
        assert!(drivers(&one, &rows, 0, 1).is_empty() && drivers(&some, &rows, 0, 1).is_empty());
    }
}
