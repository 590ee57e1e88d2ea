//! Properties of the survival estimators that hold for any table of lifetimes.

use fidance_stats::interval::Confidence;
use fidance_stats::survival::{CumulativeIncidence, KaplanMeier, Lifetime, LifetimeTable, log_rank};
use proptest::collection::vec;
use proptest::prelude::*;

fn lifetime() -> impl Strategy<Value = Lifetime> {
    let entry = prop_oneof![3 => Just(0_u32), 1 => 0_u32..40, 1 => 0_u32..200_000];
    let length = prop_oneof![4 => 0_u32..40, 1 => 0_u32..200_000];
    let cause = prop_oneof![2 => Just(None), 3 => (0_u16..3).prop_map(Some)];
    (entry, length, cause, 0_u64..6).prop_map(|(entry, length, cause, count)| Lifetime {
        entry,
        duration: entry + length,
        cause,
        count,
    })
}

proptest! {
    #[test]
    fn merged_tables_equal_the_table_of_all_rows(a in vec(lifetime(), 0..40), b in vec(lifetime(), 0..40)) {
        let parts = [a.iter().copied().collect::<LifetimeTable>(), b.iter().copied().collect()];
        let merged: LifetimeTable = parts.iter().sum();
        let mut reversed = parts[1].clone();
        reversed += &parts[0];
        let whole: LifetimeTable = a.into_iter().chain(b).collect();
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(&reversed, &whole);
    }

    #[test]
    fn at_risk_matches_its_definition(rows in vec(lifetime(), 1..30), time in 0_u32..60) {
        let at_risk: u64 = rows.iter()
            .filter(|row| row.entry == 0 || row.duration > row.entry)
            .filter(|row| (row.entry == 0 || row.entry < time) && row.duration >= time)
            .map(|row| row.count)
            .sum();
        prop_assert_eq!(rows.into_iter().collect::<LifetimeTable>().at_risk(time), at_risk);
    }

    #[test]
    fn survival_falls_inside_its_interval(rows in vec(lifetime(), 1..60)) {
        let table: LifetimeTable = rows.into_iter().collect();
        let Ok(curve) = KaplanMeier::fit(&table, Confidence::P95) else { return Ok(()) };
        let mut before = 1.0;
        for point in curve.points() {
            prop_assert!(point.survival <= before && point.survival >= 0.0);
            prop_assert!(point.variance >= 0.0 && point.variance.is_finite());
            prop_assert!(0.0 <= point.interval.low && point.interval.high <= 1.0);
            prop_assert!(point.interval.low <= point.survival && point.survival <= point.interval.high);
            before = point.survival;
        }
    }

    #[test]
    fn incidences_and_survival_sum_to_one(rows in vec(lifetime(), 1..60)) {
        let table: LifetimeTable = rows.into_iter().collect();
        let Ok(curve) = KaplanMeier::fit(&table, Confidence::P95) else { return Ok(()) };
        let incidence = CumulativeIncidence::fit(&table, Confidence::P95).unwrap();
        for (index, step) in curve.points().iter().enumerate() {
            let points = || incidence.curves().iter().map(|curve| curve.points[index]);
            prop_assert!((points().map(|p| p.incidence).sum::<f64>() + step.survival - 1.0).abs() < 1e-9);
            for p in points() {
                prop_assert!(p.variance.is_finite() && p.variance >= 0.0);
                prop_assert!(0.0 <= p.interval.low && p.interval.low <= p.incidence + 1e-12, "{:?}", p);
                prop_assert!(p.incidence <= p.interval.high + 1e-12 && p.interval.high <= 1.0, "{:?}", p);
            }
        }
    }

    #[test]
    fn one_cause_has_greenwood_variance(rows in vec(lifetime(), 1..60)) {
        let table: LifetimeTable = rows.into_iter()
            .map(|row| Lifetime { cause: row.cause.map(|_| 0), ..row })
            .collect();
        let Ok(curve) = KaplanMeier::fit(&table, Confidence::P95) else { return Ok(()) };
        let incidence = CumulativeIncidence::fit(&table, Confidence::P95).unwrap();
        for curve_of_cause in incidence.curves() {
            for (point, step) in curve_of_cause.points.iter().zip(curve.points()) {
                prop_assert!((point.variance - step.variance).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn log_rank_does_not_depend_on_order(
        a in vec(lifetime(), 1..30), b in vec(lifetime(), 1..30), c in vec(lifetime(), 1..30),
    ) {
        let [a, b, c] = [a, b, c].map(|rows| rows.into_iter().collect::<LifetimeTable>());
        match (log_rank(&[&a, &b, &c]), log_rank(&[&c, &a, &b])) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(one.degrees_of_freedom, other.degrees_of_freedom);
                prop_assert!((one.chi_square - other.chi_square).abs() < 1e-6 * (1.0 + one.chi_square));
                prop_assert!((0.0..=1.0).contains(&one.p_value));
            }
            (one, other) => prop_assert_eq!(one, other),
        }
    }
}
