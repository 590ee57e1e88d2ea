//! The Telco churn data set: 7043 contracts, tenure in months.
//!
//! References, R 4.2 with survival 3.5-3, lifelines 0.30.3 giving the same:
//! `d <- read.csv("Telco-Customer-Churn.csv"); d$e <- d$Churn == "Yes"`
//! `summary(survfit(Surv(tenure, e) ~ 1, d, conf.type = "log-log"), times = c(12, 72))`
//! `survdiff(Surv(tenure, e) ~ Contract, d)$chisq`

use fidance_stats::interval::Confidence;
use fidance_stats::survival::{KaplanMeier, Lifetime, LifetimeTable, log_rank};

use crate::data::{assert_close, read};

const TENURE: usize = 5;
pub(crate) const ONLINE_SECURITY: usize = 9;
pub(crate) const CONTRACT: usize = 15;
const CHURN: usize = 20;

pub(crate) fn contracts() -> Option<Vec<Vec<String>>> {
    let text = read("retention-telco/Telco-Customer-Churn.csv")?;
    let rows = text.lines().skip(1).map(|line| line.trim_end().split(',').map(str::to_owned).collect());
    Some(rows.collect())
}

pub(crate) fn lifetimes(rows: &[Vec<String>], keep: impl Fn(&[String]) -> bool) -> LifetimeTable {
    let kept = rows.iter().filter(|row| keep(row)).map(|row| Lifetime {
        entry: 0,
        duration: row[TENURE].parse().unwrap(),
        cause: (row[CHURN] == "Yes").then_some(0),
        count: 1,
    });
    kept.collect()
}

#[test]
fn survival_curve() {
    let Some(rows) = contracts() else { return };
    let curve = KaplanMeier::fit(&lifetimes(&rows, |_| true), Confidence::P95).unwrap();
    for (month, survival, low, high) in [
        (12, 0.843_199_553_816, 0.834_168_685_811, 0.851_783_320_693),
        (24, 0.788_736_398_371, 0.778_312_955_530, 0.798_735_202_136),
        (72, 0.592_790_152_052, 0.573_062_891_004, 0.611_936_209_193),
    ] {
        let estimate = curve.at(month).unwrap();
        assert_close(estimate.value, survival, 1e-11);
        assert_close(estimate.interval.low, low, 1e-11);
        assert_close(estimate.interval.high, high, 1e-11);
    }
    assert_eq!(curve.median().value, None);
    let mean = curve.restricted_mean(72).unwrap();
    assert_close(mean.value, 54.492_387_106_728, 1e-9);
    assert_close(mean.interval.width() / 2.0 / Confidence::P95.z(), 0.347_750_015_643, 1e-9);
}

#[test]
fn median_of_monthly_contracts() {
    let Some(rows) = contracts() else { return };
    let monthly = lifetimes(&rows, |row| row[CONTRACT] == "Month-to-month");
    let median = KaplanMeier::fit(&monthly, Confidence::P95).unwrap().median();
    assert_eq!((median.value, median.low, median.high), (Some(35), Some(32), Some(38)));
}

#[test]
fn log_rank_by_contract() {
    let Some(rows) = contracts() else { return };
    let groups = ["Month-to-month", "One year", "Two year"]
        .map(|contract| lifetimes(&rows, |row| row[CONTRACT] == contract));
    let test = log_rank(&groups.each_ref()).unwrap();
    assert_close(test.chi_square, 2_352.872_538_26, 1e-6);
    assert_eq!(test.degrees_of_freedom, 2);
    for (group, expected) in test.groups.iter().zip([708.445_60, 470.727_83, 689.826_58]) {
        assert_close(group.expected, expected, 1e-5);
    }
}

#[test]
fn log_rank_by_online_security() {
    let Some(rows) = contracts() else { return };
    let groups = ["Yes", "No"].map(|answer| lifetimes(&rows, |row| row[ONLINE_SECURITY] == answer));
    let test = log_rank(&groups.each_ref()).unwrap();
    assert_close(test.chi_square, 660.525_068_522, 1e-6);
    assert_eq!(test.degrees_of_freedom, 1);
}
